/* The room: packets in, packets out, the tick. Who is in it is kept in peer.c; see route.h for the
 * contract and state.h for the parts. Called by the room's worker only (or the simulator). */
#include "media/route/route.h"

#include "media/route/allocate.h"
#include "media/route/decide.h"
#include "media/route/demand.h"
#include "media/route/feedback.h"
#include "media/route/report.h"
#include "media/route/state.h"
#include "media/rtp/rtx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAST_US = 20000,    /* NACK and transport-cc while somebody sends */
    SLOW_US = 100000,   /* reports, silence, layer choice */
    IDLE_US = 1000000,  /* the same where nothing flows, */
    STILL_US = 3000000, /* and nothing has been asked for so long */
    /* Padding is many small packets: a room that fills is not to probe for all at once. */
    PROBES_AT_ONCE = 4,
};

int hop_route_new(const struct hop_route_ops *ops, void *ctx, uint64_t random_seed,
                  struct hop_route **out)
{
    struct hop_route *route = calloc(1, sizeof(*route));
    if (!route)
        return -ENOMEM;
    route->ops = *ops;
    route->ctx = ctx;
    route->random = random_seed ? random_seed : 1;
    hop_voices_init(&route->voices);
    *out = route;
    return 0;
}

static bool same_state(const struct hop_slot_state *a, const struct hop_slot_state *b)
{
    return a->peer == b->peer && a->source == b->source && a->layer == b->layer &&
           a->temporal == b->temporal && a->phase == b->phase && a->reason == b->reason;
}

void hop_route_report_slots(struct hop_route *route)
{
    for (uint16_t i = 0; i < route->n_changed; i++) {
        struct hop_route_peer *peer = route->peers[route->changed[i]];
        if (!peer || !peer->slots_changed)
            continue;
        peer->slots_changed = false;
        struct hop_slot_state states[HOP_MAX_SLOTS];
        bool differs = false;
        for (uint8_t s = 0; s < peer->n_slots; s++) {
            struct hop_slot_state *told = &peer->slots[s]->reported;
            states[s] = hop_slot_state(peer->slots[s]);
            differs = differs || !same_state(&states[s], told);
            *told = states[s];
        }
        if (differs)
            route->ops.slots(route->ctx, peer->index, states, peer->n_slots);
    }
    route->n_changed = 0;
}

/* Asks publishers for the key frames that a change of views has made necessary. */
static void poll_layers(struct hop_route_peer *peer, int64_t now_us)
{
    for (int source = 0; source < HOP_SOURCES; source++) {
        struct hop_publication *p = peer->publications[source];
        for (uint8_t l = 0; p && l < p->n_layers; l++)
            hop_layer_poll(&p->layers[l], now_us);
    }
}

void hop_route_settle(struct hop_route *route, int64_t now_us)
{
    for (uint16_t i = 0; i < route->n_active; i++)
        poll_layers(route->peers[route->active[i]], now_us);
    hop_route_report_slots(route);
}

static struct hop_route_peer *peer_at(const struct hop_route *route, uint32_t index)
{
    return index < HOP_MAX_PEERS ? route->peers[index] : NULL;
}

/* ---- the line and the rights of a participant ------------------------------------------------ */

void hop_route_peer_connected(struct hop_route *route, uint32_t index, int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer || peer->connected)
        return;
    peer->connected = true;
    hop_report_begin(peer, now_us);
    for (uint8_t s = 0; s < peer->n_slots; s++)
        hop_slot_request(peer->slots[s], now_us);
    hop_route_settle(route, now_us);
}

void hop_route_peer_suspended(struct hop_route *route, uint32_t index, bool suspended,
                              int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer || peer->suspended == suspended)
        return;
    peer->suspended = suspended;
    for (uint8_t s = 0; s < peer->n_slots; s++) {
        if (suspended)
            hop_slot_resync(peer->slots[s]);
        else
            hop_slot_request(peer->slots[s], now_us);
    }
    hop_route_settle(route, now_us);
}

void hop_route_set_allowed(struct hop_route *route, uint32_t index, uint32_t source_mask,
                           int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer)
        return;
    uint32_t changed = peer->allowed ^ (source_mask & HOP_SOURCE_ALL);
    peer->allowed = source_mask & HOP_SOURCE_ALL;
    peer->ever_allowed |= peer->allowed;
    for (int source = 0; source < HOP_SOURCES; source++)
        if ((changed & HOP_SOURCE_BIT(source)) && peer->publications[source])
            hop_publication_allowed_changed(peer->publications[source]);
    if (changed & (HOP_SOURCE_BIT(HOP_SOURCE_CAMERA) | HOP_SOURCE_BIT(HOP_SOURCE_SCREEN)))
        hop_allocate_room(route);
    hop_route_settle(route, now_us);
}

