/* How loud somebody speaks in the long run, and the slow gain that makes quiet and loud voices
 * alike. One per microphone, owned by a talker, called on the mix thread.
 *
 * The *speech level* is the mean power while he speaks (after ITU-T P.56: pauses do not count, nor
 * does what is near the noise between the words), over his last ten seconds or so of speech. The
 * gain moves only while he speaks, slowly, so that nothing pumps; it is bounded, and does not lift
 * the noise of a room above what one would notice. Levels here are mean squares, 1 = 0 dBov.
 */
#pragma once

#include "media/base/types.h"
#include "media/mix/frame.h"

struct hop_loudness {
    float level;   /* speech level */
    float noise;   /* what is there between the words */
    int frames;    /* of speech in `level`, at most the length of its memory */
    float gain_db; /* now */
    bool knows;    /* has spoken enough for a verdict */
    enum hop_voice_verdict verdict;
};

void hop_loudness_init(struct hop_loudness *loudness);

/* A frame of this power was heard from him. */
void hop_loudness_note(struct hop_loudness *loudness, float power);

/* dBov of the speech level, -127..-1; 0: not known yet. */
int8_t hop_loudness_dbov(const struct hop_loudness *loudness);

/* Applies the gain to the frame; `spoken`: this frame is speech, the gain may move. Off: the gain
 * goes back to nothing, just as slowly. */
void hop_loudness_apply(struct hop_loudness *loudness, float pcm[HOP_MIX_FRAME], bool on,
                        bool spoken);

/* Whether a frame of this power counts as speech of his. */
bool hop_loudness_is(const struct hop_loudness *loudness, float power);
