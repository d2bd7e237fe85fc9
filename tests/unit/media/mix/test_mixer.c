/* The mixing kernel, from encoded tones in to decoded ticks out, in virtual time. */
#include "tests/unit/media/mix/rooms.h"

/* ---- who hears whom ---------------------------------------------------------------------------
 */

static void test_everyone_hears_all_others_and_never_himself(void **state)
{
    struct room room;
    double worst_own = -200, quietest = 0;
    (void)state;

    room_open(&room, 4, 0.2, 960);
    steps(&room, 100);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            double db = heard_db(&room.ear[i], j);
            if (i == j && db > worst_own)
                worst_own = db;
            if (i != j && db < quietest)
                quietest = db;
        }
        assert_true(fabs(heard_db(&room.listener, i) - tone_db(0.2)) < 2);
    }
    print_message("others %.1f dB, own voice %.1f dB: %.1f dB below\n", quietest, worst_own,
                  quietest - worst_own);
    assert_true(fabs(quietest - tone_db(0.2)) < 2);
    assert_true(worst_own < quietest - 55);
    room_close(&room);
}

static void test_two_talk_each_hears_only_the_other(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    steps(&room, 100);
    assert_true(heard_db(&room.ear[0], 1) > -13);
    assert_true(heard_db(&room.ear[0], 0) < heard_db(&room.ear[0], 1) - 55);
    assert_true(heard_db(&room.ear[1], 0) > -13);
    room_close(&room);
}

static void test_alone_he_is_sent_nothing(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    steps(&room, 50);
    assert_true(room.sent && room.tick.shared[HOP_AUDIO_CLEAN].len > 0);
    assert_int_equal(room.tick.n_talkers, 1);
    const struct hop_audio_payload *own = hop_audio_own_of(&room.tick, room.peer[0], 0);
    assert_non_null(own);
    assert_int_equal(own->len, 0);
    assert_int_equal(room.ear[0].packets, 0);
    room_close(&room);
}

static void test_screen_audio_is_not_in_the_mix_of_who_shares(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 3, 0.2, 960);
    room.peer[1] = room.peer[0]; /* tone 1 is the screen of peer 0 */
    room.kind[1] = HOP_SOURCE_SCREEN_AUDIO;
    steps(&room, 100);
    assert_true(heard_db(&room.ear[0], 2) > -17);
    assert_true(heard_db(&room.ear[0], 0) < -74);
    assert_true(heard_db(&room.ear[0], 1) < -74);
    assert_true(heard_db(&room.ear[2], 0) > -17);
    assert_true(heard_db(&room.ear[2], 1) > -17);
    assert_int_equal(room.tick.n_talkers, 2);
    room_close(&room);
}

static void test_late_joiner_is_heard_at_once(void **state)
{
    struct room room;
    int waited = 0;
    (void)state;

    room_open(&room, 3, 0.2, 960);
    room.present[2] = false;
    steps(&room, 100);
    assert_true(heard_db(&room.listener, 2) < -60);
    room.present[2] = true;
    while (tone_db(tone_ear_amplitude(&room.listener, 960, tones[2])) < -20 && waited < 50) {
        step(&room);
        waited++;
    }
    print_message("heard after %d ms\n", waited * 20);
    assert_true(waited <= 4); /* 40 ms of jitter buffer, a tick, and the frame that is measured */
    steps(&room, 30);
    assert_true(heard_db(&room.ear[0], 2) > -17);
    assert_true(heard_db(&room.ear[2], 0) > -17);
    assert_true(heard_db(&room.ear[2], 2) < -74);
    room_close(&room);
}

static void check_packet_length(int samples)
{
    struct room room;

    room_open(&room, 2, 0.2, samples);
    steps(&room, 150);
    assert_true(heard_db(&room.ear[0], 1) > -17);
    assert_true(heard_db(&room.listener, 0) > -17);
    assert_true(heard_db(&room.ear[0], 0) < -74);
    struct hop_mixer_stats stats;
    hop_mixer_stats(room.mixer, &stats);
    assert_int_equal(stats.jitter.late, 0);
    assert_int_equal(stats.jitter.resyncs, 0);
    assert_int_equal(stats.jitter.concealed, 0);
    room_close(&room);
}

