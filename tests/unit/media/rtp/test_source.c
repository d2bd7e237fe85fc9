/* Per-SSRC state: numbers, loss and jitter of RFC 3550's appendix, the clock map, and the RTT. */
#include "media/rtp/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static enum hop_recv_verdict take(struct hop_recv_source *s, uint16_t seq, uint64_t *ext)
{
    return hop_recv_source_packet(s, seq, 0, 100, 1000000, ext);
}

static void verdicts(void **state)
{
    (void)state;
    struct hop_recv_source s;
    uint64_t e = 0;
    hop_recv_source_init(&s, 1, 90000);
    assert_int_equal(take(&s, 65534, &e), HOP_RECV_NEW);
    assert_int_equal(e, 0x1fffe);
    assert_int_equal(take(&s, 65534, &e), HOP_RECV_DUPLICATE);
    assert_int_equal(take(&s, 1, &e), HOP_RECV_NEW);
    assert_int_equal(e, 0x20001);
    assert_int_equal(take(&s, 65535, &e), HOP_RECV_LATE);
    assert_int_equal(e, 0x1ffff);
    assert_int_equal(take(&s, 65535, &e), HOP_RECV_DUPLICATE);
    assert_int_equal(take(&s, 65533, &e), HOP_RECV_LATE); /* before the first: fine */
    assert_int_equal(take(&s, 2, &e), HOP_RECV_NEW);
    assert_int_equal(take(&s, 0, &e), HOP_RECV_LATE);
    assert_int_equal(s.received, 6);
}

static void the_window_forgets(void **state)
{
    (void)state;
    struct hop_recv_source s;
    uint64_t e;
    hop_recv_source_init(&s, 1, 90000);
    take(&s, 0, &e);
    take(&s, 1, &e);
    assert_int_equal(take(&s, 2 + HOP_RECV_WINDOW, &e), HOP_RECV_NEW);
    /* They share bits with 0 and 1, but have not been seen. */
    assert_int_equal(take(&s, HOP_RECV_WINDOW, &e), HOP_RECV_LATE);
    assert_int_equal(take(&s, HOP_RECV_WINDOW + 1, &e), HOP_RECV_LATE);
    assert_int_equal(take(&s, HOP_RECV_WINDOW + 2 + 5, &e), HOP_RECV_NEW);
    assert_int_equal(take(&s, HOP_RECV_WINDOW + 2, &e), HOP_RECV_DUPLICATE);
    for (uint16_t i = 3; i < 7; i++)
        assert_int_equal(take(&s, (uint16_t)(HOP_RECV_WINDOW + i), &e), HOP_RECV_LATE);
}

static void a_stray_number_does_not_end_the_stream(void **state)
{
    (void)state;
    struct hop_recv_source s;
    uint64_t e;
    hop_recv_source_init(&s, 1, 90000);
    take(&s, 100, &e);
    assert_int_equal(take(&s, 40000, &e), HOP_RECV_JUMP);
    assert_int_equal(take(&s, 101, &e), HOP_RECV_NEW);
    assert_int_equal(take(&s, 40001, &e), HOP_RECV_JUMP); /* not confirmed: one came between */
    assert_int_equal(take(&s, 40002, &e), HOP_RECV_RESTART);
    assert_true((e & 0xffff) == 40002 && e > 0x1ffff);
    uint64_t before = e;
    assert_int_equal(take(&s, 40003, &e), HOP_RECV_NEW);
    assert_int_equal(e, before + 1);
    take(&s, 7, &e); /* downwards as well; numbers never come back */
    assert_int_equal(take(&s, 8, &e), HOP_RECV_RESTART);
    assert_true(e > before + 1 && (e & 0xffff) == 8);
    assert_int_equal(s.received, 1);
}

