/* View to slots, and layers within what the line carries; see allocate.h. Called by route.c when a
 * view, a right or a participant changes and ten times a second, by publication.c when a source
 * begins or ends, and by budget.c when a line carries less. */
#include "media/route/allocate.h"

#include "media/route/plan.h"
#include "media/route/state.h"

struct target {
    struct hop_publication *publication;
    uint16_t tile_height;
    uint8_t rank;
    bool pinned, placed;
};

static unsigned height_of(const struct hop_layer *layer)
{
    if (layer->height != 0)
        return layer->height;
    /* Not known before its first key frame: simulcast layers are customarily halves. */
    const struct hop_publication *p = layer->publication;
    for (uint8_t i = 0; i < p->n_layers; i++) {
        unsigned known = p->layers[i].height;
        if (known != 0)
            return i < layer->index ? known << (layer->index - i) : known >> (i - layer->index);
    }
    return 180u << layer->index;
}

static bool flows(const struct hop_layer *layer)
{
    return layer->flowing || layer->publication->n_layers == 1;
}

struct hop_layer *hop_allocate_choose(struct hop_publication *publication, uint16_t tile_height)
{
    struct hop_layer *lowest = NULL, *best = NULL;
    for (uint8_t i = 0; i < publication->n_layers; i++) {
        struct hop_layer *layer = &publication->layers[i];
        if (layer->ssrc == 0 || !flows(layer))
            continue;
        if (!lowest)
            lowest = layer;
        if (tile_height == 0 || 2 * height_of(layer) <= 3u * tile_height)
            best = layer;
    }
    return best ? best : lowest;
}

/* ---- layers within the line's budget ----------------------------------------------------------
 */

enum {
    UNMEASURED_BPS = 500000, /* of a stream without simulcast, until it has been measured */
    MAX_HOLD_US = 8000000,
    HOLD_US = 1000000,
    PATIENCE_US = 2000000,
    FLOODED_US = 100000,   /* of queue on the line */
    REGRET_US = 5000000,   /* down again so soon after going up: wait longer next time */
    FORGIVE_US = 30000000, /* without such a return the waiting is short again */
    CALM_US = 10000000,    /* since the line was cut: what it has to spare is believed */
};

/* One slot's choice while it is being made. */
struct option {
    struct hop_slot *slot;
    struct hop_layer *layers[HOP_MAX_LAYERS];
    int8_t now;  /* level; HOP_BUDGET_PAUSED */
    bool fresh;  /* it shows nothing yet */
    bool forced; /* what it shows is no longer among the layers */
};

static uint32_t rate_of(const struct hop_layer *layer)
{
    static const uint32_t usual[HOP_MAX_LAYERS] = { 150000, 450000, 1300000 };
    if (layer->rate_bps != 0)
        return layer->rate_bps;
    return layer->publication->n_layers == 1 ? UNMEASURED_BPS : usual[layer->index];
}

static void describe_now(struct option *o, const struct hop_plan_tile *tile)
{
    const struct hop_layer *wanted = o->slot->wanted;
    o->now = HOP_BUDGET_PAUSED;
    if (!wanted) {
        o->fresh = !o->slot->paused;
        return;
    }
    o->now = 0;
    for (uint8_t i = 0; i < tile->n; i++)
        if (o->layers[i]->index <= wanted->index)
            o->now = (int8_t)i;
    o->forced = o->layers[o->now] != wanted;
}

/* The layers that come and suit the tile. False: none. */
static bool describe(struct hop_slot *slot, struct option *o, struct hop_plan_tile *tile)
{
    *o = (struct option){ .slot = slot };
    *tile = (struct hop_plan_tile){ .screen = slot->assigned->source == HOP_SOURCE_SCREEN,
                                    .pinned = slot->pinned,
                                    .height = slot->tile_height,
                                    .rank = slot->rank };
    struct hop_publication *p = slot->assigned;
    const struct hop_layer *best = hop_allocate_choose(p, slot->tile_height);
    if (!best)
        return false;
    uint32_t least = 0;
    for (uint8_t i = 0; i <= best->index; i++) {
        struct hop_layer *layer = &p->layers[i];
        if (layer->ssrc == 0 || !flows(layer))
            continue;
        uint32_t bps = rate_of(layer);
        least = bps > least ? bps : least + 1;
        tile->bps[tile->n] = least;
        o->layers[tile->n++] = layer;
    }
    describe_now(o, tile);
    return true;
}

