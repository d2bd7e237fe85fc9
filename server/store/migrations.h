/* The schema's history: numbered steps, each run once, in order, at start, each in its own
 * transaction. A step that was released is never changed; a correction is a new step.
 */
#pragma once

#include "server/store/db.h"

/* The version this program knows. */
int hop_migrations_latest(void);

/* 0: the database is of this version; -EPROTO: it is of another one. */
int hop_migrations_check(struct hop_db *db);
/* Brings the database up to the latest version. -EPROTO: it was written by a newer hop (untouched);
 * else as hop_db_exec(). *version (may be NULL) is what was found before. */
int hop_migrations_run(struct hop_db *db, int *version);
