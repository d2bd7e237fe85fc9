/* See delays.h. */
#include "bench/audio/delays.h"

#include <stdio.h>
#include <stdlib.h>

void bench_delays_add(struct bench_delays *d, const struct bench_tone_delay *delay)
{
    int n = d->n[delay->kind];
    if (n == BENCH_DELAYS)
        return;
    d->packet_ms[delay->kind][n] = delay->packet_ms;
    d->sound_ms[delay->kind][n] = delay->sound_ms;
    d->n[delay->kind]++;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int write_values(const char *name, double *values, int n, char *out, size_t cap)
{
    qsort(values, (size_t)n, sizeof(*values), by_value);
    return snprintf(out, cap, "\"%s_p50\":%.2f,\"%s_p95\":%.2f,", name,
                    n ? values[(n - 1) / 2] : 0.0, name, n ? values[(n - 1) * 95 / 100] : 0.0);
}

void bench_delays_write(struct bench_delays *d, unsigned missed, char *out, size_t cap)
{
    static const char *const names[BENCH_TONE_KINDS][2] = { { "at_once_packet", "at_once_sound" },
                                                            { "first_packet", "first_sound" },
                                                            { "change_packet", "change_sound" } };
    size_t at = 0;
    int found = 0;
    for (int kind = 0; kind < BENCH_TONE_KINDS; kind++) {
        at += (size_t)write_values(names[kind][0], d->packet_ms[kind], d->n[kind], out + at,
                                   cap - at);
        at +=
            (size_t)write_values(names[kind][1], d->sound_ms[kind], d->n[kind], out + at, cap - at);
        found += d->n[kind];
    }
    snprintf(out + at, cap - at, "\"found\":%d,\"missed\":%u", found, missed);
}