static void test_packets_of_10_to_60_ms(void **state)
{
    (void)state;
    check_packet_length(480);
    check_packet_length(960);
    check_packet_length(1920);
    check_packet_length(2880);
}

/* ---- loudness ---------------------------------------------------------------------------------
 */

static void test_many_loud_talkers_do_not_clip(void **state)
{
    struct room room;
    float peak = 0;
    (void)state;

    room_open(&room, 8, 0.7, 960);
    for (int i = 0; i < 100; i++) {
        step(&room);
        for (int k = 0; room.ticked && k < HOP_MIX_FRAME; k++)
            peak = fmaxf(peak, fabsf(hop_mixer_pcm(room.mixer)[k]));
    }
    assert_true(peak < 1.0f);
    assert_true(peak > 0.5f);
    double loudest = -200, quietest = 200;
    for (int i = 0; i < 8; i++) {
        loudest = fmax(loudest, heard_db(&room.listener, i));
        quietest = fmin(quietest, heard_db(&room.listener, i));
    }
    assert_true(loudest - quietest < 3); /* turned down alike */
    /* what is no voice, but made by limiter and codec, is far below the voices */
    double all = 0, voices = 0;
    for (int i = room.listener.n - 24000; i < room.listener.n; i++)
        all += (double)room.listener.pcm[i] * (double)room.listener.pcm[i] / 24000;
    for (int i = 0; i < 8; i++)
        voices += pow(tone_ear_amplitude(&room.listener, 24000, tones[i]), 2) / 2;
    double distortion_db = 10 * log10(fabs(all - voices) / all);
    print_message("distortion with 8 at once: %.1f dB, peak %.2f\n", distortion_db, (double)peak);
    assert_true(distortion_db < -12);
    room_close(&room);
}

static void test_sixteen_at_full_scale_do_not_clip(void **state)
{
    struct room room;
    float peak = 0;
    int steep = 0;
    (void)state;

    room_open(&room, 16, 1.0, 960);
    for (int i = 0; i < 100; i++) {
        step(&room);
        const float *pcm = hop_mixer_pcm(room.mixer);
        for (int k = 0; room.ticked && k < HOP_MIX_FRAME; k++) {
            peak = fmaxf(peak, fabsf(pcm[k]));
            /* wrapped sound jumps from one end to the other; 16 tones below 6.4 kHz do not */
            steep += k > 0 && fabsf(pcm[k] - pcm[k - 1]) > 1.2f;
            /* hard-clipped sound stays at the end */
            assert_false(k > 2 && fabsf(pcm[k]) > 0.9f && pcm[k] == pcm[k - 1] &&
                         pcm[k] == pcm[k - 2]);
        }
    }
    print_message("16 at full scale: peak %.3f\n", (double)peak);
    assert_true(peak < 1.0f && peak > 0.5f && steep == 0);
    double loudest = -200, quietest = 200;
    for (int i = 0; i < 16; i++) {
        loudest = fmax(loudest, heard_db(&room.listener, i));
        quietest = fmin(quietest, heard_db(&room.listener, i));
    }
    assert_true(loudest - quietest < 6);
    room_close(&room);
}

/* A click is what is left of a tone's frame when the tone is taken out. He comes and goes several
 * times, by levels and by vanishing; libopus' own beginnings and ends are in it. */
static void test_coming_and_going_does_not_click(void **state)
{
    struct room room;
    float last = 0, jump = 0;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    room.source[0].hz = 200; /* at most 0.008 from one sample to the next */
    for (int i = 0; i < 600; i++) {
        room.present[0] = i % 120 < 60;
        step(&room);
        const float *pcm = hop_mixer_pcm(room.mixer);
        for (int k = 0; k < HOP_MIX_FRAME; k++) {
            float now = room.ticked ? pcm[k] : 0.0f;
            jump = fmaxf(jump, fabsf(now - last));
            last = now;
        }
    }
    print_message("coming and going: steepest step %.3f, the tone's own 0.008\n", (double)jump);
    assert_true(jump < 0.03f);
    room_close(&room);
}

