/* How a room sounds, as clients ask for it and are told: halls, policy, levels, voice slots. */
#include "harness.h"

static struct hop_participant *inside(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number);
}

static json_t *hall(const char *name, const char *whose)
{
    json_t *data = json_object();
    json_object_set_new(data, "hall", name != NULL ? json_string(name) : json_null());
    if (whose != NULL)
        json_object_set_new(data, "participant", json_string(whose));
    return data;
}

static struct client *joined_hall(struct meeting *m, const char *name, const char *where)
{
    struct client *c = client_new(m);
    json_t *data = join_data("r", name);
    json_object_set_new(data, "hall", json_string(where));
    json_decref(ask(m, c, "join", data));
    return c;
}

static struct client *with_media(struct meeting *m, const char *name)
{
    struct client *c = client_new(m);
    g_autofree char *sdp = offer_text("chromium", NULL);
    json_t *data = join_data("r", name);
    json_object_set_new(data, "offer", json_string(sdp));
    json_decref(ask(m, c, "join", data));
    return c;
}

static void tell(struct meeting *m, struct hop_media_event event)
{
    hop_signaling_media_event(m->signaling, &event);
    pump(m);
}

/* One hall however it is spelt; another room's is none of its business. */
static void halls_at_join(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    (void)joined_hall(m, "B", " Hội  trường A");
    (void)joined_hall(m, "C", "HỘI TRƯỜNG A");
    (void)joined_hall(m, "D", "Hội trường B");
    assert_int_equal(inside(m, 1)->hall, 0);
    assert_int_not_equal(inside(m, 2)->hall, 0);
    assert_int_equal(inside(m, 2)->hall, inside(m, 3)->hall);
    assert_int_not_equal(inside(m, 4)->hall, inside(m, 3)->hall);
    json_t *event = take_event(a, "participant.joined");
    assert_string_equal(text_at(event, "participant.hall"), "Hội trường A");
    json_decref(event);
    struct client *e = client_new(m);
    json_t *data = join(m, e, "r", "E");
    assert_true(json_is_null(at(data, "snapshot.participants.0.hall")));
    assert_string_equal(text_at(data, "snapshot.participants.2.hall"), "HỘI TRƯỜNG A");
    json_decref(data);
    data = join_data("r", "F");
    json_object_set_new(data, "hall", json_string("\xe2\x80\xae"));
    ask_refused(m, client_new(m), "join", data, "protocol.bad_data");
}

static void halls_change(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    struct client *c = joined(m, "C");
    int saves = m->host.saves;
    ask_ok(m, b, "hall", hall("Hà Giang", NULL));
    assert_int_equal(m->host.saves, saves + 1);
    json_t *event = take_event(a, "participant.changed");
    assert_string_equal(text_at(event, "participant.id"), "p2");
    assert_string_equal(text_at(event, "participant.hall"), "Hà Giang");
    json_decref(event);
    ask_refused(m, b, "hall", hall("Hà Giang", "p3"), "permission.denied");
    ask_refused(m, b, "hall", hall("Hà Giang", "p9"), "permission.denied");
    ask_refused(m, a, "hall", hall("Hà Giang", "p9"), "participant.unknown");
    ask_ok(m, a, "hall", hall("hà giang", "p3"));
    assert_int_equal(inside(m, 2)->hall, inside(m, 3)->hall);
    assert_non_null(strstr(m->host.audit->str, "p1 hall"));
    assert_null(strstr(m->host.audit->str, "p2 hall"));
    ask_ok(m, c, "hall", hall(NULL, "p3")); /* his own, by name */
    assert_int_equal(inside(m, 3)->hall, 0);
    forget_frames(a);
    saves = m->host.saves;
    ask_ok(m, c, "hall", hall(NULL, NULL)); /* no news */
    assert_null(take_event(a, "participant.changed"));
    assert_int_equal(m->host.saves, saves);
    ask_refused(m, c, "hall", json_object(), "protocol.bad_data");
    ask_refused(m, c, "hall", json_pack("{s:i}", "hall", 1), "protocol.bad_data");
    ask_refused(m, c, "hall", hall("", NULL), "protocol.bad_data");
    /* a secretary has no power over the chair */
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
    ask_refused(m, b, "hall", hall("x", "p1"), "permission.denied");
    ask_ok(m, b, "hall", hall("x", "p3"));
}

/* He comes back to his seat unless he names another one. */
static void hall_is_kept(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join_data("r", "A");
    json_object_set_new(data, "hall", json_string("Hà Giang"));
    data = ask(m, a, "join", data);
    g_autofree char *key = g_strdup(text_at(data, "key"));
    json_decref(data);
    restart(m, &default_config);
    data = join_data("r", "A");
    json_object_set_new(data, "key", json_string(key));
    data = ask(m, client_new(m), "join", data);
    assert_string_equal(text_at(data, "snapshot.participants.0.hall"), "Hà Giang");
    json_decref(data);
    assert_int_not_equal(inside(m, 1)->hall, 0);
    data = join_data("r", "A");
    json_object_set_new(data, "key", json_string(key));
    json_object_set_new(data, "hall", json_null());
    data = ask(m, client_new(m), "join", data);
    assert_true(json_is_null(at(data, "snapshot.participants.0.hall")));
    json_decref(data);
    assert_int_equal(inside(m, 1)->hall, 0);
}

