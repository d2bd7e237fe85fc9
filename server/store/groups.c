/* See groups.h. */
#include "server/store/groups.h"

#include "server/store/fold.h"

#include <errno.h>

struct group_job {
    struct hop_job job;
    struct hop_store_group group;
    GArray *list;
    hop_store_group_cb cb;
    hop_store_groups_cb list_cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

void hop_store_group_clear(struct hop_store_group *group)
{
    g_clear_pointer(&group->members, g_array_unref);
}

static void clear_group(gpointer group)
{
    hop_store_group_clear(group);
}

static void group_done(struct hop_job *job)
{
    struct group_job *j = (struct group_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, &j->group);
    if (j->list_cb != NULL)
        j->list_cb(j->ctx, job->error, (const struct hop_store_group *)(const void *)j->list->data,
                   j->list->len);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    if (j->list != NULL)
        g_array_unref(j->list);
    hop_store_group_clear(&j->group);
    g_free(j);
}

static struct group_job *group_job(void (*run)(struct hop_job *, void *), bool writes, void *ctx)
{
    struct group_job *j = g_new0(struct group_job, 1);

    j->job = (struct hop_job){ .run = run, .done = group_done, .writes = writes };
    j->ctx = ctx;
    return j;
}

static void read_group(sqlite3_stmt *stmt, struct hop_store_group *group)
{
    group->id = sqlite3_column_int64(stmt, 0);
    group->version = sqlite3_column_int64(stmt, 1);
    hop_db_text(stmt, 2, group->name, sizeof(group->name));
    group->members = g_array_new(FALSE, FALSE, sizeof(int64_t));
}

static int read_members(struct hop_db *db, struct hop_store_group *group)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error,
                                      "SELECT u.id FROM group_members g JOIN users u ON u.id ="
                                      " g.user_id WHERE g.group_id = ? ORDER BY u.sort, u.id",
                                      "i", group->id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        int64_t id = sqlite3_column_int64(stmt, 0);

        g_array_append_val(group->members, id);
    }
    hop_db_finish(stmt);
    return r;
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct group_job *j = (struct group_job *)job;
    sqlite3_stmt *stmt = hop_db_query(
        ctx, &job->error, "SELECT id, version, name FROM user_groups ORDER BY sort, id", "");
    int r;

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_group group = { 0 };

        read_group(stmt, &group);
        g_array_append_val(j->list, group);
    }
    hop_db_finish(stmt);
    for (guint i = 0; r == 0 && i < j->list->len; i++)
        r = read_members(ctx, &g_array_index(j->list, struct hop_store_group, i));
    job->error = r;
}

void hop_store_group_list(struct hop_store *store, hop_store_groups_cb cb, void *ctx)
{
    struct group_job *j = group_job(list_run, false, ctx);

    j->list = g_array_new(FALSE, FALSE, sizeof(struct hop_store_group));
    g_array_set_clear_func(j->list, clear_group);
    j->list_cb = cb;
    hop_store_post(store, &j->job);
}

static int load(struct hop_db *db, int64_t id, struct hop_store_group *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt =
        hop_db_query(db, &error, "SELECT id, version, name FROM user_groups WHERE id = ?", "i", id);

    if (stmt == NULL)
        return error;
    r = hop_db_step(db, stmt);
    if (r == 1) {
        hop_store_group_clear(out);
        read_group(stmt, out);
    }
    hop_db_finish(stmt);
    return r == 1 ? read_members(db, out) : r == 0 ? -ENOENT : r;
}

static void get_run(struct hop_job *job, void *ctx)
{
    struct group_job *j = (struct group_job *)job;

    job->error = load(ctx, j->group.id, &j->group);
}

void hop_store_group_get(struct hop_store *store, int64_t id, hop_store_group_cb cb, void *ctx)
{
    struct group_job *j = group_job(get_run, false, ctx);

    j->group.id = id;
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static int add(struct hop_db *db, struct hop_store_group *group, const char *sort)
{
    int64_t n = 0;
    int r = hop_db_number(db, &n, "SELECT count(*) FROM user_groups", "");

    if (r == 0 && n >= HOP_MAX_GROUPS)
        r = -E2BIG;
    if (r == 0)
        r = hop_db_run(db, "INSERT INTO user_groups (name, sort) VALUES (?, ?)", "tt", group->name,
                       sort);
    group->id = sqlite3_last_insert_rowid(db->sql);
    return r;
}

static int change(struct hop_db *db, const struct hop_store_group *group, const char *sort)
{
    int64_t version = 0;
    int r =
        hop_db_number(db, &version, "SELECT version FROM user_groups WHERE id = ?", "i", group->id);

    if (r == 0 && version != group->version)
        r = -ESTALE;
    if (r == 0)
        r = hop_db_run(db,
                       "UPDATE user_groups SET name = ?, sort = ?, version = version + 1"
                       " WHERE id = ?",
                       "tti", group->name, sort, group->id);
    if (r >= 0)
        r = hop_db_run(db, "DELETE FROM group_members WHERE group_id = ?", "i", group->id);
    return r;
}

static void save_run(struct hop_job *job, void *ctx)
{
    struct group_job *j = (struct group_job *)job;
    const GArray *members = j->group.members;
    g_autofree char *sort = hop_fold(j->group.name);
    int r = j->group.id == 0 ? add(ctx, &j->group, sort) : change(ctx, &j->group, sort);

    for (guint i = 0; r >= 0 && i < members->len; i++)
        r = hop_db_run(ctx, "INSERT OR IGNORE INTO group_members VALUES (?, ?)", "ii", j->group.id,
                       g_array_index(members, int64_t, i));
    job->error = r < 0 ? r : load(ctx, j->group.id, &j->group);
}

void hop_store_group_save(struct hop_store *store, const struct hop_store_group *group,
                          hop_store_group_cb cb, void *ctx)
{
    struct group_job *j = group_job(save_run, true, ctx);

    j->group = *group;
    j->group.members = g_array_copy(group->members);
    j->cb = cb;
    hop_store_post(store, &j->job);
}

static void remove_run(struct hop_job *job, void *ctx)
{
    struct group_job *j = (struct group_job *)job;
    int r = hop_db_run(ctx, "DELETE FROM user_groups WHERE id = ?", "i", j->group.id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_group_remove(struct hop_store *store, int64_t id, hop_store_done_cb cb, void *ctx)
{
    struct group_job *j = group_job(remove_run, true, ctx);

    j->group.id = id;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
