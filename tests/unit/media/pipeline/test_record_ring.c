/* The ring between a worker and its mix thread, alone and with two threads; and the lane on it. */
#include "media/pipeline/lane.h"
#include "media/pipeline/record_ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS = 200000 };

static void test_sizes(void **state)
{
    struct hop_record_ring *ring = NULL;
    (void)state;

    assert_int_equal(hop_record_ring_new(1000, &ring), -EINVAL);
    assert_int_equal(hop_record_ring_new(512, &ring), -EINVAL);
    assert_null(ring);
    assert_int_equal(hop_record_ring_new(1024, &ring), 0);
    assert_null(hop_record_ring_reserve(ring, 0));
    assert_null(hop_record_ring_reserve(ring, 2000));
    hop_record_ring_free(ring);
    hop_record_ring_free(NULL);
}

/* Fills it, empties it, at every offset: nothing is lost, overwritten or seen early. */
static void test_full_and_empty_at_every_offset(void **state)
{
    struct hop_record_ring *ring = NULL;
    size_t size = 0;
    unsigned next_in = 0, next_out = 0;
    (void)state;

    assert_int_equal(hop_record_ring_new(1024, &ring), 0);
    for (int round = 0; round < 500; round++) {
        unsigned char *record;
        while ((record = hop_record_ring_reserve(ring, 1 + next_in * 7 % 200)) != NULL) {
            memset(record, (int)next_in, 1 + next_in * 7 % 200);
            const void *oldest = hop_record_ring_peek(ring, &size);
            assert_int_equal(oldest == NULL, next_in == next_out); /* uncommitted: not seen */
            hop_record_ring_commit(ring);
            next_in++;
        }
        assert_true(hop_record_ring_used(ring) <= 1024);
        unsigned leave = (unsigned)round % 3;
        while (next_in - next_out > leave) {
            const unsigned char *oldest = hop_record_ring_peek(ring, &size);
            assert_non_null(oldest);
            assert_int_equal(size, 1 + next_out * 7 % 200);
            assert_int_equal(oldest[0], (unsigned char)next_out);
            assert_int_equal(oldest[size - 1], (unsigned char)next_out);
            hop_record_ring_release(ring);
            next_out++;
        }
    }
    hop_record_ring_free(ring);
}

static void *produce(void *data)
{
    struct hop_record_ring *ring = data;
    for (unsigned i = 0; i < RECORDS;) {
        size_t size = sizeof(i) + i % 300;
        unsigned char *record = hop_record_ring_reserve(ring, size);
        if (!record) {
            sched_yield();
            continue;
        }
        memset(record, (int)(i & 0xff), size);
        memcpy(record, &i, sizeof(i));
        hop_record_ring_commit(ring);
        i++;
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    struct hop_record_ring *ring = NULL;
    pthread_t producer;
    (void)state;

    assert_int_equal(hop_record_ring_new(4096, &ring), 0);
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    for (unsigned expect = 0; expect < RECORDS;) {
        size_t size = 0;
        unsigned got = 0;
        const unsigned char *record = hop_record_ring_peek(ring, &size);
        if (!record) {
            sched_yield();
            continue;
        }
        memcpy(&got, record, sizeof(got));
        assert_int_equal(got, expect);
        assert_int_equal(size, sizeof(got) + got % 300);
        if (size > sizeof(got))
            assert_int_equal(record[size - 1], got & 0xff);
        hop_record_ring_release(ring);
        expect++;
    }
    pthread_join(producer, NULL);
    hop_record_ring_free(ring);
}

static void test_lane_refuses_when_full(void **state)
{
    struct hop_lane *lane = NULL;
    unsigned sent = 0, got = 0;
    struct hop_lane_message *message;
    (void)state;

    assert_int_equal(hop_lane_new(4096, 4, &lane), 0);
    while ((message = hop_lane_begin(lane, 100)) != NULL) {
        *message = (struct hop_lane_message){ .kind = HOP_LANE_VOICE, .len = 100, .peer = sent++ };
        hop_lane_commit(lane);
    }
    assert_in_range(sent, 20, 40);
    assert_int_equal(hop_lane_refused(lane), 1);
    for (const struct hop_lane_message *out; (out = hop_lane_peek(lane)) != NULL; got++) {
        assert_int_equal(out->peer, got);
        hop_lane_drop(lane);
    }
    assert_int_equal(got, sent);
    hop_lane_free(lane);
}

static void test_lane_ticks_go_round(void **state)
{
    struct hop_lane *lane = NULL;
    const struct hop_audio_tick *taken[4];
    (void)state;

    assert_int_equal(hop_lane_new(4096, 4, &lane), 0);
    for (uint32_t i = 0; i < 4; i++) {
        struct hop_audio_tick *tick = hop_lane_tick(lane);
        assert_non_null(tick);
        tick->timestamp = i;
        hop_lane_publish(lane, tick);
    }
    assert_null(hop_lane_tick(lane)); /* the worker has them all */
    assert_int_equal(hop_lane_refused(lane), 1);
    for (uint32_t i = 0; i < 4; i++) {
        taken[i] = hop_lane_take(lane);
        assert_non_null(taken[i]);
        assert_int_equal(taken[i]->timestamp, i);
    }
    assert_null(hop_lane_take(lane));
    hop_lane_give_back(lane, taken[2]);
    assert_ptr_equal(hop_lane_tick(lane), taken[2]);
    assert_null(hop_lane_tick(lane));
    hop_lane_free(lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_full_and_empty_at_every_offset),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_lane_refuses_when_full),
        cmocka_unit_test(test_lane_ticks_go_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
