/* Who is busy when, and what collides; see calendar.h.
 *
 * All questions go from the time to the people: the index of starts gives the few occurrences that
 * can overlap, whether somebody is in them is one more look-up. Meetings longer than a day are few
 * and have an index of their own, so that a question about one hour need not look a month back.
 */
#include "server/store/calendar.h"
#include "server/store/calendar_rows.h"

#include <errno.h>

#define DAY_SQL "86400000000"

/* The occurrences that overlap [?1, ?2) and make somebody busy. */
#define OVERLAPPING                                                                                \
    "overlapping(meeting_id, starts_at, ends_at) AS ("                                             \
    " SELECT o.meeting_id, o.starts_at, o.ends_at FROM occurrences o"                              \
    "  WHERE o.starts_at < ?2 AND o.starts_at > ?1 - " DAY_SQL " AND o.ends_at > ?1"               \
    "  AND o.cancelled = 0"                                                                        \
    " UNION SELECT o.meeting_id, o.starts_at, o.ends_at FROM occurrences o"                        \
    "  WHERE o.ends_at - o.starts_at > " DAY_SQL " AND o.starts_at < ?2"                           \
    "  AND o.starts_at > ?1 - " HOP_MAX_MEETING_SQL " AND o.ends_at > ?1 AND o.cancelled = 0)"
#define PLANNED "m.draft = 0 AND m.template = 0 AND m.cancelled = 0"

int hop_conflict_exists(struct hop_db *db, int64_t meeting_id, int64_t starts_us, int64_t ends_us)
{
    int64_t one;
    int r = hop_db_number(
        db, &one,
        "WITH " OVERLAPPING " SELECT 1 FROM overlapping o JOIN meetings m ON m.id = o.meeting_id"
        " WHERE o.meeting_id <> ?3 AND " PLANNED
        " AND (EXISTS (SELECT 1 FROM meeting_people a JOIN meeting_people b"
        "   ON b.user_id = a.user_id AND b.meeting_id = o.meeting_id AND b.busy = 1"
        "   WHERE a.meeting_id = ?3 AND a.busy = 1)"
        "  OR EXISTS (SELECT 1 FROM meeting_resources a JOIN meeting_resources b"
        "   ON b.resource_id = a.resource_id AND b.meeting_id = o.meeting_id"
        "   WHERE a.meeting_id = ?3)) LIMIT 1",
        "iii", starts_us, ends_us, meeting_id);

    return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

static char *id_list(const int64_t *ids, size_t n)
{
    GString *out = g_string_new("[");

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, i > 0 ? ",%" G_GINT64_FORMAT : "%" G_GINT64_FORMAT, ids[i]);
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

/* ---- free and busy --------------------------------------------------------------------------- */

struct freebusy_job {
    struct hop_job job;
    char *users, *resources; /* JSON arrays of ids */
    int64_t from_us, to_us;
    GArray *busy, *spans; /* hop_store_busy, whose spans point into `spans` when all is read */
    hop_store_busy_cb cb;
    void *ctx;
};

static void freebusy_done(struct hop_job *job)
{
    struct freebusy_job *j = (struct freebusy_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_store_busy *)(const void *)j->busy->data,
          j->busy->len);
    g_array_unref(j->busy);
    g_array_unref(j->spans);
    g_free(j->users);
    g_free(j->resources);
    g_free(j);
}

/* A row for each who exists, and one for each of his times (NULL: none). */
static const char busy_users[] =
    "WITH " OVERLAPPING ","
    " taken(id, starts_at, ends_at) AS (SELECT p.user_id, o.starts_at, o.ends_at FROM overlapping o"
    "  JOIN meetings m ON m.id = o.meeting_id JOIN meeting_people p ON p.meeting_id = o.meeting_id"
    "  WHERE p.busy = 1 AND p.user_id IN (SELECT value FROM json_each(?3)) AND " PLANNED ")"
    " SELECT w.id, t.starts_at, t.ends_at FROM users w LEFT JOIN taken t ON t.id = w.id"
    " WHERE w.id IN (SELECT value FROM json_each(?3)) ORDER BY w.id, t.starts_at, t.ends_at";
