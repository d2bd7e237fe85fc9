/* The native client's ear: tests/client/meter tells tones apart by at least 50 dB. */
#include "tests/client/meter.h"

#include <math.h>
#include <opus.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FRAME = 960 };

/* Encodes the sum of two sines and feeds it, leaving out every lose-th packet. */
static void feed(struct hop_client_meter *m, double hz1, double a1, double hz2, double a2,
                 int frames, int lose)
{
    int err, skipped = 0;
    OpusEncoder *e = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &err);
    assert_non_null(e);
    opus_encoder_ctl(e, OPUS_SET_BITRATE(64000));
    for (int i = 0; i < frames; i++) {
        float pcm[FRAME];
        uint8_t packet[1275];
        for (int k = 0; k < FRAME; k++) {
            double t = (double)(i * FRAME + k) / 48000;
            pcm[k] = (float)(a1 * sin(2 * M_PI * hz1 * t) + a2 * sin(2 * M_PI * hz2 * t));
        }
        int n = opus_encode_float(e, pcm, FRAME, packet, sizeof(packet));
        assert_true(n > 0);
        if (lose && i % lose == lose - 1) {
            skipped++;
            continue;
        }
        hop_client_meter_packet(m, packet, (size_t)n, (unsigned)skipped);
        skipped = 0;
    }
    opus_encoder_destroy(e);
}

static void tones_are_told_apart(void **state)
{
    (void)state;
    struct hop_client_meter *m;
    assert_int_equal(hop_client_meter_new(&m), 0);
    feed(m, 440, 0.3, 1000, 0.1, 60, 0);
    double loud = hop_client_meter_tone_db(m, 440, 24000);
    double soft = hop_client_meter_tone_db(m, 1000, 24000);
    assert_true(fabs(loud - 20 * log10(0.3)) < 0.5);
    assert_true(fabs(soft - 20 * log10(0.1)) < 0.5);
    const double others[] = { 300, 540, 640, 880, 1320, 2000 };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_true(hop_client_meter_tone_db(m, others[i], 24000) < loud - 50);
    double power = hop_client_meter_power_db(m, 24000);
    assert_true(fabs(power - 10 * log10(0.3 * 0.3 + 0.1 * 0.1)) < 0.5);
    hop_client_meter_free(m);
}

static void silence_follows(void **state)
{
    (void)state;
    struct hop_client_meter *m;
    assert_int_equal(hop_client_meter_new(&m), 0);
    assert_true(hop_client_meter_tone_db(m, 440, 24000) == -200);
    feed(m, 440, 0.3, 1000, 0, 60, 0);
    hop_client_meter_silence(m, 24000);
    assert_true(hop_client_meter_tone_db(m, 440, 24000) == -200);
    assert_true(hop_client_meter_tone_db(m, 440, 48000) > -40);
    hop_client_meter_silence(m, 10000000);
    assert_true(hop_client_meter_power_db(m, 48000) == -200);
    hop_client_meter_free(m);
}

static void losses_are_concealed_and_counted(void **state)
{
    (void)state;
    struct hop_client_meter *m;
    uint32_t decoded, concealed, broken;
    assert_int_equal(hop_client_meter_new(&m), 0);
    feed(m, 440, 0.3, 1000, 0, 100, 10);
    hop_client_meter_counts(m, &decoded, &concealed, &broken);
    assert_int_equal(decoded, 90);
    assert_int_equal(concealed, 9); /* the last one is not yet noticed */
    assert_int_equal(broken, 0);
    hop_client_meter_packet(m, (const uint8_t *)"\xff\xff\xff", 3, 0);
    hop_client_meter_counts(m, &decoded, &concealed, &broken);
    assert_int_equal(broken, 1);
    hop_client_meter_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tones_are_told_apart),
        cmocka_unit_test(silence_follows),
        cmocka_unit_test(losses_are_concealed_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
