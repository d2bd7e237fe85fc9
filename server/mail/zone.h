/* The rules of a time zone as a VTIMEZONE (RFC 5545 §3.6.5), written from what the system's tz
 * database says about the years in question, so that a calendar needs none of its own. Any thread;
 * no state.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { HOP_ZONE_TIME = 20 }; /* bytes of a written time, with the NUL */

/* False: UTC, or no zone that this machine knows: times are then written with a Z. */
bool hop_zone_has_rules(const char *name);
/* "BEGIN:VTIMEZONE" … with CRLF at each line's end, for times from the year `from` to the year `to`
 * (a repetition goes on after it). NULL: as above. Free with g_free(). */
char *hop_zone_rules(const char *name, int from, int to);

/* The wall clock there: "20261123T143000", or "20261123T073000Z" for a zone without rules; `date`:
 * "20261123" alone. */
void hop_zone_local(const char *name, int64_t us, bool date, char out[HOP_ZONE_TIME]);
/* The same as a GDateTime for people's texts. Free with g_date_time_unref(). */
GDateTime *hop_zone_time(const char *name, int64_t us);
