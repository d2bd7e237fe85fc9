/* A soft limiter: the sum of many voices never wraps and is never cut hard. One per encode, called
 * by media/mix/outlet on the mix thread.
 *
 * Quiet sums pass untouched, bit for bit. A loud one is turned down smoothly before its peak (the
 * frame is known in advance) and let up again over some 200 ms; what still sticks out at a frame's
 * very beginning is bent, not cut.
 */
#pragma once

#include "media/mix/frame.h"

struct hop_limiter {
    float gain; /* 0 < gain <= 1, at the end of the last frame */
};

void hop_limiter_init(struct hop_limiter *limiter);

/* One frame from `in` to `out` (may be the same); afterwards |out| < 1. Samples that are no number
 * become 0. */
void hop_limiter_run(struct hop_limiter *limiter, const float in[HOP_MIX_FRAME],
                     float out[HOP_MIX_FRAME]);
