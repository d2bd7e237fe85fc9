/* See meetings.h: reading, one time of a series, removing. Saving is meeting_save.c. */
#include "server/store/meetings.h"

#include "server/store/invitee_rows.h"
#include "server/store/meeting_rows.h"
#include "server/store/outbox.h"

#include <errno.h>
#include <string.h>

/* ---- the structs ----------------------------------------------------------------------------- */

void hop_store_occurrence_clear(struct hop_store_occurrence *occurrence)
{
    g_clear_pointer(&occurrence->title, g_free);
    g_clear_pointer(&occurrence->description, g_free);
    g_clear_pointer(&occurrence->place, g_free);
}

static void clear_invitee(gpointer invitee)
{
    hop_store_invitee_clear(invitee);
}

static void clear_occurrence(gpointer occurrence)
{
    hop_store_occurrence_clear(occurrence);
}

GArray *hop_store_invitees_new(void)
{
    GArray *array = g_array_new(FALSE, FALSE, sizeof(struct hop_store_invitee));

    g_array_set_clear_func(array, clear_invitee);
    return array;
}

GArray *hop_store_occurrences_new(void)
{
    GArray *array = g_array_new(FALSE, FALSE, sizeof(struct hop_store_occurrence));

    g_array_set_clear_func(array, clear_occurrence);
    return array;
}

void hop_store_meeting_clear(struct hop_store_meeting *meeting)
{
    g_clear_pointer(&meeting->description, g_free);
    g_clear_pointer(&meeting->invitees, g_array_unref);
    g_clear_pointer(&meeting->resources, g_array_unref);
    g_clear_pointer(&meeting->exceptions, g_array_unref);
}

GArray *hop_store_occurrences_copy(const GArray *from)
{
    GArray *to = hop_store_occurrences_new();

    for (guint i = 0; i < from->len; i++) {
        struct hop_store_occurrence one = g_array_index(from, struct hop_store_occurrence, i);

        one.title = g_strdup(one.title);
        one.description = g_strdup(one.description);
        one.place = g_strdup(one.place);
        g_array_append_val(to, one);
    }
    return to;
}

static GArray *copy_invitees(const GArray *from)
{
    GArray *to = hop_store_invitees_new();

    for (guint i = 0; i < from->len; i++) {
        struct hop_store_invitee one = g_array_index(from, struct hop_store_invitee, i);

        one.rsvp_note = g_strdup(one.rsvp_note);
        g_array_append_val(to, one);
    }
    return to;
}

void hop_store_meeting_copy(const struct hop_store_meeting *meeting, struct hop_store_meeting *out)
{
    *out = *meeting;
    out->description = g_strdup(meeting->description);
    if (meeting->invitees != NULL)
        out->invitees = copy_invitees(meeting->invitees);
    if (meeting->resources != NULL)
        out->resources = g_array_copy(meeting->resources);
    if (meeting->exceptions != NULL)
        out->exceptions = hop_store_occurrences_copy(meeting->exceptions);
}

/* ---- reading --------------------------------------------------------------------------------- */

void hop_settings_read(sqlite3_stmt *stmt, int column, struct hop_store_settings *out)
{
    out->muted = sqlite3_column_int(stmt, column) != 0;
    out->camera_off = sqlite3_column_int(stmt, column + 1) != 0;
    out->lobby = (enum hop_lobby)sqlite3_column_int(stmt, column + 2);
    out->opens_by_itself = sqlite3_column_int(stmt, column + 3) != 0;
    out->share = (enum hop_allowed)sqlite3_column_int(stmt, column + 4);
    out->unmute = (enum hop_allowed)sqlite3_column_int(stmt, column + 5);
    out->recording = sqlite3_column_int(stmt, column + 6) != 0;
    out->password = sqlite3_column_bytes(stmt, column + 7) == HOP_HASH;
    if (out->password)
        memcpy(out->password_hash, sqlite3_column_blob(stmt, column + 7), HOP_HASH);
}

static void read_person(sqlite3_stmt *stmt, int column, struct hop_store_person *out)
{
    out->id = sqlite3_column_int64(stmt, column);
    hop_db_text(stmt, column + 1, out->name, sizeof(out->name));
}

