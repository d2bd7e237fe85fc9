/* Layers within the line's budget; see decide.h. */
#include "media/route/decide.h"

#include "media/route/demand.h"
#include "media/route/plan.h"
#include "media/route/state.h"

enum {
    UNMEASURED_BPS = 500000, /* of a stream without simulcast, until it has been measured */
    HOPE_BPS = 200000,       /* what a line may soon carry beyond half as much again */
    MAX_HOLD_US = 8000000,
    HOLD_US = 1000000,
    PATIENCE_US = 2000000,
    FLOODED_US = 100000, /* of queue on the line */
    HUGE_QUEUE_US = 300000,
    DRAIN_US = 1000000,
    WAKE_US = 500000,      /* for the lowest layer of a source that was asked for again */
    REGRET_US = 5000000,   /* down again so soon after going up: wait longer next time */
    FORGIVE_US = 30000000, /* without such a return the waiting is short again */
    CALM_US = 10000000,    /* since the line was cut: what it has to spare is believed */
};

/* ---- what a tile can be shown ----------------------------------------------------------------- */

/* Pictures that are not known before their first key frame: layers are customarily halves. */
static unsigned height_of(const struct hop_step *steps, uint8_t n, const struct hop_step *step)
{
    if (step->height != 0)
        return step->height;
    for (uint8_t i = 0; i < n; i++) {
        unsigned known = steps[i].height;
        if (known != 0)
            return steps[i].spatial < step->spatial ? known << (step->spatial - steps[i].spatial)
                                                    : known >> (steps[i].spatial - step->spatial);
    }
    return 180u << step->spatial;
}

static bool suits(unsigned height, uint16_t tile_height)
{
    return tile_height == 0 || 2 * height <= 3u * tile_height;
}

/* A quarter of the frames of a larger picture is worse than all of a smaller one. */
static bool is_jerky(const struct hop_step *steps, uint8_t n, const struct hop_step *step)
{
    uint8_t most = 0;
    for (uint8_t i = 0; i < n; i++)
        if (steps[i].spatial == step->spatial && steps[i].temporal > most)
            most = steps[i].temporal;
    return step->spatial > steps[0].spatial && step->temporal == 0 && most >= 2;
}

/* Those of a publication's qualities that suit a tile of that height, lowest first. */
static uint8_t steps_for(struct hop_publication *p, uint16_t tile_height,
                         struct hop_step out[HOP_MAX_STEPS])
{
    struct hop_step all[HOP_MAX_STEPS];
    uint8_t n_all = hop_publication_steps(p, all), n = 0;
    for (uint8_t i = 0; i < n_all; i++) {
        if (all[i].spatial > all[0].spatial && !suits(height_of(all, n_all, &all[i]), tile_height))
            break;
        if (!is_jerky(all, n_all, &all[i]))
            out[n++] = all[i];
    }
    return n;
}

/* What a publisher calls it. */
static int8_t top_of(const struct hop_step *step)
{
    return (int8_t)(step->layer->index + step->quality.spatial);
}

/* The highest that suits the tile, whether it comes or not: what is to be asked for. */
static int8_t wanted_top(const struct hop_publication *p, uint16_t tile_height,
                         const struct hop_step *steps, uint8_t n)
{
    const struct hop_step *last = n > 0 ? &steps[n - 1] : NULL;
    int least = last ? top_of(last) : 0;
    int n_tops = p->most_spatial > p->n_layers ? p->most_spatial : p->n_layers;
    for (int i = n_tops - 1; i > least; i--) {
        unsigned height = i < p->n_layers ? p->layers[i].height : 0;
        if (height == 0)
            height = last && last->height ? (unsigned)last->height << (i - least) : 180u << i;
        if (suits(height, tile_height))
            return (int8_t)i;
    }
    return (int8_t)least;
}

struct hop_layer *hop_decide_choose(struct hop_publication *publication, uint16_t tile_height)
{
    struct hop_step steps[HOP_MAX_STEPS];
    uint8_t n = steps_for(publication, tile_height, steps);
    return n > 0 ? steps[n - 1].layer : NULL;
}

