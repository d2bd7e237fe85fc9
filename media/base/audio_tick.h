/* One mixed frame of one room, as it travels from the mix to the room's worker: plain data.
 *
 * The shared payload is the mix of all who talk; it is sent to every listener. Each talker has a
 * payload of his own, the mix without himself. RTP sequence numbers and SSRCs are the receiver's
 * matter (media/route): each listener sees one continuous stream.
 */
#pragma once

#include "media/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOP_MAX_OPUS = 512 }; /* bytes of one encoded frame of the mix */

struct hop_audio_payload {
    uint16_t len; /* bytes; 0: nothing to send (silence, or nobody else talks) */
    uint8_t data[HOP_MAX_OPUS];
};

struct hop_audio_talker {
    uint32_t peer; /* the worker's index of the participant */
    /* -dBov of his decoded voice in this frame, 0 loudest .. 127; at 127 he is not heard and only
     * listed for his own payload. */
    uint8_t level;
    bool own;                         /* own payload below is his; false: he gets the shared one */
    struct hop_audio_payload payload; /* the mix without him */
};

struct hop_audio_tick {
    uint64_t room;      /* hop_room_id */
    uint32_t timestamp; /* 48 kHz, of the room's clock; continuous over silences */
    uint16_t samples;   /* per channel in this frame: 960 */
    bool marker;        /* first frame after a silence (RFC 7587 §4.1) */
    struct hop_audio_payload shared;
    uint8_t n_talkers; /* who is in the mix, for CSRC and RFC 6465 levels */
    struct hop_audio_talker talkers[HOP_MAX_TALKERS];
};
