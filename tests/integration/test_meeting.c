/* The real hopd and native participants: everyone hears and sees all the others, over UDP, TCP and
 * IPv6, while people come, go, mute and share. */
#include "tests/integration/meeting.h"

#include "media/srtp/srtp.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS = 3 };

/* Far apart, and whole numbers of periods in the half second that is measured. */
static const double tones[] = { 500, 1300, 2300 };

/* They see each other. */
static void look(struct hop_client *const *clients, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *ids[8];
        size_t k = 0;
        for (size_t j = 0; j < n; j++) {
            if (j != i)
                ids[k++] = hop_client_id(clients[j]);
        }
        hop_client_view(clients[i], ids, k, "camera", 360);
    }
}

static void assert_all_see(struct hop_client *const *clients, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (j != i)
                assert_sees(clients[i], clients[j], (uint32_t)j + 1, "camera");
        }
    }
}

static void join_three(struct meeting *m, struct hop_client *c[3])
{
    c[0] = meeting_join_media(m, meeting_viewer("An", tones[0], 1, SLOTS));
    c[1] = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    c[2] = meeting_join_media(m, meeting_viewer("Chi", tones[2], 3, SLOTS));
    look(c, 3);
}

/* ---- three -------------------------------------------------------------------------------------
 */

static void three_hear_and_see_each_other(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    join_three(m, c);
    assert_all_hear(m, c, tones, 3);
    assert_all_see(c, 3);
    struct meeting_mark marks[3];
    for (int i = 0; i < 3; i++)
        marks[i] = meeting_mark(c[i]);
    meeting_run(m, 2000);
    for (int i = 0; i < 3; i++) {
        assert_uninterrupted(c[i], marks[i]);
        assert_streams_whole(c[i], SLOTS);
        assert_true(hop_client_slot(c[i], 0)->video.frames > 20);
    }
}

static void the_mix_names_who_is_heard(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    join_three(m, c);
    assert_all_hear(m, c, tones, 3);
    const struct hop_client_stream *mix = hop_client_mix(c[0]);
    assert_int_equal(mix->n_csrc, 2);
    for (int i = 1; i < 3; i++) {
        json_t *p = hop_client_participant(c[0], hop_client_id(c[i]));
        uint32_t csrc = (uint32_t)json_integer_value(json_object_get(p, "csrc"));
        assert_true(csrc != 0);
        assert_true(mix->csrc[0] == csrc || mix->csrc[1] == csrc);
    }
    assert_true(hop_client_wait_events(c[0], "speaking", 1, PATIENCE_MS));
}

static void srtp_is_aes_gcm(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join_media(m, meeting_talker("An", 500));
    assert_int_equal(hop_client_transport_profile(hop_client_transport_of(c)),
                     HOP_SRTP_AEAD_AES_128_GCM);
    assert_true(hop_client_wait_events(c, "media.path", 1, PATIENCE_MS));
    json_t *path = hop_client_last(c, "media.path");
    assert_string_equal(json_string_value(json_object_get(path, "srtp")), "AEAD_AES_128_GCM");
    assert_string_equal(json_string_value(json_object_get(path, "path")), "udp");
}

static void who_has_only_sha1_is_heard_too(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config old = meeting_talker("An", tones[0]);
    old.transport.srtp_profiles = "SRTP_AES128_CM_SHA1_80";
    struct hop_client *c[2] = { meeting_join_media(m, old),
                                meeting_join_media(m, meeting_talker("Bình", tones[1])) };
    assert_int_equal(hop_client_transport_profile(hop_client_transport_of(c[0])),
                     HOP_SRTP_AES128_CM_SHA1_80);
    assert_all_hear(m, c, tones, 2);
}

static void h264_is_forwarded(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config h264 = meeting_viewer("Bình", tones[1], 2, SLOTS);
    h264.codec = HOP_CODEC_H264;
    h264.only_codec = true;
    struct hop_client_config both = meeting_viewer("An", tones[0], 1, SLOTS);
    struct hop_client *c[2] = { meeting_join_media(m, both), meeting_join_media(m, h264) };
    const char *ids[] = { hop_client_id(c[1]) };
    hop_client_view(c[0], ids, 1, "camera", 360);
    assert_sees(c[0], c[1], 2, "camera");
    meeting_run(m, 1000);
    assert_streams_whole(c[0], SLOTS);
    assert_all_hear(m, c, tones, 2);
}

