/* A media worker: a thread with its own sockets, on which rooms live whole. Between it and the
 * control thread lie two rings, nobody waits. Packets stay on this thread from socket to socket,
 * without a lock, an allocation or a reference count.
 */
#pragma once

#include "media/media.h"
#include "media/net/tcp.h"
#include "media/net/udp.h"
#include "media/pipeline/audio.h"
#include "media/worker/command.h"

struct hop_worker;

struct hop_worker_config {
    uint32_t index;
    struct hop_udp **udp; /* the array is copied, the sockets are owned from success on */
    size_t n_udp;         /* at most HOP_MAX_CANDIDATES */
    struct hop_tcp_listener **listeners; /* likewise */
    size_t n_listeners;
    uint8_t dscp_audio, dscp_video; /* 0..63; 0: unmarked */
    unsigned max_voices;            /* at once where a room forwards voices */
    uint32_t ufrag_key;             /* see hop_worker_ufrag() */
    int64_t unproven_us;            /* life of a TCP connection on which no valid check comes */
    /* The worker's thread: events wait. Must only wake the control thread. */
    void (*news)(void *ctx);
    void *news_ctx;
};

/* Control thread, all but the two that say otherwise. -ENOMEM or another negative errno. */
int hop_worker_new(const struct hop_worker_config *config, struct hop_worker **out);
/* Starts the thread. `audio` is used from then until hop_worker_stop(); NULL: rooms are silent. */
int hop_worker_start(struct hop_worker *worker, struct hop_audio *audio);
/* Says BYE and close_notify to all, and joins the thread. Does nothing if it does not run. */
void hop_worker_stop(struct hop_worker *worker);
/* After hop_worker_stop(). NULL-safe. */
void hop_worker_free(struct hop_worker *worker);

/* False: the ring is full, nothing was taken. */
bool hop_worker_submit(struct hop_worker *worker, const struct hop_worker_command *command);
/* False: there is none. */
bool hop_worker_take_event(struct hop_worker *worker, struct hop_media_event *out);
/* Any thread: ticks of the mix are waiting. */
void hop_worker_wake(struct hop_worker *worker);

/* A local ufrag that names the participant's worker and his index there, so that a check from an
 * unknown address finds him without a table: three characters of both under a key, then random
 * ones. `out` has room for HOP_UFRAG_CHARS and a NUL. Any thread. */
enum { HOP_UFRAG_CHARS = 12 };
struct hop_ufrag_name {
    uint32_t worker; /* below 256 */
    uint32_t index;  /* below 1024 */
};
void hop_worker_ufrag(struct hop_ufrag_name name, uint32_t key, char out[HOP_UFRAG_CHARS + 1]);
/* What such a ufrag names; false: nothing. */
bool hop_worker_ufrag_read(const char *ufrag, size_t len, uint32_t key, struct hop_ufrag_name *out);
