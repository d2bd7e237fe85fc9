/* Whose turn it is, in virtual time: people who talk like people, coughs, bangs, fans. */
#include "media/route/dominant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { PEOPLE = 6, STEP_US = 20000, NOBODY = -1 };

struct talk {
    struct hop_speech speech[PEOPLE];
    uint32_t dominant;
    int64_t now_us, decide_us;
    uint32_t random;
    unsigned switches;
    int64_t switched_us;
    int packet_frames; /* how many frames one packet holds */
    int fan;           /* beside whom one runs; NOBODY */
};

static void begin(struct talk *t, uint32_t seed)
{
    *t = (struct talk){
        .dominant = UINT32_MAX, .now_us = 1000000, .random = seed, .packet_frames = 1, .fan = NOBODY
    };
}

static uint32_t draw(struct talk *t, uint32_t below)
{
    t->random = t->random * 1664525u + 1013904223u;
    return (t->random >> 8) % below;
}

static uint8_t around(struct talk *t, int level, int spread)
{
    int l = level + (int)draw(t, (uint32_t)(2 * spread + 1)) - spread;
    return (uint8_t)(l < 0 ? 0 : l > 127 ? 127 : l);
}

static void decide(struct talk *t)
{
    struct hop_dominant_candidate c[PEOPLE];
    size_t n = 0;
    for (uint32_t p = 0; p < PEOPLE; p++)
        if (hop_speech_recent(&t->speech[p], t->now_us))
            c[n++] = (struct hop_dominant_candidate){ p, &t->speech[p] };
    uint32_t now = hop_dominant_decide(t->dominant, c, n, t->now_us);
    if (now != t->dominant) {
        t->switches++;
        t->switched_us = t->now_us;
    }
    t->dominant = now;
}

/* Levels of one frame of speech: syllables of some 160 ms at -30 dBov with dips of 40 ms between
 * them, and every second or so a breath of 200 ms. */
static uint8_t speaking(struct talk *t, int64_t since_us)
{
    int64_t in_us = since_us % 1100000;
    if (in_us > 900000)
        return around(t, 66, 3);
    return in_us % 200000 < 160000 ? around(t, 30, 6) : around(t, 50, 6);
}

/* Everyone's packet of this frame: who talks as said, the others their room's noise. */
static void step(struct talk *t, const bool talks[PEOPLE], int64_t since_us)
{
    bool due = t->now_us / STEP_US % t->packet_frames == 0;
    for (uint32_t p = 0; p < PEOPLE && due; p++) {
        int noise = (int)p == t->fan ? around(t, 52, 1) : around(t, 66, 4);
        uint8_t level = talks[p] ? speaking(t, since_us + p * 37000) : (uint8_t)noise;
        hop_speech_level(&t->speech[p], level, t->now_us + draw(t, 8000)); /* and jitter */
    }
    t->now_us += STEP_US;
    if (t->now_us >= t->decide_us) {
        t->decide_us = t->now_us + HOP_DOMINANT_US;
        decide(t);
    }
}

static void talk(struct talk *t, int who, int64_t ms)
{
    bool talks[PEOPLE] = { false };
    if (who != NOBODY)
        talks[who] = true;
    int64_t begun = t->now_us;
    while (t->now_us - begun < ms * 1000)
        step(t, talks, t->now_us - begun);
}

/* Loud for that long, against everybody's silence or one speaker. */
static void burst(struct talk *t, uint32_t who, int ms, uint8_t level, int speaker)
{
    int64_t end = t->now_us + ms * 1000, begun = t->now_us;
    while (t->now_us < end) {
        bool talks[PEOPLE] = { false };
        if (speaker != NOBODY)
            talks[speaker] = true;
        hop_speech_level(&t->speech[who], level, t->now_us);
        step(t, talks, t->now_us - begun);
    }
}

static void nobody_at_first(void **state)
{
    (void)state;
    struct talk t;
    begin(&t, 1);
    talk(&t, NOBODY, 5000);
    assert_int_equal(t.dominant, UINT32_MAX);
    decide(&t);
    assert_int_equal(hop_dominant_decide(UINT32_MAX, NULL, 0, t.now_us), UINT32_MAX);
}

static void a_change_takes_less_than_a_second(void **state)
{
    (void)state;
    int64_t worst_us = 0;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct talk t;
        begin(&t, seed);
        t.packet_frames = seed % 4 == 0 ? 3 : 1; /* packets of 60 ms, too */
        for (int turn = 0; turn < 12; turn++) {
            int who = (turn + (int)seed) % PEOPLE;
            int64_t from_us = t.now_us;
            talk(&t, who, 4000 + draw(&t, 3000));
            assert_int_equal(t.dominant, who);
            int64_t took_us = t.switched_us - from_us;
            worst_us = took_us > worst_us ? took_us : worst_us;
        }
        assert_int_equal(t.switches, 12);
    }
    print_message("slowest change: %lld ms\n", (long long)(worst_us / 1000));
    assert_true(worst_us < 1000000);
}

/* The turn stays when its owner pauses. */
static void a_pause_changes_nothing(void **state)
{
    (void)state;
    struct talk t;
    begin(&t, 3);
    talk(&t, 2, 5000);
    talk(&t, NOBODY, 30000);
    assert_int_equal(t.dominant, 2);
    assert_int_equal(t.switches, 1);
}

