/* The jitter buffer on lines as they are: Wi-Fi, 4G, satellite, clocks that drift. Generated from a
 * seed, in virtual time, packet by packet; what is measured is when each packet is played, beside
 * when it was sent. Sound is not decoded here (test_talker.c does that): stretching is done at the
 * pace that a talker keeps. */
#include "media/mix/jitter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TICK_US = 20000, MAX_PACKETS = 8000, PATH_US = 30000, PHASE_US = 7300 };

static const uint8_t celt10[] = { 0xf0, 0xff, 0xfe };             /* config 30, mono, one frame */
static const uint8_t celt20[] = { 0xf8, 0xff, 0xfe };             /* config 31, mono, one frame */
static const uint8_t celt40[] = { 0xf9, 0xff, 0xfe, 0xff };       /* two of these */
static const uint8_t celt60[] = { 0xfb, 0x03, 0xff, 0xfe, 0xff }; /* three */

/* What a line adds to the i-th packet's way, which was sent at `sent_us`; -1: lost. */
struct trace {
    const char *name;
    int64_t (*extra_us)(struct trace *trace, int64_t sent_us);
    unsigned seed;
    int packet_ms;
    double drift_ppm; /* of the sender's clock against ours */
    int loss_percent;
    /* the line's own */
    int64_t until_us, wave_us;
};

struct flight {
    int64_t sent_us, came_us; /* came_us -1: lost */
    int64_t played_us;        /* -1: not */
};

struct run {
    struct trace *trace;
    struct hop_jitter *jitter;
    struct flight flights[MAX_PACKETS];
    int n;
    int left, rest;
    int gap_ms, longest_gap_ms;
};

static unsigned draw(struct trace *trace, unsigned below)
{
    trace->seed = trace->seed * 1664525u + 1013904223u;
    return (trace->seed >> 8) % below;
}

/* ---- lines ------------------------------------------------------------------------------------
 */

/* A few ms, and now and then the air is taken for up to 90 ms: what was held comes at once. */
static int64_t wifi(struct trace *trace, int64_t sent_us)
{
    if (draw(trace, 60) == 0)
        trace->until_us = sent_us + 20000 + draw(trace, 70000);
    int64_t held_us = trace->until_us > sent_us ? trace->until_us - sent_us : 0;
    return held_us + draw(trace, 5000);
}

/* Slots of 10 ms, a load that comes and goes, a handover of 150 ms every ten seconds. */
static int64_t mobile(struct trace *trace, int64_t sent_us)
{
    trace->wave_us += (int64_t)draw(trace, 8001) - 4000;
    if (trace->wave_us < 0 || trace->wave_us > 40000)
        trace->wave_us = trace->wave_us < 0 ? 0 : 40000;
    int64_t into_us = sent_us % 10000000;
    int64_t held_us = into_us < 150000 && sent_us > 10000000 ? 150000 - into_us : 0;
    int64_t way_us = held_us > trace->wave_us ? held_us : trace->wave_us;
    return way_us + 10000 - (sent_us + way_us) % 10000;
}

/* Steady, but for three seconds of every fifteen ±60 ms. */
static int64_t satellite(struct trace *trace, int64_t sent_us)
{
    int64_t into_us = sent_us % 15000000;
    if (into_us >= 5000000 && into_us < 8000000)
        return draw(trace, 120001);
    return draw(trace, 4000);
}

static int64_t clean(struct trace *trace, int64_t sent_us)
{
    (void)sent_us;
    return draw(trace, 2000);
}

/* ---- one run ----------------------------------------------------------------------------------
 */

