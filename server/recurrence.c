/* See recurrence.h. A rule is a set of days (rule.h) in local time, as RFC 5545 §3.3.10 wants, and
 * each day's start is turned to UTC by the zone's offset of that day. GLib does that: libical knows
 * no change of an offset after 2037. */
#include "server/recurrence.h"

#include "server/rule.h"

#include <ctype.h>
#include <errno.h>
#include <libical/ical.h>
#include <string.h>

#define SECOND_US ((int64_t)1000000)
/* A series has to end before the year 9999. */
#define LATEST_US ((int64_t)250000000000 * SECOND_US)

/* ---- local time ------------------------------------------------------------------------------ */

static GDateTime *local_of(int64_t us, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / SECOND_US);

    return g_date_time_to_timezone(utc, zone);
}

/* A time that the clocks leave out is taken by the offset before the gap (RFC 5545 §3.3.5). */
static int64_t left_out(const struct icaltimetype *t, GDateTime *after)
{
    g_autoptr(GDateTime) before = g_date_time_add_hours(after, -12);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) plain =
        g_date_time_new(utc, t->year, t->month, t->day, t->hour, t->minute, t->second);

    return g_date_time_to_unix(plain) * SECOND_US - g_date_time_get_utc_offset(before);
}

static int64_t utc_of(const struct icaltimetype *t, GTimeZone *zone)
{
    g_autoptr(GDateTime) local =
        g_date_time_new(zone, t->year, t->month, t->day, t->hour, t->minute, t->second);

    if (local == NULL)
        return 0;
    if (g_date_time_get_hour(local) != t->hour || g_date_time_get_minute(local) != t->minute)
        return left_out(t, local);
    return g_date_time_to_unix(local) * SECOND_US;
}

static struct icaltimetype ical_of(int64_t us, GTimeZone *zone)
{
    g_autoptr(GDateTime) local = local_of(us, zone);
    struct icaltimetype t = icaltime_null_time();

    g_date_time_get_ymd(local, &t.year, &t.month, &t.day);
    t.hour = g_date_time_get_hour(local);
    t.minute = g_date_time_get_minute(local);
    t.second = g_date_time_get_second(local);
    return t;
}

static gint64 day_of(int64_t us, GTimeZone *zone)
{
    g_autoptr(GDateTime) local = local_of(us, zone);
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)g_date_time_get_day_of_month(local),
                   (GDateMonth)g_date_time_get_month(local),
                   (GDateYear)g_date_time_get_year(local));
    return g_date_get_julian(&date);
}

bool hop_recurrence_is_midnight(int64_t us, const char *time_zone)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(time_zone);
    struct icaltimetype t, day;

    if (zone == NULL || us % SECOND_US != 0)
        return false;
    t = ical_of(us, zone);
    day = t;
    day.hour = day.minute = day.second = 0;
    return utc_of(&day, zone) == us; /* also where the day begins at one o'clock */
}

/* ---- the rule's text ------------------------------------------------------------------------- */

enum part { FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST, PARTS };
static const char *const part_names[PARTS] = { "FREQ",    "INTERVAL", "COUNT",
                                               "UNTIL",   "BYDAY",    "BYMONTHDAY",
                                               "BYMONTH", "BYSETPOS", "WKST" };
enum { MAX_INTERVAL = 99, MAX_LIST = 62 };

static int part_of(const char *name)
{
    for (int i = 0; i < PARTS; i++)
        if (strcmp(part_names[i], name) == 0)
            return i;
    return -1;
}

static bool number_in(const char *text, int64_t min, int64_t max)
{
    gint64 value;

    return g_ascii_string_to_signed(text, 10, min, max, &value, NULL);
}

static bool numbers_in(const char *list, int64_t min, int64_t max)
{
    g_auto(GStrv) all = g_strsplit(list, ",", MAX_LIST + 1);
    guint n = g_strv_length(all);

    for (guint i = 0; i < n; i++) {
        const char *text = all[i][0] == '+' ? all[i] + 1 : all[i];

        if (!number_in(text, min, max) || strcmp(text, "0") == 0)
            return false;
    }
    return n > 0 && n <= MAX_LIST;
}

static bool is_day(const char *text)
{
    static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU", NULL };

    return g_strv_contains(days, text);
}

/* "MO" or "2MO", "-1FR" */
static bool days_good(const char *list)
{
    g_auto(GStrv) all = g_strsplit(list, ",", MAX_LIST + 1);
    guint n = g_strv_length(all);

    for (guint i = 0; i < n; i++) {
        size_t len = strlen(all[i]);
        g_autofree char *ordinal = len >= 2 ? g_strndup(all[i], len - 2) : NULL;

        if (ordinal == NULL || !is_day(all[i] + len - 2) ||
            (ordinal[0] != '\0' && !numbers_in(ordinal, -53, 53)))
            return false;
    }
    return n > 0 && n <= MAX_LIST;
}

