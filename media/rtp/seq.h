/* Sequence numbers and timestamps beyond their wrap, and the continuity of the numbers that a
 * receiver sees while the sources behind his stream change.
 *
 * RFC 3550 §5.1, §A.1 (extended numbers), RFC 7667 §3.7 (an SFM rewrites numbers).
 * Called by the route and the jitter buffers on their own thread. Plain data, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a - b on the circle: negative when a is older. */
static inline int16_t hop_seq_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline int32_t hop_ts_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/* ---- unwrapping: zero-initialise ---------------------------------------------------------------
 */

/* Numbers that are nearest to the newest one seen. The first is lifted by one whole cycle, so that
 * packets just before it do not go below zero. The low bits are always the number on the wire. */
struct hop_seq_unwrap {
    uint64_t newest; /* 0: nothing seen */
};
struct hop_ts_unwrap {
    uint64_t newest;
};

uint64_t hop_seq_unwrap(struct hop_seq_unwrap *u, uint16_t seq);
/* What hop_seq_unwrap() would return, without moving the state. */
uint64_t hop_seq_peek(const struct hop_seq_unwrap *u, uint16_t seq);
uint64_t hop_ts_unwrap(struct hop_ts_unwrap *u, uint32_t timestamp);
uint64_t hop_ts_peek(const struct hop_ts_unwrap *u, uint32_t timestamp);

/* ---- one continuous outgoing stream ------------------------------------------------------------
 * Maps a source's extended numbers to the stream's 16-bit ones. Gaps of the source stay gaps (the
 * receiver then asks for what is missing), packets that we drop on purpose leave none, and a late
 * or retransmitted packet gets the number that was kept for it, within the window. */

enum { HOP_SEQ_WINDOW = 512 }; /* packets behind the newest that can still be mapped */

struct hop_seq_map {
    bool bound;                             /* a source is bound */
    uint16_t newest_out;                    /* the last number given away */
    uint64_t first_in;                      /* of the bound source; older ones are refused */
    uint64_t next_in;                       /* all older ones have a number or were dropped */
    uint16_t out[HOP_SEQ_WINDOW];           /* by in % window */
    uint64_t unusable[HOP_SEQ_WINDOW / 64]; /* dropped on purpose: no number is theirs */
};

/* first_out is the number that the first mapped packet will get (random for a new SSRC). */
void hop_seq_map_init(struct hop_seq_map *map, uint16_t first_out);
/* Another source from here on: its packet `first_in` gets the number after the newest one. */
void hop_seq_map_switch(struct hop_seq_map *map, uint64_t first_in);
/* The number for that packet of the bound source. An unbound map binds to it. False: too old, from
 * before the switch, or dropped before. */
bool hop_seq_map_in(struct hop_seq_map *map, uint64_t in, uint16_t *out);
/* That packet of the bound source will never be sent. Without effect on an unbound map. */
void hop_seq_map_drop(struct hop_seq_map *map, uint64_t in);
/* A number for a packet of our own making (padding, probes) after the newest one. The packets of
 * the bound source that follow it move up by one. */
uint16_t hop_seq_map_own(struct hop_seq_map *map);
