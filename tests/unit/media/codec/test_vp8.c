/* VP8 payload descriptor, key frames, id rewriting and continuity; a GStreamer capture. */
#include "media/codec/vp8.h"

#include "tests/unit/media/golden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses an exactly sized copy, so that ASan sees each byte read too much. */
static int parse(const uint8_t *bytes, size_t len, struct hop_vp8_desc *d)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    int r = hop_vp8_parse(copy, len, d);
    free(copy);
    return r;
}

/* X N S PID 0; I L T K; PictureID 0x1234 in 15 bits; TL0 200; TID 2, Y, KEYIDX 17; key frame of
 * 640 x 360 with scaling bits set. */
static const uint8_t full[] = { 0xb0, 0xf0, 0x92, 0x34, 200,  0xb1, 0x50, 0x42, 0x00,
                                0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x81, 0x00 };

static void parses_every_field(void **state)
{
    (void)state;
    struct hop_vp8_desc d;
    assert_int_equal(parse(full, sizeof full, &d), 0);
    assert_true(d.non_reference && d.start && d.frame_start);
    assert_int_equal(d.partition, 0);
    assert_int_equal(d.picture_bits, 15);
    assert_int_equal(d.picture, 0x1234);
    assert_true(d.has_tl0 && d.has_tid && d.has_keyidx && d.layer_sync);
    assert_int_equal(d.tl0, 200);
    assert_int_equal(d.tid, 2);
    assert_int_equal(d.keyidx, 17);
    assert_int_equal(d.len, 6);
    assert_int_equal(d.picture_at, 2);
    assert_int_equal(d.tl0_at, 4);
    assert_true(d.keyframe);
    assert_int_equal(d.width, 640);
    assert_int_equal(d.height, 360);
}

static void refuses_truncations_and_short_key_frames(void **state)
{
    (void)state;
    struct hop_vp8_desc d = { .len = 99 };
    for (size_t len = 0; len <= 6; len++)
        assert_int_equal(parse(full, len, &d), -EINVAL);
    assert_int_equal(d.len, 99);
    for (size_t len = 7; len < 16; len++) {
        assert_int_equal(parse(full, len, &d), 0);
        assert_false(d.keyframe);
    }
}

static void minimal_and_seven_bit(void **state)
{
    (void)state;
    struct hop_vp8_desc d;
    const uint8_t plain[] = { 0x10, 0x01 };
    assert_int_equal(parse(plain, 2, &d), 0);
    assert_int_equal(d.len, 1);
    assert_true(d.frame_start);
    assert_int_equal(d.picture_bits, 0);
    assert_false(d.keyframe);
    const uint8_t seven[] = { 0x80, 0x80, 0x7f, 0x00 };
    assert_int_equal(parse(seven, 4, &d), 0);
    assert_int_equal(d.picture_bits, 7);
    assert_int_equal(d.picture, 127);
    assert_false(d.frame_start);
    const uint8_t later_partition[] = { 0x13, 0x00, 0, 0, 0x9d, 1, 0x2a, 1, 0, 1, 0 };
    assert_int_equal(parse(later_partition, sizeof later_partition, &d), 0);
    assert_false(d.frame_start || d.keyframe);
}

static void rewrites_in_place(void **state)
{
    (void)state;
    struct hop_vp8_desc d, e;
    uint8_t p[sizeof full];
    memcpy(p, full, sizeof p);
    assert_int_equal(hop_vp8_parse(p, sizeof p, &d), 0);
    hop_vp8_rewrite(p, &d, 0xffff, 7);
    assert_int_equal(hop_vp8_parse(p, sizeof p, &e), 0);
    assert_int_equal(e.picture, 0x7fff);
    assert_int_equal(e.tl0, 7);
    p[2] = full[2];
    p[3] = full[3];
    p[4] = full[4];
    assert_memory_equal(p, full, sizeof p);
    uint8_t seven[] = { 0x80, 0x80, 0x7f, 0x00 };
    assert_int_equal(hop_vp8_parse(seven, 4, &d), 0);
    hop_vp8_rewrite(seven, &d, 0x1285, 7);
    const uint8_t want[] = { 0x80, 0x80, 0x05, 0x00 };
    assert_memory_equal(seven, want, 4);
}

/* ---- continuity ---------------------------------------------------------------------------------
 */

static struct hop_vp8_desc frame(uint16_t picture, uint8_t tl0)
{
    return (
        struct hop_vp8_desc){ .picture_bits = 15, .picture = picture, .has_tl0 = true, .tl0 = tl0 };
}

static void expect(struct hop_vp8_map *m, uint16_t in, uint8_t in_tl0, uint16_t out,
                   uint8_t out_tl0)
{
    struct hop_vp8_desc d = frame(in, in_tl0);
    uint16_t picture;
    uint8_t tl0;
    assert_true(hop_vp8_map_in(m, &d, &picture, &tl0));
    assert_int_equal(picture, out);
    assert_int_equal(tl0, out_tl0);
}

