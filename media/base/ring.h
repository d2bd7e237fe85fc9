/* A bounded ring of fixed-size value messages from any number of threads to one, and the wake-up
 * that goes with it. Nobody waits: a full ring refuses, and counts that it did.
 *
 *     producer                                consumer (epoll on hop_wake_fd())
 *     if (hop_ring_push(ring, &message))      hop_wake_clear(&wake);
 *         hop_wake_signal(&wake);             while (hop_ring_pop(ring, &message)) …
 *
 * Big messages are built and read in place with reserve/commit and peek/release.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_ring;

/* Room for `capacity` messages (a power of two, 2..2^20) of `message_bytes`. Any thread. -EINVAL,
 * -ENOMEM. */
int hop_ring_new(size_t capacity, size_t message_bytes, struct hop_ring **out);
/* When no other thread uses it any more. NULL-safe. Messages that are left are not looked at. */
void hop_ring_free(struct hop_ring *ring);

/* Any thread. False, and counted, when the ring is full. */
bool hop_ring_push(struct hop_ring *ring, const void *message);
/* Any thread: memory for one message, or NULL (counted) when the ring is full. It must be committed
 * soon, by the same thread: the consumer cannot see past it. */
void *hop_ring_reserve(struct hop_ring *ring);
void hop_ring_commit(struct hop_ring *ring, void *message);

/* The consumer's thread. False when the ring is empty. */
bool hop_ring_pop(struct hop_ring *ring, void *message);
/* The consumer's thread: the oldest message in place, or NULL; it stays valid, and the oldest,
 * until hop_ring_release() drops it. */
const void *hop_ring_peek(struct hop_ring *ring);
void hop_ring_release(struct hop_ring *ring);

/* How often a message found no room. Any thread. */
uint64_t hop_ring_refused(const struct hop_ring *ring);

/* ---- wake-up -----------------------------------------------------------------------------------
 */

/* An eventfd that is written at most once between two clears, however many messages came. */
struct hop_wake {
    int fd;
    _Atomic bool pending;
};

/* 0 or a negative errno. */
int hop_wake_init(struct hop_wake *wake);
void hop_wake_close(struct hop_wake *wake);
/* Any thread, after the push. */
void hop_wake_signal(struct hop_wake *wake);
/* The consumer's thread, before it drains the ring. */
void hop_wake_clear(struct hop_wake *wake);
