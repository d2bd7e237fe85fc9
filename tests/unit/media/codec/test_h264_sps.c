/* Picture sizes from sequence parameter sets: x264's in many shapes, and hand-made ones with the
 * fields that x264 does not write. */
#include "media/codec/h264.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool size_of(const uint8_t *nal, size_t len, uint16_t *w, uint16_t *h)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, nal, len);
    bool ok = hop_h264_sps_size(copy, len, w, h);
    free(copy);
    return ok;
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

static void sets_of_x264(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t w, h;
    } cases[] = {
        { "6742c01fd9005005bb0110000003001000000301e0f1832480", 1280, 720 },
        { "67640028acd940780227e5c044000003000400000300783c60c658", 1920, 1080 },
        /* interlaced */
        { "67640028acd94078044fde0220000003002000000303c3e2c5b2c0", 1920, 1080 },
        /* 4:4:4, 4:2:2, 4:0:0: other units of cropping */
        { "67f4000a919b28e5f19242000003000200000300641e244b2c", 101, 77 },
        { "677a000abcd9472f9a6840000003004000000c83c4896580", 102, 75 },
        { "6764000cf365054678f8bc05b20000030002000003003c1e28532c", 322, 182 },
        { "674d400aecaf60220000030002000003003c1e244b2c", 16, 16 },
        { "67640016acd940a02ff970110000030001000003001e0f162d96", 640, 360 },
        { "6742c00ad9062792f0110000030001000003001e0f122648", 90, 60 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t nal[64];
        uint16_t w = 0, h = 0;
        assert_true(size_of(nal, from_hex(cases[i].hex, nal), &w, &h));
        assert_int_equal(w, cases[i].w);
        assert_int_equal(h, cases[i].h);
    }
}

static void no_truncation_is_read_too_far(void **state)
{
    (void)state;
    uint8_t nal[64];
    uint16_t w = 7, h = 7;
    size_t n = from_hex("67640028acd940780227e5c044000003000400000300783c60c658", nal);
    size_t enough = 0;
    for (size_t len = 0; len <= n; len++)
        if (size_of(nal, len, &w, &h) && !enough)
            enough = len;
    assert_in_range(enough, 10, 14); /* the cropping rectangle ends there */
    for (size_t len = 0; len < enough; len++) {
        w = 7;
        assert_false(size_of(nal, len, &w, &h));
        assert_int_equal(w, 7);
    }
}

/* ---- hand-made ----------------------------------------------------------------------------------
 */

struct maker {
    uint8_t bytes[256];
    unsigned bits;
};

static void put(struct maker *m, unsigned n, uint32_t v)
{
    while (n--) {
        if (v >> n & 1)
            m->bytes[m->bits / 8] |= (uint8_t)(0x80 >> m->bits % 8);
        m->bits++;
    }
}

static void ue(struct maker *m, uint32_t v)
{
    unsigned n = 0;
    while ((v + 1) >> (n + 1))
        n++;
    put(m, n, 0);
    put(m, n + 1, v + 1);
}

static void se(struct maker *m, int32_t v)
{
    ue(m, v > 0 ? (uint32_t)v * 2 - 1 : (uint32_t)-v * 2);
}

/* With the bytes of emulation prevention. */
static size_t finish(const struct maker *m, uint8_t *nal)
{
    size_t n = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < (m->bits + 7) / 8; i++) {
        if (zeros == 2 && m->bytes[i] <= 3) {
            nal[n++] = 3;
            zeros = 0;
        }
        zeros = m->bytes[i] ? 0 : zeros + 1;
        nal[n++] = m->bytes[i];
    }
    return n;
}

static void begin(struct maker *m, uint8_t profile)
{
    memset(m, 0, sizeof *m);
    put(m, 8, 0x67);
    put(m, 8, profile);
    put(m, 16, 0x0028);
    ue(m, 0);
}

