/* What the files of this folder share: the worker's own state. The worker's thread only. */
#pragma once

#include "media/base/addrmap.h"
#include "media/base/ring.h"
#include "media/base/slots.h"
#include "media/base/thread.h"
#include "media/route/route.h"
#include "media/worker/conns.h"
#include "media/worker/load.h"
#include "media/worker/mixing.h"
#include "media/worker/relief.h"
#include "media/worker/tx.h"
#include "media/worker/worker.h"

#include <pthread.h>

#define HOP_LOG_MODULE "worker"
#include "media/base/log.h"

/* What an epoll event is about: the kind above, an index or a connection's id below. */
#define HOP_WORKER_EPOLL_KIND     ((uint64_t)7 << 32)
#define HOP_WORKER_EPOLL_WAKE     ((uint64_t)1 << 32)
#define HOP_WORKER_EPOLL_UDP      ((uint64_t)2 << 32)
#define HOP_WORKER_EPOLL_LISTENER ((uint64_t)3 << 32)
#define HOP_WORKER_EPOLL_CONN     ((uint64_t)4 << 32)

struct hop_worker_room;

enum { HOP_WORKER_MIX_GONE = 256 };

/* What of a participant the control thread has yet to be told. Kept as state, not as a queue: a
 * full ring delays news, it never loses it, and what was overtaken is not said. */
enum hop_worker_pending {
    HOP_PENDING_CONNECTED = 1u << 0,
    HOP_PENDING_SUSPENDED = 1u << 1,
    HOP_PENDING_PATH = 1u << 2,
    HOP_PENDING_SLOTS = 1u << 3,
    HOP_PENDING_GONE = 1u << 4,
    HOP_PENDING_VOICES = 1u << 5,
    HOP_PENDING_VOICE_LEVEL = 1u << 6,
    HOP_PENDING_LINE = 1u << 7,
};

struct hop_worker_peer {
    uint32_t index; /* in hop_worker.peers, and the name towards route and mix */
    hop_peer_id id;
    struct hop_worker_room *room;
    struct hop_transport *transport;
    struct hop_worker_tx_line tx_line; /* its ctx is the transport */
    enum hop_transport_state reported; /* what route and control know */
    int64_t deadline_us;
    uint32_t pending;                                 /* hop_worker_pending */
    uint32_t active, pending_tracks, pending_demands; /* source masks */
    int8_t demand[HOP_SOURCES];
    struct hop_line_state line;
    uint8_t n_slots;
    struct hop_slot_state slots[HOP_MAX_SLOTS];
    uint16_t hall; /* 0: none */
    bool leads;
    uint16_t mix_loss;   /* of his line, as the mix is to know it; permille */
    uint32_t mix_unsaid; /* hop_worker_mix_unsaid */
    uint8_t n_voices;
    struct hop_voice_state voices[HOP_MAX_VOICES];
    int8_t voice_dbov;
    enum hop_voice_verdict voice_verdict;
};

struct hop_worker_room {
    struct hop_worker *worker;
    hop_room_id id;
    struct hop_route *route;
    bool levelling;
    uint32_t mix_unsaid; /* hop_worker_mix_unsaid */
    uint32_t n_peers;
    int64_t deadline_us; /* of the route */
    /* who is heard: as of the last tick, and as last told */
    uint8_t n_speaking, n_told;
    uint32_t speaking[HOP_MAX_TALKERS], told[HOP_MAX_TALKERS];
    uint8_t levels[HOP_MAX_TALKERS];
    uint32_t told_dominant; /* UINT32_MAX: nobody */
    int64_t last_tick_us, last_told_us;
};

struct hop_worker {
    struct hop_thread_mark thread;
    pthread_t pthread;
    bool running;
    _Atomic bool stopping;
    uint32_t index;
    struct hop_worker_config config;
    int epoll;
    struct hop_wake wake;
    struct hop_ring *commands, *events;
    struct hop_audio *audio;

    struct hop_udp *udp[HOP_MAX_CANDIDATES];
    struct hop_tcp_listener *listeners[HOP_MAX_CANDIDATES];
    struct hop_udp_inbox *inbox;
    struct hop_worker_tx tx;
    struct hop_worker_conns conns;
    struct hop_addrmap *addresses; /* proven UDP addresses → peer index */

