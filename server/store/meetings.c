/* See meetings.h. */
#include "server/store/meetings.h"

#include <errno.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "m.id, m.room_id, m.uid, r.code, m.title, m.description, m.starts_at, m.ends_at, m.time_zone," \
    " m.sequence, m.cancelled, r.ended_at, m.created_at, m.changed_at"                             \
    " FROM meetings m JOIN rooms r ON r.id = m.room_id"

struct meeting_job {
    struct hop_job job;
    struct hop_store_meeting meeting;
    struct hop_store_meeting_change change;
    GPtrArray *list;
    int64_t user_id, now_us;
    hop_store_meeting_cb cb;
    hop_store_meetings_cb list_cb;
    void *ctx;
};

void hop_store_meeting_clear(struct hop_store_meeting *meeting)
{
    g_clear_pointer(&meeting->description, g_free);
}

static void free_meeting(gpointer meeting)
{
    hop_store_meeting_clear(meeting);
    g_free(meeting);
}

static void meeting_done(struct hop_job *job)
{
    struct meeting_job *j = (struct meeting_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->meeting);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error, (const struct hop_store_meeting *const *)j->list->pdata,
                   j->list->len);
    if (j->list != NULL)
        g_ptr_array_unref(j->list);
    hop_store_meeting_clear(&j->meeting);
    g_free((char *)(uintptr_t)j->change.title);
    g_free((char *)(uintptr_t)j->change.description);
    g_free((char *)(uintptr_t)j->change.time_zone);
    g_free(j);
}

static struct meeting_job *meeting_job(void (*run)(struct hop_job *, void *), bool writes,
                                       hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = g_new0(struct meeting_job, 1);

    j->job = (struct hop_job){ .run = run, .done = meeting_done, .writes = writes };
    j->cb = cb;
    j->ctx = ctx;
    return j;
}

static void read_meeting(sqlite3_stmt *stmt, struct hop_store_meeting *m)
{
    m->id = sqlite3_column_int64(stmt, 0);
    m->room_id = sqlite3_column_int64(stmt, 1);
    hop_db_text(stmt, 2, m->uid, sizeof(m->uid));
    hop_db_text(stmt, 3, m->code, sizeof(m->code));
    hop_db_text(stmt, 4, m->title, sizeof(m->title));
    g_free(m->description);
    m->description = g_strdup((const char *)sqlite3_column_text(stmt, 5));
    m->starts_us = sqlite3_column_int64(stmt, 6);
    m->ends_us = sqlite3_column_int64(stmt, 7);
    hop_db_text(stmt, 8, m->time_zone, sizeof(m->time_zone));
    m->sequence = sqlite3_column_int64(stmt, 9);
    m->cancelled = sqlite3_column_int(stmt, 10) != 0;
    m->ended_us = sqlite3_column_int64(stmt, 11);
    m->created_us = sqlite3_column_int64(stmt, 12);
    m->changed_us = sqlite3_column_int64(stmt, 13);
}

static int load(struct hop_db *db, int64_t id, struct hop_store_meeting *m)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, "SELECT " COLUMNS " WHERE m.id = ?", "i", id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1)
        read_meeting(stmt, m);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    struct hop_store_meeting *m = &j->meeting;
    struct hop_db *db = ctx;
    int r = hop_db_run(db, "INSERT INTO rooms (code, title, created_at) VALUES (?, ?, ?)", "tti",
                       m->code, m->title, j->now_us);

    if (r >= 0) {
        m->room_id = sqlite3_last_insert_rowid(db->sql);
        r = hop_db_run(db,
                       "INSERT INTO meetings (room_id, uid, title, description, starts_at, ends_at,"
                       " time_zone, created_by, created_at, changed_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "itttiitiii", m->room_id, m->uid, m->title, m->description, m->starts_us,
                       m->ends_us, m->time_zone, j->user_id, j->now_us, j->now_us);
    }
    job->error = r < 0 ? r : load(db, sqlite3_last_insert_rowid(db->sql), m);
}

void hop_store_meeting_add(struct hop_store *store, const struct hop_store_meeting *meeting,
                           int64_t user_id, int64_t now_us, hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(add_run, true, cb, ctx);

    j->meeting = *meeting;
    j->meeting.description = g_strdup(meeting->description ? meeting->description : "");
    j->user_id = user_id;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

static void get_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;

    job->error = load(ctx, j->meeting.id, &j->meeting);
}

