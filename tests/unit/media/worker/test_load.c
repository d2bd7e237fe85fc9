/* The worker's own measure of its load, in virtual time. */
#include "media/worker/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS ((int64_t)1000)

/* Turns of `work_us`, one every `every_us`. */
static int64_t play(struct hop_worker_load *load, int64_t now_us, int64_t for_us, int64_t every_us,
                    int64_t work_us)
{
    for (int64_t end = now_us + for_us; now_us < end; now_us += every_us) {
        hop_worker_load_turn(load, now_us, now_us + work_us);
        hop_worker_load_update(load, now_us + work_us);
    }
    return now_us;
}

static void follows_the_share_of_time_at_work(void **state)
{
    (void)state;
    struct hop_worker_load load = { 0 };
    int64_t now = play(&load, 5000 * MS, 20000 * MS, 2 * MS, MS / 2);
    assert_float_equal(load.busy, 0.25, 0.02);
    assert_float_equal(load.lag_us, 500, 50);
    now = play(&load, now, 20000 * MS, 2 * MS, 2 * MS);
    assert_float_equal(load.busy, 1.0, 0.02);
    (void)now;
}

static void one_stall_is_seen_and_forgotten(void **state)
{
    (void)state;
    struct hop_worker_load load = { 0 };
    int64_t now = play(&load, 5000 * MS, 10000 * MS, 10 * MS, MS);
    hop_worker_load_turn(&load, now, now + 400 * MS);
    hop_worker_load_update(&load, now + 400 * MS);
    assert_true(load.lag_us > 40 * (double)MS);
    assert_true(load.busy < 0.3); /* no reason to refuse anybody */
    play(&load, now + 400 * MS, 10000 * MS, 10 * MS, MS);
    assert_float_equal(load.lag_us, 1000, 300);
}

static void a_long_sleep_is_idle(void **state)
{
    (void)state;
    struct hop_worker_load load = { 0 };
    int64_t now = play(&load, 5000 * MS, 20000 * MS, MS, MS);
    assert_true(load.busy > 0.9);
    assert_true(hop_worker_load_update(&load, now + 60000 * MS));
    assert_true(load.busy < 0.05);
    assert_false(hop_worker_load_update(&load, now + 60050 * MS));
}

static void waits_for_company_only_as_it_fills(void **state)
{
    (void)state;
    struct hop_worker_load load = { .last_busy = 0.1 };
    int64_t before = 0;
    assert_int_equal(hop_worker_load_company_us(&load), 0);
    for (load.last_busy = 0.3; load.last_busy < 1; load.last_busy += 0.1) {
        assert_true(hop_worker_load_company_us(&load) >= before);
        assert_true(hop_worker_load_company_us(&load) > 0);
        before = hop_worker_load_company_us(&load);
    }
    load.last_busy = 3; /* time that the machine took */
    assert_int_equal(hop_worker_load_company_us(&load), 1000);
}

/* Turns of 10 ms one after the other, of which the thread ran one. */
static void what_others_take_is_not_its_own_load(void **state)
{
    (void)state;
    struct hop_worker_load load = { 0 };
    uint64_t ran_us = 0;
    for (int64_t now = 5000 * MS; now < 25000 * MS; now += 10 * MS) {
        hop_worker_load_turn(&load, now, now + 10 * MS);
        ran_us += 1000;
        if (hop_worker_load_update(&load, now + 10 * MS))
            hop_worker_load_cpu(&load, ran_us);
    }
    assert_true(load.busy > 0.95);
    assert_float_equal(hop_worker_load_own(&load), 0.1, 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_share_of_time_at_work),
        cmocka_unit_test(one_stall_is_seen_and_forgotten),
        cmocka_unit_test(a_long_sleep_is_idle),
        cmocka_unit_test(what_others_take_is_not_its_own_load),
        cmocka_unit_test(waits_for_company_only_as_it_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
