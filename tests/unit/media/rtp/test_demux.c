/* First-byte classification: every value of RFC 7983's table, every RTCP type. */
#include "media/rtp/demux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static enum hop_demux first(unsigned byte)
{
    const uint8_t p[2] = { (uint8_t)byte, 0 };
    return hop_demux(p, 2);
}

static void first_bytes(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        enum hop_demux want = HOP_DEMUX_OTHER;
        if (b <= 3)
            want = HOP_DEMUX_STUN;
        else if (b >= 20 && b <= 63)
            want = HOP_DEMUX_DTLS;
        else if (b >= 128 && b <= 191)
            want = HOP_DEMUX_RTP;
        assert_int_equal(first(b), want);
    }
}

static void rtcp_types(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        const uint8_t p[2] = { 0x80, (uint8_t)b };
        bool rtcp = b >= 192 && b <= 223;
        assert_int_equal(hop_demux(p, 2), rtcp ? HOP_DEMUX_RTCP : HOP_DEMUX_RTP);
    }
}

static void short_ones(void **state)
{
    (void)state;
    const uint8_t p[1] = { 0x80 };
    assert_int_equal(hop_demux(p, 0), HOP_DEMUX_OTHER);
    assert_int_equal(hop_demux(p, 1), HOP_DEMUX_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_bytes),
        cmocka_unit_test(rtcp_types),
        cmocka_unit_test(short_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
