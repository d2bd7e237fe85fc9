/* Storing a meeting as a whole; see meetings.h. */
#include "server/store/fold.h"
#include "server/store/invitee_rows.h"
#include "server/store/meeting_rows.h"
#include "server/store/outbox.h"

#include <errno.h>

struct save_job {
    struct hop_job job;
    struct hop_store_meeting meeting;
    struct hop_store_minter minter;
    struct hop_store_viewer viewer;
    bool viewed;
    GArray *occurrences; /* NULL: leave them */
    int64_t now_us;
    bool reopen;
    char member[HOP_MEMBER_TEXT];
    hop_store_saved_cb cb;
    void *ctx;
};

static void save_done(struct hop_job *job)
{
    struct save_job *j = (struct save_job *)job;

    j->cb(j->ctx, job->error, j->member, &j->meeting);
    hop_store_meeting_clear(&j->meeting);
    if (j->occurrences != NULL)
        g_array_unref(j->occurrences);
    g_free(j);
}

static int fault(struct save_job *j, int error, const char *member)
{
    if (error == -ENOENT || error == -EPERM)
        g_strlcpy(j->member, member, sizeof(j->member));
    return error;
}

/* ---- what it refers to ----------------------------------------------------------------------- */

static int check_person(struct save_job *j, struct hop_db *db, const struct hop_store_person *who,
                        const char *member)
{
    int64_t one;

    if (who->id == 0)
        return 0;
    return fault(j, hop_db_number(db, &one, "SELECT 1 FROM users WHERE id = ?", "i", who->id),
                 member);
}

