/* Transport-wide congestion control feedback as bytes: packet status chunks and receive deltas.
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1. Who records and who uses it is in
 * media/bwe. Any thread, no allocation.
 */
#pragma once

#include "media/rtp/rtcp.h"
#include "media/rtp/rtcp_write.h"

enum {
    HOP_TWCC_TICK_US = 250,        /* unit of a receive delta */
    HOP_TWCC_REFERENCE_US = 64000, /* unit of the reference time */
};

struct hop_twcc_header {
    uint16_t base_seq;
    uint16_t count;    /* statuses in this feedback */
    int32_t reference; /* 24 bits signed, units of 64 ms; wraps after 12 days */
    uint8_t fb_count;  /* runs on by one with each feedback packet */
};

/* Walks the statuses in the order of their numbers. */
struct hop_twcc_iter {
    struct hop_twcc_header header;
    const uint8_t *chunk, *chunk_end; /* next chunk; end of the chunks */
    const uint8_t *delta, *delta_end;
    uint16_t left;     /* statuses still to come */
    uint16_t seq;      /* of the next one */
    uint16_t word;     /* the current chunk */
    uint16_t in_chunk; /* statuses still to come from it */
    uint16_t symbol_at;
    int64_t at_us; /* running receive time */
};

struct hop_twcc_status {
    uint16_t seq;
    bool received;
    int64_t at_us; /* receiver's clock: reference * 64 ms + deltas, µs; 0 when not received */
};

/* Takes a transport-cc feedback whose chunks and deltas are complete; false otherwise (nothing of a
 * damaged one is used). */
bool hop_twcc_begin(const struct hop_rtcp_fb *fb, struct hop_twcc_iter *out);
bool hop_twcc_next(struct hop_twcc_iter *iter, struct hop_twcc_status *out);

/* Appends one feedback about packets base_seq, base_seq + 1, … with their arrival times in µs
 * (INT64_MIN: not received). Trailing lost ones are included. Returns how many statuses went in:
 * fewer than n when the buffer is full or an arrival is more than ±8 s from the one before; 0, and
 * nothing is written, when the first cannot be written at all. */
size_t hop_twcc_write(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                      uint8_t fb_count, uint16_t base_seq, const int64_t *arrival_us, size_t n);
