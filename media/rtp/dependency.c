/* Reads the dependency descriptor (dependency.h). Its writer is dependency_write.c. */
#include "media/rtp/dependency.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <string.h>

/* Past the end it delivers zeros and remembers it. */
struct bits {
    const uint8_t *data;
    size_t n, at; /* bits */
    bool bad;
};

static uint32_t get(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    if (n > b->n - b->at) {
        b->bad = true;
        b->at = b->n;
        return 0;
    }
    for (unsigned i = 0; i < n; i++, b->at++)
        v = v << 1 | (uint32_t)(b->data[b->at / 8] >> (7 - b->at % 8) & 1);
    return v;
}

/* ns(n) of the AV1 specification §4.10.7: a number below n. */
static uint32_t get_below(struct bits *b, uint32_t n)
{
    unsigned w = 0;
    for (uint32_t x = n; x != 0; x >>= 1)
        w++;
    uint32_t m = (1u << w) - n;
    uint32_t v = get(b, w - 1);
    return v < m ? v : (v << 1) - m + get(b, 1);
}

/* ---- the structure ---------------------------------------------------------------------------- */

static void read_layers(struct bits *b, struct hop_dd_structure *s)
{
    enum { SAME, NEXT_TEMPORAL, NEXT_SPATIAL, END };
    uint8_t spatial = 0, temporal = 0;
    uint32_t next = SAME;
    do {
        if (s->n_templates == HOP_DD_TEMPLATES || spatial >= HOP_DD_SPATIAL ||
            temporal >= HOP_DD_TEMPORAL) {
            b->bad = true;
            return;
        }
        s->templates[s->n_templates].spatial = spatial;
        s->templates[s->n_templates].temporal = temporal;
        s->n_templates++;
        if (temporal >= s->n_temporal)
            s->n_temporal = (uint8_t)(temporal + 1);
        next = get(b, 2);
        if (next == NEXT_TEMPORAL) {
            temporal++;
        } else if (next == NEXT_SPATIAL) {
            temporal = 0;
            spatial++;
        }
    } while (next != END && !b->bad);
    s->n_spatial = (uint8_t)(spatial + 1);
}

static uint64_t read_dtis(struct bits *b, unsigned n)
{
    uint64_t dtis = 0;
    for (unsigned d = 0; d < n; d++)
        dtis |= (uint64_t)get(b, 2) << (2 * d);
    return dtis;
}

static void read_template_fdiffs(struct bits *b, struct hop_dd_template *t)
{
    while (get(b, 1)) {
        uint8_t fdiff = (uint8_t)(get(b, 4) + 1);
        if (t->n_fdiffs == HOP_DD_FDIFFS) {
            b->bad = true;
            return;
        }
        t->fdiffs[t->n_fdiffs++] = fdiff;
    }
}

static void read_chains(struct bits *b, struct hop_dd_structure *s)
{
    s->n_chains = (uint8_t)get_below(b, s->n_targets + 1u);
    if (s->n_chains == 0)
        return;
    for (unsigned d = 0; d < s->n_targets; d++)
        s->protected_by[d] = (uint8_t)get_below(b, s->n_chains);
    for (unsigned t = 0; t < s->n_templates; t++)
        for (unsigned c = 0; c < s->n_chains; c++)
            s->templates[t].chains[c] = (uint8_t)get(b, 4);
}

/* A target's layers are the highest of those frames that it needs. */
static void derive_targets(struct hop_dd_structure *s)
{
    for (unsigned d = 0; d < s->n_targets; d++)
        for (unsigned i = 0; i < s->n_templates; i++) {
            const struct hop_dd_template *t = &s->templates[i];
            if (hop_dd_dti(t->dtis, d) == HOP_DTI_ABSENT)
                continue;
            if (t->spatial > s->target_spatial[d])
                s->target_spatial[d] = t->spatial;
            if (t->temporal > s->target_temporal[d])
                s->target_temporal[d] = t->temporal;
        }
}

