/* Whose turn it is to speak, from the levels of what everybody sends.
 *
 * I. Volfin, I. Cohen, "Dominant speaker identification for multipoint videoconferencing", Computer
 * Speech and Language 27 (2013): speech activity is looked at over three lengths of time, each is
 * scored by how much likelier speech is than noise, and another one takes over only when he leads
 * in all three. So neither a cough nor a word thrown in changes anything, and a real change takes
 * well under a second. What stands for a frame's active sub-bands here is its level above the
 * participant's own background (RFC 6464, or what the mix has decoded).
 *
 * Private to media/route; the room's worker thread; virtual time, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_SPEECH_FRAME_US = 20000,
    HOP_SPEECH_FRAMES = 50,   /* the long interval: a second */
    HOP_SPEECH_BLOCK = 5,     /* frames of the medium interval: 100 ms */
    HOP_DOMINANT_US = 100000, /* how often it is decided */
};

/* One participant's last second. Zero-initialised: he has said nothing. */
struct hop_speech {
    int64_t frame;                     /* number of the newest frame since time 0; 0: none */
    int64_t spoke;                     /* of the newest one that was speech */
    int64_t heard;                     /* of the newest one in which something came */
    uint8_t frames[HOP_SPEECH_FRAMES]; /* activity 0..13, by frame number modulo the length */
    uint16_t background_q4;            /* -dBov of what he sends when he is silent, times 16 */
};

/* He sent sound of that level (-dBov, 0 loudest .. 127 silent) just now. */
void hop_speech_level(struct hop_speech *speech, uint8_t level, int64_t now_us);
/* A frame of the last second was speech. */
bool hop_speech_recent(const struct hop_speech *speech, int64_t now_us);

struct hop_speech_scores {
    double immediate, medium, longest; /* log-likelihood ratios of speech to noise, above 0 */
    unsigned blocks;                   /* of the last ten, how many are speech */
};
/* How he stands now. Moves his history on to now. */
void hop_speech_score(struct hop_speech *speech, int64_t now_us, struct hop_speech_scores *out);

/* Whether the challenger takes over from the one whose turn it was. */
bool hop_dominant_yields(const struct hop_speech_scores *dominant,
                         const struct hop_speech_scores *challenger);

/* One who may be the dominant speaker. */
struct hop_dominant_candidate {
    uint32_t peer;
    struct hop_speech *speech;
};
/* Decides among those who spoke of late. `dominant` is who it was, UINT32_MAX: nobody (he may be
 * missing from the list: he is silent then). Returns who it is now. */
uint32_t hop_dominant_decide(uint32_t dominant, const struct hop_dominant_candidate *candidates,
                             size_t n, int64_t now_us);
