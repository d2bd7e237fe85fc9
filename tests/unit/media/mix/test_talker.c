/* One voice over a bad line, as it sounds: real Opus through the jitter buffer and the stretching,
 * in virtual time. */
#include "media/mix/talker.h"
#include "tests/unit/media/mix/tones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { QUEUE = 64, STEP_US = 20000, PATH_US = 30000 };

struct line {
    struct hop_voices voices;
    struct hop_talker *talker;
    struct tone_source source;
    unsigned seed;
    int loss_percent;
    int copies;        /* of the packets before, in each packet (RFC 2198) */
    int64_t jitter_us; /* each packet takes 0..jitter_us longer */
    int64_t now_us, last_us;
    struct queued {
        int64_t came_us;
        uint64_t seq;
        uint32_t timestamp;
        int len;
        bool lost;
        uint8_t level, data[TONE_MAX_PAYLOAD];
    } queue[QUEUE]; /* under way, ring by seq */
    uint64_t arrived;
    float heard[TONE_FRAME];
    int gap_ms, longest_gap_ms;
};

static struct line line;

static void line_open(int jitter_ms, double hz, unsigned seed)
{
    line = (struct line){ .seed = seed, .now_us = 1007000 };
    assert_int_equal(hop_talker_new(jitter_ms, &line.voices, &line.talker), 0);
    tone_source_open(&line.source, hz, 0.3, TONE_FRAME);
    line.arrived = line.source.seq;
}

static void line_close(void)
{
    hop_talker_free(line.talker);
    hop_voices_clear(&line.voices);
    tone_source_close(&line.source);
}

static unsigned draw(unsigned below)
{
    line.seed = line.seed * 1664525u + 1013904223u;
    return (line.seed >> 8) % below;
}

static void send_packet(void)
{
    struct queued *queued = &line.queue[line.source.seq % QUEUE];
    tone_source_make(&line.source);
    queued->seq = line.source.seq;
    queued->timestamp = line.source.timestamp;
    queued->level = line.source.level;
    queued->len = line.source.len;
    memcpy(queued->data, line.source.payload, (size_t)line.source.len);
    queued->came_us = line.now_us + PATH_US + (line.jitter_us ? draw((unsigned)line.jitter_us) : 0);
    if (queued->came_us < line.last_us)
        queued->came_us = line.last_us;
    line.last_us = queued->came_us;
    queued->lost = (int)draw(100) < line.loss_percent;
    tone_source_step(&line.source);
}

/* What a packet brings beside its own frame. */
static void arrive_copies(const struct queued *with)
{
    for (int back = line.copies; back > 0; back--) {
        const struct queued *copy = &line.queue[(with->seq - (uint64_t)back) % QUEUE];
        if (copy->seq + (uint64_t)back == with->seq)
            hop_talker_push_copy(line.talker, copy->seq, copy->timestamp, copy->data,
                                 (size_t)copy->len, with->came_us);
    }
}

static void arrive(int64_t until_us)
{
    for (; line.arrived < line.source.seq; line.arrived++) {
        const struct queued *queued = &line.queue[line.arrived % QUEUE];
        enum hop_talker_wish wish = HOP_WISH_NOTHING;
        if (queued->came_us > until_us)
            return;
        if (queued->lost)
            continue;
        arrive_copies(queued);
        hop_talker_push(line.talker, queued->seq, queued->timestamp, queued->data,
                        (size_t)queued->len, queued->level, queued->came_us, &wish);
        if (wish != HOP_WISH_NOTHING)
            assert_int_equal(hop_talker_start(line.talker, wish, queued->came_us), 0);
    }
}

/* 20 ms: a packet is sent, what came by then is pushed, a frame is pulled. */
static void step(void)
{
    float power = 0;
    send_packet();
    line.now_us += STEP_US;
    arrive(line.now_us);
    if (!hop_talker_active(line.talker))
        return;
    hop_talker_pull(line.talker, line.now_us, false, line.heard, &power);
    double below_db = 10 * log10(0.045 / ((double)power + 1e-12));
    line.gap_ms = below_db > 10 ? line.gap_ms + 20 : 0;
    if (line.gap_ms > line.longest_gap_ms)
        line.longest_gap_ms = line.gap_ms;
}

static void steps(int n)
{
    for (int i = 0; i < n; i++)
        step();
}

