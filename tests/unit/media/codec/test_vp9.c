/* The VP9 payload descriptor, from the figures of RFC 9628 §4.2. */
#include "media/codec/vp9.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parsed from a copy of its own, so that a read beyond the end is seen. */
static int parse(const uint8_t *bytes, size_t len, struct hop_vp9_desc *d)
{
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, bytes, len);
    int r = hop_vp9_parse(copy, len, d);
    free(copy);
    return r;
}

static void key_picture_with_structure(void **state)
{
    (void)state;
    /* I L B V; 15-bit picture 0x1234; T0 S0; TL0PICIDX 9; two layers with sizes; a group of two
     * pictures: the first with one reference (2 back), the second with one (1 back) */
    struct hop_vp9_desc d;
    static const uint8_t ok[] = { 0xaa, 0x92, 0x34, 0x00, 9, 0x38, 0x01, 0x40, 0x00, 0xb4,
                                  0x02, 0x80, 0x01, 0x68, 2, 0x04, 2,    0x34, 1,    0x77 };
    assert_int_equal(parse(ok, sizeof(ok), &d), 0);
    assert_true(d.keyframe && d.begins && !d.ends && d.has_structure && !d.inter_picture);
    assert_int_equal(d.picture_bits, 15);
    assert_int_equal(d.picture, 0x1234);
    assert_true(d.has_tl0);
    assert_int_equal(d.tl0, 9);
    assert_int_equal(d.n_spatial, 2);
    assert_int_equal(d.width[0], 320);
    assert_int_equal(d.height[0], 180);
    assert_int_equal(d.width[1], 640);
    assert_int_equal(d.height[1], 360);
    assert_int_equal(d.len, sizeof(ok) - 1);
}

static void flexible_mode_names_its_references(void **state)
{
    (void)state;
    /* I P L F B E Z; 7-bit picture 5; T2 U S1 D; references 1 and 3 back */
    static const uint8_t bytes[] = { 0xfd, 0x05, 0x53, 0x03, 0x06, 0x00 };
    struct hop_vp9_desc d;
    assert_int_equal(parse(bytes, sizeof(bytes), &d), 0);
    assert_true(d.inter_picture && d.flexible && d.begins && d.ends && d.leaf && !d.keyframe);
    assert_int_equal(d.picture_bits, 7);
    assert_int_equal(d.tid, 2);
    assert_int_equal(d.sid, 1);
    assert_true(d.up && d.inter_layer && !d.has_tl0);
    assert_int_equal(d.n_diffs, 2);
    assert_int_equal(d.diffs[0], 1);
    assert_int_equal(d.diffs[1], 3);
    static const uint8_t four[] = { 0xd0, 0x05, 0x03, 0x03, 0x03, 0x02, 0x00 };
    assert_int_equal(parse(four, sizeof(four), &d), -EINVAL);
}

static void no_key_picture_on_a_higher_layer(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0xa8, 0x05, 0x03, 1, 0x00 }; /* not inter-picture, S1 D */
    struct hop_vp9_desc d;
    assert_int_equal(parse(bytes, sizeof(bytes), &d), 0);
    assert_false(d.keyframe);
}

static void cut_descriptors_are_refused(void **state)
{
    (void)state;
    static const uint8_t ok[] = { 0xaa, 0x92, 0x34, 0x00, 9, 0x38, 0x01, 0x40, 0x00, 0xb4,
                                  0x02, 0x80, 0x01, 0x68, 2, 0x04, 2,    0x34, 1,    0x77 };
    struct hop_vp9_desc d;
    for (size_t n = 0; n < sizeof(ok); n++)
        assert_int_equal(parse(ok, n, &d), -EINVAL);
}

static void ids_are_rewritten_in_their_widths(void **state)
{
    (void)state;
    uint8_t wide[] = { 0xa8, 0x92, 0x34, 0x00, 9, 0x77 };
    uint8_t narrow[] = { 0x90, 0x12, 0x77 };
    struct hop_vp9_desc d;
    assert_int_equal(hop_vp9_parse(wide, sizeof(wide), &d), 0);
    hop_vp9_rewrite(wide, &d, 0x7ffe, 200);
    static const uint8_t want[] = { 0xa8, 0xff, 0xfe, 0x00, 200, 0x77 };
    assert_memory_equal(wide, want, sizeof(want));
    assert_int_equal(hop_vp9_parse(narrow, sizeof(narrow), &d), 0);
    hop_vp9_rewrite(narrow, &d, 0x7ffe, 200);
    assert_int_equal(narrow[1], 0x7e);
    assert_int_equal(narrow[2], 0x77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_picture_with_structure),
        cmocka_unit_test(flexible_mode_names_its_references),
        cmocka_unit_test(no_key_picture_on_a_higher_layer),
        cmocka_unit_test(cut_descriptors_are_refused),
        cmocka_unit_test(ids_are_rewritten_in_their_widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
