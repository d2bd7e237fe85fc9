/* Header extensions: both forms of RFC 8285, its examples, and malformed blocks. */
#include "media/rtp/rtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A packet with that extension block, exactly sized. The caller frees it. */
static uint8_t *packet_with(uint16_t profile, const uint8_t *block, size_t len,
                            struct hop_rtp_view *v)
{
    assert_int_equal(len % 4, 0);
    uint8_t *p = calloc(1, 16 + len);
    p[0] = 0x90;
    p[12] = (uint8_t)(profile >> 8);
    p[13] = (uint8_t)profile;
    p[15] = (uint8_t)(len / 4);
    memcpy(p + 16, block, len);
    assert_int_equal(hop_rtp_parse(p, 16 + len, v), 0);
    return p;
}

static void one_byte_example_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 8285 §4.2: an element of 1 byte, one of 2, padding, one of 4. */
    const uint8_t block[] = { 0x10, 0xaa, 0x21, 0xbb, 0xbc, 0x00, 0x00, 0x33, 1, 2, 3, 4 };
    struct hop_rtp_view v;
    struct hop_rtp_ext e;
    uint8_t *p = packet_with(0xbede, block, sizeof block, &v);
    struct hop_rtp_ext_iter it = hop_rtp_ext_begin(p, &v);
    assert_true(hop_rtp_ext_next(&it, &e));
    assert_int_equal(e.id, 1);
    assert_int_equal(e.len, 1);
    assert_int_equal(e.data[0], 0xaa);
    assert_true(hop_rtp_ext_next(&it, &e));
    assert_int_equal(e.id, 2);
    assert_int_equal(e.len, 2);
    assert_true(hop_rtp_ext_next(&it, &e));
    assert_int_equal(e.id, 3);
    assert_int_equal(e.len, 4);
    assert_int_equal(e.data[3], 4);
    assert_false(hop_rtp_ext_next(&it, &e));
    assert_false(hop_rtp_ext_find(p, &v, 4, &e));
    assert_false(hop_rtp_ext_find(p, &v, 0, &e));
    free(p);
}

static void two_byte_example_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 8285 §4.3: lengths 0, 1 and 4, with padding between; appbits are ignored. */
    const uint8_t block[] = { 0x01, 0x00, 0x02, 0x01, 0xbb, 0x00, 0x03, 0x04, 9, 8, 7, 6 };
    for (unsigned appbits = 0; appbits < 16; appbits++) {
        struct hop_rtp_view v;
        struct hop_rtp_ext e;
        uint8_t *p = packet_with((uint16_t)(0x1000 | appbits), block, sizeof block, &v);
        assert_true(hop_rtp_ext_find(p, &v, 1, &e));
        assert_int_equal(e.len, 0);
        assert_true(hop_rtp_ext_find(p, &v, 2, &e));
        assert_int_equal(e.data[0], 0xbb);
        assert_true(hop_rtp_ext_find(p, &v, 3, &e));
        assert_int_equal(e.len, 4);
        assert_int_equal(e.data[0], 9);
        free(p);
    }
}

static void unknown_profiles_have_no_elements(void **state)
{
    (void)state;
    const uint8_t block[] = { 0x10, 0xaa, 0, 0 };
    const uint16_t profiles[] = { 0x0000, 0xbedf, 0x1010, 0x2000, 0xabac };
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct hop_rtp_view v;
        struct hop_rtp_ext e;
        uint8_t *p = packet_with(profiles[i], block, sizeof block, &v);
        assert_false(hop_rtp_ext_find(p, &v, 1, &e));
        free(p);
    }
}

