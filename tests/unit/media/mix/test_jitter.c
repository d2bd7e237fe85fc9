/* The jitter buffer, packet by packet, in virtual time. Packets are CELT of 20 ms with nothing in
 * them: only their headers matter here. */
#include "media/mix/jitter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 48, FRAME = 960, TICK_US = 20000 };

static const uint8_t celt20[] = { 0xf8, 0xff, 0xfe }; /* config 31, mono, one frame */

struct line {
    struct hop_jitter *jitter;
    int64_t now_us;
    uint64_t seq;
    uint32_t timestamp;
    int left;       /* samples decoded and not yet played */
    bool stretches; /* does what the excess says */
};

static int setup(void **state)
{
    static struct line line;
    line = (struct line){ .now_us = 5000000, .seq = 100, .timestamp = 0xfffffc00u };
    assert_int_equal(hop_jitter_new(40, &line.jitter), 0);
    *state = &line;
    return 0;
}

static int teardown(void **state)
{
    hop_jitter_free(((struct line *)*state)->jitter);
    return 0;
}

/* The packet so many after the line's next one comes now. */
static enum hop_jitter_verdict come(struct line *line, int ahead)
{
    return hop_jitter_push(line->jitter, line->seq + (uint64_t)(int64_t)ahead,
                           line->timestamp + (uint32_t)(ahead * FRAME), celt20, sizeof(celt20),
                           (uint8_t)ahead, line->now_us);
}

static void pass(struct line *line, int packets)
{
    line->seq += (uint64_t)packets;
    line->timestamp += (uint32_t)(packets * FRAME);
}

/* One tick: 960 samples, all from one item as long as packets have 20 ms. */
static struct hop_jitter_item tick(struct line *line)
{
    int left = line->left;
    hop_jitter_begin_tick(line->jitter, left, line->now_us);
    struct hop_jitter_item item = { .kind = HOP_JITTER_PLAY };
    int excess = hop_jitter_excess(line->jitter);
    if (line->stretches && excess != 0) { /* as much at once as a talker does */
        int longer = excess > 0 ? -(excess < 480 ? excess : 480) : excess > -480 ? -excess : 480;
        left += longer;
        hop_jitter_stretched(line->jitter, longer);
    }
    while (left < FRAME) {
        item = hop_jitter_next(line->jitter);
        left += item.samples - item.skip;
    }
    line->left = left - FRAME;
    line->now_us += TICK_US;
    hop_jitter_ticked(line->jitter, line->left, line->now_us);
    return item;
}

static void start(struct line *line)
{
    come(line, 0);
    hop_jitter_start(line->jitter, line->now_us);
    pass(line, 1);
}

/* n ticks of a line on which nothing goes wrong. */
static void flow(struct line *line, int n)
{
    for (int i = 0; i < n; i++) {
        struct hop_jitter_item item = tick(line);
        assert_true(item.kind == HOP_JITTER_PLAY || item.kind == HOP_JITTER_SILENCE);
        assert_int_equal(come(line, 0), HOP_JITTER_OK);
        pass(line, 1);
    }
}

static void test_first_packet_plays_after_the_delay(void **state)
{
    struct line *line = *state;

    start(line);
    for (int waited = 0; waited < 40; waited += 20) {
        struct hop_jitter_item item = tick(line);
        assert_int_equal(item.kind, HOP_JITTER_SILENCE);
        assert_int_equal(item.samples, FRAME);
        come(line, 0);
        pass(line, 1);
    }
    struct hop_jitter_item item = tick(line);
    assert_int_equal(item.kind, HOP_JITTER_PLAY);
    assert_int_equal(item.samples, FRAME);
    assert_int_equal(item.len, sizeof(celt20));
    assert_memory_equal(item.data, celt20, sizeof(celt20));
}

static void test_packets_before_the_first_warm_up(void **state)
{
    struct line *line = *state;

    for (int i = 0; i < 10; i++) { /* idle: the last three are kept */
        come(line, 0);
        pass(line, 1);
        line->now_us += TICK_US;
    }
    come(line, 0);
    hop_jitter_start(line->jitter, line->now_us);
    /* of the three, the two before the newest begin within the delay */
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(tick(line).kind, HOP_JITTER_CONCEAL);
}

static void test_ticks_left_out_at_the_start_are_skipped(void **state)
{
    struct line *line = *state;

    start(line);
    line->now_us += 45000; /* the first tick is late */
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
}

