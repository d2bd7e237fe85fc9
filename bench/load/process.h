/* What a process costs, from /proc. Any thread. */
#pragma once

#include <stdint.h>

struct hop_load_cost {
    uint64_t cpu_ns;    /* on a processor, all threads together */
    uint64_t worker_ns; /* of it, threads whose names begin with "hop-worker" */
    int64_t rss_kb;
};

/* Zeros when there is no such process. */
struct hop_load_cost hop_load_process_cost(int pid);
