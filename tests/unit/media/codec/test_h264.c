/* H.264 payload structures; an FFmpeg capture. Picture sizes: test_h264_sps.c. */
#include "media/codec/h264.h"

#include "tests/unit/media/golden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int parse(const uint8_t *bytes, size_t len, struct hop_h264_info *i)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    int r = hop_h264_parse(copy, len, i);
    free(copy);
    return r;
}

static void single_units(void **state)
{
    (void)state;
    struct hop_h264_info i;
    const uint8_t idr[] = { 0x65, 0x88 }, idr_later[] = { 0x65, 0x40 }, slice[] = { 0x41, 0x9a };
    const uint8_t b[] = { 0x01, 0x9a }, sps[] = { 0x67, 0 }, pps[] = { 0x68, 0 }, sei[] = { 6, 0 };
    assert_int_equal(parse(idr, 2, &i), 0);
    assert_true(i.idr && i.idr_start && i.keyframe && i.frame_start && !i.disposable);
    assert_int_equal(parse(idr_later, 2, &i), 0); /* the picture's second slice */
    assert_true(i.idr && !i.idr_start && !i.keyframe && !i.frame_start);
    assert_int_equal(parse(slice, 2, &i), 0);
    assert_true(!i.idr && !i.keyframe && i.frame_start && !i.disposable);
    assert_int_equal(parse(b, 2, &i), 0);
    assert_true(i.disposable && i.frame_start);
    assert_int_equal(parse(sps, 2, &i), 0);
    assert_true(i.sps && i.keyframe && i.frame_start && !i.idr);
    assert_int_equal(i.width, 0);
    assert_int_equal(parse(pps, 2, &i), 0);
    assert_true(i.pps && !i.keyframe && i.frame_start);
    assert_int_equal(parse(sei, 2, &i), 0);
    assert_true(!i.keyframe && i.frame_start);
    assert_int_equal(parse(idr, 1, &i), 0); /* a header without a slice: no start */
    assert_true(i.idr && !i.keyframe);
}

static void aggregates(void **state)
{
    (void)state;
    struct hop_h264_info i;
    const uint8_t stap[] = { 0x78, 0, 2, 0x67, 0, 0, 2, 0x68, 0, 0, 3, 0x65, 0x88, 1 };
    assert_int_equal(parse(stap, sizeof stap, &i), 0);
    assert_true(i.sps && i.pps && i.idr_start && i.keyframe && !i.disposable);
    for (size_t len = 1; len < sizeof stap; len++) /* whole units only */
        assert_int_equal(parse(stap, len, &i), len == 5 || len == 9 ? 0 : -EINVAL);
    const uint8_t empty_unit[] = { 0x78, 0, 0, 0, 1, 0x65 };
    assert_int_equal(parse(empty_unit, sizeof empty_unit, &i), -EINVAL);
}

static void fragments(void **state)
{
    (void)state;
    struct hop_h264_info i;
    const uint8_t begin[] = { 0x7c, 0x85, 0x88 }, middle[] = { 0x7c, 0x05, 0x88 };
    const uint8_t end[] = { 0x7c, 0x45, 0x88 }, both[] = { 0x7c, 0xc5, 0x88 };
    const uint8_t p_begin[] = { 0x5c, 0x81, 0x9a };
    assert_int_equal(parse(begin, 3, &i), 0);
    assert_true(i.idr_start && i.keyframe && i.frame_start);
    assert_int_equal(parse(middle, 3, &i), 0);
    assert_true(i.idr && !i.idr_start && !i.keyframe && !i.frame_start);
    assert_int_equal(parse(end, 3, &i), 0);
    assert_true(i.idr && !i.keyframe);
    assert_int_equal(parse(p_begin, 3, &i), 0);
    assert_true(!i.idr && i.frame_start && !i.keyframe);
    assert_int_equal(parse(both, 3, &i), -EINVAL);
    assert_int_equal(parse(begin, 2, &i), -EINVAL);
}

static void other_structures(void **state)
{
    (void)state;
    struct hop_h264_info i = { .width = 7 };
    const uint8_t types[] = { 0, 25, 26, 27, 29, 30, 31 };
    for (size_t k = 0; k < sizeof types; k++) {
        const uint8_t p[4] = { types[k], 0x85, 0x88, 0 };
        assert_int_equal(parse(p, 4, &i), -EINVAL);
    }
    assert_int_equal(parse(types, 0, &i), -EINVAL);
    assert_int_equal(i.width, 7);
}

static void capture(void **state)
{
    (void)state;
    struct golden g;
    const uint8_t *p;
    size_t len;
    int keys = 0, sps = 0, idr_starts = 0, starts = 0;
    uint32_t last_timestamp = 0;
    golden_open(&g, "h264.rtp");
    while ((p = golden_next(&g, &len))) {
        struct hop_h264_info i;
        uint32_t timestamp;
        memcpy(&timestamp, p + 4, 4);
        assert_int_equal(parse(p + 12, len - 12, &i), 0);
        if (timestamp != last_timestamp) {
            assert_true(i.frame_start);
            starts++;
        }
        last_timestamp = timestamp;
        keys += i.keyframe;
        idr_starts += i.idr_start;
        if (i.sps) {
            sps++;
            assert_true(i.pps);
            assert_int_equal(i.width, 318);
            assert_int_equal(i.height, 178);
        }
    }
    assert_int_equal(starts, 12);
    assert_int_equal(sps, 2);
    assert_int_equal(idr_starts, 2);
    assert_int_equal(keys, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_units), cmocka_unit_test(aggregates),
        cmocka_unit_test(fragments),    cmocka_unit_test(other_structures),
        cmocka_unit_test(capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
