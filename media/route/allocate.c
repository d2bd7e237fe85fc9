/* View to slots; see allocate.h. Called by route.c when a view, a right or a participant changes
 * and ten times a second, and by publication.c when a source begins or ends. */
#include "media/route/allocate.h"

#include "media/route/decide.h"
#include "media/route/state.h"

struct target {
    struct hop_publication *publication;
    uint16_t tile_height;
    uint8_t rank;
    bool pinned, placed;
};

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
        if (slot->assigned != p) /* what was learnt of going up was about other pictures */
            receiver->budget.hold_us = HOP_BUDGET_HOLD_US;
        hop_slot_assign(slot, p, chosen[i] ? chosen[i]->tile_height : 0);
    }
    hop_decide_layers(receiver);
}

void hop_allocate_room(struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_active; i++)
        hop_allocate_peer(route->peers[route->active[i]]);
}

void hop_allocate_forget(struct hop_route *route, const struct hop_route_peer *gone)
{
    for (uint16_t i = 0; i < route->n_active; i++) {
        const struct hop_route_peer *peer = route->peers[route->active[i]];
        for (uint8_t s = 0; s < peer->n_slots; s++)
            if (peer->slots[s]->assigned && peer->slots[s]->assigned->owner == gone)
                hop_slot_clear(peer->slots[s]);
    }
}

void hop_allocate_layers(struct hop_publication *publication)
{
    struct hop_route *route = publication->owner->route;
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        for (uint8_t s = 0; s < peer->n_slots; s++) {
            if (peer->slots[s]->assigned != publication)
                continue;
            hop_decide_layers(peer);
            break;
        }
    }
}

void hop_allocate_all_layers(struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_active; i++)
        hop_decide_layers(route->peers[route->active[i]]);
}
