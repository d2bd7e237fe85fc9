/* See rooms.h. */
#include "server/store/rooms.h"

#include <errno.h>

struct room_job {
    struct hop_job job;
    struct hop_store_room room;
    int64_t now_us;
    hop_store_room_cb room_cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void room_done(struct hop_job *job)
{
    struct room_job *j = (struct room_job *)job;

    if (j->room_cb != NULL)
        j->room_cb(j->ctx, job->error, &j->room);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    g_free(j);
}

static struct room_job *room_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct room_job *j = g_new0(struct room_job, 1);

    j->job = (struct hop_job){ .run = run, .done = room_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

static void read_room(sqlite3_stmt *stmt, struct hop_store_room *room)
{
    room->id = sqlite3_column_int64(stmt, 0);
    hop_db_text(stmt, 1, room->code, sizeof(room->code));
    hop_db_text(stmt, 2, room->title, sizeof(room->title));
    room->created_us = sqlite3_column_int64(stmt, 3);
    room->ended_us = sqlite3_column_int64(stmt, 4);
    room->meeting_id = sqlite3_column_int64(stmt, 5);
    room->starts_us = sqlite3_column_int64(stmt, 6);
    room->ends_us = sqlite3_column_int64(stmt, 7);
    hop_db_text(stmt, 8, room->time_zone, sizeof(room->time_zone));
    room->cancelled = sqlite3_column_int(stmt, 9) != 0;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    struct hop_db *db = ctx;
    sqlite3_stmt *stmt =
        hop_db_query(db, &job->error,
                     "SELECT r.id, r.code, r.title, r.created_at, r.ended_at, coalesce(m.id, 0),"
                     " coalesce(m.starts_at, 0), coalesce(m.ends_at, 0), coalesce(m.time_zone, ''),"
                     " coalesce(m.cancelled, 0)"
                     " FROM rooms r LEFT JOIN meetings m ON m.room_id = r.id WHERE r.code = ?",
                     "t", j->room.code);
    int r;

    if (stmt == NULL)
        return;
    r = hop_db_step(db, stmt);
    if (r == 1)
        read_room(stmt, &j->room);
    job->error = r == 1 ? 0 : r == 0 ? -ENOENT : r;
    hop_db_finish(stmt);
}

void hop_store_room_find(struct hop_store *store, const char *code, hop_store_room_cb cb, void *ctx)
{
    struct room_job *j = room_job(find_run, false, ctx);

    g_strlcpy(j->room.code, code, sizeof(j->room.code));
    j->room_cb = cb;
    hop_store_post(store, &j->job);
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    struct hop_db *db = ctx;
    int r = hop_db_run(db, "INSERT INTO rooms (code, title, created_at) VALUES (?, ?, ?)", "tti",
                       j->room.code, j->room.title, j->now_us);

    job->error = r < 0 ? r : 0;
    j->room.id = sqlite3_last_insert_rowid(db->sql);
    j->room.created_us = j->now_us;
}

void hop_store_room_add(struct hop_store *store, const char *code, const char *title,
                        int64_t now_us, hop_store_room_cb cb, void *ctx)
{
    struct room_job *j = room_job(add_run, true, ctx);

    g_strlcpy(j->room.code, code, sizeof(j->room.code));
    g_strlcpy(j->room.title, title, sizeof(j->room.title));
    j->now_us = now_us;
    j->room_cb = cb;
    hop_store_post(store, &j->job);
}

static void end_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    int r = hop_db_run(ctx, "UPDATE rooms SET ended_at = ? WHERE id = ? AND ended_at = 0", "ii",
                       j->now_us, j->room.id);

    job->error = r < 0 ? r : 0;
}

void hop_store_room_end(struct hop_store *store, int64_t room_id, int64_t now_us,
                        hop_store_done_cb cb, void *ctx)
{
    struct room_job *j = room_job(end_run, true, ctx);

    j->room.id = room_id;
    j->now_us = now_us;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}

static void purge_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    int r = hop_db_run(ctx,
                       "DELETE FROM rooms WHERE created_at < ?"
                       " AND id NOT IN (SELECT room_id FROM meetings)"
                       " AND id NOT IN (SELECT room_id FROM participants)",
                       "i", j->now_us);

    job->error = r < 0 ? r : 0;
}

void hop_store_room_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                          void *ctx)
{
    struct room_job *j = room_job(purge_run, true, ctx);

    j->now_us = before_us;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
