/* Writing RTCP: each function appends one packet to a bounded buffer, so that several calls make a
 * compound (RFC 3550 §6.1: SR or RR first, then SDES; RFC 5506 allows feedback alone).
 *
 * The functions return false, with the buffer as it was, when the packet does not fit.
 * Any thread, no allocation.
 */
#pragma once

#include "media/rtp/rtcp.h"

struct hop_rtcp_writer {
    uint8_t *buf;
    size_t cap, len; /* len: written so far; always a multiple of four */
};

static inline struct hop_rtcp_writer hop_rtcp_writer(uint8_t *buf, size_t cap)
{
    return (struct hop_rtcp_writer){ .buf = buf, .cap = cap, .len = 0 };
}

/* n blocks, at most 31 are written. */
bool hop_rtcp_write_sr(struct hop_rtcp_writer *w, const struct hop_rtcp_sr *sr,
                       const struct hop_rtcp_block *blocks, size_t n);
bool hop_rtcp_write_rr(struct hop_rtcp_writer *w, uint32_t sender_ssrc,
                       const struct hop_rtcp_block *blocks, size_t n);
/* One chunk with a CNAME of at most 255 bytes. */
bool hop_rtcp_write_cname(struct hop_rtcp_writer *w, uint32_t ssrc, const char *cname);
/* Up to 31 SSRCs; reason may be NULL, at most 255 bytes. */
bool hop_rtcp_write_bye(struct hop_rtcp_writer *w, const uint32_t *ssrcs, size_t n,
                        const char *reason);
bool hop_rtcp_write_pli(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc);
/* `seq` grows by one with each new request to that SSRC and stays in repetitions. */
bool hop_rtcp_write_fir(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                        uint8_t seq);
/* Packs ascending numbers into PID/BLP pairs; returns how many of the n were packed (less than n
 * when the buffer is full, 0 when nothing fits). */
size_t hop_rtcp_write_nack(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                           const uint16_t *seqs, size_t n);
/* The rate is rounded down to 18 significant bits. At most 255 SSRCs. */
bool hop_rtcp_write_remb(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint64_t bps,
                         const uint32_t *ssrcs, size_t n);
