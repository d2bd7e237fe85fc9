/* A WebSocket client (RFC 6455) over plain TCP, as little as a load generator needs: text messages,
 * pings answered, thousands on one epoll. libwebsockets would poll all of its connections in every
 * turn. */
#pragma once

#include "bench/load/loop.h"

#include <stddef.h>

struct hop_load_ws;

struct hop_load_ws_ops {
    void (*opened)(void *ctx);
    void (*message)(void *ctx, char *text, size_t len); /* NUL-terminated; may be changed */
    void (*closed)(void *ctx);                          /* once; failed, or ended by the server */
};

/* `address` is an IPv4 literal; `protocol` the subprotocol. -ENOMEM, a socket's errno. */
int hop_load_ws_open(struct hop_load_loop *loop, const char *address, uint16_t port,
                     const char *path, const char *protocol, const struct hop_load_ws_ops *ops,
                     void *ctx, struct hop_load_ws **out);
/* Cuts the connection; no callback follows. NULL-safe. Not from inside its own callbacks. */
void hop_load_ws_free(struct hop_load_ws *ws);
void hop_load_ws_send(struct hop_load_ws *ws, const char *text);
