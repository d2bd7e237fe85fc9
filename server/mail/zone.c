/* See zone.h. The tz database is asked through GLib day by day for changes of the clock; those that
 * come back each year on the same weekday of the month become one rule, others are listed. */
#include "server/mail/zone.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, MAX_YEARS = 30, LAST_YEAR = 2037 /* GLib knows the files' tables only */ };

/* One change of the clock. */
struct change {
    int64_t at_s; /* Unix time */
    int from_s, to_s;
    char name[16];
};

/* Changes of one kind, in order of time. */
struct kind {
    const struct change *first;
    GPtrArray *changes;
};

static GTimeZone *zone_of(const char *name)
{
    GTimeZone *zone = name[0] == '\0' ? NULL : g_time_zone_new_identifier(name);

    return zone != NULL ? zone : g_time_zone_new_utc();
}

bool hop_zone_has_rules(const char *name)
{
    g_autoptr(GTimeZone) zone = name[0] == '\0' ? NULL : g_time_zone_new_identifier(name);

    return zone != NULL && strcmp(name, "UTC") != 0 && strcmp(name, "Etc/UTC") != 0;
}

GDateTime *hop_zone_time(const char *name, int64_t us)
{
    g_autoptr(GTimeZone) zone = zone_of(name);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / 1000000);

    return g_date_time_to_timezone(utc, zone);
}

void hop_zone_local(const char *name, int64_t us, bool date, char out[HOP_ZONE_TIME])
{
    g_autoptr(GDateTime) time = hop_zone_time(name, us);
    g_autofree char *text = g_date_time_format(time, date ? "%Y%m%d" : "%Y%m%dT%H%M%S");

    g_snprintf(out, HOP_ZONE_TIME, "%s%s", text, !date && !hop_zone_has_rules(name) ? "Z" : "");
}

/* ---- finding the changes --------------------------------------------------------------------- */

static int interval_at(GTimeZone *zone, int64_t at_s)
{
    return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at_s);
}