static void test_reordering_and_duplicates(void **state)
{
    struct line *line = *state;

    start(line);
    assert_int_equal(come(line, 1), HOP_JITTER_OK);
    assert_int_equal(come(line, 0), HOP_JITTER_OK);
    assert_int_equal(come(line, 0), HOP_JITTER_DUPLICATE);
    assert_int_equal(come(line, 1), HOP_JITTER_DUPLICATE);
    tick(line);
    tick(line);
    static const uint8_t marks[] = { 0, 0, 1 }; /* what come() wrote as level */
    for (int i = 0; i < 3; i++) {
        struct hop_jitter_item item = tick(line);
        assert_int_equal(item.kind, HOP_JITTER_PLAY);
        assert_int_equal(item.level, marks[i]);
    }
    assert_int_equal(hop_jitter_stats(line->jitter)->duplicate, 2);
}

static void expect_kinds(struct line *line, const enum hop_jitter_kind *kinds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(tick(line).kind, kinds[i]);
}

static void test_one_lost_comes_from_its_successor(void **state)
{
    struct line *line = *state;
    static const enum hop_jitter_kind waiting[] = { HOP_JITTER_PLAY, HOP_JITTER_PLAY,
                                                    HOP_JITTER_PLAY };

    start(line);
    flow(line, 10); /* three packets wait */
    pass(line, 1);  /* lost */
    come(line, 0);
    expect_kinds(line, waiting, 3);
    struct hop_jitter_item item = tick(line);
    assert_int_equal(item.kind, HOP_JITTER_FEC);
    assert_int_equal(item.samples, FRAME);
    assert_non_null(item.data);
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(hop_jitter_stats(line->jitter)->lost, 1);
}

static void test_several_lost_are_concealed_for_60_ms(void **state)
{
    struct line *line = *state;
    static const enum hop_jitter_kind before[] = { HOP_JITTER_PLAY, HOP_JITTER_PLAY,
                                                   HOP_JITTER_PLAY, HOP_JITTER_CONCEAL,
                                                   HOP_JITTER_CONCEAL };
    static const enum hop_jitter_kind after[] = { HOP_JITTER_CONCEAL, HOP_JITTER_SILENCE,
                                                  HOP_JITTER_FEC, HOP_JITTER_PLAY };

    start(line);
    flow(line, 10);
    pass(line, 5);
    expect_kinds(line, before, 5);
    come(line, 0);
    expect_kinds(line, after, 4);
}

static void test_a_gap_in_time_alone_is_silence(void **state)
{
    struct line *line = *state;
    static const enum hop_jitter_kind kinds[] = { HOP_JITTER_PLAY,    HOP_JITTER_PLAY,
                                                  HOP_JITTER_PLAY,    HOP_JITTER_SILENCE,
                                                  HOP_JITTER_SILENCE, HOP_JITTER_PLAY };

    start(line);
    flow(line, 10);
    line->timestamp += 2 * FRAME; /* DTX: the numbers go on */
    come(line, 0);
    expect_kinds(line, kinds, 6);
}

/* From one moment on every packet comes 100 ms later. */
static void test_a_line_that_got_longer(void **state)
{
    struct line *line = *state;
    int late = 0, played = 0;

    start(line);
    flow(line, 20);
    for (int i = 0; i < 5; i++)
        tick(line);
    for (int i = 0; i < 60; i++) {
        late += come(line, 0) == HOP_JITTER_LATE;
        pass(line, 1);
        played += tick(line).kind == HOP_JITTER_PLAY;
    }
    assert_in_range(late, 0, 6);
    assert_true(played >= 50);
}

/* Every third packet comes 80 ms later than the others: at first too late, soon no more. */
static void test_late_packets_make_the_delay_grow(void **state)
{
    struct line *line = *state;
    int late_first = 0, late_then = 0;

    line->stretches = true;
    start(line);
    flow(line, 20);
    for (int i = 0; i < 60; i++) {
        bool late = false;
        if (i % 3 != 0)
            assert_int_equal(come(line, 0), HOP_JITTER_OK);
        if (i >= 4 && (i - 4) % 3 == 0 && come(line, -4) == HOP_JITTER_LATE)
            late = true;
        pass(line, 1);
        tick(line);
        late_first += late && i < 30;
        late_then += late && i >= 30;
    }
    assert_in_range(late_first, 1, 5);
    assert_int_equal(late_then, 0);
    assert_in_range(hop_jitter_target_us(line->jitter), 80000, 85000);
    assert_true(hop_jitter_delay_us(line->jitter) >= 80000);
}

