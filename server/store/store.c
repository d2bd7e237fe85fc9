/* See store.h. The store's thread owns the connection; the control thread only posts and collects.
 */
#include "server/store/store.h"

#include "server/store/migrations.h"

#include <errno.h>
#include <stdatomic.h>

enum { DEFAULT_QUEUE = 4096 };

struct hop_store {
    struct hop_store_config config;
    char *path;
    struct hop_db *db; /* store's thread; NULL: has to be reopened */
    struct hop_jobs *jobs;
    atomic_int last_error;
    atomic_ullong failed;
};

/* What says that the connection or the disk is at fault, and not the question. */
static bool is_storage_error(int error)
{
    return error == -ENOSPC || error == -EIO || error == -EROFS || error == -EACCES ||
           error == -EILSEQ || error == -EBUSY || error == -ENOMEM;
}

static int open_db(struct hop_store *store)
{
    int error = hop_db_open(store->path, &store->db);

    if (error != 0)
        return error;
    error = store->config.as_it_is ? hop_migrations_check(store->db)
                                   : hop_migrations_run(store->db, NULL);
    if (error != 0) {
        hop_db_close(store->db);
        store->db = NULL;
    }
    return error;
}

static void note_result(struct hop_store *store, struct hop_job *job)
{
    if (is_storage_error(job->error)) {
        atomic_fetch_add(&store->failed, 1);
        atomic_store(&store->last_error, job->error);
    } else if (job->writes) {
        atomic_store(&store->last_error, 0);
    }
}

static void fail_all(struct hop_job **jobs, size_t n, int error)
{
    for (size_t i = 0; i < n; i++)
        jobs[i]->error = error;
}

/* One write inside the batch's transaction. A job that fails for its own reason is undone alone. */
static void run_write(struct hop_db *db, struct hop_job *job)
{
    int error = hop_db_exec(db, "SAVEPOINT job");

    if (error != 0) {
        job->error = error;
        return;
    }
    job->run(job, db);
    if (sqlite3_get_autocommit(db->sql))
        return; /* SQLite has rolled the whole transaction back */
    if (job->error != 0)
        hop_db_exec(db, "ROLLBACK TO job");
    hop_db_exec(db, "RELEASE job");
}

static void run_writes(struct hop_db *db, struct hop_job **jobs, size_t n)
{
    int error = hop_db_exec(db, "BEGIN IMMEDIATE");

    for (size_t i = 0; error == 0 && i < n; i++) {
        run_write(db, jobs[i]);
        if (sqlite3_get_autocommit(db->sql))
            error = jobs[i]->error != 0 ? jobs[i]->error : -EIO;
    }
    if (error == 0)
        error = hop_db_exec(db, "COMMIT");
    if (error != 0) {
        if (!sqlite3_get_autocommit(db->sql))
            hop_db_exec(db, "ROLLBACK");
        fail_all(jobs, n, error);
    }
}

static size_t writes_in_a_row(struct hop_job **jobs, size_t n)
{
    size_t k = 0;

    while (k < n && jobs[k]->writes)
        k++;
    return k;
}

static void run_some(struct hop_store *store, struct hop_job **jobs, size_t n)
{
    size_t done = 0;

    while (done < n) {
        size_t writes = writes_in_a_row(jobs + done, n - done);

        if (writes > 0) {
            run_writes(store->db, jobs + done, writes);
            done += writes;
        } else {
            jobs[done]->run(jobs[done], store->db);
            done++;
        }
    }
}

static void batch(void *ctx, struct hop_job **jobs, size_t n)
{
    struct hop_store *store = ctx;
    int error = store->db == NULL ? open_db(store) : 0;
    bool reopen = false;

    if (error != 0)
        fail_all(jobs, n, error);
    else
        run_some(store, jobs, n);
    for (size_t i = 0; i < n; i++) {
        note_result(store, jobs[i]);
        reopen |= jobs[i]->error == -EIO || jobs[i]->error == -EACCES || jobs[i]->error == -EROFS;
    }
    if (reopen && store->db != NULL) {
        /* the file may be gone or remounted: a new connection finds out */
        hop_db_close(store->db);
        store->db = NULL;
    }
}

int hop_store_open(const struct hop_store_config *config, struct hop_store **out)
{
    struct hop_store *store = g_new0(struct hop_store, 1);
    struct hop_jobs_config jobs = { .name = "hop-store",
                                    .limit =
                                        config->queue_limit ? config->queue_limit : DEFAULT_QUEUE,
                                    .thread_ctx = store,
                                    .batch = batch,
                                    .wake = config->wake,
                                    .wake_ctx = config->wake_ctx };
    int error;

    store->config = *config;
    store->path = g_strdup(config->path);
    error = open_db(store);
    if (error == 0)
        error = hop_jobs_new(&jobs, &store->jobs);
    if (error != 0) {
        hop_db_close(store->db);
        g_free(store->path);
        g_free(store);
        return error;
    }
    *out = store;
    return 0;
}

void hop_store_close(struct hop_store *store)
{
    if (store == NULL)
        return;
    hop_jobs_free(store->jobs);
    hop_db_close(store->db);
    g_free(store->path);
    g_free(store);
}

void hop_store_collect(struct hop_store *store)
{
    hop_jobs_collect(store->jobs);
}

void hop_store_flush(struct hop_store *store)
{
    hop_jobs_flush(store->jobs);
}

void hop_store_post(struct hop_store *store, struct hop_job *job)
{
    hop_jobs_post(store->jobs, job);
}

void hop_store_health(struct hop_store *store, struct hop_store_health *out)
{
    out->error = atomic_load(&store->last_error);
    out->failed = atomic_load(&store->failed);
    hop_jobs_stats(store->jobs, &out->queue);
}

struct tweak {
    struct hop_job job;
    int pages;
};

static void tweak_done(struct hop_job *job)
{
    g_free(job);
}

static void probe_run(struct hop_job *job, void *db)
{
    int r = hop_db_run(db, "UPDATE schema_version SET applied_at = applied_at", "");

    job->error = r < 0 ? r : 0;
}

void hop_store_probe(struct hop_store *store)
{
    struct tweak *tweak = g_new0(struct tweak, 1);

    tweak->job = (struct hop_job){ .run = probe_run, .done = tweak_done, .writes = true };
    hop_store_post(store, &tweak->job);
}

static void limit_run(struct hop_job *job, void *ctx)
{
    struct hop_db *db = ctx;
    struct tweak *tweak = (struct tweak *)job;
    char sql[64] = "PRAGMA max_page_count=1073741823";
    sqlite3_stmt *stmt = NULL;

    if (tweak->pages >= 0 &&
        sqlite3_prepare_v2(db->sql, "PRAGMA page_count", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        g_snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld",
                   (long long)sqlite3_column_int64(stmt, 0) + tweak->pages);
    sqlite3_finalize(stmt);
    hop_db_exec(db, sql);
}

void hop_store_limit_pages(struct hop_store *store, int pages)
{
    struct tweak *tweak = g_new0(struct tweak, 1);

    tweak->job = (struct hop_job){ .run = limit_run, .done = tweak_done };
    tweak->pages = pages;
    hop_store_post(store, &tweak->job);
}
