/* Matching feedback with what was sent: single cases, and a bottleneck link in virtual time with
 * the real recorder at the other end. */
#include "media/bwe/twcc_send.h"

#include "media/bwe/twcc_recv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000 };
#define LOST INT64_MIN

static struct hop_twcc_send s;
static struct hop_twcc_sample samples[1024];

static size_t feed_bytes(const uint8_t *p, size_t len, int64_t now, size_t max)
{
    struct hop_rtcp_iter it = hop_rtcp_begin(p, len);
    struct hop_rtcp_packet packet;
    struct hop_rtcp_fb fb;
    assert_true(hop_rtcp_next(&it, &packet));
    assert_true(hop_rtcp_read_fb(&packet, &fb));
    return hop_twcc_send_feedback(&s, &fb, now, samples, max);
}

/* Feedback about n packets from `base` on that arrived at these times of the receiver's clock. */
static size_t feed(uint16_t base, const int64_t *at, size_t n, int64_t now)
{
    uint8_t buf[1200];
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 0, base, at, n), n);
    return feed_bytes(buf, w.len, now, 1024);
}

static void matches_sent_and_received(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    const int64_t t = INT64_C(5000000000); /* beyond 32 bits of µs */
    uint16_t base = hop_twcc_send_packet(&s, 500, t);
    assert_int_equal(hop_twcc_send_packet(&s, 600, t + 2 * MS), (uint16_t)(base + 1));
    hop_twcc_send_packet(&s, 700, t + 4 * MS);
    assert_int_equal(s.in_flight_bytes, 1800);
    const int64_t at[] = { 70000000, LOST, 70009000 };
    assert_int_equal(feed(base, at, 3, t + 60 * MS), 3);
    assert_true(samples[0].received && !samples[1].received && samples[2].received);
    assert_true(samples[0].sent_us == t);
    assert_true(samples[1].sent_us == t + 2 * MS);
    assert_int_equal(samples[1].bytes, 600);
    assert_int_equal(samples[2].recv_us - samples[0].recv_us, 9 * MS);
    assert_int_equal(s.in_flight_bytes, 0);
    assert_int_equal(s.acked, 2);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.rtt_us, 56 * MS);
    assert_int_equal(hop_twcc_send_loss_permille(&s), 333);
    struct hop_twcc_delta d[4];
    assert_int_equal(hop_twcc_deltas(samples, 3, d, 4), 1);
    assert_int_equal(d[0].send_us, 4 * MS);
    assert_int_equal(d[0].recv_us, 9 * MS);
    assert_int_equal(d[0].delay_us, 5 * MS);
    assert_int_equal(hop_twcc_deltas(samples, 0, d, 4), 0);
}

static void said_twice_counts_once_and_loss_can_be_corrected(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    uint16_t base = hop_twcc_send_packet(&s, 500, 1 * MS);
    hop_twcc_send_packet(&s, 500, 2 * MS);
    int64_t at[] = { 1000 * MS, LOST };
    assert_int_equal(feed(base, at, 2, 50 * MS), 2);
    assert_int_equal(feed(base, at, 2, 51 * MS), 0);
    assert_int_equal(s.lost, 1);
    at[1] = 1020 * MS;
    assert_int_equal(feed(base, at, 2, 52 * MS), 1);
    assert_true(samples[0].received);
    assert_int_equal(s.lost, 0);
    assert_int_equal(s.acked, 2);
    at[1] = LOST; /* a feedback that was overtaken does not take it back */
    assert_int_equal(feed(base, at, 2, 53 * MS), 0);
    assert_int_equal(s.acked, 2);
    assert_int_equal(hop_twcc_send_loss_permille(&s), 0);
}

static void what_was_never_sent_is_ignored(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    const int64_t at[] = { 1000 * MS, 1001 * MS, 1002 * MS };
    assert_int_equal(feed(0, at, 3, 1 * MS), 0);
    assert_int_equal(feed(65000, at, 3, 1 * MS), 0);
    uint16_t base = hop_twcc_send_packet(&s, 500, 1 * MS);
    assert_int_equal(feed((uint16_t)(base - 1), at, 3, 2 * MS), 1);
    assert_int_equal(s.acked, 1);
    for (int i = 0; i < HOP_TWCC_SEND_WINDOW; i++) /* the first one falls out */
        hop_twcc_send_packet(&s, 100, 3 * MS);
    assert_int_equal(s.in_flight_bytes, 100 * HOP_TWCC_SEND_WINDOW);
    assert_int_equal(feed(base, at, 2, 4 * MS), 1);
    assert_int_equal(samples[0].seq, 2);
    for (int i = 0; i < HOP_TWCC_SEND_WINDOW + 5; i++)
        hop_twcc_send_packet(&s, 100, 5 * MS);
    assert_int_equal(s.in_flight_bytes, 100 * HOP_TWCC_SEND_WINDOW); /* forgotten ones left */
    hop_twcc_send_deinit(&s);
}

