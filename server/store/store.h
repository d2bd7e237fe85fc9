/* The state that outlives the process, in one SQLite file: opening, the store's thread, and health.
 * What is kept is in the files beside this one (rooms, meetings, participants, chat, users, audit);
 * nothing outside of server/store sees SQL.
 *
 * All functions on the control thread. Each request is a job on the store's thread; its callback
 * comes back on the control thread, exactly once, at once with -EAGAIN when the queue is full.
 * Errors in callbacks: -ENOSPC (the disk is full; nothing was stored), -EIO, -EAGAIN, -ENOENT.
 * Writes that wait together share one transaction and one fsync.
 */
#pragma once

#include "server/store/db.h"
#include "server/store/jobs.h"

struct hop_store;

struct hop_store_config {
    const char *path;        /* of the database file */
    size_t queue_limit;      /* jobs; 0: 4096 */
    bool as_it_is;           /* never migrate: -EPROTO when it is not of this version */
    void (*wake)(void *ctx); /* any thread: call hop_store_collect() on the control thread */
    void *wake_ctx;
};

/* Opens, migrates, starts the thread. Errors as hop_db_open() and hop_migrations_run(). */
int hop_store_open(const struct hop_store_config *config, struct hop_store **out);
/* Finishes what is queued, then closes. NULL-safe. */
void hop_store_close(struct hop_store *store);

/* Answers what has run. */
void hop_store_collect(struct hop_store *store);
/* Waits until all that was asked has run, and answers it. */
void hop_store_flush(struct hop_store *store);

/* For the files of server/store: a job whose run() gets the hop_db. Set job->writes where the job
 * changes something. When a batch fails as a whole each of its jobs gets that error. */
void hop_store_post(struct hop_store *store, struct hop_job *job);

struct hop_store_health {
    int error;                   /* of the last write: 0 or a negative errno */
    struct hop_jobs_stats queue; /* for /metrics */
    unsigned long long failed;   /* jobs that ended with -EIO, -ENOSPC and the like */
};
void hop_store_health(struct hop_store *store, struct hop_store_health *out);

/* Tries a write, so that health is known again after a failure. */
void hop_store_probe(struct hop_store *store);

/* Limits the file to its present size plus `pages` (of 4 KiB), as a full
 * disk would; -1: no limit. For tests of the full disk. */
void hop_store_limit_pages(struct hop_store *store, int pages);
