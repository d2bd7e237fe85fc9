/* See rooms.h. */
#include "server/store/rooms.h"

#include "server/store/meeting_rows.h"

#include <errno.h>

struct room_job {
    struct hop_job job;
    struct hop_store_room room;
    struct hop_store_present present;
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

/* ?1 the code, ?2 the present, ?3 opens early, ?4 closes late. Which one of a series: the first
 * that is not over; else the last that was to be; else the last. */
static const char select_room[] =
    "WITH room AS (SELECT * FROM rooms WHERE code = ?1),"
    " times AS (SELECT o.* FROM room r JOIN meetings m ON m.room_id = r.id"
    "  JOIN occurrences o ON o.meeting_id = m.id)"
    " SELECT r.id, r.code, coalesce(o.title, m.title, r.title), r.created_at,"
    " CASE WHEN o.starts_at - ?3 >= r.ended_at THEN 0 ELSE r.ended_at END,"
    " coalesce(r.owner_id, 0), coalesce(m.id, 0), CASE WHEN m.rrule <> '' THEN o.stamp ELSE 0 END,"
    " coalesce(o.starts_at, 0), coalesce(o.ends_at, 0), coalesce(m.time_zone, ''),"
    " coalesce(m.cancelled OR o.cancelled, 0), coalesce(m.draft OR m.template, 0),"
    " coalesce(m.uid, ''), coalesce(m.muted, 0), coalesce(m.camera_off, 0), coalesce(m.lobby, 0),"
    " coalesce(m.opens_by_itself, 1), coalesce(m.share, 0), coalesce(m.unmute, 0),"
    " coalesce(m.recording, 1), m.password_hash"
    " FROM room r LEFT JOIN meetings m ON m.room_id = r.id"
    " LEFT JOIN times o ON o.stamp = coalesce("
    "  (SELECT stamp FROM times WHERE cancelled = 0 AND ends_at + ?4 > ?2"
    "   AND starts_at - ?3 >= r.ended_at ORDER BY starts_at LIMIT 1),"
    "  (SELECT stamp FROM times WHERE cancelled = 0 ORDER BY starts_at DESC LIMIT 1),"
    "  (SELECT stamp FROM times ORDER BY starts_at DESC LIMIT 1))";

/* False: a draft's or a template's, into which nobody comes. */
static bool read_room(sqlite3_stmt *stmt, struct hop_store_room *room)
{
    room->id = sqlite3_column_int64(stmt, 0);
    hop_db_text(stmt, 1, room->code, sizeof(room->code));
    hop_db_text(stmt, 2, room->title, sizeof(room->title));
    room->created_us = sqlite3_column_int64(stmt, 3);
    room->ended_us = sqlite3_column_int64(stmt, 4);
    room->owner_id = sqlite3_column_int64(stmt, 5);
    room->meeting_id = sqlite3_column_int64(stmt, 6);
    room->stamp = sqlite3_column_int64(stmt, 7);
    room->starts_us = sqlite3_column_int64(stmt, 8);
    room->ends_us = sqlite3_column_int64(stmt, 9);
    hop_db_text(stmt, 10, room->time_zone, sizeof(room->time_zone));
    room->cancelled = sqlite3_column_int(stmt, 11) != 0;
    hop_db_text(stmt, 13, room->uid, sizeof(room->uid));
    hop_settings_read(stmt, 14, &room->settings);
    return sqlite3_column_int(stmt, 12) == 0;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    const struct hop_store_present *p = &j->present;
    sqlite3_stmt *stmt = hop_db_query(ctx, &job->error, select_room, "tiii", j->room.code,
                                      p->now_us, p->early_us, p->late_us);
    int r;

    if (stmt == NULL)
        return;
    r = hop_db_step(ctx, stmt);
    if (r == 1 && !read_room(stmt, &j->room))
        r = 0;
    job->error = r == 1 ? 0 : r == 0 ? -ENOENT : r;
    hop_db_finish(stmt);
}

void hop_store_room_find(struct hop_store *store, const char *code,
                         const struct hop_store_present *present, hop_store_room_cb cb, void *ctx)
{
    struct room_job *j = room_job(find_run, false, ctx);

    g_strlcpy(j->room.code, code, sizeof(j->room.code));
    j->present = *present;
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
    int r = hop_db_run(ctx,
                       "UPDATE rooms SET ended_at = ?1 WHERE id = ?2 AND owner_id IS NULL"
                       " AND (ended_at = 0 OR EXISTS (SELECT 1 FROM meetings"
                       " WHERE room_id = ?2 AND rrule <> ''))",
                       "ii", j->now_us, j->room.id);

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
                       "DELETE FROM rooms WHERE created_at < ? AND owner_id IS NULL"
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

/* ---- personal rooms -------------------------------------------------------------------------- */

static int load_own(struct hop_db *db, struct hop_store_room *room)
{
    int error = 0, r;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error, "SELECT id, code, title, created_at FROM rooms WHERE owner_id = ?",
                     "i", room->owner_id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        room->id = sqlite3_column_int64(stmt, 0);
        hop_db_text(stmt, 1, room->code, sizeof(room->code));
        hop_db_text(stmt, 2, room->title, sizeof(room->title));
        room->created_us = sqlite3_column_int64(stmt, 3);
    }
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static void of_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;

    job->error = load_own(ctx, &j->room);
}

void hop_store_room_of(struct hop_store *store, int64_t user_id, hop_store_room_cb cb, void *ctx)
{
    struct room_job *j = room_job(of_run, false, ctx);

    j->room.owner_id = user_id;
    j->room_cb = cb;
    hop_store_post(store, &j->job);
}

static void own_run(struct hop_job *job, void *ctx)
{
    struct room_job *j = (struct room_job *)job;
    int r = hop_db_run(ctx, "UPDATE rooms SET code = ?, title = ? WHERE owner_id = ?", "tti",
                       j->room.code, j->room.title, j->room.owner_id);

    if (r == 0)
        r = hop_db_run(ctx,
                       "INSERT INTO rooms (code, title, created_at, owner_id) VALUES (?, ?, ?, ?)",
                       "ttii", j->room.code, j->room.title, j->now_us, j->room.owner_id);
    job->error = r < 0 ? r : load_own(ctx, &j->room);
}

void hop_store_room_own(struct hop_store *store, int64_t user_id, const char *code,
                        const char *title, int64_t now_us, hop_store_room_cb cb, void *ctx)
{
    struct room_job *j = room_job(own_run, true, ctx);

    j->room.owner_id = user_id;
    g_strlcpy(j->room.code, code, sizeof(j->room.code));
    g_strlcpy(j->room.title, title, sizeof(j->room.title));
    j->now_us = now_us;
    j->room_cb = cb;
    hop_store_post(store, &j->job);
}
