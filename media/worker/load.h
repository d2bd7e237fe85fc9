/* How hard the worker works: the share of time that its loop is not waiting, and how long what
 * arrives may have to wait for its turn. Wall time on purpose: a worker that the machine does not
 * let run is as late as one that has too much to do.
 *
 * Sans I/O. The worker's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hop_worker_load {
    /* over the running period */
    int64_t period_us; /* its begin; 0: none yet */
    int64_t busy_us, longest_us;
    /* smoothed over about three seconds */
    double busy;      /* 0..1 */
    double last_busy; /* of the last period alone */
    int64_t last_us;  /* how long that one was */
    uint64_t cpu_us;  /* of the thread, at hop_worker_load_cpu() */
    double cpu;       /* smoothed share in which it ran, 0..1 */
    double lag_us;    /* the longest turn of a period */
};

/* One turn of the loop, from the return of epoll_wait to the next call. */
void hop_worker_load_turn(struct hop_worker_load *load, int64_t begin_us, int64_t end_us);

/* How long what comes next may wait for company before it is looked at: nothing up to a quarter of
 * the worker's time, 1 ms from a half on. Who is behind with reading must not wait. Packets that
 * are taken together share wake-ups, and those for one receiver share a send; so the cost per
 * packet falls as the load grows. */
int64_t hop_worker_load_company_us(const struct hop_worker_load *load);

/* True when a period (100 ms) has ended; the smoothed figures are new then. */
bool hop_worker_load_update(struct hop_worker_load *load, int64_t now_us);

/* After an update: the share of the last period in which the thread ran, from its CPU time. */
double hop_worker_load_cpu(struct hop_worker_load *load, uint64_t cpu_us);

/* The load that is its own doing, 0..1: the time it works, unless it hardly gets to run. */
double hop_worker_load_own(const struct hop_worker_load *load);
