/* What http.c (the loop, sockets, virtual hosts) and http_exchange.c (requests and answers on one
 * connection) share. Control thread. */
#pragma once

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

/* The callback of the requests' protocol. */
int hop_http_exchange_cb(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len);
