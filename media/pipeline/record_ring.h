/* A ring of messages of differing lengths from one thread to one other, without locks. Used from a
 * worker to its mix thread, where most voice packets are a tenth of the longest (media/base/ring
 * has messages of one size). Written and read in place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_record_ring;

/* `bytes`: a power of two, 1024..2^24. -EINVAL, -ENOMEM. */
int hop_record_ring_new(size_t bytes, struct hop_record_ring **out);
/* When neither thread uses it any more. NULL-safe. */
void hop_record_ring_free(struct hop_record_ring *ring);

/* The producer: memory for one message of `size` bytes (1..65535, aligned to 8), or NULL when the
 * ring is full. Nothing is seen before hop_record_ring_commit(). */
void *hop_record_ring_reserve(struct hop_record_ring *ring, size_t size);
void hop_record_ring_commit(struct hop_record_ring *ring);
/* The producer: bytes in use. */
size_t hop_record_ring_used(const struct hop_record_ring *ring);

/* The consumer: the oldest message and its size, or NULL; valid until hop_record_ring_release()
 * drops it. */
const void *hop_record_ring_peek(struct hop_record_ring *ring, size_t *size);
void hop_record_ring_release(struct hop_record_ring *ring);