/* Stereo talkers and mono ones in one mix: what is on one side is heard at half, what is on both as
 * it is (libopus' own way to mono). */
static void test_stereo_talkers(void **state)
{
    struct room room;
    int error = 0;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    OpusEncoder *stereo = opus_encoder_create(TONE_RATE, 2, OPUS_APPLICATION_AUDIO, &error);
    opus_encoder_ctl(stereo, OPUS_SET_BITRATE(96000));
    for (int t = 0; t < 100; t++) {
        float pcm[2 * TONE_FRAME];
        uint8_t packet[TONE_MAX_PAYLOAD];
        for (int i = 0; i < TONE_FRAME; i++) {
            int at = t * TONE_FRAME + i;
            double both = 0.2 * sin(2 * M_PI * 910 * at / TONE_RATE);
            pcm[2 * i] = (float)(both + 0.2 * sin(2 * M_PI * 1530 * at / TONE_RATE));
            pcm[2 * i + 1] = (float)both;
        }
        int len = opus_encode_float(stereo, pcm, TONE_FRAME, packet, sizeof(packet));
        hop_mixer_push(room.mixer, 500, HOP_SOURCE_MICROPHONE, (uint64_t)t + 10,
                       (uint32_t)t * TONE_FRAME, packet, (size_t)len, 14, room.now_us);
        step(&room);
    }
    assert_int_equal(room.tick.n_talkers, 2);
    assert_true(fabs(tone_db(tone_ear_amplitude(&room.ear[0], 24000, 910)) - tone_db(0.2)) < 2);
    assert_true(fabs(tone_db(tone_ear_amplitude(&room.ear[0], 24000, 1530)) - tone_db(0.1)) < 2);
    assert_true(heard_db(&room.listener, 0) > -13);
    opus_encoder_destroy(stereo);
    room_close(&room);
}

/* The sender's DTX: no packets in his pauses but one now and then; the sequence goes on, the time
 * jumps. Nothing is invented, and the next word is there. */
static void test_gaps_of_dtx(void **state)
{
    struct room room;
    struct hop_mixer_stats before, after;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    steps(&room, 50);
    hop_mixer_stats(room.mixer, &before);
    for (int round = 0; round < 10; round++) {
        room.present[0] = false;
        for (int i = 0; i < 10 + round; i++) { /* 200 to 400 ms without a packet */
            step(&room);
            room.source[0].timestamp += TONE_FRAME;
        }
        room.present[0] = true;
        steps(&room, 25);
        assert_true(tone_db(tone_ear_amplitude(&room.listener, 9600, tones[0])) > -13);
    }
    hop_mixer_stats(room.mixer, &after);
    print_message("10 gaps: %u invented, %u late\n",
                  after.jitter.concealed - before.jitter.concealed,
                  after.jitter.late - before.jitter.late);
    assert_int_equal(after.jitter.late, before.jitter.late);
    assert_int_equal(after.jitter.resyncs, before.jitter.resyncs);
    assert_true(after.jitter.concealed - before.jitter.concealed <= 30); /* 60 ms each, faded */
    room_close(&room);
}

static void test_levels_are_those_heard(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.1, 960); /* a sine of 0.1 is -23 dBov */
    room.claim = 5;
    steps(&room, 50);
    assert_int_equal(room.tick.n_talkers, 2);
    for (int i = 0; i < 2; i++)
        assert_in_range(room.tick.talkers[i].level, 22, 24);
    room_close(&room);
}

/* ---- silence ----------------------------------------------------------------------------------
 */

