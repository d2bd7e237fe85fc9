/* A participant on his worker: made and removed by command, kept in step with his transport. The
 * worker's thread. */
#include "media/worker/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMER_GRAIN_US ((int64_t)1000) /* a deadline in the past must not keep the loop busy */

struct hop_worker_peer *hop_worker_peer_find(const struct hop_worker *w, hop_peer_id id)
{
    uint32_t index = hop_slots_index(id);
    if (index >= HOP_MAX_PEERS)
        return NULL;
    struct hop_worker_peer *peer = w->peers[index];
    return peer && peer->id == id ? peer : NULL;
}

/* ---- sending --------------------------------------------------------------------------------- */

void hop_worker_peer_send(struct hop_worker *w, const struct hop_path *path, const uint8_t *data,
                          size_t len)
{
    if (path->tcp) {
        if (!hop_worker_conns_send(w, path->tcp_conn, data, len, HOP_MAX_TCP_QUEUE))
            hop_worker_count_drop(w, HOP_DROP_QUEUE);
        return;
    }
    memcpy(hop_worker_tx_slot(&w->tx), data, len);
    hop_worker_tx_append(&w->tx, len, path, 0);
}

static void send_handshake(struct hop_worker *w, struct hop_worker_peer *peer)
{
    uint8_t datagram[HOP_MTU];
    size_t len;
    while ((len = hop_transport_next(peer->transport, datagram)) > 0) {
        const struct hop_path *path = hop_transport_path(peer->transport);
        if (path)
            hop_worker_peer_send(w, path, datagram, len);
    }
}

/* ---- state ----------------------------------------------------------------------------------- */

void hop_worker_peer_moved(struct hop_worker *w, struct hop_worker_peer *peer)
{
    if (peer->reported == HOP_TRANSPORT_UP)
        hop_worker_report_later(w, peer, HOP_PENDING_PATH);
}

static void came_up(struct hop_worker *w, struct hop_worker_peer *peer,
                    enum hop_transport_state before)
{
    if (before == HOP_TRANSPORT_NEW) {
        hop_route_peer_connected(peer->room->route, peer->index, w->now_us);
        hop_worker_report_later(w, peer, HOP_PENDING_CONNECTED);
        return;
    }
    hop_route_peer_suspended(peer->room->route, peer->index, false, w->now_us);
    peer->pending &= ~(uint32_t)HOP_PENDING_SUSPENDED;
    hop_worker_report_later(w, peer, HOP_PENDING_PATH);
}

static void went_down(struct hop_worker *w, struct hop_worker_peer *peer,
                      enum hop_transport_state before)
{
    if (before == HOP_TRANSPORT_NEW) {
        hop_route_peer_connected(peer->room->route, peer->index, w->now_us);
        hop_worker_report_later(w, peer, HOP_PENDING_CONNECTED);
    }
    hop_route_peer_suspended(peer->room->route, peer->index, true, w->now_us);
    peer->pending &= ~(uint32_t)HOP_PENDING_PATH;
    hop_worker_report_later(w, peer, HOP_PENDING_SUSPENDED);
}

static void is_gone(struct hop_worker *w, struct hop_worker_peer *peer,
                    enum hop_transport_state before)
{
    if (before == HOP_TRANSPORT_UP)
        hop_route_peer_suspended(peer->room->route, peer->index, true, w->now_us);
    hop_worker_report_later(w, peer, HOP_PENDING_GONE);
}

void hop_worker_peer_settle(struct hop_worker *w, struct hop_worker_peer *peer)
{
    /* The path as it is before the verdict: a fatal alert has to leave still. */
    send_handshake(w, peer);
    enum hop_transport_state before = peer->reported;
    enum hop_transport_state now = hop_transport_update(peer->transport, w->now_us);
    send_handshake(w, peer);
    peer->reported = now;
    if (now != before) {
        if (now == HOP_TRANSPORT_UP)
            came_up(w, peer, before);
        else if (now == HOP_TRANSPORT_DOWN)
            went_down(w, peer, before);
        else
            is_gone(w, peer, before);
    }
    peer->deadline_us = hop_transport_deadline(peer->transport, w->now_us);
    if (peer->deadline_us < w->now_us + TIMER_GRAIN_US)
        peer->deadline_us = w->now_us + TIMER_GRAIN_US;
    if (peer->deadline_us < w->peers_deadline_us)
        w->peers_deadline_us = peer->deadline_us;
}

void hop_worker_peer_forget_path(struct hop_worker *w, struct hop_worker_peer *peer,
                                 const struct hop_path *path)
{
    if (!path->tcp) {
        hop_addrmap_remove(w->addresses, &path->remote, path->socket, peer->index);
        return;
    }
    struct hop_worker_conn *c = hop_worker_conns_find(w, path->tcp_conn);
    if (c && c->owned && c->peer == peer->index)
        hop_worker_conns_close(w, path->tcp_conn);
}

