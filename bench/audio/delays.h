/* The delays of tones (tone.h) that a benchmark has found, and their percentiles. */
#pragma once

#include "bench/audio/tone.h"

enum { BENCH_DELAYS = 4000 }; /* of each kind; later ones are not kept */

struct bench_delays {
    int n[BENCH_TONE_KINDS];
    double packet_ms[BENCH_TONE_KINDS][BENCH_DELAYS], sound_ms[BENCH_TONE_KINDS][BENCH_DELAYS];
};

void bench_delays_add(struct bench_delays *delays, const struct bench_tone_delay *delay);
/* Writes "first_packet_p50":…, … "found":n,"missed":m into `out`, without braces. Sorts what it
 * has. */
void bench_delays_write(struct bench_delays *delays, unsigned missed, char *out, size_t cap);
