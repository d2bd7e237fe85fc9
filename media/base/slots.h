/* Names instead of pointers: a table of slots whose 64-bit ids carry a generation, so that a late
 * message about something that is gone finds nothing. One thread.
 *
 *     bit 63…32 generation (≥ 1) · 31…24 tag of the table · 23…0 slot
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hop_slots;

/* `capacity` 1..2^24; `tag` goes into every id (which worker's table it is). -EINVAL, -ENOMEM. */
int hop_slots_new(size_t capacity, uint8_t tag, struct hop_slots **out);
/* Values are the caller's. NULL-safe. */
void hop_slots_free(struct hop_slots *slots);

/* Puts a non-NULL value into the slot that has been free longest. -ENOSPC. */
int hop_slots_add(struct hop_slots *slots, void *value, uint64_t *id);
/* The value, or NULL when nothing (any more) has that id. */
void *hop_slots_get(const struct hop_slots *slots, uint64_t id);
/* Takes the value out; NULL as above. */
void *hop_slots_remove(struct hop_slots *slots, uint64_t id);
/* The value of the first used slot at or after *slot, which is set to it; NULL at the end. */
void *hop_slots_next(const struct hop_slots *slots, size_t *slot);
size_t hop_slots_count(const struct hop_slots *slots);

static inline uint32_t hop_slots_index(uint64_t id)
{
    return (uint32_t)id & 0xffffff;
}

static inline uint8_t hop_slots_tag(uint64_t id)
{
    return (uint8_t)(id >> 24);
}
