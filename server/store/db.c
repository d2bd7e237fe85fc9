/* See db.h. */
#include "server/store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_STATEMENTS = 512 };

int hop_db_error(struct hop_db *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_FOREIGNKEY ? -ENOENT : -EEXIST;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return -EACCES;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return -EILSEQ;
    default:
        return db != NULL && sqlite3_system_errno(db->sql) == ENOSPC ? -ENOSPC : -EIO;
    }
}

static void finalize(gpointer stmt)
{
    sqlite3_finalize(stmt);
}

/* FULL and not NORMAL: what was answered as stored survives a power cut. */
static const char settings[] = "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON;"
                               "PRAGMA cache_size=-1024;"
                               "PRAGMA journal_size_limit=4194304;"
                               "PRAGMA trusted_schema=OFF;"
                               "BEGIN IMMEDIATE; COMMIT;";

int hop_db_open(const char *path, struct hop_db **out)
{
    struct hop_db *db = g_new0(struct hop_db, 1);
    int rc = sqlite3_open_v2(path, &db->sql,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    int error = hop_db_error(db, rc);

    db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, finalize);
    if (error == 0) {
        sqlite3_busy_timeout(db->sql, 1000);
        error = hop_db_exec(db, settings);
    }
    if (error != 0) {
        hop_db_close(db);
        return error;
    }
    *out = db;
    return 0;
}

void hop_db_close(struct hop_db *db)
{
    if (db == NULL)
        return;
    g_hash_table_destroy(db->statements);
    sqlite3_close_v2(db->sql);
    g_free(db);
}

int hop_db_exec(struct hop_db *db, const char *sql)
{
    return hop_db_error(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(struct hop_db *db, int *error, const char *sql)
{
    sqlite3_stmt *stmt = g_hash_table_lookup(db->statements, sql);
    int rc;

    if (stmt != NULL)
        return stmt;
    rc = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK) {
        *error = hop_db_error(db, rc);
        return NULL;
    }
    g_assert(g_hash_table_size(db->statements) < MAX_STATEMENTS);
    g_hash_table_insert(db->statements, (gpointer)(uintptr_t)sql, stmt);
    return stmt;
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list args)
{
    int rc = SQLITE_OK;

    for (int i = 1; *types != '\0' && rc == SQLITE_OK; types++, i++) {
        if (*types == 'i') {
            rc = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
        } else if (*types == 't') {
            rc = sqlite3_bind_text(stmt, i, va_arg(args, const char *), -1, SQLITE_STATIC);
        } else {
            const void *data = va_arg(args, const void *);

            rc = sqlite3_bind_blob(stmt, i, data, va_arg(args, int), SQLITE_STATIC);
        }
    }
    return rc;
}

static sqlite3_stmt *query(struct hop_db *db, int *error, const char *sql, const char *types,
                           va_list args)
{
    sqlite3_stmt *stmt = prepare(db, error, sql);
    int rc;

    if (stmt == NULL)
        return NULL;
    rc = bind_all(stmt, types, args);
    if (rc != SQLITE_OK) {
        *error = hop_db_error(db, rc);
        hop_db_finish(stmt);
        return NULL;
    }
    return stmt;
}

sqlite3_stmt *hop_db_query(struct hop_db *db, int *error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt;
    va_list args;

    va_start(args, types);
    stmt = query(db, error, sql, types, args);
    va_end(args);
    return stmt;
}

int hop_db_step(struct hop_db *db, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW)
        return 1;
    return hop_db_error(db, rc);
}

void hop_db_finish(sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

int hop_db_run(struct hop_db *db, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt;
    va_list args;
    int r = 0;

    va_start(args, types);
    stmt = query(db, &r, sql, types, args);
    va_end(args);
    if (stmt == NULL)
        return r;
    do {
        r = hop_db_step(db, stmt);
    } while (r == 1);
    hop_db_finish(stmt);
    return r < 0 ? r : sqlite3_changes(db->sql);
}

int hop_db_number(struct hop_db *db, int64_t *out, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt;
    va_list args;
    int r = 0;

    va_start(args, types);
    stmt = query(db, &r, sql, types, args);
    va_end(args);
    if (stmt == NULL)
        return r;
    r = hop_db_step(db, stmt);
    if (r == 1)
        *out = sqlite3_column_int64(stmt, 0);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

void hop_db_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = text == NULL ? 0 : strlen(text);

    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}
