/* Probes of an estimate: when to send one, and what came of it. Private to media/bwe; see
 * estimate.h. */
#pragma once

#include "media/bwe/estimate.h"

enum {
    HOP_PROBE_FIRST_GAP_US = 1000000, /* between probes that meet the line's limit; it doubles */
    HOP_PROBE_LAST_GAP_US = 4000000,
};

/* True when the packet was part of a probe. */
bool hop_probe_sample(struct hop_bwe *b, const struct hop_twcc_sample *sample);
/* Takes the result, if it is complete or overdue. */
void hop_probe_judge(struct hop_bwe *b, int64_t now_us);
/* The rate was cut: look soon whether it was for a moment only. */
void hop_probe_after_decrease(struct hop_bwe *b, int64_t now_us);
