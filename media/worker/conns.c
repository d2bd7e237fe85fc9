/* ICE-TCP connections; see conns.h. The worker's thread. */
#include "media/worker/state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum {
    READ_BYTES = 16384,
    READS_PER_EVENT = 4, /* then the others have their turn */
    SLOT_MASK = HOP_MAX_TCP_CONNS - 1,
};

_Static_assert((HOP_MAX_TCP_CONNS & SLOT_MASK) == 0 && HOP_MAX_TCP_CONNS <= 65536, "slot bits");

static uint32_t slot_of(uint32_t id)
{
    return id & SLOT_MASK;
}

struct hop_worker_conn *hop_worker_conns_find(struct hop_worker *w, uint32_t id)
{
    struct hop_worker_conn *c = w->conns.slots[slot_of(id)];
    return c && c->id == id ? c : NULL;
}

static void changed(struct hop_worker *w, struct hop_worker_conn *c)
{
    if (!c->listed)
        w->conns.changed[w->conns.n_changed++] = slot_of(c->id);
    c->listed = true;
}

static void kill_conn(struct hop_worker *w, struct hop_worker_conn *c)
{
    c->dead = true;
    changed(w, c);
}

void hop_worker_conns_close(struct hop_worker *w, uint32_t id)
{
    struct hop_worker_conn *c = hop_worker_conns_find(w, id);
    if (c)
        kill_conn(w, c);
}

static int poll_for(struct hop_worker *w, const struct hop_worker_conn *c, int op, bool out)
{
    struct epoll_event ev = { .events = EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0),
                              .data.u64 = HOP_WORKER_EPOLL_CONN | c->id };
    return epoll_ctl(w->epoll, op, hop_tcp_fd(c->tcp), &ev);
}

static void add(struct hop_worker *w, struct hop_tcp_conn *tcp)
{
    struct hop_worker_conns *conns = &w->conns;
    uint32_t slot = 0;
    while (slot < HOP_MAX_TCP_CONNS && conns->slots[slot])
        slot++;
    struct hop_worker_conn *c = slot < HOP_MAX_TCP_CONNS ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        hop_tcp_close(tcp);
        return;
    }
    c->tcp = tcp;
    c->id = (uint32_t)conns->uses[slot]++ * HOP_MAX_TCP_CONNS + slot;
    c->accepted_us = w->now_us;
    if (poll_for(w, c, EPOLL_CTL_ADD, false) != 0) {
        hop_tcp_close(tcp);
        free(c);
        return;
    }
    conns->slots[slot] = c;
    conns->n++;
    conns->n_unowned++;
    if (slot >= conns->end)
        conns->end = slot + 1;
    if (conns->deadline_us > c->accepted_us + w->config.unproven_us)
        conns->deadline_us = c->accepted_us + w->config.unproven_us;
}

static void admit(struct hop_worker *w, struct hop_tcp_conn *tcp)
{
    if (w->conns.n_unowned < HOP_MAX_UNAUTH_TCP) {
        add(w, tcp);
    } else {
        hop_tcp_close(tcp);
        hop_worker_count_drop(w, HOP_DROP_STRANGER);
    }
}

void hop_worker_conns_accept(struct hop_worker *w, struct hop_tcp_listener *listener)
{
    struct hop_tcp_conn *tcp;
    while (hop_tcp_accept(listener, &tcp) == 0)
        admit(w, tcp);
}

