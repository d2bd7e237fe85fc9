/* How long speech is under way on bad lines: generated from a seed after the shapes that such lines
 * have, in virtual time, through the whole mixing kernel. What is measured is the sound: where each
 * 100 ms of what was said are in the mix. */
#include "bench/mix/cases.h"
#include "tests/audio/measure.h"
#include "tests/audio/scene.h"

#include <stdlib.h>

enum { SECONDS = 40, PIECE = AUDIO_RATE / 10, MOST = SECONDS * 10, LAG = AUDIO_RATE * 4 / 10 };

/* A few ms, and now and then the air is taken for up to 90 ms: what was held comes at once. */
static int64_t wifi(unsigned *seed, int64_t *until_us, int64_t sent_us)
{
    if (audio_draw(seed, 60) == 0)
        *until_us = sent_us + 20000 + audio_draw(seed, 70000);
    return (*until_us > sent_us ? *until_us - sent_us : 0) + audio_draw(seed, 5000);
}

/* Slots of 10 ms, a load that comes and goes, a handover of 150 ms every ten seconds. */
static int64_t mobile(unsigned *seed, int64_t *wave_us, int64_t sent_us)
{
    *wave_us += (int64_t)audio_draw(seed, 8001) - 4000;
    if (*wave_us < 0 || *wave_us > 40000)
        *wave_us = *wave_us < 0 ? 0 : 40000;
    int64_t into_us = sent_us % 10000000;
    int64_t held_us = into_us < 150000 && sent_us > 10000000 ? 150000 - into_us : 0;
    int64_t way_us = held_us > *wave_us ? held_us : *wave_us;
    return way_us + 10000 - (sent_us + way_us) % 10000;
}

/* Steady, but for three seconds of every fifteen ±60 ms. */
static int64_t satellite(unsigned *seed, int64_t *state, int64_t sent_us)
{
    (void)state;
    int64_t into_us = sent_us % 15000000;
    return audio_draw(seed, into_us >= 5000000 && into_us < 8000000 ? 120001 : 4000);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double *values, int n, int p)
{
    qsort(values, (size_t)n, sizeof(*values), by_value);
    return n ? values[(n - 1) * p / 100] : 0;
}

static double line_p97_ms(const struct audio_scene *scene)
{
    double late_ms[SECONDS * 50];
    int n = 0;
    for (int i = 100; i < scene->n_packets; i++)
        if (scene->late_us[i] >= 0)
            late_ms[n++] = (double)scene->late_us[i] / 1000;
    return percentile(late_ms, n, 97);
}

/* Over the fastest packet of the line, without what the sender needs. */
static double delay_ms(int lag)
{
    return (double)lag * 1000 / AUDIO_RATE +
           (double)(AUDIO_PHASE_US - AUDIO_SENDER_US - AUDIO_PATH_US) / 1000;
}

static void measure(const char *name, int64_t (*line)(unsigned *, int64_t *, int64_t),
                    const struct audio_speech *speech, bool bursts)
{
    double delays_ms[MOST], worst_ms = 0;
    int n = 0;
    struct audio_scene scene = {
        .seconds = SECONDS,
        .n_voices = 1,
        .voices = { { .peer = 1,
                      .pcm = speech->pcm,
                      .n = speech->n,
                      .line = { .seed = 7, .extra_us = line, .fec = true } } },
    };
    audio_scene_run(&scene);
    for (int from = 2 * AUDIO_RATE; from + PIECE + LAG < scene.n && n < MOST; from += PIECE) {
        double alike;
        if (audio_power_db(speech->pcm + from, PIECE) < -35)
            continue;
        int lag = audio_align(speech->pcm + from, PIECE, scene.mix + from, scene.n - from, 0, LAG,
                              &alike);
        if (alike < 0.5)
            continue; /* half of it was invented, or it was stretched just there */
        delays_ms[n++] = delay_ms(lag);
        int into_ms = from * 10 / (AUDIO_RATE / 100) % 15000;
        if (bursts && into_ms >= 13000 && delay_ms(lag) > worst_ms)
            worst_ms = delay_ms(lag);
    }
    double line_ms = line_p97_ms(&scene);
    bench_report(name, "the line, p97", line_ms, "ms", -1);
    bench_report(name, "speech in the mix, p50", percentile(delays_ms, n, 50), "ms", -1);
    bench_report(name, "speech in the mix, p95", percentile(delays_ms, n, 95), "ms", line_ms + 40);
    if (bursts)
        bench_report(name, "five seconds after a burst, worst", worst_ms, "ms", 45);
    audio_scene_free(&scene);
}

void bench_line_cases(void)
{
    struct audio_speech speech;
    audio_speech_make(&speech, "vi", audio_text_vi, SECONDS, 0.4f);
    measure("Wi-Fi, generated", wifi, &speech, false);
    measure("4G, generated", mobile, &speech, false);
    measure("satellite with bursts of ±60 ms, generated", satellite, &speech, true);
    audio_speech_free(&speech);
}
