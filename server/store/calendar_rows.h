/* What calendar.c and busy.c share. Store's thread. */
#pragma once

#include "server/store/calendar.h"

/* HOP_MAX_MEETING_US as it stands in SQL. */
#define HOP_MAX_MEETING_SQL "2678400000000"

/* 1: someone who has to be at this meeting, or a resource of it, is taken by another one in
 * [starts, ends); 0: nobody; or a negative errno. */
int hop_conflict_exists(struct hop_db *db, int64_t meeting_id, int64_t starts_us, int64_t ends_us);
