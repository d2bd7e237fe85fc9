/* One mail about a meeting, from what is to be told and to whom: texts, calendar part, headers.
 * Any thread; no state.
 */
#pragma once

#include "server/mail/calendar.h"
#include "server/mail/mime.h"
#include "server/mail/words.h"

/* What is different, as it was and as it is; NULL: as before. */
struct hop_invitation_change {
    const char *title, *place, *description, *rrule; /* as they were; "" none */
    bool moved;                                      /* starts, ends, zone below are what was */
    int64_t starts_us, ends_us;
    const char *zone;
    bool all_day;
};

struct hop_invitation {
    enum hop_words_why why;
    struct hop_calendar_event event;             /* the series, or the one occurrence */
    const struct hop_calendar_event *exceptions; /* occurrences of it that differ */
    size_t n_exceptions;
    struct hop_invitation_change was;
    const char *language;
    const char *role;                 /* of the recipient in the meeting */
    const char *answer_url;           /* to which "&rsvp=…" is added; NULL: none */
    const char *server;               /* its name */
    struct hop_mime_mailbox from;     /* the server's */
    struct hop_mime_mailbox reply_to; /* the organizer's own; address NULL: none */
    int64_t mail_id;                  /* makes the Message-ID; the same for a repeated try */
    int64_t date_us;
};

/* The recipient is event.attendee. Free with g_string_free(). */
GString *hop_invitation_new(const struct hop_invitation *invitation);
