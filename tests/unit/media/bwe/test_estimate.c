/* The estimator over lines in virtual time: what it finds, how fast, and what queue it makes. */
#include "tests/unit/media/bwe/line.h"

static void report(struct line *l, const char *what)
{
    print_message("  %s: media %.0f kbit/s, target %u..%u, queue p95 %d ms, loss %.1f %%, "
                  "padding %.1f kbit/s\n",
                  what, line_bps(l) / 1000, l->least_bps / 1000, l->most_bps / 1000,
                  (int)(line_p95_us(l) / 1000), 100 * line_loss(l),
                  (double)l->padding * 8e3 / (double)(l->now_us - l->mark_us));
}

static void steady_one_megabit(void **state)
{
    (void)state;
    struct line *l = line_new(1, 1000000, 400000, 25000);
    line_mark(l);
    line_run(l, 8000000);
    report(l, "first 8 s");
    assert_true(line_p95_us(l) <= 150000);
    line_mark(l);
    line_run(l, 60000000);
    report(l, "then");
    assert_true(line_bps(l) >= 850000);
    assert_true(l->least_bps >= 800000 && l->most_bps <= 1150000);
    assert_true(line_p95_us(l) <= 150000);
    line_free(l);
}

static void a_good_line_is_found_at_once(void **state)
{
    (void)state;
    struct line *l = line_new(2, 100000000, 200000, 5000);
    l->wanted_bps = 12000000;
    line_run(l, 1000000);
    assert_true(l->bwe.target_bps >= 12000000);
    line_mark(l);
    line_run(l, 30000000);
    report(l, "after 1 s");
    assert_true(l->least_bps >= 11000000);
    assert_true(l->padding < l->delivered / 100);
    line_free(l);
}

static void a_drop_and_the_return(void **state)
{
    (void)state;
    struct line *l = line_new(3, 4000000, 500000, 25000);
    line_run(l, 20000000);
    line_mark(l);
    line_run(l, 5000000);
    report(l, "4 Mbit/s");
    assert_true(line_bps(l) >= 3400000);
    l->rate_bps = 600000;
    line_mark(l);
    line_run(l, 2000000);
    report(l, "2 s after the drop");
    line_mark(l);
    line_run(l, 10000000);
    report(l, "then");
    assert_true(line_loss(l) < 0.02);
    assert_true(line_bps(l) >= 0.8 * 600000);
    assert_true(line_p95_us(l) <= 200000);
    l->rate_bps = 4000000;
    line_mark(l);
    int64_t since_us = l->now_us;
    while (l->bwe.target_bps < 3600000 && l->now_us - since_us < 20000000)
        line_run(l, 10000);
    print_message("  back after %.1f s\n", (double)(l->now_us - since_us) / 1e6);
    assert_true(l->now_us - since_us <= 15000000);
    line_free(l);
}

static void random_loss_is_not_congestion(void **state)
{
    (void)state;
    struct line *l = line_new(4, 10000000, 200000, 40000);
    l->wanted_bps = 3000000;
    l->loss_permille = 50;
    line_run(l, 5000000);
    line_mark(l);
    line_run(l, 60000000);
    report(l, "5 % loss");
    assert_true(line_bps(l) >= 0.95 * 0.95 * 3000000);
    line_free(l);
}

static void heavy_loss_for_a_while(void **state)
{
    (void)state;
    struct line *l = line_new(5, 10000000, 200000, 40000);
    l->wanted_bps = 3000000;
    line_run(l, 10000000);
    l->loss_permille = 200;
    line_mark(l);
    line_run(l, 10000000);
    report(l, "20 % loss");
    l->loss_permille = 0;
    line_run(l, 2000000);
    line_mark(l);
    line_run(l, 10000000);
    report(l, "after it");
    assert_true(line_bps(l) >= 0.9 * 3000000);
    line_free(l);
}

static void a_bloated_buffer_stays_empty(void **state)
{
    (void)state;
    struct line *l = line_new(6, 2000000, 1000000, 25000);
    line_run(l, 5000000);
    line_mark(l);
    line_run(l, 60000000);
    report(l, "1 s of buffer");
    assert_true(line_p95_us(l) <= 200000);
    assert_true(line_bps(l) >= 0.8 * 2000000);
    line_free(l);
}

