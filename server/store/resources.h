/* Rooms, halls and equipment that meetings take up. Control thread; callbacks as store.h says. */
#pragma once

#include "server/store/units.h"

enum {
    HOP_MAX_RESOURCES = 2000,
    HOP_MAX_RESOURCE_NAME = 80, /* characters */
    HOP_MAX_RESOURCE_PLACE = 200,
    HOP_MAX_SEATS = 100000,
};

/* The numbers stand in the database. */
enum hop_resource_kind { HOP_RESOURCE_ROOM, HOP_RESOURCE_HALL, HOP_RESOURCE_EQUIPMENT };
/* "room", …; parsing: -1 none. */
const char *hop_resource_kind_name(enum hop_resource_kind kind);
int hop_resource_kind_parse(const char *name);

struct hop_store_resource {
    int64_t id, version;
    char name[HOP_MAX_RESOURCE_NAME * 4 + 1];
    enum hop_resource_kind kind;
    unsigned seats; /* 0: not said */
    char place[HOP_MAX_RESOURCE_PLACE * 4 + 1];
    int64_t unit_id; /* 0: everybody's */
};

typedef void (*hop_store_resource_cb)(void *ctx, int error,
                                      const struct hop_store_resource *resource);
typedef void (*hop_store_resources_cb)(void *ctx, int error,
                                       const struct hop_store_resource *resources, size_t n);

/* All, by name. */
void hop_store_resource_list(struct hop_store *store, hop_store_resources_cb cb, void *ctx);
/* -ENOENT */
void hop_store_resource_get(struct hop_store *store, int64_t id, hop_store_resource_cb cb,
                            void *ctx);
/* id 0: a new one; else the version must be the one that was read. -EEXIST: the name is taken;
 * -ENOENT: no such resource or unit; -ESTALE; -E2BIG: too many. */
void hop_store_resource_save(struct hop_store *store, const struct hop_store_resource *resource,
                             hop_store_resource_cb cb, void *ctx);
/* Meetings lose it. -ENOENT */
void hop_store_resource_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb,
                               void *ctx);
