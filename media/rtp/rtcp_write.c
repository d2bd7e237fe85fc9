/* Writing RTCP (rtcp_write.h). */
#include "media/rtp/rtcp_write.h"

#include "media/base/bytes.h"

#include <string.h>

/* Opens one packet of `size` bytes (a multiple of four, header included) and returns its body; NULL
 * when it does not fit. */
static uint8_t *open_packet(struct hop_rtcp_writer *w, size_t count, uint8_t type, size_t size)
{
    if (size > w->cap - w->len || size / 4 > 0x10000)
        return NULL;
    uint8_t *p = w->buf + w->len;
    p[0] = (uint8_t)(0x80 | (count & 0x1f));
    p[1] = type;
    hop_put16(p + 2, (uint16_t)(size / 4 - 1));
    w->len += size;
    return p + 4;
}

static void put_blocks(uint8_t *at, const struct hop_rtcp_block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++, at += 24) {
        const struct hop_rtcp_block *b = &blocks[i];
        hop_put32(at, b->ssrc);
        at[4] = b->fraction_lost;
        hop_put24(at + 5, (uint32_t)b->lost & 0xffffff);
        hop_put32(at + 8, b->highest_seq);
        hop_put32(at + 12, b->jitter);
        hop_put32(at + 16, b->lsr);
        hop_put32(at + 20, b->dlsr);
    }
}

bool hop_rtcp_write_sr(struct hop_rtcp_writer *w, const struct hop_rtcp_sr *sr,
                       const struct hop_rtcp_block *blocks, size_t n)
{
    if (n > HOP_RTCP_MAX_BLOCKS)
        n = HOP_RTCP_MAX_BLOCKS;
    uint8_t *p = open_packet(w, n, HOP_RTCP_SR, 28 + 24 * n);
    if (!p)
        return false;
    hop_put32(p, sr->ssrc);
    hop_put64(p + 4, sr->ntp);
    hop_put32(p + 12, sr->timestamp);
    hop_put32(p + 16, sr->packets);
    hop_put32(p + 20, sr->octets);
    put_blocks(p + 24, blocks, n);
    return true;
}

bool hop_rtcp_write_rr(struct hop_rtcp_writer *w, uint32_t sender_ssrc,
                       const struct hop_rtcp_block *blocks, size_t n)
{
    if (n > HOP_RTCP_MAX_BLOCKS)
        n = HOP_RTCP_MAX_BLOCKS;
    uint8_t *p = open_packet(w, n, HOP_RTCP_RR, 8 + 24 * n);
    if (!p)
        return false;
    hop_put32(p, sender_ssrc);
    put_blocks(p + 4, blocks, n);
    return true;
}

bool hop_rtcp_write_cname(struct hop_rtcp_writer *w, uint32_t ssrc, const char *cname)
{
    size_t len = strlen(cname);
    if (len > 255)
        return false;
    /* SSRC, item head, text, and at least one zero byte up to the next word. */
    size_t chunk = (4 + 2 + len + 1 + 3) & ~(size_t)3;
    uint8_t *p = open_packet(w, 1, HOP_RTCP_SDES, 4 + chunk);
    if (!p)
        return false;
    memset(p, 0, chunk);
    hop_put32(p, ssrc);
    p[4] = 1;
    p[5] = (uint8_t)len;
    memcpy(p + 6, cname, len);
    return true;
}

bool hop_rtcp_write_bye(struct hop_rtcp_writer *w, const uint32_t *ssrcs, size_t n,
                        const char *reason)
{
    if (n > HOP_RTCP_MAX_BLOCKS)
        n = HOP_RTCP_MAX_BLOCKS;
    size_t text = reason ? strlen(reason) : 0;
    if (text > 255)
        return false;
    size_t tail = text ? (1 + text + 3) & ~(size_t)3 : 0;
    uint8_t *p = open_packet(w, n, HOP_RTCP_BYE, 4 + 4 * n + tail);
    if (!p)
        return false;
    for (size_t i = 0; i < n; i++, p += 4)
        hop_put32(p, ssrcs[i]);
    if (text) {
        memset(p, 0, tail);
        p[0] = (uint8_t)text;
        memcpy(p + 1, reason, text);
    }
    return true;
}

/* ---- feedback -----------------------------------------------------------------------------------
 */

static uint8_t *open_fb(struct hop_rtcp_writer *w, uint8_t type, uint8_t format, uint32_t sender,
                        uint32_t media, size_t fci)
{
    uint8_t *p = open_packet(w, format, type, 12 + fci);
    if (!p)
        return NULL;
    hop_put32(p, sender);
    hop_put32(p + 4, media);
    return p + 8;
}

bool hop_rtcp_write_pli(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc)
{
    return open_fb(w, HOP_RTCP_PSFB, HOP_PSFB_PLI, sender_ssrc, media_ssrc, 0) != NULL;
}

bool hop_rtcp_write_fir(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                        uint8_t seq)
{
    uint8_t *p = open_fb(w, HOP_RTCP_PSFB, HOP_PSFB_FIR, sender_ssrc, 0, 8);
    if (!p)
        return false;
    hop_put32(p, media_ssrc);
    hop_put32(p + 4, (uint32_t)seq << 24);
    return true;
}

size_t hop_rtcp_write_nack(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                           const uint16_t *seqs, size_t n)
{
    enum { FIXED = 12, PAIR = 4 };
    if (n == 0 || w->cap - w->len < FIXED + PAIR)
        return 0;
    uint8_t *fci = w->buf + w->len + FIXED;
    size_t max_pairs = (w->cap - w->len - FIXED) / PAIR, pairs = 0, i = 0;
    while (i < n && pairs < max_pairs) {
        uint16_t pid = seqs[i++], blp = 0;
        for (; i < n; i++) {
            uint16_t ahead = (uint16_t)(seqs[i] - pid);
            if (ahead > 16)
                break;
            if (ahead > 0)
                blp = (uint16_t)(blp | 1u << (ahead - 1));
        }
        hop_put16(fci + PAIR * pairs, pid);
        hop_put16(fci + PAIR * pairs + 2, blp);
        pairs++;
    }
    open_fb(w, HOP_RTCP_RTPFB, HOP_RTPFB_NACK, sender_ssrc, media_ssrc, PAIR * pairs);
    return i;
}

bool hop_rtcp_write_remb(struct hop_rtcp_writer *w, uint32_t sender_ssrc, uint64_t bps,
                         const uint32_t *ssrcs, size_t n)
{
    if (n > HOP_RTCP_MAX_REMB)
        return false;
    uint8_t *p = open_fb(w, HOP_RTCP_PSFB, HOP_PSFB_AFB, sender_ssrc, 0, 8 + 4 * n);
    if (!p)
        return false;
    uint32_t exponent = 0;
    while (bps >> exponent > 0x3ffff)
        exponent++;
    memcpy(p, "REMB", 4);
    p[4] = (uint8_t)n;
    hop_put24(p + 5, exponent << 18 | (uint32_t)(bps >> exponent));
    for (size_t i = 0; i < n; i++)
        hop_put32(p + 8 + 4 * i, ssrcs[i]);
    return true;
}
