/* See raw.h. */
#include "tests/integration/raw.h"

#include "tests/client/ws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw {
    struct raw *next;
    struct meeting *m;
    struct hop_client_ws *ws;
    bool open, closed;
    int code;
    size_t n, wanted;
    json_t *messages;
};

static void on_opened(void *ctx)
{
    ((struct raw *)ctx)->open = true;
}

static void on_message(void *ctx, const char *text, size_t len)
{
    struct raw *r = ctx;
    json_t *message = json_loadb(text, len, 0, NULL);
    assert_non_null(message);
    json_array_append_new(r->messages, message);
    r->n++;
}

static void on_closed(void *ctx, int code, const char *why)
{
    struct raw *r = ctx;
    (void)why;
    r->closed = true;
    r->code = code;
}

static bool is_open(void *ctx)
{
    const struct raw *r = ctx;
    return r->open || r->closed;
}

struct raw *raw_open(struct meeting *m)
{
    static const struct hop_client_ws_ops ops = { on_opened, on_message, on_closed };
    struct hop_client_ws_config config = { .url = m->hopd.url };
    struct raw *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    r->m = m;
    r->next = m->raws;
    m->raws = r;
    r->messages = json_array();
    assert_int_equal(hop_client_ws_open(m->loop, &config, &ops, r, &r->ws), 0);
    assert_true(meeting_until(m, is_open, r, PATIENCE_MS));
    assert_true(r->open);
    return r;
}

void raw_free(struct raw *r)
{
    if (!r)
        return;
    struct raw **at = &r->m->raws;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    hop_client_ws_free(r->ws);
    json_decref(r->messages);
    free(r);
}

void raw_free_all(struct meeting *m)
{
    while (m->raws)
        raw_free(m->raws);
}

void raw_send(struct raw *r, const char *text, size_t len)
{
    assert_int_equal(hop_client_ws_send(r->ws, text, len), 0);
}

static bool has_more(void *ctx)
{
    const struct raw *r = ctx;
    return r->n >= r->wanted || r->closed;
}

json_t *raw_say(struct raw *r, const char *text)
{
    r->wanted = r->n + 1;
    raw_send(r, text, strlen(text));
    meeting_until(r->m, has_more, r, PATIENCE_MS);
    return r->n ? json_array_get(r->messages, r->n - 1) : NULL;
}

const char *raw_code(struct raw *r, const char *text)
{
    return hop_client_answer_code(raw_say(r, text));
}

static bool is_closed(void *ctx)
{
    return ((const struct raw *)ctx)->closed;
}

int raw_wait_closed(struct raw *r, int timeout_ms)
{
    return meeting_until(r->m, is_closed, r, timeout_ms) ? r->code : -1;
}

bool raw_was_told(struct raw *r, const char *code)
{
    size_t i;
    json_t *message;
    json_array_foreach(r->messages, i, message)
    {
        if (strcmp(hop_client_answer_code(message), code) == 0)
            return true;
    }
    return false;
}

/* ---- sockets -----------------------------------------------------------------------------------
 */

static struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int raw_tcp(int port, const char *text)
{
    struct sockaddr_in to = local(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    return fd;
}

int raw_count_closed(const int *fds, int n)
{
    char buf[4096];
    int closed = 0;
    for (int i = 0; i < n; i++) {
        ssize_t got;
        while ((got = recv(fds[i], buf, sizeof(buf), 0)) > 0)
            ;
        closed += got == 0 || (errno != EAGAIN && errno != EINTR);
    }
    return closed;
}

void raw_udp(int *fd, int port, const uint8_t *data, size_t len)
{
    struct sockaddr_in to = local(port);
    if (*fd < 0)
        *fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(*fd >= 0);
    assert_int_equal(sendto(*fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}