/* What is under way is remembered, and what takes that long is not: a slow feedback must find it.
 */
static void memory_follows_what_is_under_way(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    for (int i = 0; i < 3 * HOP_TWCC_SEND_FIRST; i++) { /* told of at once */
        const int64_t at = (1000 + i) * MS;
        assert_int_equal(feed(hop_twcc_send_packet(&s, 100, i * MS), &at, 1, i * MS), 1);
    }
    assert_int_equal(s.n_ring, HOP_TWCC_SEND_FIRST);
    uint16_t first = hop_twcc_send_packet(&s, 100, 2000 * MS);
    for (int i = 1; i < 3 * HOP_TWCC_SEND_FIRST; i++)
        hop_twcc_send_packet(&s, 100, 2000 * MS + i);
    assert_int_equal(s.n_ring, 4 * HOP_TWCC_SEND_FIRST);
    const int64_t at[] = { 4000 * MS, 4001 * MS };
    assert_int_equal(feed(first, at, 2, 2500 * MS), 2);
    assert_int_equal(samples[1].sent_us, 2000 * MS + 1);
    for (int i = 0; i < 9 * HOP_TWCC_SEND_FIRST; i++) /* nobody tells */
        hop_twcc_send_packet(&s, 100, 3000 * MS + i * 10 * MS);
    assert_int_equal(s.n_ring, 4 * HOP_TWCC_SEND_FIRST);
    hop_twcc_send_deinit(&s);
}

static void a_small_sample_buffer_still_counts_all(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    uint8_t buf[100];
    int64_t at[20];
    for (int i = 0; i < 20; i++) {
        hop_twcc_send_packet(&s, 100, i * MS);
        at[i] = 900 * MS + i * MS;
    }
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 0, 1, at, 20), 20);
    assert_int_equal(feed_bytes(buf, w.len, 100 * MS, 3), 3);
    assert_int_equal(s.acked, 20);
    assert_int_equal(s.in_flight_bytes, 0);
}

static void reference_time_wraps(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    /* 2^23 units of 64 ms: the signed 24 bits turn over here. */
    const int64_t wrap = (INT64_C(1) << 23) * 64 * MS;
    int64_t at = wrap - 30 * MS, last = 0;
    for (int i = 0; i < 10; i++, at += 20 * MS) {
        uint16_t seq = hop_twcc_send_packet(&s, 100, (i + 1) * 20 * MS);
        assert_int_equal(feed(seq, &at, 1, (i + 1) * 20 * MS + 5 * MS), 1);
        if (i)
            assert_int_equal(samples[0].recv_us - last, 20 * MS);
        last = samples[0].recv_us;
    }
}

static void overtaken_feedback_has_an_older_reference(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    uint16_t base = hop_twcc_send_packet(&s, 100, 1 * MS);
    hop_twcc_send_packet(&s, 100, 201 * MS);
    const int64_t first = 640000 * MS, second = first + 200 * MS;
    assert_int_equal(feed((uint16_t)(base + 1), &second, 1, 260 * MS), 1);
    int64_t later = samples[0].recv_us;
    assert_int_equal(feed(base, &first, 1, 261 * MS), 1);
    assert_int_equal(later - samples[0].recv_us, 200 * MS);
}

/* ---- a bottleneck -------------------------------------------------------------------------------
 */

struct link_result {
    uint32_t acked_bps;
    uint16_t loss_permille;
    int64_t queue_growth_us; /* sum of delay variation over the last second */
};

/* Sends `bps` in 1,000-byte packets over a link of `capacity` with a queue of 300 ms and random
 * loss, 30 ms each way, for 8 s. */
static struct link_result run(uint32_t bps, uint32_t capacity, int loss_percent, unsigned seed)
{
    enum { SIZE = 1000, FLIGHT = 1024 };
    static struct hop_twcc_recv r;
    static struct {
        int64_t at;
        uint16_t seq;
    } fly[FLIGHT];
    static struct {
        int64_t at;
        size_t len;
        uint8_t bytes[1200];
    } back[16];
    size_t head = 0, tail = 0, bh = 0, bt = 0;
    struct link_result result = { 0 };
    hop_twcc_send_init(&s);
    hop_twcc_recv_init(&r, 1);
    int64_t free_at = 0, send_at = 0, serialise = (int64_t)SIZE * 8 * 1000000 / capacity;
    for (int64_t now = 1; now < 8000 * MS; now += 500) {
        for (; send_at <= now; send_at += (int64_t)SIZE * 8 * 1000000 / bps) {
            uint16_t seq = hop_twcc_send_packet(&s, SIZE, now);
            if (free_at < now)
                free_at = now;
            if (free_at - now > 300 * MS || rand_r(&seed) % 100 < loss_percent)
                continue;
            free_at += serialise;
            fly[head % FLIGHT].at = free_at + 30 * MS;
            fly[head++ % FLIGHT].seq = seq;
        }
        for (; tail < head && fly[tail % FLIGHT].at <= now; tail++)
            hop_twcc_recv_packet(&r, fly[tail % FLIGHT].seq, 2, SIZE, fly[tail % FLIGHT].at);
        assert_true(head - tail < FLIGHT);
        size_t n;
        while ((n = hop_twcc_recv_poll(&r, now, back[bh % 16].bytes, 1200))) {
            back[bh % 16].len = n;
            back[bh++ % 16].at = now + 30 * MS;
        }
        for (; bt < bh && back[bt % 16].at <= now; bt++) {
            n = feed_bytes(back[bt % 16].bytes, back[bt % 16].len, now, 1024);
            struct hop_twcc_delta d[1024];
            n = hop_twcc_deltas(samples, n, d, 1024);
            for (size_t i = 0; i < n && now > 7000 * MS; i++)
                result.queue_growth_us += d[i].delay_us;
        }
    }
    result.acked_bps = hop_twcc_send_acked_bps(&s, 8000 * MS);
    result.loss_permille = hop_twcc_send_loss_permille(&s);
    return result;
}