static void test_silence_ends_the_work_after_a_hang_over(void **state)
{
    struct room room;
    int after = 0;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    steps(&room, 50);
    assert_int_equal(room.marks, 1);
    room.speaks[0] = room.speaks[1] = false;
    while (hop_mixer_active(room.mixer) && after < 200) {
        step(&room);
        after++;
    }
    print_message("inactive %d ms after the last word\n", after * 20);
    assert_in_range(after, 20, 40);
    uint32_t timestamp = room.tick.timestamp;
    int64_t at_us = room.now_us;
    int ticks = room.ticks;
    steps(&room, 500);
    assert_int_equal(room.ticks, ticks);

    room.speaks[0] = true;
    for (int i = 0; i < 10 && !room.sent; i++)
        step(&room);
    assert_true(room.sent);
    assert_true(room.tick.marker);
    assert_int_equal(room.tick.timestamp - timestamp,
                     (uint32_t)((room.now_us - at_us) / 20000) * 960);
    steps(&room, 30);
    assert_true(heard_db(&room.ear[1], 0) > -13);
    room_close(&room);
}

static void test_a_sender_who_vanishes_is_faded(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    steps(&room, 50);
    room.present[0] = false;
    steps(&room, 60);
    assert_false(hop_mixer_active(room.mixer));
    assert_true(tone_db(tone_ear_amplitude(&room.listener, 4800, tones[0])) < -70);
    room_close(&room);
}

static void test_sweep_frees_what_is_not_used(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    steps(&room, 50);
    assert_true(hop_mixer_sweep(room.mixer, room.now_us - 1000000));
    room.speaks[0] = room.speaks[1] = false;
    steps(&room, 100);
    assert_false(hop_mixer_sweep(room.mixer, room.now_us));
    room.speaks[0] = true;
    steps(&room, 50);
    assert_true(heard_db(&room.ear[1], 0) > -13);
    room_close(&room);
}

/* ---- lies -------------------------------------------------------------------------------------
 */

static void test_claiming_loud_while_silent_gains_nothing(void **state)
{
    struct room room;
    int active = 0;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    room.speaks[0] = false;
    room.claim = 0;
    for (int i = 0; i < 3000; i++) {
        step(&room);
        active += room.ticked;
        for (int t = 0; room.ticked && t < room.tick.n_talkers; t++)
            assert_in_range(room.tick.talkers[t].level, 80, 127);
        assert_false(room.sent);
    }
    print_message("decoded in %d of 3000 ticks\n", active);
    assert_true(active < 300);
    room_close(&room);
}

/* He is not heard at first, and found out by the probes; then only what is decoded counts. */
static void test_claiming_silence_while_talking_is_found_out(void **state)
{
    struct room room;
    int before = 0;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    room.present[1] = false;
    room.claim = 127;
    while (!room.ticked && before < 500) {
        step(&room);
        before++;
    }
    print_message("heard after %d ms of false claims\n", before * 20);
    assert_in_range(before, 50, 250);
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    room.speaks[0] = false;
    steps(&room, 60);
    assert_false(room.ticked);
    room.speaks[0] = true;
    steps(&room, 35);
    assert_true(heard_db(&room.listener, 0) > -14);
    room_close(&room);
}

static void test_claiming_silence_truly_costs_next_to_nothing(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    room.speaks[0] = false;
    room.claim = 70;
    steps(&room, 3000);
    assert_int_equal(room.ticks, 0);
    room_close(&room);
}

static void test_without_levels_the_ear_decides(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    room.claim = 0xff;
    room.speaks[1] = false;
    steps(&room, 100);
    assert_true(heard_db(&room.ear[1], 0) > -13);
    for (int t = 0; t < room.tick.n_talkers; t++)
        if (room.tick.talkers[t].peer == room.peer[1])
            assert_in_range(room.tick.talkers[t].level, 80, 127);
    room.speaks[0] = false;
    steps(&room, 60);
    assert_false(room.sent);
    room.speaks[1] = true;
    steps(&room, 60);
    assert_true(heard_db(&room.ear[0], 1) > -13);
    room_close(&room);
}

/* ---- lines ------------------------------------------------------------------------------------
 */

/* The loudness of the last 20 ms heard: what is invented for a lost packet has another phase than
 * the tone, so only its energy counts. */