static void coughs_and_bangs_change_nothing(void **state)
{
    (void)state;
    static const int lengths_ms[] = { 20, 60, 120, 200, 300, 400 };
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct talk t;
        begin(&t, seed);
        talk(&t, 0, 5000);
        for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(*lengths_ms); i++) {
            burst(&t, 1 + (uint32_t)i % 4, lengths_ms[i], 8, 0); /* into his speech */
            talk(&t, 0, 2000);
            talk(&t, NOBODY, 1500);
            burst(&t, 1 + (uint32_t)i % 4, lengths_ms[i], 8, NOBODY); /* into his pause */
            talk(&t, NOBODY, 1500);
            talk(&t, 0, 1000);
        }
        assert_int_equal(t.dominant, 0);
        assert_int_equal(t.switches, 1);
    }
}

/* "Yes, yes" while the other talks: 400 ms every two seconds. */
static void agreeing_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct talk t;
        begin(&t, seed);
        talk(&t, 4, 4000);
        for (int i = 0; i < 20; i++) {
            burst(&t, 1, 400, 25, 4);
            talk(&t, 4, 1600 + draw(&t, 300));
        }
        assert_int_equal(t.dominant, 4);
        assert_int_equal(t.switches, 1);
    }
}

/* Two who talk over each other, with turns of a second and a half: at most one change a turn. */
static void no_flapping_in_a_dialogue(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct talk t;
        begin(&t, seed);
        for (int turn = 0; turn < 40; turn++) {
            bool talks[PEOPLE] = { false };
            int64_t from_us = t.now_us, turn_us = 1500000 + (int64_t)draw(&t, 500000);
            unsigned before = t.switches;
            while (t.now_us - from_us < turn_us) {
                talks[turn % 2] = true;
                talks[1 - turn % 2] = t.now_us - from_us < 300000; /* he still finishes */
                step(&t, talks, t.now_us - from_us);
            }
            assert_true(t.switches - before <= 1);
            assert_int_equal(t.dominant, turn % 2);
        }
    }
}

/* A fan that is switched on is a voice for a moment at most; then it is background. */
static void steady_noise_is_nobody(void **state)
{
    (void)state;
    struct talk t;
    begin(&t, 5);
    talk(&t, 0, 5000);
    int64_t end_us = t.now_us + 60000000, heard_us = 0;
    t.fan = 3;
    while (t.now_us < end_us) {
        bool talks[PEOPLE] = { true };
        talks[0] = (t.now_us - end_us + 60000000) % 6000000 < 3000000; /* talks, pauses */
        step(&t, talks, t.now_us);
        heard_us = t.dominant == 3 ? t.now_us : heard_us;
    }
    assert_int_equal(t.dominant, 0);
    assert_true(heard_us == 0 || end_us - heard_us > 50000000);
}

/* Who sends only while he talks (DTX) is measured the same. */
static void gaps_are_silence(void **state)
{
    (void)state;
    struct talk t;
    begin(&t, 7);
    talk(&t, 1, 3000);
    for (int i = 0; i < 60; i++) { /* 5 packets a second, however loud, are no speech */
        for (int f = 0; f < 10; f++) {
            if (f == 0)
                hop_speech_level(&t.speech[2], 10, t.now_us);
            t.now_us += STEP_US;
        }
        decide(&t);
    }
    assert_int_equal(t.dominant, 1);
    for (int i = 0; i < 60; i++) {
        hop_speech_level(&t.speech[2], i % 8 < 6 ? 30 : 127, t.now_us);
        t.now_us += STEP_US;
        if (i % 5 == 0)
            decide(&t);
    }
    assert_int_equal(t.dominant, 2);
}

/* The formula of the paper, worked by hand: 5 of 5 and 0 of 5 active, lambda 24. */
static void the_scores(void **state)
{
    (void)state;
    struct hop_speech s = { 0 };
    struct hop_speech_scores scores;
    for (int64_t us = 0; us < 1000000; us += STEP_US)
        hop_speech_level(&s, 10, us);
    hop_speech_score(&s, 1000000, &scores);
    assert_true(fabs(scores.medium - (-5 * log(2) - log(24) + 24 * 5)) < 1e-9);
    assert_true(fabs(scores.longest - (-10 * log(2) - log(47) + 47 * 10)) < 1e-9);
    assert_int_equal(scores.blocks, 10);
    hop_speech_score(&s, 3000000, &scores);
    assert_true(scores.medium < 1e-9 && scores.longest < 1e-9 && scores.immediate < 1e-9);
    assert_int_equal(scores.blocks, 0);
    assert_false(hop_speech_recent(&s, 3000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_at_first),
        cmocka_unit_test(a_change_takes_less_than_a_second),
        cmocka_unit_test(a_pause_changes_nothing),
        cmocka_unit_test(coughs_and_bangs_change_nothing),
        cmocka_unit_test(agreeing_changes_nothing),
        cmocka_unit_test(no_flapping_in_a_dialogue),
        cmocka_unit_test(steady_noise_is_nobody),
        cmocka_unit_test(gaps_are_silence),
        cmocka_unit_test(the_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
