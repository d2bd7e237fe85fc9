/* CPU time of another process, by thread name, from /proc. For the benchmarks. */
#pragma once

#include <stdint.h>

struct hop_process_cpu { /* ns on a processor since start */
    uint64_t all;
    uint64_t workers, mix; /* hopd's threads hop-worker-N and hop-mix */
};

/* Threads that have ended are not counted. All zero: no such process. */
struct hop_process_cpu hop_process_cpu(int pid);
