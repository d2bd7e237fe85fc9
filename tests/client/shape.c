/* See shape.h. RFC 7741 §4.2 and RFC 6386 §9.1 (VP8), RFC 6184 §5.7, §5.8 (STAP-A, FU-A), H.264
 * §7.3.2.1 (SPS). */
#include "tests/client/shape.h"

#include "media/base/bytes.h"

#include <string.h>

#define STAMP_MAGIC 0x686f7054u

enum { SPS_MAX = 24, FILLER = 0xa5 };

static void write_stamp(const struct hop_client_stamp *s, uint8_t *p)
{
    hop_put32(p, STAMP_MAGIC);
    hop_put32(p + 4, s->tag);
    p[8] = s->source;
    p[9] = s->layer;
    hop_put16(p + 10, 0);
    hop_put32(p + 12, s->number);
}

bool hop_client_stamp_read(const uint8_t *payload, size_t len, struct hop_client_stamp *out)
{
    if (len < HOP_CLIENT_STAMP)
        return false;
    const uint8_t *p = payload + len - HOP_CLIENT_STAMP;
    if (hop_get32(p) != STAMP_MAGIC)
        return false;
    *out = (struct hop_client_stamp){
        .tag = hop_get32(p + 4), .source = p[8], .layer = p[9], .number = hop_get32(p + 12)
    };
    return true;
}

/* The slices of an H.264 key frame follow its parameter sets, which have a packet of their own. */
static bool has_parameter_packet(const struct hop_client_frame *f)
{
    return f->codec == HOP_CODEC_H264 && f->key;
}

static unsigned slice_packets(const struct hop_client_frame *f)
{
    return (unsigned)((f->bytes + HOP_CLIENT_PAYLOAD - 1) / HOP_CLIENT_PAYLOAD);
}

unsigned hop_client_frame_packets(const struct hop_client_frame *f)
{
    unsigned n = slice_packets(f);
    return (n ? n : 1) + has_parameter_packet(f);
}

/* ---- VP8 ------------------------------------------------------------------------------------- */

static size_t vp8_head(const struct hop_client_frame *f, bool first, uint8_t *p)
{
    p[0] = (uint8_t)(0x80 | (first ? 0x10 : 0)); /* X, S */
    p[1] = 0xe0;                                 /* I, L, T */
    hop_put16(p + 2, (uint16_t)(0x8000 | f->picture));
    p[4] = f->tl0;
    p[5] = 0;
    if (!first)
        return 6;
    p[6] = f->key ? 0x10 : 0x11; /* show_frame; the lowest bit: not a key frame */
    p[7] = p[8] = 0;
    if (!f->key)
        return 9;
    hop_put24(p + 9, 0x9d012a);
    p[12] = (uint8_t)f->width;
    p[13] = (uint8_t)(f->width >> 8);
    p[14] = (uint8_t)f->height;
    p[15] = (uint8_t)(f->height >> 8);
    return 16;
}

/* ---- H.264 ----------------------------------------------------------------------------------- */

struct bits {
    uint8_t *p;
    unsigned n;
};

static void put_bits(struct bits *b, uint32_t value, unsigned count)
{
    while (count--) {
        if (value >> count & 1)
            b->p[b->n / 8] |= (uint8_t)(0x80 >> b->n % 8);
        b->n++;
    }
}

static void put_ue(struct bits *b, uint32_t value)
{
    unsigned len = 0;
    while ((value + 1) >> (len + 1))
        len++;
    put_bits(b, 0, len);
    put_bits(b, value + 1, len + 1);
}

/* Constrained baseline, level 3.1, one reference frame, cropped to an even size. */
static size_t write_sps(const struct hop_client_frame *f, uint8_t *out)
{
    unsigned wide = (f->width + 15u) / 16, high = (f->height + 15u) / 16;
    unsigned right = (wide * 16 - f->width) / 2, bottom = (high * 16 - f->height) / 2;
    memset(out, 0, SPS_MAX);
    struct bits b = { .p = out };
    put_bits(&b, 0x6742e01f, 32);
    put_ue(&b, 0); /* id */
    put_ue(&b, 0); /* log2_max_frame_num - 4 */
    put_ue(&b, 2); /* picture order count type */
    put_ue(&b, 1); /* reference frames */
    put_bits(&b, 0, 1);
    put_ue(&b, wide - 1);
    put_ue(&b, high - 1);
    put_bits(&b, 3, 2); /* frames only, direct 8x8 */
    put_bits(&b, right || bottom, 1);
    if (right || bottom) {
        put_ue(&b, 0);
        put_ue(&b, right);
        put_ue(&b, 0);
        put_ue(&b, bottom);
    }
    put_bits(&b, 1, 2); /* no VUI; stop bit */
    return (b.n + 7) / 8;
}

/* STAP-A of SPS, PPS and an SEI that holds the stamp. */
static size_t write_parameters(const struct hop_client_frame *f, uint8_t *p)
{
    static const uint8_t pps[] = { 0x68, 0xce, 0x3c, 0x80 };
    size_t at = 1, sps = write_sps(f, p + 3);
    p[0] = 0x78;
    hop_put16(p + at, (uint16_t)sps);
    at += 2 + sps;
    hop_put16(p + at, sizeof(pps));
    memcpy(p + at + 2, pps, sizeof(pps));
    at += 2 + sizeof(pps);
    hop_put16(p + at, 1 + HOP_CLIENT_STAMP);
    p[at + 2] = 0x06;
    write_stamp(&f->stamp, p + at + 3);
    return at + 3 + HOP_CLIENT_STAMP;
}

static size_t h264_head(const struct hop_client_frame *f, bool first, bool last, uint8_t *p)
{
    uint8_t reference = 0x60, type = f->key ? 5 : 1;
    if (first && last) {
        p[0] = reference | type;
        p[1] = 0x88; /* first_mb_in_slice 0 */
        return 2;
    }
    p[0] = reference | 28;
    p[1] = (uint8_t)((first ? 0x80 : 0) | (last ? 0x40 : 0) | type);
    p[2] = 0x88;
    return 3;
}

size_t hop_client_frame_write(const struct hop_client_frame *f, unsigned i,
                              uint8_t buf[HOP_CLIENT_PAYLOAD])
{
    unsigned skip = has_parameter_packet(f), slices = hop_client_frame_packets(f) - skip;
    if (i < skip)
        return write_parameters(f, buf);
    i -= skip;
    bool first = i == 0, last = i + 1 == slices;
    size_t head =
        f->codec == HOP_CODEC_H264 ? h264_head(f, first, last, buf) : vp8_head(f, first, buf);
    size_t len = last ? f->bytes - (size_t)i * HOP_CLIENT_PAYLOAD : HOP_CLIENT_PAYLOAD;
    if (len < head + HOP_CLIENT_STAMP)
        len = head + HOP_CLIENT_STAMP;
    memset(buf + head, FILLER, len - head);
    write_stamp(&f->stamp, buf + len - HOP_CLIENT_STAMP);
    return len;
}
