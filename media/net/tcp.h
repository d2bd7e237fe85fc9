/* TCP for those whose network blocks UDP: a listener and connections with a bounded queue, as byte
 * streams; what the bytes mean is the worker's matter. The worker's thread; listeners are opened on
 * the control thread before the worker runs. Nothing blocks. */
#pragma once

#include "media/base/addr.h"
#include "media/base/limits.h"

#include <sys/types.h>

struct hop_tcp_listener;
struct hop_tcp_conn;

/* Errors as for hop_udp_open(). */
int hop_tcp_listen(const struct hop_addr *local, struct hop_tcp_listener **out);
void hop_tcp_listener_close(struct hop_tcp_listener *listener); /* NULL-safe */
int hop_tcp_listener_fd(const struct hop_tcp_listener *listener);
const struct hop_addr *hop_tcp_listener_local(const struct hop_tcp_listener *listener);

/* The next waiting connection, the caller's from then on. -EAGAIN: none; -EMFILE, -ENOMEM…: try
 * again later. */
int hop_tcp_accept(struct hop_tcp_listener *listener, struct hop_tcp_conn **out);
/* The same for a descriptor that somebody else accepted; it is owned from then on, and closed on
 * failure. -ENOTCONN, -EAFNOSUPPORT, -ENOMEM. */
int hop_tcp_adopt(int fd, struct hop_tcp_conn **out);
/* Begins a connection from any local address, for tests and the test client; writable when it is
 * made. */
int hop_tcp_connect(const struct hop_addr *remote, struct hop_tcp_conn **out);
/* What is queued is lost. NULL-safe. */
void hop_tcp_close(struct hop_tcp_conn *conn);
int hop_tcp_fd(const struct hop_tcp_conn *conn);
const struct hop_addr *hop_tcp_remote(const struct hop_tcp_conn *conn);

/* Reads at most `cap` bytes. -EAGAIN: nothing now; 0: the other side closed; else a negative errno:
 * the connection is dead. */
ssize_t hop_tcp_recv(struct hop_tcp_conn *conn, uint8_t *buf, size_t cap);

/* Queues head and body as one unit. -ENOBUFS: `limit` bytes (at most HOP_MAX_TCP_QUEUE) would be
 * exceeded, nothing was queued; -ENOMEM. */
int hop_tcp_queue(struct hop_tcp_conn *conn, const uint8_t *head, size_t head_len,
                  const uint8_t *body, size_t body_len, size_t limit);
/* Writes what the kernel takes. 0: all or some, see hop_tcp_queued(); a negative errno: the
 * connection is dead. */
int hop_tcp_flush(struct hop_tcp_conn *conn);
/* Bytes that wait; while there are some, the caller polls for writing. */
size_t hop_tcp_queued(const struct hop_tcp_conn *conn);
