/* What the stays of a meeting mean for each person: who was there, from when to when, how long, how
 * many people in front of him; and the same as JSON, as a table and as a page. Pure: the present is
 * passed in. docs/attendance.md.
 *
 * Called by: api_attendance, host. Any thread; no state.
 */
#pragma once

#include "server/store/attendance.h"

#include <jansson.h>

enum hop_presence { /* as requirements name them; in this order in reports */
                    HOP_PRESENT_ROOM,
                    HOP_PRESENT_ONLINE,
                    HOP_ABSENT,
                    HOP_NOT_MARKED,
                    HOP_PRESENCES
};

struct hop_attendee {
    char person[HOP_PERSON_TEXT];            /* "i12" invited, "u5" an account, "p7" a guest */
    const struct hop_store_invitee *invitee; /* NULL: he came uninvited */
    const char *name, *title, *unit, *role;  /* of the list, or as he was there */
    enum hop_presence state;
    bool marked;               /* entered by hand */
    const char *reason;        /* "" none */
    uint32_t attendees;        /* people who were there through him; 0: none */
    bool here;                 /* now */
    int64_t first_us, last_us; /* 0: never; last 0: he is there */
    int64_t seconds;           /* that he was there; what overlaps counts once */
    GArray *stays;             /* const struct hop_store_stay *, by joined_us; owned */
};

struct hop_attendance {
    const struct hop_store_attendance *source; /* must outlive this */
    int64_t now_us;
    GArray *people; /* struct hop_attendee: those invited in their order, then who came besides */
    unsigned count[HOP_PRESENCES];
    unsigned here, attendees;
};

void hop_attendance_compute(const struct hop_store_attendance *source, int64_t now_us,
                            struct hop_attendance *out);
void hop_attendance_clear(struct hop_attendance *attendance);

const char *hop_presence_name(enum hop_presence presence);

/* docs/rest-api.md; a new reference. */
json_t *hop_attendance_json(const struct hop_attendance *attendance);
/* UTF-8 with a byte order mark, CRLF, times in the meeting's zone; what a spreadsheet would take
 * for a formula is disarmed. `language`: "vi" or "en". Free with g_string_free(). */
GString *hop_attendance_csv(const struct hop_attendance *attendance, const char *language);
/* A4 pages, PDF. NULL: the page could not be drawn. Free with g_byte_array_unref(). */
GByteArray *hop_attendance_pdf(const struct hop_attendance *attendance, const char *language);

/* The words of both, and a time as people write it (dd/MM/yyyy HH:mm:ss), "" for 0. */
struct hop_attendance_words {
    const char *title, *when, *chair, *secretary, *summary, *number, *name, *position, *unit, *role,
        *state, *joined, *left, *duration, *attendees, *reason, *admitted_by, *through, *here,
        *page, *signatures, *sign_secretary, *sign_chair;
    const char *states[HOP_PRESENCES];
    const char *roles[7]; /* in the order of enum hop_role */
    const char *throughs[3];
};
const struct hop_attendance_words *hop_attendance_words(const char *language);
const char *hop_attendance_role(const struct hop_attendance_words *words, const char *role);
char *hop_attendance_time(const struct hop_attendance *attendance, int64_t us);
/* "1:02:03" */
char *hop_attendance_duration(int64_t seconds);