static void make_flights(struct run *run, int n)
{
    struct trace *trace = run->trace;
    int64_t last_us = 0;

    run->n = n;
    for (int i = 0; i < n; i++) {
        struct flight *flight = &run->flights[i];
        double step_us = trace->packet_ms * 1000.0 * (1.0 + trace->drift_ppm / 1e6);
        flight->sent_us = 100000 + (int64_t)(step_us * i);
        flight->came_us = flight->sent_us + PATH_US + trace->extra_us(trace, flight->sent_us);
        if (flight->came_us < last_us)
            flight->came_us = last_us; /* a queue keeps the order */
        last_us = flight->came_us;
        if ((int)draw(trace, 100) < trace->loss_percent)
            flight->came_us = -1;
        flight->played_us = -1;
    }
}

static const uint8_t *packet_of(const struct trace *trace, size_t *len)
{
    *len = trace->packet_ms == 10   ? sizeof(celt10)
           : trace->packet_ms == 20 ? sizeof(celt20)
           : trace->packet_ms == 40 ? sizeof(celt40)
                                    : sizeof(celt60);
    return trace->packet_ms == 10   ? celt10
           : trace->packet_ms == 20 ? celt20
           : trace->packet_ms == 40 ? celt40
                                    : celt60;
}

static void note_sound(struct run *run, int64_t tick_us, const struct hop_jitter_item *item)
{
    bool sound = item->kind == HOP_JITTER_PLAY;
    if (sound)
        run->flights[hop_jitter_played(run->jitter) % MAX_PACKETS].played_us =
            tick_us + (int64_t)(run->left - item->skip) * 1000 / 48;
    run->gap_ms = sound || item->kind == HOP_JITTER_FEC ? 0 : run->gap_ms + item->samples / 48;
    if (run->gap_ms > run->longest_gap_ms)
        run->longest_gap_ms = run->gap_ms;
}

/* A packet just given out begins to be heard after what is left of the ones before. */
static void decode(struct run *run, int64_t tick_us)
{
    struct hop_jitter_item item = hop_jitter_next(run->jitter);
    note_sound(run, tick_us, &item);
    run->left += item.samples - item.skip;
}

/* Stretching as a talker does it: at most 10 ms of every other tick, of each when much is to do. */
static void stretch(struct run *run, int64_t tick_us)
{
    int excess = hop_jitter_excess(run->jitter);
    if (run->rest > 0 && abs(excess) < 1440) {
        run->rest--;
        return;
    }
    if (excess >= 120) {
        int shorter = excess < 480 ? excess : 480;
        while (run->left < 960 + shorter && hop_jitter_ready(run->jitter))
            decode(run, tick_us);
        run->left -= run->left - 960 < shorter ? run->left - 960 : shorter;
        run->rest = 1;
    } else if (excess < 0) {
        run->left += excess > -120 ? 120 : excess > -480 ? -excess : 480;
        run->rest = 1;
    }
}

static void tick(struct run *run, int64_t tick_us)
{
    run->left -= hop_jitter_begin_tick(run->jitter, run->left, tick_us);
    while (run->left < 960)
        decode(run, tick_us);
    stretch(run, tick_us);
    run->left -= 960;
    hop_jitter_ticked(run->jitter, run->left, tick_us + TICK_US);
}

static void fly(struct run *run, int n)
{
    size_t len;
    const uint8_t *packet = packet_of(run->trace, &len);
    int next = 0;

    assert_int_equal(hop_jitter_new(40, &run->jitter), 0);
    make_flights(run, n);
    int64_t tick_us = run->flights[0].came_us > 0 ? run->flights[0].came_us + PHASE_US : 130000;
    int64_t end_us = run->flights[n - 1].sent_us;
    for (; tick_us < end_us; tick_us += TICK_US) {
        for (;
             next < n && (run->flights[next].came_us < 0 || run->flights[next].came_us <= tick_us);
             next++) {
            const struct flight *flight = &run->flights[next];
            if (flight->came_us < 0)
                continue;
            hop_jitter_push(run->jitter, (uint64_t)next,
                            (uint32_t)(next * run->trace->packet_ms * 48), packet, len, 20,
                            flight->came_us);
            if (next == 0)
                hop_jitter_start(run->jitter, flight->came_us);
        }
        tick(run, tick_us);
    }
    hop_jitter_free(run->jitter);
}

