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

/* ---- runs ------------------------------------------------------------------------------------ */

enum { PLAN = 200, BIG = 1200 };

/* Sizes and destinations as fan-out makes them; each message begins with its number. */
struct plan {
    uint8_t bytes[PLAN][BIG];
    struct hop_udp_message messages[PLAN];
    size_t n;
    struct hop_udp *from, *to[2];
    int which[PLAN];
};

static void plan_open(struct plan *p, const char *ip)
{
    *p = (struct plan){ .from = open_on(ip), .to = { open_on(ip), open_on(ip) } };
}

static void plan_add(struct plan *p, int which, size_t len, uint8_t dscp)
{
    assert_true(p->n < PLAN && len > 0 && len <= BIG);
    memset(p->bytes[p->n], (int)p->n, len);
    p->which[p->n] = which;
    p->messages[p->n] = (struct hop_udp_message){
        .data = p->bytes[p->n], .len = len, .to = hop_udp_local(p->to[which]), .dscp = dscp
    };
    p->n++;
}

/* Everyone has got his own, whole, unmixed, in order and with its mark. */
static void plan_check(struct plan *p)
{
    for (int which = 0; which < 2; which++) {
        int fd = hop_udp_fd(p->to[which]);
        for (size_t i = 0; i < p->n; i++) {
            uint8_t data[2 * BIG];
            _Alignas(struct cmsghdr) char control[128];
            struct iovec iov = { data, sizeof(data) };
            struct msghdr header = { .msg_iov = &iov,
                                     .msg_iovlen = 1,
                                     .msg_control = control,
                                     .msg_controllen = sizeof(control) };
            int class = -1;
            if (p->which[i] != which)
                continue;
            wait_readable(fd);
            assert_int_equal(recvmsg(fd, &header, 0), p->messages[i].len);
            assert_memory_equal(data, p->bytes[i], p->messages[i].len);
            for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
                    class = *(uint8_t *)CMSG_DATA(c);
                if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
                    memcpy(&class, CMSG_DATA(c), sizeof(class));
            }
            assert_int_equal(class, p->messages[i].dscp << 2);
        }
        assert_int_equal(recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
    }
}

static void plan_send(struct plan *p)
{
    int on = 1;
    for (int i = 0; i < 2; i++) {
        bool v6 = hop_udp_local(p->to[i])->family == AF_INET6;
        assert_int_equal(setsockopt(hop_udp_fd(p->to[i]), v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                    v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &on, sizeof(on)),
                         0);
    }
    assert_int_equal(hop_udp_send(p->from, p->messages, p->n), p->n);
    plan_check(p);
}

static void plan_close(struct plan *p)
{
    hop_udp_close(p->from);
    hop_udp_close(p->to[0]);
    hop_udp_close(p->to[1]);
}

static void sends_runs(const char *ip)
{
    static struct plan p;
    plan_open(&p, ip);
    for (int i = 0; i < 5; i++) /* equal, the last shorter: one run */
        plan_add(&p, 0, i < 4 ? 1100 : 300, 34);
    for (int i = 0; i < 3; i++) /* longer than the first: cannot be behind it */
        plan_add(&p, 0, 300 + (size_t)i, 34);
    for (int i = 0; i < 6; i++) /* the receivers alternate: nothing to join */
        plan_add(&p, i % 2, 1000, 34);
    for (int i = 0; i < 4; i++) /* another mark, another run */
        plan_add(&p, 1, 900, i < 2 ? 34 : 46);
    plan_send(&p);
    struct hop_udp_runs runs = hop_udp_runs(p.from);
    assert_true(runs.on);
    assert_int_equal(runs.sent, 3);
    assert_int_equal(runs.refused, 0);
    plan_close(&p);
}

static void sends_runs_over_ipv4(void **state)
{
    (void)state;
    sends_runs("127.0.0.1");
}

static void sends_runs_over_ipv6(void **state)
{
    (void)state;
    sends_runs("::1");
}

/* More equal messages than one run, one system call's vectors may hold. */
static void bounds_a_run(void **state)
{
    (void)state;
    static struct plan p;
    plan_open(&p, "127.0.0.1");
    for (int i = 0; i < PLAN; i++)
        plan_add(&p, i / 100, i / 100 ? 40 : BIG, 0);
    plan_send(&p);
    assert_in_range(hop_udp_runs(p.from).sent, 5, 10);
    plan_close(&p);
    static struct hop_udp_message many[1500];
    struct hop_udp *a = open_on("127.0.0.1"), *b = open_on("127.0.0.1");
    for (size_t i = 0; i < 1500; i++)
        many[i] = (struct hop_udp_message){ .data = (const uint8_t *)"x",
                                            .len = 1,
                                            .to = hop_udp_local(b) };
    assert_int_equal(hop_udp_send(a, many, 1500), 1500);
    hop_udp_close(a);
    hop_udp_close(b);
}

/* Without UDP checksums the kernel refuses every run. */
static void goes_on_without_runs(void **state)
{
    (void)state;
    static struct plan p;
    int on = 1;
    plan_open(&p, "127.0.0.1");
    assert_int_equal(setsockopt(hop_udp_fd(p.from), SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
    for (int i = 0; i < 120; i++)
        plan_add(&p, i / 3 % 2, 500, 34); /* 40 runs of three */
    plan_send(&p);
    struct hop_udp_runs runs = hop_udp_runs(p.from);
    assert_false(runs.on);
    assert_int_equal(runs.sent, 0);
    assert_int_equal(runs.refused, 40);
    assert_int_equal(hop_udp_send(p.from, p.messages, p.n), p.n);
    plan_check(&p);
    assert_int_equal(hop_udp_runs(p.from).refused, 40); /* not tried again */
    plan_close(&p);
}

/* One path that takes no runs costs the others nothing. */
static void one_refusal_is_not_all(void **state)
{
    (void)state;
    static struct plan p;
    int on = 1, off = 0;
    plan_open(&p, "127.0.0.1");
    for (int round = 0; round < 3; round++) {
        p.n = 0;
        for (int i = 0; i < 20; i++)
            plan_add(&p, 0, 500, 0); /* a run: well below the refusals that end it all */
        assert_int_equal(setsockopt(hop_udp_fd(p.from), SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)),
                         0);
        plan_send(&p);
        assert_int_equal(setsockopt(hop_udp_fd(p.from), SOL_SOCKET, SO_NO_CHECK, &off, sizeof(off)),
                         0);
        plan_send(&p);
        assert_true(hop_udp_runs(p.from).on);
        assert_int_equal(hop_udp_runs(p.from).refused, round + 1);
        assert_int_equal(hop_udp_runs(p.from).sent, round + 1);
    }
    plan_close(&p);
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
        cmocka_unit_test(sends_runs_over_ipv4),
        cmocka_unit_test(sends_runs_over_ipv6),
        cmocka_unit_test(bounds_a_run),
        cmocka_unit_test(goes_on_without_runs),
        cmocka_unit_test(one_refusal_is_not_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