static void a_shallow_buffer_is_told_by_loss(void **state)
{
    (void)state;
    struct line *l = line_new(7, 2000000, 40000, 25000);
    line_run(l, 5000000);
    line_mark(l);
    line_run(l, 60000000);
    report(l, "40 ms of buffer");
    assert_true(line_loss(l) < 0.15);
    assert_true(line_bps(l) >= 0.6 * 2000000);
    line_free(l);
}

static void jitter_is_not_congestion(void **state)
{
    (void)state;
    struct line *l = line_new(8, 20000000, 200000, 25000);
    l->wanted_bps = 3000000;
    l->jitter_us = 15000;
    line_run(l, 3000000);
    line_mark(l);
    line_run(l, 60000000);
    report(l, "15 ms of jitter");
    assert_true(line_bps(l) >= 0.95 * 3000000);
    line_free(l);
}

/* The receiver's machine is busy: for a third of a second it takes nothing, then all at once. */
static void hiccups_of_the_receiver_do_not_last(void **state)
{
    (void)state;
    struct line *l = line_new(12, 20000000, 500000, 10000);
    l->wanted_bps = 1500000;
    line_run(l, 5000000);
    l->stall_us = 300000;
    l->stall_gap_us = 5000000;
    line_mark(l);
    line_run(l, 60000000);
    report(l, "0.3 s without, every 5 s");
    assert_true(line_bps(l) >= 0.8 * 1500000);
    assert_true(l->least_bps >= 400000);
    line_free(l);
}

/* Little is sent: what is not used is not believed, except by probing. */
static void unused_capacity_is_not_invented(void **state)
{
    (void)state;
    struct line *l = line_new(9, 1500000, 400000, 25000);
    l->wanted_bps = 300000;
    line_run(l, 60000000);
    assert_true(l->bwe.target_bps <= 1500000);
    l->wanted_bps = 1200000;
    line_mark(l);
    line_run(l, 5000000);
    report(l, "used at once");
    assert_true(line_p95_us(l) <= 150000);
    line_free(l);
}

static void silence_halves(void **state)
{
    (void)state;
    struct line *l = line_new(10, 5000000, 200000, 25000);
    l->wanted_bps = 3000000;
    line_run(l, 3000000);
    uint32_t before = l->bwe.target_bps;
    for (int i = 0; i < 100; i++)
        hop_bwe_tick(&l->bwe, true, l->now_us += 100000);
    assert_true(l->bwe.target_bps < before / 16);
    assert_int_equal(l->bwe.why, HOP_WHY_SILENCE);
    line_free(l);
}

static void receivers_without_feedback(void **state)
{
    (void)state;
    struct hop_bwe b;
    hop_bwe_init(&b);
    hop_bwe_remb(&b, 700000, 1000000);
    assert_int_equal(b.target_bps, 700000);
    hop_bwe_report(&b, 100, 700000, 2500000); /* REMB knows better */
    assert_int_equal(b.target_bps, 700000);
    hop_bwe_init(&b);
    for (int i = 1; i < 60; i++)
        hop_bwe_report(&b, 0, b.target_bps, i * 1000000);
    assert_true(b.target_bps > 10 * HOP_BWE_START_BPS);
    hop_bwe_report(&b, 128, 2000000, 100000000);
    assert_true(b.target_bps < 2000000);
    assert_int_equal(hop_bwe_probe_due(&b, 200000000), 0);
}

static void the_same_input_gives_the_same_output(void **state)
{
    (void)state;
    struct line *a = line_new(11, 1000000, 400000, 25000);
    struct line *b = line_new(11, 1000000, 400000, 25000);
    line_run(a, 20000000);
    line_run(b, 20000000);
    assert_int_equal(a->bwe.target_bps, b->bwe.target_bps);
    assert_int_equal(a->next, b->next);
    line_free(a);
    line_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_one_megabit),
        cmocka_unit_test(a_good_line_is_found_at_once),
        cmocka_unit_test(a_drop_and_the_return),
        cmocka_unit_test(random_loss_is_not_congestion),
        cmocka_unit_test(heavy_loss_for_a_while),
        cmocka_unit_test(a_bloated_buffer_stays_empty),
        cmocka_unit_test(a_shallow_buffer_is_told_by_loss),
        cmocka_unit_test(jitter_is_not_congestion),
        cmocka_unit_test(hiccups_of_the_receiver_do_not_last),
        cmocka_unit_test(unused_capacity_is_not_invented),
        cmocka_unit_test(silence_halves),
        cmocka_unit_test(receivers_without_feedback),
        cmocka_unit_test(the_same_input_gives_the_same_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
