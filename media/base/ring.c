/* The bounded ring; see ring.h. Several producers, one consumer; C11 atomics.
 *
 * Each cell carries a sequence number: equal to the position a producer may write there, one more
 * when the message is ready for the consumer (the scheme of Dmitry Vyukov's bounded queue). A
 * producer that is preempted between reserve and commit holds up the consumer, not other producers.
 */
#include "media/base/ring.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CACHE_LINE = 64, MAX_CAPACITY = 1 << 20, CELL_HEAD = 16 };

struct cell {
    _Atomic size_t sequence;
    size_t position; /* of the message that is being written */
    alignas(CELL_HEAD) uint8_t message[];
};

struct hop_ring {
    size_t mask, stride, message_bytes;
    uint8_t *cells;
    alignas(CACHE_LINE) _Atomic size_t tail; /* producers */
    _Atomic uint64_t refused;
    alignas(CACHE_LINE) size_t head; /* the consumer */
};

static struct cell *cell_at(const struct hop_ring *ring, size_t position)
{
    return (struct cell *)(void *)(ring->cells + (position & ring->mask) * ring->stride);
}

int hop_ring_new(size_t capacity, size_t message_bytes, struct hop_ring **out)
{
    if (capacity < 2 || capacity > MAX_CAPACITY || (capacity & (capacity - 1)) != 0 ||
        message_bytes == 0)
        return -EINVAL;
    struct hop_ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    memset(ring, 0, sizeof(*ring));
    ring->mask = capacity - 1;
    ring->message_bytes = message_bytes;
    ring->stride = (sizeof(struct cell) + message_bytes + CELL_HEAD - 1) & ~(size_t)(CELL_HEAD - 1);
    ring->cells = aligned_alloc(CELL_HEAD, capacity * ring->stride);
    if (!ring->cells) {
        free(ring);
        return -ENOMEM;
    }
    for (size_t i = 0; i < capacity; i++)
        atomic_init(&cell_at(ring, i)->sequence, i);
    *out = ring;
    return 0;
}

void hop_ring_free(struct hop_ring *ring)
{
    if (!ring)
        return;
    free(ring->cells);
    free(ring);
}

void *hop_ring_reserve(struct hop_ring *ring)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    for (;;) {
        struct cell *cell = cell_at(ring, tail);
        size_t sequence = atomic_load_explicit(&cell->sequence, memory_order_acquire);
        ptrdiff_t ahead = (ptrdiff_t)(sequence - tail);
        if (ahead == 0) {
            if (!atomic_compare_exchange_weak_explicit(&ring->tail, &tail, tail + 1,
                                                       memory_order_relaxed, memory_order_relaxed))
                continue;
            cell->position = tail;
            return cell->message;
        }
        if (ahead < 0) {
            atomic_fetch_add_explicit(&ring->refused, 1, memory_order_relaxed);
            return NULL;
        }
        tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    }
}

void hop_ring_commit(struct hop_ring *ring, void *message)
{
    (void)ring;
    struct cell *cell =
        (struct cell *)(void *)((uint8_t *)message - offsetof(struct cell, message));
    atomic_store_explicit(&cell->sequence, cell->position + 1, memory_order_release);
}

bool hop_ring_push(struct hop_ring *ring, const void *message)
{
    void *room = hop_ring_reserve(ring);
    if (!room)
        return false;
    memcpy(room, message, ring->message_bytes);
    hop_ring_commit(ring, room);
    return true;
}

const void *hop_ring_peek(struct hop_ring *ring)
{
    struct cell *cell = cell_at(ring, ring->head);
    size_t sequence = atomic_load_explicit(&cell->sequence, memory_order_acquire);
    return sequence == ring->head + 1 ? cell->message : NULL;
}

void hop_ring_release(struct hop_ring *ring)
{
    struct cell *cell = cell_at(ring, ring->head);
    atomic_store_explicit(&cell->sequence, ring->head + ring->mask + 1, memory_order_release);
    ring->head++;
}

bool hop_ring_pop(struct hop_ring *ring, void *message)
{
    const void *oldest = hop_ring_peek(ring);
    if (!oldest)
        return false;
    memcpy(message, oldest, ring->message_bytes);
    hop_ring_release(ring);
    return true;
}

uint64_t hop_ring_refused(const struct hop_ring *ring)
{
    return atomic_load_explicit(&ring->refused, memory_order_relaxed);
}

int hop_wake_init(struct hop_wake *wake)
{
    atomic_init(&wake->pending, false);
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->fd < 0 ? -errno : 0;
}

void hop_wake_close(struct hop_wake *wake)
{
    if (wake->fd >= 0)
        close(wake->fd);
    wake->fd = -1;
}

void hop_wake_signal(struct hop_wake *wake)
{
    if (atomic_exchange(&wake->pending, true))
        return;
    uint64_t one = 1;
    ssize_t written = write(wake->fd, &one, sizeof(one));
    (void)written; /* only a counter at its end refuses, and then the reader is awake anyway */
}

void hop_wake_clear(struct hop_wake *wake)
{
    uint64_t count;
    ssize_t got = read(wake->fd, &count, sizeof(count));
    (void)got;
    /* An exchange, not a store: either it comes after a producer's and sees what he pushed, or
     * before it and he writes again. No signal is lost. */
    atomic_exchange(&wake->pending, false);
}
