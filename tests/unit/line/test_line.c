/* An impaired line in virtual time: tests/line/line. Figures are exact where no dice are rolled,
 * and within four standard deviations where they are. */
#include "tests/line/line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000LL

static struct hop_line *make(const char *words, uint64_t seed)
{
    struct hop_line *l;
    struct hop_line_settings s = hop_line_settings_default();
    char bad[64];
    assert_int_equal(hop_line_new(seed, 0, &l), 0);
    assert_int_equal(hop_line_settings_parse(words, &s, bad), 0);
    hop_line_set(l, &s, 0);
    return l;
}

static void change(struct hop_line *l, const char *words, int64_t now_ns)
{
    struct hop_line_settings s = *hop_line_settings(l);
    char bad[64];
    assert_int_equal(hop_line_settings_parse(words, &s, bad), 0);
    hop_line_set(l, &s, now_ns);
}

/* A packet that carries its number. */
static void push(struct hop_line *l, uint32_t number, size_t len, int64_t now_ns)
{
    uint8_t data[HOP_LINE_MTU] = { 0 };
    memcpy(data, &number, sizeof(number));
    hop_line_push(l, data, len, now_ns);
}

static uint32_t number_of(const struct hop_line_packet *p)
{
    uint32_t number;
    memcpy(&number, p->data, sizeof(number));
    return number;
}

/* Lives from deadline to deadline, as the relay does; returns the next packet, NULL: all is quiet.
 */
static const struct hop_line_packet *next(struct hop_line *l, int64_t *now_ns)
{
    for (;;) {
        const struct hop_line_packet *p = hop_line_pop(l, *now_ns);
        if (p || hop_line_next_ns(l) == INT64_MAX)
            return p;
        assert_true(hop_line_next_ns(l) > *now_ns);
        *now_ns = hop_line_next_ns(l);
    }
}

static void a_rate_is_kept_to_the_microsecond(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=1M buffer=2s", 1);
    int64_t now = 0;
    for (uint32_t i = 0; i < 100; i++)
        push(l, i, 1250, 0);
    for (uint32_t i = 0; i < 100; i++) {
        const struct hop_line_packet *p = next(l, &now);
        assert_non_null(p);
        assert_int_equal(number_of(p), i);
        assert_int_equal(p->len, 1250);
        assert_true(llabs(now - (i + 1) * 10 * MS) < 1000);
    }
    assert_null(next(l, &now));
    hop_line_free(l);
}

static void a_packet_being_sent_goes_on_at_the_new_rate(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=1M buffer=2s", 1);
    int64_t now = 4 * MS;
    push(l, 0, 1250, 0);
    change(l, "rate=100k", now); /* 6,000 of 10,000 bits are left */
    assert_non_null(next(l, &now));
    assert_true(llabs(now - 64 * MS) < 1000);
    push(l, 1, 1250, now);
    push(l, 2, 1250, now);
    change(l, "rate=0", now); /* no limit: what waits goes at once */
    assert_int_equal(number_of(hop_line_pop(l, now)), 1);
    assert_int_equal(number_of(hop_line_pop(l, now)), 2);
    hop_line_free(l);
}

static void what_does_not_fit_is_dropped_at_the_tail(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=1M buffer=100ms", 1); /* 12,500 bytes: ten packets */
    const struct hop_line_counters *c = hop_line_counters(l);
    int64_t now = 0;
    for (uint32_t i = 0; i < 15; i++)
        push(l, i, 1250, 0);
    assert_int_equal(c->packets[HOP_LINE_OVERFLOW], 5);
    assert_int_equal(c->bytes[HOP_LINE_OVERFLOW], 5 * 1250);
    assert_int_equal(number_of(next(l, &now)), 0);
    push(l, 15, 1250, now); /* one has left, one has room */
    push(l, 16, 1250, now);
    assert_int_equal(c->packets[HOP_LINE_OVERFLOW], 6);
    uint32_t last = 0;
    for (const struct hop_line_packet *p; (p = next(l, &now));)
        last = number_of(p);
    assert_int_equal(last, 15);
    assert_int_equal(c->packets[HOP_LINE_IN], 17);
    assert_int_equal(c->packets[HOP_LINE_OUT], 11);
    /* they waited 0, 10, … 90 ms, and the last that came 90 ms */
    assert_int_equal(c->max_wait_us, 90000);
    assert_in_range(hop_line_counters_wait_us(c, 50), 50000, 51700);
    hop_line_free(l);
}

