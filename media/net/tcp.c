/* TCP listener and connection; see tcp.h. */
#include "media/net/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    FIRST_QUEUE = 16384,
    /* In the kernel's buffer a packet can only get old: keep it short, the queue is ours. */
    KERNEL_UNSENT = 32768,
};

struct hop_tcp_listener {
    int fd;
    struct hop_addr local;
};

struct hop_tcp_conn {
    int fd;
    struct hop_addr remote;
    uint8_t *queue; /* bytes begin..end wait */
    size_t capacity, begin, end;
};

static int open_listener(struct hop_tcp_listener *l, const struct hop_addr *local)
{
    struct sockaddr_storage ss;
    int on = 1;
    l->fd = socket(local->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return -errno;
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (local->family == AF_INET6 &&
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -errno;
    socklen_t len = hop_addr_to_sockaddr(local, &ss);
    if (bind(l->fd, (struct sockaddr *)&ss, len) != 0 || listen(l->fd, BACKLOG) != 0)
        return -errno;
    len = sizeof(ss);
    if (getsockname(l->fd, (struct sockaddr *)&ss, &len) != 0)
        return -errno;
    return hop_addr_from_sockaddr((struct sockaddr *)&ss, &l->local) ? 0 : -EINVAL;
}

int hop_tcp_listen(const struct hop_addr *local, struct hop_tcp_listener **out)
{
    if (local->family != AF_INET && local->family != AF_INET6)
        return -EINVAL;
    struct hop_tcp_listener *l = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    int error = open_listener(l, local);
    if (error != 0) {
        hop_tcp_listener_close(l);
        return error;
    }
    *out = l;
    return 0;
}

void hop_tcp_listener_close(struct hop_tcp_listener *listener)
{
    if (!listener)
        return;
    if (listener->fd >= 0)
        close(listener->fd);
    free(listener);
}

int hop_tcp_listener_fd(const struct hop_tcp_listener *listener)
{
    return listener->fd;
}

const struct hop_addr *hop_tcp_listener_local(const struct hop_tcp_listener *listener)
{
    return &listener->local;
}

static int wrap(int fd, const struct hop_addr *remote, struct hop_tcp_conn **out)
{
    struct hop_tcp_conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        close(fd);
        return -ENOMEM;
    }
    int on = 1, unsent = KERNEL_UNSENT;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    conn->fd = fd;
    conn->remote = *remote;
    *out = conn;
    return 0;
}

int hop_tcp_accept(struct hop_tcp_listener *listener, struct hop_tcp_conn **out)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    struct hop_addr remote;
    int fd = accept4(listener->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    if (!hop_addr_from_sockaddr((struct sockaddr *)&ss, &remote)) {
        close(fd);
        return -EAGAIN;
    }
    return wrap(fd, &remote, out);
}

int hop_tcp_adopt(int fd, struct hop_tcp_conn **out)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    struct hop_addr remote;
    int error = getpeername(fd, (struct sockaddr *)&ss, &len) != 0 ? -errno : 0;
    if (error == 0 && !hop_addr_from_sockaddr((struct sockaddr *)&ss, &remote))
        error = -EAFNOSUPPORT;
    if (error == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        error = -errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    return wrap(fd, &remote, out);
}

int hop_tcp_connect(const struct hop_addr *remote, struct hop_tcp_conn **out)
{
    struct sockaddr_storage ss;
    socklen_t len = hop_addr_to_sockaddr(remote, &ss);
    int fd = socket(remote->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS) {
        int error = -errno;
        close(fd);
        return error;
    }
    return wrap(fd, remote, out);
}

void hop_tcp_close(struct hop_tcp_conn *conn)
{
    if (!conn)
        return;
    close(conn->fd);
    free(conn->queue);
    free(conn);
}

int hop_tcp_fd(const struct hop_tcp_conn *conn)
{
    return conn->fd;
}

const struct hop_addr *hop_tcp_remote(const struct hop_tcp_conn *conn)
{
    return &conn->remote;
}

ssize_t hop_tcp_recv(struct hop_tcp_conn *conn, uint8_t *buf, size_t cap)
{
    for (;;) {
        ssize_t n = recv(conn->fd, buf, cap, 0);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

/* Makes room for `need` more bytes behind `end`. */
static int make_room(struct hop_tcp_conn *conn, size_t need)
{
    size_t waiting = conn->end - conn->begin;
    if (conn->capacity - conn->end >= need)
        return 0;
    if (conn->begin > 0) {
        memmove(conn->queue, conn->queue + conn->begin, waiting);
        conn->begin = 0;
        conn->end = waiting;
    }
    size_t capacity = conn->capacity ? conn->capacity : FIRST_QUEUE;
    while (capacity - waiting < need)
        capacity *= 2;
    if (capacity == conn->capacity)
        return 0;
    uint8_t *bigger = realloc(conn->queue, capacity);
    if (!bigger)
        return -ENOMEM;
    conn->queue = bigger;
    conn->capacity = capacity;
    return 0;
}

static void append(struct hop_tcp_conn *conn, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(conn->queue + conn->end, data, len);
    conn->end += len;
}

int hop_tcp_queue(struct hop_tcp_conn *conn, const uint8_t *head, size_t head_len,
                  const uint8_t *body, size_t body_len, size_t limit)
{
    size_t waiting = conn->end - conn->begin;
    if (limit > HOP_MAX_TCP_QUEUE)
        limit = HOP_MAX_TCP_QUEUE;
    if (head_len > limit || body_len > limit - head_len || waiting > limit - head_len - body_len)
        return -ENOBUFS;
    int error = make_room(conn, head_len + body_len);
    if (error != 0)
        return error;
    append(conn, head, head_len);
    append(conn, body, body_len);
    return 0;
}

int hop_tcp_flush(struct hop_tcp_conn *conn)
{
    while (conn->begin < conn->end) {
        ssize_t n =
            send(conn->fd, conn->queue + conn->begin, conn->end - conn->begin, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        conn->begin += (size_t)n;
    }
    conn->begin = conn->end = 0;
    return 0;
}

size_t hop_tcp_queued(const struct hop_tcp_conn *conn)
{
    return conn->end - conn->begin;
}
