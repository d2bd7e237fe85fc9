/* Slot and generation tables; see slots.h. One thread. */
#include "media/base/slots.h"

#include <errno.h>
#include <stdlib.h>

enum { MAX_CAPACITY = 1 << 24, NONE = -1 };

struct entry {
    void *value; /* NULL: free */
    uint32_t generation;
    int32_t next_free;
};

struct hop_slots {
    size_t capacity, count;
    uint8_t tag;
    int32_t first_free, last_free; /* a queue: an index rests as long as possible */
    struct entry entries[];
};

int hop_slots_new(size_t capacity, uint8_t tag, struct hop_slots **out)
{
    if (capacity == 0 || capacity > MAX_CAPACITY)
        return -EINVAL;
    struct hop_slots *slots = calloc(1, sizeof(*slots) + capacity * sizeof(struct entry));
    if (!slots)
        return -ENOMEM;
    slots->capacity = capacity;
    slots->tag = tag;
    for (size_t i = 0; i < capacity; i++) {
        slots->entries[i].generation = 1;
        slots->entries[i].next_free = i + 1 < capacity ? (int32_t)(i + 1) : NONE;
    }
    slots->last_free = (int32_t)(capacity - 1);
    *out = slots;
    return 0;
}

void hop_slots_free(struct hop_slots *slots)
{
    free(slots);
}

int hop_slots_add(struct hop_slots *slots, void *value, uint64_t *id)
{
    int32_t slot = slots->first_free;
    if (slot == NONE)
        return -ENOSPC;
    struct entry *e = &slots->entries[slot];
    slots->first_free = e->next_free;
    if (slots->first_free == NONE)
        slots->last_free = NONE;
    e->value = value;
    slots->count++;
    *id = ((uint64_t)e->generation << 32) | ((uint64_t)slots->tag << 24) | (uint32_t)slot;
    return 0;
}

static struct entry *find(const struct hop_slots *slots, uint64_t id)
{
    uint32_t slot = hop_slots_index(id);
    if (slot >= slots->capacity || hop_slots_tag(id) != slots->tag)
        return NULL;
    const struct entry *e = &slots->entries[slot];
    if (!e->value || e->generation != (uint32_t)(id >> 32))
        return NULL;
    return (struct entry *)(uintptr_t)e;
}

void *hop_slots_get(const struct hop_slots *slots, uint64_t id)
{
    const struct entry *e = find(slots, id);
    return e ? e->value : NULL;
}

void *hop_slots_remove(struct hop_slots *slots, uint64_t id)
{
    struct entry *e = find(slots, id);
    if (!e)
        return NULL;
    void *value = e->value;
    int32_t slot = (int32_t)hop_slots_index(id);
    e->value = NULL;
    e->next_free = NONE;
    if (++e->generation == 0)
        e->generation = 1;
    if (slots->last_free == NONE)
        slots->first_free = slot;
    else
        slots->entries[slots->last_free].next_free = slot;
    slots->last_free = slot;
    slots->count--;
    return value;
}

void *hop_slots_next(const struct hop_slots *slots, size_t *slot)
{
    for (; *slot < slots->capacity; (*slot)++)
        if (slots->entries[*slot].value)
            return slots->entries[*slot].value;
    return NULL;
}

size_t hop_slots_count(const struct hop_slots *slots)
{
    return slots->count;
}