void hop_route_set_relief(struct hop_route *route, int percent, int64_t now_us)
{
    if (route->relief == percent)
        return;
    hop_route_stir(route, now_us);
    route->relief = percent;
    hop_allocate_all_layers(route);
    hop_route_settle(route, now_us);
}

int hop_route_set_view(struct hop_route *route, uint32_t index, const struct hop_view_tile *tiles,
                       size_t n, int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer)
        return -ENOENT;
    if (n > HOP_MAX_VIEW)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (tiles[i].source != HOP_SOURCE_CAMERA && tiles[i].source != HOP_SOURCE_SCREEN)
            return -EINVAL;
    if (n > 0)
        memcpy(peer->view, tiles, n * sizeof(*tiles));
    peer->n_view = (uint8_t)n;
    hop_allocate_peer(peer);
    hop_route_settle(route, now_us);
    return 0;
}

void hop_route_set_cap(struct hop_route *route, uint32_t index, uint32_t bps, int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer || peer->budget.cap_bps == bps)
        return;
    peer->budget.cap_bps = bps;
    hop_decide_layers(peer);
    hop_route_settle(route, now_us);
}

/* ---- packets in ------------------------------------------------------------------------------ */

/* Which stream the packet belongs to; NULL: none of those negotiated. */
static const struct hop_ssrc_stream *find_stream(struct hop_route_peer *peer, const uint8_t *packet,
                                                 const struct hop_rtp_view *view, int64_t now_us)
{
    const struct hop_ssrc_stream *stream = hop_ssrc_lookup(&peer->ssrcs, view->ssrc);
    if (stream)
        return stream;
    char mid[HOP_MAX_MID + 1] = "", rid[HOP_MAX_MID + 1] = "", rrid[HOP_MAX_MID + 1] = "";
    hop_rtp_get_token(packet, view, peer->ext.mid, mid);
    hop_rtp_get_token(packet, view, peer->ext.rid, rid);
    hop_rtp_get_token(packet, view, peer->ext.rrid, rrid);
    struct hop_ssrc_hints hints = {
        .ssrc = view->ssrc, .pt = view->pt, .mid = mid, .rid = rid, .rrid = rrid
    };
    if (hop_ssrc_find(&peer->ssrcs, &hints, now_us, &stream) == HOP_SSRC_UNKNOWN)
        return NULL;
    return stream;
}

/* Turns an RTX packet into the packet that it repeats. False: it repeats none that can be used. */
static bool unwrap_repair(struct hop_route *route, const struct hop_publication *publication,
                          uint8_t layer, struct hop_uplink *packet)
{
    uint8_t pt = hop_publication_repaired_pt(publication, packet->view.pt);
    uint32_t ssrc = publication->layers[layer].ssrc;
    if (pt == 0xff || ssrc == 0)
        return false;
    packet->len = hop_rtx_unwrap(packet->data, &packet->view, pt, ssrc, route->scratch,
                                 sizeof(route->scratch));
    packet->data = route->scratch;
    return packet->len > 0 && hop_rtp_parse(packet->data, packet->len, &packet->view) == 0;
}

/* Its transport-wide number. Who only listens needs no memory for that. */
static void note_number(struct hop_route_peer *peer, const struct hop_uplink *packet,
                        int64_t now_us)
{
    uint16_t number;
    if (peer->ext.twcc == 0 ||
        !hop_rtp_get_twcc(packet->data, &packet->view, peer->ext.twcc, &number))
        return;
    if (!peer->twcc_recv) {
        peer->twcc_recv = malloc(sizeof(*peer->twcc_recv));
        if (!peer->twcc_recv)
            return;
        hop_twcc_recv_init(peer->twcc_recv, peer->feedback_ssrc);
    }
    hop_twcc_recv_packet(peer->twcc_recv, number, packet->view.ssrc, packet->len, now_us);
}

void hop_route_rtp(struct hop_route *route, uint32_t index, const uint8_t *bytes, size_t len,
                   int64_t now_us)
{
    hop_route_stir(route, now_us);
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer)
        return;
    struct hop_uplink packet = { .data = bytes, .len = len };
    if (len > HOP_MAX_DATAGRAM || hop_rtp_parse(bytes, len, &packet.view) != 0) {
        hop_route_drop(peer, HOP_DROP_MALFORMED);
        return;
    }
    peer->now.rx_packets++;
    peer->now.rx_bytes += len;
    note_number(peer, &packet, now_us);
    uint32_t sent;
    if (peer->uplink &&
        hop_rtp_get_abs_send_time(bytes, &packet.view, peer->ext.abs_send_time, &sent))
        hop_uplink_bwe_packet(peer->uplink, sent, len, peer->rtt_us, now_us);
    const struct hop_ssrc_stream *stream = find_stream(peer, bytes, &packet.view, now_us);
    if (!stream) {
        hop_route_drop(peer, HOP_DROP_UNKNOWN_SSRC);
        return;
    }
    struct hop_publication *p = peer->publications[peer->ssrcs.tracks[stream->track].source];
    if (!p || (stream->repair && !unwrap_repair(route, p, stream->layer, &packet)))
        return;
    uint8_t level = 0xff;
    bool voice;
    hop_rtp_get_audio_level(packet.data, &packet.view, peer->ext.audio_level, &voice, &level);
    hop_publication_packet(p, stream->layer, &packet, stream->repair, level, now_us);
    hop_route_report_slots(route);
}

