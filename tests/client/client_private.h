/* Shared by client.c (signaling), client_media.c, client_state.c and client_wait.c only. */
#pragma once

#include "tests/client/client.h"
#include "tests/client/ws.h"

struct hop_client {
    struct hop_client_loop *loop;
    struct hop_client_config config;
    char *texts[5]; /* owned strings of config */
    struct hop_client_ws *ws;
    struct hop_client_timer timer;
    enum hop_client_state state;
    char *error, *close_why;
    int close_code;

    bool resuming;
    int next_id, join_id, offer_id, ping_id;
    int64_t ping_us; /* next ping */
    char *session, *secret, *key, *id;
    json_t *answers;         /* id → whole frame */
    json_t *events;          /* array */
    json_t *counts, *newest; /* event name → count, data */
    json_int_t seq;          /* of the newest notification; -1: none on this connection */
    unsigned seq_gaps, malformed;
    json_t *participants, *slots, *snapshot;

    struct hop_client_transport *transport;
    struct hop_client_sender *sender;
    struct hop_client_receiver *receiver;
    uint64_t session_number; /* of o= */
    unsigned offer_version;
    bool new_socket;
    char *answer_sdp;
    uint32_t enabled; /* source mask */
    bool sources_set;
    struct hop_client_times times;
    char *(*offer_hook)(void *ctx, const char *sdp);
    void *offer_hook_ctx;
};

/* client_media.c. The offer is the caller's (free). */
char *hop_client_media_offer(struct hop_client *c, bool restart);
int hop_client_media_answer(struct hop_client *c, const char *sdp);
/* Returns when it wants to be called next. */
int64_t hop_client_media_tick(struct hop_client *c, int64_t now_us);
void hop_client_media_close(struct hop_client *c); /* close_notify */
void hop_client_media_drop(struct hop_client *c);

/* client.c */
int hop_client_send_offer(struct hop_client *c, bool restart, bool new_socket);

/* client_state.c */
void hop_client_take_snapshot(struct hop_client *c, json_t *snapshot);
void hop_client_take_event(struct hop_client *c, const char *name, json_t *data);