/* ---- ways in -----------------------------------------------------------------------------------
 */

static void meets_over(struct meeting *m, struct hop_client_transport_config transport,
                       const char *url, const char *path)
{
    struct hop_client_config other = meeting_viewer("Bình", tones[1], 2, SLOTS);
    other.transport = transport;
    other.url = url;
    struct hop_client *c[2] = {
        meeting_join_media(m, meeting_viewer("An", tones[0], 1, SLOTS)),
        meeting_join_media(m, other),
    };
    look(c, 2);
    assert_all_hear(m, c, tones, 2);
    assert_all_see(c, 2);
    assert_true(hop_client_wait_events(c[1], "media.path", 1, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c[1], "media.path"), "path")), path);
    meeting_run(m, 1000);
    assert_streams_whole(c[0], SLOTS);
    assert_streams_whole(c[1], SLOTS);
}

static void over_ice_tcp(void **state)
{
    meets_over(*state, (struct hop_client_transport_config){ .tcp = true }, NULL, "tcp");
}

static void over_ipv6(void **state)
{
    struct hop_client_transport_config transport = { 0 };
    assert_int_equal(hop_addr_parse("::1", 0, &transport.local), 0);
    meets_over(*state, transport, NULL, "udp");
}

static void over_tls_with_aggressive_nomination(void **state)
{
    struct meeting *m = *state;
    char url[64];
    snprintf(url, sizeof(url), "wss://127.0.0.1:%d", m->hopd.https);
    meets_over(m, (struct hop_client_transport_config){ .aggressive = true }, url, "udp");
}

static void lost_packets_are_repaired(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config lossy = meeting_viewer("Bình", tones[1], 2, SLOTS);
    lossy.video_bps = 800000;
    struct hop_client *c[2] = {
        meeting_join_media(m, meeting_viewer("An", tones[0], 1, SLOTS)),
        meeting_join_media(m, lossy),
    };
    look(c, 2);
    assert_all_see(c, 2);
    hop_client_transport_set_loss(hop_client_transport_of(c[1]), 50, 50);
    meeting_run(m, 4000);
    hop_client_transport_set_loss(hop_client_transport_of(c[1]), 0, 0);
    const struct hop_client_sent *sent =
        hop_client_sender_stats(hop_client_sender_of(c[1]), HOP_SOURCE_CAMERA);
    assert_true(sent->nacked > 0);
    assert_true(hop_client_slot(c[1], 0)->repaired > 0);
    assert_all_see(c, 2);
    assert_hears(c[0], tones[1]);
}

/* ---- coming and going --------------------------------------------------------------------------
 */

struct two {
    struct hop_client *c;
    const char *id;
};

static bool is_not_listed(void *ctx)
{
    const struct two *t = ctx;
    return !hop_client_participant(t->c, t->id);
}

static void who_leaves_and_comes_back_is_seen_again(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    char id[32];
    join_three(m, c);
    assert_all_see(c, 3);
    snprintf(id, sizeof(id), "%s", hop_client_id(c[1]));
    hop_client_leave(c[1]);
    assert_true(hop_client_wait_closed(c[1], PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c[1]), 1000);
    struct two gone = { .c = c[0], .id = id };
    assert_true(meeting_until(m, is_not_listed, &gone, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c[0], "participant.left"), "reason")),
        "left");
    assert_falls_silent(m, c[0], tones[1]);
    assert_hears(c[0], tones[2]);
    assert_sees(c[0], c[2], 3, "camera");
    meeting_drop(m, c[1]);
    c[1] = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    look(c, 3);
    assert_all_hear(m, c, tones, 3);
    assert_all_see(c, 3);
}

