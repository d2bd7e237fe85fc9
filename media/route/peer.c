/* Who is in the room: adding, finding and removing participants; see state.h. Called by the room's
 * worker through route.h. */
#include "media/route/allocate.h"
#include "media/route/report.h"
#include "media/route/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding by id: open addressing, rebuilt when somebody leaves ------------------------------
 */

static uint32_t bucket_of(hop_peer_id id)
{
    return hop_route_csrc(id) & (HOP_ROUTE_ID_BUCKETS - 1);
}

struct hop_route_peer *hop_route_find(const struct hop_route *route, hop_peer_id id)
{
    for (uint32_t b = bucket_of(id); route->by_id[b] != 0; b = (b + 1) % HOP_ROUTE_ID_BUCKETS)
        if (route->peers[route->by_id[b] - 1]->id == id)
            return route->peers[route->by_id[b] - 1];
    return NULL;
}

static void index_id(struct hop_route *route, const struct hop_route_peer *peer)
{
    uint32_t b = bucket_of(peer->id);
    while (route->by_id[b] != 0)
        b = (b + 1) % HOP_ROUTE_ID_BUCKETS;
    route->by_id[b] = (uint16_t)(peer->index + 1);
}

static void enter(struct hop_route *route, struct hop_route_peer *peer)
{
    route->peers[peer->index] = peer;
    route->active[route->n_active++] = (uint16_t)peer->index;
    index_id(route, peer);
}

static void leave(struct hop_route *route, const struct hop_route_peer *peer)
{
    route->peers[peer->index] = NULL;
    memset(route->by_id, 0, sizeof(route->by_id));
    uint16_t n = 0;
    for (uint16_t i = 0; i < route->n_active; i++)
        if (route->active[i] != peer->index)
            route->active[n++] = route->active[i];
    route->n_active = n;
    for (uint16_t i = 0; i < n; i++)
        index_id(route, route->peers[route->active[i]]);
}

/* ---- small services for the other files --------------------------------------------------------
 */

uint32_t hop_route_random32(struct hop_route *route)
{
    /* splitmix64; numbers and jitter need no secrecy here, SRTP keys come from elsewhere */
    uint64_t x = (route->random += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32);
}

void hop_route_stir(struct hop_route *route, int64_t now_us)
{
    route->now_us = now_us;
    route->stirred_us = now_us;
    if (!route->idle)
        return;
    route->idle = false;
    route->slow_us = now_us;
    if (route->ops.due)
        route->ops.due(route->ctx, now_us);
}

void hop_route_drop(struct hop_route_peer *peer, enum hop_drop reason)
{
    peer->route->ops.drop(peer->route->ctx, peer->index, reason);
}

void hop_route_slots_changed(struct hop_route_peer *peer)
{
    struct hop_route *route = peer->route;
    if (peer->slots_changed || route->peers[peer->index] != peer)
        return;
    peer->slots_changed = true;
    if (route->n_changed < HOP_MAX_PEERS)
        route->changed[route->n_changed++] = (uint16_t)peer->index;
}

enum { TAG_INDEX_BITS = 10, TAG_PLACE_BITS = 4 };

uint32_t hop_route_new_tag(const struct hop_layer *layer)
{
    const struct hop_publication *p = layer->publication;
    uint32_t place = (uint32_t)p->source << 2 | layer->index;
    uint32_t generation = ++p->owner->route->generation;
    return generation << (TAG_INDEX_BITS + TAG_PLACE_BITS) | place << TAG_INDEX_BITS |
           p->owner->index;
}

const struct hop_layer *hop_route_layer_by_tag(const struct hop_route *route, uint32_t tag)
{
    uint32_t index = tag & ((1u << TAG_INDEX_BITS) - 1);
    uint32_t place = tag >> TAG_INDEX_BITS & ((1u << TAG_PLACE_BITS) - 1);
    const struct hop_route_peer *peer = index < HOP_MAX_PEERS ? route->peers[index] : NULL;
    const struct hop_publication *p = peer ? peer->publications[place >> 2] : NULL;
    if (!p || (place & 3) >= p->n_layers || p->layers[place & 3].tag != tag)
        return NULL;
    return &p->layers[place & 3];
}

/* ---- a participant's life ----------------------------------------------------------------------
 */

static void free_peer(struct hop_route_peer *peer)
{
    for (uint8_t s = 0; s < peer->n_slots; s++)
        hop_slot_free(peer->slots[s]);
    for (int source = 0; source < HOP_SOURCES; source++)
        hop_publication_free(peer->publications[source]);
    hop_voices_free_slots(peer);
    free(peer->twcc_recv);
    if (peer->twcc_send)
        hop_twcc_send_deinit(peer->twcc_send);
    free(peer->twcc_send);
    free(peer->uplink);
    free(peer);
}

