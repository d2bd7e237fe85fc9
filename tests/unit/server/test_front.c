/* The door of the shared port, on real sockets. */
#include "server/front.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_US = 1000, NO_WAIT_MS = 0, WAIT_MS = 10000 };

struct seen {
    struct hop_front *front;
    int tls, media; /* how many */
    int fd;         /* the last one */
    uint8_t message[HOP_FIRST_BYTES];
    size_t len;
};

static void on_tls(void *ctx, int fd)
{
    struct seen *s = ctx;

    s->tls++;
    s->fd = fd;
}

static void on_media(void *ctx, int fd, const uint8_t *message, size_t len)
{
    struct seen *s = ctx;

    s->media++;
    s->fd = fd;
    memcpy(s->message, message, len);
    s->len = len;
}

static void begin(struct seen *s)
{
    struct hop_front_config config = {
        .patience_us = PATIENCE_US, .tls = on_tls, .media = on_media, .ctx = s
    };

    *s = (struct seen){ .fd = -1 };
    assert_int_equal(hop_front_new(&config, &s->front), 0);
}

/* A connection: ours is returned, the other end is the front's. Unix sockets have no low-water
 * mark, so TCP. */
static int enter(struct seen *s, int64_t now_us)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    int listener = socket(AF_INET, SOCK_STREAM, 0), ours = socket(AF_INET, SOCK_STREAM, 0);
    int theirs;

    assert_int_equal(listen(listener, 1), 0); /* on any address and port */
    assert_int_equal(getsockname(listener, (struct sockaddr *)&sa, &len), 0);
    assert_int_equal(connect(ours, (struct sockaddr *)&sa, len), 0);
    theirs = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(theirs >= 0);
    close(listener);
    hop_front_take(s->front, theirs, now_us);
    return ours;
}

/* Serves as long as there is something to do. */
static bool serve(struct seen *s, int wait_ms)
{
    struct pollfd p = { .fd = hop_front_fd(s->front), .events = POLLIN };

    if (poll(&p, 1, wait_ms) != 1)
        return false;
    hop_front_service(s->front);
    return true;
}

static void say(int fd, const void *data, size_t len)
{
    assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t binding_request(uint8_t out[64])
{
    static const uint8_t head[] = { 0, 28, 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42 };

    memset(out, 7, 64);
    memcpy(out, head, sizeof(head));
    return 30;
}

static bool is_closed(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char byte;

    return poll(&p, 1, WAIT_MS) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

static void each_goes_where_it_belongs_with_all_its_bytes(void **state)
{
    uint8_t frame[64], got[64];
    size_t len = binding_request(frame);
    struct seen s;
    int a, b;

    (void)state;
    begin(&s);
    a = enter(&s, 0);
    b = enter(&s, 0);
    assert_int_equal(hop_front_waiting(s.front), 2);
    assert_false(serve(&s, NO_WAIT_MS));
    say(a, "\x16\x03\x01", 3);
    assert_true(serve(&s, WAIT_MS));
    assert_int_equal(s.tls, 1);
    assert_int_equal(recv(s.fd, got, sizeof(got), 0), 3);
    close(s.fd);
    say(b, frame, len);
    while (s.media == 0)
        assert_true(serve(&s, WAIT_MS));
    assert_int_equal(s.len, len - 2);
    assert_memory_equal(s.message, frame + 2, len - 2);
    assert_int_equal(recv(s.fd, got, sizeof(got), 0), (ssize_t)len);
    assert_memory_equal(got, frame, len);
    close(s.fd);
    assert_int_equal(hop_front_waiting(s.front), 0);
    close(a);
    close(b);
    hop_front_free(s.front);
}

/* Byte by byte: the loop is not woken for bytes that cannot decide, and afterwards for each. */
static void a_slow_talker_does_not_keep_the_loop_awake(void **state)
{
    uint8_t frame[64];
    size_t len = binding_request(frame);
    int served = 0, fd;
    struct seen s;

    (void)state;
    begin(&s);
    fd = enter(&s, 0);
    for (size_t i = 0; i < len; i++) {
        say(fd, frame + i, 1);
        while (serve(&s, NO_WAIT_MS))
            assert_true(++served <= 3);
    }
    while (s.media == 0)
        assert_true(serve(&s, WAIT_MS));
    struct pollfd p = { .fd = s.fd, .events = POLLIN };
    uint8_t rest[64];
    assert_int_equal(recv(s.fd, rest, sizeof(rest), 0), (ssize_t)len);
    say(fd, "x", 1);
    assert_int_equal(poll(&p, 1, WAIT_MS), 1); /* the low-water mark is one again */
    close(s.fd);
    close(fd);
    hop_front_free(s.front);
}

static void what_is_neither_and_who_goes_half_way_is_closed(void **state)
{
    uint8_t frame[64];
    struct seen s;
    int a, b;

    (void)state;
    begin(&s);
    a = enter(&s, 0);
    b = enter(&s, 0);
    say(a, "\0\x1c\x80\x6f\0\0\0\0\0\0", 10); /* a frame of RTP */
    while (hop_front_waiting(s.front) == 2)
        assert_true(serve(&s, WAIT_MS));
    assert_true(is_closed(a));
    binding_request(frame);
    say(b, frame, 12);
    shutdown(b, SHUT_WR);
    while (hop_front_waiting(s.front) == 1)
        assert_true(serve(&s, WAIT_MS));
    assert_true(is_closed(b));
    assert_int_equal(s.tls + s.media, 0);
    assert_int_equal(hop_front_refused(s.front), 2);
    close(a);
    close(b);
    hop_front_free(s.front);
}

static void patience_ends(void **state)
{
    struct seen s;
    int a, b;

    (void)state;
    begin(&s);
    a = enter(&s, 0);
    b = enter(&s, 600);
    assert_int_equal(hop_front_tick(s.front, 500), 1000);
    assert_int_equal(hop_front_tick(s.front, 1000), 1600);
    assert_true(is_closed(a));
    assert_int_equal(hop_front_waiting(s.front), 1);
    assert_int_equal(hop_front_tick(s.front, 1600), INT64_MAX);
    assert_true(is_closed(b));
    close(a);
    close(b);
    hop_front_free(s.front);
}

/* Who opens connections and says nothing pushes out his own, not those that come to speak. */
static void the_longest_waiting_makes_room(void **state)
{
    int silent[HOP_FRONT_WAITING], one;
    struct seen s;

    (void)state;
    begin(&s);
    for (int i = 0; i < HOP_FRONT_WAITING; i++)
        silent[i] = enter(&s, i);
    one = enter(&s, HOP_FRONT_WAITING);
    assert_int_equal(hop_front_waiting(s.front), HOP_FRONT_WAITING);
    assert_true(is_closed(silent[0]));
    say(one, "\x16", 1);
    while (s.tls == 0)
        assert_true(serve(&s, WAIT_MS));
    close(s.fd);
    close(one);
    hop_front_free(s.front);
    for (int i = 0; i < HOP_FRONT_WAITING; i++) {
        assert_true(is_closed(silent[i]));
        close(silent[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_goes_where_it_belongs_with_all_its_bytes),
        cmocka_unit_test(a_slow_talker_does_not_keep_the_loop_awake),
        cmocka_unit_test(what_is_neither_and_who_goes_half_way_is_closed),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(the_longest_waiting_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
