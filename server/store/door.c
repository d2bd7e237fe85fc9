/* See door.h. */
#include "server/store/door.h"

#include <errno.h>
#include <string.h>

struct door_job {
    struct hop_job job;
    struct hop_store_door_query query;
    struct hop_store_door door;
    hop_store_door_cb cb;
    void *ctx;
};

static void read_settings(sqlite3_stmt *stmt, struct hop_store_door *door)
{
    struct hop_store_settings *s = &door->settings;

    s->muted = sqlite3_column_int(stmt, 0) != 0;
    s->camera_off = sqlite3_column_int(stmt, 1) != 0;
    s->lobby = (enum hop_lobby)sqlite3_column_int(stmt, 2);
    s->opens_by_itself = sqlite3_column_int(stmt, 3) != 0;
    s->share = (enum hop_allowed)sqlite3_column_int(stmt, 4);
    s->unmute = (enum hop_allowed)sqlite3_column_int(stmt, 5);
    s->recording = sqlite3_column_int(stmt, 6) != 0;
    s->password = sqlite3_column_bytes(stmt, 7) == (int)sizeof(s->password_hash);
    if (s->password)
        memcpy(s->password_hash, sqlite3_column_blob(stmt, 7), sizeof(s->password_hash));
    hop_db_text(stmt, 8, door->uid, sizeof(door->uid));
}

/* Who is named in the meeting itself leads it, invited or not. */
static void read_leaders(sqlite3_stmt *stmt, int64_t user_id, struct hop_store_door *door)
{
    static const char *const roles[] = { "organizer", "secretary", "chair" };

    door->led = sqlite3_column_type(stmt, 10) != SQLITE_NULL ||
                sqlite3_column_type(stmt, 11) != SQLITE_NULL || sqlite3_column_int(stmt, 12) != 0;
    for (int i = 0; i < 3; i++) {
        if (user_id != 0 && sqlite3_column_int64(stmt, 9 + i) == user_id)
            g_strlcpy(door->role, roles[i], sizeof(door->role));
    }
}

static int find_meeting(struct hop_db *db, const struct hop_store_door_query *query,
                        struct hop_store_door *door)
{
    int error = 0;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT muted, camera_off, lobby, opens_by_itself, share, unmute, recording,"
        " password_hash, uid, organizer_id, secretary_id, chair_id,"
        " EXISTS (SELECT 1 FROM invitees WHERE meeting_id = m.id AND role IN (0, 1)),"
        " coalesce((SELECT stamp FROM occurrences WHERE meeting_id = m.id AND starts_at = ?"
        "  ORDER BY cancelled LIMIT 1), 0)"
        " FROM meetings m WHERE id = ?",
        "ii", query->starts_us, query->meeting_id);

    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        read_settings(stmt, door);
        read_leaders(stmt, query->user_id, door);
        door->occurrence_us = sqlite3_column_int64(stmt, 13);
        if (door->occurrence_us == 0)
            door->occurrence_us = query->starts_us;
    }
    hop_db_finish(stmt);
    return error == 1 ? 0 : error == 0 ? -ENOENT : error;
}

/* A room of somebody's own is opened by him. */
static int find_owner(struct hop_db *db, const struct hop_store_door_query *query,
                      struct hop_store_door *door)
{
    int error = 0;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error, "SELECT owner_id FROM rooms WHERE id = ? AND owner_id IS NOT NULL",
                     "i", query->room_id);

    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    door->settings.opens_by_itself = error != 1;
    if (error == 1) {
        door->personal = door->led = true;
        if (query->user_id != 0 && sqlite3_column_int64(stmt, 0) == query->user_id)
            g_strlcpy(door->role, "chair", sizeof(door->role));
    }
    hop_db_finish(stmt);
    return error < 0 ? error : 0;
}

#define INVITEE                                                                                    \
    "SELECT i.id, i.role, coalesce(u.name, i.name), coalesce(u.title, i.title),"                   \
    " coalesce(n.name, i.unit_name), i.attendees, coalesce(u.disabled, 0)"                         \
    " FROM invitees i LEFT JOIN users u ON i.kind = 0 AND u.id = i.ref"                            \
    " LEFT JOIN units n ON n.id = u.unit_id WHERE "

