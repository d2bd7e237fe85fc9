/* Reading RTCP (rtcp.h). Each reader checks the length of what it was handed; the walk has only
 * made sure that the packet lies within the datagram. */
#include "media/rtp/rtcp.h"

#include "media/base/bytes.h"

#include <string.h>

enum { HEAD = 4, SR_BODY = 24, RR_BODY = 4, BLOCK = 24, FB_BODY = 8, SDES_CNAME = 1 };

/* ---- walking ------------------------------------------------------------------------------------
 */

struct hop_rtcp_iter hop_rtcp_begin(const uint8_t *packet, size_t len)
{
    return (struct hop_rtcp_iter){ .at = packet, .end = packet + len };
}

static bool malformed(struct hop_rtcp_iter *iter)
{
    iter->at = iter->end;
    iter->malformed = true;
    return false;
}

bool hop_rtcp_next(struct hop_rtcp_iter *iter, struct hop_rtcp_packet *out)
{
    size_t left = (size_t)(iter->end - iter->at);
    if (left == 0)
        return false;
    const uint8_t *p = iter->at;
    if (left < HEAD || p[0] >> 6 != 2)
        return malformed(iter);
    size_t len = 4u * hop_get16(p + 2);
    if (len > left - HEAD)
        return malformed(iter);
    size_t padding = 0;
    if (p[0] & 0x20) {
        padding = len ? p[HEAD + len - 1] : 0;
        if (padding == 0 || padding > len)
            return malformed(iter);
    }
    *out = (struct hop_rtcp_packet){
        .type = p[1], .count = p[0] & 0x1f, .body = p + HEAD, .len = len - padding
    };
    iter->at += HEAD + len;
    return true;
}

bool hop_rtcp_check(const uint8_t *packet, size_t len)
{
    struct hop_rtcp_iter iter = hop_rtcp_begin(packet, len);
    struct hop_rtcp_packet p;
    bool any = false;
    while (hop_rtcp_next(&iter, &p))
        any = true;
    return any && !iter.malformed;
}

/* ---- reports ------------------------------------------------------------------------------------
 */

bool hop_rtcp_read_sr(const struct hop_rtcp_packet *p, struct hop_rtcp_sr *out)
{
    if (p->type != HOP_RTCP_SR || p->len < SR_BODY)
        return false;
    *out = (struct hop_rtcp_sr){
        .ssrc = hop_get32(p->body),
        .ntp = hop_get64(p->body + 4),
        .timestamp = hop_get32(p->body + 12),
        .packets = hop_get32(p->body + 16),
        .octets = hop_get32(p->body + 20),
    };
    return true;
}

bool hop_rtcp_read_rr(const struct hop_rtcp_packet *p, uint32_t *sender_ssrc)
{
    if (p->type != HOP_RTCP_RR || p->len < RR_BODY)
        return false;
    *sender_ssrc = hop_get32(p->body);
    return true;
}

static int32_t signed24(uint32_t v)
{
    return v & 0x800000 ? (int32_t)v - 0x1000000 : (int32_t)v;
}

bool hop_rtcp_read_block(const struct hop_rtcp_packet *p, unsigned i, struct hop_rtcp_block *out)
{
    size_t at;
    if (p->type == HOP_RTCP_SR)
        at = SR_BODY;
    else if (p->type == HOP_RTCP_RR)
        at = RR_BODY;
    else
        return false;
    if (i >= p->count)
        return false;
    at += (size_t)BLOCK * i;
    if (at + BLOCK > p->len)
        return false;
    const uint8_t *b = p->body + at;
    *out = (struct hop_rtcp_block){
        .ssrc = hop_get32(b),
        .fraction_lost = b[4],
        .lost = signed24(hop_get24(b + 5)),
        .highest_seq = hop_get32(b + 8),
        .jitter = hop_get32(b + 12),
        .lsr = hop_get32(b + 16),
        .dlsr = hop_get32(b + 20),
    };
    return true;
}

bool hop_rtcp_read_bye(const struct hop_rtcp_packet *p, unsigned i, uint32_t *ssrc)
{
    if (p->type != HOP_RTCP_BYE || i >= p->count || 4u * i + 4 > p->len)
        return false;
    *ssrc = hop_get32(p->body + 4u * i);
    return true;
}

/* Reads one SDES chunk's items from *at on and moves *at behind the chunk. False: malformed. */
static bool read_chunk(const struct hop_rtcp_packet *p, size_t *at, const uint8_t **cname,
                       uint8_t *len)
{
    size_t i = *at;
    while (i < p->len && p->body[i] != 0) {
        if (p->len - i < 2 || p->body[i + 1] > p->len - i - 2)
            return false;
        if (p->body[i] == SDES_CNAME && !*cname) {
            *cname = p->body + i + 2;
            *len = p->body[i + 1];
        }
        i += 2u + p->body[i + 1];
    }
    /* The list ends with at least one zero byte, filled up to a word. */
    if (i >= p->len)
        return false;
    *at = (i + 4) & ~(size_t)3;
    return true;
}