/* ---- life ------------------------------------------------------------------------------------ */

void hop_worker_peer_add(struct hop_worker *w, struct hop_worker_room *room, hop_peer_id id,
                         struct hop_worker_peer_spec *spec)
{
    uint32_t index = hop_slots_index(id);
    struct hop_worker_peer *peer = calloc(1, sizeof(*peer));
    int error =
        peer ? hop_route_peer_add(room->route, index, id, &spec->desc, &spec->local) : -ENOMEM;
    if (error != 0) {
        struct hop_media_event event = { .type = HOP_MEDIA_GONE, .room = room->id, .peer = id };
        event.gone = HOP_GONE_DTLS;
        hop_error("participant %llx cannot be added: %s", (unsigned long long)id, strerror(-error));
        hop_worker_report(w, &event);
        free(peer);
        return;
    }
    peer->index = index;
    peer->id = id;
    peer->room = room;
    peer->transport = spec->transport;
    peer->tx_line.ctx = peer->transport;
    spec->transport = NULL;
    w->peers[index] = peer;
    if (index >= w->peers_end)
        w->peers_end = index + 1;
    w->n_peers++;
    room->n_peers++;
    hop_worker_mix_add_peer(peer);
    room->deadline_us = w->rooms_deadline_us = w->now_us;
    hop_worker_peer_settle(w, peer);
}

void hop_worker_peer_seat(struct hop_worker_peer *peer, uint16_t hall, bool chair)
{
    peer->hall = hall;
    peer->leads = chair;
    hop_worker_mix_peer_changed(peer, HOP_MIX_SEAT);
    hop_route_set_seat(peer->room->route, peer->index, hall, chair, peer->room->worker->now_us);
}

void hop_worker_peer_restart(struct hop_worker *w, struct hop_worker_peer *peer,
                             const struct hop_worker_peer_spec *spec)
{
    int error = hop_transport_restart(peer->transport, spec->local.ufrag, spec->local.pwd,
                                      spec->desc.remote_ufrag, w->now_us);
    if (error == 0)
        error = hop_route_peer_update(peer->room->route, peer->index, &spec->desc, &spec->local,
                                      w->now_us);
    if (error != 0)
        hop_error("ICE restart of %llx: %s", (unsigned long long)peer->id, strerror(-error));
    hop_worker_peer_settle(w, peer);
}

static void forget_paths(struct hop_worker *w, struct hop_worker_peer *peer)
{
    struct hop_path paths[HOP_MAX_PATHS];
    size_t n = hop_transport_paths(peer->transport, paths);
    for (size_t i = 0; i < n; i++)
        hop_worker_peer_forget_path(w, peer, &paths[i]);
    /* Whatever else may still name him: his index is given to somebody else soon. */
    hop_addrmap_remove_value(w->addresses, peer->index);
    for (uint32_t i = 0; i < w->conns.end; i++) {
        struct hop_worker_conn *c = w->conns.slots[i];
        if (c && c->owned && c->peer == peer->index)
            hop_worker_conns_close(w, c->id);
    }
}

void hop_worker_peer_remove(struct hop_worker *w, struct hop_worker_peer *peer)
{
    struct hop_worker_room *room = peer->room;
    bool bye = hop_transport_sendable(peer->transport);
    hop_route_peer_remove(room->route, peer->index, bye, w->now_us);
    hop_transport_close(peer->transport);
    send_handshake(w, peer);
    hop_worker_mix_remove_peer(peer);
    forget_paths(w, peer);
    w->peers[peer->index] = NULL;
    w->n_peers--;
    room->n_peers--;
    hop_worker_tx_forget(&w->tx, &peer->tx_line);
    hop_transport_free(peer->transport);
    free(peer);
}

static void tick_peer(struct hop_worker *w, struct hop_worker_peer *peer)
{
    struct hop_path expired;
    while (hop_transport_expire(peer->transport, w->now_us, &expired))
        hop_worker_peer_forget_path(w, peer, &expired);
    hop_worker_peer_settle(w, peer);
}

void hop_worker_peers_tick(struct hop_worker *w)
{
    if (w->now_us < w->peers_deadline_us)
        return;
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < w->peers_end; i++) {
        struct hop_worker_peer *peer = w->peers[i];
        if (!peer)
            continue;
        if (peer->deadline_us <= w->now_us)
            tick_peer(w, peer);
        if (peer->deadline_us < next)
            next = peer->deadline_us;
    }
    w->peers_deadline_us = next;
}
