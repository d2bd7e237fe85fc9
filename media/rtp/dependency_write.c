/* Writes the dependency descriptor (dependency.h). */
#include "media/rtp/dependency.h"

#include "media/base/bytes.h"

#include <string.h>

/* `at` runs on past the end: the caller sees that it did not fit. */
struct bits {
    uint8_t *data;
    size_t n, at; /* bits */
};

static void put(struct bits *b, uint32_t value, unsigned n)
{
    for (unsigned i = n; i > 0; i--, b->at++)
        if (b->at < b->n)
            b->data[b->at / 8] |= (uint8_t)((value >> (i - 1) & 1) << (7 - b->at % 8));
}

static void put_below(struct bits *b, uint32_t value, uint32_t n)
{
    unsigned w = 0;
    for (uint32_t x = n; x != 0; x >>= 1)
        w++;
    uint32_t m = (1u << w) - n;
    if (value < m)
        put(b, value, w - 1);
    else
        put(b, value + m, w);
}

static void put_layers(struct bits *b, const struct hop_dd_structure *s)
{
    for (unsigned i = 0; i < s->n_templates; i++) {
        const struct hop_dd_template *t = &s->templates[i];
        if (i + 1u == s->n_templates)
            put(b, 3, 2);
        else
            put(b, t[1].spatial != t->spatial ? 2 : t[1].temporal != t->temporal ? 1 : 0, 2);
    }
}

static void put_dtis(struct bits *b, uint64_t dtis, unsigned n)
{
    for (unsigned d = 0; d < n; d++)
        put(b, hop_dd_dti(dtis, d), 2);
}

static void put_chains(struct bits *b, const struct hop_dd_structure *s)
{
    put_below(b, s->n_chains, s->n_targets + 1u);
    if (s->n_chains == 0)
        return;
    for (unsigned d = 0; d < s->n_targets; d++)
        put_below(b, s->protected_by[d], s->n_chains);
    for (unsigned t = 0; t < s->n_templates; t++)
        for (unsigned c = 0; c < s->n_chains; c++)
            put(b, s->templates[t].chains[c], 4);
}

static void put_structure(struct bits *b, const struct hop_dd_structure *s)
{
    put(b, s->id_offset, 6);
    put(b, s->n_targets - 1u, 5);
    put_layers(b, s);
    for (unsigned t = 0; t < s->n_templates; t++)
        put_dtis(b, s->templates[t].dtis, s->n_targets);
    for (unsigned t = 0; t < s->n_templates; t++) {
        for (unsigned i = 0; i < s->templates[t].n_fdiffs; i++)
            put(b, 0x10u | (s->templates[t].fdiffs[i] - 1u), 5);
        put(b, 0, 1);
    }
    put_chains(b, s);
    put(b, s->has_resolutions, 1);
    for (unsigned i = 0; s->has_resolutions && i < s->n_spatial; i++) {
        put(b, (s->width[i] - 1u) & 0xffff, 16);
        put(b, (s->height[i] - 1u) & 0xffff, 16);
    }
}

static void put_fdiffs(struct bits *b, const struct hop_dd *dd)
{
    for (unsigned i = 0; i < dd->n_fdiffs; i++) {
        uint32_t less_one = dd->fdiffs[i] - 1u;
        unsigned size = less_one < 16 ? 1 : less_one < 256 ? 2 : 3;
        put(b, size, 2);
        put(b, less_one, 4 * size);
    }
    put(b, 0, 2);
}

size_t hop_dd_write(const struct hop_dd *dd, const struct hop_dd_structure *s, uint8_t *out,
                    size_t cap)
{
    if (cap < HOP_DD_SHORT)
        return 0;
    if (cap > HOP_DD_MAX_BYTES)
        cap = HOP_DD_MAX_BYTES;
    memset(out, 0, cap);
    out[0] = (uint8_t)((dd->start ? 0x80 : 0) | (dd->end ? 0x40 : 0) | (dd->template_id & 0x3f));
    hop_put16(out + 1, dd->frame);
    bool more =
        dd->has_structure || dd->has_active || dd->own_dtis || dd->own_fdiffs || dd->own_chains;
    if (!more)
        return HOP_DD_SHORT;
    struct bits b = { .data = out, .n = cap * 8, .at = HOP_DD_SHORT * 8 };
    put(&b, dd->has_structure, 1);
    put(&b, dd->has_active, 1);
    put(&b, dd->own_dtis, 1);
    put(&b, dd->own_fdiffs, 1);
    put(&b, dd->own_chains, 1);
    if (dd->has_structure)
        put_structure(&b, s);
    if (dd->has_active)
        put(&b, dd->active, s->n_targets);
    if (dd->own_dtis)
        put_dtis(&b, dd->dtis, s->n_targets);
    if (dd->own_fdiffs)
        put_fdiffs(&b, dd);
    for (unsigned c = 0; dd->own_chains && c < s->n_chains; c++)
        put(&b, dd->chains[c], 8);
    return b.at > b.n ? 0 : (b.at + 7) / 8;
}