bool hop_rtcp_read_cname(const struct hop_rtcp_packet *p, size_t *offset, uint32_t *ssrc,
                         const uint8_t **cname, uint8_t *len)
{
    if (p->type != HOP_RTCP_SDES)
        return false;
    while (*offset < p->len && p->len - *offset >= 8) {
        uint32_t of = hop_get32(p->body + *offset);
        const uint8_t *name = NULL;
        uint8_t name_len = 0;
        *offset += 4;
        if (!read_chunk(p, offset, &name, &name_len)) {
            *offset = p->len;
            return false;
        }
        if (name) {
            *ssrc = of;
            *cname = name;
            *len = name_len;
            return true;
        }
    }
    return false;
}

/* ---- feedback -----------------------------------------------------------------------------------
 */

bool hop_rtcp_read_fb(const struct hop_rtcp_packet *p, struct hop_rtcp_fb *out)
{
    if ((p->type != HOP_RTCP_RTPFB && p->type != HOP_RTCP_PSFB) || p->len < FB_BODY)
        return false;
    *out = (struct hop_rtcp_fb){
        .type = p->type,
        .format = p->count,
        .sender_ssrc = hop_get32(p->body),
        .media_ssrc = hop_get32(p->body + 4),
        .fci = p->body + FB_BODY,
        .fci_len = p->len - FB_BODY,
    };
    return true;
}

size_t hop_rtcp_read_nack(const struct hop_rtcp_fb *fb, uint16_t *out, size_t max)
{
    if (fb->type != HOP_RTCP_RTPFB || fb->format != HOP_RTPFB_NACK)
        return 0;
    size_t n = 0;
    for (size_t at = 0; at + 4 <= fb->fci_len; at += 4) {
        uint16_t pid = hop_get16(fb->fci + at), blp = hop_get16(fb->fci + at + 2);
        if (n == max)
            break;
        out[n++] = pid;
        for (unsigned bit = 0; bit < 16 && n < max; bit++)
            if (blp >> bit & 1)
                out[n++] = (uint16_t)(pid + bit + 1);
    }
    return n;
}

bool hop_rtcp_read_fir(const struct hop_rtcp_fb *fb, unsigned i, uint32_t *ssrc, uint8_t *seq)
{
    if (fb->type != HOP_RTCP_PSFB || fb->format != HOP_PSFB_FIR || i >= fb->fci_len / 8)
        return false;
    *ssrc = hop_get32(fb->fci + (size_t)8 * i);
    *seq = fb->fci[(size_t)8 * i + 4];
    return true;
}

bool hop_rtcp_read_remb(const struct hop_rtcp_fb *fb, uint64_t *bps, uint32_t *ssrcs, size_t max,
                        size_t *n)
{
    if (fb->type != HOP_RTCP_PSFB || fb->format != HOP_PSFB_AFB || fb->fci_len < 8 ||
        memcmp(fb->fci, "REMB", 4) != 0)
        return false;
    size_t count = fb->fci[4];
    unsigned exponent = fb->fci[5] >> 2;
    uint64_t mantissa = hop_get24(fb->fci + 5) & 0x3ffff;
    if (8 + 4 * count > fb->fci_len)
        return false;
    /* Larger ones would be cut by the shift; nobody has such a line. */
    if (exponent > 45)
        return false;
    *bps = mantissa << exponent;
    if (count > max)
        count = max;
    for (size_t i = 0; ssrcs && i < count; i++)
        ssrcs[i] = hop_get32(fb->fci + 8 + 4 * i);
    if (n)
        *n = ssrcs ? count : 0;
    return true;
}

/* ---- NTP time -----------------------------------------------------------------------------------
 */

/* Seconds from 1900 to 1970. */
#define NTP_UNIX UINT64_C(2208988800)

uint64_t hop_ntp_from_wall(int64_t wall_us)
{
    uint64_t us = (uint64_t)wall_us;
    uint64_t fraction = ((us % 1000000) << 32) / 1000000;
    return ((us / 1000000 + NTP_UNIX) << 32) | fraction;
}

int64_t hop_ntp_to_wall(uint64_t ntp)
{
    int64_t s = (int64_t)(ntp >> 32) - (int64_t)NTP_UNIX;
    uint64_t us = ((ntp & 0xffffffff) * 1000000 + 0x80000000) >> 32;
    return s * 1000000 + (int64_t)us;
}