static uint32_t rate_of(const struct hop_step *step)
{
    static const uint32_t usual[HOP_MAX_LAYERS] = { 150000, 450000, 1300000 };
    if (step->bps != 0)
        return step->bps;
    return step->layer->publication->n_layers == 1 ? UNMEASURED_BPS : usual[step->spatial];
}

/* ---- one slot's choice ----------------------------------------------------------------------- */

struct option {
    struct hop_slot *slot;
    struct hop_step steps[HOP_MAX_STEPS];
    int8_t now;  /* step; HOP_BUDGET_PAUSED */
    bool fresh;  /* it shows nothing yet */
    bool forced; /* what it shows is no longer among the steps */
};

static unsigned order_of(const struct hop_layer *layer, struct hop_quality q)
{
    return layer->index * (unsigned)HOP_QUALITIES + hop_quality_index(q);
}

static void describe_now(struct option *o, uint8_t n)
{
    const struct hop_slot *slot = o->slot;
    o->now = HOP_BUDGET_PAUSED;
    if (!slot->meant || slot->meant->publication != slot->assigned) {
        o->fresh = !slot->paused;
        return;
    }
    unsigned meant = order_of(slot->meant, slot->meant_quality), now = 0;
    o->now = 0;
    for (uint8_t i = 0; i < n; i++) {
        unsigned order = order_of(o->steps[i].layer, o->steps[i].quality);
        if (i > 0 && order > meant)
            break;
        o->now = (int8_t)i;
        now = order;
    }
    o->forced = now != meant;
}

static enum hop_plan_favour favour_of(const struct hop_slot *slot)
{
    const struct hop_route_peer *owner = slot->assigned->owner;
    if (slot->pinned)
        return HOP_PLAN_PINNED;
    if (owner->voices.chair)
        return HOP_PLAN_CHAIR;
    return hop_route_dominant(owner->route) == owner->index ? HOP_PLAN_SPEAKER : HOP_PLAN_PLAIN;
}

/* What suits the tile, with its rates. False: nothing came yet. */
static bool describe(struct hop_slot *slot, struct option *o, struct hop_plan_tile *tile)
{
    *o = (struct option){ .slot = slot };
    *tile = (struct hop_plan_tile){ .screen = slot->assigned->source == HOP_SOURCE_SCREEN,
                                    .favour = favour_of(slot),
                                    .height = slot->tile_height,
                                    .rank = slot->rank };
    tile->n = steps_for(slot->assigned, slot->tile_height, o->steps);
    for (uint8_t i = 0; i < slot->assigned->n_layers; i++)
        if (slot->assigned->layers[i].n_spatial > slot->assigned->most_spatial)
            slot->assigned->most_spatial = slot->assigned->layers[i].n_spatial;
    slot->fits = slot->may = wanted_top(slot->assigned, slot->tile_height, o->steps, tile->n);
    if (tile->n == 0)
        return false;
    uint32_t least = 0;
    for (uint8_t i = 0; i < tile->n; i++) {
        uint32_t bps = rate_of(&o->steps[i]);
        least = bps > least ? bps : least + 1;
        tile->bps[i] = least;
        tile->level[i] = (uint8_t)(o->steps[i].spatial - o->steps[0].spatial);
    }
    describe_now(o, tile->n);
    return true;
}

