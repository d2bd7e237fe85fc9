/* What an impaired line has done: packets by fate, how long they waited in its queue, and the same
 * in tenths of a second. Written by tests/line/line; printed as JSON by the relay. No I/O, no
 * clock. */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum {
    HOP_LINE_WAIT_BUCKETS = 26 * 32, /* 32 per power of two: 3 % exact */
    HOP_LINE_TENTHS = 6000,          /* ten minutes; older ones are overwritten */
};

enum hop_line_fate {
    HOP_LINE_IN,
    HOP_LINE_OUT,
    HOP_LINE_OVERFLOW, /* the queue was full */
    HOP_LINE_LOST,     /* the loss model */
    HOP_LINE_REFUSED,  /* too long, or more under way than the relay holds: its own fault */
    HOP_LINE_FATES
};

struct hop_line_tenth {
    int64_t index; /* since the counters' begin; -1: unused */
    uint32_t packets[HOP_LINE_FATES], bytes[HOP_LINE_FATES];
    uint32_t waits, max_wait_us;
    uint64_t wait_sum_us;
};

struct hop_line_counters {
    int64_t begin_ns, reset_ns;
    uint64_t packets[HOP_LINE_FATES], bytes[HOP_LINE_FATES];
    uint64_t waits, max_wait_us;
    uint32_t wait_us[HOP_LINE_WAIT_BUCKETS];
    struct hop_line_tenth tenths[HOP_LINE_TENTHS];
};

void hop_line_counters_begin(struct hop_line_counters *c, int64_t now_ns);
/* Forgets all but the tenths. */
void hop_line_counters_reset(struct hop_line_counters *c, int64_t now_ns);
void hop_line_counters_packet(struct hop_line_counters *c, enum hop_line_fate fate, uint32_t bytes,
                              int64_t now_ns);
/* A packet was this long in the queue before it began to be sent. */
void hop_line_counters_wait(struct hop_line_counters *c, int64_t wait_ns, int64_t now_ns);
/* Percentile (0 to 100) of the waits since the reset, in µs, rounded up by at most 3 %. */
uint64_t hop_line_counters_wait_us(const struct hop_line_counters *c, double percent);

/* {"seconds":…,"in":{"packets","bytes"},"out":…,"overflow":…,"lost":…,"refused":…,
 *  "queue_ms":{"p50","p95","p99","max"}} */
void hop_line_counters_print(const struct hop_line_counters *c, int64_t now_ns, FILE *out);
/* [[ms since begin, bytes in, bytes out, packets out, overflowed, lost, mean wait ms, max wait ms],
 * …], oldest first, from tenths that began at from_ms or later. */
void hop_line_counters_print_tenths(const struct hop_line_counters *c, int64_t from_ms, FILE *out);