/* Nobody gives a meeting to a unit that is not his; whose it is already it may stay. */
static int check_unit(struct save_job *j, struct hop_db *db)
{
    const struct hop_store_viewer *v = &j->viewer;
    int64_t unit = (v->roles & HOP_ACCOUNT_SECRETARY) != 0 ? v->unit_id : 0, one;
    int r;

    if (!j->viewed || (v->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0 || j->meeting.unit_id == 0)
        return 0;
    r = hop_db_number(db, &one,
                      "WITH RECURSIVE own(id) AS (SELECT ?1 UNION"
                      "  SELECT t.id FROM units t JOIN own b ON t.parent_id = b.id)"
                      " SELECT 1 WHERE ?2 IN own"
                      " OR ?2 = (SELECT unit_id FROM meetings WHERE id = ?3)",
                      "iii", unit, j->meeting.unit_id, j->meeting.id);
    return fault(j, r == -ENOENT ? -EPERM : r, "unit");
}

static int check_refs(struct save_job *j, struct hop_db *db)
{
    const struct hop_store_meeting *m = &j->meeting;
    int64_t one;
    int r = check_person(j, db, &m->organizer, "organizer");

    if (r == 0)
        r = check_person(j, db, &m->chair, "chair");
    if (r == 0)
        r = check_person(j, db, &m->secretary, "secretary");
    if (r == 0 && m->unit_id != 0)
        r = fault(j, hop_db_number(db, &one, "SELECT 1 FROM units WHERE id = ?", "i", m->unit_id),
                  "unit");
    return r == 0 ? check_unit(j, db) : r;
}

/* ---- the meeting's row ----------------------------------------------------------------------- */

static int insert_meeting(struct save_job *j, struct hop_db *db)
{
    struct hop_store_meeting *m = &j->meeting;
    int r = hop_db_run(db, "INSERT INTO rooms (code, title, created_at) VALUES (?, ?, ?)", "tti",
                       m->code, m->title, j->now_us);

    if (r >= 0) {
        m->room_id = sqlite3_last_insert_rowid(db->sql);
        r = hop_db_run(db,
                       "INSERT INTO meetings (room_id, uid, title, starts_at, ends_at, time_zone,"
                       " version, created_by, created_at, changed_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
                       "ittiitiii", m->room_id, m->uid, m->title, m->starts_us, m->ends_us,
                       m->time_zone, m->organizer.id, j->now_us, j->now_us);
    }
    if (r >= 0)
        m->id = sqlite3_last_insert_rowid(db->sql);
    return r < 0 ? r : 0;
}

static int check_version(struct save_job *j, struct hop_db *db)
{
    int64_t version = 0;
    int r = hop_db_number(db, &version, "SELECT version FROM meetings WHERE id = ?", "i",
                          j->meeting.id);

    return r == 0 && version != j->meeting.version ? -ESTALE : r;
}

static int update_meeting(struct save_job *j, struct hop_db *db)
{
    const struct hop_store_meeting *m = &j->meeting;
    const struct hop_store_settings *s = &m->settings;
    g_autofree char *text =
        g_strjoin(" ", m->title, m->place, m->code, m->organizer.name, m->chair.name, NULL);
    g_autofree char *search = hop_fold(text);

    return hop_db_run(
        db,
        "UPDATE meetings SET version = version + 1, sequence = ?, title = ?, description = ?,"
        " place = ?, draft = ?, template = ?, cancelled = ?, starts_at = ?, ends_at = ?,"
        " time_zone = ?, all_day = ?, rrule = ?, organizer_id = nullif(?, 0),"
        " chair_id = nullif(?, 0), secretary_id = nullif(?, 0), unit_id = nullif(?, 0), muted = ?,"
        " camera_off = ?, lobby = ?, opens_by_itself = ?, share = ?, unmute = ?, recording = ?,"
        " password_hash = ?, sent_at = ?, changed_at = ?, search = ? WHERE id = ?",
        "itttiiiiititiiiiiiiiiiibiiti", m->sequence, m->title,
        m->description != NULL ? m->description : "", m->place, (int64_t)m->draft,
        (int64_t)m->template, (int64_t)m->cancelled, m->starts_us, m->ends_us, m->time_zone,
        (int64_t)m->all_day, m->rrule, m->organizer.id, m->chair.id, m->secretary.id, m->unit_id,
        (int64_t)s->muted, (int64_t)s->camera_off, (int64_t)s->lobby, (int64_t)s->opens_by_itself,
        (int64_t)s->share, (int64_t)s->unmute, (int64_t)s->recording,
        s->password ? s->password_hash : NULL, HOP_HASH, m->sent_us, j->now_us, search, m->id);
}

static int update_room(struct save_job *j, struct hop_db *db)
{
    return hop_db_run(db,
                      "UPDATE rooms SET title = ?, ended_at = CASE WHEN ? THEN 0 ELSE ended_at END"
                      " WHERE id = (SELECT room_id FROM meetings WHERE id = ?)",
                      "tii", j->meeting.title, (int64_t)j->reopen, j->meeting.id);
}

/* ---- what belongs to it ---------------------------------------------------------------------- */

static int save_occurrences(struct save_job *j, struct hop_db *db)
{
    int r = hop_db_run(db, "DELETE FROM occurrences WHERE meeting_id = ?", "i", j->meeting.id);

    for (guint i = 0; r >= 0 && i < j->occurrences->len; i++) {
        const struct hop_store_occurrence *o =
            &g_array_index(j->occurrences, struct hop_store_occurrence, i);

        r = hop_db_run(db, "INSERT INTO occurrences VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "iiiiiittt", j->meeting.id, o->stamp, o->starts_us, o->ends_us,
                       (int64_t)o->cancelled, (int64_t)o->changed, o->title, o->description,
                       o->place);
    }
    return r;
}

static int save_resources(struct save_job *j, struct hop_db *db)
{
    const GArray *resources = j->meeting.resources;
    int r =
        hop_db_run(db, "DELETE FROM meeting_resources WHERE meeting_id = ?", "i", j->meeting.id);

    for (guint i = 0; r >= 0 && i < resources->len; i++) {
        g_autofree char *member = g_strdup_printf("resources[%u]", i);

        r = fault(j,
                  hop_db_run(db, "INSERT OR IGNORE INTO meeting_resources VALUES (?, ?)", "ii",
                             g_array_index(resources, int64_t, i), j->meeting.id),
                  member);
    }
    return r;
}

static int save_parts(struct save_job *j, struct hop_db *db)
{
    const struct hop_store_meeting *m = &j->meeting;
    int r = 0;

    if (j->occurrences != NULL)
        r = save_occurrences(j, db);
    if (r >= 0 && m->resources != NULL)
        r = save_resources(j, db);
    if (r >= 0 && m->invitees != NULL)
        r = hop_invitee_rows_save(db, m->id, m->invitees, &j->minter, j->member);
    return r < 0 ? r : hop_people_rows_save(db, m->id);
}

static void save_run(struct hop_job *job, void *ctx)
{
    struct save_job *j = (struct save_job *)job;
    enum hop_meeting_right right = j->meeting.right;
    int r = check_refs(j, ctx);

    if (r == 0)
        r = j->meeting.id != 0 ? check_version(j, ctx) : insert_meeting(j, ctx);
    if (r == 0)
        r = update_meeting(j, ctx);
    if (r >= 0)
        r = update_room(j, ctx);
    if (r >= 0)
        r = save_parts(j, ctx);
    if (r >= 0)
        r = hop_outbox_sync(ctx, j->meeting.id, j->now_us);
    job->error =
        r < 0 ? r
              : hop_meeting_load(ctx, j->meeting.id, j->viewed ? &j->viewer : NULL, &j->meeting);
    j->meeting.right = right;
}

void hop_store_meeting_save(struct hop_store *store, const struct hop_store_save *save,
                            hop_store_saved_cb cb, void *ctx)
{
    struct save_job *j = g_new0(struct save_job, 1);

    j->job = (struct hop_job){ .run = save_run, .done = save_done, .writes = true };
    hop_store_meeting_copy(save->meeting, &j->meeting);
    if (save->occurrences != NULL)
        j->occurrences = hop_store_occurrences_copy(save->occurrences);
    j->minter = save->minter;
    j->viewed = save->viewer != NULL;
    if (save->viewer != NULL)
        j->viewer = *save->viewer;
    j->now_us = save->now_us;
    j->reopen = save->reopen;
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
