/* One SQLite connection: opening with hop's settings, cached statements, binding in one line, and
 * SQLite's result codes as errno. Used by the other files of server/store only, on the store's
 * thread (or before that thread is started).
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct hop_db {
    sqlite3 *sql;
    GHashTable *statements; /* SQL text (static strings, compared by content) -> sqlite3_stmt */
};

/* Opens or makes the file: WAL, synchronous=FULL, foreign keys, no waiting for other processes.
 * -EIO, -ENOSPC, -EACCES, -EBUSY (another process holds it), -EILSEQ (no SQLite file). */
int hop_db_open(const char *path, struct hop_db **out);
void hop_db_close(struct hop_db *db);

/* A statement that is bound and not yet stepped; NULL: an error, *error says which. `types` has one
 * letter per argument: i (int64_t), t (const char *, NULL allowed), b (const void *, int length).
 * Texts must live until hop_db_finish(). */
sqlite3_stmt *hop_db_query(struct hop_db *db, int *error, const char *sql, const char *types, ...);

/* Steps: 1 a row, 0 no more, or a negative errno. */
int hop_db_step(struct hop_db *db, sqlite3_stmt *stmt);
/* Gives the statement back to the cache. NULL-safe. */
void hop_db_finish(sqlite3_stmt *stmt);

/* Query, step to the end, finish. Returns the number of changed rows or a negative errno. */
int hop_db_run(struct hop_db *db, const char *sql, const char *types, ...);
/* The first column of the first row, as a number. -ENOENT: there is no row. */
int hop_db_number(struct hop_db *db, int64_t *out, const char *sql, const char *types, ...);
/* Plain SQL, several statements allowed. */
int hop_db_exec(struct hop_db *db, const char *sql);

/* The connection's last error as a negative errno: -ENOSPC (full), -ENOENT (what a row refers to is
 * not there), -EEXIST (other constraints), -EROFS, -ENOMEM, -EBUSY, -EILSEQ (the file is damaged),
 * -EIO for all else. */
int hop_db_error(struct hop_db *db, int rc);

/* Column as text into a fixed buffer, cut at a character's boundary. */
void hop_db_text(sqlite3_stmt *stmt, int column, char *out, size_t size);
