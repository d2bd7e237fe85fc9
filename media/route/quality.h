/* The qualities that one received stream can be sent in: how many of its spatial and temporal
 * layers. A packet says by a bit mask which qualities it belongs to; who forwards one of them sends
 * exactly those packets that have its bit. What each quality costs is measured here.
 *
 * Private to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_layer;
struct hop_publication;

enum {
    /* further layers of a stream are taken together with the last of these */
    HOP_MAX_SPATIAL = 3,
    HOP_MAX_TEMPORAL = 3,
    HOP_QUALITIES = HOP_MAX_SPATIAL * HOP_MAX_TEMPORAL,
    /* qualities of a publication: simulcast streams with temporal layers, or one stream with both
     */
    HOP_MAX_STEPS = HOP_QUALITIES,
    HOP_ALL_QUALITIES = (1 << HOP_QUALITIES) - 1,
};

/* The highest layers that are sent, 0: lowest. */
struct hop_quality {
    uint8_t spatial, temporal;
};

#define HOP_QUALITY_BEST ((struct hop_quality){ HOP_MAX_SPATIAL - 1, HOP_MAX_TEMPORAL - 1 })

static inline unsigned hop_quality_index(struct hop_quality q)
{
    return (unsigned)q.spatial * HOP_MAX_TEMPORAL + q.temporal;
}

static inline uint16_t hop_quality_bit(struct hop_quality q)
{
    return (uint16_t)(1u << hop_quality_index(q));
}

static inline bool hop_quality_same(struct hop_quality a, struct hop_quality b)
{
    return a.spatial == b.spatial && a.temporal == b.temporal;
}

/* The mask of a packet of a stream without spatial layers. */
uint16_t hop_quality_temporal(uint8_t tid);

/* ---- what they cost --------------------------------------------------------------------------- */

/* Shares of a stream's bytes, over the last second or so. Zero-initialise. */
struct hop_quality_meter {
    uint32_t fresh[HOP_QUALITIES + 1]; /* bytes since the last tick; the last: of all packets */
    uint64_t mean[HOP_QUALITIES + 1];
};

void hop_quality_count(struct hop_quality_meter *meter, uint16_t mask, size_t bytes);
/* Ten times a second. */
void hop_quality_tick(struct hop_quality_meter *meter);
/* What of `bps` that quality needs. */
uint32_t hop_quality_bps(const struct hop_quality_meter *meter, struct hop_quality q, uint32_t bps);

/* ---- what can be chosen ------------------------------------------------------------------------ */

/* One way to show a publication. */
struct hop_step {
    struct hop_layer *layer;    /* the stream that carries it */
    struct hop_quality quality; /* hop_slot_want(slot, layer, quality) */
    uint8_t spatial;            /* 0..2: rank of its picture size among those of the publication */
    uint8_t temporal;           /* 0..2: rank of its frame rate among those of that size */
    uint16_t height;            /* pixels; 0: not known yet */
    uint32_t bps;               /* received lately; 0: not measured yet */
};

/* What flows of the publication, or would if it was asked for (demand.h), lowest first: by size,
 * then by frame rate; bps grows with each step (where it is known). Returns how many; 0: no packet
 * came yet. */
uint8_t hop_publication_steps(struct hop_publication *publication,
                              struct hop_step steps[HOP_MAX_STEPS]);
