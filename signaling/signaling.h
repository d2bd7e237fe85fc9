/* The meeting service: WebSocket sessions, rooms, participants, chat. All state lives on the
 * control thread, the libwebsockets loop; nothing here locks.
 *
 * Called by: server/. Owns: every room and session. Uses: media/media.h for the relay,
 * signaling/host.h for storage. Protocol: docs/protocol.md.
 */
#pragma once

#include "media/media.h"
#include "signaling/admission.h"
#include "signaling/host.h"

#include <libwebsockets.h>

struct hop_signaling;

struct hop_signaling_config {
    struct hop_admission_limits limits;
    int resume_timeout_ms;       /* 30000: how long a lost session is kept */
    const char *video_codecs;    /* in order of preference, "VP8,H264" */
    struct hop_room_audio audio; /* of a new room */
    const struct hop_host *host;
    void *host_ctx;
};

/* `media` must outlive it. -ENOMEM, -EINVAL (a codec that hop does not know). */
int hop_signaling_new(const struct hop_signaling_config *config, struct hop_media *media,
                      struct hop_signaling **out);
/* After the lws context is destroyed: its callbacks use it. NULL-safe. */
void hop_signaling_free(struct hop_signaling *signaling);

/* The protocol entry for the vhost; its name is "hop.v1". The server puts it into its table and its
 * `user` is the hop_signaling. */
struct lws_protocols hop_signaling_protocol(struct hop_signaling *signaling);

/* The loop woke (LWS_CALLBACK_EVENT_WAIT_CANCELLED): takes the relay's events. */
void hop_signaling_wake(struct hop_signaling *signaling);

/* Timers; call when the time it returned has come (monotonic µs), with the lws loop's clock. */
int64_t hop_signaling_tick(struct hop_signaling *signaling, int64_t now_us);

/* Tells every participant `stopping` and closes with 1001. */
void hop_signaling_stop(struct hop_signaling *signaling, int retry_after_ms);

/* The meeting changed in the store (time, title, cancelled): waiting people are let in or told,
 * a cancelled running meeting ends. */
void hop_signaling_room_changed(struct hop_signaling *signaling, const char *code);

/* The account may no longer sign in: whoever is in a meeting with it is put out (4002). */
void hop_signaling_user_removed(struct hop_signaling *signaling, int64_t user_id);

/* How many are in the room now; -1: the room is not running. */
int hop_signaling_room_count(const struct hop_signaling *signaling, const char *code);
/* How many wait in its lobby; 0 also when it is not running. */
int hop_signaling_lobby_count(const struct hop_signaling *signaling, const char *code);

/* A room as text: who is in it, streams, estimates, the last decisions. `cb` is called once, at
 * once or later; text NULL: the room went meanwhile, or the service ends. -ENOENT: no such room
 * runs; -EAGAIN: its worker is too busy; `cb` is not called then. */
typedef void (*hop_dump_cb)(void *ctx, const char *text);
int hop_signaling_room_dump(struct hop_signaling *signaling, const char *code, hop_dump_cb cb,
                            void *ctx);

/* For the operators' page and /metrics: calls back once per room, then its participants. */
struct hop_live_participant {
    const char *id, *name, *role, *line, *path, *srtp; /* path: "udp", "tcp", "" */
    struct hop_stream_stats stats;
    bool microphone, camera, screen;
    /* what his client measures itself; negative: it has not said. Losses 0..1. */
    double client_rtt_ms, client_jitter_ms, client_loss_up, client_loss_down, client_fps;
};
struct hop_live_ops {
    void (*room)(void *ctx, const char *code, const char *title, int64_t started_at_us);
    void (*participant)(void *ctx, const struct hop_live_participant *p);
    void (*worker)(void *ctx, const struct hop_worker_stats *w, double cpu /* of a core, 0..1 */);
};
void hop_signaling_live(const struct hop_signaling *signaling, const struct hop_live_ops *ops,
                        void *ctx);