static void a_buffer_in_bytes_and_one_packet_always(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=8k buffer=1000", 1);
    const struct hop_line_counters *c = hop_line_counters(l);
    push(l, 0, 1500, 0);
    push(l, 1, 100, 0);
    assert_int_equal(c->packets[HOP_LINE_OVERFLOW], 1);
    hop_line_free(l);
}

static void a_delay_comes_behind_the_queue(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=1M buffer=1s delay=40ms", 1);
    int64_t now = 0;
    push(l, 0, 1250, 0);
    push(l, 1, 1250, 0);
    assert_int_equal(number_of(next(l, &now)), 0);
    assert_true(llabs(now - 50 * MS) < 1000);
    assert_int_equal(number_of(next(l, &now)), 1);
    assert_true(llabs(now - 60 * MS) < 1000);
    hop_line_free(l);
}

/* Mean and standard deviation in ms of the delay, and how many packets were overtaken. */
static void measure_jitter(const char *words, double *mean, double *deviation, int *overtaken)
{
    enum { N = 20000 };
    struct hop_line *l = make(words, 7);
    double sum = 0, squares = 0;
    uint32_t highest = 0, got = 0;
    int64_t now = 0;
    *overtaken = 0;
    for (uint32_t sent = 0; got < N;) {
        int64_t next_push = sent < N ? (int64_t)sent * 5 * MS : INT64_MAX;
        now = next_push < hop_line_next_ns(l) ? next_push : hop_line_next_ns(l);
        if (now == next_push)
            push(l, sent++, 100, now);
        for (const struct hop_line_packet *p; (p = hop_line_pop(l, now)); got++) {
            double ms = (double)(now - p->in_ns) / 1e6;
            sum += ms;
            squares += ms * ms;
            *overtaken += number_of(p) < highest;
            highest = number_of(p) > highest ? number_of(p) : highest;
        }
    }
    *mean = sum / N;
    *deviation = sqrt(squares / N - *mean * *mean);
    hop_line_free(l);
}

static void jitter_has_its_distribution(void **state)
{
    (void)state;
    double mean, deviation;
    int overtaken;
    measure_jitter("delay=10ms jitter=3ms", &mean, &deviation, &overtaken);
    assert_true(fabs(mean - 11.5) < 0.05 && fabs(deviation - 3 / sqrt(12)) < 0.05);
    assert_int_equal(overtaken, 0);
    measure_jitter("delay=10ms jitter=1ms:normal", &mean, &deviation, &overtaken);
    assert_true(fabs(mean - 10 - sqrt(2 / M_PI)) < 0.05);
    assert_true(fabs(deviation - sqrt(1 - 2 / M_PI)) < 0.05);
    measure_jitter("delay=10ms jitter=20ms:exponential reorder=1", &mean, &deviation, &overtaken);
    assert_true(fabs(mean - 30) < 0.8 && fabs(deviation - 20) < 0.8);
    assert_true(overtaken > 5000);
    measure_jitter("delay=10ms jitter=20ms:exponential", &mean, &deviation, &overtaken);
    assert_int_equal(overtaken, 0);
    assert_true(mean > 35); /* who may not overtake waits */
}

/* Which of n packets get through, and how long the runs of lost ones are. */
static double lose(const char *words, uint64_t seed, int n, bool *through, double *run)
{
    struct hop_line *l = make(words, seed);
    int lost = 0, runs = 0;
    memset(through, 0, (size_t)n * sizeof(*through));
    for (int i = 0; i < n; i++) {
        push(l, (uint32_t)i, 100, i * MS);
        const struct hop_line_packet *p = hop_line_pop(l, i * MS);
        through[i] = p != NULL;
        lost += !p;
        runs += !p && (i == 0 || through[i - 1]);
    }
    assert_int_equal(hop_line_counters(l)->packets[HOP_LINE_LOST], lost);
    hop_line_free(l);
    *run = runs ? (double)lost / runs : 0;
    return (double)lost / n;
}

