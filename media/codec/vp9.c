/* The VP9 payload descriptor (vp9.h). */
#include "media/codec/vp9.h"

#include "media/base/bytes.h"

#include <errno.h>

struct reader {
    const uint8_t *p;
    size_t len, at;
    bool cut;
};

static uint8_t get8(struct reader *r)
{
    if (r->at >= r->len) {
        r->cut = true;
        return 0;
    }
    return r->p[r->at++];
}

static uint16_t get16(struct reader *r)
{
    unsigned high = get8(r);
    return (uint16_t)(high << 8 | get8(r));
}

static void read_picture(struct reader *r, struct hop_vp9_desc *d)
{
    d->picture_at = (uint8_t)r->at;
    d->picture = get8(r);
    d->picture_bits = 7;
    if (d->picture & 0x80) {
        d->picture = (uint16_t)((d->picture & 0x7f) << 8 | get8(r));
        d->picture_bits = 15;
    }
}

static void read_layers(struct reader *r, struct hop_vp9_desc *d)
{
    uint8_t b = get8(r);
    d->has_layers = true;
    d->tid = b >> 5;
    d->up = b & 0x10;
    d->sid = b >> 1 & 7;
    d->inter_layer = b & 1;
    if (d->flexible)
        return;
    d->has_tl0 = true;
    d->tl0_at = (uint8_t)r->at;
    d->tl0 = get8(r);
}

static void read_references(struct reader *r, struct hop_vp9_desc *d)
{
    uint8_t b;
    do {
        b = get8(r);
        if (d->n_diffs == 3) {
            r->cut = true; /* at most three */
            return;
        }
        d->diffs[d->n_diffs++] = b >> 1;
    } while ((b & 1) && !r->cut);
}

static void read_structure(struct reader *r, struct hop_vp9_desc *d)
{
    uint8_t b = get8(r);
    d->has_structure = true;
    d->n_spatial = (uint8_t)((b >> 5) + 1);
    for (uint8_t i = 0; (b & 0x10) && i < d->n_spatial; i++) {
        d->width[i] = get16(r);
        d->height[i] = get16(r);
    }
    uint8_t pictures = b & 0x08 ? get8(r) : 0;
    for (uint8_t i = 0; i < pictures && !r->cut; i++) {
        uint8_t references = get8(r) >> 2 & 3;
        for (uint8_t k = 0; k < references; k++)
            get8(r);
    }
}

int hop_vp9_parse(const uint8_t *payload, size_t len, struct hop_vp9_desc *out)
{
    struct reader r = { .p = payload, .len = len };
    uint8_t b = get8(&r);
    struct hop_vp9_desc d = {
        .inter_picture = b & 0x40,
        .flexible = b & 0x10,
        .begins = b & 0x08,
        .ends = b & 0x04,
        .leaf = b & 0x01,
    };
    if (b & 0x80)
        read_picture(&r, &d);
    if (b & 0x20)
        read_layers(&r, &d);
    if (d.flexible && d.inter_picture)
        read_references(&r, &d);
    if (b & 0x02)
        read_structure(&r, &d);
    if (r.cut || r.at >= len)
        return -EINVAL;
    d.len = (uint16_t)r.at;
    d.keyframe = d.begins && !d.inter_picture && d.sid == 0;
    *out = d;
    return 0;
}

void hop_vp9_rewrite(uint8_t *payload, const struct hop_vp9_desc *desc, uint16_t picture,
                     uint8_t tl0)
{
    if (desc->picture_bits == 15)
        hop_put16(payload + desc->picture_at, (uint16_t)(0x8000 | (picture & 0x7fff)));
    else if (desc->picture_bits == 7)
        payload[desc->picture_at] = picture & 0x7f;
    if (desc->has_tl0)
        payload[desc->tl0_at] = tl0;
}
