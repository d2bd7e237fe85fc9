/* See loop.h. */
#include "tests/client/loop.h"

#include "media/base/clock.h"
#include "media/net/udp.h"
#include "tests/client/ws.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MAX_EVENTS = 256,
    PUMP_MS = 2,  /* libwebsockets' own descriptors are polled this often while it connects */
    IDLE_MS = 50, /* and this often for its timers */
};
/* A thousand clients' timers are not walked more often than that. */
#define TIMERS_US ((int64_t)1000)

struct hop_client_loop {
    int epoll;
    int64_t now_us;
    struct lws_context *lws;
    struct hop_udp_inbox *inbox;
    struct hop_client_timer *timers;
    struct hop_client_timer *next_timer; /* of the walk that is under way */
    int64_t due_us, walked_us, fired_us; /* earliest timer as of the last walk; the last walks */
    int pumping;                         /* connections that need libwebsockets to be polled */
    bool serve;                          /* libwebsockets has something to do now */
    int64_t served_us;
    struct epoll_event events[MAX_EVENTS];
    int n_events;
};

int hop_client_loop_new(struct hop_client_loop **out)
{
    struct hop_client_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return -ENOMEM;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->now_us = hop_now_us();
    loop->lws = hop_client_ws_context();
    if (loop->epoll < 0 || !loop->lws || hop_udp_inbox_new(&loop->inbox) != 0) {
        hop_client_loop_free(loop);
        return -ENOMEM;
    }
    *out = loop;
    return 0;
}

void hop_client_loop_free(struct hop_client_loop *loop)
{
    if (!loop)
        return;
    if (loop->lws)
        lws_context_destroy(loop->lws);
    hop_udp_inbox_free(loop->inbox);
    if (loop->epoll >= 0)
        close(loop->epoll);
    free(loop);
}

int64_t hop_client_loop_now(const struct hop_client_loop *loop)
{
    return loop->now_us;
}

struct lws_context *hop_client_loop_lws(struct hop_client_loop *loop)
{
    return loop->lws;
}

struct hop_udp_inbox *hop_client_loop_inbox(struct hop_client_loop *loop)
{
    return loop->inbox;
}

void hop_client_loop_pump(struct hop_client_loop *loop, int more_or_less)
{
    loop->pumping += more_or_less;
    loop->serve = true;
}

void hop_client_loop_serve(struct hop_client_loop *loop)
{
    loop->serve = true;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

int hop_client_loop_watch(struct hop_client_loop *loop, struct hop_client_watch *watch,
                          uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = watch };
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &e) == 0 ? 0 : -errno;
}

void hop_client_loop_rewatch(struct hop_client_loop *loop, struct hop_client_watch *watch,
                             uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = watch };
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &e);
}

void hop_client_loop_unwatch(struct hop_client_loop *loop, struct hop_client_watch *watch)
{
    struct epoll_event e = { 0 };
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, &e);
    for (int i = 0; i < loop->n_events; i++) {
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
    }
}

/* ---- timers ---------------------------------------------------------------------------------- */

void hop_client_loop_add_timer(struct hop_client_loop *loop, struct hop_client_timer *timer)
{
    timer->next = loop->timers;
    loop->timers = timer;
}

void hop_client_loop_remove_timer(struct hop_client_loop *loop, struct hop_client_timer *timer)
{
    if (loop->next_timer == timer)
        loop->next_timer = timer->next;
    for (struct hop_client_timer **at = &loop->timers; *at; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            return;
        }
    }
}

static void fire_timers(struct hop_client_loop *loop)
{
    if (loop->due_us > loop->now_us && loop->now_us - loop->fired_us < TIMERS_US)
        return;
    loop->fired_us = loop->now_us;
    loop->walked_us = 0;
    for (struct hop_client_timer *t = loop->timers; t; t = loop->next_timer) {
        loop->next_timer = t->next;
        if (t->due_us <= loop->now_us)
            t->fire(t->ctx, loop->now_us);
    }
    loop->next_timer = NULL;
}

/* Their owners move timers at will: what an earlier walk found holds for a millisecond. */
static int64_t next_due(struct hop_client_loop *loop, int64_t now_us)
{
    if (now_us - loop->walked_us >= TIMERS_US) {
        loop->walked_us = now_us;
        loop->due_us = INT64_MAX;
        for (const struct hop_client_timer *t = loop->timers; t; t = t->next)
            loop->due_us = t->due_us < loop->due_us ? t->due_us : loop->due_us;
        return loop->due_us;
    }
    int64_t again_us = loop->walked_us + TIMERS_US;
    return loop->due_us < again_us ? loop->due_us : again_us;
}

static int wait_ms(struct hop_client_loop *loop, int64_t until_us)
{
    int64_t now = hop_now_us(), due = next_due(loop, now);
    int64_t most = loop->serve ? 0 : loop->pumping > 0 ? PUMP_MS : IDLE_MS;
    due = until_us < due ? until_us : due;
    int64_t ms = due <= now ? 0 : (due - now + 999) / 1000;
    return (int)(ms < most ? ms : most);
}

/* ---- turning --------------------------------------------------------------------------------- */

/* Each time it polls all its connections. */
static void serve_sockets(struct hop_client_loop *loop)
{
    int64_t every_us = (loop->pumping > 0 ? PUMP_MS : IDLE_MS) * (int64_t)1000;
    if (!loop->serve && loop->now_us - loop->served_us < every_us)
        return;
    loop->serve = false;
    loop->served_us = loop->now_us;
    lws_service(loop->lws, -1); /* negative: only what is ready */
}

static void turn(struct hop_client_loop *loop, int64_t until_us)
{
    loop->n_events = epoll_wait(loop->epoll, loop->events, MAX_EVENTS, wait_ms(loop, until_us));
    loop->now_us = hop_now_us();
    for (int i = 0; i < loop->n_events; i++) {
        struct hop_client_watch *w = loop->events[i].data.ptr;
        if (w)
            w->ready(w->ctx, loop->events[i].events);
    }
    loop->n_events = 0;
    serve_sockets(loop);
    fire_timers(loop);
}

bool hop_client_loop_run(struct hop_client_loop *loop, bool (*until)(void *ctx), void *ctx,
                         int64_t timeout_us)
{
    int64_t end_us = hop_now_us() + timeout_us;
    for (;;) {
        if (until && until(ctx))
            return true;
        if (hop_now_us() >= end_us)
            return until == NULL;
        turn(loop, end_us);
    }
}
