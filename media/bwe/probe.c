/* Probing; see probe.h and estimate.h. A burst faster than the line leaves it spread out at the
 * line's own rate: its dispersion at the receiver is the measurement. Called by estimate.c, and by
 * media/route through estimate.h. */
#include "media/bwe/probe.h"

#include <string.h>

enum {
    MIN_PACKETS = 5,
    WAIT_US = 1000000,   /* for the feedback of a probe */
    SETTLE_US = 1000000, /* after a decrease, until the queue is gone */
    FRESH_US = 500000,
    LEAST_BPS = 500000, /* less would be too few packets to tell */
    QUEUE_US = 40000,   /* with more, no probe: it would measure others' packets */
    SHORT_US = 2000,    /* a span that says nothing */
};

static uint32_t ceiling(const struct hop_bwe *b)
{
    uint64_t bps = (uint64_t)b->wanted_bps * 5 / 4 + 100000;
    return bps > HOP_BWE_MAX_BPS ? HOP_BWE_MAX_BPS : (uint32_t)bps;
}

uint32_t hop_bwe_probe_due(const struct hop_bwe *b, int64_t now_us)
{
    if (b->feedback_us == 0 || b->probe.state != HOP_PROBE_NONE || now_us < b->next_probe_us ||
        b->wanted_bps == 0)
        return 0;
    /* Where nothing is sent, what was seen last tells nothing any more. */
    bool fresh = now_us - b->feedback_us < FRESH_US;
    if (fresh && (b->trend.state == HOP_TREND_OVER || b->queue_us > QUEUE_US))
        return 0;
    uint32_t top = ceiling(b), target = b->target_bps;
    if (target >= top - top / 8)
        return 0;
    uint64_t bps = (uint64_t)target * (b->known ? 2 : 3);
    bps = bps > LEAST_BPS ? bps : LEAST_BPS;
    return bps < top ? (uint32_t)bps : top;
}

void hop_bwe_probe_begin(struct hop_bwe *b, uint32_t bps, uint64_t next_seq, int64_t now_us)
{
    memset(&b->probe, 0, sizeof(b->probe));
    b->probe.state = HOP_PROBE_SENDING;
    b->probe.bps = bps;
    b->probe.begin = next_seq;
    b->probe.end = UINT64_MAX;
    b->probe.since_us = now_us;
}

void hop_bwe_probe_end(struct hop_bwe *b, uint64_t next_seq, int64_t now_us)
{
    b->probe.state = HOP_PROBE_WAITING;
    b->probe.end = next_seq;
    b->probe.since_us = now_us;
}

bool hop_probe_sample(struct hop_bwe *b, const struct hop_twcc_sample *s)
{
    struct hop_bwe_probe *p = &b->probe;
    if (p->state == HOP_PROBE_NONE || s->seq < p->begin || s->seq >= p->end)
        return false;
    p->told++;
    if (!s->received)
        return true;
    if (p->count == 0) {
        p->first_sent_us = p->last_sent_us = s->sent_us;
        p->first_recv_us = p->last_recv_us = s->recv_us;
        p->first_recv_bytes = s->bytes;
    }
    if (s->sent_us > p->last_sent_us || p->count == 0) {
        p->last_sent_us = s->sent_us;
        p->last_sent_bytes = 0;
    }
    if (s->sent_us == p->last_sent_us)
        p->last_sent_bytes += s->bytes;
    if (s->recv_us < p->first_recv_us) {
        p->first_recv_us = s->recv_us;
        p->first_recv_bytes = s->bytes;
    }
    if (s->recv_us > p->last_recv_us)
        p->last_recv_us = s->recv_us;
    p->bytes += s->bytes;
    p->count++;
    return true;
}

static double rate(uint32_t bytes, int64_t span_us)
{
    return (double)bytes * 8e6 / (double)span_us;
}

/* The rate that got through; 0: the burst was too short or torn to tell. */
static double measure(const struct hop_bwe_probe *p, bool *full)
{
    int64_t sent_us = p->last_sent_us - p->first_sent_us;
    int64_t recv_us = p->last_recv_us - p->first_recv_us;
    if (p->count < MIN_PACKETS || sent_us < SHORT_US)
        return 0;
    double sent = rate(p->bytes - p->last_sent_bytes, sent_us);
    if (recv_us < SHORT_US)
        recv_us = SHORT_US;
    double received = rate(p->bytes - p->first_recv_bytes, recv_us);
    *full = received < 0.9 * sent || p->count < p->told - p->told / 4;
    if (*full)
        return 0.95 * received;
    return sent < received ? sent : received;
}

static void back_off(struct hop_bwe *b, int64_t now_us)
{
    b->next_probe_us = now_us + b->probe_gap_us;
    b->probe_gap_us *= 2;
    if (b->probe_gap_us > HOP_PROBE_LAST_GAP_US)
        b->probe_gap_us = HOP_PROBE_LAST_GAP_US;
}

static bool complete(const struct hop_bwe_probe *p, int64_t now_us)
{
    if (p->state != HOP_PROBE_WAITING)
        return false;
    return p->told >= p->end - p->begin || now_us - p->since_us > WAIT_US;
}

void hop_probe_judge(struct hop_bwe *b, int64_t now_us)
{
    struct hop_bwe_probe *p = &b->probe;
    if (!complete(p, now_us))
        return;
    p->state = HOP_PROBE_NONE;
    bool full = false;
    double bps = measure(p, &full);
    if (bps <= 0) {
        back_off(b, now_us);
        return;
    }
    b->limited = full;
    bool first = !b->known;
    b->known = true;
    if (bps > b->target_bps + b->target_bps / 4) /* not the limit that we knew */
        b->probe_gap_us = HOP_PROBE_FIRST_GAP_US;
    if (bps > b->target_bps || (first && full)) {
        b->target_bps = bps > HOP_BWE_MAX_BPS   ? HOP_BWE_MAX_BPS
                        : bps < HOP_BWE_MIN_BPS ? HOP_BWE_MIN_BPS
                                                : (uint32_t)bps;
        b->why = HOP_WHY_PROBED;
        if (bps > b->capacity_bps + 3 * b->capacity_dev)
            b->capacity_bps = 0;
    }
    if (full) {
        back_off(b, now_us);
        return;
    }
    b->probe_gap_us = HOP_PROBE_FIRST_GAP_US;
    b->next_probe_us = now_us;
}

void hop_probe_after_decrease(struct hop_bwe *b, int64_t now_us)
{
    b->probe.state = HOP_PROBE_NONE; /* it measured a line that was about to fill */
    b->next_probe_us = now_us + SETTLE_US;
    b->probe_gap_us = HOP_PROBE_FIRST_GAP_US;
}
