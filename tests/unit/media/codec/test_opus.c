/* Opus packets: the TOC table, all framings, their limits; a GStreamer capture with FEC. */
#include "media/codec/opus.h"

#include "tests/unit/media/golden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int parse(const uint8_t *bytes, size_t len, struct hop_opus_info *i)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    int r = hop_opus_parse(copy, len, i);
    free(copy);
    return r;
}

static void toc_table(void **state)
{
    (void)state;
    /* RFC 6716 table 2, in units of 2.5 ms. */
    static const uint16_t want[32] = { 4, 8, 16, 24, 4, 8, 16, 24, 4, 8, 16, 24, 4, 8, 4, 8,
                                       1, 2, 4,  8,  1, 2, 4,  8,  1, 2, 4,  8,  1, 2, 4, 8 };
    for (unsigned config = 0; config < 32; config++) {
        const uint8_t p[] = { (uint8_t)(config << 3 | (config % 2) << 2), 1, 2, 3 };
        struct hop_opus_info i;
        assert_int_equal(parse(p, sizeof p, &i), 0);
        assert_int_equal(i.frame_samples, want[config] * 120);
        assert_int_equal(i.samples, want[config] * 120);
        assert_int_equal(i.frames, 1);
        assert_int_equal(i.stereo, config % 2);
        assert_false(i.dtx);
        assert_int_equal(i.mode, config < 12   ? HOP_OPUS_SILK
                                 : config < 16 ? HOP_OPUS_HYBRID
                                               : HOP_OPUS_CELT);
    }
}

static void two_frames(void **state)
{
    (void)state;
    struct hop_opus_info i;
    const uint8_t equal[] = { 0xf9, 1, 2, 3, 4 }, odd[] = { 0xf9, 1, 2, 3 };
    const uint8_t vbr[] = { 0xfa, 1, 9, 8, 7 }, overrun[] = { 0xfa, 4, 9, 8, 7 };
    const uint8_t cut[] = { 0xfa, 253 };
    assert_int_equal(parse(equal, sizeof equal, &i), 0);
    assert_int_equal(i.frames, 2);
    assert_int_equal(i.samples, 1920);
    assert_int_equal(parse(odd, sizeof odd, &i), -EINVAL);
    assert_int_equal(parse(vbr, sizeof vbr, &i), 0);
    assert_int_equal(parse(overrun, sizeof overrun, &i), -EINVAL);
    assert_int_equal(parse(cut, 1, &i), -EINVAL);
    assert_int_equal(parse(cut, 2, &i), -EINVAL);
}

static void many_frames(void **state)
{
    (void)state;
    struct hop_opus_info i;
    const uint8_t cbr[] = { 0xfb, 3, 1, 2, 3, 4, 5, 6 }, uneven[] = { 0xfb, 3, 1, 2, 3, 4 };
    const uint8_t vbr[] = { 0xfb, 0x83, 1, 2, 7, 8, 8, 9 }, overrun[] = { 0xfb, 0x83, 1, 9, 7, 8 };
    const uint8_t padded[] = { 0xfb, 0x41, 2, 7, 0, 0 }, padded_too_far[] = { 0xfb, 0x41, 4, 7, 0 };
    const uint8_t none[] = { 0xfb, 0, 1 }, too_long[] = { 0xfb, 7, 1, 2, 3, 4, 5, 6, 7 };
    const uint8_t most[] = { 0xe3, 48 }, more[] = { 0xe3, 49 };
    assert_int_equal(parse(cbr, sizeof cbr, &i), 0);
    assert_int_equal(i.frames, 3);
    assert_int_equal(i.samples, 2880);
    assert_int_equal(parse(uneven, sizeof uneven, &i), -EINVAL);
    assert_int_equal(parse(vbr, sizeof vbr, &i), 0);
    assert_int_equal(parse(overrun, sizeof overrun, &i), -EINVAL);
    assert_int_equal(parse(padded, sizeof padded, &i), 0);
    assert_int_equal(i.frames, 1);
    assert_int_equal(parse(padded_too_far, sizeof padded_too_far, &i), -EINVAL);
    assert_int_equal(parse(none, sizeof none, &i), -EINVAL);
    assert_int_equal(parse(too_long, sizeof too_long, &i), -EINVAL); /* 140 ms */
    assert_int_equal(parse(most, sizeof most, &i), 0);
    assert_int_equal(i.samples, 5760);
    assert_int_equal(parse(more, sizeof more, &i), -EINVAL);
    assert_int_equal(parse(cbr, 1, &i), -EINVAL);
}

