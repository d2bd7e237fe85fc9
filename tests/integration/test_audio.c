/* How a meeting sounds, with the real hopd and native participants: halls, voices forwarded instead
 * of mixed and back, redundancy, what is shared, who is dominant. */
#include "tests/integration/meeting.h"

#include "media/base/hash.h"
#include "media/rtp/rtp.h"

#include <stdlib.h>
#include <string.h>

enum { VOICES = 3, KEPT = 4096 };

static const double tones[] = { 500, 1300, 2300, 3100 };

static struct hop_client_config listener(const char *name, double hz)
{
    struct hop_client_config c = meeting_talker(name, hz);
    c.voices = VOICES;
    return c;
}

static void set_policy(struct hop_client *chair, const char *policy)
{
    assert_ok(chair, "room", json_pack("{s:s}", "audio_policy", policy));
}

/* ---- what was sent and what came --------------------------------------------------------------
 */

/* Hashes of the payloads that came on one participant's voice slots. */
struct tap {
    struct hop_client *client;
    uint64_t hashes[KEPT];
    size_t n;
};

/* Hashes of the payloads that one participant sent. */
struct told {
    uint64_t hashes[KEPT];
    size_t n;
    uint32_t random;
};

static void on_rtp(void *ctx, const uint8_t *packet, size_t len)
{
    struct tap *tap = ctx;
    struct hop_rtp_view v;
    if (!tap->client || hop_rtp_parse(packet, len, &v) != 0)
        return;
    for (unsigned s = 0; s < VOICES; s++)
        if (hop_client_voice_slot(tap->client, s)->ssrc == v.ssrc && tap->n < KEPT)
            tap->hashes[tap->n++] = hop_siphash(packet + v.payload_offset, v.payload_len, 0, 0);
}

/* Packets that no encoder made: whatever is decoded and encoded again is not the same. */
static size_t noise(void *ctx, uint64_t n, uint8_t *out, size_t cap, uint8_t *level)
{
    struct told *told = ctx;
    size_t len = 60 + n % 20;
    (void)cap;
    out[0] = 0xf8; /* CELT, fullband, 20 ms, mono, one frame */
    for (size_t i = 1; i < len; i++) {
        told->random = told->random * 1664525u + 1013904223u;
        out[i] = (uint8_t)(told->random >> 24);
    }
    *level = 20;
    if (told->n < KEPT)
        told->hashes[told->n++] = hop_siphash(out, len, 0, 0);
    return len;
}

static bool contains(const uint64_t *hashes, size_t n, uint64_t hash)
{
    for (size_t i = 0; i < n; i++)
        if (hashes[i] == hash)
            return true;
    return false;
}

/* ---- policy -----------------------------------------------------------------------------------
 */

static void join_three(struct meeting *m, struct hop_client *c[3])
{
    static const char *const names[] = { "An", "Bình", "Chi" };
    for (int i = 0; i < 3; i++)
        c[i] = meeting_join_media(m, listener(names[i], tones[i]));
}

static double mix_cpu_s(struct meeting *m)
{
    return rest_metric(&m->hopd, m->loop, "hop_mix_cpu_seconds_total", NULL);
}

static uint64_t mixed(struct hop_client *const *c)
{
    return hop_client_mix(c[0])->packets + hop_client_mix(c[1])->packets +
           hop_client_mix(c[2])->packets;
}