/* 1: there is one. */
static int read_invitee(struct hop_db *db, sqlite3_stmt *stmt, struct hop_store_door *door)
{
    static const char *const roles[] = { "chair", "secretary", "delegate",
                                         "guest", "observer",  "technician" };
    int r = hop_db_step(db, stmt);
    int role = sqlite3_column_int(stmt, 1);

    if (r == 1 && sqlite3_column_int(stmt, 6) != 0) {
        r = 0;
    } else if (r == 1) {
        door->invite_id = sqlite3_column_int64(stmt, 0);
        if (role >= 0 && role < (int)G_N_ELEMENTS(roles) &&
            (door->role[0] == '\0' || strcmp(door->role, "organizer") == 0))
            g_strlcpy(door->role, roles[role], sizeof(door->role));
        hop_db_text(stmt, 2, door->name, sizeof(door->name));
        hop_db_text(stmt, 3, door->title, sizeof(door->title));
        hop_db_text(stmt, 4, door->unit, sizeof(door->unit));
        door->attendees = (uint32_t)sqlite3_column_int(stmt, 5);
    }
    hop_db_finish(stmt);
    return r;
}

static int find_invitee(struct hop_db *db, const struct hop_store_door_query *query,
                        struct hop_store_door *door)
{
    int error = 0;
    sqlite3_stmt *stmt;

    if (query->user_id != 0 && query->meeting_id != 0) {
        stmt = hop_db_query(db, &error,
                            INVITEE
                            "i.meeting_id = ? AND i.kind = 0 AND i.ref = ? ORDER BY i.role LIMIT 1",
                            "ii", query->meeting_id, query->user_id);
        error = stmt != NULL ? read_invitee(db, stmt, door) : error;
        if (error != 0)
            return error < 0 ? error : 0;
    }
    if (!query->has_token)
        return 0;
    stmt = hop_db_query(db, &error, INVITEE "i.token_hash = ? AND i.meeting_id = ?", "bi",
                        query->token_hash, (int)sizeof(query->token_hash), query->meeting_id);
    error = stmt != NULL ? read_invitee(db, stmt, door) : error;
    door->bad_token = error == 0;
    return error < 0 ? error : 0;
}

static int find_account(struct hop_db *db, const struct hop_store_door_query *query,
                        struct hop_store_door *door)
{
    int error = 0;
    sqlite3_stmt *stmt;

    if (query->user_id == 0)
        return 0;
    stmt = hop_db_query(db, &error,
                        "SELECT u.title, coalesce(n.name, '') FROM users u"
                        " LEFT JOIN units n ON n.id = u.unit_id WHERE u.id = ?",
                        "i", query->user_id);
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        hop_db_text(stmt, 0, door->title, sizeof(door->title));
        hop_db_text(stmt, 1, door->unit, sizeof(door->unit));
    }
    hop_db_finish(stmt);
    return error < 0 ? error : 0;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct door_job *j = (struct door_job *)job;
    const struct hop_store_door_query *query = &j->query;

    job->error = query->meeting_id != 0 ? find_meeting(ctx, query, &j->door)
                                        : find_owner(ctx, query, &j->door);
    if (job->error == 0)
        job->error = find_invitee(ctx, query, &j->door);
    if (job->error == 0)
        job->error = find_account(ctx, query, &j->door);
}

static void find_done(struct hop_job *job)
{
    struct door_job *j = (struct door_job *)job;

    j->cb(j->ctx, job->error, &j->door);
    g_free(j);
}

void hop_store_door_find(struct hop_store *store, const struct hop_store_door_query *query,
                         hop_store_door_cb cb, void *ctx)
{
    struct door_job *j = g_new0(struct door_job, 1);

    j->job = (struct hop_job){ .run = find_run, .done = find_done };
    j->query = *query;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