static void long_padding(void **state)
{
    (void)state;
    struct hop_opus_info i;
    /* 255 says 254 bytes and that another count follows: 254 + 3, before them two frames of 1. */
    static uint8_t p[2 + 2 + 2 + 257] = { 0xfb, 0x42, 255, 3 };
    assert_int_equal(parse(p, sizeof p, &i), 0);
    assert_int_equal(i.frames, 2);
    assert_int_equal(parse(p, sizeof p - 1, &i), -EINVAL); /* uneven */
    assert_int_equal(parse(p, sizeof p - 2, &i), 0);       /* frames of nothing */
    assert_int_equal(parse(p, sizeof p - 3, &i), -EINVAL);
}

static void pauses_and_oversize(void **state)
{
    (void)state;
    struct hop_opus_info i;
    static uint8_t big[1277] = { 0xf8 };
    assert_int_equal(parse(big, 1, &i), 0);
    assert_true(i.dtx);
    assert_int_equal(parse(big, 2, &i), 0);
    assert_true(i.dtx);
    assert_int_equal(parse(big, 3, &i), 0);
    assert_false(i.dtx);
    assert_int_equal(parse(big, 1276, &i), 0);
    assert_int_equal(parse(big, 1277, &i), -EINVAL);
    assert_int_equal(parse(big, 0, &i), -EINVAL);
}

static void fec_flags(void **state)
{
    (void)state;
    struct hop_opus_info i;
    static const struct {
        uint8_t toc, first;
        bool fec;
    } cases[] = {
        { 0x48, 0x40, true },                        /* SILK 20 ms mono: VAD, LBRR */
        { 0x48, 0x80, false },                       /* VAD alone */
        { 0x50, 0x20, true },                        /* 40 ms: VAD, VAD, LBRR */
        { 0x50, 0xc0, false }, { 0x58, 0x10, true }, /* 60 ms */
        { 0x4c, 0x10, true },                        /* stereo 20 ms: the side channel's LBRR */
        { 0x48, 0x10, false }, { 0x7c, 0x40, true }, /* hybrid */
        { 0xf8, 0xff, false },                       /* CELT has none */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const uint8_t p[] = { cases[k].toc, cases[k].first, 0, 0 };
        assert_int_equal(parse(p, sizeof p, &i), 0);
        assert_int_equal(i.fec, cases[k].fec);
    }
}

static void capture(void **state)
{
    (void)state;
    struct golden g;
    const uint8_t *p;
    size_t len;
    int n = 0, fec = 0;
    golden_open(&g, "opus.rtp");
    for (; (p = golden_next(&g, &len)); n++) {
        struct hop_opus_info i;
        assert_int_equal(parse(p + 12, len - 12, &i), 0);
        assert_int_equal(i.samples, 960);
        assert_int_equal(i.frames, 1);
        fec += i.fec;
    }
    assert_int_equal(n, 21);
    assert_true(fec > 10); /* made with inband-fec and 20 % expected loss */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(toc_table),
        cmocka_unit_test(two_frames),
        cmocka_unit_test(many_frames),
        cmocka_unit_test(long_padding),
        cmocka_unit_test(pauses_and_oversize),
        cmocka_unit_test(fec_flags),
        cmocka_unit_test(capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
