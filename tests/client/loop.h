/* The native client's event loop: epoll for media, libwebsockets pumped beside it, timers. One
 * thread; any number of clients. Tests wait by running it until a condition holds, never by
 * sleeping. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct lws_context;
struct hop_udp_inbox;
struct hop_client_loop;

/* -ENOMEM, -EMFILE, … */
int hop_client_loop_new(struct hop_client_loop **out);
/* After all clients on it. */
void hop_client_loop_free(struct hop_client_loop *loop);

/* Runs until until(ctx) is true (looked at after every turn); false: timeout_us passed first. With
 * until NULL it runs for that time. */
bool hop_client_loop_run(struct hop_client_loop *loop, bool (*until)(void *ctx), void *ctx,
                         int64_t timeout_us);

/* The clock as read at the beginning of this turn, monotonic µs. */
int64_t hop_client_loop_now(const struct hop_client_loop *loop);

/* ---- for the parts of the client --------------------------------------------------------------
 */

/* A watched descriptor; embedded in its owner. */
struct hop_client_watch {
    int fd;
    void (*ready)(void *ctx, uint32_t events);
    void *ctx;
};
int hop_client_loop_watch(struct hop_client_loop *loop, struct hop_client_watch *watch,
                          uint32_t events);
void hop_client_loop_rewatch(struct hop_client_loop *loop, struct hop_client_watch *watch,
                             uint32_t events);
/* Its callback is not called any more, not even for events of this turn. */
void hop_client_loop_unwatch(struct hop_client_loop *loop, struct hop_client_watch *watch);

/* A timer; embedded in its owner, who sets due_us at will. */
struct hop_client_timer {
    struct hop_client_timer *next;
    int64_t due_us; /* INT64_MAX: not */
    void (*fire)(void *ctx, int64_t now_us);
    void *ctx;
};
void hop_client_loop_add_timer(struct hop_client_loop *loop, struct hop_client_timer *timer);
void hop_client_loop_remove_timer(struct hop_client_loop *loop, struct hop_client_timer *timer);

struct lws_context *hop_client_loop_lws(struct hop_client_loop *loop);
struct hop_udp_inbox *hop_client_loop_inbox(struct hop_client_loop *loop);
/* libwebsockets has something to do that no watched descriptor tells (connecting, writing). */
void hop_client_loop_pump(struct hop_client_loop *loop, int more_or_less);
/* One of its descriptors can be read. */
void hop_client_loop_serve(struct hop_client_loop *loop);