static void tells_a_free_link_from_a_full_one(void **state)
{
    (void)state;
    unsigned seed = 11;
    print_message("seed %u\n", seed);
    struct link_result r = run(1000000, 2000000, 0, seed);
    assert_in_range(r.acked_bps, 980000, 1020000);
    assert_int_equal(r.loss_permille, 0);
    assert_in_range(r.queue_growth_us + 5 * MS, 0, 10 * MS);

    r = run(1000000, 2000000, 10, seed); /* loss without a queue */
    assert_in_range(r.acked_bps, 800000, 1000000);
    assert_in_range(r.loss_permille, 50, 150);
    assert_in_range(r.queue_growth_us + 5 * MS, 0, 10 * MS);

    r = run(1030000, 1000000, 0, seed); /* 3 % too much: the queue grows, nothing is lost yet */
    assert_in_range(r.acked_bps, 960000, 1020000);
    assert_int_equal(r.loss_permille, 0);
    assert_true(r.queue_growth_us > 15 * MS);

    r = run(2000000, 1000000, 0, seed); /* twice too much: half of it is lost */
    assert_in_range(r.acked_bps, 960000, 1020000);
    assert_in_range(r.loss_permille, 400, 600);
}

static void no_rate_before_there_is_one(void **state)
{
    (void)state;
    hop_twcc_send_init(&s);
    assert_int_equal(hop_twcc_send_acked_bps(&s, 100 * MS), 0);
    assert_int_equal(hop_twcc_send_loss_permille(&s), 0);
    uint16_t seq = hop_twcc_send_packet(&s, 1000, 1000 * MS);
    const int64_t at = 5000 * MS;
    feed(seq, &at, 1, 1050 * MS);
    assert_int_equal(hop_twcc_send_acked_bps(&s, 1060 * MS), 0);
    int64_t now = 1060 * MS, recv = at;
    for (int i = 0; i < 20; i++) { /* 1,000 bytes each 10 ms: 800 kbit/s */
        now += 10 * MS;
        recv += 10 * MS;
        seq = hop_twcc_send_packet(&s, 1000, now - 5 * MS);
        feed(seq, &recv, 1, now);
        uint32_t bps = hop_twcc_send_acked_bps(&s, now);
        assert_int_equal(bps, i < 9 ? 0 : 800000);
    }
    assert_int_equal(hop_twcc_send_acked_bps(&s, now + 900 * MS), 800000);
    assert_int_equal(hop_twcc_send_acked_bps(&s, now + 1100 * MS), 0);
    /* After a short pause only what came since is in the window. */
    recv += 470 * MS;
    now += 470 * MS;
    seq = hop_twcc_send_packet(&s, 1000, now - 5 * MS);
    feed(seq, &recv, 1, now);
    assert_in_range(hop_twcc_send_acked_bps(&s, now), 15000, 100000);
    /* After a pause the old bins are not counted again. */
    recv += 400 * MS;
    seq = hop_twcc_send_packet(&s, 1000, now + 1995 * MS);
    feed(seq, &recv, 1, now + 2000 * MS);
    assert_int_equal(hop_twcc_send_acked_bps(&s, now + 2000 * MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_sent_and_received),
        cmocka_unit_test(said_twice_counts_once_and_loss_can_be_corrected),
        cmocka_unit_test(what_was_never_sent_is_ignored),
        cmocka_unit_test(memory_follows_what_is_under_way),
        cmocka_unit_test(a_small_sample_buffer_still_counts_all),
        cmocka_unit_test(reference_time_wraps),
        cmocka_unit_test(overtaken_feedback_has_an_older_reference),
        cmocka_unit_test(tells_a_free_link_from_a_full_one),
        cmocka_unit_test(no_rate_before_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
