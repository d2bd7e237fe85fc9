/* See feeds.h. */
#include "server/store/feeds.h"

#include "server/store/meeting_rows.h"

#include <errno.h>
#include <string.h>

enum { MAX_MEETINGS = 1000 };

struct feed_job {
    struct hop_job job;
    struct hop_store_feed feed;
    int64_t from_us;
    GPtrArray *meetings;
    hop_store_feed_cb cb;
    hop_store_done_cb done_cb;
    hop_store_feed_read_cb read_cb;
    void *ctx;
};

static void free_meeting(gpointer data)
{
    hop_store_meeting_clear(data);
    g_free(data);
}

static void feed_done(struct hop_job *job)
{
    struct feed_job *j = (struct feed_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->feed);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    if (j->read_cb != NULL)
        j->read_cb(j->ctx, job->error, &j->feed, j->meetings);
    if (j->meetings != NULL)
        g_ptr_array_unref(j->meetings);
    g_free(j);
}

static struct feed_job *feed_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct feed_job *j = g_new0(struct feed_job, 1);

    j->job = (struct hop_job){ .run = run, .done = feed_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

/* Takes one row of COLUMNS. -ENOENT: there is none. */
static int take(struct hop_db *db, sqlite3_stmt *stmt, struct hop_store_feed *feed)
{
    int r = hop_db_step(db, stmt);

    if (r == 1) {
        feed->kind = (enum hop_feed_kind)sqlite3_column_int(stmt, 0);
        feed->ref = sqlite3_column_int64(stmt, 1);
        if (sqlite3_column_bytes(stmt, 2) == HOP_INVITE_NONCE)
            memcpy(feed->nonce, sqlite3_column_blob(stmt, 2), HOP_INVITE_NONCE);
        feed->created_us = sqlite3_column_int64(stmt, 3);
        hop_db_text(stmt, 4, feed->name, sizeof(feed->name));
    }
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

#define COLUMNS                                                                                    \
    "SELECT f.kind, f.ref, f.nonce, f.created_at, CASE f.kind WHEN 0 THEN u.name ELSE r.name END"  \
    " FROM feeds f LEFT JOIN users u ON f.kind = 0 AND u.id = f.ref AND NOT u.disabled"            \
    " LEFT JOIN resources r ON f.kind = 1 AND r.id = f.ref WHERE coalesce(u.id, r.id) IS NOT "     \
    "NULL "

static void get_run(struct hop_job *job, void *db)
{
    struct feed_job *j = (struct feed_job *)job;
    sqlite3_stmt *stmt = hop_db_query(db, &job->error, COLUMNS "AND f.kind = ? AND f.ref = ?", "ii",
                                      (int64_t)j->feed.kind, j->feed.ref);

    if (stmt != NULL)
        job->error = take(db, stmt, &j->feed);
}

void hop_store_feed_get(struct hop_store *store, enum hop_feed_kind kind, int64_t ref,
                        hop_store_feed_cb cb, void *ctx)
{
    struct feed_job *j = feed_job(get_run, false, ctx);

    j->cb = cb;
    j->feed.kind = kind;
    j->feed.ref = ref;
    hop_store_post(store, &j->job);
}

static void save_run(struct hop_job *job, void *db)
{
    struct feed_job *j = (struct feed_job *)job;
    const struct hop_store_feed *f = &j->feed;
    int r = hop_db_run(db,
                       "INSERT OR REPLACE INTO feeds (kind, ref, nonce, hash, created_at)"
                       " SELECT ?1, ?2, ?3, ?4, ?5 WHERE CASE ?1 WHEN 0 THEN EXISTS (SELECT 1 FROM"
                       " users WHERE id = ?2) ELSE EXISTS (SELECT 1 FROM resources WHERE id = ?2)"
                       " END",
                       "iibbi", (int64_t)f->kind, f->ref, f->nonce, HOP_INVITE_NONCE, f->hash,
                       HOP_HASH, f->created_us);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_feed_save(struct hop_store *store, const struct hop_store_feed *feed,
                         hop_store_feed_cb cb, void *ctx)
{
    struct feed_job *j = feed_job(save_run, true, ctx);

    j->cb = cb;
    j->feed = *feed;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *db)
{
    struct feed_job *j = (struct feed_job *)job;
    int r = hop_db_run(db, "DELETE FROM feeds WHERE kind = ? AND ref = ?", "ii",
                       (int64_t)j->feed.kind, j->feed.ref);

    job->error = r < 0 ? r : 0;
}

void hop_store_feed_remove(struct hop_store *store, enum hop_feed_kind kind, int64_t ref,
                           hop_store_done_cb cb, void *ctx)
{
    struct feed_job *j = feed_job(remove_run, true, ctx);

    j->done_cb = cb;
    j->feed.kind = kind;
    j->feed.ref = ref;
    hop_store_post(store, &j->job);
}

/* ---- reading --------------------------------------------------------------------------------- */

static GArray *find_meetings(struct hop_db *db, struct feed_job *j, int *error)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    sqlite3_stmt *stmt =
        hop_db_query(db, error,
                     "SELECT m.id FROM meetings m WHERE NOT m.draft AND NOT m.template AND"
                     " CASE ?1 WHEN 0 THEN m.id IN (SELECT meeting_id FROM meeting_people WHERE"
                     " user_id = ?2) ELSE m.id IN (SELECT meeting_id FROM meeting_resources WHERE"
                     " resource_id = ?2) END AND EXISTS (SELECT 1 FROM occurrences o WHERE"
                     " o.meeting_id = m.id AND o.ends_at > ?3) ORDER BY m.starts_at LIMIT ?4",
                     "iiii", (int64_t)j->feed.kind, j->feed.ref, j->from_us, (int64_t)MAX_MEETINGS);
    int r = 0;

    while (stmt != NULL && (r = hop_db_step(db, stmt)) == 1) {
        int64_t id = sqlite3_column_int64(stmt, 0);

        g_array_append_val(ids, id);
    }
    hop_db_finish(stmt);
    if (r < 0)
        *error = r;
    return ids;
}

static int read_meetings(struct hop_db *db, struct feed_job *j)
{
    int error = 0;
    GArray *ids = find_meetings(db, j, &error);

    for (guint i = 0; i < ids->len && error == 0; i++) {
        struct hop_store_meeting *meeting = g_new0(struct hop_store_meeting, 1);

        g_ptr_array_add(j->meetings, meeting);
        error = hop_meeting_load(db, g_array_index(ids, int64_t, i), NULL, meeting);
    }
    g_array_unref(ids);
    return error;
}

static void read_run(struct hop_job *job, void *db)
{
    struct feed_job *j = (struct feed_job *)job;
    sqlite3_stmt *stmt =
        hop_db_query(db, &job->error, COLUMNS "AND f.hash = ?", "b", j->feed.hash, HOP_HASH);

    if (stmt == NULL)
        return;
    job->error = take(db, stmt, &j->feed);
    if (job->error == 0)
        job->error = read_meetings(db, j);
}

void hop_store_feed_read(struct hop_store *store, const uint8_t hash[HOP_HASH], int64_t from_us,
                         hop_store_feed_read_cb cb, void *ctx)
{
    struct feed_job *j = feed_job(read_run, false, ctx);

    j->read_cb = cb;
    j->from_us = from_us;
    j->meetings = g_ptr_array_new_with_free_func(free_meeting);
    memcpy(j->feed.hash, hash, HOP_HASH);
    hop_store_post(store, &j->job);
}
