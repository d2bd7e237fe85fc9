/* The one question for all codecs. */
#include "media/codec/keyframe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_codec(void **state)
{
    (void)state;
    struct hop_codec_info i;
    const uint8_t vp8[] = { 0x90, 0x20, 0x40, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0 };
    assert_int_equal(hop_codec_probe(HOP_CODEC_VP8, vp8, sizeof vp8, &i), 0);
    assert_true(i.keyframe && i.frame_start && !i.discardable);
    assert_int_equal(i.tid, 1);
    assert_int_equal(i.width, 320);
    assert_int_equal(i.height, 180);
    const uint8_t h264[] = { 0x01, 0x9a };
    assert_int_equal(hop_codec_probe(HOP_CODEC_H264, h264, sizeof h264, &i), 0);
    assert_true(!i.keyframe && i.frame_start && i.discardable);
    const uint8_t opus[] = { 0xf8, 1, 2 };
    assert_int_equal(hop_codec_probe(HOP_CODEC_OPUS, opus, sizeof opus, &i), 0);
    assert_true(i.keyframe && i.frame_start && !i.discardable);
}

static void malformed_and_unknown(void **state)
{
    (void)state;
    struct hop_codec_info i = { .width = 3 };
    const uint8_t none[1] = { 0 };
    for (int codec = HOP_CODEC_NONE; codec <= HOP_CODEC_H264; codec++)
        assert_int_equal(hop_codec_probe((enum hop_codec)codec, none, 0, &i), -EINVAL);
    assert_int_equal(hop_codec_probe(HOP_CODEC_NONE, none, 1, &i), -EINVAL);
    assert_int_equal(hop_codec_probe((enum hop_codec)99, none, 1, &i), -EINVAL);
    assert_int_equal(i.width, 3);
}

static void clocks(void **state)
{
    (void)state;
    assert_int_equal(hop_codec_clock_hz(HOP_CODEC_OPUS), 48000);
    assert_int_equal(hop_codec_clock_hz(HOP_CODEC_VP8), 90000);
    assert_int_equal(hop_codec_clock_hz(HOP_CODEC_H264), 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec),
        cmocka_unit_test(malformed_and_unknown),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