static double energy_db(const struct tone_ear *ear)
{
    double sum = 0;
    for (int i = ear->n - TONE_FRAME; i < ear->n; i++)
        sum += (double)ear->pcm[i] * (double)ear->pcm[i];
    return 10 * log10(sum / TONE_FRAME + 1e-12);
}

static void test_lost_packets_are_bridged(void **state)
{
    struct room room;
    double quietest = 0, tone = tone_db(0.3) - 3;
    int gap = 0, longest = 0;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    room.source[0].hz = 1530; /* libopus conceals a low sine badly, which is no voice either */
    steps(&room, 20);
    room.loss_percent = 5;
    for (int i = 0; i < 1000; i++) {
        step(&room);
        double db = energy_db(&room.listener);
        quietest = fmin(quietest, db);
        gap = db < tone - 10 ? gap + 20 : 0;
        longest = gap > longest ? gap : longest;
    }
    print_message("5 %% loss: quietest 20 ms %.1f dB of %.1f, longest gap %d ms\n", quietest, tone,
                  longest);
    assert_true(longest <= 40);
    struct hop_mixer_stats stats;
    hop_mixer_stats(room.mixer, &stats);
    assert_true(stats.jitter.fec > 30);
    room_close(&room);
}

static void test_jumps_are_followed(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 1, 0.3, 960);
    steps(&room, 50);
    room.source[0].timestamp += 0x50000000u; /* timestamp */
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    room.source[0].seq += 5000; /* sequence number, forwards and back */
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    room.source[0].seq -= 60000;
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    room.source[0].timestamp -= 30000; /* too little to be a new stream, too much to be jitter */
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    room_close(&room);
}

static void test_a_new_stream_of_the_same_peer(void **state)
{
    struct room room;
    (void)state;

    room_open(&room, 2, 0.3, 960);
    steps(&room, 50);
    hop_mixer_stream_reset(room.mixer, room.peer[0], HOP_SOURCE_MICROPHONE);
    room.source[0].seq = 1;
    room.source[0].timestamp = 99;
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) > -13);
    assert_true(heard_db(&room.ear[0], 0) < -70);
    hop_mixer_peer_remove(room.mixer, room.peer[0]);
    room.present[0] = false;
    steps(&room, 50);
    assert_true(heard_db(&room.listener, 0) < -70);
    assert_true(heard_db(&room.listener, 1) > -13);
    room_close(&room);
}

static void test_garbage_is_harmless(void **state)
{
    struct room room;
    uint8_t junk[TONE_MAX_PAYLOAD];
    (void)state;

    room_open(&room, 2, 0.2, 960);
    for (int i = 0; i < 300; i++) {
        step(&room);
        for (size_t k = 0; k < sizeof(junk); k++) {
            room.random = room.random * 1103515245u + 12345u;
            junk[k] = (uint8_t)(room.random >> 16);
        }
        hop_mixer_push(room.mixer, 100, HOP_SOURCE_MICROPHONE, (uint64_t)i, (uint32_t)i * 960, junk,
                       1 + room.random % sizeof(junk), (uint8_t)(room.random >> 20), room.now_us);
        hop_mixer_push(room.mixer, 101, HOP_SOURCE_MICROPHONE, room.random, room.random * 77u, junk,
                       1 + room.random % 100, 0, room.now_us);
    }
    assert_int_equal(hop_mixer_push(room.mixer, 5, HOP_SOURCE_CAMERA, 1, 1, junk, 10, 0, 0),
                     HOP_MIX_MALFORMED);
    assert_int_equal(
        hop_mixer_push(room.mixer, HOP_MAX_PEERS, HOP_SOURCE_MICROPHONE, 1, 1, junk, 10, 0, 0),
        HOP_MIX_MALFORMED);
    assert_int_equal(hop_mixer_push(room.mixer, 5, HOP_SOURCE_MICROPHONE, 1, 1, junk, 0, 0, 0),
                     HOP_MIX_MALFORMED);
    hop_mixer_peer_remove(room.mixer, 100);
    hop_mixer_peer_remove(room.mixer, 101);
    steps(&room, 60);
    assert_true(heard_db(&room.ear[0], 1) > -17);
    assert_true(heard_db(&room.ear[0], 0) < -70);
    room_close(&room);
}