static void scaling_lists_and_poc_type_1(void **state)
{
    (void)state;
    struct maker m;
    uint8_t nal[512];
    uint16_t w, h;
    begin(&m, 100);
    ue(&m, 1); /* 4:2:0 */
    ue(&m, 0);
    ue(&m, 0);
    put(&m, 1, 0);
    put(&m, 1, 1); /* scaling matrix */
    for (int list = 0; list < 8; list++) {
        put(&m, 1, list != 3);
        if (list == 3)
            continue;
        if (list == 5) { /* becomes zero at once: the rest is not coded */
            se(&m, -8);
            continue;
        }
        for (int i = 0; i < (list < 6 ? 16 : 64); i++)
            se(&m, i % 3 - 1);
    }
    ue(&m, 0);
    ue(&m, 1); /* pic_order_cnt_type */
    put(&m, 1, 1);
    se(&m, -5);
    se(&m, 1000);
    ue(&m, 3);
    se(&m, 1);
    se(&m, -1);
    se(&m, 0);
    ue(&m, 4);
    put(&m, 1, 0);
    ue(&m, 39);
    ue(&m, 29);
    put(&m, 1, 1);
    put(&m, 1, 1);
    put(&m, 1, 0);
    assert_true(size_of(nal, finish(&m, nal), &w, &h));
    assert_int_equal(w, 640);
    assert_int_equal(h, 480);
}

/* A baseline set of that many macroblocks, cropped. */
static bool make_size(uint32_t mbs_x, uint32_t mbs_y, uint32_t crop, uint16_t *w, uint16_t *h)
{
    struct maker m;
    uint8_t nal[512];
    begin(&m, 66);
    ue(&m, 0);
    ue(&m, 2);
    ue(&m, 1);
    put(&m, 1, 0);
    ue(&m, mbs_x - 1);
    ue(&m, mbs_y - 1);
    put(&m, 1, 1);
    put(&m, 1, 1);
    put(&m, 1, 1);
    for (int i = 0; i < 4; i++)
        ue(&m, crop);
    put(&m, 1, 1);
    return size_of(nal, finish(&m, nal), w, h);
}

static void emulation_prevention(void **state)
{
    (void)state;
    struct maker m;
    uint8_t nal[512];
    uint16_t w, h;
    memset(&m, 0, sizeof m);
    put(&m, 8, 0x67);
    put(&m, 8, 66);
    put(&m, 16, 0);
    ue(&m, 63); /* 0x02 behind two zero bytes */
    ue(&m, 0);
    ue(&m, 2);
    ue(&m, 1);
    put(&m, 1, 0);
    ue(&m, 19);
    ue(&m, 14);
    put(&m, 4, 0xd);
    assert_int_equal(finish(&m, nal), (m.bits + 7) / 8 + 1);
    assert_int_equal(nal[4], 3);
    for (int i = 0; i < 4; i++)
        ue(&m, 0);
    put(&m, 1, 1);
    assert_true(size_of(nal, finish(&m, nal), &w, &h));
    assert_int_equal(w, 320);
    assert_int_equal(h, 240);
}

static void senseless_sizes_are_refused(void **state)
{
    (void)state;
    uint16_t w, h;
    assert_true(make_size(1024, 1024, 1, &w, &h));
    assert_int_equal(w, 16384 - 4);
    assert_false(make_size(1025, 1, 0, &w, &h));
    assert_false(make_size(1, 1025, 0, &w, &h));
    assert_false(make_size(0x10000000, 0x10000000, 0, &w, &h));
    assert_true(make_size(4, 4, 15, &w, &h));
    assert_false(make_size(4, 4, 16, &w, &h)); /* nothing left */
    assert_false(make_size(4, 4, 0x3fffffff, &w, &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_of_x264),
        cmocka_unit_test(no_truncation_is_read_too_far),
        cmocka_unit_test(scaling_lists_and_poc_type_1),
        cmocka_unit_test(emulation_prevention),
        cmocka_unit_test(senseless_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