static void test_a_clean_line_needs_little_delay(void **state)
{
    struct line *line = *state;

    line->stretches = true;
    start(line);
    assert_int_equal(hop_jitter_target_us(line->jitter), 40000);
    flow(line, 300);
    assert_int_equal(hop_jitter_target_us(line->jitter), 10000);
    assert_in_range(hop_jitter_delay_us(line->jitter), 10000, 30000);
    assert_int_equal(hop_jitter_stats(line->jitter)->late, 0);
    assert_int_equal(hop_jitter_stats(line->jitter)->concealed, 0);
}

static void test_a_delay_that_grew_is_an_excess(void **state)
{
    struct line *line = *state;

    start(line);
    flow(line, 300);
    int before = hop_jitter_excess(line->jitter);
    for (int i = 0; i < 5; i++) { /* the sender's clock has jumped ahead: five extra packets */
        come(line, 0);
        pass(line, 1);
    }
    flow(line, 110);
    assert_int_equal(hop_jitter_excess(line->jitter) - before, 5 * FRAME);
    line->stretches = true;
    flow(line, 20);
    assert_in_range(hop_jitter_delay_us(line->jitter), 10000, 30000);
}

/* A packet that is only late is played; the delay grows by as much as was invented meanwhile. */
static void test_a_late_packet_is_not_dropped(void **state)
{
    struct line *line = *state;

    start(line);
    flow(line, 10);
    int64_t before = hop_jitter_delay_us(line->jitter);
    while (hop_jitter_ready(line->jitter))
        assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(tick(line).kind, HOP_JITTER_CONCEAL);
    for (int i = 0; i < 4; i++) { /* all come at once */
        assert_int_equal(come(line, 0), HOP_JITTER_OK);
        pass(line, 1);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(hop_jitter_delay_us(line->jitter) - before, 20000);
    assert_int_equal(hop_jitter_stats(line->jitter)->late, 0);
    assert_int_equal(hop_jitter_stats(line->jitter)->lost, 0);
}

/* One that is lost while nothing else is here costs no delay: what was invented takes its place. */
static void test_a_lost_packet_costs_no_delay(void **state)
{
    struct line *line = *state;

    start(line);
    flow(line, 10);
    int64_t before = hop_jitter_delay_us(line->jitter);
    while (hop_jitter_ready(line->jitter))
        tick(line);
    assert_int_equal(tick(line).kind, HOP_JITTER_CONCEAL);
    pass(line, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(come(line, 0), HOP_JITTER_OK);
        pass(line, 1);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    assert_int_equal(hop_jitter_delay_us(line->jitter) - before, 0);
    assert_int_equal(hop_jitter_stats(line->jitter)->lost, 1);
}

static void test_wild_jumps_begin_anew(void **state)
{
    struct line *line = *state;

    start(line);
    flow(line, 10);
    line->timestamp += 0x40000000u;
    assert_int_equal(come(line, 0), HOP_JITTER_OK);
    assert_int_equal(hop_jitter_stats(line->jitter)->resyncs, 1);
    assert_int_equal(tick(line).kind, HOP_JITTER_SILENCE);
    assert_int_equal(tick(line).kind, HOP_JITTER_SILENCE);
    assert_int_equal(tick(line).kind, HOP_JITTER_PLAY);
    line->seq -= 90; /* the numbers go back, the time goes on */
    line->timestamp += FRAME * 3;
    assert_int_equal(come(line, 0), HOP_JITTER_OK);
    assert_int_equal(hop_jitter_stats(line->jitter)->resyncs, 2);
}

static void test_what_is_not_opus_is_refused(void **state)
{
    struct line *line = *state;
    static const uint8_t bad[] = { 0xff, 0x3f }; /* 63 frames of 20 ms */

    assert_int_equal(hop_jitter_push(line->jitter, 1, 1, bad, sizeof(bad), 0, 0),
                     HOP_JITTER_MALFORMED);
    assert_int_equal(hop_jitter_push(line->jitter, 1, 1, bad, 0, 0, 0), HOP_JITTER_MALFORMED);
    assert_int_equal(hop_jitter_push(line->jitter, 1, 1, celt20, 100000, 0, 0),
                     HOP_JITTER_MALFORMED);
    assert_int_equal(hop_jitter_stats(line->jitter)->malformed, 3);
}

static void test_memory_is_bounded(void **state)
{
    struct line *line = *state;

    start(line);
    for (int i = 0; i < 49; i++) /* all within a second ahead */
        assert_int_equal(come(line, i), HOP_JITTER_OK);
    /* more only push out the oldest */
    for (int i = 0; i < 40; i++)
        hop_jitter_push(line->jitter, line->seq + 1000 + (uint64_t)i, line->timestamp + 100, celt20,
                        sizeof(celt20), 0, line->now_us);
    hop_jitter_stop(line->jitter);
    come(line, 2000);
    hop_jitter_start(line->jitter, line->now_us);
    for (int i = 0; i < 10; i++)
        assert_true(tick(line).samples > 0);
}

/* ---- copies (RFC 2198) ------------------------------------------------------------------------
 */

static enum hop_jitter_verdict copy(struct line *line, int ahead)
{
    return hop_jitter_push_copy(line->jitter, line->seq + (uint64_t)(int64_t)ahead,
                                line->timestamp + (uint32_t)(ahead * FRAME), celt20, sizeof(celt20),
                                line->now_us);
}

static void test_a_copy_takes_the_place_of_a_lost_packet(void **state)
{
    struct line *line = *state;
    const struct hop_jitter_stats *stats = hop_jitter_stats(line->jitter);

    start(line);
    flow(line, 50);
    for (int i = 0; i < 100; i++) { /* every second packet is lost */
        tick(line);
        if (i % 2) {
            assert_int_equal(copy(line, -1), HOP_JITTER_OK);
            assert_int_equal(come(line, 0), HOP_JITTER_OK);
        }
        pass(line, 1);
    }
    assert_in_range(stats->copies, 45, 50);
    assert_true(stats->concealed <= 3); /* until it was known that waiting is worth it */
    assert_int_equal(stats->fec, 0);
    assert_int_equal(stats->late, 0);
}

static void test_copies_of_what_is_here_are_dropped(void **state)
{
    struct line *line = *state;

    start(line);
    flow(line, 50);
    assert_int_equal(come(line, 0), HOP_JITTER_OK);
    assert_int_equal(copy(line, 0), HOP_JITTER_DUPLICATE);
    assert_int_equal(copy(line, -40), HOP_JITTER_LATE);
    assert_int_equal(copy(line, 2), HOP_JITTER_OK);
    assert_int_equal(come(line, 2), HOP_JITTER_DUPLICATE); /* the copy is as good */
    /* A number that was guessed wrong lies in another's place. */
    pass(line, 1);
    line->timestamp += FRAME;
    assert_int_equal(copy(line, 0), HOP_JITTER_DUPLICATE);
    line->timestamp -= FRAME;
    assert_int_equal(copy(line, 0), HOP_JITTER_OK);
    assert_int_equal(hop_jitter_push_copy(line->jitter, line->seq, line->timestamp,
                                          (const uint8_t *)"", 0, line->now_us),
                     HOP_JITTER_MALFORMED);
}

static void test_copies_alone_begin_nothing(void **state)
{
    struct line *line = *state;
    int n = 0;

    assert_int_equal(copy(line, 0), HOP_JITTER_DUPLICATE);
    hop_jitter_kept(line->jitter, &n);
    assert_int_equal(n, 0);
    come(line, 0);
    pass(line, 2);
    assert_int_equal(copy(line, -1), HOP_JITTER_OK); /* idle: fills the gap in what is kept */
    come(line, 0);
    hop_jitter_kept(line->jitter, &n);
    assert_int_equal(n, 3);
    assert_int_equal(copy(line, -50), HOP_JITTER_LATE);
    assert_int_equal(copy(line, 200), HOP_JITTER_LATE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_first_packet_plays_after_the_delay),
        TEST(test_packets_before_the_first_warm_up),
        TEST(test_ticks_left_out_at_the_start_are_skipped),
        TEST(test_reordering_and_duplicates),
        TEST(test_one_lost_comes_from_its_successor),
        TEST(test_several_lost_are_concealed_for_60_ms),
        TEST(test_a_gap_in_time_alone_is_silence),
        TEST(test_a_copy_takes_the_place_of_a_lost_packet),
        TEST(test_copies_of_what_is_here_are_dropped),
        TEST(test_copies_alone_begin_nothing),
        TEST(test_a_line_that_got_longer),
        TEST(test_late_packets_make_the_delay_grow),
        TEST(test_a_clean_line_needs_little_delay),
        TEST(test_a_late_packet_is_not_dropped),
        TEST(test_a_lost_packet_costs_no_delay),
        TEST(test_a_delay_that_grew_is_an_excess),
        TEST(test_wild_jumps_begin_anew),
        TEST(test_what_is_not_opus_is_refused),
        TEST(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
