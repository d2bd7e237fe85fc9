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
    int64_t owner_id;             /* whose personal room it is; 0: nobody's */
    int64_t meeting_id;           /* 0: an instant or personal room, and the following are 0 */
    int64_t stamp;                /* which one of a series (RECURRENCE-ID); 0: no series */
    int64_t starts_us, ends_us;   /* wall clock; of a series, of the one that is next or now */
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    bool cancelled;
    char uid[64]; /* of the meeting */
    struct hop_store_settings settings;
};

typedef void (*hop_store_room_cb)(void *ctx, int error, const struct hop_store_room *room);
typedef void (*hop_store_done_cb)(void *ctx, int error);

/* When it is asked, and how long before its start and after its end a meeting is open. */
struct hop_store_present {
    int64_t now_us, early_us, late_us;
};
/* -ENOENT: no such code, or that of a draft. Of a series the times are those of the first one that
 * is not over, was not ended by its chair and not cancelled, else of the last. */
void hop_store_room_find(struct hop_store *store, const char *code,
                         const struct hop_store_present *present, hop_store_room_cb cb, void *ctx);
/* The personal room of an account; -ENOENT: it has none. */
void hop_store_room_of(struct hop_store *store, int64_t user_id, hop_store_room_cb cb, void *ctx);
/* Makes a personal room, or gives it another code: the old one is worth nothing then. -EEXIST: the
 * code is taken. */
void hop_store_room_own(struct hop_store *store, int64_t user_id, const char *code,
                        const char *title, int64_t now_us, hop_store_room_cb cb, void *ctx);
/* An instant room. -EEXIST: the code is taken. */
void hop_store_room_add(struct hop_store *store, const char *code, const char *title,
                        int64_t now_us, hop_store_room_cb cb, void *ctx);
/* Marks it ended; one that has ended keeps its first time, of a series the present one ends. A
 * personal room never ends. */
void hop_store_room_end(struct hop_store *store, int64_t room_id, int64_t now_us,
                        hop_store_done_cb cb, void *ctx);
/* Removes instant rooms made before `before_us` in which nobody ever was. `cb` may be NULL. */
void hop_store_room_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx);
