/* The uplink's feedback recorder in virtual time: what it reports, when, and how much it costs. */
#include "media/bwe/twcc_recv.h"

#include "media/rtp/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000 };

/* What a sender would know: the last word on each 16-bit number. */
struct view {
    uint8_t known[65536]; /* 0: never reported, 1: lost, 2: received */
    int64_t at_us[65536];
    int packets;
    size_t bytes;
    uint8_t next_fb;
    uint16_t last_base, last_count;
};

static struct view view;

static void read_packet(const uint8_t *p, size_t len)
{
    struct hop_rtcp_iter it = hop_rtcp_begin(p, len);
    struct hop_rtcp_packet packet;
    struct hop_rtcp_fb fb;
    struct hop_twcc_iter iter;
    struct hop_twcc_status s;
    assert_true(hop_rtcp_next(&it, &packet));
    assert_true(hop_rtcp_read_fb(&packet, &fb));
    assert_int_equal(fb.sender_ssrc, 1);
    assert_true(hop_twcc_begin(&fb, &iter));
    assert_int_equal(iter.header.fb_count, view.next_fb);
    view.next_fb++;
    view.packets++;
    view.bytes += len;
    view.last_base = iter.header.base_seq;
    view.last_count = iter.header.count;
    while (hop_twcc_next(&iter, &s)) {
        view.known[s.seq] = s.received ? 2 : 1;
        view.at_us[s.seq] = s.at_us;
    }
}

static void drain(struct hop_twcc_recv *r, int64_t now)
{
    uint8_t buf[1200];
    size_t n;
    while ((n = hop_twcc_recv_poll(r, now, buf, sizeof buf)))
        read_packet(buf, n);
}

static void start(struct hop_twcc_recv *r)
{
    memset(&view, 0, sizeof view);
    hop_twcc_recv_init(r, 1);
}

static void reports_at_its_deadline(void **state)
{
    (void)state;
    struct hop_twcc_recv r;
    uint8_t buf[200];
    start(&r);
    assert_true(hop_twcc_recv_deadline(&r) == INT64_MAX);
    hop_twcc_recv_packet(&r, 65534, 7, 1000, 1000 * MS);
    hop_twcc_recv_packet(&r, 0, 7, 1000, 1010 * MS);
    assert_int_equal(hop_twcc_recv_deadline(&r), 1050 * MS);
    assert_int_equal(hop_twcc_recv_poll(&r, 1050 * MS - 1, buf, sizeof buf), 0);
    drain(&r, 1050 * MS);
    assert_int_equal(view.packets, 1);
    assert_int_equal(view.last_base, 65534);
    assert_int_equal(view.last_count, 3);
    assert_int_equal(view.known[65534], 2);
    assert_int_equal(view.known[65535], 1);
    assert_int_equal(view.known[0], 2);
    assert_int_equal(view.at_us[0] - view.at_us[65534], 10 * MS);
    assert_true(hop_twcc_recv_deadline(&r) == INT64_MAX);
    assert_int_equal(hop_twcc_recv_poll(&r, 9000 * MS, buf, sizeof buf), 0);
}

static void late_packets_correct_the_report(void **state)
{
    (void)state;
    struct hop_twcc_recv r;
    start(&r);
    hop_twcc_recv_packet(&r, 10, 7, 1000, 1000 * MS);
    hop_twcc_recv_packet(&r, 12, 7, 1000, 1001 * MS);
    drain(&r, 1100 * MS);
    assert_int_equal(view.known[11], 1);
    hop_twcc_recv_packet(&r, 11, 7, 1000, 1110 * MS);
    hop_twcc_recv_packet(&r, 11, 7, 1000, 1111 * MS); /* twice */
    drain(&r, 1300 * MS);
    assert_int_equal(view.packets, 2);
    assert_int_equal(view.known[11], 2);
    assert_int_equal(view.at_us[11], 1110 * MS);
    assert_int_equal(view.at_us[12], 1001 * MS); /* said again, the same */
    assert_int_equal(view.last_base, 11);
}

static void duplicates_alone_are_no_news(void **state)
{
    (void)state;
    struct hop_twcc_recv r;
    start(&r);
    hop_twcc_recv_packet(&r, 10, 7, 1000, 1000 * MS);
    drain(&r, 1100 * MS);
    hop_twcc_recv_packet(&r, 10, 7, 1000, 1110 * MS);
    assert_true(hop_twcc_recv_deadline(&r) == INT64_MAX);
}

