/* Scheduled meetings. Each has a room of its own, and keeps its uid and code for life, so that
 * calendars update instead of doubling it (RFC 5545 §3.8.4.7).
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/rooms.h"

enum { HOP_MAX_DESCRIPTION = 4000, HOP_MAX_UID = 63, HOP_MAX_LIST = 1000 };

struct hop_store_meeting {
    int64_t id, room_id;
    char uid[HOP_MAX_UID + 1];
    char code[HOP_MAX_ROOM_CODE + 1];
    char title[HOP_MAX_TITLE * 4 + 1];
    char *description;          /* "" when there is none; owned by whoever owns the struct */
    int64_t starts_us, ends_us; /* wall clock */
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    int64_t sequence; /* grows with each change (RFC 5545 §3.8.7.4) */
    bool cancelled;
    int64_t ended_us; /* the room's */
    int64_t created_us, changed_us;
};

void hop_store_meeting_clear(struct hop_store_meeting *meeting);

/* What a change brings; NULL or 0: leave as it is. */
struct hop_store_meeting_change {
    const char *title, *description, *time_zone;
    int64_t starts_us, ends_us;
};

/* The meeting is valid during the call only. */
typedef void (*hop_store_meeting_cb)(void *ctx, int error, const struct hop_store_meeting *meeting);
typedef void (*hop_store_meetings_cb)(void *ctx, int error,
                                      const struct hop_store_meeting *const *meetings, size_t n);

/* Takes title, description, times, zone, code and uid from `meeting` (copied); makes the room.
 * -EEXIST: code or uid is taken. */
void hop_store_meeting_add(struct hop_store *store, const struct hop_store_meeting *meeting,
                           int64_t user_id, int64_t now_us, hop_store_meeting_cb cb, void *ctx);
/* -ENOENT */
void hop_store_meeting_get(struct hop_store *store, int64_t id, hop_store_meeting_cb cb, void *ctx);
/* Those that overlap [from, to), by start, at most HOP_MAX_LIST; `to` 0: no end. */
void hop_store_meeting_list(struct hop_store *store, int64_t from_us, int64_t to_us,
                            hop_store_meetings_cb cb, void *ctx);
/* Sequence + 1 if anything is different. New times reopen a room that had ended. -ENOENT; -ERANGE:
 * it would end before it starts; -ECANCELED: it was cancelled. */
void hop_store_meeting_change(struct hop_store *store, int64_t id,
                              const struct hop_store_meeting_change *change, int64_t now_us,
                              hop_store_meeting_cb cb, void *ctx);
/* Sequence + 1; cancelling twice changes nothing. -ENOENT */
void hop_store_meeting_cancel(struct hop_store *store, int64_t id, int64_t now_us,
                              hop_store_meeting_cb cb, void *ctx);
