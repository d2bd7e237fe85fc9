/* Questions about time: which meetings lie in it, who is busy, what collides. All of them by the
 * occurrences that meetings.h keeps. Drafts and templates make nobody busy.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/meetings.h"

enum {
    HOP_MAX_LIST = 1000,          /* occurrences in one answer */
    HOP_MAX_BUSY_USERS = 500,     /* people in one question */
    HOP_MAX_BUSY_RESOURCES = 100, /* likewise */
    HOP_MAX_CONFLICTS = 200,      /* in one answer */
    HOP_MAX_CONFLICT_TIMES = 400, /* of a series that are looked at, the first ones */
    HOP_MAX_SPANS = 2000,         /* busy times of one person in one answer */
};

struct hop_store_list_query {
    struct hop_store_viewer viewer;
    int64_t from_us, to_us; /* those that overlap [from, to) */
    const char *search;     /* in title, place, code, description and organizer; NULL: all */
    bool mine;              /* only those he is part of */
    int64_t unit_id;        /* 0: all; else that one and those below it */
    int64_t resource_id;    /* 0: all */
    int64_t user_id;        /* 0: all; else those this person is part of */
    bool templates;         /* these and nothing else */
    uint32_t states;        /* bits 1u << enum hop_occurrence_state; 0: all */
    size_t offset, limit;   /* limit at most HOP_MAX_LIST */
};
enum hop_occurrence_state { /* what the times say; that people sit in it is the server's to know */
                            HOP_OCCURRENCE_DRAFT,
                            HOP_OCCURRENCE_SCHEDULED,
                            HOP_OCCURRENCE_OPEN,
                            HOP_OCCURRENCE_ENDED,
                            HOP_OCCURRENCE_CANCELLED,
};

struct hop_store_listed {
    struct hop_store_meeting meeting; /* title, place and times of this occurrence; no arrays, no
                                         description */
    int64_t stamp;                    /* 0: no series */
    enum hop_occurrence_state state;
    bool conflict; /* somebody who should be there, or a resource, is elsewhere at that time */
};
typedef void (*hop_store_list_cb)(void *ctx, int error, const struct hop_store_listed *list,
                                  size_t n, bool more);
/* By start. */
void hop_store_calendar_list(struct hop_store *store, const struct hop_store_list_query *query,
                             hop_store_list_cb cb, void *ctx);

struct hop_store_span {
    int64_t from_us, to_us;
};
struct hop_store_busy {
    int64_t id; /* of the person or resource */
    bool resource;
    const struct hop_store_span *spans; /* by start; they may overlap */
    size_t n;
};
typedef void (*hop_store_busy_cb)(void *ctx, int error, const struct hop_store_busy *busy,
                                  size_t n);
/* When these people and resources are busy in [from, to). Those that do not exist are left out. */
void hop_store_freebusy(struct hop_store *store, const int64_t *users, size_t n_users,
                        const int64_t *resources, size_t n_resources, int64_t from_us,
                        int64_t to_us, hop_store_busy_cb cb, void *ctx);

struct hop_store_conflict {
    bool resource;
    int64_t id; /* of the person or resource */
    char name[HOP_MAX_NAME * 4 + 1];
    int64_t meeting_id; /* 0: the viewer may not see it */
    char title[HOP_MAX_TITLE * 4 + 1];
    int64_t starts_us, ends_us;
};
typedef void (*hop_store_conflicts_cb)(void *ctx, int error,
                                       const struct hop_store_conflict *conflicts, size_t n,
                                       bool more);
struct hop_store_conflict_query {
    struct hop_store_viewer viewer;
    const struct hop_store_span *times; /* by start */
    size_t n_times;                     /* above HOP_MAX_CONFLICT_TIMES they are not looked at */
    const int64_t *users, *resources;
    size_t n_users, n_resources;
    int64_t except; /* this meeting's own times do not count; 0: none */
};
void hop_store_conflicts(struct hop_store *store, const struct hop_store_conflict_query *query,
                         hop_store_conflicts_cb cb, void *ctx);
