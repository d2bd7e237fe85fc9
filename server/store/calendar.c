/* The list of meetings by time; see calendar.h. freebusy and conflicts are busy.c.
 *
 * What may be seen and is searched for is one set of meetings (`scope`), which SQLite fills once,
 * and only when it is needed; the times then come in order from their index.
 */
#include "server/store/calendar.h"

#include "server/store/calendar_rows.h"
#include "server/store/fold.h"
#include "server/store/meeting_rows.h"

#include <errno.h>

/* ?1 from, ?2 to, ?3 the present, ?4 opens early, ?5 closes late, ?6 who asks, ?7 he may see all,
 * ?8 the unit whose meetings he may see (0: none), ?9 pattern, ?10 only those he is part of, ?11 a
 * unit, ?12 a person, ?13 a resource, ?14 templates, ?15 states, ?16 limit, ?17 offset, ?18 whether
 * the scope is needed at all. */
static const char select_list[] =
    "WITH RECURSIVE"
    " own(id) AS (SELECT ?8 WHERE ?8 <> 0 UNION"
    "  SELECT t.id FROM units t JOIN own b ON t.parent_id = b.id),"
    " asked(id) AS (SELECT ?11 WHERE ?11 <> 0 UNION"
    "  SELECT t.id FROM units t JOIN asked b ON t.parent_id = b.id),"
    " scope(id) AS (SELECT x.id FROM meetings x WHERE"
    "  (?9 IS NULL OR x.search LIKE ?9 ESCAPE '\\')"
    "  AND (?11 = 0 OR x.unit_id IN asked)"
    "  AND (?12 = 0 OR x.id IN (SELECT meeting_id FROM meeting_people WHERE user_id = ?12))"
    "  AND (?13 = 0 OR x.id IN (SELECT meeting_id FROM meeting_resources WHERE resource_id = ?13))"
    "  AND (?10 = 0 OR x.id IN (SELECT meeting_id FROM meeting_people WHERE user_id = ?6))"
    "  AND (?7 <> 0 OR x.unit_id IN own OR x.organizer_id = ?6 OR x.secretary_id = ?6"
    "   OR (x.draft = 0 AND x.template = 0"
    "    AND x.id IN (SELECT meeting_id FROM meeting_people WHERE user_id = ?6)))),"
    " listed AS (SELECT " HOP_MEETING_COLUMNS ","
    "  o.stamp, o.starts_at AS o_starts, o.ends_at AS o_ends, o.cancelled AS o_cancelled,"
    "  o.changed, o.title AS o_title, NULL AS o_description, o.place AS o_place,"
    "  CASE WHEN m.draft THEN 0 WHEN m.cancelled OR o.cancelled THEN 4"
    "   WHEN r.ended_at > o.starts_at - ?4 OR o.ends_at + ?5 <= ?3 THEN 3"
    "   WHEN o.starts_at - ?4 <= ?3 THEN 2 ELSE 1 END AS state"
    "  FROM occurrences o JOIN meetings m ON m.id = o.meeting_id JOIN rooms r ON r.id = m.room_id"
    "  WHERE o.starts_at < ?2 AND o.starts_at > ?1 - " HOP_MAX_MEETING_SQL " AND o.ends_at > ?1"
    "  AND m.template = ?14 AND (?18 = 0 OR o.meeting_id IN scope)"
    "  AND (?14 = 0 OR o.stamp = m.starts_at))"
    " SELECT * FROM listed WHERE ?15 = 0 OR (?15 >> state) & 1"
    " ORDER BY o_starts, id LIMIT ?16 OFFSET ?17";

struct list_job {
    struct hop_job job;
    struct hop_store_list_query query;
    char *pattern;
    GArray *list;
    bool more;
    hop_store_list_cb cb;
    void *ctx;
};

