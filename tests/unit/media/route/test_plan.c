/* Which tiles a rate is spent on. */
#include "media/route/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct hop_plan_tile camera(uint16_t height, uint8_t rank)
{
    return (struct hop_plan_tile){
        .height = height, .rank = rank, .n = 3, .level = { 0, 1, 2 }, .bps = { 100, 400, 1400 }
    };
}

static void all_get_the_lowest_before_one_gets_more(void **state)
{
    (void)state;
    struct hop_plan_tile tiles[3] = { camera(360, 0), camera(360, 1), camera(360, 2) };
    int8_t levels[3];
    assert_int_equal(hop_plan(tiles, 3, 300, false, levels), 300);
    assert_true(levels[0] == 0 && levels[1] == 0 && levels[2] == 0);
    assert_int_equal(hop_plan(tiles, 3, 650, false, levels), 600);
    assert_true(levels[0] == 1 && levels[1] == 0 && levels[2] == 0);
    hop_plan(tiles, 3, 1200, false, levels);
    assert_true(levels[0] == 1 && levels[1] == 1 && levels[2] == 1);
    hop_plan(tiles, 3, 2200, false, levels);
    assert_true(levels[0] == 2 && levels[1] == 1 && levels[2] == 1);
    assert_int_equal(hop_plan_all(tiles, 3), 4200);
}

static void the_last_are_paused(void **state)
{
    (void)state;
    struct hop_plan_tile tiles[3] = { camera(180, 0), camera(180, 1), camera(360, 2) };
    int8_t levels[3];
    hop_plan(tiles, 3, 250, false, levels);
    assert_true(levels[0] == 0 && levels[1] == -1 && levels[2] == 0); /* the larger one stays */
    hop_plan(tiles, 3, 60, false, levels);
    assert_true(levels[0] == -1 && levels[1] == -1 && levels[2] == 0); /* too thin, but kept */
    hop_plan(tiles, 3, 40, false, levels);
    assert_int_equal(levels[2], -1);
    hop_plan(tiles, 3, 0, true, levels);
    assert_true(levels[0] == 0 && levels[1] == 0 && levels[2] == 0);
}

static void screens_come_first_then_pinned(void **state)
{
    (void)state;
    struct hop_plan_tile tiles[3] = { camera(720, 0), camera(180, 1), camera(360, 2) };
    int8_t levels[3];
    tiles[1].screen = true;
    hop_plan(tiles, 3, 1600, false, levels);
    assert_true(levels[0] == 0 && levels[1] == 2 && levels[2] == 0);
    tiles[1].screen = false;
    tiles[2].favour = HOP_PLAN_PINNED;
    hop_plan(tiles, 3, 1600, false, levels);
    assert_true(levels[0] == 0 && levels[1] == 0 && levels[2] == 2);
}

static void the_chair_and_who_speaks_come_before_the_rest(void **state)
{
    (void)state;
    struct hop_plan_tile tiles[4] = { camera(360, 0), camera(180, 1), camera(180, 2),
                                      camera(180, 3) };
    int8_t levels[4];
    tiles[3].favour = HOP_PLAN_SPEAKER;
    hop_plan(tiles, 4, 1700, false, levels);
    assert_true(levels[0] == 0 && levels[1] == 0 && levels[2] == 0 && levels[3] == 2);
    tiles[2].favour = HOP_PLAN_CHAIR;
    hop_plan(tiles, 4, 1700, false, levels);
    assert_true(levels[2] == 2 && levels[3] == 0);
    hop_plan(tiles, 4, 3000, false, levels);
    assert_true(levels[2] == 2 && levels[3] == 2 && levels[0] == 0);
    hop_plan(tiles, 4, 200, false, levels); /* who is paused last */
    assert_true(levels[0] == -1 && levels[1] == -1 && levels[2] == 0 && levels[3] == 0);
}

static void without_layers_nothing_is_chosen(void **state)
{
    (void)state;
    struct hop_plan_tile none = { .n = 0 };
    int8_t level = 5;
    assert_int_equal(hop_plan(&none, 1, 1000, true, &level), 0);
    assert_int_equal(level, -1);
    assert_int_equal(hop_plan_all(&none, 1), 0);
}

/* Whatever the tiles are: never more than the rate, except for the one that is kept. */
static void the_rate_is_never_exceeded(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        struct hop_plan_tile tiles[HOP_MAX_SLOTS];
        int8_t levels[HOP_MAX_SLOTS];
        uint8_t n = (uint8_t)(1 + rand() % HOP_MAX_SLOTS);
        for (uint8_t i = 0; i < n; i++) {
            tiles[i] = camera((uint16_t)(rand() % 1000), i);
            tiles[i].n = (uint8_t)(1 + rand() % 3);
            tiles[i].screen = rand() % 5 == 0;
            tiles[i].favour = (enum hop_plan_favour)(rand() % 4);
        }
        uint32_t bps = (uint32_t)(100 + rand() % 10000);
        assert_true(hop_plan(tiles, n, bps, false, levels) <= bps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_get_the_lowest_before_one_gets_more),
        cmocka_unit_test(the_last_are_paused),
        cmocka_unit_test(screens_come_first_then_pinned),
        cmocka_unit_test(the_chair_and_who_speaks_come_before_the_rest),
        cmocka_unit_test(without_layers_nothing_is_chosen),
        cmocka_unit_test(the_rate_is_never_exceeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
