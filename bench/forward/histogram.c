/* See histogram.h. */
#include "bench/forward/histogram.h"

#include <math.h>

void hop_histogram_add(struct hop_histogram *h, int64_t us)
{
    int64_t step = us < 0 ? 0 : us / HOP_HISTOGRAM_STEP_US;
    h->steps[step < HOP_HISTOGRAM_STEPS ? step : HOP_HISTOGRAM_STEPS - 1]++;
    h->n++;
}

int64_t hop_histogram_percentile(const struct hop_histogram *h, double p)
{
    uint64_t rank = (uint64_t)ceil((double)h->n * p / 100), seen = 0;
    for (int64_t i = 0; i < HOP_HISTOGRAM_STEPS; i++) {
        seen += h->steps[i];
        if (seen >= rank && seen > 0)
            return i * HOP_HISTOGRAM_STEP_US;
    }
    return 0;
}
