/* Who gets which encode: halls, each talker's own, clean and lossy lines, and the moves between
 * them, from encoded tones in to decoded ticks out. */
#include "tests/unit/media/mix/rooms.h"

enum { HALL = 5, OTHER_HALL = 6 };

static void sit(struct room *room, int i, uint16_t hall)
{
    room->hall[i] = hall;
    hop_mixer_set_hall(room->mixer, room->peer[i], hall);
}

/* The line of listener i loses that much, as it reports for some seconds. */
static void lose(struct room *room, int i, uint16_t permille)
{
    for (int report = 0; report < 30; report++) {
        uint16_t told = room->choice[i].told;
        uint16_t tell =
            hop_audio_choice_report(&room->choice[i], permille, room->now_us + report * 1000000);
        if (tell != told)
            hop_mixer_set_loss(room->mixer, room->peer[i], tell);
    }
}

static bool hears(const struct room *room, int ear, int who)
{
    double db = heard_db(&room->ear[ear], who);
    assert_true(db > -20 || db < -72); /* clearly one or the other */
    return db > -20;
}

/* ---- halls ------------------------------------------------------------------------------------
 */

static void test_a_hall_does_not_hear_itself(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 6, 0.2, 960);
    sit(&room, 0, HALL);
    sit(&room, 1, HALL);
    sit(&room, 2, OTHER_HALL);
    room.speaks[4] = room.speaks[5] = false; /* 4 listens in the hall, 5 elsewhere */
    sit(&room, 4, HALL);
    steps(&room, 100);
    assert_int_equal(room.tick.n_talkers, 4);
    assert_int_equal(room.tick.n_owns, 3); /* the hall, 2 in his, and 3 */
    for (int ear = 0; ear < 6; ear++)
        for (int who = 0; who < 4; who++) {
            bool same = ear == who || (room.hall[ear] && room.hall[ear] == room.hall[who]);
            assert_int_equal(hears(&room, ear, who), !same);
        }
    room_close(&room);
}

static void test_the_hall_alone_is_sent_nothing(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 3, 0.2, 960);
    for (int i = 0; i < 3; i++)
        sit(&room, i, HALL);
    room.speaks[2] = false;
    steps(&room, 100);
    assert_int_equal(room.tick.n_owns, 1);
    for (int ear = 0; ear < 3; ear++)
        assert_int_equal(room.ear[ear].packets, 0);
    assert_true(heard_db(&room.listener, 0) > -17);
    room_close(&room);
}

static void test_one_moves_between_halls_while_he_talks(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 3, 0.2, 960);
    sit(&room, 0, HALL);
    steps(&room, 50);
    sit(&room, 1, HALL);
    steps(&room, 50);
    assert_false(hears(&room, 0, 1));
    assert_false(hears(&room, 1, 0));
    assert_true(hears(&room, 2, 0) && hears(&room, 2, 1));
    sit(&room, 1, OTHER_HALL);
    steps(&room, 50);
    assert_true(hears(&room, 0, 1) && hears(&room, 1, 0));
    assert_false(hears(&room, 1, 1) || hears(&room, 0, 0));
    sit(&room, 0, 0);
    steps(&room, 50);
    assert_true(hears(&room, 0, 1) && hears(&room, 1, 0) && !hears(&room, 0, 0));
    room_close(&room);
}

/* ---- lossy lines ------------------------------------------------------------------------------
 */

static bool is_speech_mode(const struct hop_audio_payload *payload)
{
    return payload->len > 0 && (payload->data[0] & 0x80) == 0; /* RFC 6716 section 3.1 */
}

static void test_the_lossy_mix_is_made_for_who_needs_it(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 3, 0.2, 960);
    room.speaks[1] = room.speaks[2] = false;
    steps(&room, 50);
    assert_int_equal(room.tick.shared[HOP_AUDIO_LOSSY].len, 0);
    lose(&room, 1, 80);
    steps(&room, 60); /* a tone has no pauses */
    assert_true(is_speech_mode(&room.tick.shared[HOP_AUDIO_LOSSY]));
    assert_false(is_speech_mode(&room.tick.shared[HOP_AUDIO_CLEAN]));
    assert_int_equal(room.choice[1].variant, HOP_AUDIO_LOSSY);
    assert_int_equal(room.choice[2].variant, HOP_AUDIO_CLEAN);
    steps(&room, 50);
    assert_true(hears(&room, 1, 0) && hears(&room, 2, 0));

    lose(&room, 1, 0);
    steps(&room, 60);
    assert_int_equal(room.choice[1].variant, HOP_AUDIO_CLEAN);
    steps(&room, 150);
    assert_int_equal(room.tick.shared[HOP_AUDIO_LOSSY].len, 0);
    lose(&room, 2, 200);
    hop_mixer_peer_remove(room.mixer, room.peer[2]);
    steps(&room, 150);
    assert_int_equal(room.tick.shared[HOP_AUDIO_LOSSY].len, 0);
    room_close(&room);
}