static void list_done(struct hop_job *job)
{
    struct list_job *j = (struct list_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_store_listed *)(const void *)j->list->data,
          j->list->len, j->more);
    g_array_unref(j->list);
    g_free(j->pattern);
    g_free(j);
}

static void read_listed(sqlite3_stmt *stmt, struct hop_store_listed *out)
{
    struct hop_store_occurrence o;
    struct hop_store_meeting *m = &out->meeting;

    hop_meeting_row_read(stmt, m);
    hop_occurrence_read(stmt, HOP_MEETING_COLUMN_END, &o);
    m->starts_us = o.starts_us;
    m->ends_us = o.ends_us;
    if (o.title != NULL)
        g_strlcpy(m->title, o.title, sizeof(m->title));
    if (o.place != NULL)
        g_strlcpy(m->place, o.place, sizeof(m->place));
    out->stamp = m->rrule[0] != '\0' ? o.stamp : 0;
    out->state = (enum hop_occurrence_state)sqlite3_column_int(stmt, HOP_MEETING_COLUMN_END + 8);
    hop_store_occurrence_clear(&o);
}

/* A page is small: each one's conflict is a question of its own. */
static int find_conflicts(struct hop_db *db, GArray *list)
{
    int r = 0;

    for (guint i = 0; r >= 0 && i < list->len; i++) {
        struct hop_store_listed *one = &g_array_index(list, struct hop_store_listed, i);

        if (one->state == HOP_OCCURRENCE_ENDED || one->state == HOP_OCCURRENCE_CANCELLED ||
            one->meeting.template)
            continue;
        r = hop_conflict_exists(db, one->meeting.id, one->meeting.starts_us, one->meeting.ends_us);
        one->conflict = r == 1;
    }
    return r < 0 ? r : 0;
}

static sqlite3_stmt *list_query(struct hop_db *db, struct list_job *j)
{
    const struct hop_store_list_query *q = &j->query;
    bool all = (q->viewer.roles & HOP_ACCOUNT_ADMINISTRATOR) != 0;
    bool secretary = (q->viewer.roles & HOP_ACCOUNT_SECRETARY) != 0;
    bool scope = !all || j->pattern != NULL || q->mine || q->unit_id != 0 || q->user_id != 0 ||
                 q->resource_id != 0;

    return hop_db_query(db, &j->job.error, select_list, "iiiiiiiitiiiiiiiii", q->from_us,
                        q->to_us != 0 ? q->to_us : INT64_MAX, q->viewer.present.now_us,
                        q->viewer.present.early_us, q->viewer.present.late_us, q->viewer.user_id,
                        (int64_t)all, secretary ? q->viewer.unit_id : 0, j->pattern,
                        (int64_t)q->mine, q->unit_id, q->user_id, q->resource_id,
                        (int64_t)q->templates, (int64_t)q->states, (int64_t)q->limit + 1,
                        (int64_t)q->offset, (int64_t)scope);
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct list_job *j = (struct list_job *)job;
    sqlite3_stmt *stmt = list_query(ctx, j);
    int r;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_listed one = { 0 };

        if (j->list->len == j->query.limit) {
            j->more = true;
            continue;
        }
        read_listed(stmt, &one);
        g_array_append_val(j->list, one);
    }
    hop_db_finish(stmt);
    job->error = r < 0 ? r : find_conflicts(ctx, j->list);
}

void hop_store_calendar_list(struct hop_store *store, const struct hop_store_list_query *query,
                             hop_store_list_cb cb, void *ctx)
{
    struct list_job *j = g_new0(struct list_job, 1);

    j->job = (struct hop_job){ .run = list_run, .done = list_done };
    j->query = *query;
    j->query.limit = MIN(query->limit, (size_t)HOP_MAX_LIST);
    j->query.search = NULL;
    if (query->search != NULL && query->search[0] != '\0')
        j->pattern = hop_fold_pattern(query->search);
    j->list = g_array_new(FALSE, FALSE, sizeof(struct hop_store_listed));
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
