/* Unwrapping and the continuity map, including a random walk against a plain model. */
#include "media/rtp/seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void unwraps_forwards_and_backwards(void **state)
{
    (void)state;
    struct hop_seq_unwrap u = { 0 };
    assert_int_equal(hop_seq_unwrap(&u, 2), 0x10002);
    assert_int_equal(hop_seq_unwrap(&u, 65535), 0xffff); /* older than the first */
    assert_int_equal(hop_seq_unwrap(&u, 3), 0x10003);
    assert_int_equal(hop_seq_unwrap(&u, 0x8000), 0x18000);
    assert_int_equal(hop_seq_unwrap(&u, 0xffff), 0x1ffff);
    assert_int_equal(hop_seq_unwrap(&u, 1), 0x20001);
    assert_int_equal(hop_seq_peek(&u, 0xfffe), 0x1fffe);
    assert_int_equal(hop_seq_peek(&u, 9), 0x20009);
    assert_int_equal(hop_seq_unwrap(&u, 2), 0x20002);
}

static void unwraps_timestamps(void **state)
{
    (void)state;
    struct hop_ts_unwrap u = { 0 };
    assert_true(hop_ts_unwrap(&u, 0xffffff00) == UINT64_C(0x1ffffff00));
    assert_true(hop_ts_unwrap(&u, 0x100) == UINT64_C(0x200000100));
    assert_true(hop_ts_peek(&u, 0xffffffff) == UINT64_C(0x1ffffffff));
}

static uint16_t mapped(struct hop_seq_map *m, uint64_t in)
{
    uint16_t out = 0xdead;
    assert_true(hop_seq_map_in(m, in, &out));
    return out;
}

static void gaps_stay_and_late_packets_fill_them(void **state)
{
    (void)state;
    struct hop_seq_map m;
    uint16_t out;
    hop_seq_map_init(&m, 65534);
    assert_int_equal(mapped(&m, 1000), 65534);
    assert_int_equal(mapped(&m, 1001), 65535);
    assert_int_equal(mapped(&m, 1004), 2);
    assert_int_equal(mapped(&m, 1002), 0);
    assert_int_equal(mapped(&m, 1003), 1);
    assert_int_equal(mapped(&m, 1004), 2);
    assert_false(hop_seq_map_in(&m, 999, &out));
}

static void drops_leave_no_gap(void **state)
{
    (void)state;
    struct hop_seq_map m;
    uint16_t out;
    hop_seq_map_init(&m, 100);
    hop_seq_map_drop(&m, 9); /* nothing bound: nothing to do */
    assert_int_equal(mapped(&m, 10), 100);
    hop_seq_map_drop(&m, 11);
    hop_seq_map_drop(&m, 11);
    assert_int_equal(mapped(&m, 12), 101);
    hop_seq_map_drop(&m, 14); /* 13 is missing and keeps its number */
    assert_int_equal(mapped(&m, 15), 103);
    assert_int_equal(mapped(&m, 13), 102);
    assert_false(hop_seq_map_in(&m, 11, &out));
    assert_false(hop_seq_map_in(&m, 14, &out));
}

static void switches_continue(void **state)
{
    (void)state;
    struct hop_seq_map m;
    uint16_t out;
    hop_seq_map_init(&m, 7);
    assert_int_equal(mapped(&m, 500), 7);
    assert_int_equal(mapped(&m, 501), 8);
    hop_seq_map_switch(&m, 90000);
    assert_int_equal(mapped(&m, 90001), 10); /* the first one is late */
    assert_int_equal(mapped(&m, 90000), 9);
    assert_false(hop_seq_map_in(&m, 89999, &out));
    hop_seq_map_switch(&m, 3);
    assert_int_equal(mapped(&m, 3), 11);
    assert_false(hop_seq_map_in(&m, 2, &out));
}

static void own_packets_push_the_source_up(void **state)
{
    (void)state;
    struct hop_seq_map m;
    hop_seq_map_init(&m, 0);
    assert_int_equal(hop_seq_map_own(&m), 0);
    assert_int_equal(mapped(&m, 50), 1);
    assert_int_equal(hop_seq_map_own(&m), 2);
    assert_int_equal(hop_seq_map_own(&m), 3);
    assert_int_equal(mapped(&m, 52), 5);
    assert_int_equal(mapped(&m, 51), 4);
    assert_int_equal(mapped(&m, 50), 1);
}

static void window_is_bounded(void **state)
{
    (void)state;
    struct hop_seq_map m;
    uint16_t out;
    hop_seq_map_init(&m, 0);
    assert_int_equal(mapped(&m, 70000), 0);
    assert_int_equal(mapped(&m, 70000 + HOP_SEQ_WINDOW - 1), HOP_SEQ_WINDOW - 1);
    assert_int_equal(mapped(&m, 70000), 0);
    assert_int_equal(mapped(&m, 70000 + HOP_SEQ_WINDOW), HOP_SEQ_WINDOW);
    assert_false(hop_seq_map_in(&m, 70000, &out));
    assert_int_equal(mapped(&m, 70001), 1);
    /* A leap of many cycles keeps arithmetic and stays quick. */
    uint64_t far = 70000 + (UINT64_C(1) << 40) + 5;
    assert_int_equal(mapped(&m, far), 5);
    assert_int_equal(mapped(&m, far - HOP_SEQ_WINDOW + 1), (uint16_t)(5 - HOP_SEQ_WINDOW + 1));
    assert_false(hop_seq_map_in(&m, far - HOP_SEQ_WINDOW, &out));
}

/* Sources with loss, reordering, drops and switches: what comes out never repeats a number, keeps
 * the order of each source, and leaves a hole only where the source had one. */
static void random_walk(void **state)
{
    (void)state;
    enum { N = 40000 };
    unsigned seed = 20240611;
    static uint8_t used[65536];
    struct hop_seq_map m;
    uint16_t newest = 0, out;
    uint64_t in = 100000, hole = 0;
    int n_holes = 0;
    print_message("seed %u\n", seed);
    hop_seq_map_init(&m, 0);
    for (int i = 0; i < N; i++) {
        int r = rand_r(&seed) % 100;
        in++;
        if (r < 5) {
            hop_seq_map_drop(&m, in);
            continue;
        }
        if (r < 10) { /* lost on the way to us; perhaps it comes later */
            hole = in;
            n_holes++;
            continue;
        }
        if (r < 11) {
            in = (uint64_t)rand_r(&seed) + 1000000;
            hop_seq_map_switch(&m, in);
            hole = 0;
        }
        assert_true(hop_seq_map_in(&m, in, &out));
        assert_true(i == 0 || hop_seq_diff(out, newest) > 0 || newest == 0);
        assert_false(used[out]);
        used[out] = 1;
        newest = out;
        if (hole && r > 50 && hop_seq_map_in(&m, hole, &out)) {
            assert_true(hop_seq_diff(out, newest) < 0);
            assert_false(used[out]);
            used[out] = 1;
            hole = 0;
            n_holes--;
        }
    }
    int unused = 0;
    for (int i = 0; i <= newest; i++)
        unused += !used[i];
    /* Not exactly: a hole just before a switch is never numbered. */
    assert_in_range(unused, 1, n_holes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unwraps_forwards_and_backwards),
        cmocka_unit_test(unwraps_timestamps),
        cmocka_unit_test(gaps_stay_and_late_packets_fill_them),
        cmocka_unit_test(drops_leave_no_gap),
        cmocka_unit_test(switches_continue),
        cmocka_unit_test(own_packets_push_the_source_up),
        cmocka_unit_test(window_is_bounded),
        cmocka_unit_test(random_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