void hop_store_meeting_get(struct hop_store *store, int64_t id, hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(get_run, false, cb, ctx);

    j->meeting.id = id;
    hop_store_post(store, &j->job);
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    struct hop_db *db = ctx;
    int64_t to = j->change.ends_us != 0 ? j->change.ends_us : INT64_MAX;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error,
                                      "SELECT " COLUMNS " WHERE m.starts_at < ? AND m.ends_at > ?"
                                      " ORDER BY m.starts_at, m.id LIMIT ?",
                                      "iii", to, j->change.starts_us, (int64_t)HOP_MAX_LIST);
    int r = 0;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_meeting *m = g_new0(struct hop_store_meeting, 1);

        read_meeting(stmt, m);
        g_ptr_array_add(j->list, m);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_meeting_list(struct hop_store *store, int64_t from_us, int64_t to_us,
                            hop_store_meetings_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(list_run, false, NULL, ctx);

    j->list = g_ptr_array_new_with_free_func(free_meeting);
    j->list_cb = cb;
    j->change.starts_us = from_us;
    j->change.ends_us = to_us;
    hop_store_post(store, &j->job);
}

static bool replace_text(char *to, size_t size, const char *from)
{
    if (from == NULL || strcmp(from, to) == 0)
        return false;
    g_strlcpy(to, from, size);
    return true;
}

static bool replace_time(int64_t *to, int64_t from)
{
    if (from == 0 || *to == from)
        return false;
    *to = from;
    return true;
}

static bool apply(struct hop_store_meeting *m, const struct hop_store_meeting_change *change,
                  bool *moved)
{
    bool changed = replace_text(m->title, sizeof(m->title), change->title);

    changed |= replace_text(m->time_zone, sizeof(m->time_zone), change->time_zone);
    if (change->description != NULL && strcmp(change->description, m->description) != 0) {
        g_free(m->description);
        m->description = g_strdup(change->description);
        changed = true;
    }
    *moved = replace_time(&m->starts_us, change->starts_us);
    *moved |= replace_time(&m->ends_us, change->ends_us);
    return changed || *moved;
}

static int save(struct hop_db *db, const struct hop_store_meeting *m, int64_t now_us)
{
    int r = hop_db_run(db,
                       "UPDATE meetings SET title = ?, description = ?, starts_at = ?, ends_at = ?,"
                       " time_zone = ?, sequence = sequence + 1, cancelled = ?, changed_at = ?"
                       " WHERE id = ?",
                       "ttiitiii", m->title, m->description, m->starts_us, m->ends_us, m->time_zone,
                       (int64_t)m->cancelled, now_us, m->id);

    if (r >= 0)
        r = hop_db_run(db, "UPDATE rooms SET title = ?, ended_at = ? WHERE id = ?", "tii", m->title,
                       m->ended_us, m->room_id);
    return r < 0 ? r : 0;
}

static void change_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    struct hop_store_meeting *m = &j->meeting;
    bool moved;

    job->error = load(ctx, m->id, m);
    if (job->error == 0 && m->cancelled)
        job->error = -ECANCELED;
    if (job->error != 0 || !apply(m, &j->change, &moved))
        return;
    if (m->ends_us <= m->starts_us) {
        job->error = -ERANGE;
        return;
    }
    if (moved && m->ends_us > j->now_us)
        m->ended_us = 0;
    job->error = save(ctx, m, j->now_us);
    if (job->error == 0)
        job->error = load(ctx, m->id, m);
}

void hop_store_meeting_change(struct hop_store *store, int64_t id,
                              const struct hop_store_meeting_change *change, int64_t now_us,
                              hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(change_run, true, cb, ctx);

    j->meeting.id = id;
    j->change = *change;
    j->change.title = g_strdup(change->title);
    j->change.description = g_strdup(change->description);
    j->change.time_zone = g_strdup(change->time_zone);
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

static void cancel_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    struct hop_store_meeting *m = &j->meeting;

    job->error = load(ctx, m->id, m);
    if (job->error != 0 || m->cancelled)
        return;
    m->cancelled = true;
    job->error = save(ctx, m, j->now_us);
    if (job->error == 0)
        job->error = load(ctx, m->id, m);
}

void hop_store_meeting_cancel(struct hop_store *store, int64_t id, int64_t now_us,
                              hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(cancel_run, true, cb, ctx);

    j->meeting.id = id;
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}