/* What the slots could use if the line and the publishers gave it. */
static uint32_t could_use(const struct hop_route_peer *peer)
{
    uint64_t sum = 0;
    for (uint8_t s = 0; s < peer->n_slots; s++) {
        const struct hop_slot *slot = peer->slots[s];
        const struct hop_publication *p = slot->assigned;
        uint32_t most = 0;
        for (uint8_t i = 0; p && i < p->n_layers; i++) {
            bool suits = slot->tile_height == 0 || i == 0 ||
                         2 * height_of(&p->layers[i]) <= 3u * slot->tile_height;
            uint32_t bps = rate_of(&p->layers[i]);
            most = suits && bps > most ? bps : most;
        }
        sum += most;
    }
    return sum > HOP_BWE_MAX_BPS ? HOP_BWE_MAX_BPS : (uint32_t)sum;
}

/* More fits than is shown: not at once, unless the line has plenty. */
static bool may_raise(struct hop_budget *b, uint32_t sum, uint32_t bps, int64_t now_us)
{
    bool calm = b->bwe.known && (b->bwe.decrease_us == 0 || now_us - b->bwe.decrease_us > CALM_US);
    if (calm && bps > sum + sum / 8)
        return true;
    if (b->raise_us == 0)
        b->raise_us = now_us;
    return now_us - b->raise_us >= b->hold_us;
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
    return now_us - b->short_us >= PATIENCE_US;
}

/* Bits per second for pictures, and whether that is a limit that pictures may be paused for. */
static uint32_t limit_of(const struct hop_route_peer *peer, const struct hop_plan_tile *tiles,
                         uint8_t n, bool *strict)
{
    uint32_t bps = hop_budget_video_bps(peer);
    *strict = peer->budget.bwe.known;
    if (peer->route->relief == 0 || peer->route->relief >= HOP_ROUTE_NO_RELIEF)
        return bps;
    uint64_t relieved = (uint64_t)hop_plan_all(tiles, n) * (unsigned)peer->route->relief / 100;
    if (relieved >= bps)
        return bps;
    *strict = true;
    return (uint32_t)relieved;
}

static void decide(struct hop_route_peer *peer, const struct option *options,
                   const struct hop_plan_tile *tiles, uint8_t n, int8_t *levels)
{
    struct hop_budget *b = &peer->budget;
    int64_t now_us = peer->route->now_us;
    bool strict;
    uint32_t bps = limit_of(peer, tiles, n, &strict);
    uint32_t most = bps + bps / 12; /* what is shown may breathe */
    int8_t keep[HOP_MAX_SLOTS], up[HOP_MAX_SLOTS];
    hop_plan(tiles, n, most, !strict, keep);
    uint32_t sum = hop_plan(tiles, n, bps - bps / 25, !strict, up);
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
        levels[i] = keep[i] < now ? keep[i] : now;
        if (options[i].fresh || (raise && up[i] > now))
            levels[i] = up[i];
    }
    /* Another order of importance: the plan as a whole, not the best of both. */
    if (strict && hop_plan_sum(tiles, n, levels) > most)
        for (uint8_t i = 0; i < n; i++)
            levels[i] = keep[i];
}

static void apply(struct hop_route_peer *peer, const struct option *o, int8_t level)
{
    struct hop_budget *b = &peer->budget;
    int64_t now_us = peer->route->now_us;
    if (!o->fresh && !o->forced && level == o->now)
        return;
    enum hop_decision_reason reason = o->fresh    ? HOP_DECIDE_NEW
                                      : o->forced ? HOP_DECIDE_VIEW
                                                  : HOP_DECIDE_LINE;
    int from = o->slot->wanted ? o->slot->wanted->index : HOP_BUDGET_PAUSED;
    int to = level < 0 ? HOP_BUDGET_PAUSED : o->layers[level]->index;
    hop_budget_note(b, reason, o->slot->index, from, to, now_us);
    if (reason == HOP_DECIDE_LINE && level > o->now) {
        b->raise_us = 0;
        b->raised_us = now_us;
    } else if (reason == HOP_DECIDE_LINE && b->raised_us != 0 &&
               now_us - b->raised_us < REGRET_US) {
        b->raised_us = 0;
        b->hold_us = b->hold_us < HOLD_US ? HOLD_US : 2 * b->hold_us;
        if (b->hold_us > MAX_HOLD_US)
            b->hold_us = MAX_HOLD_US;
    }
    /* A flooded line is not to carry the old layer until the lower one's key frame is there. */
    if (reason == HOP_DECIDE_LINE && level < o->now && b->bwe.queue_us > FLOODED_US)
        hop_slot_resync(o->slot);
    if (level < 0)
        hop_slot_pause(o->slot);
    else if (hop_slot_want(o->slot, o->layers[level]) != 0)
        hop_slot_clear(o->slot);
}

