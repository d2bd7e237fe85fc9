/* A jitter buffer of fixed delay for one stream of Opus packets. Sans I/O: packets and `now_us` go
 * in, the next thing to decode comes out. Owned by a talker, called on the mix thread.
 *
 * RFC 3550 (sequence numbers, timestamps), RFC 7587 (Opus: a 48 kHz clock, gaps in the timestamps
 * of successive packets are DTX), RFC 6716 §2.1.7 (in-band FEC).
 *
 * Positions are samples of the stream's own clock, unwrapped. While the buffer runs, the sample
 * with timestamp `out_ts` is due at `out_us`, and time goes on from there at 48 samples a
 * millisecond. A packet's *lead* is how long before its playing time it came; the one that started
 * the buffer has a lead of exactly the configured delay. Packets that keep coming later than their
 * playing time move the playing time back, a lead that stays too long for a second moves it forward
 * again, and one that makes no sense at all (over a second off) starts anew.
 *
 * While stopped the buffer keeps the last few packets: they go before the one that will open the
 * stream, and warm the decoder up.
 */
#pragma once

#include "media/mix/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_JITTER_SLOTS = 50, /* packets held: half a second of 10 ms packets */
    HOP_JITTER_IDLE = 3,   /* packets kept while stopped */
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
    int skip;            /* PLAY: the first samples that were played already, to be left out */
    const uint8_t *data; /* PLAY and FEC; valid until the next push */
    uint16_t len;
    uint8_t level; /* PLAY: what the sender claims */
};

struct hop_jitter_stats {
    uint32_t played, late, duplicate, malformed, lost, fec, concealed, resyncs, moved_back,
        moved_forward;
};

struct hop_jitter;

/* `delay_ms` 0..500. -ENOMEM. */
int hop_jitter_new(int delay_ms, struct hop_jitter **out);
void hop_jitter_free(struct hop_jitter *jitter);

/* Takes a copy of the payload. Allocates only when a slot meets its longest packet so far. */
enum hop_jitter_verdict hop_jitter_push(struct hop_jitter *jitter, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us);

/* Starts playing so that the newest packet, which came at `now_us`, is due one delay later. */
void hop_jitter_start(struct hop_jitter *jitter, int64_t now_us);
/* Stops; keeps HOP_JITTER_IDLE packets and their memory alone. */
void hop_jitter_stop(struct hop_jitter *jitter);

/* What to decode next; always makes at least one sample. Call while running. */
struct hop_jitter_item hop_jitter_next(struct hop_jitter *jitter);

/* Begins a tick that is due at `now_us`; whole ticks that were left out are skipped. `left` as
 * below; returns how many of those samples have passed and are not to be played. */
int hop_jitter_begin_tick(struct hop_jitter *jitter, int left, int64_t now_us);

/* Ends a tick: of what was decoded, `left` samples are not yet played, and the next tick is due at
 * `next_us`. */
void hop_jitter_ticked(struct hop_jitter *jitter, int left, int64_t next_us);

/* Samples by which the delay has grown too long; the caller plays that many samples less, whenever
 * it is heard least, and says so with hop_jitter_shorten(). */
int hop_jitter_excess(const struct hop_jitter *jitter);
void hop_jitter_shorten(struct hop_jitter *jitter, int samples);

/* No packet since this many samples. */
int64_t hop_jitter_underrun(const struct hop_jitter *jitter);

const struct hop_jitter_stats *hop_jitter_stats(const struct hop_jitter *jitter);
