/* Delays in steps of ten microseconds up to a second, for percentiles over millions of packets. One
 * thread. */
#pragma once

#include <stdint.h>

enum { HOP_HISTOGRAM_STEPS = 100000, HOP_HISTOGRAM_STEP_US = 10 };

struct hop_histogram {
    uint64_t n;
    uint64_t steps[HOP_HISTOGRAM_STEPS]; /* longer ones in the last */
};

void hop_histogram_add(struct hop_histogram *h, int64_t us);
/* The p-th percentile (0..100), nearest rank, µs; 0 when empty. */
int64_t hop_histogram_percentile(const struct hop_histogram *h, double p);
