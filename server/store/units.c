/* See units.h. */
#include "server/store/units.h"

#include <errno.h>
#include <string.h>

struct unit_job {
    struct hop_job job;
    struct hop_store_unit unit;
    GArray *units;
    hop_store_unit_cb cb;
    hop_store_units_cb list_cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void unit_done(struct hop_job *job)
{
    struct unit_job *j = (struct unit_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->unit);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error, (const struct hop_store_unit *)(const void *)j->units->data,
                   j->units->len);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    if (j->units != NULL)
        g_array_unref(j->units);
    g_free(j);
}

static struct unit_job *unit_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct unit_job *j = g_new0(struct unit_job, 1);

    j->job = (struct hop_job){ .run = run, .done = unit_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

/* The first column of the first row; -ENOENT: there is none. */
static int number(struct hop_db *db, int64_t *out, const char *sql, int64_t id)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, sql, "i", id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1)
        *out = sqlite3_column_int64(stmt, 0);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

/* How many units stand above that one, itself included; `id` must not be among them. */
static int depth_of(struct hop_db *db, int64_t parent_id, int64_t id)
{
    int depth = 0;

    while (parent_id != 0) {
        int error;

        if (parent_id == id || ++depth >= HOP_MAX_UNIT_DEPTH)
            return -ELOOP;
        error = number(db, &parent_id, "SELECT parent_id FROM units WHERE id = ?", parent_id);
        if (error != 0)
            return error;
    }
    return 0;
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct unit_job *j = (struct unit_job *)job;
    int r;
    sqlite3_stmt *stmt =
        hop_db_query(ctx, &job->error,
                     "SELECT id, parent_id, name, (SELECT count(*) FROM users WHERE unit_id ="
                     " units.id) FROM units ORDER BY name, id",
                     "");

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_unit unit = { .id = sqlite3_column_int64(stmt, 0),
                                       .parent_id = sqlite3_column_int64(stmt, 1),
                                       .users = (unsigned)sqlite3_column_int(stmt, 3) };

        hop_db_text(stmt, 2, unit.name, sizeof(unit.name));
        g_array_append_val(j->units, unit);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_unit_list(struct hop_store *store, hop_store_units_cb cb, void *ctx)
{
    struct unit_job *j = unit_job(list_run, false, ctx);

    j->units = g_array_new(FALSE, FALSE, sizeof(struct hop_store_unit));
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}

static void add_run(struct hop_job *job, void *ctx)
{
    struct unit_job *j = (struct unit_job *)job;
    struct hop_db *db = ctx;
    int64_t n = 0;
    int r = number(db, &n, "SELECT count(*) FROM units WHERE id <> ?", 0);

    if (r == 0 && n >= HOP_MAX_UNITS)
        r = -E2BIG;
    if (r == 0)
        r = depth_of(db, j->unit.parent_id, 0);
    if (r == 0)
        r = hop_db_run(db, "INSERT INTO units (parent_id, name) VALUES (nullif(?, 0), ?)", "it",
                       j->unit.parent_id, j->unit.name);
    job->error = r < 0 ? r : 0;
    j->unit.id = sqlite3_last_insert_rowid(db->sql);
}

void hop_store_unit_add(struct hop_store *store, const struct hop_store_unit *unit,
                        hop_store_unit_cb cb, void *ctx)
{
    struct unit_job *j = unit_job(add_run, true, ctx);

    j->unit = *unit;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void change_run(struct hop_job *job, void *ctx)
{
    struct unit_job *j = (struct unit_job *)job;
    int r = depth_of(ctx, j->unit.parent_id, j->unit.id);

    if (r == 0) {
        r = hop_db_run(ctx, "UPDATE units SET name = ?, parent_id = nullif(?, 0) WHERE id = ?",
                       "tii", j->unit.name, j->unit.parent_id, j->unit.id);
        r = r == 0 ? -ENOENT : r;
    }
    job->error = r < 0 ? r : 0;
}

void hop_store_unit_change(struct hop_store *store, const struct hop_store_unit *unit,
                           hop_store_unit_cb cb, void *ctx)
{
    struct unit_job *j = unit_job(change_run, true, ctx);

    j->unit = *unit;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *ctx)
{
    struct unit_job *j = (struct unit_job *)job;
    int64_t n = 0;
    int r = number(ctx, &n,
                   "SELECT (SELECT count(*) FROM units WHERE parent_id = ?1)"
                   " + (SELECT count(*) FROM users WHERE unit_id = ?1)",
                   j->unit.id);

    if (r == 0 && n > 0)
        r = -ENOTEMPTY;
    /* meetings and rooms that were its own go to the unit above */
    if (r == 0)
        r = hop_db_run(ctx,
                       "UPDATE meetings SET unit_id = (SELECT parent_id FROM units WHERE id = ?1)"
                       " WHERE unit_id = ?1",
                       "i", j->unit.id);
    if (r >= 0)
        r = hop_db_run(ctx,
                       "UPDATE resources SET unit_id = (SELECT parent_id FROM units WHERE id = ?1)"
                       " WHERE unit_id = ?1",
                       "i", j->unit.id);
    if (r >= 0) {
        r = hop_db_run(ctx, "DELETE FROM units WHERE id = ?", "i", j->unit.id);
        r = r == 0 ? -ENOENT : r;
    }
    job->error = r < 0 ? r : 0;
}

void hop_store_unit_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx)
{
    struct unit_job *j = unit_job(remove_run, true, ctx);

    j->unit.id = id;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
