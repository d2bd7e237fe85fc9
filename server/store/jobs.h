/* A thread that works off a bounded queue, so that the control thread never waits for a disk or for
 * a password hash. One job is one allocation of its poster, with this struct as its first member.
 *
 * Posted and collected on the control thread; run() on the queue's thread. Who owns a job: the
 * queue from hop_jobs_post() on, until done() is called, which frees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct hop_job {
    void (*run)(struct hop_job *job, void *thread_ctx); /* queue's thread; sets error */
    void (*done)(struct hop_job *job);                  /* control thread; frees the job */
    int error;                                          /* 0 or a negative errno */
    bool writes; /* changes the database (used by the store's batches) */
    struct hop_job *next;
};

enum { HOP_JOBS_BATCH = 64 };

struct hop_jobs_config {
    const char *name; /* of the thread, at most 15 characters */
    size_t limit;     /* jobs waiting; above it hop_jobs_post() refuses */
    void *thread_ctx; /* handed to run() and batch() */
    /* Runs up to HOP_JOBS_BATCH jobs in order; NULL: each one's run(). Queue's thread. */
    void (*batch)(void *thread_ctx, struct hop_job **jobs, size_t n);
    void (*wake)(void *ctx); /* something is done: call hop_jobs_collect() soon. Queue's thread */
    void *wake_ctx;
};

struct hop_jobs;

/* Starts the thread. -ENOMEM, -EAGAIN (no thread to be had). */
int hop_jobs_new(const struct hop_jobs_config *config, struct hop_jobs **out);

/* Runs what is queued, stops the thread and calls done() of everything. NULL-safe. */
void hop_jobs_free(struct hop_jobs *jobs);

/* Never fails for the caller: when the queue is full the job's done() is called at once with
 * -EAGAIN. */
void hop_jobs_post(struct hop_jobs *jobs, struct hop_job *job);

/* Calls done() of what has run. */
void hop_jobs_collect(struct hop_jobs *jobs);

/* Waits until everything that was posted has run, then collects. For the stop and for tests. */
void hop_jobs_flush(struct hop_jobs *jobs);

struct hop_jobs_stats {
    size_t waiting, limit;
    unsigned long long run, refused;
};
void hop_jobs_stats(struct hop_jobs *jobs, struct hop_jobs_stats *out);
