/* AV1 in RTP: aggregation headers, and the sequence header of a libaom stream. */
#include "media/codec/av1.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int parse(const uint8_t *bytes, size_t len, struct hop_av1_info *i)
{
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, bytes, len);
    int r = hop_av1_parse(copy, len, i);
    free(copy);
    return r;
}

/* N, W 2: a sequence header of 640 x 360 (profile 0, one operating point, level 4, ten bits of
 * width, nine of height), and a frame OBU with the layer ids T1 S2. */
static const uint8_t begin[] = { 0x28, 0x08, 0x08, 0x00, 0x00, 0x00, 0x24,
                                 0xc4, 0xff, 0x67, 0x34, 0x30, 0x11, 0x22 };

static void a_sequence_begins(void **state)
{
    (void)state;
    struct hop_av1_info i;
    assert_int_equal(parse(begin, sizeof(begin), &i), 0);
    assert_true(i.keyframe && !i.continues && !i.unended);
    assert_int_equal(i.width, 640);
    assert_int_equal(i.height, 360);
    assert_true(i.has_layers);
    assert_int_equal(i.tid, 1);
    assert_int_equal(i.sid, 2);
}

static void without_n_it_is_no_key_frame(void **state)
{
    (void)state;
    uint8_t bytes[sizeof(begin)];
    struct hop_av1_info i;
    memcpy(bytes, begin, sizeof(bytes));
    bytes[0] = 0x20;
    assert_int_equal(parse(bytes, sizeof(bytes), &i), 0);
    assert_false(i.keyframe);
    static const uint8_t lone[] = { 0x18, 0x30, 0x11 }; /* N, but no sequence header */
    assert_int_equal(parse(lone, sizeof(lone), &i), 0);
    assert_false(i.keyframe);
}

static void fragments_say_nothing_of_what_they_continue(void **state)
{
    (void)state;
    struct hop_av1_info i;
    static const uint8_t middle[] = { 0xd0, 0x08, 0x00 }; /* Z Y W1: bytes that look like an OBU */
    assert_int_equal(parse(middle, sizeof(middle), &i), 0);
    assert_true(i.continues && i.unended && !i.keyframe && i.width == 0);
    static const uint8_t odd[] = { 0x98, 0x08, 0x00 }; /* a sequence cannot begin in the middle */
    assert_int_equal(parse(odd, sizeof(odd), &i), -EINVAL);
}

static void lengths_are_checked(void **state)
{
    (void)state;
    struct hop_av1_info i;
    static const uint8_t many[] = {
        0x00, 0x02, 0x30, 0x11, 0x01, 0x30
    }; /* W0: each has a length */
    assert_int_equal(parse(many, sizeof(many), &i), 0);
    static const uint8_t beyond[] = { 0x00, 0x05, 0x30, 0x11 };
    assert_int_equal(parse(beyond, sizeof(beyond), &i), -EINVAL);
    static const uint8_t endless[] = { 0x00, 0x80, 0x80, 0x80, 0x80, 0x80 };
    assert_int_equal(parse(endless, sizeof(endless), &i), -EINVAL);
    assert_int_equal(parse(begin, 1, &i), -EINVAL);
    assert_int_equal(parse(begin, 0, &i), -EINVAL);
    for (size_t n = 2; n < sizeof(begin); n++)
        (void)parse(begin, n, &i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_begins),
        cmocka_unit_test(without_n_it_is_no_key_frame),
        cmocka_unit_test(fragments_say_nothing_of_what_they_continue),
        cmocka_unit_test(lengths_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
