/* Tests of lines before a meeting: see attendance.h. */
#include "server/store/attendance.h"

#include <errno.h>

struct add_job {
    struct hop_job job;
    struct hop_store_line_test test;
    hop_store_done_cb cb;
    void *ctx;
};

static void add_run(struct hop_job *job, void *ctx)
{
    const struct hop_store_line_test *t = &((struct add_job *)job)->test;
    int r = hop_db_run(ctx,
                       "INSERT INTO line_tests (meeting_id, invite_id, user_id, name, unit, at,"
                       " result) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "iiittit", t->meeting_id, t->invite_id, t->user_id, t->name, t->unit,
                       t->at_us, t->result);

    if (r >= 0) /* nobody fills the disk by testing */
        r = hop_db_run(ctx,
                       "DELETE FROM line_tests WHERE meeting_id = ? AND id NOT IN (SELECT id FROM"
                       " line_tests WHERE meeting_id = ? ORDER BY id DESC LIMIT ?)",
                       "iii", t->meeting_id, t->meeting_id, (int64_t)HOP_MAX_TESTS);
    job->error = r < 0 ? r : 0;
}

static void add_done(struct hop_job *job)
{
    struct add_job *j = (struct add_job *)job;

    j->cb(j->ctx, job->error);
    g_free(j->test.result);
    g_free(j);
}

void hop_store_line_test_add(struct hop_store *store, const struct hop_store_line_test *test,
                             hop_store_done_cb cb, void *ctx)
{
    struct add_job *j = g_new0(struct add_job, 1);

    j->job = (struct hop_job){ .run = add_run, .done = add_done, .writes = true };
    j->test = *test;
    j->test.result = g_strdup(test->result);
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}

struct list_job {
    struct hop_job job;
    int64_t meeting_id;
    struct hop_store_asker asker;
    GArray *tests;
    hop_store_line_tests_cb cb;
    void *ctx;
};

static void clear_test(void *test)
{
    g_free(((struct hop_store_line_test *)test)->result);
}

static void list_run(struct hop_job *job, void *ctx)
{
    struct list_job *j = (struct list_job *)job;
    int r = j->meeting_id == HOP_ALL_MEETINGS ? j->asker.administrator
                                              : hop_db_may_attend(ctx, j->meeting_id, &j->asker);
    sqlite3_stmt *stmt;

    job->error = r < 0 ? r : -ENOENT;
    if (r != 1)
        return;
    stmt =
        hop_db_query(ctx, &job->error,
                     "SELECT invite_id, user_id, name, unit, at, result, meeting_id FROM line_tests"
                     " WHERE meeting_id = ? OR ? = 0 ORDER BY id DESC LIMIT ?",
                     "iii", j->meeting_id, j->meeting_id, (int64_t)HOP_MAX_TESTS);

    if (stmt == NULL)
        return;
    while ((r = hop_db_step(ctx, stmt)) == 1) {
        struct hop_store_line_test t = { .meeting_id = sqlite3_column_int64(stmt, 6),
                                         .invite_id = sqlite3_column_int64(stmt, 0),
                                         .user_id = sqlite3_column_int64(stmt, 1),
                                         .at_us = sqlite3_column_int64(stmt, 4) };

        hop_db_text(stmt, 2, t.name, sizeof(t.name));
        hop_db_text(stmt, 3, t.unit, sizeof(t.unit));
        t.result = g_strdup((const char *)sqlite3_column_text(stmt, 5));
        g_array_append_val(j->tests, t);
    }
    job->error = r;
    hop_db_finish(stmt);
}

static void list_done(struct hop_job *job)
{
    struct list_job *j = (struct list_job *)job;

    j->cb(j->ctx, job->error, (const struct hop_store_line_test *)(const void *)j->tests->data,
          j->tests->len);
    g_array_unref(j->tests);
    g_free(j);
}

void hop_store_line_tests(struct hop_store *store, int64_t meeting_id,
                          const struct hop_store_asker *asker, hop_store_line_tests_cb cb,
                          void *ctx)
{
    struct list_job *j = g_new0(struct list_job, 1);

    j->job = (struct hop_job){ .run = list_run, .done = list_done };
    j->meeting_id = meeting_id;
    j->asker = *asker;
    j->tests = g_array_new(FALSE, FALSE, sizeof(struct hop_store_line_test));
    g_array_set_clear_func(j->tests, clear_test);
    j->cb = cb;
    j->ctx = ctx;
    hop_store_post(store, &j->job);
}
