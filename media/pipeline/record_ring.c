/* A ring of messages of differing lengths between two threads; see record_ring.h.
 *
 * Positions count bytes since the beginning and never wrap. A record is a head of 8 bytes and the
 * message, rounded up to 8; one that would cross the end of the memory is put at its beginning, and
 * a head of length 0 says so.
 *
 * A commit, and the consumer's look for one, are sequentially consistent: the consumer announces
 * that it goes to sleep, then looks once more; the producer commits, then looks whether the
 * consumer sleeps. One of them sees the other.
 */
#include "media/pipeline/record_ring.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, CACHE_LINE = 64 };

struct hop_record_ring {
    size_t bytes;
    uint8_t *memory;
    alignas(CACHE_LINE) _Atomic size_t tail; /* written by the producer */
    size_t next;                             /* tail after the commit */
    size_t known_head;                       /* what the producer last saw of head */
    alignas(CACHE_LINE) _Atomic size_t head; /* written by the consumer */
    size_t after;                            /* head after the release */
};

int hop_record_ring_new(size_t bytes, struct hop_record_ring **out)
{
    if (bytes < 1024 || bytes > 1 << 24 || (bytes & (bytes - 1)) != 0)
        return -EINVAL;
    struct hop_record_ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    memset(ring, 0, sizeof(*ring));
    ring->bytes = bytes;
    ring->memory = aligned_alloc(HEAD, bytes);
    if (!ring->memory) {
        free(ring);
        return -ENOMEM;
    }
    *out = ring;
    return 0;
}

void hop_record_ring_free(struct hop_record_ring *ring)
{
    if (!ring)
        return;
    free(ring->memory);
    free(ring);
}

static size_t rounded(size_t size)
{
    return HEAD + ((size + HEAD - 1) & ~(size_t)(HEAD - 1));
}

static void write_head(struct hop_record_ring *ring, size_t position, size_t size)
{
    uint64_t head = size;
    memcpy(ring->memory + (position & (ring->bytes - 1)), &head, sizeof(head));
}

static size_t read_head(const struct hop_record_ring *ring, size_t position)
{
    uint64_t head;
    memcpy(&head, ring->memory + (position & (ring->bytes - 1)), sizeof(head));
    return (size_t)head;
}

void *hop_record_ring_reserve(struct hop_record_ring *ring, size_t size)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t to_end = ring->bytes - (tail & (ring->bytes - 1));
    size_t pad = rounded(size) > to_end ? to_end : 0;
    size_t need = pad + rounded(size);

    if (size == 0 || size > UINT16_MAX || need > ring->bytes)
        return NULL;
    if (tail + need - ring->known_head > ring->bytes) {
        ring->known_head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail + need - ring->known_head > ring->bytes)
            return NULL;
    }
    if (pad > 0)
        write_head(ring, tail, 0);
    write_head(ring, tail + pad, size);
    ring->next = tail + need;
    return ring->memory + ((tail + pad) & (ring->bytes - 1)) + HEAD;
}

void hop_record_ring_commit(struct hop_record_ring *ring)
{
    atomic_store(&ring->tail, ring->next);
}

size_t hop_record_ring_used(const struct hop_record_ring *ring)
{
    return atomic_load_explicit(&ring->tail, memory_order_relaxed) -
           atomic_load_explicit(&ring->head, memory_order_relaxed);
}

const void *hop_record_ring_peek(struct hop_record_ring *ring, size_t *size)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head == atomic_load(&ring->tail))
        return NULL;
    *size = read_head(ring, head);
    if (*size == 0) {
        head += ring->bytes - (head & (ring->bytes - 1));
        *size = read_head(ring, head);
    }
    ring->after = head + rounded(*size);
    return ring->memory + (head & (ring->bytes - 1)) + HEAD;
}

void hop_record_ring_release(struct hop_record_ring *ring)
{
    atomic_store_explicit(&ring->head, ring->after, memory_order_release);
}