    struct hop_worker_peer *peers[HOP_MAX_PEERS];
    uint32_t peers_end; /* one past the highest used index */
    struct hop_worker_room *rooms[HOP_MAX_ROOMS];
    uint32_t rooms_end;
    uint32_t n_peers, n_rooms;

    int64_t now_us; /* read once per turn and batch of packets */
    bool behind;    /* a socket was not read until empty in this turn */
    struct hop_worker_load load;
    struct hop_relief relief;
    uint64_t overflows; /* of the sockets, when relief was looked at last */
    int64_t peers_deadline_us, rooms_deadline_us, second_deadline_us;
    bool mix_unsaid; /* of some room or peer, or there are mix_gone */
    uint32_t n_mix_gone;
    struct hop_worker_mix_gone mix_gone[HOP_WORKER_MIX_GONE];
    bool any_pending; /* some peer has something pending */
    bool news;        /* events were pushed in this turn */
    uint64_t rx_packets, rx_bytes, tcp_tx_packets, tcp_tx_bytes;
    uint64_t drops[HOP_DROPS];
};

static inline void hop_worker_count_drop(struct hop_worker *w, enum hop_drop reason)
{
    w->drops[reason]++;
}

/* ---- peer.c ---------------------------------------------------------------------------------- */

/* The participant of that id, or NULL. */
struct hop_worker_peer *hop_worker_peer_find(const struct hop_worker *w, hop_peer_id id);
/* Where he sits, and whether he leads. */
void hop_worker_peer_seat(struct hop_worker_peer *peer, uint16_t hall, bool chair);
/* Takes over the spec's transport. */
void hop_worker_peer_add(struct hop_worker *w, struct hop_worker_room *room, hop_peer_id id,
                         struct hop_worker_peer_spec *spec);
void hop_worker_peer_restart(struct hop_worker *w, struct hop_worker_peer *peer,
                             const struct hop_worker_peer_spec *spec);
/* Says BYE and close_notify, then forgets him. */
void hop_worker_peer_remove(struct hop_worker *w, struct hop_worker_peer *peer);
/* After input or at a deadline: sends what DTLS has to say, and tells route and control how the
 * line is if that changed. */
void hop_worker_peer_settle(struct hop_worker *w, struct hop_worker_peer *peer);
/* One datagram or frame as it is, to where the participant is now. */
void hop_worker_peer_send(struct hop_worker *w, const struct hop_path *path, const uint8_t *data,
                          size_t len);
/* The selected path changed while the line is up. */
void hop_worker_peer_moved(struct hop_worker *w, struct hop_worker_peer *peer);
/* That path is no longer his. */
void hop_worker_peer_forget_path(struct hop_worker *w, struct hop_worker_peer *peer,
                                 const struct hop_path *path);
/* Everyone's deadlines. */
void hop_worker_peers_tick(struct hop_worker *w);

/* ---- room.c ---------------------------------------------------------------------------------- */

struct hop_worker_room *hop_worker_room_find(const struct hop_worker *w, hop_room_id id);
void hop_worker_room_add(struct hop_worker *w, hop_room_id id);
void hop_worker_room_remove(struct hop_worker *w, struct hop_worker_room *room);
void hop_worker_room_audio(struct hop_worker_room *room, const struct hop_room_audio *audio);
void hop_worker_rooms_tick(struct hop_worker *w);
/* Takes the frames that the mix has ready. */
void hop_worker_rooms_audio(struct hop_worker *w);

/* ---- receive.c ------------------------------------------------------------------------------- */

/* One datagram or TCP frame; it may be changed in place. */
void hop_worker_receive(struct hop_worker *w, const struct hop_path *path, uint8_t *data,
                        size_t len);
/* What one UDP socket has. */
void hop_worker_receive_udp(struct hop_worker *w, uint16_t socket);

/* ---- report.c -------------------------------------------------------------------------------- */

/* False: the ring is full. */
bool hop_worker_report(struct hop_worker *w, const struct hop_media_event *event);
void hop_worker_report_later(struct hop_worker *w, struct hop_worker_peer *peer, uint32_t pending);
/* Pushes what is pending, as far as it goes. */
void hop_worker_report_pending(struct hop_worker *w);
void hop_worker_report_second(struct hop_worker *w);
void hop_worker_dump(const struct hop_worker *w);
void hop_worker_room_dump(struct hop_worker *w, const struct hop_worker_room *room, uint64_t token);
