/* The NACK generator in virtual time: single gaps step by step, then a lossy link with a sender
 * behind it. */
#include "media/rtp/nack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000 };

static size_t poll_at(struct hop_nack *n, int64_t now, uint16_t *out, bool *key)
{
    *key = false;
    return hop_nack_poll(n, now, out, 64, key);
}

static void asks_after_the_reorder_wait_then_each_rtt(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    hop_nack_init(&n, 5 * MS);
    hop_nack_set_rtt(&n, 80 * MS);
    assert_false(hop_nack_packet(&n, 65535, false, 0));
    assert_true(hop_nack_deadline(&n) == INT64_MAX);
    assert_false(hop_nack_packet(&n, 65538, false, 1 * MS));
    assert_int_equal(hop_nack_deadline(&n), 6 * MS);
    assert_int_equal(poll_at(&n, 6 * MS - 1, out, &key), 0);
    assert_int_equal(poll_at(&n, 6 * MS, out, &key), 2);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 1);
    assert_false(key);
    assert_int_equal(hop_nack_deadline(&n), 96 * MS); /* RTT and an eighth */
    assert_true(hop_nack_packet(&n, 65536, false, 90 * MS));
    assert_false(hop_nack_packet(&n, 65536, false, 90 * MS));
    assert_int_equal(poll_at(&n, 96 * MS, out, &key), 1);
    assert_int_equal(out[0], 1);
    assert_true(hop_nack_packet(&n, 65537, false, 100 * MS));
    assert_true(hop_nack_deadline(&n) == INT64_MAX);
    assert_int_equal(n.requested, 3);
    assert_int_equal(n.recovered, 2);
}

static void mere_reordering_is_not_asked_for(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    hop_nack_init(&n, 0);
    hop_nack_packet(&n, 10, false, 0);
    hop_nack_packet(&n, 12, false, 0);
    assert_true(hop_nack_packet(&n, 11, false, 4 * MS));
    assert_int_equal(poll_at(&n, 1000 * MS, out, &key), 0);
    assert_int_equal(n.recovered, 0);
}

static void gives_up_after_ten_requests(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    int asked = 0, keys = 0;
    hop_nack_init(&n, 0);
    hop_nack_set_rtt(&n, 30 * MS);
    hop_nack_packet(&n, 1, false, 0);
    hop_nack_packet(&n, 3, false, 0);
    for (int64_t now = 0; now < 5000 * MS; now += MS) {
        asked += (int)poll_at(&n, now, out, &key);
        keys += key;
    }
    assert_int_equal(asked, HOP_NACK_RETRIES);
    assert_int_equal(keys, 1);
    assert_int_equal(n.given_up, 1);
    assert_true(hop_nack_deadline(&n) == INT64_MAX);
}

static void gives_up_what_is_too_old(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    int asked = 0;
    hop_nack_init(&n, 0);
    hop_nack_set_rtt(&n, 400 * MS);
    hop_nack_packet(&n, 1, false, 0);
    hop_nack_packet(&n, 3, false, 0);
    int64_t now = 0;
    for (key = false; !key && now < 9000 * MS; now += MS)
        asked += (int)poll_at(&n, now, out, &key);
    assert_true(key);
    assert_in_range(asked, 4, 6);
    assert_in_range(now, HOP_NACK_MAX_AGE_US, HOP_NACK_MAX_AGE_US + 500 * MS);
}

static void too_much_loss_asks_for_a_key_frame(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    hop_nack_init(&n, 0);
    hop_nack_packet(&n, 1000, false, 0);
    hop_nack_packet(&n, 1000 + HOP_NACK_MAX + 1, false, 0); /* fills the list */
    assert_int_equal(n.n, HOP_NACK_MAX);
    hop_nack_packet(&n, 1000 + HOP_NACK_MAX + 3, false, 0); /* one too many */
    assert_int_equal(n.n, 0);
    assert_int_equal(hop_nack_deadline(&n), 0);
    assert_int_equal(poll_at(&n, 100 * MS, out, &key), 0);
    assert_true(key);
    poll_at(&n, 200 * MS, out, &key);
    assert_false(key);
    hop_nack_packet(&n, UINT64_C(1) << 50, false, 0); /* a leap costs no time and no memory */
    poll_at(&n, 300 * MS, out, &key);
    assert_true(key);
}

static void a_key_frame_ends_the_need(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[64];
    bool key;
    hop_nack_init(&n, 0);
    hop_nack_packet(&n, 100, false, 0);
    hop_nack_packet(&n, 105, false, 0);
    assert_int_equal(n.n, 4);
    hop_nack_packet(&n, 110, true, 0); /* nor what is missing right before it */
    assert_int_equal(n.n, 0);
    hop_nack_packet(&n, 112, false, 0);
    assert_int_equal(poll_at(&n, 100 * MS, out, &key), 1);
    assert_int_equal(out[0], 111);
    hop_nack_packet(&n, 5000, false, 0);
    hop_nack_packet(&n, 5001, true, 0);
    poll_at(&n, 200 * MS, out, &key);
    assert_false(key);
}

