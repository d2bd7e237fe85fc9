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
    steps(&room, 2);
    assert_true(is_speech_mode(&room.tick.shared[HOP_AUDIO_LOSSY]));
    assert_false(is_speech_mode(&room.tick.shared[HOP_AUDIO_CLEAN]));
    assert_int_equal(room.choice[1].variant, HOP_AUDIO_LOSSY);
    assert_int_equal(room.choice[2].variant, HOP_AUDIO_CLEAN);
    steps(&room, 50);
    assert_true(hears(&room, 1, 0) && hears(&room, 2, 0));

    lose(&room, 1, 0);
    steps(&room, 2);
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
    steps(&room, 10);
    assert_true(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[1], 0)));
    assert_false(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[0], 0)));
    steps(&room, 50);
    assert_true(hears(&room, 1, 0) && !hears(&room, 1, 1));
    lose(&room, 1, 0);
    steps(&room, 10);
    assert_false(is_speech_mode(hop_audio_own_of(&room.tick, room.peer[1], 0)));
    room_close(&room);
}

/* ---- moves ------------------------------------------------------------------------------------
 */

static double residual(const struct tone_ear *ear, int who)
{
    return tone_residual_db(ear->pcm + ear->n - TONE_FRAME, tones[who]);
}

/* The worst of `n` frames at ear 1 for tone 0. */
static double worst_of(struct room *room, int n)
{
    double worst = -200;
    for (int i = 0; i < n; i++) {
        step(room);
        worst = fmax(worst, residual(&room->ear[1], 0));
    }
    return worst;
}

/* Listener 1 sits in the hall of 2, who talks now and then: he moves between the shared mix and
 * the hall's, and must hear tone 0 all along. */
static void moves_with_his_hall(uint16_t his_loss, uint16_t hall_loss)
{
    struct room room;
    double steady = -200, moved = -200;

    room_open(&room, 4, 0.2, 960);
    room.speaks[1] = room.speaks[2] = room.speaks[3] = false;
    sit(&room, 1, HALL);
    sit(&room, 2, HALL);
    sit(&room, 3, HALL);
    lose(&room, 1, his_loss);
    lose(&room, 3, hall_loss);
    steps(&room, 50);
    for (int round = 0; round < 6; round++) {
        steady = fmax(steady, worst_of(&room, 30));
        room.speaks[2] = round % 2 == 0;
        moved = fmax(moved, worst_of(&room, 40));
        assert_int_equal(room.tick.n_owns, round % 2 == 0 ? 2 : 1);
    }
    assert_true(hears(&room, 1, 0) && !hears(&room, 1, 2));
    print_message("loss %d and %d: residual steady %.1f dB, with moves %.1f dB\n", his_loss,
                  hall_loss, steady, moved);
    assert_true(moved < steady + 3);
    room_close(&room);
}

static void test_moves_with_a_hall_are_not_heard(void **state)
{
    (void)state;
    moves_with_his_hall(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hall_does_not_hear_itself),
        cmocka_unit_test(test_the_hall_alone_is_sent_nothing),
        cmocka_unit_test(test_one_moves_between_halls_while_he_talks),
        cmocka_unit_test(test_the_lossy_mix_is_made_for_who_needs_it),
        cmocka_unit_test(test_who_talks_on_a_lossy_line_gets_the_same_care),
        cmocka_unit_test(test_moves_with_a_hall_are_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
