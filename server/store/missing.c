/* See missing.h. */
#include "server/store/missing.h"

#include "server/store/invitee_rows.h"
#include "server/store/meeting_rows.h"

#include <errno.h>

struct missing_job {
    struct hop_job job;
    struct hop_store_viewer viewer;
    struct hop_store_missing all[HOP_MAX_SOON];
    size_t n;
    hop_store_missing_cb cb;
    void *ctx;
};

static void missing_done(struct hop_job *job)
{
    struct missing_job *j = (struct missing_job *)job;

    j->cb(j->ctx, job->error, j->all, j->n);
    for (size_t i = 0; i < j->n; i++)
        g_array_unref(j->all[i].invitees);
    g_free(j);
}

struct here {
    int64_t invite_id, user_id;
};

static int load_here(struct hop_db *db, int64_t meeting_id, GArray *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error,
                                      "SELECT invite_id, user_id FROM attendance WHERE left_at = 0"
                                      " AND room_id = (SELECT room_id FROM meetings WHERE id = ?)",
                                      "i", meeting_id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct here one = { sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1) };

        g_array_append_val(out, one);
    }
    hop_db_finish(stmt);
    return r;
}

/* By his link, or by his account. */
static bool is_here(const GArray *here, const struct hop_store_invitee *i)
{
    for (guint k = 0; k < here->len; k++) {
        const struct here *one = &g_array_index(here, struct here, k);

        if (one->invite_id == i->id ||
            (i->kind == HOP_INVITEE_USER && one->user_id != 0 && one->user_id == i->ref))
            return true;
    }
    return false;
}

static int find_one(struct hop_db *db, struct missing_job *j, struct hop_store_missing *m)
{
    g_autoptr(GArray) here = g_array_new(FALSE, FALSE, sizeof(struct here));
    enum hop_meeting_right right = HOP_MEETING_HIDDEN;
    int r = hop_meeting_right_of(db, &j->viewer, m->meeting_id, &right);

    m->known = right == HOP_MEETING_CHANGE;
    if (r != 0 || !m->known)
        return r == -ENOENT ? 0 : r;
    r = load_here(db, m->meeting_id, here);
    if (r == 0)
        r = hop_invitee_rows_load(db, m->meeting_id, m->invitees);
    for (guint i = m->invitees->len; r == 0 && i > 0; i--) {
        const struct hop_store_invitee *one =
            &g_array_index(m->invitees, struct hop_store_invitee, i - 1);

        if (one->kind == HOP_INVITEE_GROUP || one->kind == HOP_INVITEE_UNIT || is_here(here, one))
            g_array_remove_index(m->invitees, i - 1);
    }
    return r;
}

static void missing_run(struct hop_job *job, void *ctx)
{
    struct missing_job *j = (struct missing_job *)job;

    for (size_t i = 0; i < j->n && job->error == 0; i++)
        job->error = find_one(ctx, j, &j->all[i]);
}

void hop_store_missing_find(struct hop_store *store, const int64_t *meetings, size_t n,
                            const struct hop_store_viewer *viewer, hop_store_missing_cb cb,
                            void *ctx)
{
    struct missing_job *j = g_new0(struct missing_job, 1);

    j->job = (struct hop_job){ .run = missing_run, .done = missing_done };
    j->viewer = *viewer;
    j->n = MIN(n, (size_t)HOP_MAX_SOON);
    for (size_t i = 0; i < j->n; i++) {
        j->all[i].meeting_id = meetings[i];
        j->all[i].invitees = hop_store_invitees_new();
    }
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