static const char busy_resources[] =
    "WITH " OVERLAPPING ","
    " taken(id, starts_at, ends_at) AS (SELECT p.resource_id, o.starts_at, o.ends_at"
    "  FROM overlapping o JOIN meetings m ON m.id = o.meeting_id"
    "  JOIN meeting_resources p ON p.meeting_id = o.meeting_id"
    "  WHERE p.resource_id IN (SELECT value FROM json_each(?3)) AND " PLANNED ")"
    " SELECT w.id, t.starts_at, t.ends_at FROM resources w LEFT JOIN taken t ON t.id = w.id"
    " WHERE w.id IN (SELECT value FROM json_each(?3)) ORDER BY w.id, t.starts_at, t.ends_at";

static void take_busy(struct freebusy_job *j, sqlite3_stmt *stmt, bool resource)
{
    struct hop_store_busy fresh = { .id = sqlite3_column_int64(stmt, 0), .resource = resource };
    struct hop_store_span span = { sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2) };
    struct hop_store_busy *last =
        j->busy->len > 0 ? &g_array_index(j->busy, struct hop_store_busy, j->busy->len - 1) : NULL;

    if (last == NULL || last->id != fresh.id || last->resource != resource) {
        g_array_append_val(j->busy, fresh);
        last = &g_array_index(j->busy, struct hop_store_busy, j->busy->len - 1);
    }
    if (sqlite3_column_type(stmt, 1) == SQLITE_NULL || last->n == HOP_MAX_SPANS)
        return;
    g_array_append_val(j->spans, span);
    last->n++;
}

static int read_busy(struct freebusy_job *j, struct hop_db *db, bool resource)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, resource ? busy_resources : busy_users, "iit",
                                      j->from_us, j->to_us, resource ? j->resources : j->users);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1)
        take_busy(j, stmt, resource);
    hop_db_finish(stmt);
    return r;
}

static void freebusy_run(struct hop_job *job, void *ctx)
{
    struct freebusy_job *j = (struct freebusy_job *)job;
    const struct hop_store_span *at;

    job->error = read_busy(j, ctx, false);
    if (job->error == 0)
        job->error = read_busy(j, ctx, true);
    at = (const struct hop_store_span *)(const void *)j->spans->data;
    for (guint i = 0; i < j->busy->len; i++) {
        struct hop_store_busy *one = &g_array_index(j->busy, struct hop_store_busy, i);

        one->spans = at;
        at += one->n;
    }
}

void hop_store_freebusy(struct hop_store *store, const int64_t *users, size_t n_users,
                        const int64_t *resources, size_t n_resources, int64_t from_us,
                        int64_t to_us, hop_store_busy_cb cb, void *ctx)
{
    struct freebusy_job *j = g_new0(struct freebusy_job, 1);

    j->job = (struct hop_job){ .run = freebusy_run, .done = freebusy_done };
    j->users = id_list(users, n_users);
    j->resources = id_list(resources, n_resources);
    j->from_us = from_us;
    j->to_us = to_us;
    j->busy = g_array_new(FALSE, FALSE, sizeof(struct hop_store_busy));
    j->spans = g_array_new(FALSE, FALSE, sizeof(struct hop_store_span));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

/* ---- conflicts ------------------------------------------------------------------------------- */

struct conflicts_job {
    struct hop_job job;
    struct hop_store_viewer viewer;
    struct hop_store_span *times;
    size_t n_times;
    char *users, *resources;
    int64_t except;
    GArray *conflicts;
    bool more;
    hop_store_conflicts_cb cb;
    void *ctx;
};

static void conflicts_done(struct hop_job *job)
{
    struct conflicts_job *j = (struct conflicts_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_store_conflict *)(const void *)j->conflicts->data,
          j->conflicts->len, j->more);
    g_array_unref(j->conflicts);
    g_free(j->times);
    g_free(j->users);
    g_free(j->resources);
    g_free(j);
}

/* ?3 people, ?4 resources, ?5 the meeting that does not count, ?6 who asks, ?7 he may see all, ?8
 * the unit whose meetings he may see. */
