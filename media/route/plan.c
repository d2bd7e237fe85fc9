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
    if (a->pinned != b->pinned)
        return a->pinned;
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

/* Raises a tile to that level if it fits. */
static void raise_to(const struct hop_plan_tile *t, int level, int8_t *now, int64_t *left)
{
    if (level >= t->n || level <= *now)
        return;
    int64_t more = (int64_t)cost(t, level) - cost(t, *now);
    if (more > *left)
        return;
    *left -= more;
    *now = (int8_t)level;
}

uint32_t hop_plan(const struct hop_plan_tile *tiles, uint8_t n, uint32_t bps, bool never_pause,
                  int8_t *levels)
{
    uint8_t order[HOP_MAX_SLOTS];
    int64_t left = bps;
    sort(tiles, n, order);
    for (uint8_t i = 0; i < n; i++)
        levels[i] = -1;
    for (uint8_t i = 0; i < n; i++) {
        const struct hop_plan_tile *t = &tiles[order[i]];
        int8_t *level = &levels[order[i]];
        for (int l = t->n - 1; l >= 0 && t->screen; l--)
            raise_to(t, l, level, &left);
        raise_to(t, 0, level, &left);
        /* The most important picture is kept even on a line that is too thin for it. */
        bool keep = never_pause || (i == 0 && cost(t, 0) / 2 < bps);
        if (*level < 0 && t->n > 0 && keep) {
            left -= cost(t, 0);
            *level = 0;
        }
    }
    for (uint8_t i = 0; i < n; i++)
        for (int l = tiles[order[i]].n - 1; l > 0 && tiles[order[i]].pinned; l--)
            raise_to(&tiles[order[i]], l, &levels[order[i]], &left);
    for (int l = 1; l < HOP_MAX_LAYERS; l++)
        for (uint8_t i = 0; i < n; i++)
            if (levels[order[i]] >= 0)
                raise_to(&tiles[order[i]], l, &levels[order[i]], &left);
    return hop_plan_sum(tiles, n, levels);
}

uint32_t hop_plan_sum(const struct hop_plan_tile *tiles, uint8_t n, const int8_t *levels)
{
    uint64_t sum = 0;
    for (uint8_t i = 0; i < n; i++)
        sum += cost(&tiles[i], levels[i]);
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

uint32_t hop_plan_all(const struct hop_plan_tile *tiles, uint8_t n)
{
    uint64_t sum = 0;
    for (uint8_t i = 0; i < n; i++)
        sum += cost(&tiles[i], tiles[i].n - 1);
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}
