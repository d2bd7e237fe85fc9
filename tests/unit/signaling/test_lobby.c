/* The lobby: who waits, who sees it, who is let in, sent back, refused, removed; and the meeting's
 * settings on those who come in. */
#include "harness.h"

static struct hop_room_info *led_meeting(struct meeting *m, enum hop_lobby lobby)
{
    struct hop_room_info *info = host_room(&m->host, "r", HOP_ROOM_OPEN);
    info->meeting_id = 7;
    info->starts_at_us = WALL_US + 600 * INT64_C(1000000);
    info->opens_at_us = WALL_US - 300 * INT64_C(1000000);
    info->occurrence_us = info->starts_at_us;
    info->settings = (struct hop_room_settings){ .lobby = lobby, .waits = true, .led = true };
    (void)host_invite(&m->host, "chair", "Chủ tọa An", "chair");
    (void)host_invite(&m->host, "guest", "Khách Bình", "guest");
    (void)host_invite(&m->host, "delegate", "Đại biểu Chi", "delegate");
    return info;
}

static json_t *come(struct meeting *m, struct client *c, const char *invite)
{
    return ask(m, c, "join", json_pack("{s:s,s:s}", "room", "r", "invite", invite));
}

static struct client *comes_in(struct meeting *m, const char *invite)
{
    struct client *c = client_new(m);
    json_t *data = come(m, c, invite);
    assert_string_equal(text_at(data, "status"), "joined");
    json_decref(data);
    return c;
}

static json_t *who(const char *participant)
{
    return json_pack("{s:s}", "participant", participant);
}

/* The last list that came; its length. */
static size_t waiting(struct client *c)
{
    size_t n = 999;
    json_t *event;
    while ((event = take_event(c, "lobby")) != NULL) {
        n = json_array_size(at(event, "waiting"));
        json_decref(event);
    }
    return n;
}

static void guest_waits_and_is_admitted(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_GUESTS);
    struct client *guest = client_new(m);
    json_t *data = come(m, guest, "guest");
    assert_string_equal(text_at(data, "status"), "waiting");
    assert_string_equal(text_at(data, "reason"), "chair");
    struct client *chair = client_new(m);
    json_t *in = come(m, chair, "chair");
    assert_string_equal(text_at(in, "snapshot.participants.0.role"), "chair");
    assert_string_equal(text_at(in, "snapshot.participants.0.signed"), "invitation");
    assert_string_equal(text_at(in, "snapshot.participants.0.name"), "Chủ tọa An");
    assert_string_equal(text_at(in, "snapshot.lobby.0.name"), "Khách Bình");
    assert_string_equal(text_at(in, "snapshot.lobby.0.unit"), "Sở Y tế");
    json_t *event = take_event(guest, "waiting"); /* somebody is there now who can admit him */
    assert_string_equal(text_at(event, "reason"), "lobby");
    json_decref(event);
    ask_ok(m, chair, "admit", who(text_at(in, "snapshot.lobby.0.participant")));
    advance(m, 500); /* they are not told more often */
    assert_int_equal(waiting(chair), 0);
    event = take_event(guest, "opened");
    assert_non_null(event);
    json_decref(event);
    json_t *again = ask(
        m, guest, "join",
        json_pack("{s:s,s:s,s:s}", "room", "r", "invite", "guest", "key", text_at(data, "key")));
    assert_string_equal(text_at(again, "status"), "joined");
    advance(m, 1000);
    const struct stay *stay = &g_array_index(m->host.stays, struct stay, 1);
    assert_string_equal(stay->name, "Khách Bình");
    assert_string_equal(stay->admitted_by, "Chủ tọa An");
    assert_non_null(strstr(m->host.audit->str, "admit"));
    json_decref(again);
    json_decref(in);
    json_decref(data);
}

/* He who lost his line while he waited keeps his place; when he was admitted meanwhile he is in. */
static void place_is_kept(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_ALL);
    struct client *chair = comes_in(m, "chair");
    struct client *c = client_new(m);
    json_t *data = come(m, c, "delegate");
    assert_int_equal(waiting(chair), 1);
    client_gone(c);
    advance(m, 1000);
    assert_int_equal(waiting(chair), 1);
    ask_ok(m, chair, "admit", json_pack("{s:b}", "all", true));
    struct client *again = client_new(m);
    json_t *in = ask(
        m, again, "join",
        json_pack("{s:s,s:s,s:s}", "room", "r", "invite", "delegate", "key", text_at(data, "key")));
    assert_string_equal(text_at(in, "status"), "joined");
    json_decref(in);
    json_decref(data);
    /* one who does not come back is not waited for */
    struct client *lost = client_new(m);
    json_decref(come(m, lost, "guest"));
    client_gone(lost);
    advance(m, 31000);
    assert_int_equal(waiting(chair), 0);
}

