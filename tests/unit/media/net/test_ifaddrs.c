/* media/net/ifaddrs.c on this machine's interfaces, whatever they are. */
#include "media/net/ifaddrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/net/udp.h"

#include <string.h>

static bool loopback(const struct hop_addr *a)
{
    static const uint8_t one[16] = { [15] = 1 };
    return a->family == AF_INET ? a->ip[0] == 127 : memcmp(a->ip, one, 16) == 0;
}

static void what_it_finds_can_be_bound(void **state)
{
    (void)state;
    struct hop_addr found[16];
    int n = hop_ifaddrs_list(found, 16);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        struct hop_udp *udp;
        assert_int_equal(found[i].port, 0);
        assert_int_equal(found[i].scope, 0);                        /* nothing link-local */
        assert_int_equal(loopback(&found[i]), loopback(&found[0])); /* never mixed */
        if (i > 0)
            assert_false(found[i].family == AF_INET && found[i - 1].family == AF_INET6);
        assert_int_equal(hop_udp_open(&found[i], 4096, &udp), 0);
        hop_udp_close(udp);
    }
}

static void keeps_to_the_callers_room(void **state)
{
    (void)state;
    struct hop_addr found[2] = { { 0 }, { .port = 4711 } };
    assert_int_equal(hop_ifaddrs_list(found, 1), 1);
    assert_int_equal(found[1].port, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_finds_can_be_bound),
        cmocka_unit_test(keeps_to_the_callers_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