static void loss_reports(void **state)
{
    (void)state;
    struct hop_recv_source s;
    struct hop_rtcp_block b;
    uint64_t e;
    hop_recv_source_init(&s, 77, 90000);
    assert_false(hop_recv_source_report(&s, 0, &b));
    for (uint16_t i = 0; i < 100; i++)
        if (i % 4 != 1)
            take(&s, (uint16_t)(65500 + i), &e);
    assert_true(hop_recv_source_report(&s, 1000000, &b));
    assert_int_equal(b.ssrc, 77);
    assert_int_equal(b.lost, 25);
    assert_int_equal(b.fraction_lost, 64);
    assert_int_equal(b.highest_seq, 0x10000 | (65599 - 65536));
    assert_int_equal(b.lsr, 0);
    /* Two of the lost come late: the next interval has more received than expected. */
    take(&s, 65501, &e);
    take(&s, 65505, &e);
    take(&s, 64, &e);
    assert_true(hop_recv_source_report(&s, 2000000, &b));
    assert_int_equal(b.lost, 23);
    assert_int_equal(b.fraction_lost, 0);
    /* Nothing at all came. */
    assert_true(hop_recv_source_report(&s, 3000000, &b));
    assert_int_equal(b.fraction_lost, 0);
    assert_int_equal(b.lost, 23);
}

static void repairs_stay_lost_in_reports(void **state)
{
    (void)state;
    struct hop_recv_source s;
    struct hop_rtcp_block b;
    uint64_t e;
    hop_recv_source_init(&s, 1, 90000);
    assert_int_equal(hop_recv_source_recovered(&s, 5, &e), HOP_RECV_JUMP);
    take(&s, 1, &e);
    take(&s, 3, &e);
    assert_int_equal(hop_recv_source_recovered(&s, 2, &e), HOP_RECV_LATE);
    assert_int_equal(e, 0x10002);
    assert_int_equal(hop_recv_source_recovered(&s, 2, &e), HOP_RECV_DUPLICATE);
    assert_int_equal(hop_recv_source_recovered(&s, 4, &e), HOP_RECV_NEW);
    assert_int_equal(hop_recv_source_recovered(&s, 30000, &e), HOP_RECV_JUMP);
    assert_int_equal(take(&s, 4, &e), HOP_RECV_DUPLICATE);
    assert_int_equal(s.recovered, 2);
    assert_true(hop_recv_source_report(&s, 0, &b));
    assert_int_equal(b.lost, 2);
}

static void jitter_of_an_even_alternation(void **state)
{
    (void)state;
    struct hop_recv_source s;
    struct hop_rtcp_block b;
    uint64_t e;
    hop_recv_source_init(&s, 1, 48000);
    /* Every 20 ms, alternately 1 ms early and late: |D| is 2 ms = 96 units each time. */
    for (int i = 0; i < 500; i++)
        hop_recv_source_packet(&s, (uint16_t)i, (uint32_t)i * 960u, 100,
                               1000000 + i * 20000 + (i % 2 ? 1000 : -1000), &e);
    assert_true(hop_recv_source_report(&s, 0, &b));
    assert_in_range(b.jitter, 95, 97);
    /* A pause of a minute whose timestamps stood still is not jitter. */
    hop_recv_source_packet(&s, 500, 500u * 960u, 100, 80000000, &e);
    assert_true(hop_recv_source_report(&s, 0, &b));
    assert_in_range(b.jitter, 90, 97);
}

static void perfect_arrival_has_no_jitter_over_the_wrap(void **state)
{
    (void)state;
    struct hop_recv_source s;
    struct hop_rtcp_block b;
    uint64_t e;
    hop_recv_source_init(&s, 1, 90000);
    for (int i = 0; i < 100; i++)
        hop_recv_source_packet(&s, (uint16_t)i, 0xffffff00u + (uint32_t)i * 3000u, 100,
                               INT64_C(1000000000000) + i * 33333 + i / 3, &e);
    assert_true(hop_recv_source_report(&s, 0, &b));
    assert_in_range(b.jitter, 0, 1);
}

