/* Units (đơn vị) of the agency: a tree. Control thread; callbacks as store.h says. */
#pragma once

#include "server/store/rooms.h"

enum { HOP_MAX_UNIT_NAME = 120, HOP_MAX_UNITS = 5000, HOP_MAX_UNIT_DEPTH = 16 };

struct hop_store_unit {
    int64_t id, parent_id; /* parent 0: at the top */
    char name[HOP_MAX_UNIT_NAME * 4 + 1];
    unsigned users; /* in itself, not below it */
};

typedef void (*hop_store_unit_cb)(void *ctx, int error, const struct hop_store_unit *unit);
typedef void (*hop_store_units_cb)(void *ctx, int error, const struct hop_store_unit *units,
                                   size_t n);

/* All, by name. */
void hop_store_unit_list(struct hop_store *store, hop_store_units_cb cb, void *ctx);
/* -EEXIST: its parent has one of that name; -ENOENT: no such parent; -E2BIG: too many;
 * -ELOOP: too deep. */
void hop_store_unit_add(struct hop_store *store, const struct hop_store_unit *unit,
                        hop_store_unit_cb cb, void *ctx);
/* Name and parent. As above; -ELOOP also: it would stand below itself. */
void hop_store_unit_change(struct hop_store *store, const struct hop_store_unit *unit,
                           hop_store_unit_cb cb, void *ctx);
/* -ENOTEMPTY: there are units or accounts in it. */
void hop_store_unit_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx);