/* Admitted before the server was killed: in, without being admitted again. */
static void admission_survives_restart(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_ALL);
    struct client *chair = comes_in(m, "chair");
    struct client *c = client_new(m);
    json_t *data = come(m, c, "guest");
    ask_ok(m, chair, "admit", json_pack("{s:b}", "all", true));
    restart(m, &default_config);
    json_t *in = ask(
        m, client_new(m), "join",
        json_pack("{s:s,s:s,s:s}", "room", "r", "invite", "guest", "key", text_at(data, "key")));
    assert_string_equal(text_at(in, "status"), "joined");
    json_decref(in);
    json_decref(data);
}

static void opens_at_its_hour(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_ALL);
    info->settings.waits = false;
    info->starts_at_us = WALL_US + 5 * INT64_C(1000000);
    struct client *c = client_new(m);
    struct client *stranger = client_new(m);
    json_t *data = come(m, c, "guest");
    assert_string_equal(text_at(data, "reason"), "lobby");
    assert_true(json_is_string(at(data, "opens_at")));
    json_decref(data);
    data = ask(m, stranger, "join", join_data("r", "X"));
    assert_string_equal(text_at(data, "reason"), "chair");
    json_decref(data);
    advance(m, 6000);
    json_t *event = take_event(c, "opened");
    assert_non_null(event);
    json_decref(event);
    assert_null(take_event(stranger, "opened"));
    /* nobody becomes chair of a meeting that somebody else is to lead */
    data = come(m, c, "guest");
    assert_string_equal(text_at(data, "snapshot.participants.0.role"), "guest");
    json_decref(data);
}

static void refused_with_a_word(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_GUESTS);
    struct client *chair = comes_in(m, "chair");
    struct client *delegate = comes_in(m, "delegate");
    struct client *c = client_new(m);
    json_decref(ask(m, c, "join", join_data("r", "X")));
    ask_refused(m, delegate, "admit", who("p3"), "permission.denied");
    ask_refused(m, delegate, "refuse", who("p3"), "permission.denied");
    ask_refused(m, chair, "refuse", who("p9"), "participant.unknown");
    ask_ok(m, chair, "refuse",
           json_pack("{s:s,s:s}", "participant", "p3", "message", "Mời anh gọi Văn phòng"));
    json_t *event = take_event(c, "refused");
    assert_string_equal(text_at(event, "message"), "Mời anh gọi Văn phòng");
    assert_int_equal(c->closed, HOP_CLOSE_REFUSED);
    advance(m, 500);
    assert_int_equal(waiting(chair), 0);
    assert_int_equal(waiting(delegate), 999); /* it is none of his business */
    json_decref(event);
}

static void sent_back(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_OFF);
    struct client *chair = comes_in(m, "chair");
    struct client *c = comes_in(m, "delegate");
    forget_frames(chair);
    ask_refused(m, c, "send_back", who("p1"), "permission.denied");
    ask_refused(m, chair, "send_back", who("p1"), "permission.denied");
    ask_ok(m, chair, "send_back", who("p2"));
    json_t *event = take_event(chair, "participant.left");
    assert_string_equal(text_at(event, "reason"), "lobby");
    json_decref(event);
    event = take_event(c, "waiting");
    assert_string_equal(text_at(event, "reason"), "lobby");
    json_decref(event);
    ask_refused(m, c, "chat", json_pack("{s:s}", "text", "a"), "session.not_joined");
    /* nor does his link bring him in, with or without his key */
    json_t *data = come(m, client_new(m), "delegate");
    assert_string_equal(text_at(data, "status"), "waiting");
    json_decref(data);
    ask_ok(m, chair, "admit", who("p2"));
    (void)comes_in(m, "delegate");
}