/* ---- what is measured -------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The p-th percentile (0..100) of how long packets [from, to) were under way beside the fastest, or
 * waited to be played after a fastest one would have come. */
static int64_t percentile(const struct run *run, int from, int to, bool played, int p)
{
    static int64_t values[MAX_PACKETS];
    size_t n = 0;
    for (int i = from; i < to; i++) {
        int64_t end_us = played ? run->flights[i].played_us : run->flights[i].came_us;
        if (end_us >= 0)
            values[n++] = end_us - run->flights[i].sent_us - PATH_US;
    }
    assert_true(n > 0);
    qsort(values, n, sizeof(values[0]), by_value);
    return values[(n - 1) * (size_t)p / 100];
}

static int played_percent(const struct run *run)
{
    int came = 0, played = 0;
    for (int i = 0; i < run->n - 20; i++) {
        came += run->flights[i].came_us >= 0;
        played += run->flights[i].played_us >= 0;
    }
    return played * 100 / came;
}

static struct run run;

static void check_delay(struct trace *trace)
{
    unsigned seed = trace->seed;
    run = (struct run){ .trace = trace };
    fly(&run, 60000 / trace->packet_ms);
    int64_t line_us = percentile(&run, 100, run.n - 20, false, 97);
    int64_t p50_us = percentile(&run, 100, run.n - 20, true, 50);
    int64_t p95_us = percentile(&run, 100, run.n - 20, true, 95);
    print_message(
        "%-10s %2d ms seed %u: line p97 %3d ms; played p50 %3d, p95 %3d ms; %d %% of what "
        "came\n",
        trace->name, trace->packet_ms, seed, (int)(line_us / 1000), (int)(p50_us / 1000),
        (int)(p95_us / 1000), played_percent(&run));
    assert_true(p95_us <= line_us + 40000);
    assert_true(played_percent(&run) >= 97);
}

static void test_wifi(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 5; seed++)
        check_delay(&(struct trace){ "Wi-Fi", wifi, seed, 20, 0, 0, 0, 0 });
    check_delay(&(struct trace){ "Wi-Fi", wifi, 6, 10, 200, 0, 0, 0 });
    check_delay(&(struct trace){ "Wi-Fi", wifi, 7, 60, -200, 0, 0, 0 });
}

static void test_mobile(void **state)
{
    (void)state;
    for (unsigned seed = 11; seed <= 15; seed++)
        check_delay(&(struct trace){ "4G", mobile, seed, 20, 0, 0, 0, 0 });
    check_delay(&(struct trace){ "4G", mobile, 16, 40, 200, 0, 0, 0 });
}

static void test_satellite(void **state)
{
    (void)state;
    for (unsigned seed = 21; seed <= 25; seed++)
        check_delay(&(struct trace){ "satellite", satellite, seed, 20, 0, 0, 0, 0 });
}

static void test_clean_lines_of_all_packet_lengths(void **state)
{
    static const int lengths_ms[] = { 10, 20, 40, 60 };
    (void)state;
    for (int i = 0; i < 4; i++) {
        check_delay(&(struct trace){ "clean", clean, 31, lengths_ms[i], 0, 0, 0, 0 });
        assert_true(percentile(&run, 3000 / lengths_ms[i], run.n - 20, true, 95) <= 35000);
        check_delay(&(struct trace){ "drift +200", clean, 32, lengths_ms[i], 200, 0, 0, 0 });
        check_delay(&(struct trace){ "drift -200", clean, 33, lengths_ms[i], -200, 0, 0, 0 });
        assert_int_equal(played_percent(&run), 100);
    }
}

