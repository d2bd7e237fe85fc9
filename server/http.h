/* The HTTP transport: one libwebsockets context with a TLS and a plain (localhost) virtual host,
 * both HTTP/1.1, so that the page, the API and the meetings' WebSocket share one port
 * (docs/adr/0001-http-1.1-only.md). It turns connections into hop_requests and their answers into
 * bytes.
 *
 * Control thread only, except hop_http_wake().
 */
#pragma once

#include "server/request.h"

#include <libwebsockets.h>

struct hop_http;

struct hop_http_config {
    int max_connections;
    /* A whole request has come; answer it now or later (request.h). */
    void (*handle)(void *ctx, struct hop_request *request);
    /* How many bytes the body of this request may have, whose headers are there; NULL:
     * HOP_MAX_BODY. */
    size_t (*max_body)(void *ctx, const struct hop_request *request);
    /* The loop was woken by hop_http_wake(). May be called more than once per wake. */
    void (*woken)(void *ctx);
    void *ctx;
};

/* Makes the loop, without listening. -ENOMEM. */
int hop_http_new(const struct hop_http_config *config, struct hop_http **out);
/* Closes every connection. NULL-safe. */
void hop_http_free(struct hop_http *http);

struct hop_http_listen {
    int https_port, http_port;    /* 0: any, -1: none */
    const char *const *addresses; /* of https_port; empty: all */
    const char *cert_path, *key_path;
    bool hsts;                             /* the certificate is a given one */
    const struct lws_protocols *websocket; /* the meetings' protocol; NULL: none */
    const char *websocket_path;
    /* ICE-TCP on https_port, too: takes such a connection (front.h); NULL: all of it is TLS */
    void (*media)(void *ctx, int fd, const uint8_t *message, size_t len);
    void *media_ctx;
};

/* Opens the virtual hosts and their sockets. 0 or a negative errno with *detail (g_free()) saying
 * which address and what to do. */
int hop_http_listen(struct hop_http *http, const struct hop_http_listen *config, char **detail);
/* No new connections from now on. */
void hop_http_stop_listening(struct hop_http *http);
/* Uses the files for new connections. 0 or -EINVAL (the old certificate stays). */
int hop_http_reload_certificate(struct hop_http *http, const char *cert_path, const char *key_path);

/* The ports in use; -1: none. */
int hop_http_port(const struct hop_http *http, bool tls);

/* Runs the loop until something happened. */
int hop_http_service(struct hop_http *http);
/* Makes hop_http_service() return after a call of woken(). Any thread. */
void hop_http_wake(struct hop_http *http);
/* Calls `readable` whenever the descriptor is; it is closed with the loop. 0 or -ENOMEM. */
int hop_http_watch(struct hop_http *http, int fd, void (*readable)(void *ctx, int fd), void *ctx);
/* For timers of the loop (lws_sul_schedule). */
struct lws_context *hop_http_context(struct hop_http *http);

struct hop_http_stats {
    uint64_t requests, status[6]; /* [2]: answers 2xx, … */
    uint64_t accepted, refused;   /* connections */
    uint64_t media;               /* of them, ICE-TCP on https_port */
    int connections;
};
void hop_http_stats(const struct hop_http *http, struct hop_http_stats *out);