static void read_structure(struct bits *b, struct hop_dd_structure *s)
{
    memset(s, 0, sizeof(*s));
    s->id_offset = (uint8_t)get(b, 6);
    s->n_targets = (uint8_t)(get(b, 5) + 1);
    read_layers(b, s);
    for (unsigned t = 0; t < s->n_templates && !b->bad; t++)
        s->templates[t].dtis = read_dtis(b, s->n_targets);
    for (unsigned t = 0; t < s->n_templates && !b->bad; t++)
        read_template_fdiffs(b, &s->templates[t]);
    if (!b->bad)
        read_chains(b, s);
    if (b->bad)
        return;
    derive_targets(s);
    s->has_resolutions = get(b, 1);
    for (unsigned i = 0; s->has_resolutions && i < s->n_spatial; i++) {
        s->width[i] = (uint16_t)(get(b, 16) + 1);
        s->height[i] = (uint16_t)(get(b, 16) + 1);
    }
}

/* ---- one packet -------------------------------------------------------------------------------- */

static void read_fdiffs(struct bits *b, struct hop_dd *dd)
{
    dd->n_fdiffs = 0;
    for (uint32_t size = get(b, 2); size != 0; size = get(b, 2)) {
        uint16_t fdiff = (uint16_t)(get(b, 4 * size) + 1);
        if (dd->n_fdiffs == HOP_DD_FDIFFS) {
            b->bad = true;
            return;
        }
        dd->fdiffs[dd->n_fdiffs++] = fdiff;
    }
}

static void take_template(const struct hop_dd_structure *s, const struct hop_dd_template *t,
                          struct hop_dd *dd)
{
    dd->spatial = t->spatial;
    dd->temporal = t->temporal;
    dd->dtis = t->dtis;
    dd->n_fdiffs = t->n_fdiffs;
    for (unsigned i = 0; i < t->n_fdiffs; i++)
        dd->fdiffs[i] = t->fdiffs[i];
    memcpy(dd->chains, t->chains, s->n_chains);
}

static int read_frame(struct bits *b, const struct hop_dd_structure *s, struct hop_dd *dd)
{
    unsigned index = s ? (dd->template_id + 64u - s->id_offset) % 64 : 0;
    if (!s || index >= s->n_templates)
        return -ENOENT;
    take_template(s, &s->templates[index], dd);
    if (dd->own_dtis)
        dd->dtis = read_dtis(b, s->n_targets);
    if (dd->own_fdiffs)
        read_fdiffs(b, dd);
    for (unsigned c = 0; dd->own_chains && c < s->n_chains; c++)
        dd->chains[c] = (uint8_t)get(b, 8);
    return b->bad ? -EINVAL : 0;
}

int hop_dd_parse(const uint8_t *data, size_t len, const struct hop_dd_structure *known,
                 struct hop_dd_structure *attached, struct hop_dd *out)
{
    if (len < HOP_DD_SHORT || len > HOP_DD_MAX_BYTES)
        return -EINVAL;
    struct bits b = { .data = data, .n = len * 8, .at = HOP_DD_SHORT * 8 };
    struct hop_dd dd = {
        .start = data[0] & 0x80,
        .end = data[0] & 0x40,
        .template_id = data[0] & 0x3f,
        .frame = hop_get16(data + 1),
    };
    const struct hop_dd_structure *s = known;
    if (len > HOP_DD_SHORT) {
        dd.has_structure = get(&b, 1);
        dd.has_active = get(&b, 1);
        dd.own_dtis = get(&b, 1);
        dd.own_fdiffs = get(&b, 1);
        dd.own_chains = get(&b, 1);
    }
    if (dd.has_structure) {
        read_structure(&b, attached);
        s = attached;
    }
    if (b.bad)
        return -EINVAL;
    if (dd.has_active && s)
        dd.active = get(&b, s->n_targets);
    int error = read_frame(&b, s, &dd);
    if (error != -EINVAL)
        *out = dd;
    return error;
}
