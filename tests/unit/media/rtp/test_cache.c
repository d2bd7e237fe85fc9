/* The retransmission cache: what is in it is intact, what is overwritten is gone. */
#include "media/rtp/cache.h"

#include "media/base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void checks_its_arguments(void **state)
{
    (void)state;
    struct hop_cache *c = NULL;
    assert_int_equal(hop_cache_new(100, 10, &c), -EINVAL);
    assert_int_equal(hop_cache_new(10000, 0, &c), -EINVAL);
    assert_null(c);
    hop_cache_free(NULL);
}

/* Content that tells which packet it is. */
static size_t make(uint64_t seq, uint8_t *out)
{
    size_t len = 20 + (size_t)(seq * 7919 % (HOP_MAX_DATAGRAM - 20));
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(seq * 31 + i);
    return len;
}

static void check(const struct hop_cache *c, uint64_t seq)
{
    struct hop_cache_packet p;
    uint8_t want[HOP_MAX_DATAGRAM];
    assert_true(hop_cache_find(c, seq, &p));
    size_t len = make(seq, want);
    assert_int_equal(p.seq, seq);
    assert_int_equal(p.len, len);
    assert_int_equal(p.at_us, (int64_t)seq * 10);
    assert_memory_equal(p.data, want, len);
}

static void insert(struct hop_cache *c, uint64_t seq)
{
    uint8_t packet[HOP_MAX_DATAGRAM];
    hop_cache_insert(c, seq, packet, make(seq, packet), (int64_t)seq * 10);
}

static void keeps_the_newest_intact(void **state)
{
    (void)state;
    struct hop_cache *c;
    struct hop_cache_packet p;
    /* An odd size: the buffer's end falls anywhere within a record. */
    assert_int_equal(hop_cache_new(50003, 256, &c), 0);
    for (uint64_t seq = 65536; seq < 65536 + 5000; seq++) {
        insert(c, seq);
        int found = 0;
        uint64_t oldest = seq;
        for (uint64_t s = seq; s > seq - 300 && s >= 65536; s--) {
            if (!hop_cache_find(c, s, &p))
                continue;
            check(c, s);
            found++;
            oldest = s;
        }
        /* Contiguous, and using the buffer: at an average of 780 bytes some 60 packets. */
        assert_int_equal(found, seq - oldest + 1);
        if (seq > 65536 + 300)
            assert_in_range(found, 35, 110);
    }
    hop_cache_free(c);
}

static void index_bounds_small_packets(void **state)
{
    (void)state;
    struct hop_cache *c;
    struct hop_cache_packet p;
    const uint8_t tiny[1] = { 5 };
    assert_int_equal(hop_cache_new(50000, 10, &c), 0); /* rounded up to 16 */
    for (uint64_t seq = 100; seq < 200; seq++)
        hop_cache_insert(c, seq, tiny, 1, 0);
    assert_true(hop_cache_find(c, 184, &p));
    assert_false(hop_cache_find(c, 183, &p));
    hop_cache_clear(c);
    assert_false(hop_cache_find(c, 199, &p));
    hop_cache_insert(c, 0, tiny, 1, 0); /* number 0 is a number like others */
    assert_true(hop_cache_find(c, 0, &p));
    assert_false(hop_cache_find(c, 16, &p));
    hop_cache_free(c);
}

static void late_and_repeated_packets(void **state)
{
    (void)state;
    struct hop_cache *c;
    struct hop_cache_packet p;
    assert_int_equal(hop_cache_new(50000, 64, &c), 0);
    insert(c, 1000);
    insert(c, 1002);
    insert(c, 1001);
    check(c, 1000);
    check(c, 1001);
    check(c, 1002);
    const uint8_t other[4] = { 0 };
    hop_cache_insert(c, 1001, other, 4, 0); /* a duplicate does not replace */
    check(c, 1001);
    hop_cache_insert(c, 1001 - 64, other, 4, 0); /* its place belongs to a newer one */
    check(c, 1001);
    assert_false(hop_cache_find(c, 1001 - 64, &p));
    hop_cache_free(c);
}

static void refuses_what_cannot_fit(void **state)
{
    (void)state;
    struct hop_cache *c;
    struct hop_cache_packet p;
    static const uint8_t big[HOP_MAX_DATAGRAM + 1];
    assert_int_equal(hop_cache_new(HOP_MAX_DATAGRAM + 40, 4, &c), 0);
    hop_cache_insert(c, 1, big, sizeof big, 0);
    hop_cache_insert(c, 2, big, 0, 0);
    assert_false(hop_cache_find(c, 1, &p));
    assert_false(hop_cache_find(c, 2, &p));
    hop_cache_insert(c, 3, big, HOP_MAX_DATAGRAM, 0);
    assert_true(hop_cache_find(c, 3, &p));
    hop_cache_insert(c, 4, big, HOP_MAX_DATAGRAM, 0);
    assert_true(hop_cache_find(c, 4, &p));
    assert_false(hop_cache_find(c, 3, &p));
    hop_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_its_arguments),       cmocka_unit_test(keeps_the_newest_intact),
        cmocka_unit_test(index_bounds_small_packets), cmocka_unit_test(late_and_repeated_packets),
        cmocka_unit_test(refuses_what_cannot_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
