/* How much a participant's line up carries, for those who sign packets with their send time but
 * take no transport-wide feedback: what REMB tells them. The estimator is that of the lines down
 * (estimate.h), fed with what arrives; what is lost they learn from receiver reports.
 *
 * draft-alvestrand-rmcat-remb-03, draft-ietf-rmcat-gcc-02 §3 (absolute send time). Called by
 * media/route on its worker; virtual time, no allocation.
 */
#pragma once

#include "media/bwe/estimate.h"

enum {
    HOP_UPLINK_BATCH = 32,
    HOP_UPLINK_BATCH_US = 50000,
    /* REMB is repeated that often, for it may be lost; less is told at once */
    HOP_UPLINK_TELL_US = 500000,
};

struct hop_uplink_bwe {
    struct hop_bwe bwe;
    struct hop_twcc_sample batch[HOP_UPLINK_BATCH];
    uint32_t n;
    int64_t batch_us; /* of its first packet */
    uint64_t seq;
    int64_t sent_units; /* newest send time, unwrapped, 2^-18 s on the sender's clock */
    int64_t told_us;    /* 0: never */
    uint32_t told_bps;
};

void hop_uplink_bwe_init(struct hop_uplink_bwe *u);
/* A packet with that absolute send time (24 bits, 6.18 fixed-point seconds). rtt_us 0: unknown. */
void hop_uplink_bwe_packet(struct hop_uplink_bwe *u, uint32_t send_time, size_t bytes,
                           int64_t rtt_us, int64_t now_us);
/* True when he is to be told that rate now; it is then counted as told. */
bool hop_uplink_bwe_due(struct hop_uplink_bwe *u, int64_t now_us, uint32_t *bps);
