/* See jobs.h. Two lists under one mutex: waiting (in) and finished (out). The lock is held for list
 * operations only, never while a job runs. */
#include "server/store/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct list {
    struct hop_job *first, **last;
    size_t n;
};

struct hop_jobs {
    struct hop_jobs_config config;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct list in, out;
    bool busy, stop;
    unsigned long long run, refused;
};

static void list_init(struct list *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->n = 0;
}

static void list_add(struct list *list, struct hop_job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
    list->n++;
}

static struct hop_job *list_take(struct list *list)
{
    struct hop_job *job = list->first;

    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->last = &list->first;
    list->n--;
    return job;
}

static void run_batch(struct hop_jobs *jobs, struct hop_job **batch, size_t n)
{
    if (jobs->config.batch != NULL) {
        jobs->config.batch(jobs->config.thread_ctx, batch, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        batch[i]->run(batch[i], jobs->config.thread_ctx);
}

static void *thread_main(void *arg)
{
    struct hop_jobs *jobs = arg;
    struct hop_job *batch[HOP_JOBS_BATCH];
    size_t n;

    pthread_mutex_lock(&jobs->lock);
    for (;;) {
        while (jobs->in.first == NULL && !jobs->stop)
            pthread_cond_wait(&jobs->work, &jobs->lock);
        if (jobs->in.first == NULL)
            break;
        n = 0;
        while (n < HOP_JOBS_BATCH && jobs->in.first != NULL)
            batch[n++] = list_take(&jobs->in);
        jobs->busy = true;
        pthread_mutex_unlock(&jobs->lock);
        run_batch(jobs, batch, n);
        pthread_mutex_lock(&jobs->lock);
        for (size_t i = 0; i < n; i++)
            list_add(&jobs->out, batch[i]);
        jobs->run += n;
        jobs->busy = false;
        pthread_cond_broadcast(&jobs->idle);
        pthread_mutex_unlock(&jobs->lock);
        if (jobs->config.wake != NULL)
            jobs->config.wake(jobs->config.wake_ctx);
        pthread_mutex_lock(&jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

int hop_jobs_new(const struct hop_jobs_config *config, struct hop_jobs **out)
{
    struct hop_jobs *jobs = calloc(1, sizeof(*jobs));

    if (jobs == NULL)
        return -ENOMEM;
    jobs->config = *config;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->work, NULL);
    pthread_cond_init(&jobs->idle, NULL);
    list_init(&jobs->in);
    list_init(&jobs->out);
    if (pthread_create(&jobs->thread, NULL, thread_main, jobs) != 0) {
        free(jobs);
        return -EAGAIN;
    }
    pthread_setname_np(jobs->thread, config->name);
    *out = jobs;
    return 0;
}

void hop_jobs_free(struct hop_jobs *jobs)
{
    if (jobs == NULL)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stop = true;
    pthread_cond_signal(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    pthread_join(jobs->thread, NULL);
    hop_jobs_collect(jobs);
    pthread_cond_destroy(&jobs->idle);
    pthread_cond_destroy(&jobs->work);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

void hop_jobs_post(struct hop_jobs *jobs, struct hop_job *job)
{
    bool refused;

    pthread_mutex_lock(&jobs->lock);
    refused = jobs->stop || jobs->in.n >= jobs->config.limit;
    if (refused) {
        jobs->refused++;
    } else {
        list_add(&jobs->in, job);
        pthread_cond_signal(&jobs->work);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (refused) {
        job->error = -EAGAIN;
        job->done(job);
    }
}

void hop_jobs_collect(struct hop_jobs *jobs)
{
    struct hop_job *job;

    for (;;) {
        pthread_mutex_lock(&jobs->lock);
        job = list_take(&jobs->out);
        pthread_mutex_unlock(&jobs->lock);
        if (job == NULL)
            return;
        job->done(job);
    }
}

void hop_jobs_flush(struct hop_jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    while (jobs->in.first != NULL || jobs->busy)
        pthread_cond_wait(&jobs->idle, &jobs->lock);
    pthread_mutex_unlock(&jobs->lock);
    hop_jobs_collect(jobs);
}

void hop_jobs_stats(struct hop_jobs *jobs, struct hop_jobs_stats *out)
{
    pthread_mutex_lock(&jobs->lock);
    out->waiting = jobs->in.n;
    out->limit = jobs->config.limit;
    out->run = jobs->run;
    out->refused = jobs->refused;
    pthread_mutex_unlock(&jobs->lock);
}