void hop_worker_conns_adopt(struct hop_worker *w, int fd)
{
    struct hop_tcp_conn *tcp;
    if (hop_tcp_adopt(fd, &tcp) == 0)
        admit(w, tcp);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* False: the stream is of no use any more. */
static bool take_chunk(struct hop_worker *w, struct hop_worker_conn *c, const uint8_t *data,
                       size_t len)
{
    struct hop_path path = { .tcp = true, .tcp_conn = c->id, .remote = *hop_tcp_remote(c->tcp) };
    while (!c->dead) {
        uint8_t *frame;
        size_t frame_len;
        switch (hop_framing_read(&c->framing, &data, &len, &frame, &frame_len)) {
        case HOP_FRAMING_FRAME:
            w->rx_packets++;
            w->rx_bytes += frame_len;
            hop_worker_receive(w, &path, frame, frame_len);
            break;
        case HOP_FRAMING_MORE:
            return true;
        case HOP_FRAMING_OVERSIZE:
            hop_worker_count_drop(w, HOP_DROP_MALFORMED);
            return false;
        }
    }
    return true;
}

static void read_conn(struct hop_worker *w, struct hop_worker_conn *c)
{
    uint8_t chunk[READ_BYTES];
    for (int i = 0; i < READS_PER_EVENT && !c->dead; i++) {
        ssize_t n = hop_tcp_recv(c->tcp, chunk, sizeof(chunk));
        if (n == -EAGAIN)
            return;
        if (n <= 0 || !take_chunk(w, c, chunk, (size_t)n)) {
            kill_conn(w, c);
            return;
        }
        if ((size_t)n < sizeof(chunk))
            return;
    }
}

void hop_worker_conns_event(struct hop_worker *w, uint32_t id, uint32_t events)
{
    struct hop_worker_conn *c = hop_worker_conns_find(w, id);
    if (!c || c->dead)
        return;
    if (events & EPOLLOUT) {
        c->dirty = true;
        changed(w, c);
    }
    if (events & ~(uint32_t)EPOLLOUT)
        read_conn(w, c);
}

void hop_worker_conns_own(struct hop_worker *w, uint32_t id, uint32_t peer)
{
    struct hop_worker_conn *c = hop_worker_conns_find(w, id);
    if (!c || c->owned)
        return;
    c->owned = true;
    c->peer = peer;
    w->conns.n_unowned--;
}

/* ---- writing --------------------------------------------------------------------------------- */

bool hop_worker_conns_send(struct hop_worker *w, uint32_t id, const uint8_t *data, size_t len,
                           size_t limit)
{
    struct hop_worker_conn *c = hop_worker_conns_find(w, id);
    uint8_t header[HOP_FRAMING_HEADER];
    if (!c || c->dead || len > HOP_MAX_TCP_FRAME)
        return false;
    hop_framing_write(header, len);
    if (hop_tcp_queue(c->tcp, header, sizeof(header), data, len, limit) != 0)
        return false;
    w->tcp_tx_packets++;
    w->tcp_tx_bytes += len;
    c->dirty = true;
    changed(w, c);
    return true;
}

static void flush_conn(struct hop_worker *w, struct hop_worker_conn *c)
{
    c->dirty = false;
    if (hop_tcp_flush(c->tcp) != 0) {
        c->dead = true;
        return;
    }
    bool waits = hop_tcp_queued(c->tcp) > 0;
    if (waits != c->polls_out && poll_for(w, c, EPOLL_CTL_MOD, waits) == 0)
        c->polls_out = waits;
}

static void free_conn(struct hop_worker *w, struct hop_worker_conn *c)
{
    w->conns.slots[slot_of(c->id)] = NULL;
    w->conns.n--;
    if (!c->owned)
        w->conns.n_unowned--;
    hop_tcp_close(c->tcp); /* leaves epoll by itself: nobody else holds the descriptor */
    free(c);
}

/* The owner, if there is one and he still lives, loses the path. */
static void bury(struct hop_worker *w, struct hop_worker_conn *c)
{
    struct hop_path path = { .tcp = true, .tcp_conn = c->id, .remote = *hop_tcp_remote(c->tcp) };
    struct hop_worker_peer *peer = c->owned ? w->peers[c->peer] : NULL;
    free_conn(w, c);
    if (!peer)
        return;
    hop_transport_path_lost(peer->transport, &path);
    hop_worker_peer_settle(w, peer);
}

void hop_worker_conns_flush(struct hop_worker *w)
{
    struct hop_worker_conns *conns = &w->conns;
    /* The burial of one may write on another, which is then appended here and flushed as well. */
    for (uint32_t i = 0; i < conns->n_changed; i++) {
        struct hop_worker_conn *c = conns->slots[conns->changed[i]];
        if (!c || !c->listed)
            continue;
        c->listed = false;
        if (c->dirty)
            flush_conn(w, c);
        if (c->dead)
            bury(w, c);
    }
    conns->n_changed = 0;
}

void hop_worker_conns_tick(struct hop_worker *w)
{
    struct hop_worker_conns *conns = &w->conns;
    if (w->now_us < conns->deadline_us)
        return;
    conns->deadline_us = INT64_MAX;
    for (uint32_t i = 0; i < conns->end; i++) {
        struct hop_worker_conn *c = conns->slots[i];
        if (!c || c->owned)
            continue;
        int64_t until = c->accepted_us + w->config.unproven_us;
        if (until <= w->now_us)
            kill_conn(w, c);
        else if (until < conns->deadline_us)
            conns->deadline_us = until;
    }
}

void hop_worker_conns_deinit(struct hop_worker *w)
{
    for (uint32_t i = 0; i < w->conns.end; i++)
        if (w->conns.slots[i])
            free_conn(w, w->conns.slots[i]);
}
