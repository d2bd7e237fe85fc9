/* See onset.h. */
#include "bench/audio/onset.h"

#include "media/base/clock.h"
#include "media/rtp/rtp.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_ROOMS = 200, MAX_DELAYS = 4000 };

static struct bench_tone *tones[MAX_ROOMS];
static struct {
    double packet_ms[MAX_DELAYS], sound_ms[MAX_DELAYS];
    int n;
} found[BENCH_TONE_KINDS];

static void *tone_of(int room, int member)
{
    (void)member;
    return tones[room];
}

static size_t voice(void *ctx, uint64_t n, uint8_t *out, size_t cap, uint8_t *level)
{
    (void)n;
    return bench_tone_packet(ctx, out, cap, level, hop_now_us());
}

static void hear(void *ctx, const uint8_t *packet, size_t len)
{
    struct hop_rtp_view v;
    struct bench_tone_delay delay;
    if (hop_rtp_parse(packet, len, &v) != 0 || v.payload_len == 0 ||
        !bench_tone_hear(ctx, packet + v.payload_offset, v.payload_len, hop_now_us(), &delay) ||
        found[delay.kind].n == MAX_DELAYS)
        return;
    found[delay.kind].packet_ms[found[delay.kind].n] = delay.packet_ms;
    found[delay.kind].sound_ms[found[delay.kind].n++] = delay.sound_ms;
}

void bench_onset_configure(struct bench_meeting_config *config, int rooms)
{
    for (int i = 0; i < rooms; i++)
        if (i >= MAX_ROOMS || !(tones[i] = bench_tone_new((unsigned)i + 1)))
            abort();
    config->members = 2;
    config->talkers = 1;
    config->silent = 0;
    config->voice = voice;
    config->tap = hear;
    config->voice_ctx = config->tap_ctx = tone_of;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_values(const char *name, double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), by_value);
    printf("\"%s_p50\":%.2f,\"%s_p95\":%.2f,", name, n ? values[(n - 1) / 2] : 0.0, name,
           n ? values[(n - 1) * 95 / 100] : 0.0);
}

int bench_onset_measure(struct bench_meeting *meeting, int seconds)
{
    unsigned missed = 0;
    hop_client_loop_run(meeting->loop, NULL, NULL, (int64_t)seconds * 1000000);
    for (int i = 0; i < meeting->n_rooms; i++) {
        missed += bench_tone_missed(tones[i]);
        bench_tone_free(tones[i]);
    }
    printf("{");
    print_values("first_packet", found[0].packet_ms, found[0].n);
    print_values("first_sound", found[0].sound_ms, found[0].n);
    print_values("change_packet", found[1].packet_ms, found[1].n);
    print_values("change_sound", found[1].sound_ms, found[1].n);
    printf("\"found\":%d,\"missed\":%u}\n", found[0].n + found[1].n, missed);
    return 0;
}
