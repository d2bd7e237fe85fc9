/* One mixed frame of one room, as it travels from the mix to the room's worker: plain data.
 *
 * The shared payloads are the mix of all who are heard, for everybody who does not talk himself:
 * one for clean lines and, while a listener needs it, one for lossy lines. Beside them, for each
 * *group* in which somebody talks, the mix without that group. A group is a hall (several
 * participants in one room of a building) or one participant by himself. audio_choice.h says which
 * payload is whose. RTP sequence numbers and SSRCs are the receiver's matter (media/route): each
 * listener sees one continuous stream.
 */
#pragma once

#include "media/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOP_MAX_OPUS = 512 }; /* bytes of one encoded frame of the mix */

enum hop_audio_variant {
    HOP_AUDIO_CLEAN,
    HOP_AUDIO_LOSSY, /* speech modes with in-band FEC (RFC 6716 §2.1.7) */
    HOP_AUDIO_VARIANTS
};

struct hop_audio_payload {
    uint16_t len; /* bytes; 0: nothing to send (silence, nobody else talks, or not made) */
    bool alone;   /* refers to no earlier frame: a listener may come here from another stream */
    uint8_t data[HOP_MAX_OPUS];
};

/* One who is heard in this frame. */
struct hop_audio_talker {
    uint32_t peer; /* the worker's index of the participant */
    uint16_t hall; /* his; those of the same hall (not 0) do not hear him */
    uint8_t level; /* -dBov of his voice in this mix, 0 loudest .. 126 */
    /* His microphone before levelling, over his speech of the last half minute or so: dBov,
     * -127..-1, and a verdict on it; 0: he has not said enough yet. */
    int8_t speech_dbov;
    uint8_t verdict; /* enum hop_voice_verdict */
};

/* The mix without one group. */
struct hop_audio_own {
    uint16_t hall; /* everybody of this hall, unless 0 */
    uint32_t peer; /* hall 0: this participant alone */
    struct hop_audio_payload payload;
};

struct hop_audio_tick {
    uint64_t room;      /* hop_room_id */
    uint32_t timestamp; /* 48 kHz, of the room's clock; continuous over silences */
    uint16_t samples;   /* per channel in this frame: 960 */
    bool marker;        /* first frame after a silence (RFC 7587 §4.1) */
    struct hop_audio_payload shared[HOP_AUDIO_VARIANTS];
    uint8_t n_talkers; /* who is in the mix, for CSRC and RFC 6465 levels */
    struct hop_audio_talker talkers[HOP_MAX_TALKERS];
    uint8_t n_owns;
    struct hop_audio_own owns[HOP_MAX_TALKERS];
};
