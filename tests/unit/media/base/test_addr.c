/* media/base/addr.c */
#include "media/base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void parses_and_prints(void **state)
{
    (void)state;
    static const struct {
        const char *ip, *text;
        uint8_t family;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1:5000", AF_INET },
        { "2001:db8::1", "[2001:db8::1]:5000", AF_INET6 },
        { "::ffff:192.0.2.7", "192.0.2.7:5000", AF_INET },
        { "fe80::1%7", "[fe80::1%7]:5000", AF_INET6 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct hop_addr a;
        char text[HOP_ADDR_TEXT];
        assert_int_equal(hop_addr_parse(cases[i].ip, 5000, &a), 0);
        assert_int_equal(a.family, cases[i].family);
        assert_string_equal(hop_addr_format(&a, text), cases[i].text);
    }
}

static void refuses_what_is_no_literal(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "localhost",   "192.0.2",           "192.0.2.1:80",
        "[::1]",     "2001:db8::g", "192.0.2.256",       "fe80::1%",
        "fe80::1%0", "::1%1",       "fe80::1%no-such-if"
    };
    struct hop_addr a = { .port = 77 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(hop_addr_parse(bad[i], 1, &a), -EINVAL);
    assert_int_equal(a.port, 77);
}

static void survives_the_kernels_form(void **state)
{
    (void)state;
    static const char *const ips[] = { "192.0.2.1", "2001:db8::1", "fe80::2%3" };
    for (size_t i = 0; i < 3; i++) {
        struct hop_addr a, b;
        struct sockaddr_storage ss;
        assert_int_equal(hop_addr_parse(ips[i], 40000, &a), 0);
        hop_addr_to_sockaddr(&a, &ss);
        assert_true(hop_addr_from_sockaddr((struct sockaddr *)&ss, &b));
        assert_true(hop_addr_equal(&a, &b));
    }
    struct sockaddr_storage unix_socket = { .ss_family = AF_UNIX };
    struct hop_addr out;
    assert_false(hop_addr_from_sockaddr((struct sockaddr *)&unix_socket, &out));
}

static void hash_depends_on_all_parts_and_the_seed(void **state)
{
    (void)state;
    struct hop_addr a, port, ip;
    assert_int_equal(hop_addr_parse("192.0.2.1", 1000, &a), 0);
    assert_int_equal(hop_addr_parse("192.0.2.1", 1001, &port), 0);
    assert_int_equal(hop_addr_parse("192.0.2.2", 1000, &ip), 0);
    assert_true(hop_addr_hash(&a, 1) != hop_addr_hash(&port, 1));
    assert_true(hop_addr_hash(&a, 1) != hop_addr_hash(&ip, 1));
    assert_true(hop_addr_hash(&a, 1) != hop_addr_hash(&a, 2));
    assert_true(hop_addr_hash(&a, 1) == hop_addr_hash(&a, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_prints),
        cmocka_unit_test(refuses_what_is_no_literal),
        cmocka_unit_test(survives_the_kernels_form),
        cmocka_unit_test(hash_depends_on_all_parts_and_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
