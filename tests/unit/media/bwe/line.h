/* A line in virtual time for tests of the estimator: a rate, a drop-tail buffer, delay and random
 * loss, and a sender that uses what the estimator grants, in frames, with padding when it probes.
 */
#pragma once

#include "media/bwe/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_PACKETS = 1 << 19, LINE_FEEDBACK_US = 60000, LINE_STEP_US = 1000 };

struct line {
    struct hop_bwe bwe;
    uint64_t random;
    int64_t now_us;
    /* the line */
    uint32_t rate_bps;
    int64_t buffer_us; /* of queue, at its rate */
    int64_t delay_us, jitter_us;
    int loss_permille;
    int64_t free_us;      /* when its queue is empty */
    int64_t skew_us;      /* receiver's clock */
    int64_t stall_us;     /* the receiver takes nothing for that long … */
    int64_t stall_gap_us; /* … this often */
    /* the sender: never more than this, in frames of 33 ms */
    uint32_t wanted_bps;
    int64_t frame_us;
    double frame_left; /* bytes of the current frame */
    int64_t probe_until_us;
    double probe_left;
    /* packets by number */
    struct {
        int64_t sent_us, recv_us; /* recv_us 0: lost */
        uint16_t bytes;
    } * packets;
    uint64_t next, told;
    int64_t feedback_us;
    /* what was seen since line_mark() */
    uint64_t delivered, padding, sent, lost;
    int64_t *queues, mark_us;
    size_t n_queues;
    uint32_t least_bps, most_bps;
};

static inline uint32_t line_random(struct line *l)
{
    uint64_t x = (l->random += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)((x ^ (x >> 27)) >> 32);
}

static inline struct line *line_new(uint64_t seed, uint32_t rate_bps, int64_t buffer_us,
                                    int64_t delay_us)
{
    struct line *l = calloc(1, sizeof(*l));
    assert_non_null(l);
    print_message("seed %llu\n", (unsigned long long)seed);
    l->random = seed;
    l->rate_bps = rate_bps;
    l->buffer_us = buffer_us;
    l->delay_us = delay_us;
    l->wanted_bps = 20000000;
    l->now_us = 1000000;
    l->skew_us = 987654321;
    l->packets = calloc(LINE_PACKETS, sizeof(*l->packets));
    l->queues = calloc(LINE_PACKETS, sizeof(*l->queues));
    assert_true(l->packets && l->queues);
    hop_bwe_init(&l->bwe);
    return l;
}

static inline void line_free(struct line *l)
{
    free(l->packets);
    free(l->queues);
    free(l);
}

static inline void line_mark(struct line *l)
{
    l->delivered = l->padding = l->sent = l->lost = 0;
    l->n_queues = 0;
    l->mark_us = l->now_us;
    l->least_bps = UINT32_MAX;
    l->most_bps = 0;
}

static inline void line_send(struct line *l, uint16_t bytes, bool padding)
{
    assert_true(l->next < LINE_PACKETS);
    uint64_t i = l->next++;
    l->packets[i].sent_us = l->now_us;
    l->packets[i].bytes = bytes;
    l->packets[i].recv_us = 0;
    l->sent++;
    int64_t start_us = l->free_us > l->now_us ? l->free_us : l->now_us;
    bool full = start_us - l->now_us > l->buffer_us;
    if (full || line_random(l) % 1000 < (uint32_t)l->loss_permille) {
        l->lost++;
        return;
    }
    l->free_us = start_us + (int64_t)bytes * 8 * 1000000 / l->rate_bps;
    l->queues[l->n_queues++] = start_us - l->now_us;
    int64_t jitter_us = l->jitter_us ? line_random(l) % (uint32_t)l->jitter_us : 0;
    l->packets[i].recv_us = l->free_us + l->delay_us + jitter_us;
    int64_t into_us = l->stall_us ? l->packets[i].recv_us % l->stall_gap_us : INT64_MAX;
    if (into_us < l->stall_us)
        l->packets[i].recv_us += l->stall_us - into_us;
    l->delivered += padding ? 0 : bytes;
    l->padding += padding ? bytes : 0;
}