static void malformed_elements_end_the_walk(void **state)
{
    (void)state;
    struct {
        uint16_t profile;
        uint8_t block[4];
    } cases[] = {
        { 0xbede, { 0x13, 1, 2, 3 } },       /* announces four bytes, has three */
        { 0xbede, { 0xf0, 1, 0x10, 2 } },    /* id 15 ends the block */
        { 0xbede, { 0x02, 1, 0x10, 2 } },    /* id 0 with a length */
        { 0x1000, { 0x01, 3, 1, 2 } },       /* announces three bytes, has two */
        { 0x1000, { 0x00, 0x00, 0x00, 1 } }, /* an id without a length */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hop_rtp_view v;
        struct hop_rtp_ext e;
        uint8_t *p = packet_with(cases[i].profile, cases[i].block, 4, &v);
        assert_false(hop_rtp_ext_find(p, &v, 1, &e));
        free(p);
    }
}

static void tokens_are_checked(void **state)
{
    (void)state;
    char out[HOP_MAX_MID + 1] = "old";
    struct hop_rtp_view v;
    const uint8_t good[] = { 0x14, 'a', 'u', 'd', 0, 0, 0, 0 };
    uint8_t *p = packet_with(0xbede, good, sizeof good, &v);
    assert_true(hop_rtp_get_token(p, &v, 1, out));
    assert_string_equal(out, "aud");
    assert_false(hop_rtp_get_token(p, &v, 2, out));
    free(p);

    const uint8_t control[] = { 0x12, 'a', '\n', 'b' };
    p = packet_with(0xbede, control, sizeof control, &v);
    assert_false(hop_rtp_get_token(p, &v, 1, out));
    assert_string_equal(out, "aud");
    free(p);

    uint8_t too_long[20] = { 1, HOP_MAX_MID + 1 };
    memset(too_long + 2, 'x', HOP_MAX_MID + 1);
    p = packet_with(0x1000, too_long, sizeof too_long, &v);
    assert_false(hop_rtp_get_token(p, &v, 1, out));
    too_long[1] = HOP_MAX_MID;
    too_long[18] = 0;
    free(p);
    p = packet_with(0x1000, too_long, sizeof too_long, &v);
    assert_true(hop_rtp_get_token(p, &v, 1, out));
    assert_int_equal(strlen(out), HOP_MAX_MID);
    free(p);
}

static void wrong_sizes_count_as_absent(void **state)
{
    (void)state;
    struct hop_rtp_view v;
    struct hop_rtp_exts x;
    uint32_t ast = 5;
    uint16_t seq = 5;
    const uint8_t block[] = { 0x21, 1, 2, 0x30, 1, 0, 0, 0 };
    const struct hop_ext_ids ids = { .abs_send_time = 2, .twcc = 3 };
    uint8_t *p = packet_with(0xbede, block, sizeof block, &v);
    hop_rtp_read_exts(p, &v, &ids, &x);
    assert_false(x.has_abs_send_time);
    assert_false(x.has_twcc);
    assert_false(x.has_audio_level);
    assert_int_equal(x.audio_level, 127);
    assert_false(hop_rtp_get_abs_send_time(p, &v, 2, &ast));
    assert_false(hop_rtp_get_twcc(p, &v, 3, &seq));
    assert_int_equal(ast + seq, 10);
    free(p);
}

static void mix_levels(void **state)
{
    (void)state;
    struct hop_rtp_view v;
    uint8_t levels[HOP_RTP_MAX_CSRC] = { 0 };
    uint8_t block[20] = { 5, 18 };
    for (int i = 0; i < 18; i++)
        block[2 + i] = (uint8_t)(0x80 | i);
    uint8_t *p = packet_with(0x1000, block, sizeof block, &v);
    assert_int_equal(hop_rtp_get_mix_levels(p, &v, 5, levels), 15);
    assert_int_equal(levels[0], 0);
    assert_int_equal(levels[14], 14);
    assert_int_equal(hop_rtp_get_mix_levels(p, &v, 6, levels), 0);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_byte_example_of_the_rfc),
        cmocka_unit_test(two_byte_example_of_the_rfc),
        cmocka_unit_test(unknown_profiles_have_no_elements),
        cmocka_unit_test(malformed_elements_end_the_walk),
        cmocka_unit_test(tokens_are_checked),
        cmocka_unit_test(wrong_sizes_count_as_absent),
        cmocka_unit_test(mix_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
