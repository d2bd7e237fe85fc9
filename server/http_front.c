/* HTTPS and ICE-TCP on one port: front.h in the loop of http.c. Control thread. */
#include "server/http_private.h"

#include "media/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATIENCE_US ((int64_t)10000000)

static void on_tls(void *ctx, int fd)
{
    struct hop_http *http = ctx;

    lws_adopt_socket_vhost(http->tls, fd);
}

static void on_media(void *ctx, int fd, const uint8_t *message, size_t len)
{
    struct hop_http *http = ctx;

    http->stats.media++;
    http->media(http->media_ctx, fd, message, len);
}

static void on_readable(void *ctx, int fd)
{
    struct hop_http *http = ctx;

    (void)fd;
    hop_front_service(http->front);
}

static void set_timer(struct hop_http *http);

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct hop_http *http = lws_container_of(timer, struct hop_http, front_timer);

    http->front_timed = false;
    set_timer(http);
}

static void set_timer(struct hop_http *http)
{
    int64_t now = hop_now_us();
    int64_t next = http->front_timed ? INT64_MAX : hop_front_tick(http->front, now);

    if (next == INT64_MAX)
        return;
    http->front_timed = true;
    lws_sul_schedule(http->context, 0, &http->front_timer, on_timer, MAX(next - now, 1000));
}

int hop_http_front_open(struct hop_http *http, const struct hop_http_listen *config)
{
    struct hop_front_config front = {
        .patience_us = PATIENCE_US, .tls = on_tls, .media = on_media, .ctx = http
    };
    int error = hop_front_new(&front, &http->front);
    int watched;

    if (error != 0)
        return error;
    http->media = config->media;
    http->media_ctx = config->media_ctx;
    watched = fcntl(hop_front_fd(http->front), F_DUPFD_CLOEXEC, 0);
    if (watched < 0)
        return -errno;
    error = hop_http_watch(http, watched, on_readable, http);
    if (error != 0)
        close(watched);
    return error;
}

void hop_http_front_take(struct hop_http *http, int fd)
{
    hop_front_take(http->front, fd, hop_now_us());
    set_timer(http);
}
