/* See cases.h. */
#include "bench/mix/cases.h"

#include <stdio.h>
#include <time.h>

const struct hop_audio_params bench_params = {
    .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40, .max_talkers = 16
};

void bench_report(const char *name, const char *metric, double value, const char *unit, double bar)
{
    printf("{\"case\":\"%s\",\"metric\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"bar\":", name,
           metric, value, unit);
    if (bar < 0)
        printf("null}\n");
    else
        printf("%g}\n", bar);
    fflush(stdout);
}

int64_t bench_cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
