/* Rooms: a code, a title, and, when it was scheduled, its meeting's times. An instant room has
 * none. Control thread; callbacks as store.h says.
 */
#pragma once

#include "media/base/limits.h"
#include "server/store/settings.h"
#include "server/store/store.h"

enum { HOP_MAX_TIME_ZONE = 63 };

struct hop_store_room {
    int64_t id;
    char code[HOP_MAX_ROOM_CODE + 1];
    char title[HOP_MAX_TITLE * 4 + 1];
    int64_t created_us, ended_us; /* wall clock; ended 0: not ended */
    int64_t meeting_id;           /* 0: an instant room, and the following are 0 */
    int64_t starts_us, ends_us;   /* wall clock */
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    bool cancelled;
};

typedef void (*hop_store_room_cb)(void *ctx, int error, const struct hop_store_room *room);
typedef void (*hop_store_done_cb)(void *ctx, int error);

/* -ENOENT: no such code. */
void hop_store_room_find(struct hop_store *store, const char *code, hop_store_room_cb cb,
                         void *ctx);
/* An instant room. -EEXIST: the code is taken. */
void hop_store_room_add(struct hop_store *store, const char *code, const char *title,
                        int64_t now_us, hop_store_room_cb cb, void *ctx);
/* Marks it ended; one that has ended keeps its first time. */
void hop_store_room_end(struct hop_store *store, int64_t room_id, int64_t now_us,
                        hop_store_done_cb cb, void *ctx);
/* Removes instant rooms made before `before_us` in which nobody ever was. `cb` may be NULL. */
void hop_store_room_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx);
