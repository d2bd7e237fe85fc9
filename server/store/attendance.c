/* Stays and marks: see attendance.h. */
#include "server/store/attendance.h"

#include <errno.h>
#include <string.h>

struct done_job { /* a write that only ends */
    struct hop_job job;
    hop_store_done_cb cb;
    void *ctx;
    int64_t at_us;
};

static void write_done(struct hop_job *job)
{
    struct done_job *j = (struct done_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error);
    g_free(j);
}

static void post(struct hop_store *store, void (*run)(struct hop_job *, void *), int64_t at_us,
                 hop_store_done_cb cb, void *ctx)
{
    struct done_job *j = g_new0(struct done_job, 1);

    j->job = (struct hop_job){ .run = run, .done = write_done, .writes = true };
    j->at_us = at_us;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

/* ---- stays ----------------------------------------------------------------------------------- */

struct stay_job {
    struct hop_job job;
    hop_store_done_cb cb;
    void *ctx;
    struct hop_attendance_record stay;
    struct hop_participant_record who;
};

static void stay_run(struct hop_job *job, void *ctx)
{
    const struct stay_job *j = (const struct stay_job *)job;
    const struct hop_participant_record *who = &j->who;
    int r = hop_db_run(
        ctx,
        "INSERT INTO attendance (room_id, occurrence, participant, invite_id, user_id, name, title,"
        " unit, role, site, admitted_by, joined_at, left_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (room_id, participant, joined_at) DO UPDATE SET"
        " invite_id = excluded.invite_id, user_id = excluded.user_id, name = excluded.name,"
        " title = excluded.title, unit = excluded.unit, role = excluded.role,"
        " site = max(site, excluded.site), admitted_by = excluded.admitted_by,"
        " left_at = excluded.left_at",
        "iitiittttitii", j->stay.room_key, j->stay.occurrence_us, who->id, who->invite_id,
        who->user_id, who->name, who->title, who->unit, who->role, (int64_t)who->site,
        who->admitted_by, j->stay.joined_at_us, j->stay.left_at_us);

    job->error = r < 0 ? r : 0;
}

static void stay_done(struct hop_job *job)
{
    struct stay_job *j = (struct stay_job *)job;

    j->cb(j->ctx, job->error);
    g_free(j);
}

void hop_store_stay_save(struct hop_store *store, const struct hop_attendance_record *record,
                         hop_store_done_cb cb, void *ctx)
{
    struct stay_job *j = g_new0(struct stay_job, 1);

    j->job = (struct hop_job){ .run = stay_run, .done = stay_done, .writes = true };
    j->stay = *record;
    j->who = *record->who;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

static void alive_run(struct hop_job *job, void *ctx)
{
    int r = hop_db_run(ctx, "INSERT OR REPLACE INTO alive (one, at) VALUES (1, ?)", "i",
                       ((struct done_job *)job)->at_us);

    job->error = r < 0 ? r : 0;
}

void hop_store_alive(struct hop_store *store, int64_t now_us, hop_store_done_cb cb, void *ctx)
{
    post(store, alive_run, now_us, cb, ctx);
}

static void mend_run(struct hop_job *job, void *ctx)
{
    int r = hop_db_run(ctx,
                       "UPDATE attendance SET left_at = max(joined_at + 1,"
                       " coalesce((SELECT at FROM alive), 0)) WHERE left_at = 0",
                       "");

    job->error = r < 0 ? r : 0;
}

void hop_store_stays_mend(struct hop_store *store, hop_store_done_cb cb, void *ctx)
{
    post(store, mend_run, 0, cb, ctx);
}

static void purge_run(struct hop_job *job, void *ctx)
{
    int64_t before_us = ((struct done_job *)job)->at_us;
    int r = hop_db_run(ctx, "DELETE FROM attendance WHERE left_at <> 0 AND left_at < ?", "i",
                       before_us);

    if (r >= 0)
        r = hop_db_run(ctx, "DELETE FROM attendance_marks WHERE at < ?", "i", before_us);
    if (r >= 0)
        r = hop_db_run(ctx, "DELETE FROM line_tests WHERE at < ?", "i", before_us);
    job->error = r < 0 ? r : 0;
}

void hop_store_attendance_purge(struct hop_store *store, int64_t before_us, hop_store_done_cb cb,
                                void *ctx)
{
    post(store, purge_run, before_us, cb, ctx);
}

/* ---- marks ----------------------------------------------------------------------------------- */

struct mark_job {
    struct hop_job job;
    hop_store_done_cb cb;
    void *ctx;
    struct hop_attendance_mark mark;
    char *person, *state, *reason, *by;
    int64_t now_us;
};

/* Whether somebody goes by that name: invited, or one who came. 1, 0 or an error. */
static int is_listed(struct hop_db *db, const struct hop_attendance_mark *mark)
{
    int64_t id = g_ascii_strtoll(mark->person + 1, NULL, 10);
    int error = 0;
    sqlite3_stmt *stmt;

    if (mark->person[0] == 'i')
        stmt = hop_db_query(db, &error,
                            "SELECT 1 FROM invitees i JOIN meetings m ON m.id = i.meeting_id"
                            " WHERE i.id = ? AND m.room_id = ?",
                            "ii", id, mark->room_key);
    else if (mark->person[0] == 'u')
        stmt = hop_db_query(db, &error,
                            "SELECT 1 FROM attendance WHERE user_id = ? AND room_id = ?"
                            " AND occurrence = ? LIMIT 1",
                            "iii", id, mark->room_key, mark->occurrence_us);
    else
        stmt = hop_db_query(db, &error,
                            "SELECT 1 FROM attendance WHERE participant = ? AND room_id = ?"
                            " AND occurrence = ? LIMIT 1",
                            "tii", mark->person, mark->room_key, mark->occurrence_us);
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    hop_db_finish(stmt);
    return error;
}

static void mark_run(struct hop_job *job, void *ctx)
{
    const struct mark_job *j = (const struct mark_job *)job;
    const struct hop_attendance_mark *m = &j->mark;
    int r = is_listed(ctx, m);

    if (r == 0)
        r = -ENOENT;
    if (r == 1)
        r = hop_db_run(ctx,
                       "INSERT OR REPLACE INTO attendance_marks (room_id, occurrence, person,"
                       " state, reason, attendees, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       "iitttiti", m->room_key, m->occurrence_us, m->person, m->state, m->reason,
                       (int64_t)m->attendees, m->by, j->now_us);
    job->error = r < 0 ? r : 0;
}

static void mark_done(struct hop_job *job)
{
    struct mark_job *j = (struct mark_job *)job;

    j->cb(j->ctx, job->error);
    g_free(j->person);
    g_free(j->state);
    g_free(j->reason);
    g_free(j->by);
    g_free(j);
}

void hop_store_attendance_mark(struct hop_store *store, const struct hop_attendance_mark *mark,
                               int64_t now_us, hop_store_done_cb cb, void *ctx)
{
    struct mark_job *j = g_new0(struct mark_job, 1);

    j->job = (struct hop_job){ .run = mark_run, .done = mark_done, .writes = true };
    j->mark = *mark;
    j->mark.person = j->person = g_strdup(mark->person);
    j->mark.state = j->state = g_strdup(mark->state);
    j->mark.reason = j->reason = g_strdup(mark->reason);
    j->mark.by = j->by = g_strdup(mark->by);
    j->now_us = now_us;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

int hop_db_may_attend(struct hop_db *db, int64_t meeting_id, const struct hop_store_asker *asker)
{
    int error = 0;
    sqlite3_stmt *stmt;

    if (asker->user_id == 0 || asker->administrator)
        return 1;
    stmt = hop_db_query(
        db, &error,
        "SELECT 1 FROM meetings m WHERE m.id = ?1 AND (?2 IN (m.organizer_id, m.chair_id,"
        " m.secretary_id) OR EXISTS (SELECT 1 FROM invitees i WHERE i.meeting_id = m.id"
        "  AND i.kind = 0 AND i.ref = ?2 AND i.role IN (0, 1))"
        " OR (?3 AND m.unit_id IN (WITH RECURSIVE below(id) AS (SELECT ?4 UNION"
        "  SELECT u.id FROM units u JOIN below b ON u.parent_id = b.id) SELECT id FROM below)))",
        "iiii", meeting_id, asker->user_id, (int64_t)asker->secretary, asker->unit_id);
    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    hop_db_finish(stmt);
    return error;
}

/* ---- the list -------------------------------------------------------------------------------- */

struct list_job {
    struct hop_job job;
    struct hop_store_attendance_query query;
    struct hop_store_attendance list;
    hop_store_attendance_cb cb;
    void *ctx;
};

static void clear_mark(void *mark)
{
    g_free(((struct hop_store_attendance_mark *)mark)->reason);
}

/* Which time of the series is meant: the one asked for, else the one whose start is nearest. */
static int read_head(struct hop_db *db, const struct hop_store_attendance_query *q,
                     struct hop_store_attendance *list)
{
    int error = 0;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT r.id, coalesce(m.id, 0), r.code, coalesce(o.title, m.title, r.title),"
        " coalesce(m.time_zone, ''), coalesce(o.stamp, 0), coalesce(o.starts_at, 0),"
        " coalesce(o.ends_at, 0), coalesce(c.name, ''), coalesce(s.name, '')"
        " FROM rooms r LEFT JOIN meetings m ON m.room_id = r.id"
        " LEFT JOIN occurrences o ON o.meeting_id = m.id AND (? = 0 OR o.stamp = ?)"
        " LEFT JOIN users c ON c.id = m.chair_id LEFT JOIN users s ON s.id = m.secretary_id"
        " WHERE (r.id = ? OR m.id = ?) ORDER BY o.cancelled, abs(o.starts_at - ?) LIMIT 1",
        "iiiii", q->occurrence_us, q->occurrence_us, q->room_id, q->meeting_id, q->now_us);

    if (stmt == NULL)
        return error;
    error = hop_db_step(db, stmt);
    if (error == 1) {
        list->room_id = sqlite3_column_int64(stmt, 0);
        list->meeting_id = sqlite3_column_int64(stmt, 1);
        hop_db_text(stmt, 2, list->code, sizeof(list->code));
        hop_db_text(stmt, 3, list->title, sizeof(list->title));
        hop_db_text(stmt, 4, list->time_zone, sizeof(list->time_zone));
        list->occurrence_us = sqlite3_column_int64(stmt, 5);
        list->starts_us = sqlite3_column_int64(stmt, 6);
        list->ends_us = sqlite3_column_int64(stmt, 7);
        hop_db_text(stmt, 8, list->chair, sizeof(list->chair));
        hop_db_text(stmt, 9, list->secretary, sizeof(list->secretary));
        if (q->occurrence_us != 0 && list->occurrence_us == 0)
            error = 0;
    }
    hop_db_finish(stmt);
    return error == 1 ? 0 : error == 0 ? -ENOENT : error;
}

static int read_invitees(struct hop_db *db, struct hop_store_attendance *list)
{
    int error = 0;
    int r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT i.id, i.kind, i.ref, coalesce(u.name, i.name), coalesce(u.title, i.title),"
        " coalesce(n.name, i.unit_name), i.role, i.attendees, i.rsvp"
        " FROM invitees i LEFT JOIN users u ON i.kind = 0 AND u.id = i.ref"
        " LEFT JOIN units n ON n.id = u.unit_id"
        " WHERE i.meeting_id = ? AND i.kind NOT IN (1, 2) ORDER BY i.position, i.id",
        "i", list->meeting_id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_invitee i = { .id = sqlite3_column_int64(stmt, 0),
                                       .kind = (enum hop_invitee_kind)sqlite3_column_int(stmt, 1),
                                       .ref = sqlite3_column_int64(stmt, 2) };

        hop_db_text(stmt, 3, i.name, sizeof(i.name));
        hop_db_text(stmt, 4, i.title, sizeof(i.title));
        hop_db_text(stmt, 5, i.unit_name, sizeof(i.unit_name));
        i.role = (enum hop_invitee_role)sqlite3_column_int(stmt, 6);
        i.attendees = (unsigned)sqlite3_column_int(stmt, 7);
        i.rsvp = (enum hop_rsvp)sqlite3_column_int(stmt, 8);
        g_array_append_val(list->invitees, i);
    }
    hop_db_finish(stmt);
    return r;
}

static int read_stays(struct hop_db *db, struct hop_store_attendance *list)
{
    int error = 0;
    int r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT participant, invite_id, user_id, name, title, unit, role, site, admitted_by,"
        " joined_at, left_at FROM attendance WHERE room_id = ? AND occurrence = ?"
        " ORDER BY joined_at, id LIMIT ?",
        "iii", list->room_id, list->occurrence_us, (int64_t)HOP_MAX_STAYS);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_stay s = { .invite_id = sqlite3_column_int64(stmt, 1),
                                    .user_id = sqlite3_column_int64(stmt, 2) };

        hop_db_text(stmt, 0, s.participant, sizeof(s.participant));
        hop_db_text(stmt, 3, s.name, sizeof(s.name));
        hop_db_text(stmt, 4, s.title, sizeof(s.title));
        hop_db_text(stmt, 5, s.unit, sizeof(s.unit));
        hop_db_text(stmt, 6, s.role, sizeof(s.role));
        s.site = (uint32_t)sqlite3_column_int(stmt, 7);
        hop_db_text(stmt, 8, s.admitted_by, sizeof(s.admitted_by));
        s.joined_us = sqlite3_column_int64(stmt, 9);
        s.left_us = sqlite3_column_int64(stmt, 10);
        g_array_append_val(list->stays, s);
    }
    hop_db_finish(stmt);
    return r;
}

