/* The long-term level of speech, the verdict on it, and the slow gain: with synthetic voices. */
#include "media/mix/level.h"
#include "media/mix/loudness.h"
#include "tests/unit/media/mix/rooms.h"

struct meter {
    struct hop_loudness loudness;
    struct speech voice;
    bool on;
    double noise;   /* amplitude of a room's noise, uniform */
    double in, out; /* sums of power of the spoken frames */
    int frames;
    double pause_in, pause_out; /* of the others */
    float least_db, most_db;    /* gain */
};

static void meter_open(struct meter *m, double gain)
{
    memset(m, 0, sizeof(*m));
    hop_loudness_init(&m->loudness);
    speech_init(&m->voice, 77, gain);
    m->on = true;
}

static void speak(struct meter *m, int seconds)
{
    m->in = m->out = m->pause_in = m->pause_out = 0;
    m->frames = 0;
    m->least_db = 100;
    m->most_db = -100;
    for (int f = 0; f < seconds * 50; f++) {
        float pcm[HOP_MIX_FRAME];
        speech_make(&m->voice, pcm, HOP_MIX_FRAME);
        for (int i = 0; i < HOP_MIX_FRAME; i++)
            pcm[i] += (float)(m->noise * (2 * speech_random(&m->voice) - 1));
        float power = hop_level_power(pcm, HOP_MIX_FRAME);
        hop_loudness_note(&m->loudness, power);
        bool spoken = hop_loudness_is(&m->loudness, power);
        float before_db = m->loudness.gain_db;
        hop_loudness_apply(&m->loudness, pcm, m->on, spoken);
        if (!spoken && m->on)
            assert_true(m->loudness.gain_db == before_db); /* nothing pumps in the pauses */
        assert_true(fabsf(m->loudness.gain_db - before_db) <= 0.37f);
        double out = (double)hop_level_power(pcm, HOP_MIX_FRAME);
        if (spoken) {
            m->in += (double)power;
            m->out += out;
            m->frames++;
        } else {
            m->pause_in += (double)power;
            m->pause_out += out;
        }
        m->least_db = fminf(m->least_db, m->loudness.gain_db);
        m->most_db = fmaxf(m->most_db, m->loudness.gain_db);
    }
}

static double in_db(const struct meter *m)
{
    return 10 * log10(m->in / m->frames + 1e-12);
}

static double out_db(const struct meter *m)
{
    return 10 * log10(m->out / m->frames + 1e-12);
}

/* ---- level and verdict ------------------------------------------------------------------------
 */

static void test_the_level_is_that_of_speech_without_its_pauses(void **state)
{
    static const double gains[] = { 0.01, 0.05, 0.3, 1 };
    (void)state;

    for (int i = 0; i < 4; i++) {
        struct meter m;
        meter_open(&m, gains[i]);
        speak(&m, 1);
        assert_int_equal(hop_loudness_dbov(&m.loudness), 0); /* too early to say */
        speak(&m, 30);
        double should = 20 * log10(gains[i]) - 15.4; /* measured over the loud frames alone */
        print_message("gain %.2f: %.1f dBov, said %d\n", gains[i], should,
                      hop_loudness_dbov(&m.loudness));
        assert_true(fabs(hop_loudness_dbov(&m.loudness) - should) < 2.5);
        /* Half a minute of silence does not change it. */
        int before = hop_loudness_dbov(&m.loudness);
        for (int f = 0; f < 1500; f++)
            hop_loudness_note(&m.loudness, 1e-8f);
        assert_int_equal(hop_loudness_dbov(&m.loudness), before);
    }
}

static void test_verdicts_have_a_memory(void **state)
{
    struct meter m;
    (void)state;

    meter_open(&m, 0.03); /* -44 dBov */
    speak(&m, 20);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_QUIET);
    m.voice.gain = 0.07; /* -37: no longer quiet, had he not been it before */
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_QUIET);
    m.voice.gain = 0.12;
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_OK);
    m.voice.gain = 0.07;
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_OK);
    m.voice.gain = 2.5; /* -5 */
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_LOUD);
    m.voice.gain = 1; /* -13 */
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_LOUD);
    m.voice.gain = 0.6;
    speak(&m, 40);
    assert_int_equal(m.loudness.verdict, HOP_VOICE_OK);
}

/* ---- levelling --------------------------------------------------------------------------------
 */

static void test_quiet_and_loud_become_alike(void **state)
{
    static const double gains[] = { 0.05, 0.1, 0.3, 1, 1.5 };
    double least = 100, most = -100;
    (void)state;

    for (int i = 0; i < 5; i++) {
        struct meter m;
        meter_open(&m, gains[i]);
        speak(&m, 20);
        speak(&m, 20);
        print_message("%.1f dBov becomes %.1f; gain %.1f to %.1f dB while settled\n", in_db(&m),
                      out_db(&m), (double)m.least_db, (double)m.most_db);
        assert_true(m.most_db - m.least_db < 2.0f);
        least = fmin(least, out_db(&m));
        most = fmax(most, out_db(&m));
    }
    assert_true(most - least < 7);
    assert_true(least > -28 && most < -20);
}