static bool frequency_good(const char *text)
{
    static const char *const all[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY", NULL };

    return g_strv_contains(all, text);
}

static bool until_good(const char *value)
{
    struct icaltimetype t =
        strlen(value) <= 16 ? icaltime_from_string(value) : icaltime_null_time();

    return !icaltime_is_null_time(t) && t.year > 1970 && t.year < 9999 && t.month >= 1 &&
           t.month <= 12 && t.day >= 1 && t.day <= icaltime_days_in_month(t.month, t.year) &&
           t.hour >= 0 && t.hour < 24 && t.minute >= 0 && t.minute < 60 && t.second >= 0 &&
           t.second < 60;
}

static bool part_good(enum part part, const char *value)
{
    switch (part) {
    case FREQ:
        return frequency_good(value);
    case INTERVAL:
        return number_in(value, 1, MAX_INTERVAL);
    case COUNT:
        return number_in(value, 1, HOP_MAX_OCCURRENCES);
    case UNTIL:
        return until_good(value);
    case BYDAY:
        return days_good(value);
    case BYMONTHDAY:
        return numbers_in(value, -31, 31);
    case BYMONTH:
        return numbers_in(value, 1, 12);
    case BYSETPOS:
        return numbers_in(value, -366, 366);
    default:
        return is_day(value);
    }
}

static const char *parts_together(char *const values[PARTS])
{
    bool daily, weekly;

    if (values[FREQ] == NULL)
        return "must be a rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10";
    if (values[COUNT] != NULL && values[UNTIL] != NULL)
        return "may have COUNT or UNTIL, not both";
    daily = strcmp(values[FREQ], "DAILY") == 0;
    weekly = strcmp(values[FREQ], "WEEKLY") == 0;
    if ((daily || weekly) && values[BYDAY] != NULL && strpbrk(values[BYDAY], "0123456789") != NULL)
        return "may number its weekdays only by months or years";
    if (weekly && values[BYMONTHDAY] != NULL)
        return "may not have BYMONTHDAY by weeks";
    if (values[BYSETPOS] != NULL && values[BYDAY] == NULL && values[BYMONTHDAY] == NULL &&
        values[BYMONTH] == NULL)
        return "has a BYSETPOS of nothing";
    return daily && values[BYSETPOS] != NULL ? "may not have BYSETPOS by days" : NULL;
}

/* Splits into values[]; NULL, or what is wrong. */
static const char *read_parts(const char *text, char *values[PARTS])
{
    g_auto(GStrv) all = g_strsplit(text, ";", PARTS + 1);

    for (char **at = all; *at != NULL; at++) {
        char *equals = strchr(*at, '=');
        int part;

        if (equals == NULL)
            return "must be a rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10";
        *equals = '\0';
        part = part_of(*at);
        if (part < 0)
            return "has a part that is not known, or not allowed";
        if (values[part] != NULL)
            return "has a part twice";
        if (!part_good((enum part)part, equals + 1))
            return "has a part with a wrong value";
        values[part] = g_strdup(equals + 1);
    }
    return parts_together(values);
}

/* As RFC 5545 §3.3.10 wants it beside a DTSTART with a zone: in UTC; of whole days: a date. */
static void write_until(char **value, const struct hop_series *series)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(series->time_zone);
    struct icaltimetype t = icaltime_from_string(*value);
    int64_t us;

    if (zone == NULL)
        return;
    if (t.is_date) {
        t.hour = 23;
        t.minute = t.second = 59;
    }
    if (icaltime_is_utc(t))
        us = (int64_t)icaltime_as_timet(t) * SECOND_US;
    else
        us = utc_of(&t, zone);
    g_free(*value);
    if (series->all_day) {
        struct icaltimetype day = ical_of(us, zone);

        *value = g_strdup_printf("%04d%02d%02d", day.year, day.month, day.day);
    } else {
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / SECOND_US);

        *value = utc != NULL ? g_date_time_format(utc, "%Y%m%dT%H%M%SZ") : g_strdup("");
    }
}

static const char *write_rule(char *values[PARTS], char out[HOP_MAX_RRULE + 1])
{
    GString *text = g_string_new(NULL);
    bool fits;

    for (int i = 0; i < PARTS; i++)
        if (values[i] != NULL)
            g_string_append_printf(text, "%s%s=%s", i > 0 ? ";" : "", part_names[i], values[i]);
    fits = text->len <= HOP_MAX_RRULE;
    if (fits)
        g_strlcpy(out, text->str, HOP_MAX_RRULE + 1);
    g_string_free(text, TRUE);
    return fits ? NULL : "is too long";
}

const char *hop_recurrence_rule(const char *text, const struct hop_series *series,
                                char out[HOP_MAX_RRULE + 1])
{
    g_autofree char *upper = NULL;
    char *values[PARTS] = { 0 };
    const char *wrong;

    if (strlen(text) > HOP_MAX_RRULE)
        return "is too long";
    upper = g_ascii_strup(text, -1);
    wrong = read_parts(upper, values);
    if (wrong == NULL && values[UNTIL] != NULL)
        write_until(&values[UNTIL], series);
    if (wrong == NULL)
        wrong = write_rule(values, out);
    if (wrong == NULL && icalrecurrencetype_from_string(out).freq == ICAL_NO_RECURRENCE)
        wrong = "must be a rule like FREQ=WEEKLY;BYDAY=MO;COUNT=10";
    for (int i = 0; i < PARTS; i++)
        g_free(values[i]);
    return wrong;
}