void hop_meeting_row_read(sqlite3_stmt *stmt, struct hop_store_meeting *m)
{
    m->id = sqlite3_column_int64(stmt, 0);
    m->room_id = sqlite3_column_int64(stmt, 1);
    hop_db_text(stmt, 2, m->uid, sizeof(m->uid));
    hop_db_text(stmt, 3, m->code, sizeof(m->code));
    m->version = sqlite3_column_int64(stmt, 4);
    m->sequence = sqlite3_column_int64(stmt, 5);
    hop_db_text(stmt, 6, m->title, sizeof(m->title));
    hop_db_text(stmt, 7, m->place, sizeof(m->place));
    m->draft = sqlite3_column_int(stmt, 8) != 0;
    m->template = sqlite3_column_int(stmt, 9) != 0;
    m->cancelled = sqlite3_column_int(stmt, 10) != 0;
    m->starts_us = sqlite3_column_int64(stmt, 11);
    m->ends_us = sqlite3_column_int64(stmt, 12);
    hop_db_text(stmt, 13, m->time_zone, sizeof(m->time_zone));
    m->all_day = sqlite3_column_int(stmt, 14) != 0;
    hop_db_text(stmt, 15, m->rrule, sizeof(m->rrule));
    read_person(stmt, 16, &m->organizer);
    read_person(stmt, 18, &m->chair);
    read_person(stmt, 20, &m->secretary);
    m->unit_id = sqlite3_column_int64(stmt, 22);
    hop_settings_read(stmt, 23, &m->settings);
    m->ended_us = sqlite3_column_int64(stmt, 31);
    m->created_us = sqlite3_column_int64(stmt, 32);
    m->changed_us = sqlite3_column_int64(stmt, 33);
    m->sent_us = sqlite3_column_int64(stmt, 34);
}

void hop_occurrence_read(sqlite3_stmt *stmt, int column, struct hop_store_occurrence *out)
{
    out->stamp = sqlite3_column_int64(stmt, column);
    out->starts_us = sqlite3_column_int64(stmt, column + 1);
    out->ends_us = sqlite3_column_int64(stmt, column + 2);
    out->cancelled = sqlite3_column_int(stmt, column + 3) != 0;
    out->changed = sqlite3_column_int(stmt, column + 4) != 0;
    out->title = g_strdup((const char *)sqlite3_column_text(stmt, column + 5));
    out->description = g_strdup((const char *)sqlite3_column_text(stmt, column + 6));
    out->place = g_strdup((const char *)sqlite3_column_text(stmt, column + 7));
}

#define OCCURRENCES                                                                                \
    "SELECT stamp, starts_at, ends_at, cancelled, changed, title, description, place"              \
    " FROM occurrences WHERE meeting_id = ?"

static int load_occurrences(struct hop_db *db, const char *sql, int64_t id, GArray *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, sql, "i", id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_occurrence one;

        hop_occurrence_read(stmt, 0, &one);
        g_array_append_val(out, one);
    }
    hop_db_finish(stmt);
    return r;
}

static int load_resources(struct hop_db *db, int64_t id, GArray *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error,
        "SELECT resource_id FROM meeting_resources WHERE meeting_id = ? ORDER BY resource_id", "i",
        id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        int64_t resource = sqlite3_column_int64(stmt, 0);

        g_array_append_val(out, resource);
    }
    hop_db_finish(stmt);
    return r;
}

static int load_row(struct hop_db *db, int64_t id, struct hop_store_meeting *m)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error,
                                      "SELECT " HOP_MEETING_COLUMNS ", m.description FROM meetings"
                                      " m JOIN rooms r ON r.id = m.room_id WHERE m.id = ?",
                                      "i", id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        hop_meeting_row_read(stmt, m);
        m->description = g_strdup((const char *)sqlite3_column_text(stmt, HOP_MEETING_COLUMN_END));
    }
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static int load_next(struct hop_db *db, const struct hop_store_present *p,
                     struct hop_store_meeting *m)
{
    int error = 0, r;
    sqlite3_stmt *stmt;

