/* One stream of voice: jitter buffer, decoder, the judgement whether anybody speaks, and how loud.
 * Owned by the mixer, called on the mix thread.
 *
 * A stream is *idle* until somebody seems to speak (claims.h); idle packets are not decoded, but
 * the last few are kept. Then the mixer starts it, and it plays until what is really heard has been
 * quiet for a hang-over. What only a playing stream needs comes from a store and goes back there.
 */
#pragma once

#include "media/mix/frame.h"
#include "media/mix/jitter.h"
#include "media/mix/loudness.h"
#include "media/mix/voice.h"

struct hop_talker;

enum hop_talker_wish {
    HOP_WISH_NOTHING,
    HOP_WISH_LISTEN, /* to be decoded; it may be a voice */
    HOP_WISH_TALK,   /* to be mixed, too */
};

/* `voices` is borrowed. -ENOMEM. */
int hop_talker_new(int jitter_ms, struct hop_voices *voices, struct hop_talker **out);
void hop_talker_free(struct hop_talker *talker);

/* Takes one packet. `*wish` is what the idle stream should be started for, with hop_talker_start().
 * `level` is -dBov or HOP_MIX_LEVEL_NONE. */
enum hop_jitter_verdict hop_talker_push(struct hop_talker *talker, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us, enum hop_talker_wish *wish);
/* A copy from a later packet; see hop_jitter_push_copy(). */
enum hop_jitter_verdict hop_talker_push_copy(struct hop_talker *talker, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us);

/* The packet just pushed is due one delay from `now_us`. -ENOMEM: it stays idle. */
int hop_talker_start(struct hop_talker *talker, enum hop_talker_wish wish, int64_t now_us);
void hop_talker_stop(struct hop_talker *talker, int64_t now_us);

/* Being decoded. */
bool hop_talker_active(const struct hop_talker *talker);
/* Heard, or within the hang-over: part of the mix. Only ever while active. */
bool hop_talker_open(const struct hop_talker *talker);
/* Has really been heard since the start. */
bool hop_talker_confirmed(const struct hop_talker *talker);
/* Frames in a row in which nothing was heard, up to the hang-over's length. */
int hop_talker_pause(const struct hop_talker *talker);

/* The next 20 ms, due at `now_us`; all zero unless open. `levelling`: brought to the usual
 * loudness. May end the activity. `*power` gets the mean square of what is in `out`. Call while
 * active. */
void hop_talker_pull(struct hop_talker *talker, int64_t now_us, bool levelling,
                     float out[HOP_MIX_FRAME], float *power);

const struct hop_loudness *hop_talker_loudness(const struct hop_talker *talker);
const struct hop_jitter_stats *hop_talker_stats(const struct hop_talker *talker);
