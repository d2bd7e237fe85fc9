/* The queue: order, bound, and that whatever was posted is answered exactly once. */
#include "server/store/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int order[256], n_order, refused;

struct numbered {
    struct hop_job job;
    int number;
};

static void run(struct hop_job *job, void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    job->error = 0;
}

static void done(struct hop_job *job)
{
    struct numbered *n = (struct numbered *)job;

    if (job->error == -EAGAIN)
        refused++;
    else
        order[n_order++] = n->number;
    free(n);
}

static void post(struct hop_jobs *jobs, int number)
{
    struct numbered *n = calloc(1, sizeof(*n));

    n->job.run = run;
    n->job.done = done;
    n->number = number;
    hop_jobs_post(jobs, &n->job);
}

static struct hop_jobs *make(size_t limit)
{
    struct hop_jobs_config config = { .name = "test", .limit = limit };
    struct hop_jobs *jobs = NULL;

    n_order = refused = 0;
    assert_int_equal(hop_jobs_new(&config, &jobs), 0);
    return jobs;
}

static void answers_in_order(void **state)
{
    struct hop_jobs *jobs = make(200);

    (void)state;
    for (int i = 0; i < 150; i++)
        post(jobs, i);
    hop_jobs_flush(jobs);
    assert_int_equal(n_order, 150);
    for (int i = 0; i < 150; i++)
        assert_int_equal(order[i], i);
    hop_jobs_free(jobs);
}

static void refuses_when_full_and_loses_nothing(void **state)
{
    struct hop_jobs *jobs = make(10);
    struct hop_jobs_stats stats;

    (void)state;
    pthread_mutex_lock(&gate); /* the thread stands still in at most one batch */
    for (int i = 0; i < 200; i++)
        post(jobs, i);
    hop_jobs_stats(jobs, &stats);
    assert_true(stats.waiting <= 10);
    assert_true(refused >= 200 - 10 - HOP_JOBS_BATCH);
    assert_int_equal(stats.refused, refused);
    pthread_mutex_unlock(&gate);
    hop_jobs_free(jobs); /* the stop answers what waits */
    assert_int_equal(n_order + refused, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_order),
        cmocka_unit_test(refuses_when_full_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
