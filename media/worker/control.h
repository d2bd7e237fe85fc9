/* The control thread's side of the relay: what it knows of rooms and participants. Shared by
 * media.c (the door) and control.c (keeping the workers in step). Control thread only. */
#pragma once

#include "media/base/slots.h"
#include "media/base/thread.h"
#include "media/media.h"
#include "media/worker/sockets.h"
#include "media/worker/worker.h"

enum { HOP_MAX_WORKERS = 64 };

/* A removal or a mute must reach the worker even if its ring is full now: it is kept as state here
 * and said as soon as there is room. */
struct hop_media_room {
    hop_room_id id;
    bool closing;      /* removed, but the worker does not know yet */
    bool audio_unsaid; /* the worker has not heard of `audio` yet */
    struct hop_room_audio audio;
};

struct hop_media_peer {
    hop_peer_id id;
    hop_room_id room;
    bool closing;
    bool allowed_unsaid; /* the worker has not heard of `allowed` yet */
    bool seat_unsaid;    /* nor of hall and chair */
    uint32_t allowed;
    uint16_t hall;
    bool chair;
    struct hop_peer_desc desc;
    struct hop_peer_local local;
};

struct hop_media_worker {
    struct hop_worker *worker;
    struct hop_slots *rooms, *peers; /* hop_media_room, hop_media_peer; owned */
    struct hop_candidate candidates[HOP_MAX_CANDIDATES];
    uint8_t n_candidates;
    uint16_t busy_permille; /* as it said last */
};

struct hop_media {
    struct hop_thread_mark thread;
    struct hop_dtls_cert *cert;
    struct hop_audio *audio;
    int64_t timeout_us;
    uint32_t ufrag_key;
    _Atomic bool news; /* the control thread was woken and has not looked yet */
    void (*wake)(void *ctx);
    void *wake_ctx;
    uint32_t unsaid; /* how many of rooms' and participants' flags closing and …_unsaid are set */
    uint32_t next_polled;
    struct hop_media_address addresses[HOP_MAX_CANDIDATES];
    size_t n_addresses;
    uint32_t n_workers;
    struct hop_media_worker workers[HOP_MAX_WORKERS];
};

/* The worker whose tag the id carries; NULL: none. */
struct hop_media_worker *hop_media_worker_of(struct hop_media *m, uint64_t id);
/* NULL also for what is closing. */
struct hop_media_room *hop_media_find_room(struct hop_media *m, hop_room_id id);
struct hop_media_peer *hop_media_find_peer(struct hop_media *m, hop_peer_id id);

/* Tells the worker, now or as soon as its ring has room; then forgets it. */
void hop_media_close_room(struct hop_media *m, struct hop_media_room *room);
void hop_media_close_peer(struct hop_media *m, struct hop_media_peer *peer);
void hop_media_say_allowed(struct hop_media *m, struct hop_media_peer *peer, uint32_t mask);
void hop_media_say_seat(struct hop_media *m, struct hop_media_peer *peer);
void hop_media_say_audio(struct hop_media *m, struct hop_media_room *room);
/* Says what could not be said before, as far as it goes. */
void hop_media_catch_up(struct hop_media *m);

/* ---- describe.c: what goes into an answer ---------------------------------------------------- */

/* 0, or -EINVAL: the description breaks a limit or is inconsistent. */
int hop_media_check_desc(const struct hop_peer_desc *desc);
/* 0, or -EINVAL: `next` is not the same participant's offer with new ICE credentials and, perhaps,
 * more slots. */
int hop_media_check_restart(const struct hop_peer_desc *before, const struct hop_peer_desc *next);
/* Credentials, candidates, SSRCs and CNAME for a new participant. */
void hop_media_describe(const struct hop_media *m, const struct hop_media_worker *w,
                        hop_peer_id peer, const struct hop_peer_desc *desc,
                        struct hop_peer_local *out);
/* The same after a restart: new credentials, SSRCs for the slots that are new. */
void hop_media_describe_restart(const struct hop_media *m, hop_peer_id peer,
                                const struct hop_peer_desc *before,
                                const struct hop_peer_desc *next, struct hop_peer_local *local);