static void removed_by_link(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_OFF);
    struct client *chair = comes_in(m, "chair");
    (void)comes_in(m, "delegate");
    (void)comes_in(m, "delegate"); /* a second device of his */
    ask_ok(m, chair, "remove", who("p2"));
    ask_ok(m, chair, "remove", who("p3"));
    struct client *c = client_new(m);
    json_t *data = come(m, c, "delegate");
    assert_string_equal(text_at(data, "status"), "waiting");
    json_decref(data);
    forget_frames(chair);
    ask_ok(m, chair, "admit", json_pack("{s:b}", "all", true));
    assert_null(take_event(c, "opened"));
    advance(m, 1000);
    hop_participant_number number = c->session->knock;
    g_autofree char *id = g_strdup_printf("p%u", number);
    ask_ok(m, chair, "admit", who(id));
    json_t *event = take_event(c, "opened");
    assert_non_null(event);
    json_decref(event);
    (void)comes_in(m, "delegate"); /* he is forgiven on each of his devices */
}

static void lobby_is_bounded(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_ALL);
    for (int i = 0; i < 60; i++) {
        struct client *c = client_new(m);
        json_decref(ask(m, c, "join", join_data("r", "X")));
    }
    assert_int_equal(hop_room_find(m->signaling, "r")->lobby->len, 60);
    for (guint i = 0; i < m->clients->len; i++) {
        struct client *c = g_ptr_array_index(m->clients, i);
        ask_ok(m, c, "leave", json_object());
        assert_int_equal(c->closed, HOP_CLOSE_LEFT);
    }
    assert_int_equal(hop_room_find(m->signaling, "r")->lobby->len, 0);
    assert_int_equal(g_hash_table_size(hop_room_find(m->signaling, "r")->records), 0);
}

/* ---- links, passwords, settings --------------------------------------------------------------- */

static void bad_link(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_OFF);
    ask_refused(m, client_new(m), "join", json_pack("{s:s,s:s}", "room", "r", "invite", "revoked"),
                "invite.unknown");
}

static void one_link_two_people(void **state)
{
    struct meeting *m = *state;
    (void)led_meeting(m, HOP_LOBBY_OFF);
    struct client *chair = comes_in(m, "chair");
    struct client *a = comes_in(m, "delegate");
    (void)comes_in(m, "delegate");
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 3);
    /* who comes back without his key is the same person */
    ask_ok(m, a, "leave", json_object());
    json_t *data = come(m, client_new(m), "delegate");
    assert_string_equal(text_at(data, "snapshot.you"), "p2");
    json_decref(data);
    assert_non_null(chair->session);
}

static void password(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_OFF);
    info->settings.password = true;
    m->host.password = "hop-kin";
    struct client *chair = comes_in(m, "chair"); /* invited: needs none */
    struct client *c = client_new(m);
    ask_refused(m, c, "join", join_data("r", "X"), "room.password");
    json_decref(ask(m, c, "join",
                    json_pack("{s:s,s:s,s:s}", "room", "r", "name", "X", "password", "hop-kin")));
    for (int i = 0; i < 20; i++)
        ask_refused(m, client_new(m), "join",
                    json_pack("{s:s,s:s,s:s}", "room", "r", "name", "X", "password", "hop"),
                    "room.password");
    ask_refused(m, client_new(m), "join",
                json_pack("{s:s,s:s,s:s}", "room", "r", "name", "X", "password", "hop-kin"),
                "server.busy");
    advance(m, 61000);
    json_decref(ask(m, client_new(m), "join",
                    json_pack("{s:s,s:s,s:s}", "room", "r", "name", "X", "password", "hop-kin")));
    assert_non_null(chair->session);
}

static const struct hop_participant *participant(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number);
}

static void settings_on_joining(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_OFF);
    info->settings.muted = info->settings.camera_off = true;
    info->settings.moderators_share = true;
    struct client *chair = comes_in(m, "chair");
    struct client *c = client_new(m);
    json_t *data = ask(m, c, "join",
                       json_pack("{s:s,s:s,s:{s:b,s:b}}", "room", "r", "invite", "delegate",
                                 "media", "microphone", true, "camera", true));
    assert_true(json_is_false(at(data, "snapshot.participants.1.media.microphone")));
    assert_true(json_is_false(at(data, "snapshot.participants.1.media.camera")));
    assert_true(json_is_true(at(data, "snapshot.participants.1.muted.screen")));
    assert_int_equal(hop_participant_allowed(participant(m, 2)), 0);
    assert_int_equal(hop_participant_allowed(participant(m, 1)), HOP_SOURCE_ALL);
    ask_ok(m, c, "media", json_pack("{s:b}", "microphone", true)); /* he may, himself */
    assert_int_equal(hop_participant_allowed(participant(m, 2)),
                     HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE));
    ask_refused(m, c, "media", json_pack("{s:b}", "screen", true), "media.muted");
    ask_ok(m, chair, "mute",
           json_pack("{s:s,s:s,s:b}", "participant", "p2", "source", "screen", "muted", false));
    ask_ok(m, c, "media", json_pack("{s:b}", "screen", true));
    json_decref(data);
}

