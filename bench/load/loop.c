/* See loop.h. */
#include "bench/load/loop.h"

#include "media/base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 256 };
#define LONGEST_US ((int64_t)100000)

struct hop_load_loop {
    int epoll;
    int64_t now_us;
    struct epoll_event events[MAX_EVENTS];
    int n_events;
    struct hop_load_timer **heap; /* from 1; the soonest first */
    uint32_t n_heap, cap_heap;
    void (*flush)(void *ctx);
    void *flush_ctx;
};

int hop_load_loop_new(struct hop_load_loop **out)
{
    struct hop_load_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return -ENOMEM;
    loop->now_us = hop_now_us();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return -EMFILE;
    }
    *out = loop;
    return 0;
}

void hop_load_loop_free(struct hop_load_loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll);
    free(loop->heap);
    free(loop);
}

void hop_load_loop_at_end(struct hop_load_loop *loop, void (*flush)(void *ctx), void *ctx)
{
    loop->flush = flush;
    loop->flush_ctx = ctx;
}

int64_t hop_load_loop_now(const struct hop_load_loop *loop)
{
    return loop->now_us;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

int hop_load_watch(struct hop_load_loop *loop, struct hop_load_watch *watch, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = watch };
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &e) == 0 ? 0 : -errno;
}

void hop_load_rewatch(struct hop_load_loop *loop, struct hop_load_watch *watch, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = watch };
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &e);
}

void hop_load_unwatch(struct hop_load_loop *loop, struct hop_load_watch *watch)
{
    struct epoll_event e = { 0 };
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, &e);
    for (int i = 0; i < loop->n_events; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void place(struct hop_load_loop *loop, struct hop_load_timer *t, uint32_t at)
{
    loop->heap[at] = t;
    t->at = at;
}

static void sift_up(struct hop_load_loop *loop, struct hop_load_timer *t)
{
    uint32_t at = t->at;
    for (; at > 1 && loop->heap[at / 2]->due_us > t->due_us; at /= 2)
        place(loop, loop->heap[at / 2], at);
    place(loop, t, at);
}

static void sift_down(struct hop_load_loop *loop, struct hop_load_timer *t)
{
    uint32_t at = t->at;
    for (;;) {
        uint32_t child = at * 2;
        if (child > loop->n_heap)
            break;
        if (child < loop->n_heap && loop->heap[child + 1]->due_us < loop->heap[child]->due_us)
            child++;
        if (loop->heap[child]->due_us >= t->due_us)
            break;
        place(loop, loop->heap[child], at);
        at = child;
    }
    place(loop, t, at);
}

static void take_out(struct hop_load_loop *loop, struct hop_load_timer *t)
{
    struct hop_load_timer *last = loop->heap[loop->n_heap--];
    uint32_t at = t->at;
    t->at = 0;
    if (last == t)
        return;
    place(loop, last, at);
    sift_up(loop, last);
    sift_down(loop, last);
}

static void put_in(struct hop_load_loop *loop, struct hop_load_timer *t)
{
    if (loop->n_heap + 1 >= loop->cap_heap) {
        uint32_t cap = loop->cap_heap ? loop->cap_heap * 2 : 1024;
        struct hop_load_timer **heap = realloc(loop->heap, cap * sizeof(struct hop_load_timer *));
        if (!heap)
            abort(); /* a measuring program without memory has nothing to say */
        loop->heap = heap;
        loop->cap_heap = cap;
    }
    place(loop, t, ++loop->n_heap);
    sift_up(loop, t);
}

void hop_load_timer_set(struct hop_load_loop *loop, struct hop_load_timer *t, int64_t due_us)
{
    int64_t before = t->due_us;
    if (due_us == INT64_MAX) {
        if (t->at)
            take_out(loop, t);
        return;
    }
    t->due_us = due_us;
    if (!t->at)
        put_in(loop, t);
    else if (due_us < before)
        sift_up(loop, t);
    else
        sift_down(loop, t);
}

/* Only what was due when the turn began: who is late may not starve the sockets. */
static void fire_due(struct hop_load_loop *loop)
{
    while (loop->n_heap > 0 && loop->heap[1]->due_us <= loop->now_us) {
        struct hop_load_timer *t = loop->heap[1];
        take_out(loop, t);
        t->fire(t->ctx, loop->now_us);
    }
}

/* ---- turning --------------------------------------------------------------------------------- */

static void turn(struct hop_load_loop *loop, int64_t end_us)
{
    int64_t due =
        loop->n_heap > 0 && loop->heap[1]->due_us < end_us ? loop->heap[1]->due_us : end_us;
    int64_t wait_us = due - hop_now_us();
    wait_us = wait_us < 0 ? 0 : wait_us > LONGEST_US ? LONGEST_US : wait_us;
    struct timespec wait = { 0, wait_us * 1000 };
    loop->n_events = epoll_pwait2(loop->epoll, loop->events, MAX_EVENTS, &wait, NULL);
    loop->now_us = hop_now_us();
    for (int i = 0; i < loop->n_events; i++) {
        struct hop_load_watch *w = loop->events[i].data.ptr;
        if (w)
            w->ready(w->ctx, loop->events[i].events);
    }
    loop->n_events = 0;
    fire_due(loop);
    if (loop->flush)
        loop->flush(loop->flush_ctx);
}

void hop_load_loop_run(struct hop_load_loop *loop, int64_t for_us, bool (*stop)(void *ctx),
                       void *ctx)
{
    int64_t end_us = hop_now_us() + for_us;
    while (hop_now_us() < end_us && !(stop && stop(ctx)))
        turn(loop, end_us);
}
