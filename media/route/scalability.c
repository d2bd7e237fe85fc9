/* Structures and decode targets of a stream; see scalability.h. Called by uplink.c, layer.c and
 * select.c. */
#include "media/route/scalability.h"

#include <string.h>

enum { UNREAD = 128 };

static uint8_t clamp(uint8_t value, uint8_t n)
{
    return value < n ? value : (uint8_t)(n - 1);
}

struct hop_quality hop_scalability_quality(const struct hop_scalability *s, uint8_t target)
{
    return (struct hop_quality){ clamp(s->structure.target_spatial[target], HOP_MAX_SPATIAL),
                                 clamp(s->structure.target_temporal[target], HOP_MAX_TEMPORAL) };
}

/* Of the targets that are produced the highest that is not above q; else the lowest. */
static uint8_t target_for(const struct hop_scalability *s, struct hop_quality q)
{
    int best = -1, best_rank = -1, lowest = 0, lowest_rank = 1 << 16;
    for (uint8_t d = 0; d < s->structure.n_targets; d++) {
        if (!(s->active >> d & 1))
            continue;
        int rank = s->structure.target_spatial[d] << 8 | s->structure.target_temporal[d];
        struct hop_quality has = hop_scalability_quality(s, d);
        if (has.spatial <= q.spatial && has.temporal <= q.temporal && rank > best_rank) {
            best = d;
            best_rank = rank;
        }
        if (rank < lowest_rank) {
            lowest = d;
            lowest_rank = rank;
        }
    }
    return (uint8_t)(best >= 0 ? best : lowest);
}

static void map_targets(struct hop_scalability *s)
{
    for (uint8_t i = 0; i < HOP_QUALITIES; i++)
        s->target_of[i] =
            target_for(s, (struct hop_quality){ i / HOP_MAX_TEMPORAL, i % HOP_MAX_TEMPORAL });
}

static int index_for(const struct hop_structures *s, uint64_t seq)
{
    if (s->n > 0 && seq >= s->of[s->newest].since)
        return s->newest;
    return s->n > 1 && seq >= s->of[!s->newest].since ? !s->newest : -1;
}

const struct hop_scalability *hop_structures_find(const struct hop_structures *s, uint64_t seq)
{
    int i = index_for(s, seq);
    return i < 0 ? NULL : &s->of[i];
}

const struct hop_scalability *hop_structures_install(struct hop_structures *s, uint64_t seq)
{
    int i = index_for(s, seq);
    if (i >= 0 && s->of[i].since == seq)
        return &s->of[i]; /* the same packet again */
    if (i < 0 && s->n == 2)
        return NULL;
    if (s->n > 0 && seq < s->of[s->newest].since)
        s->n = 2; /* older than the newest: it becomes the one before */
    else {
        s->newest = s->n == 0 ? 0 : !s->newest;
        s->n = s->n < 2 ? (uint8_t)(s->n + 1) : 2;
    }
    struct hop_scalability *place = &s->of[seq < s->of[s->newest].since ? !s->newest : s->newest];
    place->structure = s->attached;
    place->since = seq;
    place->active = (uint32_t)((UINT64_C(1) << s->attached.n_targets) - 1);
    map_targets(place);
    return place;
}

void hop_structures_activate(struct hop_structures *s, uint64_t seq, uint32_t active)
{
    int i = index_for(s, seq);
    uint32_t all = i < 0 ? 0 : (uint32_t)((UINT64_C(1) << s->of[i].structure.n_targets) - 1);
    if (i < 0 || s->of[i].active == (active & all) || (active & all) == 0)
        return;
    s->of[i].active = active & all;
    map_targets(&s->of[i]);
}

/* ---- packets that came too early --------------------------------------------------------------- */

void hop_structures_miss(struct hop_structures *s, uint64_t seq)
{
    bool empty = (s->unread[0] | s->unread[1]) == 0;
    if (empty || seq < s->unread_from || seq - s->unread_from >= UNREAD) {
        s->unread_from = seq;
        s->unread[0] = s->unread[1] = 0;
    }
    uint64_t at = seq - s->unread_from;
    s->unread[at / 64] |= UINT64_C(1) << (at % 64);
}

bool hop_structures_missed(struct hop_structures *s, uint64_t *seq)
{
    for (unsigned i = 0; i < UNREAD; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (!(s->unread[i / 64] & bit))
            continue;
        s->unread[i / 64] &= ~bit;
        *seq = s->unread_from + i;
        return true;
    }
    return false;
}

/* ---- frames ------------------------------------------------------------------------------------ */

uint16_t hop_scalability_qualities(const struct hop_scalability *s, uint64_t dtis)
{
    uint16_t mask = 0;
    for (unsigned i = 0; i < HOP_QUALITIES; i++)
        if (hop_dd_dti(dtis, s->target_of[i]) != HOP_DTI_ABSENT)
            mask |= (uint16_t)(1u << i);
    return mask;
}

uint32_t hop_scalability_within(const struct hop_scalability *s, uint8_t target)
{
    uint32_t within = 0;
    for (uint8_t d = 0; d < s->structure.n_targets; d++) {
        bool all = true;
        for (uint8_t t = 0; t < s->structure.n_templates; t++) {
            uint64_t dtis = s->structure.templates[t].dtis;
            all = all && (hop_dd_dti(dtis, d) == HOP_DTI_ABSENT ||
                          hop_dd_dti(dtis, target) != HOP_DTI_ABSENT);
        }
        within |= (uint32_t)all << d;
    }
    return within & s->active;
}