static void test_who_talks_on_a_lossy_line_gets_the_same_care(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.2, 960);
    steps(&room, 50);
    assert_false(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[1], 0)));
    lose(&room, 1, 80);
    steps(&room, 60);
    assert_true(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[1], 0)));
    assert_false(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[0], 0)));
    steps(&room, 50);
    assert_true(hears(&room, 1, 0) && !hears(&room, 1, 1));
    lose(&room, 1, 0);
    steps(&room, 60);
    assert_false(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[1], 0)));
    room_close(&room);
}

static double power_db(const float *pcm)
{
    double sum = 0;
    for (int i = 0; i < TONE_FRAME; i++)
        sum += (double)pcm[i] * (double)pcm[i];
    return 10 * log10(sum / TONE_FRAME + 1e-12);
}

/* Every fifth packet is lost, and made from the copy in its successor, or invented: what a listener
 * hears then, compared with what he would have heard. */
static double heard_of_lost(bool copies)
{
    struct room room;
    struct speech voice;
    float heard[TONE_FRAME], whole[TONE_FRAME];
    int error = 0, n = 0;
    double sum = 0;

    room_open(&room, 2, 0.4, 960);
    speech_init(&voice, 3, 0.4);
    room.source[0].speech = &voice;
    room.speaks[1] = false;
    lose(&room, 1, 200);
    OpusDecoder *decoder = opus_decoder_create(TONE_RATE, 1, &error);
    OpusDecoder *lossless = opus_decoder_create(TONE_RATE, 1, &error);
    for (int i = 0; i < 1000; i++) {
        step(&room);
        const struct hop_audio_payload *payload = &room.tick.shared[HOP_AUDIO_LOSSY];
        if (!room.sent || payload->len == 0)
            continue;
        if (i % 5 == 1) {
            bool fec = copies && payload->len > 0;
            assert_int_equal(opus_decode_float(decoder, fec ? payload->data : NULL,
                                               fec ? payload->len : 0, heard, TONE_FRAME, fec),
                             TONE_FRAME);
            double off = fabs(power_db(heard) - power_db(whole));
            if (power_db(whole) > -45) {
                sum += off;
                n++;
            }
        }
        assert_int_equal(
            opus_decode_float(lossless, payload->data, payload->len, whole, TONE_FRAME, 0),
            TONE_FRAME);
        if (i % 5 != 0)
            assert_int_equal(
                opus_decode_float(decoder, payload->data, payload->len, heard, TONE_FRAME, 0),
                TONE_FRAME);
    }
    opus_decoder_destroy(decoder);
    opus_decoder_destroy(lossless);
    room_close(&room);
    assert_true(n > 80);
    return sum / n;
}

static void test_the_lossy_mix_carries_copies(void **state)
{
    (void)state;
    double with = heard_of_lost(true), without = heard_of_lost(false);
    print_message("lost packets: loudness off by %.1f dB with their copies, %.1f dB invented\n",
                  with, without);
    assert_true(with < 3 && with < without / 1.5);
}

/* ---- moves ------------------------------------------------------------------------------------
 */

/* Two rooms with the same voice: in `room` listener 1 moves, in `plain` nothing happens but that
 * voice, so that its sum is what he should hear. */
struct moves {
    struct room room, plain;
    struct speech voice, same, mate;
    float ideal[2 * TONE_FRAME]; /* the last two frames */
    double moved, steady[2];     /* sums of dB; by variant */
    int n_moved, n_steady[2], after;
    double bang; /* how much louder than it should be any frame was, dB */
    bool own, last_speech;
    uint8_t variant;
};

