/* The retransmission cache (cache.h).
 *
 * Records are placed at ever growing positions; a record's place in the buffer is its position
 * modulo the size, and it never straddles the end. So a record is intact exactly as long as its
 * position is not more than one buffer behind the head, and nothing has to be freed. */
#include "media/rtp/cache.h"

#include "media/base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct record {
    uint64_t seq;
    int64_t at_us;
    uint16_t len;
    uint8_t data[6]; /* and on */
};

enum { RECORD_HEAD = offsetof(struct record, data) };

struct hop_cache {
    size_t size;   /* of bytes, a multiple of 8 */
    uint64_t head; /* position of the next record */
    size_t mask;   /* of index */
    uint8_t *bytes;
    struct place {
        uint64_t seq;
        uint64_t position; /* + 1; 0: empty */
    } index[];
};

int hop_cache_new(size_t bytes, size_t packets, struct hop_cache **out)
{
    if (bytes < HOP_MAX_DATAGRAM + sizeof(struct record) || bytes > (size_t)1 << 30 ||
        packets == 0 || packets > 1u << 20)
        return -EINVAL;
    size_t n = 1;
    while (n < packets)
        n *= 2;
    struct hop_cache *c = calloc(1, sizeof *c + n * sizeof c->index[0]);
    if (!c)
        return -ENOMEM;
    c->size = bytes & ~(size_t)7;
    c->mask = n - 1;
    c->bytes = malloc(c->size);
    if (!c->bytes) {
        free(c);
        return -ENOMEM;
    }
    *out = c;
    return 0;
}

void hop_cache_free(struct hop_cache *cache)
{
    if (!cache)
        return;
    free(cache->bytes);
    free(cache);
}

void hop_cache_clear(struct hop_cache *cache)
{
    cache->head = 0;
    memset(cache->index, 0, (cache->mask + 1) * sizeof cache->index[0]);
}

static bool intact(const struct hop_cache *c, const struct place *p)
{
    return p->position != 0 && c->head - (p->position - 1) <= c->size;
}

void hop_cache_insert(struct hop_cache *cache, uint64_t seq, const uint8_t *packet, size_t len,
                      int64_t now_us)
{
    size_t need = (RECORD_HEAD + len + 7) & ~(size_t)7;
    if (len == 0 || len > HOP_MAX_DATAGRAM || need > cache->size)
        return;
    struct place *p = &cache->index[seq & cache->mask];
    if (intact(cache, p) && p->seq >= seq)
        return;
    size_t at = (size_t)(cache->head % cache->size);
    if (cache->size - at < need) {
        cache->head += cache->size - at;
        at = 0;
    }
    struct record head = { .seq = seq, .at_us = now_us, .len = (uint16_t)len };
    memcpy(cache->bytes + at, &head, RECORD_HEAD);
    memcpy(cache->bytes + at + RECORD_HEAD, packet, len);
    *p = (struct place){ .seq = seq, .position = cache->head + 1 };
    cache->head += need;
}

bool hop_cache_find(const struct hop_cache *cache, uint64_t seq, struct hop_cache_packet *out)
{
    const struct place *p = &cache->index[seq & cache->mask];
    if (p->seq != seq || !intact(cache, p))
        return false;
    const uint8_t *at = cache->bytes + (p->position - 1) % cache->size;
    struct record head;
    memcpy(&head, at, RECORD_HEAD);
    *out = (struct hop_cache_packet){
        .data = at + RECORD_HEAD, .len = head.len, .seq = seq, .at_us = head.at_us
    };
    return true;
}
