/* The one place that reads the monotonic clock. Sans-I/O modules never call it: they are handed
 * `now_us` by their caller, so that tests and the simulator run them in virtual time. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Monotonic time in microseconds. Any thread. */
static inline int64_t hop_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* CPU time of the calling thread since it began, µs. */
static inline uint64_t hop_thread_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Wall clock in microseconds since 1970 (UTC); only for NTP stamps in RTCP and for people. */
static inline int64_t hop_wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
