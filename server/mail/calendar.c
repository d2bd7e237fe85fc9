/* See calendar.h. */
#include "server/mail/calendar.h"

#include "server/mail/zone.h"

#include <string.h>

enum { LINE = 75, SERIES_YEARS = 11 };

/* ---- content lines --------------------------------------------------------------------------- */

void hop_calendar_line(GString *out, const char *line)
{
    size_t len = strlen(line), room = LINE;

    while (len > room) {
        size_t cut = room;

        while (cut > 1 && ((unsigned char)line[cut] & 0xc0) == 0x80)
            cut--;
        g_string_append_len(out, line, (gssize)cut);
        g_string_append(out, "\r\n ");
        line += cut;
        len -= cut;
        room = LINE - 1;
    }
    g_string_append_len(out, line, (gssize)len);
    g_string_append(out, "\r\n");
}

static void line(GString *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(GString *out, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    hop_calendar_line(out, text);
}

char *hop_calendar_text(const char *text)
{
    GString *out = g_string_new(NULL);
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\n')
            g_string_append(out, "\\n");
        else if (c == '\\' || c == ';' || c == ',')
            g_string_append_printf(out, "\\%c", (char)c);
        else if (c == '\t' || c == 0x2028 || c == 0x2029) /* these break lines in some programs */
            g_string_append_c(out, ' ');
        else if (!g_unichar_iscntrl(c))
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

static void text_line(GString *out, const char *name, const char *text)
{
    g_autofree char *value = hop_calendar_text(text);

    line(out, "%s:%s", name, value);
}

/* As a quoted parameter, which knows no escapes (RFC 5545 §3.2). */
static char *parameter(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '"')
            g_string_append_c(out, '\'');
        else if (!g_unichar_iscntrl(c))
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

/* What goes out as it is: a URL, a rule, an address. Nothing in it may end the line. */
static void plain_line(GString *out, const char *name, const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return;
    line(out, "%s:%s", name, value);
}

/* ---- an event -------------------------------------------------------------------------------- */

static void time_line(GString *out, const struct hop_calendar_event *e, const char *name,
                      int64_t us)
{
    char text[HOP_ZONE_TIME];

    hop_zone_local(e->zone, us, e->all_day, text);
    if (e->all_day)
        line(out, "%s;VALUE=DATE:%s", name, text);
    else if (hop_zone_has_rules(e->zone))
        line(out, "%s;TZID=%s:%s", name, e->zone, text);
    else
        line(out, "%s:%s", name, text);
}

static void utc_line(GString *out, const char *name, int64_t us)
{
    char text[HOP_ZONE_TIME];

    hop_zone_local("UTC", us, false, text);
    line(out, "%s:%s", name, text);
}

static void person_line(GString *out, const char *name, const struct hop_calendar_person *person,
                        const char *more)
{
    g_autofree char *cn = parameter(person->name != NULL ? person->name : "");
    g_autofree char *what = g_strdup_printf("%s%s%s%s%s", name, cn[0] != '\0' ? ";CN=\"" : "", cn,
                                            cn[0] != '\0' ? "\"" : "", more);
    g_autofree char *mail = NULL;

    if (person->mail == NULL)
        return;
    mail = g_strdup_printf("mailto:%s", person->mail);
    plain_line(out, what, mail);
}

static void attendee_line(GString *out, const struct hop_calendar_event *e)
{
    g_autofree char *more =
        g_strdup_printf(";CUTYPE=INDIVIDUAL;ROLE=%s;PARTSTAT=%s;RSVP=TRUE", e->role, e->partstat);

    person_line(out, "ATTENDEE", &e->attendee, more);
}

static void when_lines(GString *out, const struct hop_calendar_event *e)
{
    utc_line(out, "DTSTAMP", e->stamp_us);
    time_line(out, e, "DTSTART", e->starts_us);
    time_line(out, e, "DTEND", e->ends_us);
    if (e->recurrence_us != 0)
        time_line(out, e, "RECURRENCE-ID", e->recurrence_us);
    else if (e->rrule != NULL)
        plain_line(out, "RRULE", e->rrule);
    for (size_t i = 0; i < e->n_exdates && e->recurrence_us == 0; i++)
        time_line(out, e, "EXDATE", e->exdates[i]);
}

void hop_calendar_event(GString *out, const struct hop_calendar_event *e)
{
    line(out, "BEGIN:VEVENT");
    plain_line(out, "UID", e->uid);
    line(out, "SEQUENCE:%" G_GINT64_FORMAT, e->sequence);
    when_lines(out, e);
    utc_line(out, "CREATED", e->created_us);
    utc_line(out, "LAST-MODIFIED", e->changed_us);
    person_line(out, "ORGANIZER", &e->organizer, "");
    attendee_line(out, e);
    text_line(out, "SUMMARY", e->title);
    if (e->description[0] != '\0')
        text_line(out, "DESCRIPTION", e->description);
    if (e->place[0] != '\0' || e->url != NULL)
        text_line(out, "LOCATION", e->place[0] != '\0' ? e->place : e->url);
    if (e->url != NULL) {
        plain_line(out, "URL", e->url);
        plain_line(out, "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=hop", e->url);
    }
    line(out, "STATUS:%s", e->cancelled ? "CANCELLED" : "CONFIRMED");
    line(out, "TRANSP:%s", e->cancelled ? "TRANSPARENT" : "OPAQUE");
    line(out, "CLASS:PUBLIC");
    line(out, "END:VEVENT");
}

/* ---- the object ------------------------------------------------------------------------------ */

GString *hop_calendar_begin(enum hop_calendar_method method, const char *name)
{
    static const char *const methods[] = { "PUBLISH", "REQUEST", "CANCEL" };
    GString *out = g_string_new(NULL);

    line(out, "BEGIN:VCALENDAR");
    line(out, "PRODID:-//hop//hop " HOP_VERSION "//EN");
    line(out, "VERSION:2.0");
    line(out, "CALSCALE:GREGORIAN");
    line(out, "METHOD:%s", methods[method]);
    if (name != NULL) {
        text_line(out, "NAME", name); /* RFC 7986 §5.1, and what was there before it */
        text_line(out, "X-WR-CALNAME", name);
        line(out, "REFRESH-INTERVAL;VALUE=DURATION:PT15M");
        line(out, "X-PUBLISHED-TTL:PT15M");
    }
    return out;
}

char *hop_calendar_end(GString *out)
{
    line(out, "END:VCALENDAR");
    return g_string_free(out, FALSE);
}

static int year_of(int64_t us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / 1000000);

    return time != NULL ? g_date_time_get_year(time) : 1970;
}

int hop_calendar_first_year(const struct hop_calendar_event *e)
{
    return MIN(year_of(e->starts_us), e->recurrence_us != 0 ? year_of(e->recurrence_us) : 9999);
}

int hop_calendar_last_year(const struct hop_calendar_event *e)
{
    return MAX(year_of(e->ends_us), hop_calendar_first_year(e)) +
           (e->rrule != NULL ? SERIES_YEARS : 0);
}
