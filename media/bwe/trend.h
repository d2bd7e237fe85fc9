/* Does a queue grow on the way to a receiver? The slope of one-way delay over groups of packets,
 * against a threshold that adapts to how restless the line is anyway.
 *
 * draft-ietf-rmcat-gcc-02 §5.1 (groups), §5.4 (adaptive threshold, over-use); the slope is a line
 * fitted by least squares instead of a Kalman filter. Used by estimate.c; virtual time, no
 * allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOP_TREND_POINTS = 20 };

enum hop_trend_state { HOP_TREND_NORMAL, HOP_TREND_OVER, HOP_TREND_UNDER };

/* Packets that left within one burst: to the network they are one. */
struct hop_trend_group {
    int64_t first_sent_us, sent_us; /* first and last packet, our clock */
    int64_t first_recv_us, recv_us; /* receiver's clock */
};

struct hop_trend {
    uint8_t groups; /* 0: nothing came yet; 1: `now` is valid; 2: `before` too */
    struct hop_trend_group before, now;
    double sum_ms, smooth_ms; /* delay since the start, and the same smoothed */
    int64_t origin_us;        /* receiver's clock, of the first point */
    struct {
        double at_ms, delay_ms;
    } points[HOP_TREND_POINTS];
    unsigned n_points; /* since the start */
    double trend, threshold;
    int64_t threshold_us; /* when it was adapted */
    double over_ms;       /* for how long above the threshold */
    enum hop_trend_state state;
};

void hop_trend_init(struct hop_trend *t);
/* A packet arrived. In the order of sending; recv_us may go back a little. */
void hop_trend_packet(struct hop_trend *t, int64_t sent_us, int64_t recv_us);