/* The number of a hall that emptied serves the next one: there are never more than people. */
static void hall_numbers(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    (void)joined_hall(m, "B", "h");
    for (int i = 0; i < 2000; i++) {
        g_autofree char *name = g_strdup_printf("hall %d", i);
        ask_ok(m, a, "hall", hall(name, NULL));
        forget_frames(a);
        m->now_us += 100000;
        hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
        assert_int_equal(inside(m, 1)->hall, 2);
    }
}

static json_t *policy(const char *name)
{
    return json_pack("{s:s}", "audio_policy", name);
}

static void audio_of_the_room(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_refused(m, b, "room", policy("forward"), "permission.denied");
    ask_refused(m, a, "room", policy("loud"), "protocol.bad_data");
    ask_refused(m, a, "room", json_pack("{s:i}", "levelling", 1), "protocol.bad_data");
    ask_refused(m, a, "room", json_object(), "protocol.bad_data");
    ask_ok(m, a, "room", policy("forward"));
    json_t *event = take_event(b, "room.changed");
    assert_string_equal(text_at(event, "room.audio.policy"), "forward");
    assert_true(json_is_true(at(event, "room.audio.levelling")));
    assert_null(json_object_get(at(event, "room"), "chat_open"));
    json_decref(event);
    ask_ok(m, a, "room", policy("forward"));
    assert_null(take_event(b, "room.changed"));
    ask_ok(m, a, "room", json_pack("{s:b,s:b}", "levelling", false, "chat_open", false));
    event = take_event(b, "room.changed");
    assert_string_equal(text_at(event, "room.audio.policy"), "forward");
    assert_true(json_is_false(at(event, "room.audio.levelling")));
    assert_true(json_is_false(at(event, "room.chat_open")));
    json_decref(event);
    json_t *data = join(m, client_new(m), "r", "C");
    assert_string_equal(text_at(data, "snapshot.room.audio.policy"), "forward");
    json_decref(data);
    assert_non_null(strstr(m->host.audit->str, "p1 audio"));
}

static void default_of_the_server(void **state)
{
    struct meeting *m = *state;
    struct hop_signaling_config config = default_config;
    config.audio = (struct hop_room_audio){ .policy = HOP_AUDIO_FORWARD };
    restart(m, &config);
    json_t *data = join(m, client_new(m), "r", "A");
    assert_string_equal(text_at(data, "snapshot.room.audio.policy"), "forward");
    assert_true(json_is_false(at(data, "snapshot.room.audio.levelling")));
    json_decref(data);
}

static void dominant(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A");
    (void)with_media(m, "B");
    struct hop_media_event event = { .type = HOP_MEDIA_SPEAKING,
                                     .room = hop_room_find(m->signaling, "r")->media };
    event.speaking.dominant = inside(m, 2)->peer;
    tell(m, event);
    json_t *data = take_event(a, "speaking");
    assert_string_equal(text_at(data, "dominant"), "p2");
    json_decref(data);
    event.speaking.dominant = 0;
    tell(m, event);
    data = take_event(a, "speaking");
    assert_true(json_is_null(at(data, "dominant")));
    json_decref(data);
    event.speaking.dominant = 4711; /* has left meanwhile */
    tell(m, event);
    data = take_event(a, "speaking");
    assert_true(json_is_null(at(data, "dominant")));
    json_decref(data);
}

static void voices(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A");
    struct client *b = with_media(m, "B");
    struct hop_media_event event = { .type = HOP_MEDIA_VOICES, .peer = inside(m, 1)->peer };
    event.voices.n = 3;
    event.voices.voices[0] = (struct hop_voice_state){ inside(m, 2)->peer, HOP_SOURCE_MICROPHONE };
    event.voices.voices[2] =
        (struct hop_voice_state){ inside(m, 2)->peer, HOP_SOURCE_SCREEN_AUDIO };
    tell(m, event);
    json_t *data = take_event(a, "voices");
    assert_int_equal(json_array_size(at(data, "voices")), 2);
    assert_int_equal(json_integer_value(at(data, "voices.1.voice")), 2);
    assert_string_equal(text_at(data, "voices.1.source"), "screen_audio");
    assert_string_equal(text_at(data, "voices.0.participant"), "p2");
    json_decref(data);
    assert_null(take_event(b, "voices"));
    json_t *snapshot = hop_json_snapshot(inside(m, 1));
    assert_int_equal(json_array_size(at(snapshot, "voices")), 2);
    json_decref(snapshot);
}

/* Told to himself and to those who moderate. */
static void voice_levels(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = with_media(m, "B");
    struct client *c = joined(m, "C");
    struct hop_media_event event = { .type = HOP_MEDIA_VOICE_LEVEL, .peer = inside(m, 2)->peer };
    event.voice_level.dbov = -51;
    event.voice_level.verdict = HOP_VOICE_QUIET;
    tell(m, event);
    json_t *data = take_event(a, "voice");
    assert_string_equal(text_at(data, "participant"), "p2");
    assert_int_equal(json_integer_value(at(data, "level")), -51);
    assert_string_equal(text_at(data, "verdict"), "quiet");
    json_decref(data);
    data = take_event(b, "voice");
    assert_string_equal(text_at(data, "verdict"), "quiet");
    json_decref(data);
    assert_null(take_event(c, "voice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(halls_at_join),     meeting_test(halls_change),
        meeting_test(hall_is_kept),      meeting_test(hall_numbers),
        meeting_test(audio_of_the_room), meeting_test(default_of_the_server),
        meeting_test(dominant),          meeting_test(voices),
        meeting_test(voice_levels),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
