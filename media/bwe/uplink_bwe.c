/* The line up of who takes REMB only; see uplink_bwe.h. Called by route.c and report.c. */
#include "media/bwe/uplink_bwe.h"

#include <string.h>

enum {
    SILENT_US = 2000000, /* nothing came: there is nothing to be told */
    FRACTION_BITS = 18,
    UNKNOWN_RTT_US = 100000,
};

void hop_uplink_bwe_init(struct hop_uplink_bwe *u)
{
    memset(u, 0, sizeof(*u));
    hop_bwe_init(&u->bwe);
}

/* In units of 2^-18 s, so that rounding does not add up. */
static int64_t unwrap(struct hop_uplink_bwe *u, uint32_t send_time)
{
    uint32_t step = (send_time - (uint32_t)u->sent_units) & 0xffffff;
    int64_t units = u->sent_units + (step & 0x800000 ? (int64_t)step - 0x1000000 : (int64_t)step);
    if (units > u->sent_units)
        u->sent_units = units;
    return units * 1000000 / (1 << FRACTION_BITS);
}

static void take_batch(struct hop_uplink_bwe *u, int64_t rtt_us, int64_t now_us)
{
    hop_bwe_feedback(&u->bwe, u->batch, u->n, rtt_us > 0 ? rtt_us : UNKNOWN_RTT_US, now_us);
    u->n = 0;
}

void hop_uplink_bwe_packet(struct hop_uplink_bwe *u, uint32_t send_time, size_t bytes,
                           int64_t rtt_us, int64_t now_us)
{
    if (u->n > 0 && (u->n == HOP_UPLINK_BATCH || now_us - u->batch_us >= HOP_UPLINK_BATCH_US))
        take_batch(u, rtt_us, now_us);
    if (u->n == 0)
        u->batch_us = now_us;
    u->batch[u->n++] = (struct hop_twcc_sample){ .seq = ++u->seq,
                                                 .sent_us = unwrap(u, send_time & 0xffffff),
                                                 .recv_us = now_us,
                                                 .bytes = (uint32_t)bytes,
                                                 .received = true };
}

bool hop_uplink_bwe_due(struct hop_uplink_bwe *u, int64_t now_us, uint32_t *bps)
{
    if (u->bwe.feedback_us == 0 || now_us - u->bwe.feedback_us > SILENT_US)
        return false;
    bool less = u->bwe.target_bps < u->told_bps - u->told_bps / 32;
    if (u->told_us != 0 && !less && now_us - u->told_us < HOP_UPLINK_TELL_US)
        return false;
    u->told_us = now_us;
    u->told_bps = u->bwe.target_bps;
    *bps = u->told_bps;
    return true;
}
