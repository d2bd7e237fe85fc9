/* Time-stretching by whole pitch periods: nothing is heard but the tempo. */
#include "media/mix/stretch.h"
#include "tests/unit/media/mix/tones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 1680, ROOM = N + HOP_STRETCH_MAX };

static float pcm[ROOM];

static void tone(double hz, double amplitude)
{
    memset(pcm, 0, sizeof(pcm));
    for (int i = 0; i < N; i++)
        pcm[i] = (float)(amplitude * sin(2 * M_PI * hz * i / TONE_RATE));
}

static void test_a_tone_stays_a_tone(void **state)
{
    static const double tones[] = { 90, 133, 210, 440, 1530, 5310 };
    (void)state;
    for (int i = 0; i < 6; i++) {
        tone(tones[i], 0.3);
        int shorter = hop_stretch_shorten(pcm, N, HOP_STRETCH_MAX, 0.85f);
        assert_in_range(shorter, HOP_STRETCH_MIN, HOP_STRETCH_MAX);
        assert_true(tone_residual_db(pcm, tones[i]) < -35);
        tone(tones[i], 0.3);
        int longer = hop_stretch_lengthen(pcm, N, HOP_STRETCH_MAX, 0.85f);
        assert_in_range(longer, HOP_STRETCH_MIN, HOP_STRETCH_MAX);
        assert_true(tone_residual_db(pcm, tones[i]) < -35);
        assert_true(tone_residual_db(pcm + N + longer - TONE_FRAME, tones[i]) < -35);
    }
}

/* A tone that dies away resembles itself, but is never the same: the join goes from the one to the
 * other without a step, and beyond it the sound is the old one to the sample. */
static void test_only_the_join_changes(void **state)
{
    static float before[N];
    (void)state;

    tone(210, 0.3);
    for (int i = 0; i < N; i++)
        pcm[i] = pcm[i] * expf(-(float)i / 900.0f) + 0.1f;
    memcpy(before, pcm, sizeof(before));
    int shorter = hop_stretch_shorten(pcm, N, HOP_STRETCH_MAX, 0.85f);
    assert_true(shorter > 0 && fabsf(before[shorter] - before[0]) > 0.001f);
    assert_true(fabsf(pcm[0] - before[0]) < 1e-6f);
    int join = HOP_STRETCH_FADE;
    assert_memory_equal(pcm + join, before + join + shorter,
                        (size_t)(N - shorter - join) * sizeof(float));
    memcpy(pcm, before, sizeof(before));
    int longer = hop_stretch_lengthen(pcm, N, HOP_STRETCH_MAX, 0.85f);
    assert_memory_equal(pcm, before, (size_t)longer * sizeof(float));
    assert_true(longer > 0 && fabsf(pcm[longer] - before[longer]) < 1e-6f);
    join = longer + HOP_STRETCH_FADE;
    assert_memory_equal(pcm + join, before + HOP_STRETCH_FADE,
                        (size_t)(N - HOP_STRETCH_FADE) * sizeof(float));
}

static void test_noise_has_no_place(void **state)
{
    unsigned seed = 7;
    (void)state;
    for (int i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        pcm[i] = (float)(seed >> 8) / (float)(1 << 24) - 0.5f;
    }
    assert_int_equal(hop_stretch_shorten(pcm, N, HOP_STRETCH_MAX, 0.85f), 0);
    assert_int_equal(hop_stretch_lengthen(pcm, N, HOP_STRETCH_MAX, 0.85f), 0);
}

static void test_in_silence_any_place_will_do(void **state)
{
    (void)state;
    tone(440, 0.001);
    assert_int_equal(hop_stretch_shorten(pcm, N, 333, 2.0f), 333);
    assert_int_equal(hop_stretch_lengthen(pcm, N, 333, 2.0f), 333);
    tone(440, 0.3);
    assert_int_equal(hop_stretch_shorten(pcm, N, 333, 2.0f), 0);
}

static void test_limits(void **state)
{
    (void)state;
    tone(440, 0.3);
    assert_int_equal(hop_stretch_shorten(pcm, N, HOP_STRETCH_MIN - 1, -1.0f), 0);
    assert_int_equal(
        hop_stretch_shorten(pcm, HOP_STRETCH_FADE + HOP_STRETCH_MIN - 1, HOP_STRETCH_MAX, -1.0f),
        0);
    assert_int_equal(hop_stretch_lengthen(pcm, HOP_STRETCH_FADE, HOP_STRETCH_MAX, -1.0f), 0);
    tone(440, 0.001);
    assert_int_equal(hop_stretch_shorten(pcm, N, 100000, -1.0f), HOP_STRETCH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tone_stays_a_tone),
        cmocka_unit_test(test_only_the_join_changes),
        cmocka_unit_test(test_noise_has_no_place),
        cmocka_unit_test(test_in_silence_any_place_will_do),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
