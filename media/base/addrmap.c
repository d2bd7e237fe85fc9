/* The address map; see addrmap.h. One thread. Linear probing, at most half full, no tombstones: a
 * removal moves the followers back. */
#include "media/base/addrmap.h"

#include "media/base/random.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

struct entry {
    struct hop_addr remote; /* family 0: free */
    uint32_t value;
    uint16_t socket;
};

struct hop_addrmap {
    uint64_t seed;
    size_t limit, count, mask;
    struct entry *entries;
};

int hop_addrmap_new(size_t limit, struct hop_addrmap **out)
{
    if (limit == 0 || limit > SIZE_MAX / 4 / sizeof(struct entry))
        return -EINVAL;
    struct hop_addrmap *map = calloc(1, sizeof(*map));
    if (!map)
        return -ENOMEM;
    map->entries = calloc(FIRST_CAPACITY, sizeof(*map->entries));
    if (!map->entries) {
        free(map);
        return -ENOMEM;
    }
    map->mask = FIRST_CAPACITY - 1;
    map->limit = limit;
    hop_random_bytes(&map->seed, sizeof(map->seed));
    *out = map;
    return 0;
}

void hop_addrmap_free(struct hop_addrmap *map)
{
    if (!map)
        return;
    free(map->entries);
    free(map);
}

static size_t home(const struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket)
{
    return (size_t)hop_addr_hash(remote, map->seed + socket) & map->mask;
}

/* The entry, or the free place where it would go. */
static size_t probe(const struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket)
{
    size_t i = home(map, remote, socket);
    for (; map->entries[i].remote.family != 0; i = (i + 1) & map->mask) {
        const struct entry *e = &map->entries[i];
        if (e->socket == socket && hop_addr_equal(&e->remote, remote))
            break;
    }
    return i;
}

static int grow(struct hop_addrmap *map)
{
    size_t old_capacity = map->mask + 1;
    struct entry *old = map->entries;
    struct entry *bigger = calloc(old_capacity * 2, sizeof(*bigger));
    if (!bigger)
        return -ENOMEM;
    map->entries = bigger;
    map->mask = old_capacity * 2 - 1;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].remote.family != 0)
            map->entries[probe(map, &old[i].remote, old[i].socket)] = old[i];
    free(old);
    return 0;
}

int hop_addrmap_put(struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                    uint32_t value)
{
    size_t i = probe(map, remote, socket);
    if (map->entries[i].remote.family == 0) {
        if (map->count == map->limit)
            return -ENOSPC;
        if ((map->count + 1) * 2 > map->mask + 1) {
            if (grow(map) != 0)
                return -ENOMEM;
            i = probe(map, remote, socket);
        }
        map->count++;
    }
    map->entries[i] = (struct entry){ .remote = *remote, .value = value, .socket = socket };
    return 0;
}

bool hop_addrmap_get(const struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                     uint32_t *value)
{
    const struct entry *e = &map->entries[probe(map, remote, socket)];
    if (e->remote.family == 0)
        return false;
    *value = e->value;
    return true;
}

static void remove_at(struct hop_addrmap *map, size_t hole)
{
    for (size_t i = (hole + 1) & map->mask; map->entries[i].remote.family != 0;
         i = (i + 1) & map->mask) {
        const struct entry *e = &map->entries[i];
        size_t from_home = (i - home(map, &e->remote, e->socket)) & map->mask;
        size_t from_hole = (i - hole) & map->mask;
        if (from_home < from_hole)
            continue; /* it would move to before its home and be lost */
        map->entries[hole] = *e;
        hole = i;
    }
    map->entries[hole] = (struct entry){ 0 };
    map->count--;
}

void hop_addrmap_remove(struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                        uint32_t value)
{
    size_t i = probe(map, remote, socket);
    if (map->entries[i].remote.family != 0 && map->entries[i].value == value)
        remove_at(map, i);
}

void hop_addrmap_remove_value(struct hop_addrmap *map, uint32_t value)
{
    for (size_t i = 0; i <= map->mask;) {
        if (map->entries[i].remote.family != 0 && map->entries[i].value == value)
            remove_at(map, i); /* another one may have moved in here: look again */
        else
            i++;
    }
}

size_t hop_addrmap_count(const struct hop_addrmap *map)
{
    return map->count;
}