static void a_late_joiner_gets_chat_and_a_key_frame(void **state)
{
    struct meeting *m = *state;
    struct hop_client *early = meeting_join_media(m, meeting_viewer("An", tones[0], 1, SLOTS));
    assert_ok(early, "chat", json_pack("{s:s}", "text", "Kính chào các đồng chí"));
    assert_ok(early, "chat", json_pack("{s:s}", "text", "Họp lúc 8 giờ"));
    struct hop_client *late = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    json_t *chat = json_object_get(hop_client_snapshot(late), "chat");
    assert_int_equal(json_array_size(chat), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(chat, 0), "text")),
                        "Kính chào các đồng chí");
    assert_string_equal(json_string_value(json_object_get(json_array_get(chat, 1), "name")), "An");
    const char *ids[] = { hop_client_id(early) };
    hop_client_view(late, ids, 1, "camera", 360);
    assert_sees(late, early, 1, "camera");
    assert_true(hop_client_slot(late, 0)->video.key_frames >= 1);
    assert_int_equal(hop_client_slot(late, 0)->video.undecodable, 0);
    assert_hears(late, tones[0]);
}

/* ---- the chair ---------------------------------------------------------------------------------
 */

static json_t *mute(const struct hop_client *whom, const char *source, bool muted)
{
    return json_pack("{s:s, s:s, s:b}", "participant", hop_client_id(whom), "source", source,
                     "muted", muted);
}

static void the_chair_silences_who_goes_on_sending(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", tones[0])),
                                meeting_join_media(m, meeting_talker("Bình", tones[1])) };
    assert_all_hear(m, c, tones, 2);
    assert_refused(c[1], "mute", mute(c[0], "microphone", true), "permission.denied");
    double before = rest_dropped(&m->hopd, m->loop, "muted");
    uint64_t sent =
        hop_client_sender_stats(hop_client_sender_of(c[1]), HOP_SOURCE_MICROPHONE)->packets;
    assert_ok(c[0], "mute", mute(c[1], "microphone", true));
    assert_true(hop_client_wait_events(c[1], "muted", 1, PATIENCE_MS));
    assert_falls_silent(m, c[0], tones[1]);
    assert_true(rest_wait_at_least(&m->hopd, m->loop, "hop_worker_dropped_packets_total",
                                   "reason=\"muted\"", before + 50, PATIENCE_MS));
    assert_does_not_hear(c[0], tones[1]);
    assert_true(
        hop_client_sender_stats(hop_client_sender_of(c[1]), HOP_SOURCE_MICROPHONE)->packets >
        sent + 50);
    assert_refused(c[1], "media", json_pack("{s:b}", "microphone", 1), "media.muted");
    assert_ok(c[0], "mute", mute(c[1], "microphone", false));
    assert_all_hear(m, c, tones, 2);
}

struct counted {
    struct hop_client *c;
    unsigned slot;
    uint32_t frames;
};

static bool frames_stand_still(void *ctx)
{
    struct counted *k = ctx;
    return hop_client_sees(k->c, k->slot, HOP_SOURCE_CAMERA) < 0;
}

static void the_chair_darkens_a_camera(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2] = {
        meeting_join_media(m, meeting_viewer("An", tones[0], 1, SLOTS)),
        meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS)),
    };
    look(c, 2);
    assert_all_see(c, 2);
    assert_ok(c[0], "mute", mute(c[1], "camera", true));
    struct counted k = { .c = c[0], .slot = 2 };
    assert_true(meeting_until(m, frames_stand_still, &k, PATIENCE_MS));
    assert_hears(c[0], tones[1]);
    assert_ok(c[0], "mute", mute(c[1], "camera", false));
    assert_sees(c[0], c[1], 2, "camera");
}

static void who_is_removed_is_out(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", tones[0])),
                                meeting_join_media(m, meeting_talker("Bình", tones[1])) };
    assert_all_hear(m, c, tones, 2);
    assert_ok(c[0], "remove", json_pack("{s:s}", "participant", hop_client_id(c[1])));
    assert_true(hop_client_wait_closed(c[1], PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c[1]), 4002);
    assert_falls_silent(m, c[0], tones[1]);
}