static int add_publications(struct hop_route_peer *peer)
{
    for (uint8_t t = 0; t < peer->ssrcs.n_tracks; t++) {
        const struct hop_track_desc *track = &peer->ssrcs.tracks[t];
        if ((unsigned)track->source >= HOP_SOURCES || peer->publications[track->source])
            return -EINVAL;
        int error = hop_publication_new(peer, track, &peer->publications[track->source]);
        if (error)
            return error;
    }
    return 0;
}

static int add_slots(struct hop_route_peer *peer, const struct hop_peer_desc *desc,
                     const struct hop_peer_local *local)
{
    while (peer->n_slots < desc->n_slots) {
        uint8_t i = peer->n_slots;
        int error = hop_slot_new(peer, i, &desc->slots[i], local->slots[i].ssrc,
                                 local->slots[i].rtx_ssrc, &peer->slots[i]);
        if (error)
            return error;
        peer->n_slots++;
    }
    return 0;
}

static int add_uplink(struct hop_route_peer *peer)
{
    if (peer->ext.abs_send_time == 0)
        return 0;
    peer->uplink = malloc(sizeof(*peer->uplink));
    if (!peer->uplink)
        return -ENOMEM;
    hop_uplink_bwe_init(peer->uplink);
    return 0;
}

static int add_transport_cc(struct hop_route_peer *peer)
{
    if (peer->ext.twcc == 0)
        return add_uplink(peer);
    peer->twcc_send = malloc(sizeof(*peer->twcc_send));
    if (!peer->twcc_send)
        return -ENOMEM;
    hop_twcc_send_init(peer->twcc_send);
    return 0;
}

static int fill_peer(struct hop_route_peer *peer, const struct hop_peer_desc *desc,
                     const struct hop_peer_local *local)
{
    struct hop_route *route = peer->route;
    peer->ext = desc->ext;
    peer->allowed = peer->ever_allowed = desc->allowed & HOP_SOURCE_ALL;
    peer->feedback_ssrc = local->mix_ssrc;
    memcpy(peer->cname, local->cname, sizeof(peer->cname));
    peer->cname[sizeof(peer->cname) - 1] = '\0';
    hop_ssrc_table_init(&peer->ssrcs, desc);
    uint16_t first_seq = (uint16_t)hop_route_random32(route);
    hop_listener_init(&peer->listener, local->mix_ssrc, desc->mix_pt, first_seq,
                      hop_route_random32(route));
    hop_budget_init(&peer->budget, peer->ext.twcc != 0);
    int error = add_publications(peer);
    if (!error)
        error = add_transport_cc(peer);
    if (!error)
        error = hop_voices_add_slots(peer, desc, local);
    return error ? error : add_slots(peer, desc, local);
}

int hop_route_peer_add(struct hop_route *route, uint32_t index, hop_peer_id id,
                       const struct hop_peer_desc *desc, const struct hop_peer_local *local)
{
    if (index >= HOP_MAX_PEERS || id == 0 || desc->n_tracks > HOP_MAX_TRACKS ||
        desc->n_slots > HOP_MAX_SLOTS || desc->n_voices > HOP_MAX_VOICES)
        return -EINVAL;
    if (route->peers[index] || hop_route_find(route, id))
        return -EEXIST;
    struct hop_route_peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        return -ENOMEM;
    peer->route = route;
    peer->index = index;
    peer->id = id;
    int error = fill_peer(peer, desc, local);
    if (error) {
        free_peer(peer);
        return error;
    }
    enter(route, peer);
    return 0;
}

int hop_route_peer_update(struct hop_route *route, uint32_t index, const struct hop_peer_desc *desc,
                          const struct hop_peer_local *local, int64_t now_us)
{
    struct hop_route_peer *peer = index < HOP_MAX_PEERS ? route->peers[index] : NULL;
    if (!peer)
        return -ENOENT;
    if (desc->n_slots < peer->n_slots || desc->n_slots > HOP_MAX_SLOTS ||
        desc->n_voices > HOP_MAX_VOICES)
        return -EINVAL;
    hop_route_stir(route, now_us);
    int error = add_slots(peer, desc, local);
    if (!error)
        error = hop_voices_add_slots(peer, desc, local);
    hop_allocate_peer(peer);
    hop_route_settle(route, now_us);
    return error;
}

void hop_route_peer_remove(struct hop_route *route, uint32_t index, bool bye, int64_t now_us)
{
    struct hop_route_peer *peer = index < HOP_MAX_PEERS ? route->peers[index] : NULL;
    if (!peer)
        return;
    hop_route_stir(route, now_us);
    if (bye)
        hop_report_bye(peer);
    hop_pace_forget(peer);
    leave(route, peer);
    hop_allocate_forget(route, peer);
    free_peer(peer);
    hop_allocate_room(route);
    hop_route_settle(route, now_us);
}

void hop_route_free(struct hop_route *route)
{
    if (!route)
        return;
    while (route->n_active > 0) {
        struct hop_route_peer *peer = route->peers[route->active[0]];
        leave(route, peer);
        free_peer(peer);
    }
    free(route);
}
