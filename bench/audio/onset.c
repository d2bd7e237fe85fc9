/* See onset.h. */
#include "bench/audio/onset.h"

#include "bench/audio/delays.h"
#include "media/base/clock.h"
#include "media/rtp/rtp.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_ROOMS = 200 };

static struct bench_tone *tones[MAX_ROOMS];
static struct bench_delays found;

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
        !bench_tone_hear(ctx, packet + v.payload_offset, v.payload_len, hop_now_us(), &delay))
        return;
    bench_delays_add(&found, &delay);
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

int bench_onset_measure(struct bench_meeting *meeting, int seconds)
{
    unsigned missed = 0;
    char text[768];
    hop_client_loop_run(meeting->loop, NULL, NULL, (int64_t)seconds * 1000000);
    for (int i = 0; i < meeting->n_rooms; i++) {
        missed += bench_tone_missed(tones[i]);
        bench_tone_free(tones[i]);
    }
    bench_delays_write(&found, missed, text, sizeof(text));
    printf("{%s}\n", text);
    return 0;
}
