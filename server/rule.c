/* See rule.h. */
#include "server/rule.h"

#include <stdbool.h>

enum { MAX_PERIOD = 366 };

struct day {
    guint32 julian;
    int year, month, day;       /* 1.. */
    int weekday;                /* 1 Sunday .. 7 Saturday, as libical has it */
    int days_in_month, in_year; /* in_year: 1.. */
    int days_in_year;
};

static struct day day_of(guint32 julian)
{
    struct day d = { .julian = julian };
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, julian);
    d.year = g_date_get_year(&date);
    d.month = (int)g_date_get_month(&date);
    d.day = g_date_get_day(&date);
    d.weekday = (int)g_date_get_weekday(&date) % 7 + 1;
    d.days_in_month = g_date_get_days_in_month(g_date_get_month(&date), g_date_get_year(&date));
    d.in_year = (int)g_date_get_day_of_year(&date);
    d.days_in_year = g_date_is_leap_year(g_date_get_year(&date)) ? 366 : 365;
    return d;
}

static guint32 julian_of(int year, int month, int day)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    return g_date_get_julian(&date);
}

/* ---- one day --------------------------------------------------------------------------------- */

static bool present(const short *list)
{
    return list[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

static bool month_holds(const struct icalrecurrencetype *rule, const struct day *d)
{
    for (int i = 0; rule->by_month[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
        if (rule->by_month[i] == d->month)
            return true;
    return false;
}

static bool month_day_holds(const struct icalrecurrencetype *rule, const struct day *d)
{
    for (int i = 0; rule->by_month_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
        if (rule->by_month_day[i] == d->day ||
            rule->by_month_day[i] == d->day - d->days_in_month - 1)
            return true;
    return false;
}

/* "2MO" counts within the month, or within the year when the rule names no month. */
static bool ordinal_holds(const struct icalrecurrencetype *rule, const struct day *d, int ordinal)
{
    bool year = rule->freq == ICAL_YEARLY_RECURRENCE && !present(rule->by_month);
    int at = year ? d->in_year : d->day;
    int of = year ? d->days_in_year : d->days_in_month;

    return ordinal > 0 ? (at - 1) / 7 + 1 == ordinal : (of - at) / 7 + 1 == -ordinal;
}

static bool weekday_holds(const struct icalrecurrencetype *rule, const struct day *d)
{
    for (int i = 0; rule->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
        int ordinal = icalrecurrencetype_day_position(rule->by_day[i]);

        if ((int)icalrecurrencetype_day_day_of_week(rule->by_day[i]) == d->weekday &&
            (ordinal == 0 || ordinal_holds(rule, d, ordinal)))
            return true;
    }
    return false;
}

/* What a rule that names no day takes from its first one. */
static bool default_holds(const struct icalrecurrencetype *rule, const struct day *first,
                          const struct day *d)
{
    if (present(rule->by_day) || present(rule->by_month_day))
        return true;
    switch (rule->freq) {
    case ICAL_WEEKLY_RECURRENCE:
        return d->weekday == first->weekday;
    case ICAL_MONTHLY_RECURRENCE:
        return d->day == first->day;
    case ICAL_YEARLY_RECURRENCE:
        return d->day == first->day && (present(rule->by_month) || d->month == first->month);
    default:
        return true;
    }
}

static bool holds(const struct icalrecurrencetype *rule, const struct day *first,
                  const struct day *d)
{
    return (!present(rule->by_month) || month_holds(rule, d)) &&
           (!present(rule->by_month_day) || month_day_holds(rule, d)) &&
           (!present(rule->by_day) || weekday_holds(rule, d)) && default_holds(rule, first, d);
}

/* ---- one period ------------------------------------------------------------------------------ */

/* The n-th day, week, month or year from that of the first one: where it begins and ends. */
static void period(const struct icalrecurrencetype *rule, const struct day *first, int n,
                   guint32 *begin, guint32 *end)
{
    int month, into_week;

    switch (rule->freq) {
    case ICAL_WEEKLY_RECURRENCE:
        into_week = (first->weekday - (int)rule->week_start + 7) % 7;
        *begin = first->julian - (guint32)into_week + 7 * (guint32)n;
        *end = *begin + 7;
        return;
    case ICAL_MONTHLY_RECURRENCE:
        month = first->year * 12 + first->month - 1 + n;
        *begin = julian_of(month / 12, month % 12 + 1, 1);
        *end = julian_of((month + 1) / 12, (month + 1) % 12 + 1, 1);
        return;
    case ICAL_YEARLY_RECURRENCE:
        *begin = julian_of(first->year + n, 1, 1);
        *end = julian_of(first->year + n + 1, 1, 1);
        return;
    default:
        *begin = first->julian + (guint32)n;
        *end = *begin + 1;
    }
}

static bool position_holds(const struct icalrecurrencetype *rule, int index, int n)
{
    if (!present(rule->by_set_pos))
        return true;
    for (int i = 0; rule->by_set_pos[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
        if (rule->by_set_pos[i] == index + 1 || rule->by_set_pos[i] == index - n)
            return true;
    return false;
}

void hop_rule_days(const struct icalrecurrencetype *rule, guint32 first, guint32 last, guint max,
                   GArray *out)
{
    struct day from = day_of(first);
    guint32 begin, end;

    period(rule, &from, 0, &begin, &end);
    for (int n = 0; begin <= last && out->len < max; n += rule->interval) {
        guint32 days[MAX_PERIOD];
        int found = 0;

        period(rule, &from, n, &begin, &end);
        for (guint32 at = begin; at < end; at++) {
            struct day d = day_of(at);

            if (holds(rule, &from, &d))
                days[found++] = at;
        }
        for (int i = 0; i < found && out->len < max; i++)
            if (days[i] >= first && days[i] <= last && position_holds(rule, i, found))
                g_array_append_val(out, days[i]);
    }
}
