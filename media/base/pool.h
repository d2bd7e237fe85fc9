/* Packet memory of one thread: slots of one size, taken and given back without malloc. */
#pragma once

#include <stddef.h>

struct hop_pool;

/* `count` slots of `slot_bytes` (at least a pointer's size), aligned to 16. Memory that was never
 * taken is never touched, so a generous count costs address space only. -EINVAL, -ENOMEM. */
int hop_pool_new(size_t slot_bytes, size_t count, struct hop_pool **out);
/* All slots go with it. NULL-safe. */
void hop_pool_free(struct hop_pool *pool);

/* NULL when all are taken. The content is undefined. The last one given back comes first, it is the
 * warm one. */
void *hop_pool_get(struct hop_pool *pool);
void hop_pool_put(struct hop_pool *pool, void *slot);

size_t hop_pool_in_use(const struct hop_pool *pool);