static void refuse(struct hop_vp8_map *m, uint16_t in)
{
    struct hop_vp8_desc d = frame(in, 0);
    uint16_t picture;
    uint8_t tl0;
    assert_false(hop_vp8_map_in(m, &d, &picture, &tl0));
}

static void switches_continue_over_wraps(void **state)
{
    (void)state;
    struct hop_vp8_map m;
    hop_vp8_map_init(&m, 0x7ffe, 254);
    expect(&m, 500, 10, 0x7ffe, 254);
    expect(&m, 500, 10, 0x7ffe, 254); /* the frame's second packet */
    expect(&m, 502, 12, 0, 0);
    expect(&m, 501, 11, 0x7fff, 255); /* late */
    refuse(&m, 499);
    hop_vp8_map_switch(&m);
    expect(&m, 0x7fff, 255, 1, 1);
    expect(&m, 0, 0, 2, 2);
    refuse(&m, 0x7ffe);
    expect(&m, 0x7fff, 255, 1, 1);
    hop_vp8_map_switch(&m);
    expect(&m, 3, 77, 3, 3);
}

static void dropped_frames_leave_no_gap(void **state)
{
    (void)state;
    struct hop_vp8_map m;
    struct hop_vp8_desc d = frame(11, 5);
    hop_vp8_map_init(&m, 100, 0);
    hop_vp8_map_drop(&m, &d);
    expect(&m, 10, 5, 100, 0);
    hop_vp8_map_drop(&m, &d);
    hop_vp8_map_drop(&m, &d); /* its second packet */
    expect(&m, 12, 6, 101, 1);
    refuse(&m, 11);
    d = frame(14, 7);
    hop_vp8_map_drop(&m, &d);
    expect(&m, 15, 7, 103, 2);
    expect(&m, 13, 6, 102, 1);
}

static void the_window_is_bounded(void **state)
{
    (void)state;
    struct hop_vp8_map m;
    hop_vp8_map_init(&m, 0, 0);
    expect(&m, 1000, 0, 0, 0);
    expect(&m, 1000 + HOP_VP8_WINDOW, 0, HOP_VP8_WINDOW, 0);
    refuse(&m, 1000);
    expect(&m, 1001, 0, 1, 0);
    expect(&m, 1000 + 0x3000, 0, 0x3000, 0);
    /* Half a cycle ahead is behind: refused, not followed. */
    refuse(&m, (uint16_t)((1000 + 0x3000 + 0x4000) & 0x7fff));
}

static void seven_bits_and_none(void **state)
{
    (void)state;
    struct hop_vp8_map m;
    uint16_t picture;
    uint8_t tl0;
    hop_vp8_map_init(&m, 0, 0);
    for (unsigned i = 0; i < 300; i++) {
        struct hop_vp8_desc d = { .picture_bits = 7, .picture = (120 + i) & 0x7f };
        assert_true(hop_vp8_map_in(&m, &d, &picture, &tl0));
        assert_int_equal(picture, i);
    }
    hop_vp8_map_switch(&m);
    struct hop_vp8_desc none = { .has_tl0 = true, .tl0 = 9 };
    assert_true(hop_vp8_map_in(&m, &none, &picture, &tl0));
    hop_vp8_map_drop(&m, &none);
    assert_true(hop_vp8_map_in(&m, &none, &picture, &tl0));
}

/* ---- capture ------------------------------------------------------------------------------------
 */

static void capture(void **state)
{
    (void)state;
    struct golden g;
    const uint8_t *p;
    size_t len;
    struct hop_vp8_map m;
    int packets = 0, frames = 0, keys = 0;
    uint16_t last = 0;
    golden_open(&g, "vp8.rtp");
    hop_vp8_map_init(&m, 1000, 0);
    while ((p = golden_next(&g, &len))) {
        struct hop_vp8_desc d;
        assert_int_equal(parse(p + 12, len - 12, &d), 0);
        assert_int_equal(d.picture_bits, 15);
        packets++;
        frames += d.frame_start;
        if (d.keyframe) {
            keys++;
            assert_int_equal(d.width, 640);
            assert_int_equal(d.height, 360);
        }
        uint8_t tl0;
        assert_true(hop_vp8_map_in(&m, &d, &last, &tl0));
        assert_int_equal(last, 1000 + frames - 1); /* over the wrap from 0x7fff to 0 */
    }
    assert_int_equal(packets, 17);
    assert_int_equal(frames, 16);
    assert_int_equal(keys, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_every_field),
        cmocka_unit_test(refuses_truncations_and_short_key_frames),
        cmocka_unit_test(minimal_and_seven_bit),
        cmocka_unit_test(rewrites_in_place),
        cmocka_unit_test(switches_continue_over_wraps),
        cmocka_unit_test(dropped_frames_leave_no_gap),
        cmocka_unit_test(the_window_is_bounded),
        cmocka_unit_test(seven_bits_and_none),
        cmocka_unit_test(capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