/* In `forward` each hears the others on his voice slots, the mix has nothing to do; and back. */
static void forward_and_back(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    join_three(m, c);
    assert_all_hear(m, c, tones, 3);
    assert_int_equal(hop_client_voice_slot(c[0], 0)->packets, 0);
    set_policy(c[0], "forward");
    for (int i = 0; i < 3; i++)
        assert_true(hop_client_wait_events(c[i], "voices", 1, PATIENCE_MS));
    meeting_run(m, 2500); /* what the mix held is over, and the figures of it are out */
    uint64_t before = mixed(c);
    double cpu_s = mix_cpu_s(m);
    assert_all_hear(m, c, tones, 3);
    meeting_run(m, 2000);
    assert_int_equal(mixed(c), before);
    /* one decode of 20 ms takes 20 us at the least: 300 packets would show */
    assert_true(mix_cpu_s(m) - cpu_s < 0.002);
    for (int i = 0; i < 3; i++) {
        unsigned used = 0;
        for (unsigned s = 0; s < VOICES; s++) {
            const struct hop_client_stream *v = hop_client_voice_slot(c[i], s);
            used += v->packets > 0;
            assert_int_equal(v->wrong_pt + v->jumps + v->timestamp_breaks + v->broken, 0);
            assert_int_equal(v->lost, 0);
        }
        assert_int_equal(used, 2);
        json_t *voices = json_object_get(hop_client_last(c[i], "voices"), "voices");
        assert_int_equal(json_array_size(voices), 2);
        for (size_t k = 0; k < 2; k++)
            assert_string_not_equal(
                json_string_value(json_object_get(json_array_get(voices, k), "participant")),
                hop_client_id(c[i]));
    }
    set_policy(c[0], "mix");
    meeting_run(m, 1000);
    uint64_t forwarded = hop_client_voice_slot(c[0], 0)->packets +
                         hop_client_voice_slot(c[0], 1)->packets +
                         hop_client_voice_slot(c[0], 2)->packets;
    assert_all_hear(m, c, tones, 3);
    assert_int_equal(hop_client_voice_slot(c[0], 0)->packets +
                         hop_client_voice_slot(c[0], 1)->packets +
                         hop_client_voice_slot(c[0], 2)->packets,
                     forwarded);
    assert_int_equal(json_array_size(json_object_get(hop_client_last(c[0], "voices"), "voices")),
                     0);
    assert_streams_whole(c[1], 0);
}

/* Packets in which somebody is heard, on the mix and on the voice slots. */
struct sounds {
    struct hop_client *client;
    uint64_t mixed, forwarded;
};

static void count_sounds(void *ctx, const uint8_t *packet, size_t len)
{
    struct sounds *s = ctx;
    struct hop_rtp_view v;
    if (!s->client || hop_rtp_parse(packet, len, &v) != 0)
        return;
    s->mixed += v.ssrc == hop_client_mix(s->client)->ssrc && v.csrc_count > 0;
    for (unsigned i = 0; i < VOICES; i++)
        s->forwarded += v.ssrc == hop_client_voice_slot(s->client, i)->ssrc;
}

static uint64_t sent(struct hop_client *c)
{
    return hop_client_sender_stats(hop_client_sender_of(c), HOP_SOURCE_MICROPHONE)->packets;
}

/* Back and forth while one talks: as many frames come as he says. (tests/sim/test_policy.c looks at
 * each of them.) */
static void nothing_is_lost_by_a_switch(void **state)
{
    struct meeting *m = *state;
    struct sounds s = { 0 };
    struct hop_client_config config = listener("An", 0);
    config.rtp_tap = count_sounds;
    config.rtp_tap_ctx = &s;
    struct hop_client *c[2] = { meeting_join_media(m, config),
                                meeting_join_media(m, listener("Bình", tones[1])) };
    assert_hears(c[0], tones[1]);
    s.client = c[0];
    uint64_t before = sent(c[1]);
    for (int i = 0; i < 6; i++) {
        set_policy(c[0], i % 2 == 0 ? "forward" : "mix");
        meeting_run(m, 1500);
    }
    uint64_t said = sent(c[1]) - before;
    print_message("said %llu, mixed %llu, forwarded %llu\n", (unsigned long long)said,
                  (unsigned long long)s.mixed, (unsigned long long)s.forwarded);
    assert_true(s.forwarded > said / 3 && s.mixed > said / 3);
    assert_true(s.forwarded + s.mixed + 12 > said);
    s.client = NULL;
}

