/* Masks, shares and steps; see quality.h. Called by layer.c with every packet and by allocate.c. */
#include "media/route/quality.h"

#include "media/route/demand.h"
#include "media/route/publication.h"

enum { DECAY_SHIFT = 3 }; /* of 100 ms: 0.8 s */

uint16_t hop_quality_temporal(uint8_t tid)
{
    uint16_t mask = 0;
    for (uint8_t s = 0; s < HOP_MAX_SPATIAL; s++)
        for (uint8_t t = tid < HOP_MAX_TEMPORAL ? tid : HOP_MAX_TEMPORAL - 1; t < HOP_MAX_TEMPORAL;
             t++)
            mask |= hop_quality_bit((struct hop_quality){ s, t });
    return mask;
}

void hop_quality_count(struct hop_quality_meter *meter, uint16_t mask, size_t bytes)
{
    meter->fresh[HOP_QUALITIES] += (uint32_t)bytes;
    for (unsigned i = 0; i < HOP_QUALITIES; i++)
        meter->fresh[i] += (uint32_t)(mask >> i & 1) * (uint32_t)bytes;
}

void hop_quality_tick(struct hop_quality_meter *meter)
{
    if (meter->fresh[HOP_QUALITIES] == 0)
        return; /* the shares stay as they were */
    for (unsigned i = 0; i <= HOP_QUALITIES; i++) {
        meter->mean[i] += (uint64_t)meter->fresh[i] << DECAY_SHIFT;
        meter->mean[i] -= meter->mean[i] >> DECAY_SHIFT;
        meter->fresh[i] = 0;
    }
}

uint32_t hop_quality_bps(const struct hop_quality_meter *meter, struct hop_quality q, uint32_t bps)
{
    uint64_t all = meter->mean[HOP_QUALITIES] >> DECAY_SHIFT;
    uint64_t part = meter->mean[hop_quality_index(q)] >> DECAY_SHIFT;
    return all == 0 ? bps : (uint32_t)(part * bps / all);
}

/* A thousandth more or less is no other quality. */
static bool costs_more(const struct hop_quality_meter *m, struct hop_quality a,
                       struct hop_quality b)
{
    uint64_t x = m->mean[hop_quality_index(a)], y = m->mean[hop_quality_index(b)];
    return y > x + x / 1024;
}

/* The steps of one stream; those that add nothing are left out. */
static uint8_t steps_of(struct hop_layer *layer, uint8_t rank, struct hop_step *steps, uint8_t room)
{
    uint8_t n = 0;
    uint8_t n_spatial = layer->n_spatial > 0 ? layer->n_spatial : 1;
    for (uint8_t s = 0; s < n_spatial; s++) {
        struct hop_quality last = { s, 0 };
        for (uint8_t t = 0, k = 0; t < HOP_MAX_TEMPORAL && n < room; t++) {
            struct hop_quality q = { s, t };
            if (t > 0 && !costs_more(&layer->meter, last, q))
                continue;
            last = q;
            steps[n++] = (struct hop_step){
                .layer = layer,
                .quality = q,
                .spatial = (uint8_t)(rank + s),
                .temporal = k++,
                .height = n_spatial > 1 ? layer->heights[s] : layer->height,
                .bps = hop_quality_bps(&layer->meter, q, layer->rate_bps),
            };
        }
        /* Whoever sends the highest of what came lately also sends what comes next. */
        if (n > 0 && steps[n - 1].layer == layer && steps[n - 1].quality.spatial == s)
            steps[n - 1].quality.temporal = HOP_MAX_TEMPORAL - 1;
    }
    return n;
}

uint8_t hop_publication_steps(struct hop_publication *p, struct hop_step steps[HOP_MAX_STEPS])
{
    uint8_t n = 0, rank = 0;
    for (uint8_t i = 0; i < p->n_layers; i++) {
        /* A stopped source keeps its streams' order and cost; it is not live anyway. */
        struct hop_layer *layer = &p->layers[i];
        if (layer->ssrc == 0 || !hop_demand_usable(layer))
            continue;
        uint8_t got = steps_of(layer, rank, steps + n, (uint8_t)(HOP_MAX_STEPS - n));
        n = (uint8_t)(n + got);
        if (got > 0)
            rank = (uint8_t)(steps[n - 1].spatial + 1);
    }
    uint32_t least = 0;
    for (uint8_t i = 0; i < n; i++) {
        if (steps[i].bps != 0 && steps[i].bps <= least)
            steps[i].bps = least + 1;
        least = steps[i].bps != 0 ? steps[i].bps : least;
    }
    return n;
}
