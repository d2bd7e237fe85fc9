/* What http.c (the loop, sockets, virtual hosts) and http_exchange.c (requests and answers on one
 * connection) share. Control thread. */
#pragma once

#include "server/front.h"
#include "server/http.h"

#include <ev.h>

enum { HOP_HTTP_WATCHES = 64 };

struct hop_http_watch {
    int fd;
    void (*readable)(void *ctx, int fd);
    void *ctx;
};

struct hop_http {
    struct hop_http_config config;
    struct lws_context *context;
    struct ev_loop *loop; /* NULL: libwebsockets polls by itself */
    struct lws_vhost *tls, *plain;
    SSL_CTX *ssl;
    struct lws_protocols protocols[4]; /* requests, the WebSocket, watched descriptors, end */
    char *websocket_name, *websocket_path;
    bool hsts;
    int https_port, http_port;
    struct hop_http_watch watches[HOP_HTTP_WATCHES];
    int n_watches;
    struct hop_front *front; /* NULL: all that comes to https_port is TLS */
    bool front_timed;
    lws_sorted_usec_list_t front_timer;
    void (*media)(void *ctx, int fd, const uint8_t *message, size_t len);
    void *media_ctx;
    int reserve_fd; /* given up for a moment when descriptors run out (http.c) */
    struct hop_http_stats stats;
};

/* State of one connection's present request; libwebsockets' per-session memory. */
struct hop_exchange {
    struct hop_request *request;
    int64_t sent;    /* bytes of the answer's body */
    bool dispatched; /* the handler has it */
    bool head_sent;
    bool close; /* after this answer */
};

/* http_front.c: ICE-TCP on https_port; opened once there is a loop. 0 or a negative errno. */
int hop_http_front_open(struct hop_http *http, const struct hop_http_listen *config);
/* A connection that came to https_port. */
void hop_http_front_take(struct hop_http *http, int fd);

/* The callback of the requests' protocol. */
int hop_http_exchange_cb(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len);
