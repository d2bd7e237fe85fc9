/* Who is mixed when not all can be, what liars gain, and what a first word loses: synthetic voices
 * through the whole kernel. */
#include "tests/unit/media/mix/rooms.h"

#include <malloc.h>

enum { CAP = 4 };

/* A room of n voices and `cap` seats. */
static void crowd_open(struct room *room, struct speech *voices, int n, int cap)
{
    const struct hop_audio_params params = {
        .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40, .max_talkers = cap
    };

    room_open(room, n, 0.4, 960);
    hop_mixer_free(room->mixer);
    assert_int_equal(hop_mixer_new(&params, &room->mixer), 0);
    hop_mixer_set_levelling(room->mixer, false);
    for (int i = 0; i < n; i++) {
        speech_init(&voices[i], (uint32_t)(100 + i), 0.4);
        room->source[i].speech = &voices[i];
    }
}

static int level_of(const struct room *room, int i)
{
    for (int t = 0; room->ticked && t < room->tick.n_talkers; t++)
        if (room->tick.talkers[t].peer == room->peer[i])
            return room->tick.talkers[t].level;
    return 127;
}

static bool seated(const struct room *room, int i)
{
    return room->ticked && hop_audio_own_of(&room->tick, room->peer[i], 0) != NULL;
}

/* ---- the cap ----------------------------------------------------------------------------------
 */

/* Everybody talks; whenever somebody loses his seat, he has said nothing for 100 ms. */
static void test_nobody_is_cut_off_in_mid_word(void **state)
{
    struct room room;
    struct speech voices[9];
    int quiet[9] = { 0 }, changes = 0;
    bool was[9] = { 0 };
    (void)state;

    crowd_open(&room, voices, 9, CAP);
    hop_mixer_set_chair(room.mixer, room.peer[8], true);
    for (int t = 0; t < 1500; t++) {
        room.speaks[8] = t % 100 >= 50; /* the chair says something every other second */
        step(&room);
        int seats = 0;
        for (int i = 0; i < 9; i++) {
            bool now = seated(&room, i);
            seats += now;
            if (was[i] && !now) {
                assert_true(quiet[i] >= 5);
                changes++;
            }
            quiet[i] = level_of(&room, i) > 60 ? quiet[i] + 1 : 0;
            was[i] = now;
        }
        assert_true(seats <= CAP);
    }
    print_message("%d times somebody gave up his seat\n", changes);
    assert_true(changes > 10);
    room_close(&room);
}

static void test_the_chair_gets_the_next_pause(void **state)
{
    struct room room;
    struct speech voices[CAP + 2];
    int waited = 0;
    (void)state;

    crowd_open(&room, voices, CAP + 2, CAP);
    room.present[CAP] = room.present[CAP + 1] = false;
    room.present[CAP - 1] = false;
    steps(&room, 50);
    room.present[CAP - 1] = true; /* he has talked shortest */
    steps(&room, 100);
    for (int i = 0; i < CAP; i++)
        assert_true(seated(&room, i));
    room.present[CAP] = true; /* one more who wants to talk, without success */
    steps(&room, 20);
    hop_mixer_set_chair(room.mixer, room.peer[CAP + 1], true);
    room.present[CAP + 1] = true;
    for (; !seated(&room, CAP + 1) && waited < 200; waited++)
        step(&room);
    print_message("the chair waited %d ms for a pause\n", waited * 20);
    assert_true(waited < 100);
    assert_false(seated(&room, CAP));
    room_close(&room);
}

/* Constant tones have no pauses: the seats stay where they are until somebody stops, and then it is
 * the turn of who has waited longest. */
static void test_who_waits_longest_is_next(void **state)
{
    struct room room;
    struct speech voices[CAP + 2];
    (void)state;

    crowd_open(&room, voices, CAP + 2, CAP);
    for (int i = 0; i < CAP + 2; i++)
        room.source[i].speech = NULL;
    room.present[CAP] = room.present[CAP + 1] = false;
    steps(&room, 20);
    room.present[CAP + 1] = true;
    steps(&room, 20);
    room.present[CAP] = true;
    hop_mixer_set_chair(room.mixer, room.peer[0], true);
    steps(&room, 50);
    for (int i = 0; i < CAP + 2; i++)
        assert_int_equal(seated(&room, i), i < CAP);
    room.speaks[1] = false;
    steps(&room, 50);
    assert_true(seated(&room, CAP + 1) && !seated(&room, CAP));
    room.speaks[2] = false;
    steps(&room, 50);
    assert_true(seated(&room, CAP + 1) && seated(&room, CAP));
    room_close(&room);
}

