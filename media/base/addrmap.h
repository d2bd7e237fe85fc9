/* From whom a packet is: (remote address, local socket) → a number. One thread.
 *
 * Open addressing under a keyed hash (hash.h): strangers choose the addresses. Entries are made for
 * authenticated addresses only, so their number is bounded by participants × HOP_MAX_PATHS. */
#pragma once

#include "media/base/addr.h"

struct hop_addrmap;

/* `limit`: the most entries it will hold. -EINVAL, -ENOMEM. */
int hop_addrmap_new(size_t limit, struct hop_addrmap **out);
void hop_addrmap_free(struct hop_addrmap *map); /* NULL-safe */

/* Sets or replaces. -ENOSPC at the limit, -ENOMEM; the map is as before then. */
int hop_addrmap_put(struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                    uint32_t value);
/* False: unknown; *value is untouched. */
bool hop_addrmap_get(const struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                     uint32_t *value);
/* Removes the entry if it has that value (another participant may own the address by now). */
void hop_addrmap_remove(struct hop_addrmap *map, const struct hop_addr *remote, uint16_t socket,
                        uint32_t value);
/* Removes every entry with that value; looks at the whole table. */
void hop_addrmap_remove_value(struct hop_addrmap *map, uint32_t value);
size_t hop_addrmap_count(const struct hop_addrmap *map);
