/* See migrations.h. Times are µs since 1970 (UTC); 0 where nothing is meant. */
#include "server/store/migrations.h"

#include <errno.h>

static const char *const steps[] = {
    /* 1: accounts, rooms, meetings, who took part, chat, audit */
    "CREATE TABLE users ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " username TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " name TEXT NOT NULL,"
    " password_hash TEXT NOT NULL,"
    " administrator INTEGER NOT NULL DEFAULT 0,"
    " created_at INTEGER NOT NULL);"

    "CREATE TABLE sessions ("
    " token_hash BLOB PRIMARY KEY,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " created_at INTEGER NOT NULL,"
    " seen_at INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE rooms ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " code TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " ended_at INTEGER NOT NULL DEFAULT 0);"

    "CREATE TABLE meetings ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " room_id INTEGER NOT NULL UNIQUE REFERENCES rooms(id),"
    " uid TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL,"
    " description TEXT NOT NULL DEFAULT '',"
    " starts_at INTEGER NOT NULL,"
    " ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),"
    " time_zone TEXT NOT NULL,"
    " sequence INTEGER NOT NULL DEFAULT 0,"
    " cancelled INTEGER NOT NULL DEFAULT 0,"
    " created_by INTEGER NOT NULL DEFAULT 0,"
    " created_at INTEGER NOT NULL,"
    " changed_at INTEGER NOT NULL);"
    "CREATE INDEX meetings_by_start ON meetings(starts_at);"

    "CREATE TABLE participants ("
    " room_id INTEGER NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,"
    " id TEXT NOT NULL,"
    " key_hash BLOB NOT NULL,"
    " name TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " user_id INTEGER NOT NULL DEFAULT 0,"
    " muted INTEGER NOT NULL DEFAULT 0,"
    " site INTEGER NOT NULL DEFAULT 1,"
    " joined_at INTEGER NOT NULL,"
    " left_at INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (room_id, id)) WITHOUT ROWID;"

    "CREATE TABLE chat ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " room_id INTEGER NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,"
    " at INTEGER NOT NULL,"
    " sender TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " ref TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX chat_by_room ON chat(room_id, id);"
    "CREATE UNIQUE INDEX chat_by_ref ON chat(room_id, sender, ref) WHERE ref <> '';"

    "CREATE TABLE audit ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at INTEGER NOT NULL,"
    " room_id INTEGER NOT NULL DEFAULT 0,"
    " who TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " detail TEXT);"
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;",

    /* 2: several connections in one hall */
    "ALTER TABLE participants ADD COLUMN hall TEXT NOT NULL DEFAULT '';",

    /* 3: units; accounts with roles, a unit and a second factor; sessions that can be listed */
    "CREATE TABLE units ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " parent_id INTEGER REFERENCES units(id),"
    " name TEXT NOT NULL);"
    "CREATE UNIQUE INDEX units_by_name ON units(coalesce(parent_id, 0), name);"

    "ALTER TABLE users ADD COLUMN title TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE users ADD COLUMN email TEXT NOT NULL DEFAULT '' COLLATE NOCASE;"
    "ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE users ADD COLUMN unit_id INTEGER REFERENCES units(id);"
    "ALTER TABLE users ADD COLUMN roles INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE users ADD COLUMN totp_secret BLOB;"
    "ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE users ADD COLUMN search TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE users ADD COLUMN sort TEXT NOT NULL DEFAULT '';"
    "UPDATE users SET roles = administrator, search = lower(name || ' ' || username),"
    " sort = lower(name);"
    "ALTER TABLE users DROP COLUMN administrator;"
    "CREATE UNIQUE INDEX users_by_email ON users(email) WHERE email <> '';"
    "CREATE INDEX users_by_unit ON users(unit_id);"
    "CREATE INDEX users_by_sort ON users(sort, id);"

    "CREATE TABLE recovery_codes ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " hash BLOB NOT NULL,"
    " PRIMARY KEY (user_id, hash)) WITHOUT ROWID;"

    "DELETE FROM sessions;"
    "ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';",
};

enum { STEPS = (int)(sizeof(steps) / sizeof(steps[0])) };

int hop_migrations_latest(void)
{
    return STEPS;
}

static int current_version(struct hop_db *db)
{
    sqlite3_stmt *stmt;
    int error = hop_db_exec(db, "CREATE TABLE IF NOT EXISTS schema_version ("
                                " version INTEGER PRIMARY KEY,"
                                " applied_at INTEGER NOT NULL)");
    int version;

    if (error != 0)
        return error;
    stmt = hop_db_query(db, &error, "SELECT coalesce(max(version), 0) FROM schema_version", "");
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    version = sqlite3_column_int(stmt, 0);
    hop_db_finish(stmt);
    return error < 0 ? error : version;
}

static int run_step(struct hop_db *db, int version)
{
    int error = hop_db_exec(db, "BEGIN IMMEDIATE");

    if (error == 0)
        error = hop_db_exec(db, steps[version - 1]);
    if (error == 0)
        error = hop_db_run(db, "INSERT INTO schema_version VALUES (?, unixepoch() * 1000000)", "i",
                           (int64_t)version);
    if (error >= 0)
        error = hop_db_exec(db, "COMMIT");
    if (error < 0 && !sqlite3_get_autocommit(db->sql))
        hop_db_exec(db, "ROLLBACK");
    return error;
}

int hop_migrations_run(struct hop_db *db, int *version)
{
    int found = current_version(db);

    if (found < 0)
        return found;
    if (version != NULL)
        *version = found;
    if (found > STEPS)
        return -EPROTO;
    for (int next = found + 1; next <= STEPS; next++) {
        int error = run_step(db, next);

        if (error < 0)
            return error;
    }
    return 0;
}