static const char select_conflicts[] =
    "WITH RECURSIVE " OVERLAPPING ","
    " own(id) AS (SELECT ?8 WHERE ?8 <> 0 UNION"
    "  SELECT t.id FROM units t JOIN own b ON t.parent_id = b.id)"
    " SELECT 0, p.user_id, (SELECT name FROM users WHERE id = p.user_id), m.id, m.title,"
    "  o.starts_at, o.ends_at, ?7 <> 0 OR m.unit_id IN own OR EXISTS (SELECT 1 FROM meeting_people"
    "   WHERE user_id = ?6 AND meeting_id = m.id)"
    "  FROM overlapping o JOIN meetings m ON m.id = o.meeting_id"
    "  JOIN meeting_people p ON p.meeting_id = o.meeting_id AND p.busy = 1"
    "  WHERE o.meeting_id <> ?5 AND " PLANNED " AND p.user_id IN (SELECT value FROM json_each(?3))"
    " UNION ALL SELECT 1, p.resource_id, (SELECT name FROM resources WHERE id = p.resource_id),"
    "  m.id, m.title, o.starts_at, o.ends_at, ?7 <> 0 OR m.unit_id IN own OR EXISTS (SELECT 1 FROM"
    "   meeting_people WHERE user_id = ?6 AND meeting_id = m.id)"
    "  FROM overlapping o JOIN meetings m ON m.id = o.meeting_id"
    "  JOIN meeting_resources p ON p.meeting_id = o.meeting_id"
    "  WHERE o.meeting_id <> ?5 AND " PLANNED
    "  AND p.resource_id IN (SELECT value FROM json_each(?4))"
    " ORDER BY 6, 1, 2";

static void take_conflict(struct conflicts_job *j, sqlite3_stmt *stmt)
{
    struct hop_store_conflict c = { .resource = sqlite3_column_int(stmt, 0) != 0,
                                    .id = sqlite3_column_int64(stmt, 1),
                                    .starts_us = sqlite3_column_int64(stmt, 5),
                                    .ends_us = sqlite3_column_int64(stmt, 6) };

    hop_db_text(stmt, 2, c.name, sizeof(c.name));
    if (sqlite3_column_int(stmt, 7) != 0) {
        c.meeting_id = sqlite3_column_int64(stmt, 3);
        hop_db_text(stmt, 4, c.title, sizeof(c.title));
    }
    if (j->conflicts->len < HOP_MAX_CONFLICTS)
        g_array_append_val(j->conflicts, c);
    else
        j->more = true;
}

static int read_conflicts(struct conflicts_job *j, struct hop_db *db, struct hop_store_span time)
{
    bool all = (j->viewer.roles & HOP_ACCOUNT_ADMINISTRATOR) != 0;
    bool secretary = (j->viewer.roles & HOP_ACCOUNT_SECRETARY) != 0;
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(
        db, &error, select_conflicts, "iittiiii", time.from_us, time.to_us, j->users, j->resources,
        j->except, j->viewer.user_id, (int64_t)all, secretary ? j->viewer.unit_id : 0);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1)
        take_conflict(j, stmt);
    hop_db_finish(stmt);
    return r;
}

static void conflicts_run(struct hop_job *job, void *ctx)
{
    struct conflicts_job *j = (struct conflicts_job *)job;

    for (size_t i = 0; job->error == 0 && !j->more && i < j->n_times; i++)
        job->error = read_conflicts(j, ctx, j->times[i]);
}

void hop_store_conflicts(struct hop_store *store, const struct hop_store_conflict_query *query,
                         hop_store_conflicts_cb cb, void *ctx)
{
    struct conflicts_job *j = g_new0(struct conflicts_job, 1);

    j->job = (struct hop_job){ .run = conflicts_run, .done = conflicts_done };
    j->viewer = query->viewer;
    j->n_times = MIN(query->n_times, (size_t)HOP_MAX_CONFLICT_TIMES);
    j->times = g_memdup2(query->times, j->n_times * sizeof(*j->times));
    j->users = id_list(query->users, query->n_users);
    j->resources = id_list(query->resources, query->n_resources);
    j->except = query->except;
    j->conflicts = g_array_new(FALSE, FALSE, sizeof(struct hop_store_conflict));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
