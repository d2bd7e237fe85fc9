/* How a line is judged, and when it is told. */
#include "tests/unit/media/route/fixture.h"

enum { STEP_US = 100000 };

/* The same facts for so long; returns the quality in the end. */
static enum hop_line_quality judge(struct hop_line *line, const struct hop_line_facts *facts,
                                   int64_t *now_us, int64_t for_us)
{
    enum hop_line_quality quality = line->quality;
    for (int64_t until_us = *now_us + for_us; *now_us < until_us; *now_us += STEP_US)
        quality = hop_line_judge(line, facts, *now_us);
    return quality;
}

static void trouble_must_last_and_be_over(void **state)
{
    (void)state;
    struct hop_line line = { 0 };
    int64_t now_us = 1000000;
    struct hop_line_facts fine = { .up = true, .rtt_ms = 40, .down_kbps = 2000 };
    struct hop_line_facts lossy = { .up = true, .loss_permille = 80, .rtt_ms = 40 };
    assert_int_equal(judge(&line, &fine, &now_us, 300000), HOP_LINE_GOOD);
    assert_int_equal(judge(&line, &lossy, &now_us, 1500000), HOP_LINE_GOOD);
    assert_int_equal(judge(&line, &fine, &now_us, 300000), HOP_LINE_GOOD);
    assert_int_equal(judge(&line, &lossy, &now_us, 1500000), HOP_LINE_GOOD); /* counted anew */
    assert_int_equal(judge(&line, &lossy, &now_us, 1000000), HOP_LINE_POOR);
    assert_int_equal(judge(&line, &fine, &now_us, 4000000), HOP_LINE_POOR);
    assert_int_equal(judge(&line, &lossy, &now_us, 100000), HOP_LINE_POOR);
    assert_int_equal(judge(&line, &fine, &now_us, 4900000), HOP_LINE_POOR);
    assert_int_equal(judge(&line, &fine, &now_us, 400000), HOP_LINE_GOOD);
}

static void between_good_and_poor_nothing_moves(void **state)
{
    (void)state;
    struct hop_line line = { 0 };
    int64_t now_us = 1000000;
    struct hop_line_facts between = { .up = true, .loss_permille = 35 };
    struct hop_line_facts far = { .up = true, .rtt_ms = 600 };
    assert_int_equal(judge(&line, &between, &now_us, 20000000), HOP_LINE_GOOD);
    judge(&line, &far, &now_us, 3000000);
    assert_int_equal(judge(&line, &between, &now_us, 20000000), HOP_LINE_POOR);
}

static void lost_at_once_and_back_through_poor(void **state)
{
    (void)state;
    struct hop_line line = { 0 };
    int64_t now_us = 1000000;
    struct hop_line_facts fine = { .up = true }, gone = { .up = false };
    judge(&line, &fine, &now_us, 1000000);
    assert_int_equal(judge(&line, &gone, &now_us, 100000), HOP_LINE_LOST);
    assert_int_equal(judge(&line, &fine, &now_us, 100000), HOP_LINE_POOR);
    assert_int_equal(judge(&line, &fine, &now_us, 5200000), HOP_LINE_GOOD);
}

static void a_thin_line_is_poor_only_if_pictures_suffer(void **state)
{
    (void)state;
    struct hop_line line = { 0 };
    int64_t now_us = 1000000;
    struct hop_line_facts thin = { .up = true, .down_kbps = 180 };
    assert_int_equal(judge(&line, &thin, &now_us, 5000000), HOP_LINE_GOOD);
    thin.limited = true;
    assert_int_equal(judge(&line, &thin, &now_us, 5000000), HOP_LINE_POOR);
    struct hop_line_facts pausing = { .up = true, .limited = true, .pausing = true };
    line = (struct hop_line){ 0 };
    assert_int_equal(judge(&line, &pausing, &now_us, 5000000), HOP_LINE_POOR);
}

/* Something is heard from him ten times a second, and something goes on in the room. */
static void live(struct fx *fx, uint32_t peer, int64_t us)
{
    for (int64_t until_us = fx->now_us + us; fx->now_us < until_us;) {
        uint8_t packet[64];
        struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
        hop_rtcp_write_rr(&w, 1, NULL, 0);
        hop_route_rtcp(fx->route, peer, packet, w.len, fx->now_us);
        hop_route_stir(fx->route, fx->now_us);
        fx_run(fx, 100000);
    }
}

static void it_is_told_when_it_changes(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 1);
    live(fx, 1, 3000000);
    assert_int_equal(fx->lines, 1);
    assert_int_equal(fx->line[1].quality, HOP_LINE_GOOD);
    assert_int_equal(fx->line[1].down_kbps, 0); /* nobody has measured it */
    hop_route_peer_suspended(fx->route, 1, true, fx->now_us);
    fx_run(fx, 2000000);
    assert_int_equal(fx->lines, 2);
    assert_int_equal(fx->line[1].quality, HOP_LINE_LOST);
    hop_route_peer_suspended(fx->route, 1, false, fx->now_us);
    live(fx, 1, 8000000);
    assert_int_equal(fx->lines, 4);
    assert_int_equal(fx->line[1].quality, HOP_LINE_GOOD);
    /* Who listens only may say nothing for longer than between two reports. */
    fx_run(fx, 10000000);
    assert_int_equal(fx->lines, 4);
    assert_int_equal(fx->line[1].quality, HOP_LINE_GOOD);
}

static void rates_that_jump_are_told_once_a_second(void **state)
{
    struct fx *fx = *state;
    fx_join(fx, 1);
    live(fx, 1, 1000000);
    struct hop_bwe *bwe = &fx->route->peers[1]->budget.bwe;
    bwe->known = true;
    unsigned told = fx->lines;
    for (int i = 0; i < 50; i++) {
        bwe->target_bps = i % 2 ? 400000 : 4000000;
        live(fx, 1, 100000);
    }
    assert_in_range(fx->lines - told, 4, 5);
    /* A tenth is no news. */
    bwe->target_bps = fx->line[1].down_kbps * 1000;
    live(fx, 1, 2000000);
    told = fx->lines;
    bwe->target_bps += bwe->target_bps / 12;
    live(fx, 1, 3000000);
    assert_int_equal(fx->lines, told);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_must_last_and_be_over),
        cmocka_unit_test(between_good_and_poor_nothing_moves),
        cmocka_unit_test(lost_at_once_and_back_through_poor),
        cmocka_unit_test(a_thin_line_is_poor_only_if_pictures_suffer),
        TEST(it_is_told_when_it_changes),
        TEST(rates_that_jump_are_told_once_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
