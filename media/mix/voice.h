/* What makes sound of a stream that plays: a decoder, the samples that are decoded and not yet
 * played, and the tempo at which they are. Voices not in use are kept in a store, for a talker
 * needs one only while he talks. Owned by a talker or the store, called on the mix thread.
 */
#pragma once

#include "media/base/limits.h"
#include "media/mix/frame.h"
#include "media/mix/jitter.h"

struct hop_voice;

struct hop_voices {
    struct hop_voice *spare[HOP_MAX_TALKERS];
    int n_spare;
    int64_t probe_us; /* when the next probe may be made */
};

/* A voice that has said nothing yet. NULL: no memory. */
struct hop_voice *hop_voices_take(struct hop_voices *voices);
/* NULL-safe. */
void hop_voices_give_back(struct hop_voices *voices, struct hop_voice *voice);
/* Whether idle streams may be looked at now; rarely enough that many of them do not make a tick
 * late. True counts as a probe. */
bool hop_voices_may_probe(struct hop_voices *voices, int64_t now_us);
/* Frees those not in use. */
void hop_voices_clear(struct hop_voices *voices);

/* The next 20 ms from the jitter buffer, due at `now_us`. */
void hop_voice_pull(struct hop_voice *voice, struct hop_jitter *jitter, int64_t now_us,
                    float out[HOP_MIX_FRAME]);

/* How loud the last of these packets is, as mean square, oldest first; the ones before it only warm
 * the decoder up. The voice is to have said nothing yet, and is of no other use afterwards. */
float hop_voice_probe(struct hop_voice *voice, const struct hop_packet *packets, int n);
