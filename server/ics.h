/* A meeting as an iCalendar file (RFC 5545, RFC 5546): stable UID, SEQUENCE, VTIMEZONE, METHOD
 * PUBLISH or CANCEL. Control thread.
 */
#pragma once

#include "server/store/meetings.h"

/* `url`: the link to join; `organizer`: the name of the server. Free with g_free(). */
char *hop_ics_new(const struct hop_store_meeting *meeting, const char *url, const char *organizer);
