/* media/net/udp.c over real loopback sockets. */
#include "media/net/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/ip.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static struct hop_udp *open_on(const char *ip)
{
    struct hop_addr local;
    struct hop_udp *udp = NULL;
    assert_int_equal(hop_addr_parse(ip, 0, &local), 0);
    assert_int_equal(hop_udp_open(&local, 1 << 20, &udp), 0);
    return udp;
}

static void wait_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&p, 1, 5000), 1);
}

static void exchange(const char *ip)
{
    struct hop_udp *a = open_on(ip), *b = open_on(ip);
    struct hop_udp_inbox *inbox;
    struct hop_udp_datagram *got;
    uint8_t packets[100][8];
    struct hop_udp_message messages[100];
    assert_int_equal(hop_udp_inbox_new(&inbox), 0);
    for (uint8_t i = 0; i < 100; i++) {
        memset(packets[i], i, sizeof(packets[i]));
        messages[i] = (struct hop_udp_message){ .data = packets[i],
                                                .len = sizeof(packets[i]),
                                                .to = hop_udp_local(b),
                                                .dscp = i % 2 ? 46 : 0 };
    }
    assert_int_equal(hop_udp_send(a, messages, 100), 100);
    for (size_t total = 0; total < 100;) {
        wait_readable(hop_udp_fd(b));
        size_t n = hop_udp_recv(b, inbox, &got);
        assert_true(n > 0 && n <= HOP_UDP_BATCH);
        for (size_t i = 0; i < n; i++, total++) {
            assert_int_equal(got[i].len, 8);
            assert_int_equal(got[i].data[0], total);
            assert_false(got[i].truncated);
            assert_true(hop_addr_equal(&got[i].from, hop_udp_local(a)));
        }
    }
    assert_int_equal(hop_udp_recv(b, inbox, &got), 0);
    hop_udp_inbox_free(inbox);
    hop_udp_close(a);
    hop_udp_close(b);
}

static void exchanges_over_ipv4(void **state)
{
    (void)state;
    exchange("127.0.0.1");
}

static void exchanges_over_ipv6(void **state)
{
    (void)state;
    exchange("::1");
}

static int received_traffic_class(const char *ip, uint8_t dscp)
{
    struct hop_udp *a = open_on(ip), *b = open_on(ip);
    int on = 1, class = -1, fd = hop_udp_fd(b);
    bool v6 = hop_udp_local(b)->family == AF_INET6;
    if (v6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)), 0);
    else
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), 0);
    struct hop_udp_message m = {
        .data = (const uint8_t *)"x", .len = 1, .to = hop_udp_local(b), .dscp = dscp
    };
    assert_int_equal(hop_udp_send(a, &m, 1), 1);
    wait_readable(fd);
    char data[8];
    _Alignas(struct cmsghdr) char control[128];
    struct iovec iov = { data, sizeof(data) };
    struct msghdr header = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    assert_int_equal(recvmsg(fd, &header, 0), 1);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
            class = *(uint8_t *)CMSG_DATA(c);
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
            memcpy(&class, CMSG_DATA(c), sizeof(class));
    }
    hop_udp_close(a);
    hop_udp_close(b);
    return class;
}

static void marks_each_message(void **state)
{
    (void)state;
    assert_int_equal(received_traffic_class("127.0.0.1", 46), 46 << 2);
    assert_int_equal(received_traffic_class("127.0.0.1", 0), 0);
    assert_int_equal(received_traffic_class("::1", 34), 34 << 2);
}

static void reports_what_was_cut(void **state)
{
    (void)state;
    struct hop_udp *a = open_on("127.0.0.1"), *b = open_on("127.0.0.1");
    struct hop_udp_inbox *inbox;
    struct hop_udp_datagram *got;
    static const uint8_t big[HOP_MAX_DATAGRAM + 1];
    struct hop_udp_message messages[] = {
        { .data = big, .len = HOP_MAX_DATAGRAM, .to = hop_udp_local(b) },
        { .data = big, .len = HOP_MAX_DATAGRAM + 1, .to = hop_udp_local(b) },
        { .data = big, .len = 0, .to = hop_udp_local(b) },
    };
    assert_int_equal(hop_udp_inbox_new(&inbox), 0);
    assert_int_equal(hop_udp_send(a, messages, 3), 3);
    wait_readable(hop_udp_fd(b));
    assert_int_equal(hop_udp_recv(b, inbox, &got), 3);
    assert_false(got[0].truncated);
    assert_int_equal(got[0].len, HOP_MAX_DATAGRAM);
    assert_true(got[1].truncated);
    assert_int_equal(got[2].len, 0);
    hop_udp_inbox_free(inbox);
    hop_udp_close(a);
    hop_udp_close(b);
}

