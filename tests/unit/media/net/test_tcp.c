/* media/net/tcp.c over real loopback connections. */
#include "media/net/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static void wait_for(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };
    assert_int_equal(poll(&p, 1, 5000), 1);
}

struct pair {
    struct hop_tcp_listener *listener;
    struct hop_tcp_conn *client, *server;
};

static void connect_pair(struct pair *p, const char *ip)
{
    struct hop_addr local;
    assert_int_equal(hop_addr_parse(ip, 0, &local), 0);
    assert_int_equal(hop_tcp_listen(&local, &p->listener), 0);
    assert_int_equal(hop_tcp_accept(p->listener, &p->server), -EAGAIN);
    assert_int_equal(hop_tcp_connect(hop_tcp_listener_local(p->listener), &p->client), 0);
    wait_for(hop_tcp_listener_fd(p->listener), POLLIN);
    assert_int_equal(hop_tcp_accept(p->listener, &p->server), 0);
}

static void close_pair(struct pair *p)
{
    hop_tcp_close(p->client);
    hop_tcp_close(p->server);
    hop_tcp_listener_close(p->listener);
}

static void carries_bytes(const char *ip)
{
    struct pair p;
    uint8_t buf[64];
    connect_pair(&p, ip);
    assert_int_equal(hop_tcp_recv(p.server, buf, sizeof(buf)), -EAGAIN);
    assert_int_equal(
        hop_tcp_queue(p.client, (const uint8_t *)"he", 2, (const uint8_t *)"llo", 3, 100), 0);
    assert_int_equal(hop_tcp_queued(p.client), 5);
    assert_int_equal(hop_tcp_flush(p.client), 0);
    assert_int_equal(hop_tcp_queued(p.client), 0);
    wait_for(hop_tcp_fd(p.server), POLLIN);
    assert_int_equal(hop_tcp_recv(p.server, buf, sizeof(buf)), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(hop_tcp_remote(p.server)->family, hop_tcp_listener_local(p.listener)->family);
    close_pair(&p);
}

static void carries_bytes_both_families(void **state)
{
    (void)state;
    carries_bytes("127.0.0.1");
    carries_bytes("::1");
}

/* A reader that stops: the queue fills to its limit, keeps whole units, and empties in order when
 * he reads again. */
static void the_queue_is_bounded_and_whole(void **state)
{
    (void)state;
    struct pair p;
    uint8_t unit[1000], head[4];
    uint32_t queued = 0;
    connect_pair(&p, "127.0.0.1");
    for (;; queued++) {
        memset(unit, (int)(queued & 0xff), sizeof(unit));
        memcpy(head, &queued, 4);
        int error = hop_tcp_queue(p.client, head, 4, unit, sizeof(unit), 50000);
        if (error != 0) {
            assert_int_equal(error, -ENOBUFS);
            break;
        }
        assert_true(hop_tcp_queued(p.client) <= 50000);
        assert_int_equal(hop_tcp_flush(p.client), 0);
        assert_true(queued < 100000);
    }
    assert_true(queued > 50);
    static uint8_t data[1004];
    size_t have = 0;
    for (uint32_t next = 0; next < queued;) {
        assert_int_equal(hop_tcp_flush(p.client), 0);
        wait_for(hop_tcp_fd(p.server), POLLIN);
        ssize_t n = hop_tcp_recv(p.server, data + have, sizeof(data) - have);
        assert_true(n > 0);
        have += (size_t)n;
        if (have < sizeof(data))
            continue;
        have = 0;
        uint32_t number;
        memcpy(&number, data, 4);
        assert_int_equal(number, next);
        assert_int_equal(data[4], next & 0xff);
        assert_int_equal(data[1003], next & 0xff);
        next++;
    }
    close_pair(&p);
}

static void limits_hold_for_one_unit(void **state)
{
    (void)state;
    struct pair p;
    uint8_t *big = calloc(1, HOP_MAX_TCP_QUEUE + 1);
    connect_pair(&p, "127.0.0.1");
    assert_int_equal(hop_tcp_queue(p.client, NULL, 0, big, 101, 100), -ENOBUFS);
    assert_int_equal(hop_tcp_queue(p.client, big, 60, big, 41, 100), -ENOBUFS);
    assert_int_equal(hop_tcp_queue(p.client, NULL, 0, big, HOP_MAX_TCP_QUEUE + 1, SIZE_MAX),
                     -ENOBUFS);
    assert_int_equal(hop_tcp_queued(p.client), 0);
    assert_int_equal(hop_tcp_queue(p.client, big, 60, big, 40, 100), 0);
    close_pair(&p);
    free(big);
}

static void notices_the_end(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buf[8];
    connect_pair(&p, "127.0.0.1");
    hop_tcp_close(p.client);
    p.client = NULL;
    wait_for(hop_tcp_fd(p.server), POLLIN);
    assert_int_equal(hop_tcp_recv(p.server, buf, sizeof(buf)), 0);
    /* Writing to it kills it at the latest the second time, without a signal. */
    int error = 0;
    for (int i = 0; i < 100 && error == 0; i++) {
        assert_int_equal(hop_tcp_queue(p.server, NULL, 0, (const uint8_t *)"x", 1, 1000), 0);
        error = hop_tcp_flush(p.server);
        wait_for(hop_tcp_fd(p.server), POLLOUT);
    }
    assert_true(error == -EPIPE || error == -ECONNRESET);
    hop_tcp_close(p.server);
    hop_tcp_listener_close(p.listener);
}

static void says_why_it_cannot_listen(void **state)
{
    (void)state;
    struct hop_addr local, foreign;
    struct hop_tcp_listener *a, *b = NULL;
    assert_int_equal(hop_addr_parse("127.0.0.1", 0, &local), 0);
    assert_int_equal(hop_tcp_listen(&local, &a), 0);
    assert_int_equal(hop_tcp_listen(hop_tcp_listener_local(a), &b), -EADDRINUSE);
    assert_int_equal(hop_addr_parse("203.0.113.77", 0, &foreign), 0);
    assert_int_equal(hop_tcp_listen(&foreign, &b), -EADDRNOTAVAIL);
    assert_null(b);
    hop_tcp_listener_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_both_families),
        cmocka_unit_test(the_queue_is_bounded_and_whole),
        cmocka_unit_test(limits_hold_for_one_unit),
        cmocka_unit_test(notices_the_end),
        cmocka_unit_test(says_why_it_cannot_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