static void test_what_is_usual_is_left_alone(void **state)
{
    struct meter m;
    (void)state;

    meter_open(&m, 0.3); /* -24 dBov */
    speak(&m, 30);
    assert_true(m.most_db == 0.0f && m.least_db == 0.0f);
}

static void test_the_gain_is_bounded_and_spares_the_noise(void **state)
{
    struct meter m;
    (void)state;

    meter_open(&m, 0.012); /* -54 dBov: 30 dB too quiet */
    speak(&m, 60);
    assert_true(m.most_db <= 18.0f && m.most_db > 15.0f);
    meter_open(&m, 8);
    speak(&m, 60);
    assert_true(m.least_db >= -12.0f && m.least_db < -11.0f);
    meter_open(&m, 0.05); /* -41 dBov over a noise of -57: 17 dB are wanted, 7 are allowed */
    m.noise = 0.0024;
    speak(&m, 60);
    print_message("noise %.1f dBov: gain %.1f dB\n", 10 * log10(pow(m.noise, 2) / 3),
                  (double)m.most_db);
    assert_true(m.most_db > 4.0f && m.most_db < 10.0f);
}

static void test_off_gives_the_gain_back_slowly(void **state)
{
    struct meter m;
    (void)state;

    meter_open(&m, 0.05);
    speak(&m, 30);
    assert_true(m.most_db > 10.0f);
    m.on = false;
    speak(&m, 10);
    assert_true(m.loudness.gain_db == 0.0f);
}

/* ---- in the room ------------------------------------------------------------------------------
 */

static void test_a_quiet_hall_and_a_loud_laptop_in_one_mix(void **state)
{
    struct room room;
    struct speech voices[2];
    double sum[2] = { 0 };
    int n[2] = { 0 };
    (void)state;

    room_open(&room, 2, 0.05, 960);
    hop_mixer_set_levelling(room.mixer, true);
    room.source[1].amplitude = 0.8;
    for (int i = 0; i < 2; i++) {
        speech_init(&voices[i], (uint32_t)i + 40, 1);
        room.source[i].speech = &voices[i];
    }
    int verdicts[2] = { -1, -1 }, dbov[2] = { 0 };
    for (int t = 0; t < 2000; t++) {
        int who = t / 200 % 2; /* in turns, four seconds each */
        room.speaks[who] = true;
        room.speaks[!who] = false;
        step(&room);
        for (int k = 0; room.ticked && k < room.tick.n_talkers; k++) {
            const struct hop_audio_talker *talker = &room.tick.talkers[k];
            int i = talker->peer == room.peer[1];
            verdicts[i] = talker->verdict;
            dbov[i] = talker->speech_dbov;
            if (t < 1200 || i != who || t % 200 < 20 || talker->level > 45)
                continue;
            sum[i] += pow(10, -talker->level / 10.0);
            n[i]++;
        }
    }
    double hall = 10 * log10(sum[0] / n[0]), laptop = 10 * log10(sum[1] / n[1]);
    print_message("hall %d dBov and laptop %d dBov are mixed at %.1f and %.1f\n", dbov[0], dbov[1],
                  hall, laptop);
    assert_true(fabs(hall - laptop) < 6);
    assert_int_equal(verdicts[0], HOP_VOICE_QUIET);
    assert_int_equal(verdicts[1], HOP_VOICE_OK);
    assert_true(dbov[0] < -38 && dbov[1] > -22 && dbov[1] < 0);
    room_close(&room);
}

/* Three tones in a rhythm of speech are lifted, and nobody hears himself. */
static void test_own_voice_is_left_out_after_the_gain(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 3, 0.02, 960);
    hop_mixer_set_levelling(room.mixer, true);
    for (int t = 0; t < 1500; t++) {
        for (int i = 0; i < 3; i++)
            room.speaks[i] = t % 30 < 18;
        step(&room);
    }
    for (int i = 0; i < 3; i++)
        room.speaks[i] = true;
    steps(&room, 30);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double db = heard_db(&room.ear[i], j);
            if (i == j)
                assert_true(db < -22 - 55);
            else
                assert_true(db > -26); /* -34 without the gain */
        }
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_level_is_that_of_speech_without_its_pauses),
        cmocka_unit_test(test_verdicts_have_a_memory),
        cmocka_unit_test(test_quiet_and_loud_become_alike),
        cmocka_unit_test(test_what_is_usual_is_left_alone),
        cmocka_unit_test(test_the_gain_is_bounded_and_spares_the_noise),
        cmocka_unit_test(test_off_gives_the_gain_back_slowly),
        cmocka_unit_test(test_a_quiet_hall_and_a_loud_laptop_in_one_mix),
        cmocka_unit_test(test_own_voice_is_left_out_after_the_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