/* One destination that cannot be sent to must not cost the others. */
static void skips_what_the_kernel_refuses(void **state)
{
    (void)state;
    struct hop_udp *a = open_on("127.0.0.1"), *b = open_on("127.0.0.1");
    struct hop_addr broadcast, v6;
    struct hop_udp_inbox *inbox;
    struct hop_udp_datagram *got;
    assert_int_equal(hop_addr_parse("255.255.255.255", 9, &broadcast), 0); /* EACCES */
    assert_int_equal(hop_addr_parse("2001:db8::1", 9, &v6), 0);            /* EAFNOSUPPORT */
    const uint8_t data[] = "abc";
    struct hop_udp_message messages[] = {
        { .data = data, .len = 1, .to = &broadcast },
        { .data = data, .len = 2, .to = hop_udp_local(b) },
        { .data = data, .len = 1, .to = &v6 },
        { .data = data, .len = 3, .to = hop_udp_local(b) },
    };
    assert_int_equal(hop_udp_send(a, messages, 4), 2);
    assert_int_equal(hop_udp_inbox_new(&inbox), 0);
    wait_readable(hop_udp_fd(b));
    assert_int_equal(hop_udp_recv(b, inbox, &got), 2);
    assert_int_equal(got[0].len, 2);
    assert_int_equal(got[1].len, 3);
    hop_udp_inbox_free(inbox);
    hop_udp_close(a);
    hop_udp_close(b);
}

static void counts_what_the_kernel_dropped(void **state)
{
    (void)state;
    struct hop_addr local;
    struct hop_udp *a = open_on("127.0.0.1"), *b;
    struct hop_udp_inbox *inbox;
    struct hop_udp_datagram *got;
    static const uint8_t data[1400];
    assert_int_equal(hop_addr_parse("127.0.0.1", 0, &local), 0);
    assert_int_equal(hop_udp_open(&local, 4096, &b), 0);
    assert_int_equal(hop_udp_inbox_new(&inbox), 0);
    struct hop_udp_message m = { .data = data, .len = sizeof(data), .to = hop_udp_local(b) };
    size_t received = 0, sent = 200;
    for (size_t i = 0; i < sent; i++)
        assert_int_equal(hop_udp_send(a, &m, 1), 1);
    for (size_t n; (n = hop_udp_recv(b, inbox, &got)) > 0;)
        received += n;
    assert_true(received < sent);
    /* The counter comes with the next datagram. */
    assert_int_equal(hop_udp_send(a, &m, 1), 1);
    wait_readable(hop_udp_fd(b));
    assert_int_equal(hop_udp_recv(b, inbox, &got), 1);
    assert_int_equal(hop_udp_overflows(b), sent - received);
    hop_udp_inbox_free(inbox);
    hop_udp_close(a);
    hop_udp_close(b);
}

static void says_why_it_cannot_bind(void **state)
{
    (void)state;
    struct hop_udp *a = open_on("127.0.0.1"), *b = NULL;
    struct hop_addr foreign;
    assert_int_equal(hop_udp_open(hop_udp_local(a), 4096, &b), -EADDRINUSE);
    assert_int_equal(hop_addr_parse("203.0.113.77", 0, &foreign), 0);
    assert_int_equal(hop_udp_open(&foreign, 4096, &b), -EADDRNOTAVAIL);
    struct hop_addr unset = { 0 };
    assert_int_equal(hop_udp_open(&unset, 4096, &b), -EINVAL);
    assert_null(b);
    hop_udp_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_over_ipv4),
        cmocka_unit_test(exchanges_over_ipv6),
        cmocka_unit_test(marks_each_message),
        cmocka_unit_test(reports_what_was_cut),
        cmocka_unit_test(skips_what_the_kernel_refuses),
        cmocka_unit_test(counts_what_the_kernel_dropped),
        cmocka_unit_test(says_why_it_cannot_bind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
