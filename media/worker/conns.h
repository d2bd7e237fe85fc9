/* ICE-TCP: the accepted connections of a worker. Each is a stream of RFC 4571 frames; until a valid
 * STUN check has come on it, it belongs to nobody, counts against HOP_MAX_UNAUTH_TCP and is closed
 * after hop_worker_config.unproven_us. RFC 6544 (passive). The worker's thread. */
#pragma once

#include "media/base/path.h"
#include "media/ice/framing.h"
#include "media/net/tcp.h"

enum { HOP_MAX_TCP_CONNS = 4096 }; /* per worker, authenticated ones included */

struct hop_worker;

struct hop_worker_conn {
    struct hop_tcp_conn *tcp;
    uint32_t id;    /* slot, and a count that makes it new: hop_path.tcp_conn */
    bool owned;     /* a participant has shown a valid check on it */
    bool dead;      /* to be closed at the end of the turn */
    bool dirty;     /* has bytes to flush at the end of the turn */
    bool polls_out; /* waits for the socket to become writable */
    bool listed;    /* in `changed` below */
    uint32_t peer;  /* index of the owner */
    int64_t accepted_us;
    struct hop_framing framing;
};

struct hop_worker_conns {
    struct hop_worker_conn *slots[HOP_MAX_TCP_CONNS];
    uint16_t uses[HOP_MAX_TCP_CONNS]; /* how often a slot was taken */
    uint32_t end;                     /* one past the highest used slot */
    uint32_t n, n_unowned;
    /* Slots that are dirty or dead; twice the slots, as closing one may write on another again. */
    uint32_t changed[2 * HOP_MAX_TCP_CONNS];
    uint32_t n_changed;
    int64_t deadline_us; /* when the oldest unowned one is closed */
};

/* A listener has connections waiting. */
void hop_worker_conns_accept(struct hop_worker *w, struct hop_tcp_listener *listener);
/* One that was accepted elsewhere (the shared port); the descriptor is owned from then on. */
void hop_worker_conns_adopt(struct hop_worker *w, int fd);
/* NULL: gone. */
struct hop_worker_conn *hop_worker_conns_find(struct hop_worker *w, uint32_t id);
/* epoll's word about one connection. */
void hop_worker_conns_event(struct hop_worker *w, uint32_t id, uint32_t events);
/* The connection has shown a valid check of that participant. */
void hop_worker_conns_own(struct hop_worker *w, uint32_t id, uint32_t peer);
/* Queues one frame. `limit`: bytes that may wait on the connection with it. False: it is full or
 * gone. */
bool hop_worker_conns_send(struct hop_worker *w, uint32_t id, const uint8_t *data, size_t len,
                           size_t limit);
/* Closes it at the end of the turn, after a last flush. */
void hop_worker_conns_close(struct hop_worker *w, uint32_t id);
/* The end of a turn: writes, closes. */
void hop_worker_conns_flush(struct hop_worker *w);
/* Closes those that never proved anything. */
void hop_worker_conns_tick(struct hop_worker *w);
/* All of them, at the end. */
void hop_worker_conns_deinit(struct hop_worker *w);