/* The delay begins at 200 ms and falls to 50 on a clean line: faster speech, but no click. */
static void test_a_shrinking_delay_is_not_heard(void **state)
{
    double worst = -200, steady = -200;
    (void)state;

    line_open(200, 210, 1);
    steps(20);
    for (int i = 0; i < 300; i++) {
        step();
        worst = fmax(worst, tone_residual_db(line.heard, 210));
    }
    const struct hop_jitter_stats *stats = hop_talker_stats(line.talker);
    uint32_t moves = stats->moved_forward;
    for (int i = 0; i < 100; i++) {
        step();
        steady = fmax(steady, tone_residual_db(line.heard, 210));
    }
    print_message("%u times shorter: residual at worst %.1f dB, steady %.1f dB\n", moves, worst,
                  steady);
    assert_in_range(moves, 5, 60);
    assert_int_equal(stats->moved_forward, moves); /* it has come to rest */
    assert_int_equal(stats->concealed, 0);
    assert_true(worst < -25);
    line_close();
}

/* Nobody's word has a hole of more than 60 ms. */
static void test_no_long_gap_at_five_percent_loss(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 10; seed++) {
        line_open(40, 1530, seed);
        steps(20);
        line.longest_gap_ms = 0;
        line.loss_percent = 5;
        line.jitter_us = seed > 5 ? 20000 : 0;
        steps(1000);
        const struct hop_jitter_stats *stats = hop_talker_stats(line.talker);
        print_message("seed %u, jitter %d ms: longest gap %d ms; %u lost, %u copies, %u invented\n",
                      seed, (int)(line.jitter_us / 1000), line.longest_gap_ms, stats->lost,
                      stats->fec, stats->concealed);
        assert_true(line.longest_gap_ms <= 60);
        assert_true(stats->fec > stats->lost / 2);
        line_close();
    }
}

/* Jitter alone loses nothing, whatever is late; when it begins, what is not there is missed once.
 */
static void test_jitter_alone_loses_nothing(void **state)
{
    (void)state;
    for (unsigned seed = 21; seed <= 25; seed++) {
        line_open(40, 1530, seed);
        steps(50);
        line.jitter_us = 120000;
        steps(50);
        assert_true(line.longest_gap_ms <= 160);
        line.longest_gap_ms = 0;
        steps(450);
        line.jitter_us = 3000;
        steps(500);
        const struct hop_jitter_stats *stats = hop_talker_stats(line.talker);
        print_message("seed %u, ±60 ms: longest gap %d ms; %u late, %u invented, %u longer, %u "
                      "shorter\n",
                      seed, line.longest_gap_ms, stats->late, stats->concealed, stats->moved_back,
                      stats->moved_forward);
        assert_int_equal(stats->late, 0);
        assert_int_equal(stats->lost, 0);
        assert_true(line.longest_gap_ms <= 100);
        line_close();
    }
}

/* Redundant packets (RFC 2198) fill what is lost, also of CELT, which has no copies of its own. One
 * copy fails where two in a row are lost, two where three are. */
static void test_copies_fill_what_is_lost(void **state)
{
    (void)state;
    for (int copies = 0; copies <= 2; copies++) {
        line_open(40, 1530, 7);
        opus_encoder_destroy(line.source.encoder);
        int error = 0;
        line.source.encoder =
            opus_encoder_create(TONE_RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
        line.copies = copies;
        steps(20);
        line.longest_gap_ms = 0;
        line.loss_percent = 15;
        double worst = -200, sum = 0;
        for (int i = 0; i < 1500; i++) {
            step();
            double db = tone_residual_db(line.heard, 1530);
            worst = fmax(worst, db);
            sum += db / 1500;
        }
        const struct hop_jitter_stats *stats = hop_talker_stats(line.talker);
        print_message("15 %% lost, %d copies: %u of them played, %u invented, longest gap %d ms, "
                      "residual %.1f dB\n",
                      copies, stats->copies, stats->concealed, line.longest_gap_ms, sum);
        assert_int_equal(stats->late, 0);
        if (copies == 0)
            assert_true(stats->copies == 0 && stats->concealed > 150);
        else
            assert_in_range(stats->copies, 150, 300);
        if (copies == 1) /* 15 % of 15 % */
            assert_in_range(stats->concealed, 20, 80);
        if (copies == 2) /* the second copy comes in time when the delay happens to allow it */
            assert_in_range(stats->concealed, 0, 38);
        line_close();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_shrinking_delay_is_not_heard),
        cmocka_unit_test(test_no_long_gap_at_five_percent_loss),
        cmocka_unit_test(test_jitter_alone_loses_nothing),
        cmocka_unit_test(test_copies_fill_what_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