static void clock_map(void **state)
{
    (void)state;
    struct hop_recv_source s;
    int64_t wall = 5;
    uint32_t ts = 5;
    hop_recv_source_init(&s, 1, 90000);
    assert_false(hop_recv_source_wall(&s, 0, &wall));
    assert_false(hop_recv_source_timestamp(&s, 0, &ts));
    const int64_t t0 = INT64_C(1700000000000000);
    const struct hop_rtcp_sr sr = { .ssrc = 1, .ntp = hop_ntp_from_wall(t0), .timestamp = 4000 };
    hop_recv_source_sr(&s, &sr, 0);
    assert_true(hop_recv_source_wall(&s, 4000 + 90000, &wall));
    assert_int_equal(wall, t0 + 1000000);
    assert_true(hop_recv_source_wall(&s, 4000u - 9000u, &wall));
    assert_int_equal(wall, t0 - 100000);
    assert_true(hop_recv_source_timestamp(&s, t0 - 100000, &ts));
    assert_int_equal(ts, 4000u - 9000u);
    assert_true(hop_recv_source_timestamp(&s, t0 + 1000000, &ts));
    assert_int_equal(ts, 94000);
}

static void rtt_between_two_ends(void **state)
{
    (void)state;
    struct hop_send_source a;
    struct hop_recv_source b;
    struct hop_rtcp_sr sr;
    struct hop_rtcp_block block;
    uint64_t e;
    hop_send_source_init(&a, 9, 48000);
    hop_recv_source_init(&b, 9, 48000);
    assert_false(hop_send_source_sr(&a, 1000000, 0, &sr));
    hop_send_source_packet(&a, 1000, 60, 90, 1000000);
    hop_recv_source_packet(&b, 1, 1000, 90, 5000000, &e); /* b's clock is another */
    assert_true(hop_send_source_sr(&a, 1500000, INT64_C(1700000000000000), &sr));
    assert_int_equal(sr.timestamp, 1000 + 24000);
    assert_int_equal(sr.packets, 1);
    assert_int_equal(sr.octets, 60);
    hop_recv_source_sr(&b, &sr, 5540000);
    /* b answers after 700 ms; 40 ms there, 35 ms back; a's wall clock was set back meanwhile. */
    assert_true(hop_recv_source_report(&b, 6240000, &block));
    assert_int_equal(block.dlsr, 45875);
    for (int i = 0; i < 3; i++)
        assert_true(hop_send_source_sr(&a, 1600000 + i, INT64_C(1600000000000000) + i, &sr));
    assert_true(hop_send_source_report(&a, &block, 1500000 + 40000 + 700000 + 35000));
    assert_in_range(a.rtt_us, 74980, 75020);
    block.lsr++;
    assert_false(hop_send_source_report(&a, &block, 9000000)); /* an SR that was never sent */
    block.lsr = 0;
    assert_false(hop_send_source_report(&a, &block, 9000000));
    assert_in_range(a.rtt_us, 74980, 75020);
}

static void a_negative_rtt_is_the_smallest(void **state)
{
    (void)state;
    struct hop_send_source a;
    struct hop_rtcp_sr sr;
    hop_send_source_init(&a, 9, 0);
    assert_int_equal(a.clock_hz, 90000);
    hop_send_source_packet(&a, 0, 1, 1, 0);
    assert_true(hop_send_source_sr(&a, 1000, INT64_C(1700000000000000), &sr));
    const struct hop_rtcp_block block = { .lsr = hop_ntp_middle(sr.ntp), .dlsr = UINT32_MAX };
    assert_true(hop_send_source_report(&a, &block, 2000));
    assert_int_equal(a.rtt_us, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(the_window_forgets),
        cmocka_unit_test(a_stray_number_does_not_end_the_stream),
        cmocka_unit_test(loss_reports),
        cmocka_unit_test(repairs_stay_lost_in_reports),
        cmocka_unit_test(jitter_of_an_even_alternation),
        cmocka_unit_test(perfect_arrival_has_no_jitter_over_the_wrap),
        cmocka_unit_test(clock_map),
        cmocka_unit_test(rtt_between_two_ends),
        cmocka_unit_test(a_negative_rtt_is_the_smallest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
