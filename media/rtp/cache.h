/* The last packets of one published layer, for retransmission to any of its receivers (RFC 4588).
 *
 * One circular byte buffer and an index by extended sequence number, both of fixed size: the oldest
 * packets are overwritten, nothing is allocated after hop_cache_new(). Called on one worker.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_cache;

struct hop_cache_packet {
    const uint8_t *data; /* valid until the next insert */
    uint16_t len;
    uint64_t seq;
    int64_t at_us; /* when it was inserted */
};

/* `bytes`: of the packet buffer, at least one datagram (each packet takes its length plus 24,
 * rounded up to 8); `packets`: of the index, rounded up to a power of two. -EINVAL, -ENOMEM. */
int hop_cache_new(size_t bytes, size_t packets, struct hop_cache **out);
void hop_cache_free(struct hop_cache *cache);
/* Forgets all packets (the stream restarted). */
void hop_cache_clear(struct hop_cache *cache);

/* Copies the packet in. Ignored: longer than HOP_MAX_DATAGRAM or the buffer, there already, or so
 * late that its place in the index belongs to a newer one. */
void hop_cache_insert(struct hop_cache *cache, uint64_t seq, const uint8_t *packet, size_t len,
                      int64_t now_us);
bool hop_cache_find(const struct hop_cache *cache, uint64_t seq, struct hop_cache_packet *out);
