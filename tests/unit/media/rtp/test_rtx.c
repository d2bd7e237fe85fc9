/* RFC 4588: into a retransmission and back, and what is none. */
#include "media/rtp/rtx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A packet with CSRC, extension, 5 payload bytes and 3 of padding. */
static const uint8_t original[] = { 0xb1, 0xe0, 0x12, 0x34, 0, 0,    0,    9, 0, 0,    0,
                                    7,    0,    0,    0,    1, 0xbe, 0xde, 0, 1, 0x10, 0x55,
                                    0,    0,    1,    2,    3, 4,    5,    0, 0, 3 };

static void there_and_back(void **state)
{
    (void)state;
    struct hop_rtp_view v, r;
    uint8_t rtx[64], back[64];
    assert_int_equal(hop_rtp_parse(original, sizeof original, &v), 0);
    size_t n = hop_rtx_wrap(original, &v, 97, 0xabcdef01, 0x7777, rtx, sizeof rtx);
    assert_int_equal(n, sizeof original - 3 + 2);
    assert_int_equal(hop_rtp_parse(rtx, n, &r), 0);
    assert_int_equal(r.pt, 97);
    assert_true(r.marker);
    assert_int_equal(r.seq, 0x7777);
    assert_int_equal(r.timestamp, 9);
    assert_int_equal(r.ssrc, 0xabcdef01);
    assert_int_equal(r.padding, 0);
    const uint8_t payload[] = { 0x12, 0x34, 1, 2, 3, 4, 5 };
    assert_int_equal(r.payload_len, sizeof payload);
    assert_memory_equal(rtx + r.payload_offset, payload, sizeof payload);

    size_t m = hop_rtx_unwrap(rtx, &r, 96, 7, back, sizeof back);
    assert_int_equal(m, sizeof original - 3);
    assert_int_equal(back[0], original[0] & ~0x20);
    assert_memory_equal(back + 1, original + 1, m - 1);
}

static void bounds(void **state)
{
    (void)state;
    struct hop_rtp_view v, r;
    assert_int_equal(hop_rtp_parse(original, sizeof original, &v), 0);
    uint8_t *out = malloc(sizeof original - 1);
    assert_int_equal(hop_rtx_wrap(original, &v, 97, 1, 1, out, sizeof original - 2), 0);
    size_t n = hop_rtx_wrap(original, &v, 97, 1, 1, out, sizeof original - 1);
    assert_int_equal(n, sizeof original - 1);
    assert_int_equal(hop_rtp_parse(out, n, &r), 0);
    uint8_t back[32];
    assert_int_equal(hop_rtx_unwrap(out, &r, 96, 7, back, sizeof original - 4), 0);
    assert_int_equal(hop_rtx_unwrap(out, &r, 96, 7, back, sizeof original - 3),
                     sizeof original - 3);
    free(out);
}

static void probes_are_no_packets(void **state)
{
    (void)state;
    uint8_t p[267] = { 0xa0, 97 }, out[300];
    struct hop_rtp_view v;
    p[266] = 255; /* padding only */
    assert_int_equal(hop_rtp_parse(p, 267, &v), 0);
    assert_int_equal(hop_rtx_unwrap(p, &v, 96, 7, out, sizeof out), 0);
    p[0] = 0x80;
    for (size_t payload = 0; payload <= 2; payload++) {
        assert_int_equal(hop_rtp_parse(p, 12 + payload, &v), 0);
        assert_int_equal(hop_rtx_unwrap(p, &v, 96, 7, out, sizeof out), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(bounds),
        cmocka_unit_test(probes_are_no_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
