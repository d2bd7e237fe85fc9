/* media/base/ring.c: order, bounds, several producers, and that no wake-up is lost. */
#include "media/base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>

struct message {
    uint32_t producer, number;
    uint8_t filler[24];
};

static void keeps_order_and_refuses_when_full(void **state)
{
    (void)state;
    struct hop_ring *ring;
    struct message m = { 0 };
    assert_int_equal(hop_ring_new(4, sizeof(m), &ring), 0);
    for (int round = 0; round < 3; round++) {
        for (m.number = 0; m.number < 4; m.number++)
            assert_true(hop_ring_push(ring, &m));
        assert_false(hop_ring_push(ring, &m));
        for (uint32_t i = 0; i < 4; i++) {
            assert_true(hop_ring_pop(ring, &m));
            assert_int_equal(m.number, i);
        }
        assert_false(hop_ring_pop(ring, &m));
    }
    assert_int_equal(hop_ring_refused(ring), 3);
    hop_ring_free(ring);
}

static void reads_and_writes_in_place(void **state)
{
    (void)state;
    struct hop_ring *ring;
    assert_int_equal(hop_ring_new(2, sizeof(struct message), &ring), 0);
    struct message *first = hop_ring_reserve(ring);
    struct message *second = hop_ring_reserve(ring);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(hop_ring_reserve(ring));
    first->number = 1;
    second->number = 2;
    hop_ring_commit(ring, second);
    assert_null(hop_ring_peek(ring)); /* the first is not ready: order holds */
    hop_ring_commit(ring, first);
    const struct message *got = hop_ring_peek(ring);
    assert_ptr_equal(got, first);
    assert_null(hop_ring_reserve(ring)); /* still in the reader's hands */
    hop_ring_release(ring);
    got = hop_ring_peek(ring);
    assert_int_equal(got->number, 2);
    hop_ring_release(ring);
    assert_null(hop_ring_peek(ring));
    hop_ring_free(ring);
}

static void checks_its_arguments(void **state)
{
    (void)state;
    struct hop_ring *ring = NULL;
    assert_int_equal(hop_ring_new(0, 8, &ring), -EINVAL);
    assert_int_equal(hop_ring_new(3, 8, &ring), -EINVAL);
    assert_int_equal(hop_ring_new(1u << 21, 8, &ring), -EINVAL);
    assert_int_equal(hop_ring_new(4, 0, &ring), -EINVAL);
    assert_null(ring);
    hop_ring_free(NULL);
}

enum { PRODUCERS = 3, MESSAGES = 20000 };

struct shared {
    struct hop_ring *ring;
    struct hop_wake *wake;
    uint32_t producer;
};

static void *produce(void *arg)
{
    const struct shared *s = arg;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct message m = { .producer = s->producer, .number = i };
        while (!hop_ring_push(s->ring, &m))
            sched_yield();
        hop_wake_signal(s->wake);
    }
    return NULL;
}

static void many_producers_lose_nothing(void **state)
{
    (void)state;
    struct shared s[PRODUCERS];
    pthread_t threads[PRODUCERS];
    uint32_t next[PRODUCERS] = { 0 }, total = 0;
    struct hop_ring *ring;
    struct hop_wake wake;
    assert_int_equal(hop_ring_new(64, sizeof(struct message), &ring), 0);
    assert_int_equal(hop_wake_init(&wake), 0);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        s[i] = (struct shared){ .ring = ring, .wake = &wake, .producer = i };
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &s[i]), 0);
    }
    while (total < PRODUCERS * MESSAGES) {
        struct pollfd p = { .fd = wake.fd, .events = POLLIN };
        assert_int_equal(poll(&p, 1, 20000), 1); /* a lost wake-up would end here */
        hop_wake_clear(&wake);
        struct message m;
        while (hop_ring_pop(ring, &m)) {
            assert_true(m.producer < PRODUCERS);
            assert_int_equal(m.number, next[m.producer]++);
            total++;
        }
    }
    for (uint32_t i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    hop_wake_close(&wake);
    hop_ring_free(ring);
}

static void wakes_once_between_clears(void **state)
{
    (void)state;
    struct hop_wake wake;
    assert_int_equal(hop_wake_init(&wake), 0);
    struct pollfd p = { .fd = wake.fd, .events = POLLIN };
    assert_int_equal(poll(&p, 1, 0), 0);
    for (int i = 0; i < 5; i++)
        hop_wake_signal(&wake);
    assert_int_equal(poll(&p, 1, 0), 1);
    hop_wake_clear(&wake);
    assert_int_equal(poll(&p, 1, 0), 0);
    hop_wake_signal(&wake);
    assert_int_equal(poll(&p, 1, 0), 1);
    hop_wake_close(&wake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_refuses_when_full),
        cmocka_unit_test(reads_and_writes_in_place),
        cmocka_unit_test(checks_its_arguments),
        cmocka_unit_test(many_producers_lose_nothing),
        cmocka_unit_test(wakes_once_between_clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
