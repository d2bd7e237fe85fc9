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

    /* 4: meetings as drafts, series, with invitees, places and settings; groups; personal rooms.
     * The numbers of kinds, roles and states are those of the enums in meetings.h, invitees.h and
     * resources.h. */
    "ALTER TABLE rooms ADD COLUMN owner_id INTEGER REFERENCES users(id);" /* a personal room's */
    "CREATE UNIQUE INDEX rooms_by_owner ON rooms(owner_id) WHERE owner_id IS NOT NULL;"

    "ALTER TABLE meetings ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE meetings ADD COLUMN place TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE meetings ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN template INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN all_day INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN rrule TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE meetings ADD COLUMN organizer_id INTEGER REFERENCES users(id);"
    "ALTER TABLE meetings ADD COLUMN chair_id INTEGER REFERENCES users(id);"
    "ALTER TABLE meetings ADD COLUMN secretary_id INTEGER REFERENCES users(id);"
    "ALTER TABLE meetings ADD COLUMN unit_id INTEGER REFERENCES units(id);"
    "ALTER TABLE meetings ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN camera_off INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN lobby INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN opens_by_itself INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE meetings ADD COLUMN share INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN unmute INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN recording INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE meetings ADD COLUMN password_hash BLOB;" /* NULL: none */
    "ALTER TABLE meetings ADD COLUMN sent_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meetings ADD COLUMN search TEXT NOT NULL DEFAULT '';"
    "UPDATE meetings SET search = lower(title), sent_at = created_at,"
    " organizer_id = (SELECT id FROM users WHERE id = created_by);"
    "CREATE INDEX meetings_by_unit ON meetings(unit_id);"

    /* every time at which a meeting takes place; a single meeting has one */
    "CREATE TABLE occurrences ("
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " stamp INTEGER NOT NULL," /* the start by the rule: RECURRENCE-ID */
    " starts_at INTEGER NOT NULL,"
    " ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),"
    " cancelled INTEGER NOT NULL DEFAULT 0,"
    " changed INTEGER NOT NULL DEFAULT 0,"       /* differs from the series */
    " title TEXT, description TEXT, place TEXT," /* NULL: the meeting's */
    " PRIMARY KEY (meeting_id, stamp)) WITHOUT ROWID;"
    "INSERT INTO occurrences (meeting_id, stamp, starts_at, ends_at)"
    " SELECT id, starts_at, starts_at, ends_at FROM meetings;"
    "CREATE INDEX occurrences_by_start ON occurrences(starts_at, ends_at, meeting_id);"
    "CREATE INDEX occurrences_long ON occurrences(starts_at)"
    " WHERE ends_at - starts_at > 86400000000;"
    "CREATE INDEX occurrences_except ON occurrences(meeting_id) WHERE changed OR cancelled;"

    "CREATE TABLE invitees ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " position INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " ref INTEGER NOT NULL DEFAULT 0," /* users.id, user_groups.id or units.id by its kind */
    " via INTEGER NOT NULL DEFAULT 0," /* the invitee (a group, a unit) through which he came */
    " name TEXT NOT NULL DEFAULT '',"  /* as it was when saved; of users the account's is shown */
    " title TEXT NOT NULL DEFAULT '',"
    " unit_name TEXT NOT NULL DEFAULT '',"
    " email TEXT NOT NULL DEFAULT '',"
    " language TEXT NOT NULL DEFAULT '',"
    " role INTEGER NOT NULL,"
    " attendees INTEGER NOT NULL DEFAULT 1,"
    " rsvp INTEGER NOT NULL DEFAULT 0,"
    " rsvp_note TEXT NOT NULL DEFAULT '',"
    " rsvp_at INTEGER NOT NULL DEFAULT 0,"
    " mail INTEGER NOT NULL DEFAULT 0,"
    " nonce BLOB,"       /* NULL: a group or unit, which has no link */
    " token_hash BLOB);" /* SHA-256 of the token that is made of the nonce (invite.h) */
    "CREATE INDEX invitees_by_meeting ON invitees(meeting_id, position);"
    "CREATE UNIQUE INDEX invitees_by_token ON invitees(token_hash) WHERE token_hash IS NOT NULL;"
    "CREATE INDEX invitees_by_ref ON invitees(kind, ref);"

    /* who has to do with a meeting, kept with it: for rights, conflicts and "my meetings" */
    "CREATE TABLE meeting_people ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " busy INTEGER NOT NULL," /* has to be there, and has not declined */
    " PRIMARY KEY (user_id, meeting_id)) WITHOUT ROWID;"
    "CREATE INDEX meeting_people_by_meeting ON meeting_people(meeting_id, user_id, busy);"
    "INSERT INTO meeting_people SELECT organizer_id, id, 0 FROM meetings"
    " WHERE organizer_id IS NOT NULL;"

    "CREATE TABLE resources ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE,"
    " kind INTEGER NOT NULL,"
    " seats INTEGER NOT NULL DEFAULT 0,"
    " place TEXT NOT NULL DEFAULT '',"
    " unit_id INTEGER REFERENCES units(id),"
    " version INTEGER NOT NULL DEFAULT 1,"
    " sort TEXT NOT NULL);"
    "CREATE TABLE meeting_resources ("
    " resource_id INTEGER NOT NULL REFERENCES resources(id) ON DELETE CASCADE,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " PRIMARY KEY (resource_id, meeting_id)) WITHOUT ROWID;"
    "CREATE INDEX meeting_resources_by_meeting ON meeting_resources(meeting_id);"

    "CREATE TABLE user_groups ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE,"
    " version INTEGER NOT NULL DEFAULT 1,"
    " sort TEXT NOT NULL);"
    "CREATE TABLE group_members ("
    " group_id INTEGER NOT NULL REFERENCES user_groups(id) ON DELETE CASCADE,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;"
    "CREATE INDEX group_members_by_user ON group_members(user_id);",

    /* 5: mails that wait and went out, with what they say (outbox.h has the numbers of why and
     * state); reminders that were queued; secret feeds; tokens of programs */
    "CREATE TABLE mail_events ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at INTEGER NOT NULL,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " uid TEXT NOT NULL,"
    " sequence INTEGER NOT NULL,"
    " title TEXT NOT NULL,"
    " description TEXT NOT NULL,"
    " place TEXT NOT NULL,"
    " starts_at INTEGER NOT NULL,"
    " ends_at INTEGER NOT NULL,"
    " time_zone TEXT NOT NULL,"
    " all_day INTEGER NOT NULL,"
    " rrule TEXT NOT NULL,"
    " cancelled INTEGER NOT NULL,"
    " exceptions TEXT NOT NULL," /* JSON, of the occurrences that differ */
    " organizer_name TEXT NOT NULL,"
    " organizer_email TEXT NOT NULL);"
    "CREATE INDEX mail_events_by_meeting ON mail_events(meeting_id, id);"

    "CREATE TABLE mails ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " invitee_id INTEGER NOT NULL,"          /* who may be gone from the list */
    " event_id INTEGER NOT NULL,"            /* what it says */
    " before_id INTEGER NOT NULL DEFAULT 0," /* what he was told before; 0: nothing */
    " why INTEGER NOT NULL,"
    " stamp INTEGER NOT NULL DEFAULT 0," /* of one occurrence; 0: the meeting */
    " name TEXT NOT NULL,"
    " email TEXT NOT NULL,"
    " language TEXT NOT NULL,"
    " role INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " next_at INTEGER NOT NULL,"
    " error TEXT NOT NULL DEFAULT '',"
    " created_at INTEGER NOT NULL,"
    " sent_at INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX mails_waiting ON mails(next_at) WHERE state IN (0, 2);"
    "CREATE INDEX mails_open ON mails(state) WHERE state IN (0, 1, 2);"
    "CREATE INDEX mails_by_meeting ON mails(meeting_id, invitee_id, id);"

    "CREATE TABLE reminders ("
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " stamp INTEGER NOT NULL,"
    " starts_at INTEGER NOT NULL,"
    " lead INTEGER NOT NULL,"
    " PRIMARY KEY (meeting_id, stamp, starts_at, lead)) WITHOUT ROWID;"
    "CREATE INDEX reminders_by_start ON reminders(starts_at);"

    "CREATE TABLE feeds ("
    " kind INTEGER NOT NULL," /* 0: of an account, 1: of a resource */
    " ref INTEGER NOT NULL,"
    " nonce BLOB NOT NULL,"
    " hash BLOB NOT NULL UNIQUE,"
    " created_at INTEGER NOT NULL,"
    " PRIMARY KEY (kind, ref)) WITHOUT ROWID;"

    "CREATE TABLE api_tokens ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " hash BLOB NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " scopes INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " used_at INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX api_tokens_by_user ON api_tokens(user_id);",

    /* 6: who was there: stays, what was entered by hand, tests of lines; the lobby's decisions */
    "ALTER TABLE participants ADD COLUMN invite_id INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE participants ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;" /* hop_gate_mark */

    "CREATE TABLE attendance ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " room_id INTEGER NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,"
    " occurrence INTEGER NOT NULL," /* its stamp; 0: no meeting */
    " participant TEXT NOT NULL,"
    " invite_id INTEGER NOT NULL DEFAULT 0,"
    " user_id INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL,"
    " title TEXT NOT NULL DEFAULT '',"
    " unit TEXT NOT NULL DEFAULT '',"
    " role TEXT NOT NULL,"
    " site INTEGER NOT NULL DEFAULT 1,"
    " admitted_by TEXT NOT NULL DEFAULT '',"
    " joined_at INTEGER NOT NULL,"
    " left_at INTEGER NOT NULL DEFAULT 0);" /* 0: still there */
    "CREATE UNIQUE INDEX attendance_by_stay ON attendance(room_id, participant, joined_at);"
    "CREATE INDEX attendance_by_meeting ON attendance(room_id, occurrence);"
    "CREATE INDEX attendance_open ON attendance(left_at) WHERE left_at = 0;"
    "CREATE TABLE attendance_marks ("
    " room_id INTEGER NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,"
    " occurrence INTEGER NOT NULL,"
    " person TEXT NOT NULL,"
    " state TEXT NOT NULL," /* '': as the server saw it */
    " reason TEXT NOT NULL DEFAULT '',"
    " attendees INTEGER NOT NULL DEFAULT 0,"
    " by TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " PRIMARY KEY (room_id, occurrence, person)) WITHOUT ROWID;"
    /* until when the server surely ran: a stay that a crash left open ends there */
    "CREATE TABLE alive (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);"
    "CREATE TABLE line_tests ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " meeting_id INTEGER NOT NULL REFERENCES meetings(id) ON DELETE CASCADE,"
    " invite_id INTEGER NOT NULL DEFAULT 0,"
    " user_id INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL,"
    " unit TEXT NOT NULL DEFAULT '',"
    " at INTEGER NOT NULL,"
    " result TEXT NOT NULL);" /* JSON */
    "CREATE INDEX line_tests_by_meeting ON line_tests(meeting_id, at);",

    /* 7: the audit log's rows are chained (audit.h); those from before have no hash of their own */
    ("ALTER TABLE audit ADD COLUMN hash BLOB;"
     "CREATE INDEX audit_hashed ON audit(id) WHERE hash IS NOT NULL;"),
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

int hop_migrations_check(struct hop_db *db)
{
    int found = current_version(db);

    return found < 0 ? found : found == STEPS ? 0 : -EPROTO;
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
