/* See resources.h. */
#include "server/store/resources.h"

#include "server/store/fold.h"

#include <errno.h>
#include <string.h>

static const char *const kinds[] = { "room", "hall", "equipment" };

const char *hop_resource_kind_name(enum hop_resource_kind kind)
{
    return (size_t)kind < G_N_ELEMENTS(kinds) ? kinds[kind] : "room";
}

int hop_resource_kind_parse(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i], name) == 0)
            return (int)i;
    return -1;
}

struct resource_job {
    struct hop_job job;
    struct hop_store_resource resource;
    GArray *list;
    hop_store_resource_cb cb;
    hop_store_resources_cb list_cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void resource_done(struct hop_job *job)
{
    struct resource_job *j = (struct resource_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->resource);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error,
                   (const struct hop_store_resource *)(const void *)j->list->data, j->list->len);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    if (j->list != NULL)
        g_array_unref(j->list);
    g_free(j);
}

static struct resource_job *resource_job(void (*run)(struct hop_job *, void *), bool writes,
                                         void *ctx)
{
    struct resource_job *j = g_new0(struct resource_job, 1);

    j->job = (struct hop_job){ .run = run, .done = resource_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

#define COLUMNS "SELECT id, version, name, kind, seats, place, coalesce(unit_id, 0) FROM resources"

static void read_resource(sqlite3_stmt *stmt, struct hop_store_resource *r)
{
    r->id = sqlite3_column_int64(stmt, 0);
    r->version = sqlite3_column_int64(stmt, 1);
    hop_db_text(stmt, 2, r->name, sizeof(r->name));
    r->kind = (enum hop_resource_kind)sqlite3_column_int(stmt, 3);
    r->seats = (unsigned)sqlite3_column_int(stmt, 4);
    hop_db_text(stmt, 5, r->place, sizeof(r->place));
    r->unit_id = sqlite3_column_int64(stmt, 6);
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct resource_job *j = (struct resource_job *)job;
    sqlite3_stmt *stmt = hop_db_query(ctx, &job->error, COLUMNS " ORDER BY sort, id", "");
    int r;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_resource one = { 0 };

        read_resource(stmt, &one);
        g_array_append_val(j->list, one);
    }
    job->error = r;
    hop_db_finish(stmt);
}

void hop_store_resource_list(struct hop_store *store, hop_store_resources_cb cb, void *ctx)
{
    struct resource_job *j = resource_job(list_run, false, ctx);

    j->list = g_array_new(FALSE, FALSE, sizeof(struct hop_store_resource));
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}

static int load(struct hop_db *db, int64_t id, struct hop_store_resource *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, COLUMNS " WHERE id = ?", "i", id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1)
        read_resource(stmt, out);
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static void get_run(struct hop_job *job, void *ctx)
{
    struct resource_job *j = (struct resource_job *)job;

    job->error = load(ctx, j->resource.id, &j->resource);
}

void hop_store_resource_get(struct hop_store *store, int64_t id, hop_store_resource_cb cb,
                            void *ctx)
{
    struct resource_job *j = resource_job(get_run, false, ctx);

    j->resource.id = id;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static int add(struct hop_db *db, struct hop_store_resource *r, const char *sort)
{
    int64_t n = 0;
    int error = hop_db_number(db, &n, "SELECT count(*) FROM resources", "");

    if (error == 0 && n >= HOP_MAX_RESOURCES)
        error = -E2BIG;
    if (error == 0)
        error = hop_db_run(db,
                           "INSERT INTO resources (name, kind, seats, place, unit_id, sort)"
                           " VALUES (?, ?, ?, ?, nullif(?, 0), ?)",
                           "tiitit", r->name, (int64_t)r->kind, (int64_t)r->seats, r->place,
                           r->unit_id, sort);
    r->id = sqlite3_last_insert_rowid(db->sql);
    return error;
}

static int change(struct hop_db *db, const struct hop_store_resource *r, const char *sort)
{
    struct hop_store_resource before = { 0 };
    int error = load(db, r->id, &before);

    if (error == 0 && before.version != r->version)
        error = -ESTALE;
    if (error == 0)
        error = hop_db_run(db,
                           "UPDATE resources SET name = ?, kind = ?, seats = ?, place = ?,"
                           " unit_id = nullif(?, 0), sort = ?, version = version + 1 WHERE id = ?",
                           "tiititi", r->name, (int64_t)r->kind, (int64_t)r->seats, r->place,
                           r->unit_id, sort, r->id);
    return error;
}

static void save_run(struct hop_job *job, void *ctx)
{
    struct resource_job *j = (struct resource_job *)job;
    g_autofree char *sort = hop_fold(j->resource.name);
    int r = j->resource.id == 0 ? add(ctx, &j->resource, sort) : change(ctx, &j->resource, sort);

    job->error = r < 0 ? r : load(ctx, j->resource.id, &j->resource);
}

void hop_store_resource_save(struct hop_store *store, const struct hop_store_resource *resource,
                             hop_store_resource_cb cb, void *ctx)
{
    struct resource_job *j = resource_job(save_run, true, ctx);

    j->resource = *resource;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *ctx)
{
    struct resource_job *j = (struct resource_job *)job;
    int r = hop_db_run(ctx, "DELETE FROM resources WHERE id = ?", "i", j->resource.id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_resource_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx)
{
    struct resource_job *j = resource_job(remove_run, true, ctx);

    j->resource.id = id;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
