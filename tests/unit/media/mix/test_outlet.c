/* How a pause ends: silence that is encoded, then frames of no bytes, then nothing; and what comes
 * after it is heard without a click. */
#include "media/mix/outlet.h"

#include <math.h>
#include <opus.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct sender {
    struct hop_encoders encoders;
    struct hop_outlet outlet;
    enum hop_audio_variant variant;
    int n;
};

static void begin(struct sender *s, enum hop_audio_variant variant)
{
    *s = (struct sender){ .variant = variant };
    s->encoders.params =
        (struct hop_audio_params){ .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40 };
    hop_outlet_init(&s->outlet);
    assert_int_equal(hop_outlet_begin(&s->outlet, &s->encoders, variant, 50, NULL, 0), 0);
}

static void end(struct sender *s)
{
    hop_outlet_close(&s->outlet, &s->encoders);
    hop_encoders_clear(&s->encoders);
}

/* 440 Hz, or silence. */
static struct hop_audio_payload frame(struct sender *s, bool tone)
{
    float pcm[HOP_MIX_FRAME] = { 0 };
    struct hop_audio_payload out = { 0 };
    for (int i = 0; tone && i < HOP_MIX_FRAME; i++)
        pcm[i] = 0.3f * sinf(2 * (float)M_PI * 440 * (float)(s->n * HOP_MIX_FRAME + i) / 48000);
    s->n++;
    hop_outlet_limit(&s->outlet, pcm, pcm);
    hop_outlet_encode(&s->outlet, s->variant, pcm, &out);
    return out;
}

static void ends_a_pause_with_empty_frames(enum hop_audio_variant variant)
{
    struct sender s;
    begin(&s, variant);
    struct hop_audio_payload last = { 0 }, out;
    for (int i = 0; i < 20; i++)
        last = frame(&s, true);
    assert_true(last.len > 2);
    for (int i = 0; i < HOP_OUTLET_FADE; i++)
        assert_true((last = frame(&s, false)).len > 2);
    for (int i = HOP_OUTLET_FADE; i < HOP_OUTLET_TRAIL; i++) {
        out = frame(&s, false);
        assert_int_equal(out.len, 1);
        assert_int_equal(out.data[0], last.data[0] & 0xfc); /* the same mode, one frame of 20 ms */
        assert_int_equal(opus_packet_get_samples_per_frame(out.data, 48000), HOP_MIX_FRAME);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(frame(&s, false).len, 0);
    assert_true(frame(&s, true).alone);
    end(&s);
}

static void clean(void **state)
{
    (void)state;
    ends_a_pause_with_empty_frames(HOP_AUDIO_CLEAN);
}

static void lossy(void **state)
{
    (void)state;
    ends_a_pause_with_empty_frames(HOP_AUDIO_LOSSY);
}

/* Sound comes back after 1, 2, … silent frames: whatever was sent of them, nothing cracks. */
static void comes_back_at_any_time(void **state)
{
    (void)state;
    for (int pause = 1; pause <= HOP_OUTLET_TRAIL + 1; pause++) {
        struct sender s;
        float pcm[HOP_MIX_FRAME], before = 0, jump = 0;
        begin(&s, HOP_AUDIO_CLEAN);
        OpusDecoder *decoder = opus_decoder_create(48000, 1, NULL);
        for (int i = 0; i < 60; i++) {
            struct hop_audio_payload out = frame(&s, i < 20 || i >= 20 + pause);
            if (out.len == 0)
                continue;
            assert_int_equal(opus_decode_float(decoder, out.data, out.len, pcm, HOP_MIX_FRAME, 0),
                             HOP_MIX_FRAME);
            for (int k = 0; k < HOP_MIX_FRAME; k++, before = pcm[k - 1])
                if (i > 20 && fabsf(pcm[k] - before) > jump)
                    jump = fabsf(pcm[k] - before);
        }
        opus_decoder_destroy(decoder);
        end(&s);
        assert_true(jump < 0.15f); /* 0.018 within the tone; it begins at any phase */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean),
        cmocka_unit_test(lossy),
        cmocka_unit_test(comes_back_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