static void moves_open(struct moves *m)
{
    memset(m, 0, sizeof(*m));
    room_open(&m->room, 4, 0.4, 960);
    room_open(&m->plain, 1, 0.4, 960);
    speech_init(&m->voice, 11, 0.4);
    speech_init(&m->same, 11, 0.4);
    speech_init(&m->mate, 12, 0.4);
    m->room.source[0].speech = &m->voice;
    m->plain.source[0].speech = &m->same;
    m->room.source[2].speech = &m->mate;
    m->room.speaks[1] = m->room.speaks[2] = m->room.speaks[3] = false;
    m->room.present[1] = m->room.present[2] = m->room.present[3] = false;
    m->after = 1000;
}

static void moves_close(struct moves *m)
{
    room_close(&m->room);
    room_close(&m->plain);
}

/* How well the last frame heard is the ideal one, some samples late; dB, 0..30. */
static double fidelity(const struct moves *m, int late)
{
    const struct tone_ear *ear = &m->room.ear[1];
    const float *heard = ear->pcm + ear->n - TONE_FRAME, *ideal = m->ideal + TONE_FRAME - late;
    double signal = 1e-7, error = 1e-7;
    for (int i = 0; i < TONE_FRAME; i++) {
        signal += pow((double)ideal[i], 2);
        error += pow((double)heard[i] - (double)ideal[i], 2);
    }
    return fmin(30, fmax(0, 10 * log10(signal / error)));
}

static void moves_step(struct moves *m)
{
    step(&m->room);
    step(&m->plain);
    memmove(m->ideal, m->ideal + TONE_FRAME, sizeof(m->ideal) / 2);
    memcpy(m->ideal + TONE_FRAME, hop_mixer_pcm(m->plain.mixer), sizeof(m->ideal) / 2);

    const struct hop_audio_payload *payload =
        hop_audio_own_of(&m->room.tick, m->room.peer[1], m->room.hall[1]);
    bool own = payload != NULL;
    if (!own)
        payload = &m->room.tick.shared[m->room.choice[1].variant];
    m->last_speech = is_speech_mode(payload);
    bool moved = own != m->own || m->room.choice[1].variant != m->variant;
    m->own = own;
    m->variant = m->room.choice[1].variant;
    m->after = moved ? 0 : m->after + 1;
    if (power_db(m->ideal) < -45 || power_db(m->ideal + TONE_FRAME) < -45)
        return;
    double louder = power_db(m->room.ear[1].pcm + m->room.ear[1].n - TONE_FRAME) -
                    fmax(power_db(m->ideal), power_db(m->ideal + TONE_FRAME));
    m->bang = fmax(m->bang, louder);
    double db = fmax(fidelity(m, 120), fidelity(m, 312)); /* CELT's and the speech modes' delay */
    if (m->after < 3) {
        m->moved += db;
        m->n_moved++;
    } else if (m->after < 20) {
        bool speech = m->last_speech;
        m->steady[speech] += db;
        m->n_steady[speech]++;
    }
}

static void moves_judge(const struct moves *m, const char *what, double bang)
{
    double moved = m->moved / m->n_moved, worst = 100;
    assert_true(m->n_moved >= 8 && m->n_steady[0] + m->n_steady[1] > 100);
    for (int v = 0; v < 2; v++)
        if (m->n_steady[v] > 20)
            worst = fmin(worst, m->steady[v] / m->n_steady[v]);
    print_message(
        "%s: SNR %.1f dB in %d frames after moves, %.1f dB or more around; at most %.1f dB "
        "too loud\n",
        what, moved, m->n_moved, worst, m->bang);
    assert_true(moved > worst - 3 && m->bang < bang);
}

static void test_moves_between_the_variants_are_not_heard(void **state)
{
    struct moves m;
    (void)state;

    moves_open(&m);
    for (int round = 0; round < 20; round++) {
        lose(&m.room, 1, round % 2 ? 0 : 60);
        for (int i = 0; i < 60; i++)
            moves_step(&m);
        assert_int_equal(m.variant, round % 2 ? HOP_AUDIO_CLEAN : HOP_AUDIO_LOSSY);
    }
    moves_judge(&m, "clean to lossy and back", 2);
    moves_close(&m);
}

/* Listener 1 sits in the hall of 2, who talks now and then: he moves between the shared mix and
 * the hall's, and must hear voice 0 all along, and never 2. */
static void moves_with_his_hall(uint16_t his_loss, uint16_t hall_loss, const char *what,
                                double bang)
{
    struct moves m;

    moves_open(&m);
    for (int i = 1; i < 4; i++)
        sit(&m.room, i, HALL);
    m.room.present[2] = true;
    lose(&m.room, 1, his_loss);
    lose(&m.room, 3, hall_loss);
    for (int round = 0; round < 20; round++) {
        m.room.speaks[2] = round % 2;
        for (int i = 0; i < 50; i++)
            moves_step(&m);
    }
    moves_judge(&m, what, bang);
    moves_close(&m);
}

