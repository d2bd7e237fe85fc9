/* One stream of voice: jitter buffer, decoder, and the judgement whether anybody speaks. Owned by
 * the mixer, called on the mix thread.
 *
 * A stream is *idle* until a packet claims to be loud (RFC 6464); idle packets are not decoded.
 * Then the mixer starts it, and it plays until what is really heard has been quiet for a hang-over.
 * A sender who claims voice and sends none is not believed again for a while, longer each time. A
 * sender who claims nothing at all is decoded whenever he sends, and mixed while he is heard.
 */
#pragma once

#include "media/mix/frame.h"
#include "media/mix/jitter.h"

struct hop_talker;

/* -ENOMEM. */
int hop_talker_new(int jitter_ms, struct hop_talker **out);
void hop_talker_free(struct hop_talker *talker);

/* Takes one packet. `*wants` is set when the idle stream should be started with
 * hop_talker_start(). `level` is -dBov or HOP_MIX_LEVEL_NONE. */
enum hop_jitter_verdict hop_talker_push(struct hop_talker *talker, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us, bool *wants);

/* A copy from a later packet; see hop_jitter_push_copy(). */
enum hop_jitter_verdict hop_talker_push_copy(struct hop_talker *talker, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us);

/* The packet just pushed is due one delay from `now_us`. -ENOMEM: it stays idle. */
int hop_talker_start(struct hop_talker *talker, int64_t now_us);
void hop_talker_stop(struct hop_talker *talker, int64_t now_us);

/* Being decoded. */
bool hop_talker_active(const struct hop_talker *talker);
/* Heard, or within the hang-over: part of the mix. Only ever while active. */
bool hop_talker_open(const struct hop_talker *talker);

/* The next 20 ms, due at `now_us`; all zero unless open. May end the activity. `*power` gets the
 * mean square of what is in `out`. Call while active. */
void hop_talker_pull(struct hop_talker *talker, int64_t now_us, float out[HOP_MIX_FRAME],
                     float *power);

/* Frees the decoder if the stream has been idle since before `before_us`. Returns whether it still
 * holds one. */
bool hop_talker_sweep(struct hop_talker *talker, int64_t before_us);

const struct hop_jitter_stats *hop_talker_stats(const struct hop_talker *talker);
