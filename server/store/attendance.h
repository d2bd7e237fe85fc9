/* Who was in a meeting from when to when, what was entered by hand about it, and how lines were
 * tested before. A stay is one row, written when it begins, and again until it ends. What it means
 * for each person is computed elsewhere (server/attendance.h). docs/attendance.md.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/invitees.h"
#include "server/store/rooms.h"
#include "signaling/host.h"

enum {
    HOP_MAX_STAYS = 20000, /* read back, of one meeting */
    HOP_MAX_TESTS = 500,   /* likewise; the newest */
    HOP_TEST_BYTES = 4096, /* of a test's result */
    HOP_PERSON_TEXT = 24,
};

struct hop_store_stay {
    char participant[16];
    int64_t invite_id, user_id; /* 0: none */
    char name[HOP_MAX_NAME * 4 + 1], title[HOP_MAX_NAME * 4 + 1], unit[HOP_MAX_NAME * 4 + 1];
    char role[16];
    uint32_t site; /* people in front of it */
    char admitted_by[HOP_MAX_NAME * 4 + 1];
    int64_t joined_us, left_us; /* left 0: still there */
};

struct hop_store_attendance_mark {
    char person[HOP_PERSON_TEXT];
    char state[16]; /* "": as the server saw it */
    char *reason;   /* owned */
    int attendees;  /* 0: as he said himself */
};

/* Everything about one meeting's attendance. */
struct hop_store_attendance {
    int64_t room_id, meeting_id; /* meeting 0: a room without */
    int64_t occurrence_us;
    char code[HOP_MAX_ROOM_CODE + 1];
    char title[HOP_MAX_TITLE * 4 + 1];
    char time_zone[HOP_MAX_TIME_ZONE + 1];
    int64_t starts_us, ends_us;
    char chair[HOP_MAX_NAME * 4 + 1], secretary[HOP_MAX_NAME * 4 + 1]; /* "" none */
    GArray *invitees; /* struct hop_store_invitee, without groups and units */
    GArray *stays;    /* struct hop_store_stay, by joined_us */
    GArray *marks;    /* struct hop_store_attendance_mark */
};

/* Inserts, or replaces what was saved of this stay. */
void hop_store_stay_save(struct hop_store *store, const struct hop_attendance_record *record,
                         hop_store_done_cb cb, void *ctx);
/* The server ran at this time. `cb` may be NULL. */
void hop_store_alive(struct hop_store *store, int64_t now_us, hop_store_done_cb cb, void *ctx);
/* At start: ends the stays that a crash left open, when the server was last alive. */
void hop_store_stays_mend(struct hop_store *store, hop_store_done_cb cb, void *ctx);
/* Forgets what is about meetings before that time. `cb` may be NULL. */
void hop_store_attendance_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                                void *ctx);

/* Who asks; user_id 0: the server itself, who may. */
struct hop_store_asker {
    int64_t user_id, unit_id;
    bool administrator, secretary;
};

struct hop_store_attendance_query {
    struct hop_store_asker asker;
    int64_t room_id, meeting_id; /* one of them; the other 0 */
    int64_t occurrence_us;       /* stamp; 0: the one that was last, or is next */
    int64_t now_us;
};
/* Valid during the call only. -ENOENT, also for one who neither leads that meeting nor is a
 * secretary of its unit or one above. */
typedef void (*hop_store_attendance_cb)(void *ctx, int error,
                                        const struct hop_store_attendance *attendance);
void hop_store_attendance_get(struct hop_store *store,
                              const struct hop_store_attendance_query *query,
                              hop_store_attendance_cb cb, void *ctx);

/* Inserts or replaces; -ENOENT: nobody of that name was invited or came. */
void hop_store_attendance_mark(struct hop_store *store, const struct hop_attendance_mark *mark,
                               int64_t now_us, hop_store_done_cb cb, void *ctx);

struct hop_store_line_test {
    int64_t meeting_id, invite_id, user_id;
    char name[HOP_MAX_NAME * 4 + 1], unit[HOP_MAX_NAME * 4 + 1];
    int64_t at_us;
    char *result; /* JSON; owned by the caller */
};
void hop_store_line_test_add(struct hop_store *store, const struct hop_store_line_test *test,
                             hop_store_done_cb cb, void *ctx);
/* The newest first; valid during the call only. -ENOENT as above. */
typedef void (*hop_store_line_tests_cb)(void *ctx, int error,
                                        const struct hop_store_line_test *tests, size_t n);
/* The newest of a meeting, or of all (HOP_ALL_MEETINGS; for administrators, and whom the caller
 * takes for one). */
enum { HOP_ALL_MEETINGS = 0 };
void hop_store_line_tests(struct hop_store *store, int64_t meeting_id,
                          const struct hop_store_asker *asker, hop_store_line_tests_cb cb,
                          void *ctx);

/* For the files of server/store: 1 he may see who was there, 0 not, or a negative errno. */
int hop_db_may_attend(struct hop_db *db, int64_t meeting_id, const struct hop_store_asker *asker);