static void losses_are_as_many_as_asked_for(void **state)
{
    (void)state;
    enum { N = 100000 };
    static bool a[N], b[N];
    double run;
    assert_true(lose("clean", 1, N, a, &run) == 0);
    assert_true(fabs(lose("loss=5%", 1, N, a, &run) - 0.05) < 0.003);
    assert_true(fabs(run - 1 / 0.95) < 0.03);
    lose("loss=5%", 1, N, b, &run);
    assert_memory_equal(a, b, sizeof(a)); /* same seed, same losses */
    lose("loss=5%", 2, N, b, &run);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(lose("loss=100%", 1, N, a, &run) == 1);
    assert_true(lose("loss=100% burst=4", 1, N, a, &run) == 1);
}

static void losses_come_in_bursts(void **state)
{
    (void)state;
    enum { N = 200000 };
    static bool a[N];
    double run, share = lose("loss=5% burst=8", 3, N, a, &run);
    assert_true(fabs(share - 0.05) < 0.01);
    assert_true(fabs(run - 8) < 0.8);
    share = lose("loss=5% burst=20 bad_loss=50%", 3, N, a, &run);
    assert_true(fabs(share - 0.05) < 0.012);
    assert_true(run > 1.5 && run < 3); /* bad phases of twenty, half of each lost */
}

static void what_is_lost_has_used_the_link(void **state)
{
    (void)state;
    struct hop_line *l = make("rate=1M buffer=1s loss=100%", 1);
    int64_t now = 0;
    push(l, 0, 1250, 0);
    push(l, 1, 1250, 0);
    change(l, "loss=0", 5 * MS);
    assert_int_equal(number_of(next(l, &now)), 0);
    assert_true(llabs(now - 10 * MS) < 1000);
    push(l, 2, 1250, now);
    change(l, "loss=100%", now);
    assert_null(next(l, &now));
    assert_true(llabs(now - 30 * MS) < 1000);
    hop_line_free(l);
}

static void too_much_is_refused_not_kept(void **state)
{
    (void)state;
    struct hop_line *l = make("delay=60s", 1);
    const struct hop_line_counters *c = hop_line_counters(l);
    uint8_t big[HOP_LINE_MTU + 1] = { 0 };
    for (uint32_t i = 0; i < HOP_LINE_PACKETS + 10; i++)
        push(l, i, 20, 0);
    hop_line_push(l, big, sizeof(big), 0);
    assert_int_equal(c->packets[HOP_LINE_REFUSED], 11);
    assert_int_equal(hop_line_next_ns(l), 60000 * MS);
    for (uint32_t i = 0; i < HOP_LINE_PACKETS; i++)
        assert_int_equal(number_of(hop_line_pop(l, 60000 * MS)), i);
    assert_null(hop_line_pop(l, 60000 * MS));
    push(l, 0, 20, 60000 * MS); /* and goes on */
    assert_int_equal(c->packets[HOP_LINE_REFUSED], 11);
    hop_line_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_kept_to_the_microsecond),
        cmocka_unit_test(a_packet_being_sent_goes_on_at_the_new_rate),
        cmocka_unit_test(what_does_not_fit_is_dropped_at_the_tail),
        cmocka_unit_test(a_buffer_in_bytes_and_one_packet_always),
        cmocka_unit_test(a_delay_comes_behind_the_queue),
        cmocka_unit_test(jitter_has_its_distribution),
        cmocka_unit_test(losses_are_as_many_as_asked_for),
        cmocka_unit_test(losses_come_in_bursts),
        cmocka_unit_test(what_is_lost_has_used_the_link),
        cmocka_unit_test(too_much_is_refused_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