void hop_allocate_peer_layers(struct hop_route_peer *peer)
{
    struct option options[HOP_MAX_SLOTS];
    struct hop_plan_tile tiles[HOP_MAX_SLOTS];
    int8_t levels[HOP_MAX_SLOTS];
    uint8_t n = 0;
    for (uint8_t s = 0; s < peer->n_slots; s++)
        if (peer->slots[s]->assigned && describe(peer->slots[s], &options[n], &tiles[n]))
            n++;
    hop_bwe_want(&peer->budget.bwe, could_use(peer));
    struct hop_budget *b = &peer->budget;
    if (b->hold_us > HOLD_US && b->raised_us != 0 &&
        peer->route->now_us - b->raised_us > FORGIVE_US)
        b->hold_us = HOLD_US;
    decide(peer, options, tiles, n, levels);
    for (uint8_t i = 0; i < n; i++)
        apply(peer, &options[i], levels[i]);
}

/* ---- slots ------------------------------------------------------------------------------------
 */

static bool can_play(const struct hop_route_peer *receiver, enum hop_codec codec)
{
    for (uint8_t i = 0; i < receiver->n_slots; i++)
        if (hop_slot_codec(receiver->slots[i], codec))
            return true;
    return false;
}

/* The publication behind a tile, if it can be shown to this receiver now. */
static struct hop_publication *showable(const struct hop_route_peer *receiver,
                                        const struct hop_view_tile *tile)
{
    const struct hop_route_peer *peer = hop_route_find(receiver->route, tile->peer);
    struct hop_publication *p = peer ? peer->publications[tile->source] : NULL;
    return p && hop_publication_live(p) && can_play(receiver, p->codec) ? p : NULL;
}

static uint8_t choose_targets(const struct hop_route_peer *receiver,
                              struct target targets[HOP_MAX_SLOTS])
{
    uint8_t n = 0;
    for (uint8_t i = 0; i < receiver->n_view && n < receiver->n_slots; i++) {
        struct hop_publication *p = showable(receiver, &receiver->view[i]);
        bool again = false;
        for (uint8_t k = 0; k < n; k++)
            again = again || targets[k].publication == p;
        if (p && !again)
            targets[n++] = (struct target){ .publication = p,
                                            .tile_height = receiver->view[i].height,
                                            .rank = i,
                                            .pinned = receiver->view[i].pinned };
    }
    return n;
}

static struct target *target_of(struct target *targets, uint8_t n, const struct hop_slot *slot)
{
    for (uint8_t i = 0; i < n; i++)
        if (slot->assigned == targets[i].publication && !targets[i].placed &&
            hop_slot_codec(slot, slot->assigned->codec))
            return &targets[i];
    return NULL;
}

static struct target *unplaced_for(struct target *targets, uint8_t n, const struct hop_slot *slot)
{
    for (uint8_t i = 0; i < n; i++)
        if (!targets[i].placed && hop_slot_codec(slot, targets[i].publication->codec))
            return &targets[i];
    return NULL;
}

void hop_allocate_peer(struct hop_route_peer *receiver)
{
    struct target targets[HOP_MAX_SLOTS];
    struct target *chosen[HOP_MAX_SLOTS] = { NULL };
    uint8_t n = choose_targets(receiver, targets);
    for (uint8_t i = 0; i < receiver->n_slots; i++) {
        chosen[i] = target_of(targets, n, receiver->slots[i]);
        if (chosen[i])
            chosen[i]->placed = true;
    }
    for (uint8_t i = 0; i < receiver->n_slots; i++) {
        if (chosen[i])
            continue;
        chosen[i] = unplaced_for(targets, n, receiver->slots[i]);
        if (chosen[i])
            chosen[i]->placed = true;
    }
    for (uint8_t i = 0; i < receiver->n_slots; i++) {
        struct hop_slot *slot = receiver->slots[i];
        struct hop_publication *p = chosen[i] ? chosen[i]->publication : NULL;
        slot->pinned = chosen[i] && chosen[i]->pinned;
        slot->rank = chosen[i] ? chosen[i]->rank : 0;
        hop_slot_assign(slot, p, chosen[i] ? chosen[i]->tile_height : 0);
    }
    hop_allocate_peer_layers(receiver);
}

void hop_allocate_room(struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_active; i++)
        hop_allocate_peer(route->peers[route->active[i]]);
}

void hop_allocate_layers(struct hop_publication *publication)
{
    struct hop_route *route = publication->owner->route;
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        for (uint8_t s = 0; s < peer->n_slots; s++) {
            if (peer->slots[s]->assigned != publication)
                continue;
            hop_allocate_peer_layers(peer);
            break;
        }
    }
}

void hop_allocate_all_layers(struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_active; i++)
        hop_allocate_peer_layers(route->peers[route->active[i]]);
}
