/* Reading RTCP: a bounded walk over compound or reduced-size packets and typed views of the ones
 * that hop uses. Everything else (XR, APP, unknown feedback) is stepped over by the caller.
 *
 * RFC 3550 §6 (SR, RR, SDES, BYE), RFC 4585 §6 (NACK, PLI), RFC 5104 §4.3.1 (FIR), RFC 5506
 * (reduced size), draft-alvestrand-rmcat-remb-03. transport-cc is in twcc.h, writing in
 * rtcp_write.h. Any thread, no state, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hop_rtcp_type {
    HOP_RTCP_SR = 200,
    HOP_RTCP_RR = 201,
    HOP_RTCP_SDES = 202,
    HOP_RTCP_BYE = 203,
    HOP_RTCP_APP = 204,
    HOP_RTCP_RTPFB = 205, /* count field: enum hop_rtpfb */
    HOP_RTCP_PSFB = 206,  /* count field: enum hop_psfb */
    HOP_RTCP_XR = 207,
};

enum hop_rtpfb { HOP_RTPFB_NACK = 1, HOP_RTPFB_TWCC = 15 };
enum hop_psfb { HOP_PSFB_PLI = 1, HOP_PSFB_FIR = 4, HOP_PSFB_AFB = 15 /* REMB */ };

enum {
    HOP_RTCP_MAX_BLOCKS = 31,
    HOP_RTCP_MAX_REMB = 255, /* SSRCs in one REMB */
};

/* ---- walking ------------------------------------------------------------------------------------
 */

/* One packet of a compound. */
struct hop_rtcp_packet {
    uint8_t type;        /* enum hop_rtcp_type or another */
    uint8_t count;       /* RC, SC or FMT: 0..31 */
    const uint8_t *body; /* after the four-byte header */
    size_t len; /* bytes of body, without padding; a multiple of four unless padded oddly */
};

struct hop_rtcp_iter {
    const uint8_t *at, *end;
    bool malformed; /* the walk ended early */
};

struct hop_rtcp_iter hop_rtcp_begin(const uint8_t *packet, size_t len);
/* False at the end, and at the first header that is not RTCP version 2 or overruns. */
bool hop_rtcp_next(struct hop_rtcp_iter *iter, struct hop_rtcp_packet *out);
/* True when the whole is a sequence of at least one well-formed RTCP packet (lengths only). */
bool hop_rtcp_check(const uint8_t *packet, size_t len);

/* ---- reports ------------------------------------------------------------------------------------
 */

struct hop_rtcp_sr {
    uint32_t ssrc;
    uint64_t ntp; /* 32.32 fixed-point seconds since 1900 */
    uint32_t timestamp;
    uint32_t packets, octets; /* since the stream's start, mod 2^32 */
};

struct hop_rtcp_block {
    uint32_t ssrc;
    uint8_t fraction_lost; /* of 256, since the previous report */
    int32_t lost;          /* cumulative, 24 bits signed */
    uint32_t highest_seq;  /* cycles << 16 | seq */
    uint32_t jitter;       /* timestamp units */
    uint32_t lsr;          /* middle 32 bits of the last SR's NTP time; 0: none yet */
    uint32_t dlsr;         /* 1/65536 s since then */
};

/* Each returns false, out untouched, when the packet is not of that type or too short. */
bool hop_rtcp_read_sr(const struct hop_rtcp_packet *p, struct hop_rtcp_sr *out);
bool hop_rtcp_read_rr(const struct hop_rtcp_packet *p, uint32_t *sender_ssrc);
/* The i-th report block of an SR or RR, 0-based. */
bool hop_rtcp_read_block(const struct hop_rtcp_packet *p, unsigned i, struct hop_rtcp_block *out);
/* The i-th SSRC of a BYE. */
bool hop_rtcp_read_bye(const struct hop_rtcp_packet *p, unsigned i, uint32_t *ssrc);

/* The next chunk of an SDES that has a CNAME: start with *offset 0. `cname` points into the packet
 * and is not terminated. */
bool hop_rtcp_read_cname(const struct hop_rtcp_packet *p, size_t *offset, uint32_t *ssrc,
                         const uint8_t **cname, uint8_t *len);

/* ---- feedback -----------------------------------------------------------------------------------
 */

struct hop_rtcp_fb {
    uint8_t type;         /* HOP_RTCP_RTPFB or HOP_RTCP_PSFB */
    uint8_t format;       /* FMT */
    uint32_t sender_ssrc; /* who speaks */
    uint32_t media_ssrc;  /* about whom; 0 with FIR and REMB */
    const uint8_t *fci;
    size_t fci_len;
};

bool hop_rtcp_read_fb(const struct hop_rtcp_packet *p, struct hop_rtcp_fb *out);

static inline bool hop_rtcp_is_pli(const struct hop_rtcp_fb *fb)
{
    return fb->type == HOP_RTCP_PSFB && fb->format == HOP_PSFB_PLI;
}

/* The numbers of a generic NACK in its order, at most max; 0 when it is none. */
size_t hop_rtcp_read_nack(const struct hop_rtcp_fb *fb, uint16_t *out, size_t max);
/* The i-th entry of a FIR. */
bool hop_rtcp_read_fir(const struct hop_rtcp_fb *fb, unsigned i, uint32_t *ssrc, uint8_t *seq);
/* REMB: the rate, and up to max SSRCs it is about. `n` (may be NULL with ssrcs) gets their count.
 */
bool hop_rtcp_read_remb(const struct hop_rtcp_fb *fb, uint64_t *bps, uint32_t *ssrcs, size_t max,
                        size_t *n);

/* ---- NTP time -----------------------------------------------------------------------------------
 */

/* Unix µs to 32.32 since 1900, and back. */
uint64_t hop_ntp_from_wall(int64_t wall_us);
int64_t hop_ntp_to_wall(uint64_t ntp);
/* The middle 32 bits, as LSR carries them. */
static inline uint32_t hop_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}