static void payloads_are_passed_on_as_they_are(void **state)
{
    struct meeting *m = *state;
    struct tap tap = { 0 };
    struct told *told = calloc(1, sizeof(*told));
    assert_non_null(told);
    struct hop_client_config config = listener("An", 0);
    config.rtp_tap = on_rtp;
    config.rtp_tap_ctx = &tap;
    struct hop_client *a = meeting_join_media(m, config);
    tap.client = a;
    set_policy(a, "forward");
    struct hop_client *b = meeting_join_media(m, listener("Bình", 0));
    hop_client_sender_set_voice(hop_client_sender_of(b), HOP_SOURCE_MICROPHONE, noise, told);
    meeting_run(m, 3000);
    assert_true(tap.n > 100);
    /* the silence before his first packet is passed on with it, three packets of it */
    for (size_t i = 3; i < tap.n; i++)
        assert_true(contains(told->hashes, told->n, tap.hashes[i]));
    hop_client_sender_set_voice(hop_client_sender_of(b), HOP_SOURCE_MICROPHONE, NULL, NULL);
    tap.client = NULL;
    free(told);
}

/* Of a line up that loses packets nothing is missed behind it: the copies fill the gaps. */
static void redundancy_fills_gaps(void **state)
{
    struct meeting *m = *state;
    struct hop_client *a = meeting_join_media(m, listener("An", 0));
    set_policy(a, "forward");
    struct hop_client_config config = listener("Bình", tones[1]);
    config.red = true;
    config.transport.tx_loss_permille = 50;
    struct hop_client *b = meeting_join_media(m, config);
    assert_hears(a, tones[1]);
    meeting_run(m, 6000);
    const struct hop_client_stream *v = hop_client_voice_slot(a, 0);
    const struct hop_client_sent *sent =
        hop_client_sender_stats(hop_client_sender_of(b), HOP_SOURCE_MICROPHONE);
    print_message("sent %llu, came %llu, lost %lld, late %u\n", (unsigned long long)sent->packets,
                  (unsigned long long)v->packets, (long long)v->lost, v->late);
    assert_true(v->packets > 200);
    /* what is missing now is two in a row (1 in 400), and what the sender has not sent yet */
    assert_true(v->lost * 100 <= (int64_t)v->packets * 2);
    assert_int_equal(v->wrong_pt + v->broken + v->duplicates, 0);
    /* and the mix reads it, too */
    set_policy(a, "mix");
    meeting_run(m, 500);
    assert_hears(a, tones[1]);
}

/* ---- halls and sharing ------------------------------------------------------------------------
 */

static void join_hall(struct hop_client *c, const char *hall)
{
    assert_ok(c, "hall", json_pack("{s:s}", "hall", hall));
}

static void one_hall_in(struct meeting *m, const char *policy)
{
    struct hop_client *c[4];
    static const char *const names[] = { "An", "Bình", "Chi", "Dung" };
    for (int i = 0; i < 4; i++)
        c[i] = meeting_join_media(m, listener(names[i], tones[i]));
    set_policy(c[0], policy);
    join_hall(c[1], "Hội trường A");
    join_hall(c[2], "hội trường a");
    /* c[1] and c[2] hear all but each other; the others hear everybody */
    for (int i = 0; i < 2; i++) {
        assert_hears(c[1], tones[i == 0 ? 0 : 3]);
        assert_hears(c[2], tones[i == 0 ? 0 : 3]);
    }
    assert_falls_silent(m, c[1], tones[2]);
    assert_falls_silent(m, c[2], tones[1]);
    meeting_run(m, 1000);
    assert_does_not_hear(c[1], tones[2]);
    assert_does_not_hear(c[1], tones[1]);
    assert_does_not_hear(c[2], tones[1]);
    for (int k = 0; k < 3; k++) {
        static const int others[2][3] = { { 1, 2, 3 }, { 0, 1, 2 } };
        assert_hears(c[0], tones[others[0][k]]);
        assert_hears(c[3], tones[others[1][k]]);
    }
    if (strcmp(policy, "mix") == 0) {
        const struct hop_client_stream *mix = hop_client_mix(c[1]);
        assert_int_equal(mix->n_csrc, 2); /* nor is he named */
    }
    assert_ok(c[0], "hall", json_pack("{s:n,s:s}", "hall", "participant", hop_client_id(c[2])));
    assert_hears(c[1], tones[2]);
    assert_hears(c[2], tones[1]);
}

static void one_hall_does_not_hear_itself(void **state)
{
    one_hall_in(*state, "mix");
}

