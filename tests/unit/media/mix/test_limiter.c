/* The soft limiter and the levels. */
#include "media/mix/level.h"
#include "media/mix/limiter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Whole periods: one frame continues another, and loudness changes where the sine is 0. */
static void sine(float *pcm, double amplitude)
{
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        pcm[i] = (float)(amplitude * sin(2 * M_PI * 8 * i / HOP_MIX_FRAME));
}

static float peak_of(const float *pcm)
{
    float peak = 0;
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        peak = fmaxf(peak, fabsf(pcm[i]));
    return peak;
}

static void test_quiet_passes_untouched(void **state)
{
    struct hop_limiter limiter;
    float in[HOP_MIX_FRAME], out[HOP_MIX_FRAME];
    (void)state;

    hop_limiter_init(&limiter);
    for (int f = 0; f < 5; f++) {
        sine(in, 0.8);
        hop_limiter_run(&limiter, in, out);
        assert_memory_equal(in, out, sizeof(in));
    }
}

static void test_loud_never_clips_and_comes_back(void **state)
{
    struct hop_limiter limiter;
    float in[HOP_MIX_FRAME], out[HOP_MIX_FRAME];
    (void)state;

    hop_limiter_init(&limiter);
    for (int f = 0; f < 20; f++) {
        sine(in, f % 2 ? 16.0 : 4.0);
        hop_limiter_run(&limiter, in, out);
        assert_true(peak_of(out) < 1.0f);
    }
    assert_true(limiter.gain < 0.25f);
    for (int f = 0; f < 60; f++) {
        sine(in, 0.5);
        hop_limiter_run(&limiter, in, out);
    }
    assert_true(limiter.gain >= 1.0f);
    assert_memory_equal(in, out, sizeof(in));
}

/* Between two samples nothing jumps further than the loud sine itself does. */
static void test_gain_moves_smoothly(void **state)
{
    struct hop_limiter limiter;
    float in[HOP_MIX_FRAME], out[HOP_MIX_FRAME], last = 0;
    (void)state;

    hop_limiter_init(&limiter);
    for (int f = 0; f < 30; f++) {
        sine(in, f < 10 ? 0.5 : f < 20 ? 3.0 : 0.5);
        hop_limiter_run(&limiter, in, out);
        for (int i = 0; i < HOP_MIX_FRAME; i++) {
            assert_true(fabsf(out[i] - last) < 0.1f);
            last = out[i];
        }
    }
}

static void test_what_is_no_number_becomes_silence(void **state)
{
    struct hop_limiter limiter;
    float in[HOP_MIX_FRAME], out[HOP_MIX_FRAME];
    (void)state;

    hop_limiter_init(&limiter);
    sine(in, 0.5);
    in[3] = NAN;
    in[500] = INFINITY;
    in[600] = -1e30f;
    hop_limiter_run(&limiter, in, out);
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        assert_true(fabsf(out[i]) < 1.0f);
    assert_true(isfinite(limiter.gain));
}

static void test_levels(void **state)
{
    float pcm[HOP_MIX_FRAME];
    (void)state;

    for (int i = 0; i < HOP_MIX_FRAME; i++)
        pcm[i] = i % 2 ? 1.0f : -1.0f;
    assert_int_equal(hop_level_from_power(hop_level_power(pcm, HOP_MIX_FRAME)), 0);
    memset(pcm, 0, sizeof(pcm));
    assert_int_equal(hop_level_from_power(hop_level_power(pcm, HOP_MIX_FRAME)), 127);
    assert_int_equal(hop_level_from_power(NAN), 127);
    assert_int_equal(hop_level_from_power(100.0f), 0);
    assert_int_equal(hop_level_from_power(0.01f), 20);
    for (int level = 0; level < 127; level++)
        assert_int_equal(hop_level_from_power(hop_level_to_power((uint8_t)level)), level);
    assert_true(hop_level_to_power(127) <= 0.0f);
    assert_true(hop_level_power(pcm, 0) <= 0.0f);
    pcm[7] = -0.25f;
    assert_true(fabsf(hop_level_peak(pcm, HOP_MIX_FRAME) - 0.25f) < 1e-9f);
    pcm[8] = -NAN;
    assert_true(isinf(hop_level_peak(pcm, HOP_MIX_FRAME)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet_passes_untouched),
        cmocka_unit_test(test_loud_never_clips_and_comes_back),
        cmocka_unit_test(test_gain_moves_smoothly),
        cmocka_unit_test(test_what_is_no_number_becomes_silence),
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
