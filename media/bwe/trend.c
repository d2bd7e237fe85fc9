/* Slope of the one-way delay; see trend.h. Called by estimate.c per acknowledged packet. */
#include "media/bwe/trend.h"

#include <string.h>

enum {
    BURST_US = 5000,
    MAX_BURST_US = 100000,
    ADAPT_STEP_US = 100000,
    STALE_US = 3000000, /* a pause in the stream: what was before tells nothing */
};

static const double smoothing = 0.9, gain = 4, first_threshold = 12.5;
static const double threshold_min = 6, threshold_max = 600, outlier = 15;
static const double up_rate = 0.0087, down_rate = 0.039, over_time_ms = 10;

void hop_trend_init(struct hop_trend *t)
{
    memset(t, 0, sizeof(*t));
    t->threshold = first_threshold;
}

static double slope(const struct hop_trend *t)
{
    double mean_x = 0, mean_y = 0, above = 0, below = 0;
    for (size_t i = 0; i < HOP_TREND_POINTS; i++) {
        mean_x += t->points[i].at_ms / HOP_TREND_POINTS;
        mean_y += t->points[i].delay_ms / HOP_TREND_POINTS;
    }
    for (size_t i = 0; i < HOP_TREND_POINTS; i++) {
        double x = t->points[i].at_ms - mean_x;
        above += x * (t->points[i].delay_ms - mean_y);
        below += x * x;
    }
    return below > 0 ? above / below : 0;
}

/* Follows the trend slowly up and faster down, so that a restless line is not called congested. */
static void adapt(struct hop_trend *t, int64_t now_us)
{
    double size = t->trend < 0 ? -t->trend : t->trend;
    int64_t step_us = t->threshold_us ? now_us - t->threshold_us : 0;
    t->threshold_us = now_us;
    if (size > t->threshold + outlier || step_us <= 0)
        return;
    if (step_us > ADAPT_STEP_US)
        step_us = ADAPT_STEP_US;
    double rate = size < t->threshold ? down_rate : up_rate;
    t->threshold += rate * (size - t->threshold) * (double)step_us / 1000;
    if (t->threshold < threshold_min)
        t->threshold = threshold_min;
    if (t->threshold > threshold_max)
        t->threshold = threshold_max;
}

static void judge(struct hop_trend *t, double trend, double step_ms)
{
    double before = t->trend;
    t->trend = trend;
    if (trend > t->threshold) {
        t->over_ms += step_ms;
        if (t->over_ms > over_time_ms && trend >= before)
            t->state = HOP_TREND_OVER;
        return;
    }
    t->over_ms = 0;
    t->state = trend < -t->threshold ? HOP_TREND_UNDER : HOP_TREND_NORMAL;
}

static void group_complete(struct hop_trend *t)
{
    const struct hop_trend_group *a = &t->before, *b = &t->now;
    int64_t sent_us = b->sent_us - a->sent_us, recv_us = b->recv_us - a->recv_us;
    if (t->n_points == 0)
        t->origin_us = b->recv_us;
    t->sum_ms += (double)(recv_us - sent_us) / 1000;
    t->smooth_ms = smoothing * t->smooth_ms + (1 - smoothing) * t->sum_ms;
    size_t i = t->n_points++ % HOP_TREND_POINTS;
    t->points[i].at_ms = (double)(b->recv_us - t->origin_us) / 1000;
    t->points[i].delay_ms = t->smooth_ms;
    if (t->n_points < HOP_TREND_POINTS)
        return;
    double count = t->n_points < 60 ? t->n_points : 60;
    judge(t, slope(t) * count * gain, (double)sent_us / 1000);
    adapt(t, b->recv_us);
}

static bool in_burst(const struct hop_trend_group *g, int64_t sent_us, int64_t recv_us)
{
    if (sent_us - g->first_sent_us <= BURST_US)
        return true;
    /* Queued behind it and sent on at once: the line's own bursts. */
    int64_t gap_us = recv_us - g->recv_us;
    return gap_us <= BURST_US && gap_us < sent_us - g->sent_us &&
           recv_us - g->first_recv_us < MAX_BURST_US;
}

void hop_trend_packet(struct hop_trend *t, int64_t sent_us, int64_t recv_us)
{
    struct hop_trend_group *g = &t->now;
    if (t->groups > 0 && (sent_us - g->sent_us > STALE_US || recv_us - g->recv_us > STALE_US ||
                          g->recv_us - recv_us > STALE_US))
        hop_trend_init(t);
    struct hop_trend_group fresh = { sent_us, sent_us, recv_us, recv_us };
    if (t->groups == 0) {
        t->groups = 1;
        *g = fresh;
        return;
    }
    if (sent_us < g->first_sent_us)
        return; /* news of an older group */
    if (in_burst(g, sent_us, recv_us)) {
        g->sent_us = sent_us > g->sent_us ? sent_us : g->sent_us;
        g->recv_us = recv_us > g->recv_us ? recv_us : g->recv_us;
        return;
    }
    if (t->groups == 2)
        group_complete(t);
    t->groups = 2;
    t->before = *g;
    *g = fresh;
}
