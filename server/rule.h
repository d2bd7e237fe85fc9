/* The days on which a recurrence rule holds, RFC 5545 §3.3.10, for rules of whole days: DAILY,
 * WEEKLY, MONTHLY and YEARLY with INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS and WKST.
 *
 * The rule is read by libical. It is not walked by it: libical 3.0.16 looks for the next day up to
 * the year 2582, and a rule that never holds keeps it busy for seconds. Here each day of the years
 * asked for is looked at once. tests/unit/server/test_rule.c and tests/fuzz/fuzz_recurrence.c
 * compare both. Pure; no I/O, no clock.
 */
#pragma once

#include <glib.h>
#include <libical/ical.h>

/* The days from `first` to `last` (GLib's julian numbers), in order, at most `max`, appended to
 * `out` (guint32). COUNT and UNTIL are the caller's. */
void hop_rule_days(const struct icalrecurrencetype *rule, guint32 first, guint32 last, guint max,
                   GArray *out);
