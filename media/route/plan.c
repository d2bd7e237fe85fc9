/* The knapsack of tiles; see plan.h. */
#include "media/route/plan.h"

static unsigned size_of(const struct hop_plan_tile *t)
{
    return t->height ? t->height : UINT16_MAX;
}

static bool before(const struct hop_plan_tile *a, const struct hop_plan_tile *b)
{
    if (a->screen != b->screen)
        return a->screen;
    if (a->favour != b->favour)
        return a->favour > b->favour;
    if (size_of(a) != size_of(b))
        return size_of(a) > size_of(b);
    return a->rank < b->rank;
}

static void sort(const struct hop_plan_tile *tiles, uint8_t n, uint8_t *order)
{
    for (uint8_t i = 0; i < n; i++) {
        uint8_t at = i;
        for (; at > 0 && before(&tiles[i], &tiles[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static uint32_t cost(const struct hop_plan_tile *t, int level)
{
    return level < 0 ? 0 : t->bps[level];
}

/* Raises a tile to that step if it fits. */
static bool raise_to(const struct hop_plan_tile *t, int step, int8_t *now, int64_t *left)
{
    if (step >= t->n || step <= *now)
        return false;
    int64_t more = (int64_t)cost(t, step) - cost(t, *now);
    if (more > *left)
        return false;
    *left -= more;
    *now = (int8_t)step;
    return true;
}

/* Raises a tile as far as it fits, at most to that spatial layer. */
static void raise_within(const struct hop_plan_tile *t, int level, int8_t *now, int64_t *left)
{
    for (int step = t->n - 1; step > *now; step--)
        if (t->level[step] <= level && raise_to(t, step, now, left))
            return;
}

uint32_t hop_plan(const struct hop_plan_tile *tiles, uint8_t n, uint32_t bps, bool never_pause,
                  int8_t *steps)
{
    uint8_t order[HOP_MAX_SLOTS];
    int64_t left = bps;
    sort(tiles, n, order);
    for (uint8_t i = 0; i < n; i++)
        steps[i] = -1;
    for (uint8_t i = 0; i < n; i++) {
        const struct hop_plan_tile *t = &tiles[order[i]];
        int8_t *step = &steps[order[i]];
        if (t->screen)
            raise_within(t, HOP_MAX_LAYERS, step, &left);
        raise_to(t, 0, step, &left);
        /* The most important picture is kept even on a line that is too thin for it. */
        bool keep = never_pause || (i == 0 && cost(t, 0) / 2 < bps);
        if (*step < 0 && t->n > 0 && keep) {
            left -= cost(t, 0);
            *step = 0;
        }
    }
    for (uint8_t i = 0; i < n; i++)
        if (steps[order[i]] >= 0)
            raise_within(&tiles[order[i]], 0, &steps[order[i]], &left);
    for (uint8_t i = 0; i < n; i++)
        if (tiles[order[i]].favour != HOP_PLAN_PLAIN && steps[order[i]] >= 0)
            raise_within(&tiles[order[i]], HOP_MAX_LAYERS, &steps[order[i]], &left);
    for (int level = 1; level < HOP_MAX_LAYERS; level++)
        for (uint8_t i = 0; i < n; i++)
            if (steps[order[i]] >= 0)
                raise_within(&tiles[order[i]], level, &steps[order[i]], &left);
    return hop_plan_sum(tiles, n, steps);
}

uint32_t hop_plan_sum(const struct hop_plan_tile *tiles, uint8_t n, const int8_t *steps)
{
    uint64_t sum = 0;
    for (uint8_t i = 0; i < n; i++)
        sum += cost(&tiles[i], steps[i]);
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

uint32_t hop_plan_all(const struct hop_plan_tile *tiles, uint8_t n)
{
    uint64_t sum = 0;
    for (uint8_t i = 0; i < n; i++)
        sum += cost(&tiles[i], tiles[i].n - 1);
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}