static void test_moves_with_a_hall_are_not_heard(void **state)
{
    (void)state;
    moves_with_his_hall(0, 0, "hall, clean", 2);
    moves_with_his_hall(80, 80, "hall, lossy", 2);
    /* The hall's one encode is of the other variant than his own line needs, and he cannot wait
     * for a pause, or he would hear his neighbour. */
    moves_with_his_hall(0, 80, "hall, lossy, he clean", 7);
}

/* A talker's own line gets worse and better while he talks. */
static void test_moves_of_who_talks_are_not_heard(void **state)
{
    struct moves m;
    (void)state;

    moves_open(&m);
    m.room.speaks[1] = m.room.present[1] = true;
    m.room.source[1].speech = &m.mate;
    for (int round = 0; round < 20; round++) {
        lose(&m.room, 1, round % 2 ? 0 : 60);
        for (int i = 0; i < 70; i++) {
            moves_step(&m);
            const struct hop_audio_payload *own = hop_audio_own_of(&m.room.tick, m.room.peer[1], 0);
            if (own && own->alone)
                m.after = 0;
        }
    }
    moves_judge(&m, "who talks, clean to lossy and back", 2);
    moves_close(&m);
}

/* ---- bandwidth --------------------------------------------------------------------------------
 */

static void check_bandwidth(int bitrate_bps, enum hop_audio_application application,
                            enum hop_audio_bandwidth widest, int least, int most)
{
    const struct hop_audio_params params = { .bitrate_bps = bitrate_bps,
                                             .complexity = 5,
                                             .jitter_ms = 40,
                                             .max_talkers = 16,
                                             .application = application,
                                             .bandwidth = widest };
    struct room room;

    room_open(&room, 2, 0.2, 960);
    hop_mixer_free(room.mixer);
    assert_int_equal(hop_mixer_new(&params, &room.mixer), 0);
    room.present[1] = false;
    lose(&room, 1, 150);
    for (int i = 0; i < 30; i++) {
        step(&room);
        for (int v = 0; room.sent && v < HOP_AUDIO_VARIANTS; v++)
            if (room.tick.shared[v].len > 0)
                assert_in_range(opus_packet_get_bandwidth(room.tick.shared[v].data), least, most);
    }
    assert_true(room.sent && room.tick.shared[HOP_AUDIO_LOSSY].len > 0);
    room_close(&room);
}

static void test_wideband_is_the_least(void **state)
{
    static const int rates[] = { 6000, 12000, 20000, 32000, 128000 };
    (void)state;

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
        for (int app = HOP_AUDIO_APP_LOWDELAY; app <= HOP_AUDIO_APP_VOIP; app++) {
            check_bandwidth(rates[i], (enum hop_audio_application)app, HOP_AUDIO_FULLBAND,
                            OPUS_BANDWIDTH_WIDEBAND, OPUS_BANDWIDTH_FULLBAND);
            check_bandwidth(rates[i], (enum hop_audio_application)app, HOP_AUDIO_WIDEBAND,
                            OPUS_BANDWIDTH_WIDEBAND, OPUS_BANDWIDTH_WIDEBAND);
        }
    check_bandwidth(64000, HOP_AUDIO_APP_LOWDELAY, HOP_AUDIO_SUPERWIDEBAND, OPUS_BANDWIDTH_WIDEBAND,
                    OPUS_BANDWIDTH_SUPERWIDEBAND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hall_does_not_hear_itself),
        cmocka_unit_test(test_the_hall_alone_is_sent_nothing),
        cmocka_unit_test(test_one_moves_between_halls_while_he_talks),
        cmocka_unit_test(test_the_lossy_mix_is_made_for_who_needs_it),
        cmocka_unit_test(test_who_talks_on_a_lossy_line_gets_the_same_care),
        cmocka_unit_test(test_the_lossy_mix_carries_copies),
        cmocka_unit_test(test_moves_between_the_variants_are_not_heard),
        cmocka_unit_test(test_moves_with_a_hall_are_not_heard),
        cmocka_unit_test(test_moves_of_who_talks_are_not_heard),
        cmocka_unit_test(test_wideband_is_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