static int read_marks(struct hop_db *db, struct hop_store_attendance *list)
{
    int error = 0;
    int r;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error,
                     "SELECT person, state, reason, attendees FROM attendance_marks"
                     " WHERE room_id = ? AND occurrence = ?",
                     "ii", list->room_id, list->occurrence_us);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_attendance_mark m = { .attendees = sqlite3_column_int(stmt, 3) };

        hop_db_text(stmt, 0, m.person, sizeof(m.person));
        hop_db_text(stmt, 1, m.state, sizeof(m.state));
        m.reason = g_strdup((const char *)sqlite3_column_text(stmt, 2));
        g_array_append_val(list->marks, m);
    }
    hop_db_finish(stmt);
    return r;
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct list_job *j = (struct list_job *)job;

    job->error = read_head(ctx, &j->query, &j->list);
    if (job->error == 0) {
        int may = hop_db_may_attend(ctx, j->list.meeting_id, &j->query.asker);

        job->error = may < 0 ? may : may == 1 ? 0 : -ENOENT;
    }
    if (job->error == 0 && j->list.meeting_id != 0)
        job->error = read_invitees(ctx, &j->list);
    if (job->error == 0)
        job->error = read_stays(ctx, &j->list);
    if (job->error == 0)
        job->error = read_marks(ctx, &j->list);
}

static void list_done(struct hop_job *job)
{
    struct list_job *j = (struct list_job *)job;

    j->cb(j->ctx, job->error, &j->list);
    g_array_unref(j->list.invitees);
    g_array_unref(j->list.stays);
    g_array_unref(j->list.marks);
    g_free(j);
}

void hop_store_attendance_get(struct hop_store *store,
                              const struct hop_store_attendance_query *query,
                              hop_store_attendance_cb cb, void *ctx)
{
    struct list_job *j = g_new0(struct list_job, 1);

    j->job = (struct hop_job){ .run = list_run, .done = list_done };
    j->query = *query;
    j->list.invitees = g_array_new(FALSE, FALSE, sizeof(struct hop_store_invitee));
    j->list.stays = g_array_new(FALSE, FALSE, sizeof(struct hop_store_stay));
    j->list.marks = g_array_new(FALSE, FALSE, sizeof(struct hop_store_attendance_mark));
    g_array_set_clear_func(j->list.marks, clear_mark);
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