    m->next_starts_us = m->starts_us;
    m->next_ends_us = m->ends_us;
    if (m->rrule[0] == '\0')
        return 0;
    stmt = hop_db_query(db, &error,
                        "SELECT starts_at, ends_at FROM occurrences WHERE meeting_id = ?1"
                        " ORDER BY cancelled, ends_at + ?3 <= ?2 OR starts_at - ?4 < ?5,"
                        " CASE WHEN ends_at + ?3 <= ?2 OR starts_at - ?4 < ?5"
                        "  THEN -starts_at ELSE starts_at END LIMIT 1",
                        "iiiii", m->id, p->now_us, p->late_us, p->early_us, m->ended_us);
    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        m->next_starts_us = sqlite3_column_int64(stmt, 0);
        m->next_ends_us = sqlite3_column_int64(stmt, 1);
    }
    hop_db_finish(stmt);
    return r < 0 ? r : 0;
}

int hop_meeting_load(struct hop_db *db, int64_t id, const struct hop_store_viewer *viewer,
                     struct hop_store_meeting *m)
{
    static const struct hop_store_present always;
    int error;

    hop_store_meeting_clear(m);
    *m = (struct hop_store_meeting){ 0 };
    error = load_row(db, id, m);
    if (error != 0)
        return error;
    m->invitees = hop_store_invitees_new();
    m->resources = g_array_new(FALSE, FALSE, sizeof(int64_t));
    m->exceptions = hop_store_occurrences_new();
    error = hop_invitee_rows_load(db, id, m->invitees);
    if (error == 0)
        error = load_resources(db, id, m->resources);
    if (error == 0)
        error = load_occurrences(db, OCCURRENCES " AND (changed OR cancelled) ORDER BY stamp", id,
                                 m->exceptions);
    if (error == 0)
        error = load_next(db, viewer != NULL ? &viewer->present : &always, m);
    return error;
}

/* ---- the jobs -------------------------------------------------------------------------------- */

struct meeting_job {
    struct hop_job job;
    struct hop_store_viewer viewer;
    bool viewed; /* by him, and not by the server itself */
    struct hop_store_meeting meeting;
    struct hop_store_occurrence occurrence;
    GArray *occurrences;
    int64_t now_us;
    hop_store_meeting_cb cb;
    hop_store_occurrences_cb list_cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void meeting_done(struct hop_job *job)
{
    struct meeting_job *j = (struct meeting_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->meeting);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error,
                   (const struct hop_store_occurrence *)(const void *)j->occurrences->data,
                   j->occurrences->len);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    hop_store_meeting_clear(&j->meeting);
    hop_store_occurrence_clear(&j->occurrence);
    if (j->occurrences != NULL)
        g_array_unref(j->occurrences);
    g_free(j);
}

static struct meeting_job *meeting_job(void (*run)(struct hop_job *, void *), bool writes,
                                       int64_t id, void *ctx)
{
    struct meeting_job *j = g_new0(struct meeting_job, 1);

    j->job = (struct hop_job){ .run = run, .done = meeting_done, .writes = writes };
    j->meeting.id = id;
    j->ctx = ctx;
    return j;
}

static const struct hop_store_viewer *viewer_of(const struct meeting_job *j)
{
    return j->viewed ? &j->viewer : NULL;
}

static void view_by(struct meeting_job *j, const struct hop_store_viewer *viewer)
{
    j->viewed = viewer != NULL;
    if (viewer != NULL)
        j->viewer = *viewer;
}

int hop_meeting_right_of(struct hop_db *db, const struct hop_store_viewer *viewer, int64_t id,
                         enum hop_meeting_right *right)
{
    int64_t unit = (viewer->roles & HOP_ACCOUNT_SECRETARY) != 0 ? viewer->unit_id : 0;
    int64_t found = HOP_MEETING_CHANGE;
    int error = 0;

    if ((viewer->roles & HOP_ACCOUNT_ADMINISTRATOR) == 0)
        error = hop_db_number(
            db, &found,
            "WITH RECURSIVE own(id) AS (SELECT ?2 WHERE ?2 <> 0 UNION"
            "  SELECT t.id FROM units t JOIN own b ON t.parent_id = b.id)"
            " SELECT CASE WHEN unit_id IN own OR organizer_id = ?3 OR chair_id = ?3"
            "   OR secretary_id = ?3 THEN 2"
            "  WHEN draft = 0 AND template = 0 AND EXISTS (SELECT 1 FROM meeting_people"
            "   WHERE user_id = ?3 AND meeting_id = ?1) THEN 1 ELSE 0 END"
            " FROM meetings WHERE id = ?1",
            "iii", id, unit, viewer->user_id);
    *right = (enum hop_meeting_right)found;
    return error;
}

