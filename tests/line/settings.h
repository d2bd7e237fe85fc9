/* What one direction of an impaired line is like, and the words that say so: "rate=600k
 * buffer=300ms delay=25ms jitter=5ms:normal loss=5% burst=8". Plain data; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum hop_line_jitter {
    HOP_LINE_UNIFORM,     /* 0 to jitter_ns */
    HOP_LINE_NORMAL,      /* the positive half, jitter_ns its standard deviation */
    HOP_LINE_EXPONENTIAL, /* jitter_ns its mean: mostly small, now and then long */
};

struct hop_line_settings {
    int64_t rate_bps;     /* of whole IP packets; 0: no limit, and no queue */
    int64_t buffer_ns;    /* of the drop-tail queue, at the rate of the moment; 0: buffer_bytes */
    int64_t buffer_bytes; /* used when buffer_ns is 0 */
    int64_t delay_ns;     /* one way, added behind the queue */
    int64_t jitter_ns;    /* see enum hop_line_jitter; 0: none */
    enum hop_line_jitter jitter;
    bool reorder; /* a packet that is delayed less may overtake */
    double loss;  /* share of packets lost in the long run, 0 to 1; behind the queue */
    double burst; /* mean length of a bad phase in packets (Gilbert-Elliott); 1 or less: random */
    double bad_loss; /* share lost within a bad phase, at least `loss` */
};

/* A line that changes nothing, with 200 ms of buffer as soon as it gets a rate. */
struct hop_line_settings hop_line_settings_default(void);

/* Applies "key=value key=value …" in order; "clean" is the default. -EINVAL with the word that is
 * wrong in bad (at most 63 characters); then settings is untouched. */
int hop_line_settings_parse(const char *text, struct hop_line_settings *settings, char bad[64]);