/* Five seconds after a burst the delay is what it was before. */
static void test_the_delay_comes_back_after_a_burst(void **state)
{
    (void)state;
    for (unsigned seed = 41; seed <= 60; seed++) {
        struct trace trace = { "satellite", satellite, seed, 20, 0, 0, 0, 0 };
        run = (struct run){ .trace = &trace };
        fly(&run, 3000);
        for (int burst = 0; burst < 3; burst++) { /* ends at 8 s, 23 s, 38 s */
            int from = (8 + 15 * burst + 5) * 50, to = from + 250;
            int64_t worst_us = percentile(&run, from, to, true, 100);
            if (worst_us > 45000)
                fail_msg("seed %u, burst %d: %d ms", seed, burst, (int)(worst_us / 1000));
        }
    }
}

static void test_no_long_gap_with_loss(void **state)
{
    (void)state;
    for (unsigned seed = 61; seed <= 70; seed++) {
        struct trace trace = { "clean", clean, seed, 20, 0, 5, 0, 0 };
        run = (struct run){ .trace = &trace };
        fly(&run, 3000);
        int worst = 0, lost = 0; /* in a row: no buffer can do better than that */
        for (int i = 0; i < run.n; i++) {
            lost = run.flights[i].came_us < 0 ? lost + 20 : 0;
            worst = lost > worst ? lost : worst;
        }
        print_message("5 %% loss, seed %u: longest loss %d ms, longest gap %d ms\n", seed, worst,
                      run.longest_gap_ms);
        assert_true(run.longest_gap_ms <= (worst > 60 ? worst : 60));
        assert_true(percentile(&run, 100, run.n - 20, true, 95) <= 60000);
    }
}

/* Two hours in pieces of what the table holds: each begins where the last one ended. */
static void test_two_hours_of_drift(void **state)
{
    struct trace trace = { "drift +100", clean, 71, 20, 100, 0, 0, 0 };
    struct trace back = { "drift -100", clean, 72, 20, -100, 0, 0, 0 };
    struct trace *both[] = { &trace, &back };
    (void)state;

    for (int which = 0; which < 2; which++) {
        struct hop_jitter *jitter = NULL;
        int64_t tick_us = 137300, worst_us = 0, step_ns = 20000000 + (which ? -2000 : 2000);
        int64_t next_ns = 100000000;
        run = (struct run){ .trace = both[which] };
        assert_int_equal(hop_jitter_new(40, &jitter), 0);
        run.jitter = jitter;
        for (uint64_t seq = 0; tick_us < 7200 * (int64_t)1000000; tick_us += TICK_US) {
            for (; next_ns / 1000 + PATH_US <= tick_us; next_ns += step_ns, seq++) {
                int64_t came_us = next_ns / 1000 + PATH_US + draw(both[which], 2000);
                hop_jitter_push(jitter, seq, (uint32_t)(seq * 960), celt20, sizeof(celt20), 20,
                                came_us < tick_us ? came_us : tick_us);
                if (seq == 0)
                    hop_jitter_start(jitter, came_us);
            }
            tick(&run, tick_us);
            if (tick_us > 10000000 && hop_jitter_delay_us(jitter) > worst_us)
                worst_us = hop_jitter_delay_us(jitter);
        }
        const struct hop_jitter_stats *stats = hop_jitter_stats(jitter);
        print_message("%s ppm, 2 h: delay at most %d ms; %u late, %u concealed\n",
                      both[which]->name, (int)(worst_us / 1000), stats->late, stats->concealed);
        assert_true(worst_us <= 45000);
        assert_true(stats->concealed <= 50);
        assert_int_equal(stats->late, 0);
        assert_int_equal(stats->resyncs, 0);
        hop_jitter_free(jitter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wifi),
        cmocka_unit_test(test_mobile),
        cmocka_unit_test(test_satellite),
        cmocka_unit_test(test_clean_lines_of_all_packet_lengths),
        cmocka_unit_test(test_the_delay_comes_back_after_a_burst),
        cmocka_unit_test(test_no_long_gap_with_loss),
        cmocka_unit_test(test_two_hours_of_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
