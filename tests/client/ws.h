/* One WebSocket connection of the native client (RFC 6455, through libwebsockets), as whole text
 * messages. The loop's thread. */
#pragma once

#include "tests/client/loop.h"

#include <stddef.h>

struct hop_client_ws;

struct hop_client_ws_ops {
    void (*opened)(void *ctx);
    void (*message)(void *ctx, const char *text, size_t len); /* not NUL-terminated */
    /* Once, for a connection that failed or ended; code is the peer's close code, 0 without one. */
    void (*closed)(void *ctx, int code, const char *why);
};

struct hop_client_ws_config {
    const char *url; /* "wss://host:port/path"; also ws, https, http; path default /api/v1/meet; any
                           certificate is taken */
    const char *cookie; /* "hop_session=…" or NULL */
};

/* -EINVAL (url), -ENOMEM. Everything else comes through ops->closed(). */
int hop_client_ws_open(struct hop_client_loop *loop, const struct hop_client_ws_config *config,
                       const struct hop_client_ws_ops *ops, void *ctx, struct hop_client_ws **out);
/* NULL-safe; no callback follows. */
void hop_client_ws_free(struct hop_client_ws *ws);

/* Queues one text message; it is sent when the connection is open. -ENOMEM. */
int hop_client_ws_send(struct hop_client_ws *ws, const char *text, size_t len);
/* A close frame with that code. */
void hop_client_ws_close(struct hop_client_ws *ws, int code);
/* The line is cut: no close frame, nothing more sent. */
void hop_client_ws_drop(struct hop_client_ws *ws);
/* Stops (or goes on) reading from the socket: a client too slow for what it is sent. */
void hop_client_ws_set_deaf(struct hop_client_ws *ws, bool deaf);

struct lws_context *hop_client_ws_context(void);