/* As many as there are seats claim to be loud and say nothing: who does talk is heard all the same.
 */
static void test_false_claims_keep_nobody_out(void **state)
{
    struct room room;
    struct speech voices[CAP + 1];
    int waited = 0;
    (void)state;

    crowd_open(&room, voices, CAP + 1, CAP);
    for (int i = 0; i < CAP; i++)
        room.speaks[i] = false;
    room.source[CAP].speech = NULL; /* a tone: in the first tick already */
    room.claim = 0;
    room.present[CAP] = false;
    steps(&room, 2);
    room.present[CAP] = true;
    for (; level_of(&room, CAP) > 20 && waited < 100; waited++)
        step(&room);
    print_message("heard after %d ms among false claims\n", waited * 20);
    assert_true(waited <= 10);
    room_close(&room);
}

/* ---- claims -----------------------------------------------------------------------------------
 */

enum { UTTERANCE = 100, FIRST = 12, LATEST = 8 };

/* Of the first loud frames of an utterance those that are missing in the mix, however late that is.
 */
static int missing(const double *said, const double *mixed)
{
    int least = FIRST;
    for (int late = 0; late <= LATEST; late++) {
        int lost_ones = 0;
        for (int t = 0, loud = 0; t < UTTERANCE - LATEST && loud < FIRST; t++) {
            loud += said[t] > 1e-4;
            lost_ones += said[t] > 1e-4 && mixed[t + late] < said[t] / 10;
        }
        least = lost_ones < least ? lost_ones : least;
    }
    return least;
}

/* Utterances of two seconds, with three of silence between them, whose level is claimed as `claim`:
 * how many frames of their beginnings are missing, and how many were decoded in all. */
static int lost_frames(int claim, int utterances, uint64_t *decoded)
{
    struct room room;
    struct speech voice;
    struct hop_mixer_stats stats;
    double said[UTTERANCE], mixed[UTTERANCE];
    int sum = 0;

    crowd_open(&room, &voice, 1, CAP);
    room.claim = claim;
    for (int u = 0; u < utterances; u++) {
        room.speaks[0] = false;
        steps(&room, 150);
        room.speaks[0] = true;
        for (int t = 0; t < UTTERANCE; t++) {
            step(&room);
            said[t] = pow(10, -room.source[0].level / 10.0);
            mixed[t] = 0;
            for (int i = 0; room.ticked && i < HOP_MIX_FRAME; i++)
                mixed[t] += pow((double)hop_mixer_pcm(room.mixer)[i], 2) / HOP_MIX_FRAME;
        }
        sum += missing(said, mixed);
    }
    hop_mixer_stats(room.mixer, &stats);
    *decoded = stats.decoded_frames;
    room_close(&room);
    return sum;
}

static void test_without_levels_no_word_is_lost(void **state)
{
    uint64_t true_ones = 0, decoded = 0;
    (void)state;

    int honest = lost_frames(-1, 12, &true_ones), mute = lost_frames(0xff, 12, &decoded);
    print_message("missing in 12 beginnings: %d frames with levels (%d decoded of 3000), "
                  "%d without (%d decoded)\n",
                  honest, (int)true_ones, mute, (int)decoded);
    assert_true(honest <= 2 && mute <= 4);
    assert_true(decoded < true_ones * 5 / 4);
}

/* Who cried wolf for a minute is heard soon when he does say something. */
static void test_who_lied_is_heard_when_he_talks(void **state)
{
    struct room room;
    struct speech voice;
    int waited = 0;
    (void)state;

    crowd_open(&room, &voice, 1, CAP);
    room.claim = 10;
    room.speaks[0] = false;
    steps(&room, 3000);
    room.speaks[0] = true;
    for (; level_of(&room, 0) > 40 && waited < 100; waited++)
        step(&room);
    print_message("heard after %d ms\n", waited * 20);
    assert_true(waited < 60);
    room_close(&room);
}

