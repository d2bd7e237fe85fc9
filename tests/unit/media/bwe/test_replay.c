/* The estimator over traces that are kept as data (tests/golden/bwe): what was sent when, and what
 * the feedback said of it. The sender of a trace does not react, so the same samples come whatever
 * the estimator becomes. HOP_WRITE_TRACES=1 makes them anew, from the lines described below.
 *
 * A line of a trace is one feedback: its time in µs; then per packet the time since the one before
 * was sent, the time that it was on its way ("-": lost), its bytes. */
#include "media/bwe/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { START_US = 1000000, RTT_US = 50000, FEEDBACK_US = 100000, PACKET = 1100, MAX_BATCH = 256 };

/* The line that a trace was made from. */
struct shape {
    const char *name;
    int seconds;
    uint32_t sent_bps, rate_bps, later_bps; /* later_bps: the line's rate in the second half */
    int jitter_us, loss_permille;
};

static const struct shape shapes[] = {
    { "too_much", 6, 1300000, 1000000, 1000000, 0, 0 },
    { "drop", 8, 1500000, 4000000, 700000, 0, 0 },
    { "restless", 8, 900000, 20000000, 20000000, 18000, 0 },
    { "lossy", 8, 900000, 20000000, 20000000, 2000, 50 },
};

static FILE *open_trace(const char *name, const char *mode)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/golden/bwe/%s.trace", HOP_TESTS_DIR, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void write_trace(const struct shape *s)
{
    FILE *file = open_trace(s->name, "w");
    uint64_t random = 7;
    int64_t free_us = 0, step_us = (int64_t)PACKET * 8000000 / s->sent_bps, sent_us = 0;
    for (int64_t now_us = FEEDBACK_US; now_us < s->seconds * 1000000ll; now_us += FEEDBACK_US) {
        fprintf(file, "%lld", (long long)(now_us + RTT_US));
        for (; sent_us < now_us; sent_us += step_us) {
            uint32_t rate = sent_us < s->seconds * 500000ll ? s->rate_bps : s->later_bps;
            free_us = (free_us > sent_us ? free_us : sent_us) + (int64_t)PACKET * 8000000 / rate;
            int64_t way_us = free_us - sent_us + RTT_US / 2;
            way_us += s->jitter_us ? (int64_t)(next_random(&random) % (unsigned)s->jitter_us) : 0;
            if (next_random(&random) % 1000 < (unsigned)s->loss_permille)
                fprintf(file, " %lld,-,%d", (long long)step_us, PACKET);
            else
                fprintf(file, " %lld,%lld,%d", (long long)step_us, (long long)way_us, PACKET);
        }
        fputc('\n', file);
    }
    fclose(file);
}

/* One feedback; returns how many samples, 0 at the end. */
static size_t read_feedback(FILE *file, int64_t *now_us, int64_t *sent_us, uint64_t *seq,
                            struct hop_twcc_sample samples[MAX_BATCH])
{
    static char line[65536];
    if (!fgets(line, sizeof(line), file))
        return 0;
    size_t n = 0;
    char *rest = line;
    *now_us = START_US + strtoll(rest, &rest, 10);
    while (*rest == ' ' && n < MAX_BATCH) {
        *sent_us += strtoll(rest + 1, &rest, 10);
        struct hop_twcc_sample *s = &samples[n++];
        *s = (struct hop_twcc_sample){ .seq = (*seq)++, .sent_us = *sent_us };
        if (rest[1] == '-')
            rest += 2;
        else
            s->recv_us = *sent_us + strtoll(rest + 1, &rest, 10), s->received = true;
        s->bytes = (uint32_t)strtoul(rest + 1, &rest, 10);
    }
    return n;
}

struct outcome {
    uint32_t least_bps, end_bps;
    unsigned cuts; /* times that the target fell by a tenth or more */
    int64_t first_cut_us;
    enum hop_why why; /* of the last cut */
};

static struct outcome replay(const char *name)
{
    struct hop_twcc_sample samples[MAX_BATCH];
    struct outcome out = { .least_bps = UINT32_MAX };
    struct hop_bwe bwe;
    int64_t now_us, sent_us = START_US;
    uint64_t seq = 1;
    size_t n;
    FILE *file = open_trace(name, "r");
    hop_bwe_init(&bwe);
    bwe.target_bps = 1500000;
    while ((n = read_feedback(file, &now_us, &sent_us, &seq, samples)) > 0) {
        uint32_t before = bwe.target_bps;
        hop_bwe_feedback(&bwe, samples, n, RTT_US, now_us);
        hop_bwe_tick(&bwe, true, now_us);
        out.least_bps = bwe.target_bps < out.least_bps ? bwe.target_bps : out.least_bps;
        if (bwe.target_bps > before - before / 10)
            continue;
        out.first_cut_us = out.cuts++ ? out.first_cut_us : now_us - START_US;
        out.why = bwe.why;
    }
    fclose(file);
    assert_true(seq > 500);
    out.end_bps = bwe.target_bps;
    print_message("  %s: least %u, in the end %u kbit/s, %u cuts, the first at %d ms\n", name,
                  out.least_bps / 1000, out.end_bps / 1000, out.cuts,
                  (int)(out.first_cut_us / 1000));
    return out;
}

static void more_than_the_line_carries(void **state)
{
    (void)state;
    struct outcome o = replay("too_much");
    assert_true(o.cuts >= 1 && o.why == HOP_WHY_QUEUE);
    assert_in_range(o.first_cut_us, 200000, 1200000);
    assert_true(o.end_bps < 1000000);
}

static void the_line_gets_thin(void **state)
{
    (void)state;
    struct outcome o = replay("drop");
    assert_true(o.cuts >= 1 && o.why == HOP_WHY_QUEUE);
    assert_in_range(o.first_cut_us, 4000000, 4500000); /* not before, and soon */
    assert_true(o.end_bps < 700000);
}

static void restless_lines_are_left_alone(void **state)
{
    (void)state;
    assert_int_equal(replay("restless").cuts, 0);
    assert_int_equal(replay("lossy").cuts, 0);
}

int main(void)
{
    for (size_t i = 0; getenv("HOP_WRITE_TRACES") && i < sizeof(shapes) / sizeof(*shapes); i++)
        write_trace(&shapes[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_the_line_carries),
        cmocka_unit_test(the_line_gets_thin),
        cmocka_unit_test(restless_lines_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