/* What the slots could use if the line gave it. */
static uint32_t could_use(const struct hop_route_peer *peer, const struct hop_plan_tile *tiles,
                          uint8_t n)
{
    uint32_t sum = hop_plan_all(tiles, n), cap = peer->budget.cap_bps;
    sum = sum < HOP_BWE_MAX_BPS ? sum : HOP_BWE_MAX_BPS;
    return cap != 0 && cap < sum ? cap : sum;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* More fits than is shown: not at once, unless the line has plenty. */
static bool may_raise(struct hop_budget *b, uint32_t sum, uint32_t bps, int64_t now_us)
{
    bool calm = b->bwe.known && (b->bwe.decrease_us == 0 || now_us - b->bwe.decrease_us > CALM_US);
    if (b->bwe.queue_us > FLOODED_US) {
        b->raise_us = 0;
        return false;
    }
    if (calm && b->regret_bps == 0 && bps > sum + sum / 8)
        return true;
    if (b->raise_us == 0)
        b->raise_us = now_us;
    return now_us - b->raise_us >= b->hold_us;
}

/* The line has broken down, and its buffer is full: whatever is sent now is seen by nobody for as
 * long as that lasts, and it empties the sooner the less is sent. */
static bool is_draining(const struct hop_budget *b, int64_t now_us)
{
    const struct hop_bwe *bwe = &b->bwe;
    return bwe->queue_us > HUGE_QUEUE_US && !bwe->rival && bwe->decrease_us != 0 &&
           now_us - bwe->decrease_us < DRAIN_US && bwe->target_bps < bwe->before_bps / 2;
}

/* The lowest layers go only when the line has been too thin for them for a while: a moment's
 * trouble is not worth an empty tile. */
static bool may_pause(struct hop_budget *b, const struct option *options, const int8_t *keep,
                      uint8_t n, int64_t now_us)
{
    bool any = false;
    for (uint8_t i = 0; i < n; i++)
        any = any || (keep[i] < 0 && options[i].now >= 0);
    if (!any) {
        b->short_us = 0;
        return false;
    }
    if (b->short_us == 0)
        b->short_us = now_us;
    return b->capped || is_draining(b, now_us) || now_us - b->short_us >= PATIENCE_US;
}

static uint32_t least_of(const struct hop_plan_tile *tiles, uint8_t n)
{
    uint32_t least = 0;
    for (uint8_t i = 0; i < n; i++)
        if (tiles[i].n > 0 && (least == 0 || tiles[i].bps[0] < least))
            least = tiles[i].bps[0];
    return least;
}

/* Less than one picture each: as many receivers as it is enough for get one, always the same ones;
 * the others none. All of them at once would turn an overload into an empty room. */
static uint32_t draw_lots(const struct hop_route_peer *peer, uint64_t relieved, uint32_t least)
{
    unsigned lot = hop_route_csrc(peer->id) % 1000;
    return lot < relieved * 1000 / least ? least + least / 8 : 0;
}

/* Bits per second for pictures: what the line carries, or less where no more is wanted, or where
 * the worker is overloaded. */
static uint32_t limit_of(struct hop_route_peer *peer, const struct hop_plan_tile *tiles, uint8_t n)
{
    struct hop_budget *b = &peer->budget;
    uint32_t bps = hop_budget_video_bps(peer);
    int relief = peer->route->relief;
    b->capped = b->cap_bps != 0 && b->cap_bps < b->bwe.target_bps;
    uint32_t least = least_of(tiles, n);
    if (is_draining(b, peer->route->now_us) && least < bps)
        return least; /* one picture, until the queue is gone */
    if (relief == 0 || relief >= HOP_ROUTE_NO_RELIEF)
        return bps;
    uint64_t relieved = (uint64_t)hop_plan_all(tiles, n) * (unsigned)relief / 100;
    if (relieved < least)
        relieved = draw_lots(peer, relieved, least);
    if (relieved >= bps)
        return bps;
    b->capped = true;
    return (uint32_t)relieved;
}

static void decide(struct hop_route_peer *peer, const struct option *options,
                   const struct hop_plan_tile *tiles, uint8_t n, int8_t *steps)
{
    struct hop_budget *b = &peer->budget;
    int64_t now_us = peer->route->now_us;
    uint32_t bps = limit_of(peer, tiles, n);
    uint32_t most = bps + bps / 12; /* what is shown may breathe */
    bool lenient = !b->bwe.known && !b->capped;
    int8_t keep[HOP_MAX_SLOTS], up[HOP_MAX_SLOTS];
    uint32_t sum = hop_plan(tiles, n, bps - bps / 25, lenient, up);
    /* Room that another tile does not take yet is nobody's reason to go down. */
    struct hop_plan_tile present[HOP_MAX_SLOTS];
    for (uint8_t i = 0; i < n; i++) {
        present[i] = tiles[i];
        present[i].n = (uint8_t)((options[i].fresh ? up[i] : options[i].now) + 1);
    }
    hop_plan(present, n, most, lenient, keep);
    bool more = false, raise = false, hopeless = may_pause(b, options, keep, n, now_us);
    for (uint8_t i = 0; i < n; i++)
        more = more || (!options[i].fresh && up[i] > options[i].now);
    if (more)
        raise = may_raise(b, sum, bps, now_us);
    else
        b->raise_us = 0;
    for (uint8_t i = 0; i < n; i++) {
        int8_t now = options[i].now;
        if (keep[i] < 0 && now >= 0 && !hopeless)
            keep[i] = 0;
        steps[i] = keep[i] < now ? keep[i] : now;
        if (options[i].fresh || (raise && up[i] > now))
            steps[i] = up[i];
    }
    /* Another order of importance: the plan as a whole, not the best of both. */
    if (!lenient && hop_plan_sum(tiles, n, steps) > most)
        for (uint8_t i = 0; i < n; i++)
            steps[i] = keep[i];
}

/* What publishers should have ready: what the line carries, and what it may carry soon. */
static void look_ahead(struct hop_route_peer *peer, const struct option *options,
                       const struct hop_plan_tile *tiles, uint8_t n)
{
    int8_t soon[HOP_MAX_SLOTS];
    const struct hop_budget *b = &peer->budget;
    if (!b->bwe.known && !b->capped)
        return; /* all that suits */
    uint32_t bps = limit_of(peer, tiles, n);
    hop_plan(tiles, n, b->capped ? bps : bps + bps / 2 + HOPE_BPS, false, soon);
    for (uint8_t i = 0; i < n; i++)
        if (soon[i] < tiles[i].n - 1)
            options[i].slot->may = top_of(&options[i].steps[soon[i] < 0 ? 0 : soon[i]]);
}

/* ---- doing it -------------------------------------------------------------------------------- */

static void note(struct hop_route_peer *peer, const struct option *o, int8_t step, enum hop_why why)
{
    const struct hop_slot *slot = o->slot;
    struct hop_decision d = { .what = HOP_DECIDED_LAYER,
                              .why = why,
                              .peer = slot->assigned->owner->id,
                              .source = slot->assigned->source,
                              .slot = slot->index };
    bool shows = slot->meant && !slot->paused;
    d.from = HOP_BUDGET_PAUSED;
    if (shows)
        d.from = (int8_t)(slot->meant->index + slot->meant_quality.spatial);
    d.to = step < 0 ? HOP_BUDGET_PAUSED : top_of(&o->steps[step]);
    if (shows && d.from == d.to)
        return; /* more or fewer frames: not worth a word */
    if (d.to < 0)
        d.what = HOP_DECIDED_PAUSE;
    else if (slot->paused)
        d.what = HOP_DECIDED_RESUME;
    hop_budget_note(peer, d);
}

/* Who goes down soon after going up waits longer the next time. */
static void learn(struct hop_budget *b, const struct option *o, int8_t step, int64_t now_us)
{
    if (step > o->now) {
        b->raise_us = 0;
        b->raised_us = now_us;
    } else if (b->raised_us != 0 && now_us - b->raised_us < REGRET_US) {
        b->raised_us = 0;
        b->regret_bps = b->bwe.target_bps;
        b->hold_us = b->hold_us < HOLD_US ? HOLD_US : 2 * b->hold_us;
        if (b->hold_us > MAX_HOLD_US)
            b->hold_us = MAX_HOLD_US;
    }
}

static void explain(const struct option *o, const struct hop_plan_tile *tile, int8_t step,
                    bool capped)
{
    struct hop_slot *slot = o->slot;
    enum hop_slot_reason reason = HOP_SLOT_FINE;
    if (step < tile->n - 1)
        reason = capped ? HOP_SLOT_CAP : HOP_SLOT_LINE;
    else if (slot->fits > top_of(&o->steps[step]))
        reason = HOP_SLOT_PUBLISHER; /* there is a better one, but it does not come */
    if (reason == slot->reason)
        return;
    slot->reason = reason;
    hop_route_slots_changed(slot->owner);
}

/* The step, or the nearest one below whose layer comes steadily; who has just begun shows his
 * lowest layer first. */
static const struct hop_step *at_hand(const struct option *o, int8_t step)
{
    const struct hop_publication *p = o->slot->assigned;
    const struct hop_step *begins = &o->steps[step];
    for (int8_t i = step; i >= 0; i--) {
        const struct hop_layer *layer = o->steps[i].layer;
        if (layer->steady || p->n_layers == 1)
            return &o->steps[i];
        if (layer->flowing)
            begins = &o->steps[i];
    }
    /* Key frames of all layers come together: not one after the other through the slot. */
    bool wakes =
        p->demand_raised_us != 0 && o->slot->owner->route->now_us - p->demand_raised_us < WAKE_US;
    return wakes ? &o->steps[0] : begins;
}

static void apply(struct hop_route_peer *peer, const struct option *o, int8_t step)
{
    struct hop_budget *b = &peer->budget;
    struct hop_slot *slot = o->slot;
    bool line = !o->fresh && !o->forced;
    if (!line || step != o->now) {
        enum hop_why why = o->fresh    ? HOP_WHY_VIEW
                           : o->forced ? HOP_WHY_PUBLISHER
                           : b->capped ? HOP_WHY_CAP
                                       : HOP_WHY_LINE;
        note(peer, o, step, why);
        if (line)
            learn(b, o, step, peer->route->now_us);
    }
    if (step < 0) {
        if (!slot->paused)
            hop_slot_pause(slot);
        return;
    }
    const struct hop_step *now = at_hand(o, step);
    /* A flooded line is not to carry the old layer until the lower one's key frame is there. Fewer
     * frames of the same layer need none. */
    if (line && step < o->now && now->layer != slot->current && b->bwe.queue_us > FLOODED_US)
        hop_slot_resync(slot);
    slot->meant = o->steps[step].layer;
    slot->meant_quality = o->steps[step].quality;
    hop_slot_aim(slot, now->quality);
    if (hop_slot_want(slot, now->layer) != 0)
        hop_slot_clear(slot);
}

void hop_decide_layers(struct hop_route_peer *peer)
{
    struct option options[HOP_MAX_SLOTS];
    struct hop_plan_tile tiles[HOP_MAX_SLOTS];
    int8_t steps[HOP_MAX_SLOTS];
    struct hop_budget *b = &peer->budget;
    uint8_t n = 0;
    for (uint8_t s = 0; s < peer->n_slots; s++)
        if (peer->slots[s]->assigned && describe(peer->slots[s], &options[n], &tiles[n]))
            n++;
    hop_bwe_want(&b->bwe, could_use(peer, tiles, n));
    if (b->regret_bps != 0 && b->bwe.target_bps / 3 > b->regret_bps / 2) {
        b->regret_bps = 0; /* another line now */
        b->hold_us = HOP_BUDGET_HOLD_US;
    }
    if (b->hold_us >= HOLD_US && b->raised_us != 0 &&
        peer->route->now_us - b->raised_us > FORGIVE_US) {
        b->hold_us = HOLD_US;
        b->regret_bps = 0;
    }
    decide(peer, options, tiles, n, steps);
    look_ahead(peer, options, tiles, n);
    hop_demand_raise(peer);
    for (uint8_t i = 0; i < n; i++) {
        apply(peer, &options[i], steps[i]);
        explain(&options[i], &tiles[i], steps[i], b->capped);
    }
}
