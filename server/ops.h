/* What operators look at: one sample a second of rooms, participants and workers, from which
 * /metrics and the live page are written. Control thread.
 */
#pragma once

#include "media/media.h"
#include "signaling/signaling.h"

enum { HOP_MAX_WORKERS = 64 };

struct hop_ops_worker {
    struct hop_worker_stats stats;
    double cpu; /* of a core, 0..1, over the last second */
    uint64_t rx_bps, tx_bps;
    int64_t sampled_us; /* monotonic */
};

struct hop_ops {
    unsigned rooms, participants;
    unsigned lines_up, lines_tcp;
    struct hop_ops_worker workers[HOP_MAX_WORKERS];
    unsigned n_workers;
};

/* Takes the sample; rates are over the time since the one before. */
void hop_ops_sample(struct hop_ops *ops, const struct hop_signaling *signaling, int64_t now_us);
