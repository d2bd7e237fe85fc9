/* What was sent under which number, so that a NACK can be answered: the receiver names the outgoing
 * number, the cache knows the source's own. One log per outgoing video stream, in memory that the
 * caller gives. Called by the route on its worker; no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_sent_entry {
    uint64_t in;        /* extended number in the source's cache */
    uint32_t source;    /* caller's tag of the source (publication and layer) */
    uint32_t timestamp; /* as sent */
    uint32_t active;    /* active decode targets of the dependency descriptor as sent */
    uint32_t sent_us;   /* sent or resent last; low 32 bits */
    uint16_t seq;       /* as sent */
    uint16_t picture;   /* picture id of VP8 and VP9 as sent */
    uint16_t frame;     /* frame number of the dependency descriptor as sent */
    uint8_t tl0;        /* TL0PICIDX as sent */
    uint8_t resent : 6; /* times answered so far */
    bool used : 1;
    bool marker : 1;
};

struct hop_sent {
    struct hop_sent_entry *ring;
    uint32_t mask;
};

/* `n` entries of the caller's memory, a power of two; zeroed here. */
void hop_sent_init(struct hop_sent *log, struct hop_sent_entry *ring, uint32_t n);
/* Whether that packet of that source was sent under that number, as far as is remembered. */
bool hop_sent_has(const struct hop_sent *log, uint16_t seq, uint64_t in, uint32_t source);
/* What was sent under that number; NULL: forgotten. */
const struct hop_sent_entry *hop_sent_find(const struct hop_sent *log, uint16_t seq);
/* Notes one packet; entry->used and entry->resent are set here. Overwrites what is n older. */
void hop_sent_note(struct hop_sent *log, const struct hop_sent_entry *entry);
/* The entry to answer a NACK from, marked as resent now; NULL when it is unknown, was (re)sent less
 * than `min_gap_us` ago (the receiver's requests cross the answer: pass the RTT), or was resent
 * `max` times already. */
const struct hop_sent_entry *hop_sent_take(struct hop_sent *log, uint16_t seq, int64_t min_gap_us,
                                           uint8_t max, int64_t now_us);