/* ---- the times ------------------------------------------------------------------------------- */

struct walk {
    const struct hop_series *series;
    GTimeZone *zone;
    struct icaltimetype first; /* local */
    gint64 days;               /* that one of whole days lasts */
    GArray *out;
};

static int64_t end_of(const struct walk *w, struct icaltimetype start, int64_t starts_us)
{
    if (!w->series->all_day)
        return starts_us + (w->series->ends_us - w->series->starts_us);
    icaltime_adjust(&start, (int)w->days, 0, 0, 0);
    return utc_of(&start, w->zone);
}

static void take(struct walk *w, guint32 julian)
{
    struct hop_store_occurrence o = { 0 };
    struct icaltimetype start = w->first;
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, julian);
    start.year = g_date_get_year(&date);
    start.month = (int)g_date_get_month(&date);
    start.day = g_date_get_day(&date);
    o.starts_us = o.stamp = utc_of(&start, w->zone);
    o.ends_us = end_of(w, start, o.starts_us);
    g_array_append_val(w->out, o);
}

/* The last day on which it may be by UNTIL; far away: there is none. */
static guint32 until_of(const struct walk *w, const struct icalrecurrencetype *rule)
{
    struct icaltimetype until = rule->until;
    int64_t us;

    if (icaltime_is_null_time(until))
        return G_MAXUINT32;
    if (until.is_date) {
        until.hour = 23;
        until.minute = until.second = 59;
    }
    us = icaltime_is_utc(until) ? (int64_t)icaltime_as_timet(until) * SECOND_US
                                : utc_of(&until, w->zone);
    /* a day counts when its start is not after it */
    until = ical_of(us, w->zone);
    until.is_date = 0;
    return (guint32)day_of(us, w->zone) -
           (until.hour * 3600 + until.minute * 60 + until.second <
                    w->first.hour * 3600 + w->first.minute * 60 + w->first.second
                ? 1
                : 0);
}

static guint32 years_later(guint32 julian)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, julian);
    g_date_add_years(&date, HOP_SERIES_YEARS);
    return g_date_get_julian(&date);
}

static int walk(struct walk *w)
{
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(w->series->rrule);
    g_autoptr(GArray) days = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 first = (guint32)day_of(w->series->starts_us, w->zone), far = years_later(first);
    guint32 until = until_of(w, &rule);
    guint max = rule.count > 0 ? (guint)rule.count : HOP_MAX_OCCURRENCES + 1;

    if (rule.freq == ICAL_NO_RECURRENCE)
        return -ERANGE;
    hop_rule_days(&rule, first, MIN(until, far), max, days);
    if (days->len == 0 || g_array_index(days, guint32, 0) != first)
        return -ERANGE;
    if (days->len > HOP_MAX_OCCURRENCES || (rule.count > 0 && days->len < max) ||
        (until != G_MAXUINT32 && until > far))
        return -E2BIG;
    for (guint i = 0; i < days->len; i++)
        take(w, g_array_index(days, guint32, i));
    return 0;
}

int hop_recurrence_expand(const struct hop_series *series, GArray *out)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(series->time_zone);
    struct walk w = { .series = series, .zone = zone, .out = out };
    struct hop_store_occurrence once = { .stamp = series->starts_us,
                                         .starts_us = series->starts_us,
                                         .ends_us = series->ends_us };

    if (series->rrule[0] == '\0') {
        g_array_append_val(out, once);
        return 0;
    }
    if (zone == NULL || series->starts_us > LATEST_US)
        return -ERANGE;
    w.first = ical_of(series->starts_us, zone);
    w.days = day_of(series->ends_us, zone) - day_of(series->starts_us, zone);
    return walk(&w);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static void except(const struct hop_store_occurrence *e, struct hop_store_occurrence *o)
{
    int64_t moved = e->starts_us - e->stamp;

    o->cancelled = e->cancelled;
    o->changed = e->changed;
    if (!e->changed)
        return;
    o->starts_us = o->stamp + moved;
    o->ends_us = o->starts_us + (e->ends_us - e->starts_us);
    o->title = g_strdup(e->title);
    o->description = g_strdup(e->description);
    o->place = g_strdup(e->place);
}

void hop_recurrence_carry(const char *time_zone, const GArray *exceptions, GArray *occurrences)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(time_zone);
    guint at = 0;

    /* both are by stamp */
    for (guint i = 0; zone != NULL && i < exceptions->len; i++) {
        const struct hop_store_occurrence *e =
            &g_array_index(exceptions, struct hop_store_occurrence, i);
        gint64 day = day_of(e->stamp, zone);

        for (; at < occurrences->len; at++) {
            struct hop_store_occurrence *o =
                &g_array_index(occurrences, struct hop_store_occurrence, at);
            gint64 its = day_of(o->stamp, zone);

            if (its > day)
                break;
            if (its == day) {
                except(e, o);
                at++;
                break;
            }
        }
    }
}