static void the_end_sends_all_home(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2] = { meeting_join_media(m, meeting_talker("An", tones[0])),
                                meeting_join_media(m, meeting_talker("Bình", tones[1])) };
    assert_refused(c[1], "end", NULL, "permission.denied");
    hop_client_request(c[0], "end", NULL);
    for (int i = 0; i < 2; i++) {
        assert_true(hop_client_wait_closed(c[i], PATIENCE_MS));
        assert_int_equal(hop_client_close_code(c[i]), 4003);
        assert_int_equal(hop_client_count(c[i], "room.ended"), 1);
    }
    struct hop_client *late = meeting_enter(m, meeting_talker("Chi", 0));
    assert_false(hop_client_wait_joined(late, PATIENCE_MS));
    assert_string_equal(hop_client_error(late), "room.ended");
}

/* ---- what is shown -----------------------------------------------------------------------------
 */

static void the_view_says_who_is_shown(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    join_three(m, c);
    struct hop_client_config one = meeting_viewer("Dũng", 0, 4, 1);
    struct hop_client *d = meeting_join_media(m, one);
    const char *bc[] = { hop_client_id(c[1]), hop_client_id(c[2]) };
    const char *cb[] = { hop_client_id(c[2]), hop_client_id(c[1]) };
    hop_client_view(d, bc, 1, "camera", 360);
    assert_sees(d, c[1], 2, "camera");
    hop_client_view(d, cb, 1, "camera", 360);
    assert_sees(d, c[2], 3, "camera");
    hop_client_view(d, NULL, 0, "camera", 0);
    struct counted k = { .c = d, .slot = 3 };
    assert_true(meeting_until(m, frames_stand_still, &k, PATIENCE_MS));
    hop_client_view(d, bc, 2, "camera", 360);
    assert_sees(d, c[1], 2, "camera");
    assert_streams_whole(d, 1);
    assert_true(hop_client_slot(d, 0)->video.switches >= 2);
    assert_refused(
        d, "view",
        json_pack("{s:[{s:s, s:s}]}", "tiles", "participant", "p999", "source", "camera"),
        "participant.unknown");
}

static void the_screen_and_its_sound_arrive(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config sharing = meeting_viewer("An", tones[0], 1, SLOTS);
    sharing.screen = sharing.screen_audio = true;
    sharing.screen_tone_hz = 3100;
    struct hop_client *a = meeting_join_media(m, sharing);
    struct hop_client *b = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    json_t *tiles = json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}]", "participant", hop_client_id(a),
                              "source", "screen", "height", 1080, "participant", hop_client_id(a),
                              "source", "camera", "height", 180);
    assert_ok(b, "view", json_pack("{s:o}", "tiles", tiles));
    assert_sees(b, a, 1, "screen");
    assert_sees(b, a, 1, "camera");
    assert_hears(b, 3100);
    assert_hears(b, tones[0]);
    assert_falls_silent(m, a, 3100);
    hop_client_enable(a, HOP_SOURCE_SCREEN_AUDIO, false);
    hop_client_enable(a, HOP_SOURCE_SCREEN, false);
    assert_falls_silent(m, b, 3100);
    assert_sees(b, a, 1, "camera");
    assert_streams_whole(b, SLOTS);
}

struct height {
    struct hop_client *c;
    uint16_t low, high;
};

static bool shows_height(void *ctx)
{
    const struct height *h = ctx;
    int slot = hop_client_sees(h->c, 1, HOP_SOURCE_CAMERA);
    uint16_t is = slot < 0 ? 0 : hop_client_slot(h->c, (unsigned)slot)->video.height;
    return is >= h->low && is <= h->high;
}

static void assert_shows_height(struct meeting *m, struct hop_client *c, uint16_t low,
                                uint16_t high)
{
    struct height h = { .c = c, .low = low, .high = high };
    int slot = hop_client_sees(c, 1, HOP_SOURCE_CAMERA);
    if (!meeting_until(m, shows_height, &h, PATIENCE_MS))
        fail_msg("wanted a height of %u..%u, slot %d shows %u", low, high, slot,
                 slot < 0 ? 0 : hop_client_slot(c, (unsigned)slot)->video.height);
}

