/* See ws.h. */
#include "bench/load/ws.h"

#include "media/base/bytes.h"
#include "media/base/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_BYTES = 8 << 20, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10, HEADER = 14 };

struct buffer {
    char *bytes;
    size_t len, cap;
};

struct hop_load_ws {
    struct hop_load_loop *loop;
    struct hop_load_watch watch;
    const struct hop_load_ws_ops *ops;
    void *ctx;
    bool connected, open, over;
    struct buffer in, out, message; /* message: fragments so far */
};

static char *reserve(struct buffer *b, size_t more)
{
    if (b->len + more > b->cap) {
        size_t cap = (b->len + more) * 2;
        char *bytes = cap > MOST_BYTES ? NULL : realloc(b->bytes, cap);
        if (!bytes)
            return NULL;
        b->bytes = bytes;
        b->cap = cap;
    }
    return b->bytes + b->len;
}

static void append(struct buffer *b, const void *bytes, size_t len)
{
    char *at = reserve(b, len + 1);
    if (!at)
        abort();
    memcpy(at, bytes, len);
    at[len] = '\0';
    b->len += len;
}

static void consume(struct buffer *b, size_t len)
{
    b->len -= len;
    memmove(b->bytes, b->bytes + len, b->len);
}

static void is_over(struct hop_load_ws *ws)
{
    if (ws->over)
        return;
    ws->over = true;
    hop_load_unwatch(ws->loop, &ws->watch);
    ws->ops->closed(ws->ctx);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void push(struct hop_load_ws *ws)
{
    while (ws->connected && ws->out.len > 0) {
        ssize_t n = send(ws->watch.fd, ws->out.bytes, ws->out.len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        consume(&ws->out, (size_t)n);
    }
    hop_load_rewatch(ws->loop, &ws->watch,
                     ws->out.len > 0 || !ws->connected ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void send_frame(struct hop_load_ws *ws, int opcode, const char *payload, size_t len)
{
    uint8_t head[HEADER];
    size_t n = 2;
    head[0] = (uint8_t)(0x80 | opcode);
    if (len < 126) {
        head[1] = (uint8_t)(0x80 | len);
    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        hop_put16(head + 2, (uint16_t)len);
        n = 4;
    } else {
        head[1] = 0x80 | 127;
        hop_put32(head + 2, 0);
        hop_put32(head + 6, (uint32_t)len);
        n = 10;
    }
    hop_put32(head + n, 0); /* a mask of zeros changes nothing, and is allowed */
    append(&ws->out, head, n + 4);
    append(&ws->out, payload, len);
    push(ws);
}

void hop_load_ws_send(struct hop_load_ws *ws, const char *text)
{
    if (!ws->over)
        send_frame(ws, TEXT, text, strlen(text));
}

/* ---- in -------------------------------------------------------------------------------------- */

static void take_frame(struct hop_load_ws *ws, uint8_t first, const char *payload, size_t len)
{
    int opcode = first & 15;
    if (opcode == PING) {
        send_frame(ws, PONG, payload, len);
    } else if (opcode == CLOSE) {
        is_over(ws);
    } else if (opcode <= TEXT) {
        append(&ws->message, payload, len);
        if (first & 0x80) {
            struct buffer whole = ws->message;
            ws->message = (struct buffer){ 0 };
            ws->ops->message(ws->ctx, whole.bytes, whole.len);
            free(whole.bytes);
        }
    }
}

/* Returns the bytes of one whole frame at the start, 0: not there yet. */
static size_t frame_at(const struct buffer *b, size_t from, size_t *head, size_t *len)
{
    const uint8_t *p = (const uint8_t *)b->bytes + from;
    size_t have = b->len - from;
    if (have < 2)
        return 0;
    *head = 2;
    *len = p[1] & 127;
    if (*len == 126) {
        *head = 4;
        *len = have < 4 ? SIZE_MAX / 2 : hop_get16(p + 2);
    } else if (*len == 127) {
        *head = 10;
        *len = have < 10 ? SIZE_MAX / 2 : hop_get32(p + 6);
    }
    return have >= *head && have - *head >= *len ? *head + *len : 0;
}

static void take_frames(struct hop_load_ws *ws)
{
    size_t at = 0, n, head, len;
    while (!ws->over && (n = frame_at(&ws->in, at, &head, &len)) > 0) {
        take_frame(ws, (uint8_t)ws->in.bytes[at], ws->in.bytes + at + head, len);
        at += n;
    }
    if (at > 0)
        consume(&ws->in, at);
}

static void take_handshake(struct hop_load_ws *ws)
{
    char *end = strstr(ws->in.bytes, "\r\n\r\n");
    if (!end)
        return;
    if (strncmp(ws->in.bytes, "HTTP/1.1 101", 12) != 0) {
        is_over(ws);
        return;
    }
    consume(&ws->in, (size_t)(end + 4 - ws->in.bytes));
    ws->open = true;
    ws->ops->opened(ws->ctx);
}

static void on_ready(void *ctx, uint32_t events)
{
    struct hop_load_ws *ws = ctx;
    char chunk[65536];
    if (!ws->connected && (events & EPOLLOUT))
        ws->connected = true;
    if (events & EPOLLOUT)
        push(ws);
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        return;
    ssize_t n = recv(ws->watch.fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        is_over(ws);
        return;
    }
    if (n > 0)
        append(&ws->in, chunk, (size_t)n);
    if (!ws->open && ws->in.len > 0)
        take_handshake(ws);
    if (ws->open)
        take_frames(ws);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void write_handshake(struct hop_load_ws *ws, const char *address, uint16_t port,
                            const char *path, const char *protocol)
{
    char text[512];
    int n = snprintf(text, sizeof(text),
                     "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: aG9wLWxvYWQgaG9wLWxvYQ==\r\n"
                     "Sec-WebSocket-Protocol: %s\r\n\r\n",
                     path, address, port, protocol);
    append(&ws->out, text, (size_t)n);
}

int hop_load_ws_open(struct hop_load_loop *loop, const char *address, uint16_t port,
                     const char *path, const char *protocol, const struct hop_load_ws_ops *ops,
                     void *ctx, struct hop_load_ws **out)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct hop_load_ws *ws = calloc(1, sizeof(*ws));
    int on = 1;
    if (!ws)
        return -ENOMEM;
    ws->loop = loop;
    ws->ops = ops;
    ws->ctx = ctx;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ws->watch = (struct hop_load_watch){ .fd = fd, .ready = on_ready, .ctx = ws };
    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)) {
        int error = errno ? -errno : -EINVAL;
        if (fd >= 0)
            close(fd);
        free(ws);
        return error;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    write_handshake(ws, address, port, path, protocol);
    hop_load_watch(loop, &ws->watch, EPOLLIN | EPOLLOUT);
    *out = ws;
    return 0;
}

void hop_load_ws_free(struct hop_load_ws *ws)
{
    if (!ws)
        return;
    if (!ws->over)
        hop_load_unwatch(ws->loop, &ws->watch);
    close(ws->watch.fd);
    free(ws->in.bytes);
    free(ws->out.bytes);
    free(ws->message.bytes);
    free(ws);
}
