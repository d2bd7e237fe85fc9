/* Writes iCalendar objects (RFC 5545, and RFC 5546 for what each method needs): for invitations
 * and feeds. Texts may come from anybody: whatever is in them stays inside its property. Any
 * thread; no state.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hop_calendar_method { HOP_CALENDAR_PUBLISH, HOP_CALENDAR_REQUEST, HOP_CALENDAR_CANCEL };

struct hop_calendar_person {
    const char *name, *mail; /* mail NULL: nobody */
};

struct hop_calendar_event {
    const char *uid;
    int64_t sequence;
    const char *title, *description, *place; /* "" none */
    const char *url;                         /* to join; NULL: none */
    int64_t starts_us, ends_us;              /* wall clock */
    const char *zone;                        /* IANA name; "UTC" or unknown: written in UTC */
    bool all_day;                            /* from and to midnight there */
    const char *rrule;                       /* NULL: once */
    const int64_t *exdates;
    size_t n_exdates;
    int64_t recurrence_us; /* the start it had in its series; 0: it is the series, or alone */
    int64_t stamp_us, created_us, changed_us;
    bool cancelled;
    struct hop_calendar_person organizer, attendee;
    const char *role;     /* of the attendee: "CHAIR", "REQ-PARTICIPANT", … */
    const char *partstat; /* "NEEDS-ACTION", "ACCEPTED", … */
};

/* `name`: of a feed; NULL: none. Then zones (zone.h), then events. */
GString *hop_calendar_begin(enum hop_calendar_method method, const char *name);
void hop_calendar_event(GString *out, const struct hop_calendar_event *event);
/* Frees `out`. Free the text with g_free(). */
char *hop_calendar_end(GString *out);

/* The years that an event's zone has to be known for. */
int hop_calendar_first_year(const struct hop_calendar_event *event);
int hop_calendar_last_year(const struct hop_calendar_event *event);

/* One content line, folded at 75 octets between characters (RFC 5545 §3.1). */
void hop_calendar_line(GString *out, const char *line);
/* A text as a property's value: escaped (§3.3.11), without control characters. Free with
 * g_free(). */
char *hop_calendar_text(const char *text);
