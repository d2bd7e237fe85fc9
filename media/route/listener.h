/* The mix on its way to one participant: one SSRC, numbers and timestamps without a gap, and who is
 * heard in each packet.
 *
 * RFC 3550 §5.1 (CSRC), RFC 6465 (levels), RFC 7587 §4.1 (marker). Private to media/route; the
 * room's worker thread; no allocation.
 */
#pragma once

#include "media/base/audio_choice.h"
#include "media/base/audio_tick.h"
#include "media/base/types.h"
#include "media/rtp/source.h"

struct hop_route_peer;

struct hop_listener {
    struct hop_send_source sent;
    uint8_t pt;
    uint16_t next_seq;
    uint32_t timestamp_shift; /* ours - the room's */
    struct hop_audio_choice choice;
    int64_t loss_us;         /* when transport-wide feedback last told the loss; 0: never */
    bool quiet;              /* nothing was sent for the last frame */
    uint32_t next_timestamp; /* of the frame that follows the last one sent */
};

void hop_listener_init(struct hop_listener *listener, uint32_t ssrc, uint8_t pt, uint16_t first_seq,
                       uint32_t timestamp_shift);

/* What his line loses, from a report block about the mix (fraction_lost, of 256), or from
 * transport-wide feedback, which is quicker and is believed alone where there is any. Decides which
 * variant of the mix he gets. */
void hop_listener_report(struct hop_route_peer *peer, unsigned fraction_lost, int64_t now_us);
void hop_listener_feedback(struct hop_route_peer *peer, int64_t now_us);
/* Sends the frame: that of his group if he or his hall talks, else the shared one that suits his
 * line; nothing when it is empty. */
void hop_listener_frame(struct hop_route_peer *peer, const struct hop_audio_tick *tick,
                        int64_t now_us);