static void nor_does_it_in_forward(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    static const char *const names[] = { "An", "Bình", "Chi" };
    for (int i = 0; i < 3; i++)
        c[i] = meeting_join_media(m, listener(names[i], tones[i]));
    set_policy(c[0], "forward");
    join_hall(c[1], "Hội trường A");
    join_hall(c[2], "hội trường a");
    assert_hears(c[0], tones[1]);
    assert_hears(c[0], tones[2]);
    assert_hears(c[1], tones[0]);
    assert_falls_silent(m, c[1], tones[2]);
    assert_falls_silent(m, c[2], tones[1]);
}

/* A line that loses packets gets the variant with in-band redundancy, and keeps its numbers. */
static void a_lossy_line_goes_on(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config config = listener("Chi", 0);
    config.transport.rx_loss_permille = 100;
    struct hop_client *c[3] = { meeting_join_media(m, listener("An", 0)),
                                meeting_join_media(m, listener("Bình", tones[1])),
                                meeting_join_media(m, config) };
    meeting_run(m, 8000);
    assert_hears(c[2], tones[1]);
    const struct hop_client_stream *mix = hop_client_mix(c[2]);
    assert_int_equal(mix->timestamp_breaks + mix->jumps + mix->wrong_pt + mix->broken, 0);
    assert_streams_whole(c[0], 0);
}

static void what_is_shared_is_heard(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config config = listener("An", tones[0]);
    config.screen = config.screen_audio = true;
    config.screen_tone_hz = tones[3];
    struct hop_client *c[2] = { meeting_join_media(m, config),
                                meeting_join_media(m, listener("Bình", tones[1])) };
    for (int i = 0; i < 2; i++) {
        assert_hears(c[1], tones[3]);
        assert_hears(c[1], tones[0]);
        assert_hears(c[0], tones[1]);
        assert_falls_silent(m, c[0], tones[3]);
        assert_falls_silent(m, c[0], tones[0]);
        if (i == 0) {
            assert_int_equal(hop_client_mix(c[1])->n_csrc, 1); /* one person */
            set_policy(c[0], "forward");
            meeting_run(m, 1000);
        }
    }
}

static bool second_leads(void *ctx)
{
    struct hop_client *const *c = ctx;
    const char *who =
        json_string_value(json_object_get(hop_client_last(c[0], "speaking"), "dominant"));
    return who && strcmp(who, hop_client_id(c[1])) == 0;
}

static bool third_leads(void *ctx)
{
    struct hop_client *const *c = ctx;
    const char *who =
        json_string_value(json_object_get(hop_client_last(c[0], "speaking"), "dominant"));
    return who && strcmp(who, hop_client_id(c[2])) == 0;
}

static void tone(struct hop_client *c, double hz)
{
    hop_client_sender_set_tone(hop_client_sender_of(c), HOP_SOURCE_MICROPHONE, hz);
}

static void whose_turn_it_is(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3] = { meeting_join_media(m, listener("An", 0)),
                                meeting_join_media(m, listener("Bình", tones[1])),
                                meeting_join_media(m, listener("Chi", 0)) };
    for (int i = 0; i < 2; i++) {
        assert_true(meeting_until(m, second_leads, c, PATIENCE_MS));
        tone(c[1], 0);
        meeting_run(m, 1500);
        assert_true(second_leads(c)); /* a pause is none */
        tone(c[2], tones[2]);
        assert_true(meeting_until(m, third_leads, c, PATIENCE_MS));
        tone(c[2], 0);
        tone(c[1], tones[1]);
        if (i == 0)
            set_policy(c[0], "forward");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(forward_and_back),
        meeting_test(nothing_is_lost_by_a_switch),
        meeting_test(payloads_are_passed_on_as_they_are),
        meeting_test(redundancy_fills_gaps),
        meeting_test(one_hall_does_not_hear_itself),
        meeting_test(nor_does_it_in_forward),
        meeting_test(a_lossy_line_goes_on),
        meeting_test(what_is_shared_is_heard),
        meeting_test(whose_turn_it_is),
    };
    return cmocka_run_group_tests_name("audio", tests, meeting_begin, meeting_end);
}