static void only_moderators_unmute(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_OFF);
    info->settings.moderators_unmute = true;
    struct client *chair = comes_in(m, "chair");
    struct client *c = comes_in(m, "delegate");
    ask_refused(m, c, "media", json_pack("{s:b}", "microphone", true), "media.muted");
    ask_ok(m, chair, "ask_unmute", who("p2"));
    ask_ok(m, c, "media", json_pack("{s:b}", "microphone", true));
    /* who comes back is as he was */
    json_t *event = take_event(c, "unmute_asked");
    assert_non_null(event);
    json_decref(event);
    ask_ok(m, c, "leave", json_object());
    c = comes_in(m, "delegate");
    ask_ok(m, c, "media", json_pack("{s:b}", "microphone", true));
    ask_ok(m, chair, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
}

/* A meeting of a series is a new one: what was decided last time is forgotten. */
static void series_begins_anew(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_OFF);
    struct client *chair = comes_in(m, "chair");
    (void)comes_in(m, "delegate");
    ask_ok(m, chair, "remove", who("p2"));
    ask_ok(m, chair, "leave", json_object());
    advance(m, 301000);
    info->starts_at_us += 7 * 86400 * INT64_C(1000000);
    info->opens_at_us = WALL_US + 302 * INT64_C(1000000);
    advance(m, 3000);
    (void)comes_in(m, "chair");
    (void)comes_in(m, "delegate");
}

/* ---- tests of lines ---------------------------------------------------------------------------- */

static json_t *test_data(const char *invite)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "room", "r", "name", "Kỹ thuật", "invite", invite, "test",
                     "00112233445566778899aabbccddeeff");
}

static void line_test(void **state)
{
    struct meeting *m = *state;
    struct hop_room_info *info = led_meeting(m, HOP_LOBBY_ALL);
    info->status = HOP_ROOM_EARLY;
    info->starts_at_us = WALL_US + 3700 * INT64_C(1000000);
    ask_refused(m, client_new(m), "join", test_data("guest"), "room.early");
    advance(m, 200000);
    ask_refused(m, client_new(m), "join",
                json_pack("{s:s,s:s,s:s}", "room", "r", "name", "X", "test",
                          "00112233445566778899aabbccddeeff"),
                "permission.denied");
    struct client *a = client_new(m);
    struct client *b = client_new(m);
    json_decref(ask(m, a, "join", test_data("guest")));
    json_t *data = ask(m, b, "join", test_data("guest"));
    assert_string_equal(text_at(data, "status"), "joined");
    assert_int_equal(json_array_size(at(data, "snapshot.participants")), 2);
    json_decref(data);
    ask_refused(m, client_new(m), "join", test_data("guest"), "room.full");
    ask_refused(m, a, "chat", json_pack("{s:s}", "text", "a"), "permission.denied");
    ask_refused(m, a, "attendance", json_object(), "permission.denied");
    assert_int_equal(m->host.saves, 0);
    assert_int_equal(m->host.stays->len, 0);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), -1);
    advance(m, 301000);
    assert_int_equal(a->closed, HOP_CLOSE_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(guest_waits_and_is_admitted),
        meeting_test(place_is_kept),
        meeting_test(admission_survives_restart),
        meeting_test(opens_at_its_hour),
        meeting_test(refused_with_a_word),
        meeting_test(sent_back),
        meeting_test(removed_by_link),
        meeting_test(lobby_is_bounded),
        meeting_test(bad_link),
        meeting_test(one_link_two_people),
        meeting_test(password),
        meeting_test(settings_on_joining),
        meeting_test(only_moderators_unmute),
        meeting_test(series_begins_anew),
        meeting_test(line_test),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
