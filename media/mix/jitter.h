/* A jitter buffer for one stream of Opus packets, whose delay follows the line. Sans I/O: packets
 * and `now_us` go in, the next thing to decode comes out. Owned by a talker, called on the mix
 * thread.
 *
 * RFC 3550 (sequence numbers, timestamps), RFC 7587 (Opus: a 48 kHz clock, gaps in the timestamps
 * of successive packets are DTX). A lost packet is replaced by its copy (RFC 2198) if there is one,
 * else by the coarse one in its successor (RFC 6716 §2.1.7), else invented.
 *
 * Positions are samples of the stream's own clock, unwrapped. While the buffer runs, the sample
 * with timestamp `out_ts` is due at `out_us`, and time goes on from there at 48 samples a
 * millisecond. The *delay* is how long a packet that came as fast as the line can waits for its
 * playing; the *target* is what nearly all packets need (delay.h), one packet more while so many
 * are lost that waiting for the copies in their successors is worth it. A packet is needed at the
 * tick that plays its first sample, so the delay is shortest when packets begin with ticks: of the
 * delays that do so, the buffer wants the shortest that reaches the target. How far it is off is
 * its *excess*, which the caller takes out, or puts in, by stretching the sound. In silence the
 * delay jumps there at once.
 *
 * When nothing is there to be played, something is invented, and the stream's time waits: a packet
 * that is only late is played, not dropped, and the delay has grown. A packet's place that makes no
 * sense at all (over a second off) starts anew.
 *
 * While stopped the buffer keeps the last few packets: they go before the one that will open the
 * stream, and warm the decoder up.
 */
#pragma once

#include "media/mix/frame.h"
#include "media/mix/waiting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_JITTER_SLOTS = HOP_WAITING_MAX, /* packets held while running */
    HOP_JITTER_IDLE = 3,                /* packets kept while stopped */
};

enum hop_jitter_verdict {
    HOP_JITTER_OK,
    HOP_JITTER_LATE,      /* its time has passed */
    HOP_JITTER_DUPLICATE, /* it is here already */
    HOP_JITTER_MALFORMED, /* not one Opus packet */
    HOP_JITTER_NO_MEMORY,
};

enum hop_jitter_kind {
    HOP_JITTER_PLAY,    /* decode the packet */
    HOP_JITTER_FEC,     /* the packet before this one is lost: decode its copy in this one */
    HOP_JITTER_CONCEAL, /* lost: let the decoder invent `samples` */
    HOP_JITTER_SILENCE, /* nothing was said, or nothing is known for too long */
};

/* The next thing to decode. */
struct hop_jitter_item {
    enum hop_jitter_kind kind;
    int samples;         /* how much it makes: PLAY, what the packet says; FEC and CONCEAL a
                          * multiple of HOP_MIX_OPUS_STEP */
    int skip;            /* PLAY: the first samples, not to be heard; all of them: the packet only
                          * warms the decoder up */
    const uint8_t *data; /* PLAY and FEC; valid until the next push */
    uint16_t len;
    uint8_t level; /* PLAY: what the sender claims */
};

struct hop_jitter_stats {
    uint32_t played, late, duplicate, malformed, lost, fec, concealed, resyncs, moved_back,
        moved_forward;
    uint32_t copies; /* of `played`, those that came only as copies */
};

struct hop_jitter;

/* `delay_ms` 0..400: the delay as long as nothing is known of the line; it never falls below a
 * quarter of this. -ENOMEM. */
int hop_jitter_new(int delay_ms, struct hop_jitter **out);
void hop_jitter_free(struct hop_jitter *jitter);

/* Takes a copy of the payload. Allocates only when a slot meets its longest packet so far. */
enum hop_jitter_verdict hop_jitter_push(struct hop_jitter *jitter, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us);

/* A copy of an earlier packet that came with a later one (RFC 2198), to be pushed before that one,
 * oldest first: taken only where its original is missing. HOP_JITTER_DUPLICATE: nothing is missing
 * there. Says nothing of the line, and counts as a loss when it is played. */
enum hop_jitter_verdict hop_jitter_push_copy(struct hop_jitter *jitter, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us);

/* Starts playing so that the newest packet, which came at `now_us`, is due when the target says. */
void hop_jitter_start(struct hop_jitter *jitter, int64_t now_us);
/* Stops; keeps HOP_JITTER_IDLE packets and their memory alone. */
void hop_jitter_stop(struct hop_jitter *jitter);

/* What to decode next; makes at least one sample unless it is a packet for warming up, of which
 * there are at most HOP_JITTER_SLOTS. Call while running. */
struct hop_jitter_item hop_jitter_next(struct hop_jitter *jitter);

/* The packets that wait, oldest first; valid until the next call that is not const. */
const struct hop_packet *hop_jitter_kept(const struct hop_jitter *jitter, int *n);

/* Whether hop_jitter_next() would give a packet, and nothing invented. */
bool hop_jitter_ready(const struct hop_jitter *jitter);

/* Begins a tick that is due at `now_us`; whole ticks that were left out are skipped. `left` as
 * below; returns how many of those samples have passed and are not to be played. */
int hop_jitter_begin_tick(struct hop_jitter *jitter, int left, int64_t now_us);

/* Ends a tick: of what was decoded, `left` samples are not yet played, and the next tick is due at
 * `next_us`. */
void hop_jitter_ticked(struct hop_jitter *jitter, int left, int64_t next_us);

/* Samples by which the delay is too long (above 0) or too short (below 0). The caller stretches the
 * sound by as much as is not heard, and says how many samples more (above 0) or less it became. */
int hop_jitter_excess(const struct hop_jitter *jitter);
void hop_jitter_stretched(struct hop_jitter *jitter, int samples);

/* How long the fastest packets wait now, 0 while stopped; and how long packets need. */
int64_t hop_jitter_delay_us(const struct hop_jitter *jitter);
int64_t hop_jitter_target_us(const struct hop_jitter *jitter);

/* Sequence number of the last packet given out to be played. */
uint64_t hop_jitter_played(const struct hop_jitter *jitter);

/* No packet since this many samples. */
int64_t hop_jitter_underrun(const struct hop_jitter *jitter);

const struct hop_jitter_stats *hop_jitter_stats(const struct hop_jitter *jitter);