/* A noise that he calls silence, rightly, and one who states no level and says nothing: hardly
 * anything is decoded of them. */
static void test_silence_without_levels_is_not_decoded_for_ever(void **state)
{
    struct room room;
    struct speech voice;
    struct hop_mixer_stats stats;
    (void)state;

    crowd_open(&room, &voice, 1, CAP);
    speech_init(&voice, 5, 1);
    room.source[0].amplitude = 0.0005; /* speech at -80 dBov */
    room.claim = 0xff;
    steps(&room, 3000);
    hop_mixer_stats(room.mixer, &stats);
    print_message("decoded %d of 3000 frames of silence without levels\n",
                  (int)stats.decoded_frames);
    assert_true(stats.decoded_frames < 600);
    room_close(&room);
}

/* Honest silence in CELT, whose first frames mislead a fresh decoder: he stays one who is believed.
 */
static void test_honest_silence_stays_believed(void **state)
{
    struct room room;
    struct speech voice;
    struct hop_mixer_stats stats;
    int error = 0;
    (void)state;

    crowd_open(&room, &voice, 1, CAP);
    opus_encoder_destroy(room.source[0].encoder);
    room.source[0].encoder =
        opus_encoder_create(TONE_RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    room.source[0].amplitude = 0.0005;
    steps(&room, 3000);
    hop_mixer_stats(room.mixer, &stats);
    print_message("decoded %d of 3000 frames of honest silence\n", (int)stats.decoded_frames);
    assert_true(stats.decoded_frames < 120);
    room_close(&room);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static size_t used_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void test_memory_of_talkers_and_of_the_silent(void **state)
{
    enum { TALK = 8, SILENT = 12 };
    struct room room;
    struct speech voices[TALK + SILENT];
    (void)state;

    size_t nothing = used_bytes();
    if (nothing == 0)
        skip(); /* not with the sanitizers' malloc */
    crowd_open(&room, voices, TALK + SILENT, 16);
    for (int i = 0; i < TALK + SILENT; i++) {
        room.present[i] = false;
        room.source[i].speech = NULL; /* who has pauses may leave his seat */
    }
    room.present[0] = true;
    steps(&room, 100);
    size_t one = used_bytes();
    for (int i = 0; i < TALK; i++)
        room.present[i] = true;
    steps(&room, 300);
    size_t talking = used_bytes();
    room.present[TALK] = true; /* the store gets one more decoder, to look at the silent */
    room.speaks[TALK] = false;
    steps(&room, 250);
    size_t all = used_bytes();
    for (int i = TALK + 1; i < TALK + SILENT; i++) {
        room.present[i] = true;
        room.speaks[i] = false;
    }
    steps(&room, 300);
    size_t with_silent = used_bytes();
    double talker = (double)(talking - one) / (TALK - 1),
           silent = (double)(with_silent - all) / (SILENT - 1);
    print_message("a talker %.1f kB, a silent member %.1f kB\n", talker / 1000, silent / 1000);
    assert_true(talker > 50000 && talker <= 100000);
    assert_true(silent > 100 && silent <= 4000);
    /* When they fall silent they cost no more than the others, once it is swept. */
    for (int i = 0; i < TALK; i++)
        room.speaks[i] = false;
    steps(&room, 200);
    assert_false(hop_mixer_sweep(room.mixer, room.now_us));
    double left = (double)(used_bytes() - nothing);
    room_close(&room);
    double rest = (double)(used_bytes() - nothing);
    print_message("all silent: %.1f kB, the ears and sources included\n", (left - rest) / 1000);
    assert_true(rest < 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_cut_off_in_mid_word),
        cmocka_unit_test(test_the_chair_gets_the_next_pause),
        cmocka_unit_test(test_who_waits_longest_is_next),
        cmocka_unit_test(test_false_claims_keep_nobody_out),
        cmocka_unit_test(test_without_levels_no_word_is_lost),
        cmocka_unit_test(test_who_lied_is_heard_when_he_talks),
        cmocka_unit_test(test_silence_without_levels_is_not_decoded_for_ever),
        cmocka_unit_test(test_honest_silence_stays_believed),
        cmocka_unit_test(test_memory_of_talkers_and_of_the_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