static void get_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    enum hop_meeting_right right = HOP_MEETING_CHANGE;
    int64_t id = j->meeting.id;

    if (j->viewed)
        job->error = hop_meeting_right_of(ctx, &j->viewer, id, &right);
    if (job->error == 0)
        job->error = right == HOP_MEETING_HIDDEN
                         ? -ENOENT
                         : hop_meeting_load(ctx, id, viewer_of(j), &j->meeting);
    j->meeting.right = right;
}

void hop_store_meeting_get(struct hop_store *store, int64_t id,
                           const struct hop_store_viewer *viewer, hop_store_meeting_cb cb,
                           void *ctx)
{
    struct meeting_job *j = meeting_job(get_run, false, id, ctx);

    view_by(j, viewer);
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void occurrences_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;

    job->error =
        load_occurrences(ctx, OCCURRENCES " ORDER BY starts_at", j->meeting.id, j->occurrences);
    if (job->error == 0 && j->occurrences->len == 0)
        job->error = -ENOENT;
}

void hop_store_meeting_occurrences(struct hop_store *store, int64_t id, hop_store_occurrences_cb cb,
                                   void *ctx)
{
    struct meeting_job *j = meeting_job(occurrences_run, false, id, ctx);

    j->occurrences = hop_store_occurrences_new();
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}

static void occurrence_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    const struct hop_store_occurrence *o = &j->occurrence;
    int64_t id = j->meeting.id, version = 0;
    int r = hop_db_number(ctx, &version, "SELECT version FROM meetings WHERE id = ?", "i", id);

    if (r == 0 && version != j->meeting.version)
        r = -ESTALE;
    if (r == 0) {
        r = hop_db_run(ctx,
                       "UPDATE occurrences SET starts_at = ?, ends_at = ?, cancelled = ?,"
                       " changed = ?, title = ?, description = ?, place = ?"
                       " WHERE meeting_id = ? AND stamp = ?",
                       "iiiitttii", o->starts_us, o->ends_us, (int64_t)o->cancelled,
                       (int64_t)o->changed, o->title, o->description, o->place, id, o->stamp);
        r = r == 0 ? -ENOENT : r;
    }
    if (r > 0)
        r = hop_db_run(ctx,
                       "UPDATE meetings SET version = version + 1, sequence = sequence + 1,"
                       " changed_at = ? WHERE id = ?",
                       "ii", j->now_us, id);
    if (r >= 0)
        r = hop_outbox_sync(ctx, id, j->now_us);
    job->error = r < 0 ? r : hop_meeting_load(ctx, id, viewer_of(j), &j->meeting);
    j->meeting.right = HOP_MEETING_CHANGE;
}

void hop_store_occurrence_save(struct hop_store *store, int64_t meeting_id, int64_t version,
                               const struct hop_store_occurrence *occurrence,
                               const struct hop_store_viewer *viewer, int64_t now_us,
                               hop_store_meeting_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(occurrence_run, true, meeting_id, ctx);

    view_by(j, viewer);
    j->meeting.version = version;
    j->occurrence = *occurrence;
    j->occurrence.title = g_strdup(occurrence->title);
    j->occurrence.description = g_strdup(occurrence->description);
    j->occurrence.place = g_strdup(occurrence->place);
    j->now_us = now_us;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *ctx)
{
    struct meeting_job *j = (struct meeting_job *)job;
    int64_t room_id = 0, removable = 0, id = j->meeting.id;
    int r = hop_db_number(ctx, &room_id, "SELECT room_id FROM meetings WHERE id = ?", "i", id);

    if (r == 0)
        r = hop_db_number(ctx, &removable, "SELECT draft OR template FROM meetings WHERE id = ?",
                          "i", id);
    if (r == 0 && removable == 0)
        r = -EPERM;
    if (r == 0)
        r = hop_db_run(ctx, "DELETE FROM meetings WHERE id = ?", "i", id);
    if (r > 0)
        r = hop_db_run(ctx, "DELETE FROM rooms WHERE id = ?", "i", room_id);
    job->error = r < 0 ? r : 0;
}

void hop_store_meeting_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx)
{
    struct meeting_job *j = meeting_job(remove_run, true, id, ctx);

    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
