/* The packet pool; see pool.h. One thread. */
#include "media/base/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGN = 16 };

struct free_slot {
    struct free_slot *next;
};

struct hop_pool {
    size_t slot_bytes, count;
    size_t fresh; /* slots from here on were never taken */
    size_t in_use;
    struct free_slot *free_list;
    uint8_t *memory;
};

int hop_pool_new(size_t slot_bytes, size_t count, struct hop_pool **out)
{
    if (slot_bytes < sizeof(struct free_slot) || slot_bytes > SIZE_MAX / 2 || count == 0)
        return -EINVAL;
    slot_bytes = (slot_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (count > SIZE_MAX / slot_bytes)
        return -EINVAL;
    struct hop_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return -ENOMEM;
    pool->slot_bytes = slot_bytes;
    pool->count = count;
    void *memory = mmap(NULL, slot_bytes * count, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        free(pool);
        return -ENOMEM;
    }
    pool->memory = memory;
    *out = pool;
    return 0;
}

void hop_pool_free(struct hop_pool *pool)
{
    if (!pool)
        return;
    munmap(pool->memory, pool->slot_bytes * pool->count);
    free(pool);
}

void *hop_pool_get(struct hop_pool *pool)
{
    struct free_slot *slot = pool->free_list;
    if (slot) {
        pool->free_list = slot->next;
    } else if (pool->fresh < pool->count) {
        slot = (struct free_slot *)(void *)(pool->memory + pool->fresh++ * pool->slot_bytes);
    } else {
        return NULL;
    }
    pool->in_use++;
    return slot;
}

void hop_pool_put(struct hop_pool *pool, void *slot)
{
    assert((uint8_t *)slot >= pool->memory &&
           ((size_t)((uint8_t *)slot - pool->memory) % pool->slot_bytes) == 0 && pool->in_use > 0);
    struct free_slot *freed = slot;
    freed->next = pool->free_list;
    pool->free_list = freed;
    pool->in_use--;
}

size_t hop_pool_in_use(const struct hop_pool *pool)
{
    return pool->in_use;
}
