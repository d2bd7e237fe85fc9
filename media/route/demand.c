/* What is asked of publishers; see demand.h. Called by route.c's tick, by decide.c and, about
 * sources that fall silent, by publication.c. */
#include "media/route/demand.h"

#include "media/route/state.h"

static void tell(struct hop_publication *p, int8_t top, int64_t now_us)
{
    if (top > p->demand)
        p->demand_raised_us = now_us;
    for (uint8_t i = 0; i < p->n_layers; i++)
        if (i > p->demand && i <= top) {
            p->layers[i].demanded_us = now_us;
            if (p->demand < 0 && p->layers[i].doubt_us < now_us + HOP_LAYER_WAKE_US)
                p->layers[i].doubt_us = now_us + HOP_LAYER_WAKE_US;
        }
    p->demand = top;
    p->demand_low_us = 0;
    p->owner->route->ops.demand(p->owner->route->ctx, p->owner->index, p->source, top);
}

static void lower(struct hop_publication *p, int64_t now_us)
{
    if (p->need_may >= p->demand) {
        p->demand_low_us = 0;
        return;
    }
    if (p->demand_low_us == 0)
        p->demand_low_us = now_us;
    int64_t lasted_us = now_us - p->demand_low_us;
    if (lasted_us >= HOP_DEMAND_UNFIT_US)
        tell(p, p->need_may, now_us);
    else if (lasted_us >= HOP_DEMAND_UNSEEN_US && p->need_fits < p->demand)
        tell(p, p->need_fits, now_us);
}

static void note(const struct hop_route_peer *receiver)
{
    for (uint8_t s = 0; s < receiver->n_slots; s++) {
        const struct hop_slot *slot = receiver->slots[s];
        struct hop_publication *p = slot->assigned;
        if (!p)
            continue;
        p->need_fits = slot->fits > p->need_fits ? slot->fits : p->need_fits;
        p->need_may = slot->may > p->need_may ? slot->may : p->need_may;
    }
}

/* What is still on its way out counts as watched: a slot goes on with the old until the new one's
 * key frame is there. */
static int8_t shown_top(const struct hop_slot *slot)
{
    return (int8_t)hop_slot_state(slot).layer;
}

static void note_shown(const struct hop_route_peer *receiver)
{
    for (uint8_t s = 0; s < receiver->n_slots; s++) {
        const struct hop_layer *layer = receiver->slots[s]->current;
        if (!layer)
            continue;
        struct hop_publication *p = layer->publication;
        int8_t top = shown_top(receiver->slots[s]);
        p->need_fits = top > p->need_fits ? top : p->need_fits;
        p->need_may = top > p->need_may ? top : p->need_may;
    }
}

static void each(const struct hop_route *route, void (*what)(struct hop_publication *p))
{
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        for (int source = HOP_SOURCE_CAMERA; source <= HOP_SOURCE_SCREEN; source++)
            if (peer->publications[source])
                what(peer->publications[source]);
    }
}

static void reset(struct hop_publication *p)
{
    p->need_fits = p->need_may = -1;
}

static void settle(struct hop_publication *p)
{
    int64_t now_us = p->owner->route->now_us;
    if (!p->active)
        return; /* who begins to send does so with all layers */
    if (p->need_may > p->demand)
        tell(p, p->need_may, now_us);
    else
        lower(p, now_us);
}

void hop_demand_update(struct hop_route *route)
{
    each(route, reset);
    for (uint16_t i = 0; i < route->n_active; i++) {
        note(route->peers[route->active[i]]);
        note_shown(route->peers[route->active[i]]);
    }
    each(route, settle);
}

void hop_demand_raise(const struct hop_route_peer *receiver)
{
    for (uint8_t s = 0; s < receiver->n_slots; s++) {
        const struct hop_slot *slot = receiver->slots[s];
        if (slot->assigned && slot->may > slot->assigned->demand)
            tell(slot->assigned, slot->may, receiver->route->now_us);
    }
}

bool hop_demand_usable(const struct hop_layer *layer)
{
    const struct hop_publication *p = layer->publication;
    int64_t now_us = p->owner->route->now_us;
    if (layer->flowing || p->n_layers == 1)
        return true;
    if (layer->index > p->demand) /* it came before; who does not send less sends no more either */
        return layer->ssrc != 0 && (layer->index == 0 || hop_demand_usable(layer - 1));
    return layer->ssrc != 0 && layer->demanded_us != 0 &&
           now_us - layer->demanded_us < HOP_DEMAND_WAIT_US;
}

bool hop_demand_asleep(const struct hop_publication *p, int64_t now_us)
{
    return p->demand < 0 ||
           (p->demand_raised_us != 0 && now_us - p->demand_raised_us < HOP_DEMAND_WAKE_US);
}