static inline void line_feedback(struct line *l)
{
    static struct hop_twcc_sample samples[LINE_PACKETS];
    /* What had arrived half a round trip ago. */
    int64_t at_us = l->now_us - l->delay_us;
    uint64_t newest = l->told;
    for (uint64_t i = l->told; i < l->next; i++)
        if (l->packets[i].recv_us != 0 && l->packets[i].recv_us <= at_us)
            newest = i + 1;
    size_t n = 0;
    for (; l->told < newest; l->told++) {
        uint64_t i = l->told;
        bool received = l->packets[i].recv_us != 0;
        samples[n++] = (struct hop_twcc_sample){
            .seq = i,
            .sent_us = l->packets[i].sent_us,
            .recv_us = received ? (l->packets[i].recv_us + l->skew_us) / 250 * 250 : 0,
            .bytes = l->packets[i].bytes,
            .received = received,
        };
    }
    hop_bwe_feedback(&l->bwe, samples, n, 2 * l->delay_us, l->now_us);
}

static inline void line_probe(struct line *l)
{
    if (l->bwe.probe.state == HOP_PROBE_SENDING) {
        /* Only what media does not fill already. */
        l->probe_left += l->bwe.probe.bps / 8e6 * LINE_STEP_US;
        while (l->probe_left > 0 && l->bwe.probe.state == HOP_PROBE_SENDING) {
            line_send(l, 287, true);
            l->probe_left -= 287;
        }
        if (l->now_us >= l->probe_until_us)
            hop_bwe_probe_end(&l->bwe, l->next, l->now_us);
        return;
    }
    uint32_t bps = hop_bwe_probe_due(&l->bwe, l->now_us);
    if (bps == 0)
        return;
    hop_bwe_probe_begin(&l->bwe, bps, l->next, l->now_us);
    l->probe_until_us = l->now_us + HOP_BWE_PROBE_US;
    l->probe_left = 0;
}

static inline void line_run(struct line *l, int64_t us)
{
    for (int64_t until = l->now_us + us; l->now_us < until;) {
        l->now_us += LINE_STEP_US;
        hop_bwe_want(&l->bwe, l->wanted_bps);
        uint32_t bps = l->bwe.target_bps < l->wanted_bps ? l->bwe.target_bps : l->wanted_bps;
        if (l->now_us >= l->frame_us) {
            l->frame_us = l->now_us + 33000;
            l->frame_left = bps / 8e6 * 33000;
            l->frame_left *= 0.8 + (double)(line_random(l) % 400) / 1000;
        }
        for (int k = 0; k < 2 && l->frame_left > 0; k++) {
            uint16_t size = l->frame_left > 1100 ? 1100 : 100 + (uint16_t)l->frame_left;
            line_send(l, size, false);
            l->frame_left -= size;
        }
        line_probe(l);
        if (l->now_us >= l->feedback_us) {
            l->feedback_us = l->now_us + LINE_FEEDBACK_US;
            line_feedback(l);
            hop_bwe_tick(&l->bwe, l->next > l->told, l->now_us);
        }
        l->least_bps = l->bwe.target_bps < l->least_bps ? l->bwe.target_bps : l->least_bps;
        l->most_bps = l->bwe.target_bps > l->most_bps ? l->bwe.target_bps : l->most_bps;
        if (getenv("HOP_BWE_TRACE") && l->now_us % 100000 == 0)
            print_message("%6.1f target %u %s queue %d/%d ms trend %.1f/%.1f wire %d ms\n",
                          (double)l->now_us / 1e6, l->bwe.target_bps, hop_why_name(l->bwe.why),
                          (int)(l->bwe.queue_us / 1000), l->bwe.trend.state, l->bwe.trend.trend,
                          l->bwe.trend.threshold, (int)((l->free_us - l->now_us) / 1000));
    }
}

static inline int line_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* 95th percentile of the queueing delay since the mark. */
static inline int64_t line_p95_us(struct line *l)
{
    qsort(l->queues, l->n_queues, sizeof(*l->queues), line_compare);
    return l->n_queues ? l->queues[l->n_queues * 95 / 100] : 0;
}

/* Media delivered since the mark. */
static inline double line_bps(const struct line *l)
{
    return (double)l->delivered * 8e6 / (double)(l->now_us - l->mark_us);
}

static inline double line_loss(const struct line *l)
{
    return l->sent ? (double)l->lost / (double)l->sent : 0;
}