void hop_route_rtcp(struct hop_route *route, uint32_t index, const uint8_t *packet, size_t len,
                    int64_t now_us)
{
    route->now_us = now_us;
    struct hop_route_peer *peer = peer_at(route, index);
    if (!peer)
        return;
    hop_feedback_read(peer, packet, len, now_us);
    hop_route_report_slots(route);
}

void hop_route_audio(struct hop_route *route, const struct hop_audio_tick *tick, int64_t now_us)
{
    hop_route_stir(route, now_us);
    if (!hop_voices_take_tick(route, tick, now_us))
        return;
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        if (hop_route_peer_sending(peer))
            hop_listener_frame(peer, tick, now_us);
    }
}

/* ---- the tick -------------------------------------------------------------------------------- */

static bool publishes(const struct hop_route_peer *peer)
{
    for (int source = 0; source < HOP_SOURCES; source++)
        if (peer->publications[source] && peer->publications[source]->active)
            return true;
    return false;
}

static void tick_slow(struct hop_route *route, int64_t now_us, int64_t wall_us)
{
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        for (int source = 0; source < HOP_SOURCES; source++)
            if (peer->publications[source])
                hop_publication_age(peer->publications[source], now_us);
        hop_line_tick(peer, now_us);
        if (!hop_route_peer_sending(peer))
            continue;
        hop_budget_tick(peer, now_us);
        for (uint8_t s = 0; s < peer->n_slots; s++) {
            hop_slot_settle(peer->slots[s], now_us);
            if (hop_slot_restless(peer->slots[s]))
                hop_route_slots_changed(peer);
        }
        if (hop_report_due(peer, now_us))
            hop_report_send(peer, now_us, wall_us);
    }
    hop_allocate_all_layers(route);
    hop_demand_update(route);
}

/* Repairs, feedback and probes. */
static void tick_fast(struct hop_route *route, int64_t now_us)
{
    bool busy = false;
    /* Where there is not enough of the worker, it matters little what the lines would carry. */
    bool strained = route->relief != 0 && route->relief != HOP_ROUTE_NO_RELIEF;
    int probing = 0;
    for (uint16_t i = 0; i < route->n_active; i++) {
        struct hop_route_peer *peer = route->peers[route->active[i]];
        if (hop_route_peer_sending(peer) &&
            hop_budget_probe(peer, !strained && probing < PROBES_AT_ONCE, now_us))
            probing++;
        if (!publishes(peer))
            continue;
        busy = true;
        hop_report_twcc(peer, now_us);
        hop_report_remb(peer, now_us);
        poll_layers(peer, now_us);
    }
    route->fast_us = INT64_MAX;
    if (probing || busy)
        route->fast_us = now_us + (probing ? HOP_BUDGET_BURST_US : FAST_US);
}

static bool is_idle(const struct hop_route *route, int64_t now_us)
{
    if (now_us - route->stirred_us < STILL_US || route->n_pacing > 0 ||
        route->voices.overlap_us != 0 || route->voices.drain_us != 0)
        return false;
    for (uint16_t i = 0; i < route->n_active; i++) {
        const struct hop_route_peer *peer = route->peers[route->active[i]];
        if (publishes(peer))
            return false;
        for (uint8_t s = 0; s < peer->n_slots; s++)
            if (peer->slots[s]->assigned || peer->slots[s]->current)
                return false;
    }
    return true;
}

int64_t hop_route_tick(struct hop_route *route, int64_t now_us, int64_t wall_us)
{
    route->now_us = now_us;
    if (now_us >= route->slow_us) {
        route->idle = is_idle(route, now_us);
        /* Idle rooms share their wake-ups. */
        route->slow_us = route->idle ? (now_us + IDLE_US) / SLOW_US * SLOW_US : now_us + SLOW_US;
        route->fast_us = now_us;
        tick_slow(route, now_us, wall_us);
        hop_voices_tick(route, now_us);
    }
    if (now_us >= route->fast_us)
        tick_fast(route, now_us);
    bool pacing = hop_pace_run(route, now_us);
    hop_route_report_slots(route);
    int64_t next_us = route->fast_us < route->slow_us ? route->fast_us : route->slow_us;
    if (pacing && next_us > now_us + HOP_PACE_STEP_US)
        next_us = now_us + HOP_PACE_STEP_US;
    return next_us;
}
