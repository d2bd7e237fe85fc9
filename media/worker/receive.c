/* The way in: what a datagram is (RFC 7983), whose it is, and on to ICE, DTLS or the room's route.
 * The worker's thread.
 *
 * An address is a participant's only after an authenticated STUN check has come from it; everything
 * else from it before that is a stranger's, and is counted. */
#include "media/worker/state.h"

#include "media/base/clock.h"
#include "media/ice/stun.h"

enum { BATCHES_PER_EVENT = 16 };     /* then the timers and the other sockets have their turn */
#define RECEIVING_US ((int64_t)1000) /* the same, and what is to be sent has waited long enough */

static struct hop_worker_peer *owner_of(struct hop_worker *w, const struct hop_path *path)
{
    uint32_t index;
    if (path->tcp) {
        struct hop_worker_conn *c = hop_worker_conns_find(w, path->tcp_conn);
        return c && c->owned ? w->peers[c->peer] : NULL;
    }
    if (!hop_addrmap_get(w->addresses, &path->remote, path->socket, &index))
        return NULL;
    return w->peers[index];
}

/* ---- STUN ------------------------------------------------------------------------------------ */

/* Whom a request names; for what carries no name, whose address it is. */
static struct hop_worker_peer *addressee(struct hop_worker *w, const struct hop_path *path,
                                         const struct hop_stun *msg)
{
    const char *receiver, *sender;
    size_t receiver_len, sender_len;
    if (!hop_stun_username_split(msg, &receiver, &receiver_len, &sender, &sender_len))
        return owner_of(w, path);
    struct hop_ufrag_name name;
    if (!hop_worker_ufrag_read(receiver, receiver_len, w->config.ufrag_key, &name))
        return NULL;
    return name.worker == w->index && name.index < HOP_MAX_PEERS ? w->peers[name.index] : NULL;
}

static void accepted(struct hop_worker *w, struct hop_worker_peer *peer,
                     const struct hop_path *path, const struct hop_ice_result *result)
{
    if (result->path_evicted)
        hop_worker_peer_forget_path(w, peer, &result->evicted);
    if (path->tcp)
        hop_worker_conns_own(w, path->tcp_conn, peer->index);
    else if (result->path_new &&
             hop_addrmap_put(w->addresses, &path->remote, path->socket, peer->index) != 0)
        hop_debug("no room to remember an address");
    if (result->selected_changed)
        hop_worker_peer_moved(w, peer);
}

static void receive_stun(struct hop_worker *w, const struct hop_path *path, const uint8_t *data,
                         size_t len)
{
    struct hop_stun msg;
    if (hop_stun_parse(data, len, &msg) != HOP_STUN_OK) {
        hop_worker_count_drop(w, HOP_DROP_MALFORMED);
        return;
    }
    struct hop_worker_peer *peer = addressee(w, path, &msg);
    struct hop_worker_peer *owner = path->tcp ? owner_of(w, path) : NULL;
    if (!peer || (owner && owner != peer)) {
        hop_worker_count_drop(w, HOP_DROP_STUN_AUTH);
        return;
    }
    uint8_t answer[HOP_STUN_MAX_BUILT];
    struct hop_ice_result result;
    hop_transport_stun(peer->transport, path, data, len, w->now_us, answer, &result);
    if (result.verdict == HOP_ICE_REFUSED)
        hop_worker_count_drop(w, HOP_DROP_STUN_AUTH);
    if (result.answer_len > 0)
        hop_worker_peer_send(w, path, answer, result.answer_len);
    if (result.verdict != HOP_ICE_ACCEPTED)
        return;
    accepted(w, peer, path, &result);
    hop_worker_peer_settle(w, peer);
}

/* ---- DTLS, RTP, RTCP ------------------------------------------------------------------------- */

static bool is_rtcp(const uint8_t *data)
{
    return data[1] >= 192 && data[1] <= 223; /* RFC 5761 §4 */
}

static void receive_media(struct hop_worker *w, struct hop_worker_peer *peer, uint8_t *data,
                          size_t len)
{
    enum hop_drop why;
    bool rtcp = len >= 2 && is_rtcp(data);
    if (!hop_transport_unprotect(peer->transport, rtcp, data, &len, w->now_us, &why)) {
        hop_worker_count_drop(w, why);
        return;
    }
    if (peer->reported == HOP_TRANSPORT_DOWN)
        hop_worker_peer_settle(w, peer); /* he is heard again */
    if (rtcp)
        hop_route_rtcp(peer->room->route, peer->index, data, len, w->now_us);
    else
        hop_route_rtp(peer->room->route, peer->index, data, len, w->now_us);
}

static void receive_owned(struct hop_worker *w, struct hop_worker_peer *peer, uint8_t *data,
                          size_t len)
{
    if (data[0] >= 128 && data[0] <= 191) {
        receive_media(w, peer, data, len);
    } else if (data[0] >= 20 && data[0] <= 63) {
        hop_transport_dtls(peer->transport, data, len, w->now_us);
        hop_worker_peer_settle(w, peer);
    } else {
        hop_worker_count_drop(w, HOP_DROP_MALFORMED);
    }
}

void hop_worker_receive(struct hop_worker *w, const struct hop_path *path, uint8_t *data,
                        size_t len)
{
    if (len == 0 || len > HOP_MAX_DATAGRAM) {
        hop_worker_count_drop(w, HOP_DROP_MALFORMED);
        return;
    }
    if (data[0] <= 3) {
        receive_stun(w, path, data, len);
        return;
    }
    struct hop_worker_peer *peer = owner_of(w, path);
    if (peer)
        receive_owned(w, peer, data, len);
    else
        hop_worker_count_drop(w, HOP_DROP_STRANGER);
}

/* Until there is nothing left: what has arrived meanwhile leaves in the same runs as what came
 * first, so the fuller the worker, the longer the runs. */
void hop_worker_receive_udp(struct hop_worker *w, uint16_t socket)
{
    struct hop_udp_datagram *datagrams;
    int64_t until_us = w->now_us + RECEIVING_US;
    for (int batch = 0; batch < BATCHES_PER_EVENT && w->now_us < until_us; batch++) {
        size_t n = hop_udp_recv(w->udp[socket], w->inbox, &datagrams);
        if (n == 0)
            return;
        for (size_t i = 0; i < n; i++) {
            struct hop_path path = { .socket = socket, .remote = datagrams[i].from };
            w->rx_packets++;
            w->rx_bytes += datagrams[i].len;
            if (datagrams[i].truncated)
                hop_worker_count_drop(w, HOP_DROP_MALFORMED);
            else
                hop_worker_receive(w, &path, datagrams[i].data, datagrams[i].len);
        }
        w->now_us = hop_now_us();
    }
    w->behind = true;
}
