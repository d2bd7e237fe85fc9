/* Rate limit, lock-out and lists of networks, in given time. */
#include "server/cidr.h"
#include "server/lockout.h"
#include "server/ratelimit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define S ((int64_t)1000000)

static struct hop_addr ip(const char *text)
{
    struct hop_addr addr;

    assert_int_equal(hop_addr_parse(text, 0, &addr), 0);
    return addr;
}

static void a_burst_then_one_per_interval(void **state)
{
    struct hop_ratelimit *limit = hop_ratelimit_new(3, 10 * S, 100);
    struct hop_addr a = ip("192.0.2.1"), b = ip("192.0.2.2");

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(hop_ratelimit_take(limit, &a, 1000 * S), 0);
    assert_int_equal(hop_ratelimit_take(limit, &a, 1000 * S), 10 * S);
    assert_int_equal(hop_ratelimit_take(limit, &b, 1000 * S), 0);
    assert_int_equal(hop_ratelimit_take(limit, &a, 1009 * S), 1 * S);
    assert_int_equal(hop_ratelimit_take(limit, &a, 1010 * S), 0);
    assert_int_equal(hop_ratelimit_take(limit, &a, 1010 * S), 10 * S);
    hop_ratelimit_free(limit);
}

static void the_table_is_bounded(void **state)
{
    struct hop_ratelimit *limit = hop_ratelimit_new(1, 10 * S, 10);
    char text[32];

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct hop_addr a;

        snprintf(text, sizeof(text), "198.51.100.%d", i);
        a = ip(text);
        hop_ratelimit_take(limit, &a, S);
        assert_true(hop_ratelimit_entries(limit) <= 10);
    }
    hop_ratelimit_free(limit);
}

static void an_ipv6_network_is_one(void **state)
{
    struct hop_ratelimit *limit = hop_ratelimit_new(1, 10 * S, 10);
    struct hop_addr a = ip("2001:db8:1:2::1"), b = ip("2001:db8:1:2:ffff::9"),
                    c = ip("2001:db8:1:3::1");

    (void)state;
    assert_int_equal(hop_ratelimit_take(limit, &a, S), 0);
    assert_true(hop_ratelimit_take(limit, &b, S) > 0);
    assert_int_equal(hop_ratelimit_take(limit, &c, S), 0);
    hop_ratelimit_free(limit);
}

static void failures_wait_longer_and_longer(void **state)
{
    struct hop_lockout *lockout = hop_lockout_new();
    struct hop_addr a = ip("192.0.2.1"), b = ip("192.0.2.2");
    int64_t now = 1000 * S;
    int expected = 1;

    (void)state;
    for (int i = 0; i < HOP_LOCKOUT_FREE; i++)
        assert_int_equal(hop_lockout_try(lockout, "admin", &a, now), 0);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(hop_lockout_try(lockout, "Admin", &a, now), expected);
        now += expected * S;
        assert_int_equal(hop_lockout_try(lockout, "admin", &a, now), 0);
        expected = expected * 2 < HOP_LOCKOUT_MAX_S ? expected * 2 : HOP_LOCKOUT_MAX_S;
    }
    assert_int_equal(hop_lockout_try(lockout, "admin", &b, now), 0); /* another address */
    assert_int_equal(hop_lockout_try(lockout, "other", &a, now), 0); /* another account */
    hop_lockout_free(lockout);
}

static void success_and_quiet_forget(void **state)
{
    struct hop_lockout *lockout = hop_lockout_new();
    struct hop_addr a = ip("192.0.2.1");

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < HOP_LOCKOUT_FREE; i++)
            assert_int_equal(hop_lockout_try(lockout, "admin", &a, S), 0);
        assert_true(hop_lockout_try(lockout, "admin", &a, S) > 0);
        hop_lockout_clear(lockout, "admin", &a);
    }
    for (int i = 0; i < HOP_LOCKOUT_FREE; i++)
        hop_lockout_try(lockout, "admin", &a, S);
    assert_true(hop_lockout_try(lockout, "admin", &a, S) > 0);
    for (int i = 0; i < HOP_LOCKOUT_FREE; i++)
        assert_int_equal(hop_lockout_try(lockout, "admin", &a, S + (HOP_LOCKOUT_FORGET_S + 1) * S),
                         0);
    hop_lockout_free(lockout);
}

static bool contains(const char *network, const char *addr)
{
    struct hop_cidr cidr;
    struct hop_addr a = ip(addr);

    assert_int_equal(hop_cidr_parse(network, &cidr), 0);
    return hop_cidr_contains(&cidr, &a);
}

static void networks(void **state)
{
    struct hop_cidr cidr;
    struct hop_addr a = ip("127.8.9.1"), b = ip("::1"), c = ip("128.0.0.1");

    (void)state;
    assert_true(contains("10.0.0.0/8", "10.255.1.2"));
    assert_false(contains("10.0.0.0/8", "11.0.0.0"));
    assert_true(contains("192.168.4.0/22", "192.168.7.255"));
    assert_false(contains("192.168.4.0/22", "192.168.8.0"));
    assert_true(contains("192.0.2.1", "192.0.2.1"));
    assert_false(contains("192.0.2.1", "192.0.2.2"));
    assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
    assert_false(contains("0.0.0.0/0", "::1"));
    assert_int_equal(hop_cidr_parse("10.0.0.0/33", &cidr), -EINVAL);
    assert_int_equal(hop_cidr_parse("10.0.0.0/", &cidr), -EINVAL);
    assert_int_equal(hop_cidr_parse("10.0.0.0/-1", &cidr), -EINVAL);
    assert_int_equal(hop_cidr_parse("hop", &cidr), -EINVAL);
    assert_true(hop_addr_is_loopback(&a));
    assert_true(hop_addr_is_loopback(&b));
    assert_false(hop_addr_is_loopback(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_one_per_interval),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(an_ipv6_network_is_one),
        cmocka_unit_test(failures_wait_longer_and_longer),
        cmocka_unit_test(success_and_quiet_forget),
        cmocka_unit_test(networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
