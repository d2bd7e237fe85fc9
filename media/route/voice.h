/* One voice slot of a listener: an SSRC for life, on which one talker's own packets after the
 * other's go out where the room forwards voices instead of mixing them. Numbers and times run on
 * when another talker comes; a talker's gaps stay gaps, his pauses leave none.
 *
 * RFC 3550 §5.1, RFC 7667 §3.7 (a forwarder rewrites numbers), RFC 7587 §4.1 (marker, clock).
 * Private to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include "media/base/types.h"
#include "media/rtp/source.h"

struct hop_route_peer;

/* A talker's packet on its way to the slots; the payload is passed on as it is. */
struct hop_voice_packet {
    uint64_t spurt; /* unique name of the talk spurt it belongs to */
    uint32_t
        clock;    /* name of the talker's clock: packets with the same one share a timestamp base */
    uint64_t seq; /* extended */
    uint32_t timestamp;
    const uint8_t *payload;
    uint16_t len;
    uint8_t level; /* -dBov, 0xff: not known */
};

struct hop_voice_slot {
    struct hop_send_source sent;
    uint8_t pt;
    /* the talk spurt it carries; 0: none yet */
    uint64_t spurt;
    uint64_t first_in; /* the spurt's first packet; older ones are refused */
    uint16_t seq_shift;
    /* the talker whose clock its timestamps follow; 0: none yet */
    uint32_t clock;
    uint32_t timestamp_shift;
    /* newest packet sent, in the receiver's numbers */
    uint16_t newest_seq;
    uint32_t newest_timestamp;
    int64_t newest_us;
};

void hop_voice_slot_init(struct hop_voice_slot *slot, uint32_t ssrc, uint8_t pt, uint16_t first_seq,
                         uint32_t first_timestamp);
/* Sends the packet to that listener. Its spurt begins with the marker, right behind what was sent
 * last; a packet from before its spurt's first one is left out. */
void hop_voice_slot_packet(struct hop_route_peer *listener, struct hop_voice_slot *slot,
                           const struct hop_voice_packet *packet, int64_t now_us);
