/* An overloaded worker in virtual time: its load follows, with some delay, what it lets through. */
#include "media/worker/relief.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define MS   ((int64_t)1000)
#define STEP (100 * MS)

/* A worker that would be `demand` times full with all pictures, `base` of it whatever is shown. */
struct plant {
    struct hop_relief relief;
    double demand, base,
        carried;  /* carried: percent that is really sent, follows in half a second */
    double share; /* of the processor that it gets when it wants to run */
    int64_t now_us;
    int changes;
};

static double busy_of(const struct plant *p)
{
    double busy = p->base + (p->demand - p->base) * p->carried / 100;
    return busy > 1 ? 1 : busy;
}

static void play(struct plant *p, int64_t for_us)
{
    for (int64_t end = p->now_us + for_us; p->now_us < end; p->now_us += STEP) {
        int before = p->relief.percent;
        bool overflowed = p->base + (p->demand - p->base) * p->carried / 100 > 1.1;
        struct hop_strain strain = { busy_of(p), busy_of(p) * p->share, overflowed };
        int percent = hop_relief_update(&p->relief, &strain, p->now_us);
        p->changes += percent != before;
        p->carried += (percent - p->carried) * 0.3;
    }
}

static struct plant plant(double demand)
{
    return (struct plant){
        .demand = demand, .base = 0.1, .carried = 100, .share = 1, .now_us = 7000 * MS
    };
}

static void a_worker_with_room_changes_nothing(void **state)
{
    (void)state;
    struct plant p = plant(0.9);
    play(&p, 60000 * MS);
    assert_int_equal(p.relief.percent, HOP_RELIEF_NONE);
    assert_true(p.changes <= 1); /* the first update sets it */
}

static void a_moment_is_no_overload(void **state)
{
    (void)state;
    struct plant p = plant(0.5);
    play(&p, 10000 * MS);
    p.demand = 3;
    play(&p, 200 * MS);
    p.demand = 0.5;
    play(&p, 10000 * MS);
    assert_int_equal(p.relief.percent, HOP_RELIEF_NONE);
}

static void twice_what_it_can_is_brought_down_in_seconds_and_stays_steady(void **state)
{
    (void)state;
    struct plant p = plant(2);
    play(&p, 4000 * MS);
    assert_true(busy_of(&p) < 0.95);
    assert_true(p.relief.percent >= 25);
    p.changes = 0;
    play(&p, 60000 * MS);
    assert_true(busy_of(&p) < 0.97);
    assert_true(p.changes < 16); /* in a minute, for all receivers */
}

static void it_recovers_by_itself(void **state)
{
    (void)state;
    struct plant p = plant(2);
    play(&p, 30000 * MS);
    p.demand = 0.6;
    play(&p, 90000 * MS);
    assert_int_equal(p.relief.percent, HOP_RELIEF_NONE);
}

static void a_step_that_was_too_large_is_taken_back_at_once(void **state)
{
    (void)state;
    struct plant p = plant(2);
    play(&p, 5000 * MS);
    assert_true(p.relief.percent < 60);
    p.demand = 0.3;
    play(&p, 4000 * MS);
    assert_int_equal(p.relief.percent, HOP_RELIEF_NONE);
}

static void what_others_do_to_the_machine_is_no_reason(void **state)
{
    (void)state;
    struct plant p = plant(2);
    p.share = 0.3;
    play(&p, 30000 * MS);
    assert_int_equal(p.relief.percent, HOP_RELIEF_NONE);
}

static void it_never_falls_to_nothing(void **state)
{
    (void)state;
    struct plant p = plant(2);
    p.base = 1.2; /* nothing that it can do helps */
    play(&p, 60000 * MS);
    assert_int_equal(p.relief.percent, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_with_room_changes_nothing),
        cmocka_unit_test(a_moment_is_no_overload),
        cmocka_unit_test(twice_what_it_can_is_brought_down_in_seconds_and_stays_steady),
        cmocka_unit_test(it_recovers_by_itself),
        cmocka_unit_test(a_step_that_was_too_large_is_taken_back_at_once),
        cmocka_unit_test(what_others_do_to_the_machine_is_no_reason),
        cmocka_unit_test(it_never_falls_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
