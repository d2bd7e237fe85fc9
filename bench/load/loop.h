/* hop-load's event loop: descriptors, and timers in a heap, for thousands of participants on one
 * thread. Time is read once per turn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct hop_load_loop;

int hop_load_loop_new(struct hop_load_loop **out); /* -ENOMEM, -EMFILE */
void hop_load_loop_free(struct hop_load_loop *loop);

/* Called at the end of every turn: what the turn has collected leaves. */
void hop_load_loop_at_end(struct hop_load_loop *loop, void (*flush)(void *ctx), void *ctx);
/* Runs for that long, or until stop(ctx) is true (asked after every turn; NULL: never). */
void hop_load_loop_run(struct hop_load_loop *loop, int64_t for_us, bool (*stop)(void *ctx),
                       void *ctx);
/* Monotonic µs at the beginning of the turn. */
int64_t hop_load_loop_now(const struct hop_load_loop *loop);

/* A watched descriptor; embedded in its owner. */
struct hop_load_watch {
    int fd;
    void (*ready)(void *ctx, uint32_t events);
    void *ctx;
};
int hop_load_watch(struct hop_load_loop *loop, struct hop_load_watch *watch, uint32_t events);
void hop_load_rewatch(struct hop_load_loop *loop, struct hop_load_watch *watch, uint32_t events);
/* Not called any more, not even for events of this turn. */
void hop_load_unwatch(struct hop_load_loop *loop, struct hop_load_watch *watch);

/* A timer; embedded in its owner, zero but for fire and ctx. It fires once and is then off. */
struct hop_load_timer {
    int64_t due_us;
    uint32_t at; /* place in the heap; 0: off */
    void (*fire)(void *ctx, int64_t now_us);
    void *ctx;
};
/* INT64_MAX: off. */
void hop_load_timer_set(struct hop_load_loop *loop, struct hop_load_timer *timer, int64_t due_us);
