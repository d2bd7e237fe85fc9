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

/* Who asks, and so what he may see: an administrator all; a secretary the meetings of his unit and
 * below; everybody those he is part of, but for others' drafts. */
struct hop_store_viewer {
    int64_t user_id, unit_id;
    uint32_t roles; /* hop_account_role */
    struct hop_store_present present;
};
/* An administrator, a secretary of its unit or above, and its organizer, chair and secretary may
 * change a meeting. */
enum hop_meeting_right { HOP_MEETING_HIDDEN, HOP_MEETING_READ, HOP_MEETING_CHANGE };

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
    enum hop_meeting_right right; /* of the viewer who was given */
    /* of a series, of the time that is now or next, else of the last; by the viewer's present */
    int64_t next_starts_us, next_ends_us;
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
GArray *hop_store_occurrences_copy(const GArray *occurrences);

/* The meeting is valid during the call only. */
typedef void (*hop_store_meeting_cb)(void *ctx, int error, const struct hop_store_meeting *meeting);

/* With invitees, resources and exceptions. `viewer` NULL: the server itself. -ENOENT, also for who
 * may not see it */
void hop_store_meeting_get(struct hop_store *store, int64_t id,
                           const struct hop_store_viewer *viewer, hop_store_meeting_cb cb,
                           void *ctx);
/* When it takes place: all, by start. `occurrences` is valid during the call only. -ENOENT */
typedef void (*hop_store_occurrences_cb)(void *ctx, int error,
                                         const struct hop_store_occurrence *occurrences, size_t n);
void hop_store_meeting_occurrences(struct hop_store *store, int64_t id, hop_store_occurrences_cb cb,
                                   void *ctx);

struct hop_store_save {
    const struct hop_store_meeting *meeting; /* id 0: a new one; NULL arrays: leave them */
    const GArray *occurrences;               /* struct hop_store_occurrence; NULL: leave them */
    struct hop_store_minter minter;
    const struct hop_store_viewer *viewer; /* NULL: the server itself */
    int64_t now_us;
    bool reopen; /* the room, if it had ended */
};
/* `member`: what in the meeting is at fault, as the API names it ("invitees[2].ref"); "" else. */
typedef void (*hop_store_saved_cb)(void *ctx, int error, const char *member,
                                   const struct hop_store_meeting *meeting);
/* Stores it as a whole, a new one with a room of its own. Of another, `version` must be the one
 * that was read, and one more is stored; `sequence` is the caller's. Groups and units among the
 * invitees are expanded, links made; rows that are not listed any more go, and their links.
 * -ESTALE: it was changed meanwhile; -ENOENT: it is gone, or, with a member, what that names;
 * -EINVAL: no such invitee, or he was another; -EEXIST: code or uid is taken, or, with a member, he
 * is invited twice; -E2BIG: more than HOP_MAX_INVITEES; -EPERM: a unit that is not the viewer's or
 * below. Whether he may change the meeting was asked when it was read. */
void hop_store_meeting_save(struct hop_store *store, const struct hop_store_save *save,
                            hop_store_saved_cb cb, void *ctx);
/* Changes or cancels one time of a series, or takes both back; version and sequence + 1. -ENOENT:
 * there is no such time; -ESTALE: the meeting's version is another. */
void hop_store_occurrence_save(struct hop_store *store, int64_t meeting_id, int64_t version,
                               const struct hop_store_occurrence *occurrence,
                               const struct hop_store_viewer *viewer, int64_t now_us,
                               hop_store_meeting_cb cb, void *ctx);
/* Only drafts and templates: -EPERM for others. -ENOENT */
void hop_store_meeting_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx);