/* The second in (low, high] at which the interval of `low` is over. */
static int64_t find_change(GTimeZone *zone, int64_t low, int64_t high)
{
    int before = interval_at(zone, low);

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (interval_at(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static int64_t year_begins(int year)
{
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, 1, 1, 0, 0, 0);

    return g_date_time_to_unix(time);
}

static GArray *find_changes(GTimeZone *zone, int from, int to)
{
    GArray *changes = g_array_new(FALSE, TRUE, sizeof(struct change));
    int64_t end = year_begins(to + 1);

    for (int64_t at = year_begins(from); at < end; at += DAY_S) {
        struct change c = { 0 };
        int before = interval_at(zone, at), after;

        if (interval_at(zone, at + DAY_S) == before)
            continue;
        c.at_s = find_change(zone, at, at + DAY_S);
        after = interval_at(zone, c.at_s);
        c.from_s = g_time_zone_get_offset(zone, before);
        c.to_s = g_time_zone_get_offset(zone, after);
        g_strlcpy(c.name, g_time_zone_get_abbreviation(zone, after), sizeof(c.name));
        if (c.from_s != c.to_s)
            g_array_append_val(changes, c);
    }
    return changes;
}

static bool same_kind(const struct change *a, const struct change *b)
{
    return a->from_s == b->from_s && a->to_s == b->to_s && strcmp(a->name, b->name) == 0;
}

static void free_kind(gpointer data)
{
    struct kind *kind = data;

    g_ptr_array_unref(kind->changes);
    g_free(kind);
}

static GPtrArray *sort_kinds(const GArray *changes)
{
    GPtrArray *kinds = g_ptr_array_new_with_free_func(free_kind);

    for (guint i = 0; i < changes->len; i++) {
        struct change *c = &g_array_index(changes, struct change, i);
        struct kind *kind = NULL;

        for (guint k = 0; k < kinds->len && kind == NULL; k++)
            if (same_kind(((struct kind *)kinds->pdata[k])->first, c))
                kind = kinds->pdata[k];
        if (kind == NULL) {
            kind = g_new0(struct kind, 1);
            kind->first = c;
            kind->changes = g_ptr_array_new();
            g_ptr_array_add(kinds, kind);
        }
        g_ptr_array_add(kind->changes, c);
    }
    return kinds;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The wall clock that is left by the change. */
static GDateTime *onset(const struct change *c)
{
    return g_date_time_new_from_unix_utc(c->at_s + c->from_s);
}

static void write_offset(GString *out, const char *name, int seconds)
{
    int s = seconds < 0 ? -seconds : seconds;

    g_string_append_printf(out, "%s:%c%02d%02d", name, seconds < 0 ? '-' : '+', s / 3600,
                           s / 60 % 60);
    if (s % 60 != 0)
        g_string_append_printf(out, "%02d", s % 60);
    g_string_append(out, "\r\n");
}

static void write_time(GString *out, const char *name, GDateTime *time)
{
    g_autofree char *text = g_date_time_format(time, "%Y%m%dT%H%M%S");

    g_string_append_printf(out, "%s:%s\r\n", name, text);
}

static int days_in_month(GDateTime *time)
{
    return g_date_get_days_in_month((GDateMonth)g_date_time_get_month(time),
                                    (GDateYear)g_date_time_get_year(time));
}

/* -1: in the last week of its month; else which week's day it is, from 1. */
static int week_of(GDateTime *time, bool last)
{
    int day = g_date_time_get_day_of_month(time);

    if (last)
        return day > days_in_month(time) - 7 ? -1 : 0;
    return (day + 6) / 7;
}

static bool repeats(GDateTime *first, GDateTime *other, int years, bool last)
{
    return g_date_time_get_year(other) - g_date_time_get_year(first) == years &&
           g_date_time_get_month(other) == g_date_time_get_month(first) &&
           g_date_time_get_day_of_week(other) == g_date_time_get_day_of_week(first) &&
           g_date_time_get_hour(other) == g_date_time_get_hour(first) &&
           g_date_time_get_minute(other) == g_date_time_get_minute(first) &&
           week_of(other, last) == week_of(first, last);
}

/* Which week of the month it is each year until the end of what was looked at; 0: it is not so. */
static int yearly_week(const struct kind *kind, int to)
{
    g_autoptr(GDateTime) first = onset(kind->first);

    if (kind->changes->len < 3)
        return 0;
    for (int last = 1; last >= 0; last--) {
        int week = week_of(first, last != 0);
        int year = 0;

        for (guint i = 1; i < kind->changes->len && week != 0; i++) {
            g_autoptr(GDateTime) other = onset(kind->changes->pdata[i]);

            year = g_date_time_get_year(other);
            if (!repeats(first, other, (int)i, last != 0))
                week = 0;
        }
        if (week != 0 && year == to)
            return week;
    }
    return 0;
}

static void write_kind(GString *out, const struct kind *kind, int to)
{
    static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    const struct change *c = kind->first;
    const char *what = c->to_s > c->from_s ? "DAYLIGHT" : "STANDARD";
    g_autoptr(GDateTime) first = onset(c);
    int week = yearly_week(kind, to);

    g_string_append_printf(out, "BEGIN:%s\r\n", what);
    write_time(out, "DTSTART", first);
    if (week != 0)
        g_string_append_printf(out, "RRULE:FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s\r\n",
                               g_date_time_get_month(first), week,
                               days[g_date_time_get_day_of_week(first) - 1]);
    for (guint i = 1; i < kind->changes->len && week == 0; i++) {
        g_autoptr(GDateTime) other = onset(kind->changes->pdata[i]);

        write_time(out, "RDATE", other);
    }
    write_offset(out, "TZOFFSETFROM", c->from_s);
    write_offset(out, "TZOFFSETTO", c->to_s);
    g_string_append_printf(out, "TZNAME:%s\r\nEND:%s\r\n", c->name, what);
}

/* What holds before the first change. */
static void write_beginning(GString *out, GTimeZone *zone, int year, bool alone)
{
    int64_t at_s = year_begins(year);
    int interval = interval_at(zone, at_s);
    int offset = g_time_zone_get_offset(zone, interval);
    g_autoptr(GDateTime) local = alone ? g_date_time_new_utc(1970, 1, 1, 0, 0, 0)
                                       : g_date_time_new_from_unix_utc(at_s + offset);

    g_string_append(out, "BEGIN:STANDARD\r\n");
    write_time(out, "DTSTART", local);
    write_offset(out, "TZOFFSETFROM", offset);
    write_offset(out, "TZOFFSETTO", offset);
    g_string_append_printf(out, "TZNAME:%s\r\nEND:STANDARD\r\n",
                           g_time_zone_get_abbreviation(zone, interval));
}

char *hop_zone_rules(const char *name, int from, int to)
{
    g_autoptr(GTimeZone) zone = NULL;
    g_autoptr(GArray) changes = NULL;
    g_autoptr(GPtrArray) kinds = NULL;
    GString *out;

    if (!hop_zone_has_rules(name))
        return NULL;
    zone = zone_of(name);
    from = CLAMP(from - 1, 1970, LAST_YEAR - 4);
    to = CLAMP(to + 1, from + 4, MIN(from + MAX_YEARS, LAST_YEAR - 1));
    changes = find_changes(zone, from, to);
    kinds = sort_kinds(changes);
    out = g_string_new("BEGIN:VTIMEZONE\r\n");
    g_string_append_printf(out, "TZID:%s\r\n", name);
    write_beginning(out, zone, from, changes->len == 0);
    for (guint i = 0; i < kinds->len; i++)
        write_kind(out, kinds->pdata[i], to);
    g_string_append(out, "END:VTIMEZONE\r\n");
    return g_string_free(out, FALSE);
}
