/* What is left of real speech after bad lines: words, gaps, delay. */
#include "tests/audio/measure.h"
#include "tests/audio/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BEGIN_US = 500000, BEGIN = AUDIO_RATE / 2, MS = AUDIO_RATE / 1000 };

/* A few ms, and now and then the air is taken for up to 90 ms. */
static int64_t wifi(unsigned *seed, int64_t *until_us, int64_t sent_us)
{
    if (audio_draw(seed, 60) == 0)
        *until_us = sent_us + 20000 + audio_draw(seed, 70000);
    return (*until_us > sent_us ? *until_us - sent_us : 0) + audio_draw(seed, 5000);
}

/* Steady, but ±60 ms from the second to the fifth second. */
static int64_t burst(unsigned *seed, int64_t *state, int64_t sent_us)
{
    (void)state;
    return audio_draw(seed, sent_us >= 2000000 && sent_us < 5000000 ? 120001 : 2000);
}

static struct audio_report run(const struct audio_speech *speech, struct audio_line line, int slack,
                               struct hop_mixer_stats *stats)
{
    struct audio_scene scene = {
        .seconds = (double)speech->n / AUDIO_RATE + 1,
        .n_voices = 1,
        .n_ears = 1,
        .voices = { { .peer = 1,
                      .pcm = speech->pcm,
                      .n = speech->n,
                      .begin_us = BEGIN_US,
                      .line = line } },
        .ears = { { .peer = 2 } },
    };
    audio_scene_run(&scene);
    struct audio_report r =
        audio_compare(speech, BEGIN, scene.ears[0].heard, scene.n, slack / 2, slack / 2);
    if (stats)
        *stats = scene.stats;
    audio_scene_free(&scene);
    return r;
}

static void say(const char *what, const struct audio_report *r)
{
    print_message(
        "%-34s %2d words, %d lost; longest gap %2d ms; SI-SDR %5.1f dB, spectral distance "
        "%4.1f dB; delay %d to %d ms\n",
        what, r->words, r->lost, r->longest_gap_ms, r->si_sdr_db, r->distance_db, r->lag_least / MS,
        r->lag_most / MS);
}

static void make(struct audio_speech *speech, int which, double seconds)
{
    static const char *const voices[] = { "vi", "en-us", "vi-vn-x-south+f3", "en-gb+f4" };
    audio_words_make(speech, voices[which % 4], which % 2 ? audio_words_en : audio_words_vi,
                     seconds, 0.5f);
}

static void test_a_clean_line_loses_nothing(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct audio_speech speech;
        make(&speech, which, 9);
        struct audio_report r =
            run(&speech, (struct audio_line){ .seed = 1, .fec = true }, 200 * MS, NULL);
        say("clean", &r);
        assert_true(r.words >= 10);
        assert_int_equal(r.lost, 0);
        assert_true(r.longest_gap_ms <= 10);
        assert_true(r.si_sdr_db > 3);
        assert_true(r.lag_most <= 100 * MS);
        audio_speech_free(&speech);
    }
}

static void test_five_percent_loss_costs_no_word(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++)
        for (unsigned seed = 1; seed <= 2; seed++) {
            struct audio_speech speech;
            make(&speech, which, 9);
            struct audio_line line = { .seed = seed + 10, .loss_percent = 5, .fec = true };
            struct audio_report r = run(&speech, line, 300 * MS, NULL);
            say("5 % loss, FEC", &r);
            assert_int_equal(r.lost, 0);
            assert_true(r.longest_gap_ms <= 60);
            line.fec = false;
            r = run(&speech, line, 300 * MS, NULL);
            say("5 % loss, neither FEC nor RED", &r);
            assert_int_equal(r.lost, 0);
            assert_true(r.longest_gap_ms <= 60);
            audio_speech_free(&speech);
        }
}