static void test_the_cap_lets_those_finish_who_talk(void **state)
{
    struct room room;
    struct hop_mixer_stats stats;
    (void)state;

    room_open(&room, 20, 0.05, 960);
    for (int i = 16; i < 20; i++)
        room.present[i] = false;
    steps(&room, 50);
    assert_int_equal(room.tick.n_talkers, 16);
    for (int i = 16; i < 20; i++)
        room.present[i] = true;
    steps(&room, 50);
    assert_int_equal(room.tick.n_talkers, 16);
    hop_mixer_stats(room.mixer, &stats);
    assert_true(stats.full > 100);
    for (int i = 0; i < 20; i++)
        assert_int_equal(heard_db(&room.listener, i) > -40, i < 16);
    for (int i = 0; i < 4; i++)
        room.speaks[i] = false;
    steps(&room, 80);
    for (int i = 4; i < 20; i++)
        assert_true(heard_db(&room.listener, i) > -40);
    room_close(&room);
}

/* ---- hand-over --------------------------------------------------------------------------------
 */

static void test_hand_over_is_not_heard(void **state)
{
    struct room room;
    double steady = -200, moved = -200;
    int own_before = -1, changes = 0;
    (void)state;

    /* 0 talks all the time; 1 listens, talks, listens: his ear moves from shared to own and back
     * and must hear tone 0 all along */
    room_open(&room, 2, 0.3, 960);
    room.speaks[1] = false;
    steps(&room, 50);
    for (int i = 0; i < 600; i++) {
        room.speaks[1] = i % 150 >= 100;
        step(&room);
        int own = hop_audio_own_of(&room.tick, room.peer[1], 0) != NULL;
        changes += own_before >= 0 && own != own_before;
        own_before = own;
        double db = tone_residual_db(room.ear[1].pcm + room.ear[1].n - TONE_FRAME, tones[0]);
        if (i < 90)
            steady = fmax(steady, db);
        else
            moved = fmax(moved, db);
    }
    print_message("%d hand-overs; residual: steady %.1f dB, with hand-overs %.1f dB\n", changes,
                  steady, moved);
    assert_true(changes >= 7);
    assert_true(moved < steady + 3);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everyone_hears_all_others_and_never_himself),
        cmocka_unit_test(test_two_talk_each_hears_only_the_other),
        cmocka_unit_test(test_alone_he_is_sent_nothing),
        cmocka_unit_test(test_screen_audio_is_not_in_the_mix_of_who_shares),
        cmocka_unit_test(test_late_joiner_is_heard_at_once),
        cmocka_unit_test(test_packets_of_10_to_60_ms),
        cmocka_unit_test(test_many_loud_talkers_do_not_clip),
        cmocka_unit_test(test_sixteen_at_full_scale_do_not_clip),
        cmocka_unit_test(test_coming_and_going_does_not_click),
        cmocka_unit_test(test_stereo_talkers),
        cmocka_unit_test(test_gaps_of_dtx),
        cmocka_unit_test(test_levels_are_those_heard),
        cmocka_unit_test(test_silence_ends_the_work_after_a_hang_over),
        cmocka_unit_test(test_a_sender_who_vanishes_is_faded),
        cmocka_unit_test(test_sweep_frees_what_is_not_used),
        cmocka_unit_test(test_claiming_loud_while_silent_gains_nothing),
        cmocka_unit_test(test_claiming_silence_while_talking_is_found_out),
        cmocka_unit_test(test_claiming_silence_truly_costs_next_to_nothing),
        cmocka_unit_test(test_without_levels_the_ear_decides),
        cmocka_unit_test(test_lost_packets_are_bridged),
        cmocka_unit_test(test_jumps_are_followed),
        cmocka_unit_test(test_a_new_stream_of_the_same_peer),
        cmocka_unit_test(test_garbage_is_harmless),
        cmocka_unit_test(test_the_cap_lets_those_finish_who_talk),
        cmocka_unit_test(test_hand_over_is_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
