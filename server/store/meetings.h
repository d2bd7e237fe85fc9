/* Scheduled meetings: drafts, templates, what was sent; once or as a series (RFC 5545 RRULE). Each
 * has a room of its own, and keeps its uid and code for life, so that calendars update instead of
 * doubling it (RFC 5545 §3.8.4.7). When it takes place stands in occurrences of its own: who
 * expands the rule is the server (server/recurrence.h), here they are only kept.
 *
 * A meeting is read as a whole, changed by its reader, and saved as a whole: its version tells
 * whether somebody else was faster. Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/invitees.h"
#include "server/store/settings.h"

enum {
    HOP_MAX_DESCRIPTION = 4000, /* characters */
    HOP_MAX_PLACE = 200,        /* characters */
    HOP_MAX_UID = 63,
    HOP_MAX_RRULE = 255,
    HOP_MAX_OCCURRENCES = 4000, /* of one series: ten years, day by day */
    HOP_MAX_MEETING_RESOURCES = 20,
    HOP_MAX_LIST = 1000, /* meetings in one answer */
};
/* One meeting lasts at most this long: lists by time rely on it. */
#define HOP_MAX_MEETING_US ((int64_t)31 * 24 * 3600 * 1000000)

struct hop_store_person {
    int64_t id; /* 0: nobody */
    char name[HOP_MAX_NAME * 4 + 1];
};

/* One time of a meeting. */
struct hop_store_occurrence {
    int64_t stamp; /* the start by the rule (RECURRENCE-ID); wall clock, as all times here */
    int64_t starts_us, ends_us;
    bool cancelled;
    bool changed;                      /* differs from the series in any of the others */
    char *title, *description, *place; /* NULL: the meeting's; owned */
};
void hop_store_occurrence_clear(struct hop_store_occurrence *occurrence);

struct hop_store_meeting {
    int64_t id, room_id;
    char uid[HOP_MAX_UID + 1];
    char code[HOP_MAX_ROOM_CODE + 1];
    int64_t version;  /* + 1 with each change (ETag) */
    int64_t sequence; /* grows with each change that a calendar must know (RFC 5545 §3.8.7.4) */
    char title[HOP_MAX_TITLE * 4 + 1];
    char *description; /* "" when there is none; owned by whoever owns the struct */
    char place[HOP_MAX_PLACE * 4 + 1];
    bool draft, template, cancelled;
    int64_t starts_us, ends_us; /* of the first one; wall clock */
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    bool all_day;
    char rrule[HOP_MAX_RRULE + 1]; /* "" once */
    struct hop_store_person organizer, chair, secretary;
    int64_t unit_id; /* 0: none */
    struct hop_store_settings settings;
    int64_t ended_us; /* the room's: the chair has ended it; 0: not, or reopened */
    int64_t created_us, changed_us, sent_us;
    GArray *invitees;   /* struct hop_store_invitee, in order; NULL: not read */
    GArray *resources;  /* int64_t; NULL: not read */
    GArray *exceptions; /* struct hop_store_occurrence: the cancelled and the changed; NULL: so */
};

void hop_store_meeting_clear(struct hop_store_meeting *meeting);
/* A copy that owns everything it points to. Clear `out` when done. */
void hop_store_meeting_copy(const struct hop_store_meeting *meeting, struct hop_store_meeting *out);
/* Empty arrays with the right clear functions. Free with g_array_unref(). */
GArray *hop_store_invitees_new(void);
GArray *hop_store_occurrences_new(void);

/* The meeting is valid during the call only. */
typedef void (*hop_store_meeting_cb)(void *ctx, int error, const struct hop_store_meeting *meeting);

/* With invitees, resources and exceptions. -ENOENT */
void hop_store_meeting_get(struct hop_store *store, int64_t id, hop_store_meeting_cb cb, void *ctx);
/* When it takes place: all, by start. `occurrences` is valid during the call only. -ENOENT */
typedef void (*hop_store_occurrences_cb)(void *ctx, int error,
                                         const struct hop_store_occurrence *occurrences, size_t n);
void hop_store_meeting_occurrences(struct hop_store *store, int64_t id, hop_store_occurrences_cb cb,
                                   void *ctx);

/* Stores it as a whole. id 0: a new one, with its room. Else `version` must be the one that was
 * read. `occurrences` NULL: leave them. Groups and units among the invitees are expanded, links
 * made. invitees or resources NULL: leave them.
 * -ESTALE: it was changed meanwhile; -ENOENT: it is gone, or a person, unit, group, resource that
 * it names is; -EEXIST: code or uid is taken; -E2BIG: more than HOP_MAX_INVITEES. */
void hop_store_meeting_save(struct hop_store *store, const struct hop_store_meeting *meeting,
                            const GArray *occurrences, const struct hop_store_minter *minter,
                            int64_t now_us, hop_store_meeting_cb cb, void *ctx);
/* Changes or cancels one time of a series, and gives version and sequence + 1. -ENOENT: there is no
 * such time; -ESTALE (`version` not 0 and another). */
void hop_store_occurrence_save(struct hop_store *store, int64_t meeting_id, int64_t version,
                               const struct hop_store_occurrence *occurrence, int64_t now_us,
                               hop_store_meeting_cb cb, void *ctx);
/* Only drafts and templates: -EPERM for others. -ENOENT */
void hop_store_meeting_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx);

/* What a change brings; NULL or 0: leave as it is. */
struct hop_store_meeting_change {
    const char *title, *description, *time_zone;
    int64_t starts_us, ends_us;
};
typedef void (*hop_store_meetings_cb)(void *ctx, int error,
                                      const struct hop_store_meeting *const *meetings, size_t n);

/* Takes title, description, times, zone, code and uid from `meeting` (copied); makes the room.
 * -EEXIST: code or uid is taken. */
void hop_store_meeting_add(struct hop_store *store, const struct hop_store_meeting *meeting,
                           int64_t user_id, int64_t now_us, hop_store_meeting_cb cb, void *ctx);
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
