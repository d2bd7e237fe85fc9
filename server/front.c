/* See front.h. */
#include "server/front.h"

#include <errno.h>
#include <glib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    LOOKS = 16, /* at one connection: each should have brought what was asked for */
};

struct waiting {
    int fd; /* -1: free */
    int looks;
    int64_t since_us;
};

struct hop_front {
    struct hop_front_config config;
    int epoll;
    int n;
    uint64_t refused;
    struct waiting waiting[HOP_FRONT_WAITING];
};

int hop_front_new(const struct hop_front_config *config, struct hop_front **out)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct hop_front *front;

    if (epoll < 0)
        return -errno;
    front = g_new0(struct hop_front, 1);
    front->config = *config;
    front->epoll = epoll;
    for (int i = 0; i < HOP_FRONT_WAITING; i++)
        front->waiting[i].fd = -1;
    *out = front;
    return 0;
}

void hop_front_free(struct hop_front *front)
{
    if (front == NULL)
        return;
    for (int i = 0; i < HOP_FRONT_WAITING; i++)
        if (front->waiting[i].fd >= 0)
            close(front->waiting[i].fd);
    close(front->epoll);
    g_free(front);
}

int hop_front_fd(const struct hop_front *front)
{
    return front->epoll;
}

int hop_front_waiting(const struct hop_front *front)
{
    return front->n;
}

uint64_t hop_front_refused(const struct hop_front *front)
{
    return front->refused;
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* From here on the descriptor is the caller's. */
static int release(struct hop_front *front, struct waiting *w)
{
    int fd = w->fd;

    epoll_ctl(front->epoll, EPOLL_CTL_DEL, fd, NULL);
    w->fd = -1;
    front->n--;
    return fd;
}

static void refuse(struct hop_front *front, struct waiting *w)
{
    close(release(front, w));
    front->refused++;
}

/* The kernel wakes us when that much is there, or the other side has closed. */
static void set_low_water(int fd, size_t bytes)
{
    int n = (int)bytes;

    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof(n));
}

static void look(struct hop_front *front, struct waiting *w)
{
    uint8_t bytes[HOP_FIRST_BYTES];
    ssize_t n = recv(w->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
    size_t len = n > 0 ? (size_t)n : 0, need = 0;
    enum hop_first first = hop_first_bytes(bytes, len, &need);
    int fd;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || first == HOP_FIRST_NEITHER || (first == HOP_FIRST_MORE && ++w->looks == LOOKS)) {
        refuse(front, w);
        return;
    }
    if (first == HOP_FIRST_MORE) {
        set_low_water(w->fd, need);
        return;
    }
    fd = release(front, w);
    set_low_water(fd, 1);
    if (first == HOP_FIRST_TLS)
        front->config.tls(front->config.ctx, fd);
    else
        front->config.media(front->config.ctx, fd, bytes + HOP_FIRST_FRAME_HEAD,
                            ((size_t)bytes[0] << 8 | bytes[1]));
}

void hop_front_service(struct hop_front *front)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(front->epoll, events, EVENTS, 0);

    for (int i = 0; i < n; i++) {
        struct waiting *w = &front->waiting[events[i].data.u32];

        /* half a beginning, and no more will come */
        if (w->fd >= 0 && events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            w->looks = LOOKS - 1;
        if (w->fd >= 0)
            look(front, w);
    }
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* A free place; if there is none, that of who has waited longest. */
static uint32_t make_place(struct hop_front *front)
{
    uint32_t oldest = 0;

    for (uint32_t i = 0; i < HOP_FRONT_WAITING; i++) {
        if (front->waiting[i].fd < 0)
            return i;
        if (front->waiting[i].since_us < front->waiting[oldest].since_us)
            oldest = i;
    }
    refuse(front, &front->waiting[oldest]);
    return oldest;
}

void hop_front_take(struct hop_front *front, int fd, int64_t now_us)
{
    uint32_t place = make_place(front);
    struct waiting *w = &front->waiting[place];
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = place };

    if (epoll_ctl(front->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        front->refused++;
        return;
    }
    *w = (struct waiting){ .fd = fd, .since_us = now_us };
    front->n++;
    look(front, w);
}

int64_t hop_front_tick(struct hop_front *front, int64_t now_us)
{
    int64_t next = INT64_MAX;

    for (int i = 0; i < HOP_FRONT_WAITING; i++) {
        struct waiting *w = &front->waiting[i];

        if (w->fd < 0)
            continue;
        if (w->since_us + front->config.patience_us <= now_us)
            refuse(front, w);
        else
            next = MIN(next, w->since_us + front->config.patience_us);
    }
    return next;
}