static void a_small_answer_buffer_keeps_the_rest_due(void **state)
{
    (void)state;
    struct hop_nack n;
    uint16_t out[3];
    bool key = false;
    hop_nack_init(&n, 0);
    hop_nack_packet(&n, 0x20000, false, 0);
    hop_nack_packet(&n, 0x20006, false, 0);
    assert_int_equal(hop_nack_poll(&n, 10 * MS, out, 3, &key), 3);
    assert_int_equal(out[2], 3);
    assert_true(hop_nack_deadline(&n) <= 10 * MS);
    assert_int_equal(hop_nack_poll(&n, 10 * MS, out, 3, &key), 2);
    assert_int_equal(out[0], 4);
    assert_int_equal(out[1], 5);
    hop_nack_reset(&n);
    assert_true(hop_nack_deadline(&n) == INT64_MAX);
}

/* ---- a link -------------------------------------------------------------------------------------
 */

enum { PACKETS = 20000, DELAY = 40 * MS, GAP = 2 * MS, FLIGHT = 4096 };

struct link {
    unsigned seed;
    int loss_percent;
    struct flight {
        int64_t at;
        uint64_t seq;
    } fly[FLIGHT];
    size_t n;
};

static void throw_in(struct link *l, uint64_t seq, int64_t now)
{
    if (rand_r(&l->seed) % 100 < l->loss_percent)
        return;
    assert_true(l->n < FLIGHT);
    /* up to 3 ms of reordering */
    l->fly[l->n++] = (struct flight){ now + DELAY + rand_r(&l->seed) % (3 * MS), seq };
}

/* Sends PACKETS, answers NACKs after another 40 ms; returns how many never arrived. */
static int run(int loss_percent, unsigned seed, uint32_t *requested)
{
    static uint8_t have[PACKETS];
    static struct link l, asked;
    struct hop_nack n;
    memset(have, 0, sizeof have);
    l = (struct link){ .seed = seed, .loss_percent = loss_percent };
    asked = (struct link){ .seed = seed + 1 };
    hop_nack_init(&n, 4 * MS);
    hop_nack_set_rtt(&n, 2 * DELAY);
    uint64_t sent = 0;
    for (int64_t now = 0; now < (int64_t)PACKETS * GAP + 3000 * MS; now += MS) {
        if (now % GAP == 0 && sent < PACKETS)
            throw_in(&l, sent++, now);
        for (size_t i = 0; i < l.n;) {
            if (l.fly[i].at > now) {
                i++;
                continue;
            }
            have[l.fly[i].seq] = 1;
            hop_nack_packet(&n, 0x10000 + l.fly[i].seq, false, now);
            l.fly[i] = l.fly[--l.n];
        }
        for (size_t i = 0; i < asked.n;) {
            if (asked.fly[i].at > now) {
                i++;
                continue;
            }
            throw_in(&l, asked.fly[i].seq, now);
            asked.fly[i] = asked.fly[--asked.n];
        }
        uint16_t out[64];
        bool key = false;
        size_t k = 0;
        if (hop_nack_deadline(&n) <= now)
            k = hop_nack_poll(&n, now, out, 64, &key);
        for (size_t i = 0; i < k; i++)
            asked.fly[asked.n++] = (struct flight){ now + DELAY, out[i] };
    }
    int missing = 0;
    for (int i = 0; i < PACKETS; i++)
        missing += !have[i];
    *requested = n.requested;
    return missing;
}

static void repairs_a_lossy_link(void **state)
{
    (void)state;
    uint32_t requested;
    unsigned seed = 7;
    print_message("seed %u\n", seed);
    assert_int_equal(run(0, seed, &requested), 0);
    assert_int_equal(requested, 0);
    assert_int_equal(run(5, seed, &requested), 0);
    /* One request per loss and per lost answer: 5 % + 5 % of those, not much more. */
    assert_in_range(requested, PACKETS * 45 / 1000, PACKETS * 65 / 1000);
    assert_int_equal(run(20, seed, &requested), 0);
    assert_in_range(requested, PACKETS * 22 / 100, PACKETS * 28 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_after_the_reorder_wait_then_each_rtt),
        cmocka_unit_test(mere_reordering_is_not_asked_for),
        cmocka_unit_test(gives_up_after_ten_requests),
        cmocka_unit_test(gives_up_what_is_too_old),
        cmocka_unit_test(too_much_loss_asks_for_a_key_frame),
        cmocka_unit_test(a_key_frame_ends_the_need),
        cmocka_unit_test(a_small_answer_buffer_keeps_the_rest_due),
        cmocka_unit_test(repairs_a_lossy_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
