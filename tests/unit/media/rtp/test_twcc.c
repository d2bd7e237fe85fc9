/* transport-cc feedback bytes: hand-made packets of every chunk kind, and random round trips. */
#include "media/rtp/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOST INT64_MIN

static struct hop_rtcp_fb fb_of(const uint8_t *fci, size_t len)
{
    return (struct hop_rtcp_fb){ .type = HOP_RTCP_RTPFB, .format = 15, .fci = fci, .fci_len = len };
}

/* Base 10, 20 statuses, reference 2 (128 ms), feedback 3: one-bit vector of 14 (received, lost,
 * received, 11 lost), a run of 3 received (small), two-bit vector (large, small, lost + 4 unused).
 */
static const uint8_t mixed[] = { 0,    10,   0, 20, 0, 0, 2, 3, 0xa8, 0x00, 0x20,
                                 0x03, 0xe4, 0, 4,  8, 1, 1, 1, 0xff, 0xf8, 255 };

static void reads_every_chunk_kind(void **state)
{
    (void)state;
    struct hop_rtcp_fb fb = fb_of(mixed, sizeof mixed);
    struct hop_twcc_iter it;
    struct hop_twcc_status s;
    assert_true(hop_twcc_begin(&fb, &it));
    assert_int_equal(it.header.base_seq, 10);
    assert_int_equal(it.header.count, 20);
    assert_int_equal(it.header.reference, 2);
    assert_int_equal(it.header.fb_count, 3);
    /* µs of the received ones after the reference; -1: lost */
    const int64_t want[20] = { 1000, -1, 3000, -1, -1,   -1,   -1,   -1,   -1,    -1,
                               -1,   -1, -1,   -1, 3250, 3500, 3750, 1750, 65500, -1 };
    for (int i = 0; i < 20; i++) {
        assert_true(hop_twcc_next(&it, &s));
        assert_int_equal(s.seq, 10 + i);
        assert_int_equal(s.received, want[i] >= 0);
        if (s.received)
            assert_int_equal(s.at_us, 128000 + want[i]);
    }
    assert_false(hop_twcc_next(&it, &s));
}

static void refuses_damaged_ones(void **state)
{
    (void)state;
    struct hop_twcc_iter it;
    for (size_t len = 0; len < sizeof mixed; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, mixed, len);
        struct hop_rtcp_fb fb = fb_of(copy, len);
        assert_false(hop_twcc_begin(&fb, &it));
        free(copy);
    }
    uint8_t bad[sizeof mixed];
    memcpy(bad, mixed, sizeof bad);
    bad[12] = 0xf4; /* symbol 3 is reserved */
    struct hop_rtcp_fb fb = fb_of(bad, sizeof bad);
    assert_false(hop_twcc_begin(&fb, &it));
    const uint8_t none[] = { 0, 10, 0, 0, 0, 0, 2, 3 };
    fb = fb_of(none, sizeof none);
    assert_false(hop_twcc_begin(&fb, &it));
    fb = fb_of(mixed, sizeof mixed);
    fb.format = 1;
    assert_false(hop_twcc_begin(&fb, &it));
}

static void empty_runs_and_unused_symbols(void **state)
{
    (void)state;
    /* Two empty runs before one that promises more than the count. Unused reserved symbols in the
     * last vector do no harm. */
    const uint8_t fci[] = {
        0xff, 0xff, 0, 2, 0xff, 0xff, 0xff, 0, 0x20, 0, 0, 0, 0xd7, 0xff, 7, 7
    };
    struct hop_rtcp_fb fb = fb_of(fci, sizeof fci);
    struct hop_twcc_iter it;
    struct hop_twcc_status s;
    assert_true(hop_twcc_begin(&fb, &it));
    assert_int_equal(it.header.reference, -1);
    assert_true(hop_twcc_next(&it, &s));
    assert_int_equal(s.seq, 65535);
    assert_int_equal(s.at_us, -64000 + 7 * 250);
    assert_true(hop_twcc_next(&it, &s));
    assert_int_equal(s.seq, 0);
    assert_int_equal(s.at_us, -64000 + 14 * 250);
    assert_false(hop_twcc_next(&it, &s));
}

