/* Whether to believe what a sender says of his loudness (RFC 6464), and when to listen to one who
 * says nothing. Owned by a talker, called on the mix thread; arithmetic only.
 *
 * - A claim to be loud is believed at once, for a first word must not be lost; if nothing is heard
 *   then, claims are not believed for 1 s, then 2, up to 16, but probed every 500 ms.
 * - A claim to be silent is believed, but looked at now and then: 4 s after the beginning, then
 *   after 8, up to 64. Who seems to be heard in such a *probe* is decoded; if he really is, he is
 *   from then on one who says nothing.
 * - Who says nothing is decoded when his packets become longer than they are while he is silent
 *   (Opus' rate follows the sound); if nothing comes of it, not again for 400 ms, up to 3.2 s; and
 *   he is probed every 100 ms, up to 500 when nothing comes of that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_claims {
    bool begun;
    bool liar;          /* was heard while he claimed silence */
    bool suspected;     /* seemed to be */
    bool mute;          /* claims nothing, and was not heard lately */
    float usual;        /* bytes of his packets while he is silent */
    int64_t believe_us; /* before, neither claims nor lengths open the stream */
    int64_t backoff_us;
    int64_t probe_us; /* the next one */
    int64_t interval_us;
};

enum hop_claims_answer {
    HOP_CLAIMS_NOTHING, /* leave it alone */
    HOP_CLAIMS_PROBE,   /* decode the last packets and tell how loud they are */
    HOP_CLAIMS_LISTEN,  /* decode the stream; it may be a voice */
    HOP_CLAIMS_VOICE,   /* decode and mix it */
};

/* A packet of a stream that is not decoded. `level`: -dBov or HOP_MIX_LEVEL_NONE. */
enum hop_claims_answer hop_claims_packet(struct hop_claims *claims, uint8_t level, size_t len,
                                         int64_t now_us);

/* The probe was this loud (-dBov), in a packet that claimed `level`. True: listen to the stream. */
bool hop_claims_probed(struct hop_claims *claims, uint8_t level, uint8_t heard, int64_t now_us);

/* The probe that was asked for could not be made now. */
void hop_claims_not_probed(struct hop_claims *claims, int64_t now_us);

/* The stream is no longer decoded. `voice`: it was begun by a claim; `heard`: there was a voice. */
void hop_claims_ended(struct hop_claims *claims, bool voice, bool heard, int64_t now_us);

/* What to take of his levels: the level, or that he states none. */
uint8_t hop_claims_level(const struct hop_claims *claims, uint8_t level);