static void the_tile_decides_the_layer(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config layers = meeting_viewer("An", tones[0], 1, 0);
    layers.layers = 3;
    layers.height = 720;
    layers.video_bps = 600000;
    struct hop_client *a = meeting_join_media(m, layers);
    struct hop_client *b = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    struct hop_client *c = meeting_join_media(m, meeting_viewer("Chi", tones[2], 3, SLOTS));
    const char *ids[] = { hop_client_id(a) };
    hop_client_view(b, ids, 1, "camera", 720);
    hop_client_view(c, ids, 1, "camera", 90);
    assert_shows_height(m, b, 720, 720);
    assert_shows_height(m, c, 1, 180);
    hop_client_view(b, ids, 1, "camera", 90);
    hop_client_view(c, ids, 1, "camera", 720);
    assert_shows_height(m, b, 1, 180);
    assert_shows_height(m, c, 720, 720);
    /* the layer that was shown stops */
    hop_client_sender_set_layers(hop_client_sender_of(a), 3);
    assert_shows_height(m, c, 1, 360);
    assert_streams_whole(b, SLOTS);
    assert_streams_whole(c, SLOTS);
}

/* What operators see of it, and what publishers are asked for. */
static void nobody_looks_and_the_dump_says_so(void **state)
{
    struct meeting *m = *state;
    char path[96];
    struct hop_client_config layers = meeting_viewer("An", tones[0], 1, 0);
    layers.layers = 3;
    layers.height = 720;
    layers.video_bps = 600000;
    struct hop_client *a = meeting_join_media(m, layers);
    struct hop_client *b = meeting_join_media(m, meeting_viewer("Bình", tones[1], 2, SLOTS));
    const char *ids[] = { hop_client_id(a) };
    hop_client_view(b, ids, 1, "camera", 720);
    assert_shows_height(m, b, 720, 720);
    snprintf(path, sizeof(path), "/api/v1/ops/rooms/%s/dump", m->room);
    struct rest_answer r = rest_call(&m->hopd, m->loop, "GET", path, NULL, m->cookie);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.text, "2 present"));
    assert_non_null(strstr(r.text, "asked for 3 of 3 layers"));
    assert_non_null(strstr(r.text, "layer (view)"));
    assert_null(strstr(r.text, "Bình"));
    rest_clear(&r);
    hop_client_view(b, ids, 0, "camera", 0);
    bool asked = false;
    for (int i = 0; i < 40 && !asked; i++) {
        meeting_run(m, 100);
        r = rest_call(&m->hopd, m->loop, "GET", path, NULL, m->cookie);
        asked = r.text && strstr(r.text, "camera vp8 active asked for 0 of 3 layers") != NULL;
        rest_clear(&r);
    }
    assert_true(asked);
    r = rest_call(&m->hopd, m->loop, "GET", path, NULL, NULL);
    assert_int_equal(r.status, 401);
    rest_clear(&r);
    assert_int_equal(kill(m->hopd.pid, SIGUSR1), 0); /* to the log; the meeting goes on */
    hop_client_view(b, ids, 1, "camera", 720);
    assert_shows_height(m, b, 720, 720);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(three_hear_and_see_each_other),
        meeting_test(the_mix_names_who_is_heard),
        meeting_test(srtp_is_aes_gcm),
        meeting_test(who_has_only_sha1_is_heard_too),
        meeting_test(h264_is_forwarded),
        meeting_test(over_ice_tcp),
        meeting_test(over_ipv6),
        meeting_test(over_tls_with_aggressive_nomination),
        meeting_test(lost_packets_are_repaired),
        meeting_test(who_leaves_and_comes_back_is_seen_again),
        meeting_test(a_late_joiner_gets_chat_and_a_key_frame),
        meeting_test(the_chair_silences_who_goes_on_sending),
        meeting_test(the_chair_darkens_a_camera),
        meeting_test(who_is_removed_is_out),
        meeting_test(the_end_sends_all_home),
        meeting_test(the_view_says_who_is_shown),
        meeting_test(the_screen_and_its_sound_arrive),
        meeting_test(the_tile_decides_the_layer),
        meeting_test(nobody_looks_and_the_dump_says_so),
    };
    return cmocka_run_group_tests(tests, meeting_begin, meeting_end);
}
