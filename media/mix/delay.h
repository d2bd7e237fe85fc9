/* How long a stream's packets are under way, compared with its fastest ones, and how long a buffer
 * must therefore wait. Owned by a jitter buffer, called on the mix thread.
 *
 * A packet's *transit* is its arrival less its media time; the *base* is the smallest transit of
 * the last two seconds, so that it follows the drift between two clocks; a packet's *relative
 * delay* is its transit less the base. Relative delays go into a histogram of 5 ms steps, of which
 * every 20 ms of packets forget 2.5 %; a packet that came together with the one before, held up by
 * the same obstacle, counts a quarter. The target is what all but 7 % keep; these are played, too,
 * but a tick or two has to be invented before them. The histogram begins with everything at the
 * starting delay, which is forgotten like anything else.
 */
#pragma once

#include <stdint.h>

enum {
    HOP_DELAY_BUCKETS = 81, /* 0, 5, … 400 ms; longer ones count as the last */
    HOP_DELAY_BUCKET_US = 5000,
    HOP_DELAY_SPANS = 8, /* of the window of the base */
    HOP_DELAY_SPAN_US = 250000,
};

struct hop_delay {
    float share[HOP_DELAY_BUCKETS];    /* of the packets; in all 1.0 */
    int64_t least_us[HOP_DELAY_SPANS]; /* transit, INT64_MAX: no packet; ring by `span` */
    int64_t span;                      /* number of the newest */
    int64_t base_us;
    int64_t last_us, came_us; /* relative delay and arrival of the last packet */
};

/* `start_us`: the target while nothing is known. */
void hop_delay_init(struct hop_delay *delay, int64_t start_us);

/* A packet with media time `ts_us` that lasts `packet_us` came at `now_us`. Returns its relative
 * delay, at least 0. A transit more than a second off the base begins a new base. */
int64_t hop_delay_note(struct hop_delay *delay, int64_t ts_us, int64_t packet_us, int64_t now_us);

/* Forgets the base: the media time jumped. */
void hop_delay_rebase(struct hop_delay *delay);

/* The relative delay that all but 7 % of the packets keep, in whole steps. */
int64_t hop_delay_target_us(const struct hop_delay *delay);