/* The same packets are lost in all three. */
static void test_fifteen_percent_loss_is_intelligible(void **state)
{
    double sdr[3] = { 0 }, distance[3] = { 0 };
    int words = 0, lost[3] = { 0 };
    (void)state;
    for (int which = 0; which < 4; which++)
        for (int kind = 0; kind < 3; kind++) {
            static const char *const names[] = { "15 % loss, neither", "15 % loss, FEC",
                                                 "15 % loss, RED" };
            struct audio_speech speech;
            make(&speech, which, 10);
            struct audio_line line = {
                .seed = 31 + (unsigned)which, .loss_percent = 15, .fec = kind == 1, .red = kind == 2
            };
            struct audio_report r = run(&speech, line, 400 * MS, NULL);
            say(names[kind], &r);
            sdr[kind] += r.si_sdr_db / 4;
            distance[kind] += r.distance_db / 4;
            lost[kind] += r.lost;
            words += kind == 0 ? r.words : 0;
            audio_speech_free(&speech);
        }
    print_message(
        "15 %% loss, four voices, %d words: lost %d, with FEC %d, with RED %d; SI-SDR %.1f, "
        "%.1f, %.1f dB; spectral distance %.1f, %.1f, %.1f dB\n",
        words, lost[0], lost[1], lost[2], sdr[0], sdr[1], sdr[2], distance[0], distance[1],
        distance[2]);
    assert_true(lost[1] * 50 <= words && lost[2] == 0);
    assert_true(distance[1] < distance[0]);
    assert_true(distance[2] < distance[0] - 0.5);
    assert_true(sdr[2] > sdr[0] + 1);
}

/* After a burst the delay shrinks while he talks on. */
static void test_a_shrinking_delay_makes_no_gap(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 4; seed++) {
        struct audio_speech speech;
        make(&speech, (int)seed, 12);
        struct audio_line line = { .seed = seed, .extra_us = burst, .fec = true };
        struct audio_report r = run(&speech, line, 500 * MS, NULL);
        say("a burst of ±60 ms for 3 s", &r);
        assert_int_equal(r.lost, 0);
        assert_true(r.lag_most > r.lag_least + 30 * MS); /* it did shrink */
        assert_true(r.longest_gap_ms <= 60);             /* in the burst */
        /* after it: the words from the sixth second on */
        struct audio_speech late = speech;
        late.n_words = 0;
        for (int w = 0; w < speech.n_words; w++)
            if (speech.words[w].from > 5 * AUDIO_RATE)
                late.words[late.n_words++] = speech.words[w];
        r = run(&late, line, 500 * MS, NULL);
        say("  of it after the burst", &r);
        assert_true(r.longest_gap_ms <= 10);
        audio_speech_free(&speech);
    }
}

static void test_wifi(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 4; seed++) {
        struct audio_speech speech;
        make(&speech, (int)seed, 10);
        struct audio_line line = { .seed = seed, .extra_us = wifi, .fec = true };
        struct audio_report r = run(&speech, line, 400 * MS, NULL);
        say("Wi-Fi", &r);
        assert_int_equal(r.lost, 0);
        assert_true(r.longest_gap_ms <= 60);
        audio_speech_free(&speech);
    }
}

/* Five minutes at 200 ppm make up 60 ms; two hours at 100 ppm of the jitter buffer alone are in
 * test_jitter_traces.c. */
static void test_drift_does_not_grow_the_delay(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct audio_speech words, whole = { 0 };
        audio_words_make(&words, "vi", audio_words_vi, 10, 0.5f);
        whole.n = 300 * AUDIO_RATE;
        whole.pcm = calloc((size_t)whole.n, sizeof(float));
        for (int i = 0; i < whole.n; i++)
            whole.pcm[i] = words.pcm[i % words.n];
        struct audio_scene scene = { .seconds = 300,
                                     .n_voices = 1,
                                     .voices = {
                                         { .peer = 1,
                                           .pcm = whole.pcm,
                                           .n = whole.n,
                                           .line = { .seed = 5, .drift_ppm = 200 * sign } } } };
        audio_scene_run(&scene);
        int first = 0, last = 0;
        for (int part = 0; part < 10; part++) {
            int from = (part * 30 + 10) * AUDIO_RATE;
            struct audio_report r =
                audio_compare(&words, from, scene.mix, scene.n, 100 * MS, 150 * MS);
            /* the clock itself has moved by this */
            int moved = (int)(from * 200.0 / 1e6) * sign;
            if (part == 0)
                first = r.lag_most - moved;
            last = r.lag_most - moved;
            assert_int_equal(r.lost, 0);
            assert_true(r.longest_gap_ms <= 15);
        }
        print_message("%+d ppm: delay %d ms at 10 s, %d at 280 s; %u concealed\n", 200 * sign,
                      first / MS, last / MS, scene.stats.jitter.concealed);
        assert_true(abs(last - first) <= 20 * MS);
        audio_scene_free(&scene);
        audio_speech_free(&whole);
        audio_speech_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clean_line_loses_nothing),
        cmocka_unit_test(test_five_percent_loss_costs_no_word),
        cmocka_unit_test(test_fifteen_percent_loss_is_intelligible),
        cmocka_unit_test(test_a_shrinking_delay_makes_no_gap),
        cmocka_unit_test(test_wifi),
        cmocka_unit_test(test_drift_does_not_grow_the_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