static void long_gaps_and_restarts(void **state)
{
    (void)state;
    struct hop_twcc_recv r;
    start(&r);
    hop_twcc_recv_packet(&r, 100, 7, 1000, 1000 * MS);
    drain(&r, 1100 * MS);
    hop_twcc_recv_packet(&r, 100 + 5000, 7, 1000, 1200 * MS);
    drain(&r, 1400 * MS);
    assert_int_equal(view.known[5100], 2);
    assert_int_equal(view.known[5099], 1);
    assert_int_equal(view.known[5100 - HOP_TWCC_RECV_WINDOW + 1], 1);
    assert_int_equal(view.known[5100 - HOP_TWCC_RECV_WINDOW], 0);
    /* The sender begins anew far below. A stray one is ignored, a row of them is followed. */
    int64_t now = 1500 * MS;
    hop_twcc_recv_packet(&r, 1, 7, 1000, now);
    drain(&r, now + 200 * MS);
    assert_int_equal(view.known[1], 0);
    for (uint16_t seq = 2; seq < 200; seq++, now += 5 * MS) {
        hop_twcc_recv_packet(&r, seq, 7, 1000, now);
        drain(&r, now);
    }
    drain(&r, now + 200 * MS);
    assert_int_equal(view.known[199], 2);
    assert_int_equal(view.known[100], 2);
}

/* A stream of that rate; checks that everything is reported as it was. Returns feedback bytes per
 * byte received, in permille. */
static unsigned stream(uint32_t bps, int loss_percent, unsigned seed, int64_t *longest)
{
    enum { SECONDS = 20, SIZE = 1000 };
    static uint8_t came[65536];
    static int64_t at[65536];
    struct hop_twcc_recv r;
    start(&r);
    memset(came, 0, sizeof came);
    int64_t step = (int64_t)SIZE * 8 * 1000000 / bps, last = 0;
    size_t received = 0, n = 0;
    int packets = 0;
    *longest = 0;
    for (int64_t now = 1000 * MS, next = now; now < SECONDS * 1000 * MS; now += MS) {
        for (; next <= now; next += step, n++) {
            if (rand_r(&seed) % 100 < loss_percent)
                continue;
            uint16_t seq = (uint16_t)(65000 + n);
            hop_twcc_recv_packet(&r, seq, 7, SIZE, next);
            came[seq] = 1;
            at[seq] = next - next % 250;
            received += SIZE;
        }
        drain(&r, now);
        if (view.packets != packets) {
            if (packets && now - last > *longest)
                *longest = now - last;
            packets = view.packets;
            last = now;
        }
    }
    drain(&r, 1000 * SECONDS * 1000 * (int64_t)MS);
    for (unsigned i = 0; i < 65536; i++) {
        if (came[i]) {
            assert_int_equal(view.known[i], 2);
            assert_int_equal(view.at_us[i], at[i]);
        } else {
            assert_int_not_equal(view.known[i], 2);
        }
    }
    return (unsigned)((view.bytes + 50u * (size_t)view.packets) * 1000 / received);
}

static void streams_of_every_rate(void **state)
{
    (void)state;
    int64_t longest;
    unsigned seed = 3;
    print_message("seed %u\n", seed);
    /* Audio alone: at most every 100 ms, so dearer in proportion; from 200 kbit/s on within 5 %. */
    assert_true(stream(50000, 0, seed, &longest) < 170);
    assert_in_range(longest, 90 * MS, 200 * MS);
    assert_true(stream(200000, 5, seed, &longest) <= 55);
    assert_in_range(longest, 50 * MS, 170 * MS);
    assert_true(stream(1500000, 5, seed, &longest) <= 20);
    assert_in_range(longest, 50 * MS, 70 * MS);
    assert_true(stream(20000000, 20, seed, &longest) <= 10);
    assert_true(longest <= 60 * MS);
}

static void wild_reordering_does_not_multiply_feedback(void **state)
{
    (void)state;
    struct hop_twcc_recv r;
    start(&r);
    int64_t now = 1000 * MS;
    /* Every second packet is hundreds back and new: each would have everything said again. */
    for (uint16_t i = 0; i < 450; i++, now += 100) {
        hop_twcc_recv_packet(&r, (uint16_t)(5000 + i * 2), 7, 100, now);
        if (i > 400)
            hop_twcc_recv_packet(&r, (uint16_t)(5000 + (i - 400) * 2 + 1), 7, 100, now);
        drain(&r, now);
    }
    assert_true(view.packets <= 10); /* 45 ms */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_at_its_deadline),
        cmocka_unit_test(late_packets_correct_the_report),
        cmocka_unit_test(duplicates_alone_are_no_news),
        cmocka_unit_test(long_gaps_and_restarts),
        cmocka_unit_test(streams_of_every_rate),
        cmocka_unit_test(wild_reordering_does_not_multiply_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