static void writes_known_bytes(void **state)
{
    (void)state;
    /* 1,000 µs after reference 1; then lost; then 5 ticks later. */
    const int64_t at[] = { 65000, LOST, 66250 };
    const uint8_t want[] = { 0x8f, 205, 0, 5, 0, 0, 0, 1, 0,    0,    0, 2,
                             0,    9,   0, 3, 0, 0, 1, 7, 0xa8, 0x00, 4, 5 };
    uint8_t buf[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 7, 9, at, 3), 3);
    assert_int_equal(w.len, sizeof want);
    assert_memory_equal(buf, want, sizeof want);
}

static void nothing_received_is_nothing_to_say(void **state)
{
    (void)state;
    const int64_t at[] = { LOST, LOST };
    uint8_t buf[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 7, 9, at, 2), 0);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 7, 9, at, 0), 0);
    assert_int_equal(w.len, 0);
}

/* What the reader says of the last packet in w; checks it against the arrivals. */
static void check(const uint8_t *bytes, size_t len, uint16_t base, const int64_t *at, size_t n)
{
    struct hop_rtcp_iter it = hop_rtcp_begin(bytes, len);
    struct hop_rtcp_packet p;
    struct hop_rtcp_fb fb;
    struct hop_twcc_iter iter;
    struct hop_twcc_status s;
    assert_true(hop_rtcp_next(&it, &p));
    assert_true(hop_rtcp_read_fb(&p, &fb));
    assert_true(hop_twcc_begin(&fb, &iter));
    assert_int_equal(iter.header.count, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(hop_twcc_next(&iter, &s));
        assert_int_equal(s.seq, (uint16_t)(base + i));
        assert_int_equal(s.received, at[i] != LOST);
        if (s.received) /* rounded down to a tick, without drift */
            assert_int_equal(s.at_us, at[i] - at[i] % 250);
    }
    assert_false(hop_twcc_next(&iter, &s));
}

static void random_round_trips(void **state)
{
    (void)state;
    unsigned seed = 42;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 3000; round++) {
        enum { N = 400 };
        int64_t at[N], now = 1000000 + rand_r(&seed) % 1000000;
        int loss = rand_r(&seed) % 100, slow = rand_r(&seed) % 100;
        size_t n = 1 + (size_t)rand_r(&seed) % N;
        for (size_t i = 0; i < n; i++) {
            now += rand_r(&seed) % 100 < slow ? rand_r(&seed) % 300000 : rand_r(&seed) % 2000;
            if (rand_r(&seed) % 50 == 0)
                now -= 3000; /* reordered */
            at[i] = rand_r(&seed) % 100 < loss ? LOST : now;
        }
        at[0] = 1000000;
        size_t cap = 24 + (size_t)rand_r(&seed) % 500, done = 0;
        while (done < n) {
            uint8_t *buf = malloc(cap);
            struct hop_rtcp_writer w = hop_rtcp_writer(buf, cap);
            uint16_t base = (uint16_t)(65400 + done);
            size_t k = hop_twcc_write(&w, 1, 2, 3, base, at + done, n - done);
            if (k == 0) { /* the rest is lost */
                for (size_t i = done; i < n; i++)
                    assert_true(at[i] == LOST);
                free(buf);
                break;
            }
            assert_int_equal(w.len % 4, 0);
            assert_true(w.len <= cap);
            check(buf, w.len, base, at + done, k);
            done += k;
            free(buf);
        }
    }
}

static void a_typical_feedback_is_small(void **state)
{
    (void)state;
    int64_t at[100];
    uint8_t buf[300];
    for (int i = 0; i < 100; i++)
        at[i] = 1000000 + i * 1000;
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 3, 0, at, 100), 100);
    assert_int_equal(w.len, 20 + 2 + 100 + 2); /* one run, a byte each, filled up */
}

static void long_pauses_split(void **state)
{
    (void)state;
    const int64_t at[] = { 1000000, 1000000 + 8190000, 1000000 + 8190000 + 8200000 };
    uint8_t buf[100];
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, sizeof buf);
    assert_int_equal(hop_twcc_write(&w, 1, 2, 3, 0, at, 3), 2);
    check(buf, w.len, 0, at, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_chunk_kind),
        cmocka_unit_test(refuses_damaged_ones),
        cmocka_unit_test(empty_runs_and_unused_symbols),
        cmocka_unit_test(writes_known_bytes),
        cmocka_unit_test(nothing_received_is_nothing_to_say),
        cmocka_unit_test(random_round_trips),
        cmocka_unit_test(a_typical_feedback_is_small),
        cmocka_unit_test(long_pauses_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
