/* Groups of accounts that are invited together. Control thread; callbacks as store.h says. */
#pragma once

#include "server/store/rooms.h"

enum {
    HOP_MAX_GROUPS = 2000,
    HOP_MAX_GROUP_NAME = 120, /* characters */
    HOP_MAX_GROUP_MEMBERS = 500,
};

struct hop_store_group {
    int64_t id, version;
    char name[HOP_MAX_GROUP_NAME * 4 + 1];
    GArray *members; /* int64_t, accounts' ids by name; owned by whoever owns the struct */
};
void hop_store_group_clear(struct hop_store_group *group);

typedef void (*hop_store_group_cb)(void *ctx, int error, const struct hop_store_group *group);
typedef void (*hop_store_groups_cb)(void *ctx, int error, const struct hop_store_group *groups,
                                    size_t n);

/* All, by name, with their members. */
void hop_store_group_list(struct hop_store *store, hop_store_groups_cb cb, void *ctx);
/* -ENOENT */
void hop_store_group_get(struct hop_store *store, int64_t id, hop_store_group_cb cb, void *ctx);
/* id 0: a new one; else the version must be the one that was read. -EEXIST: the name is taken;
 * -ENOENT: no such group or account; -ESTALE; -E2BIG: too many. */
void hop_store_group_save(struct hop_store *store, const struct hop_store_group *group,
                          hop_store_group_cb cb, void *ctx);
/* Who was invited through it stays invited until the meeting is saved again. -ENOENT */
void hop_store_group_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx);
