/* Series of meetings: which rules are taken, and when they say that it takes place.
 *
 * RFC 5545 §3.3.10 (RECUR) and §3.8.5.3, through libical; days count in the meeting's time zone, by
 * this machine's zone files. Every bound is here: a rule from the network cannot make more than
 * HOP_MAX_OCCURRENCES times, nor one later than HOP_SERIES_YEARS after the first. Control thread.
 */
#pragma once

#include "server/store/meetings.h"

enum { HOP_SERIES_YEARS = 10 };

struct hop_series {
    int64_t starts_us, ends_us; /* of the first one */
    const char *time_zone;      /* an IANA name that this machine knows */
    bool all_day;               /* from midnight to midnight */
    const char *rrule;          /* "" once */
};

/* Whether the rule is one that is taken: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY; INTERVAL, COUNT
 * or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS and WKST, each once. Writes it in upper case with
 * UNTIL in UTC, a date meaning the end of that day (a date when `all_day`). NULL, or what is wrong.
 */
const char *hop_recurrence_rule(const char *text, const struct hop_series *series,
                                char out[HOP_MAX_RRULE + 1]);

/* All times, by start, appended to `out` (struct hop_store_occurrence). The rule must be one that
 * hop_recurrence_rule() wrote. A rule without an end is followed for HOP_SERIES_YEARS. -ERANGE: the
 * first day is none of the rule's; -E2BIG: more times, or years, than there may be. */
int hop_recurrence_expand(const struct hop_series *series, GArray *out);

/* What was cancelled or changed in a series before it was changed itself stays so, day by day: an
 * exception of a day on which the series takes place still is one, moved with it. */
void hop_recurrence_carry(const char *time_zone, const GArray *exceptions, GArray *occurrences);

/* Midnight of the zone. */
bool hop_recurrence_is_midnight(int64_t us, const char *time_zone);
