/* Who may do what to whom, and that it is really done. */
#include "harness.h"

static json_t *who(const char *id)
{
    return json_pack("{s:s}", "participant", id);
}

static json_t *mute(const char *id, const char *source, bool muted)
{
    return json_pack("{s:s,s:s,s:b}", "participant", id, "source", source, "muted", muted);
}

static struct hop_participant *inside(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number);
}

static void mute_is_told_and_enforced(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, b, "media", json_pack("{s:b,s:b}", "microphone", true, "camera", true));
    forget_frames(a);
    forget_frames(b);
    assert_int_equal(hop_participant_allowed(inside(m, 2)), HOP_SOURCE_ALL);
    ask_ok(m, a, "mute", mute("p2", "microphone", true));
    assert_int_equal(hop_participant_allowed(inside(m, 2)),
                     HOP_SOURCE_ALL & ~HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE));
    json_t *event = take_event(b, "muted");
    assert_string_equal(text_at(event, "source"), "microphone");
    assert_string_equal(text_at(event, "by"), "p1");
    assert_true(json_is_true(at(event, "muted")));
    json_decref(event);
    event = take_event(a, "participant.changed");
    assert_true(json_is_true(at(event, "participant.muted.microphone")));
    assert_true(json_is_false(at(event, "participant.media.microphone")));
    assert_true(json_is_true(at(event, "participant.media.camera")));
    json_decref(event);
    ask_refused(m, b, "media", json_pack("{s:b}", "microphone", true), "media.muted");
    ask_ok(m, b, "media", json_pack("{s:b}", "camera", false));

    /* the right comes back, the microphone does not open by itself */
    ask_ok(m, a, "mute", mute("p2", "microphone", false));
    assert_int_equal(hop_participant_allowed(inside(m, 2)), HOP_SOURCE_ALL);
    assert_int_equal(inside(m, 2)->said, 0);
    ask_ok(m, b, "media", json_pack("{s:b}", "microphone", true));
}

static void screen_with_its_sound(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    (void)joined(m, "B");
    ask_ok(m, a, "mute", mute("p2", "screen", true));
    assert_int_equal(hop_participant_allowed(inside(m, 2)),
                     HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE) | HOP_SOURCE_BIT(HOP_SOURCE_CAMERA));
}

static void mute_all(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    struct client *c = joined(m, "C");
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
    json_t *all = json_pack("{s:s,s:b}", "source", "microphone", "muted", true);
    ask_refused(m, c, "mute_all", json_incref(all), "permission.denied");
    ask_ok(m, b, "mute_all", all);
    assert_int_equal(inside(m, 1)->record->muted, 0); /* above him */
    assert_int_equal(inside(m, 2)->record->muted, 0); /* himself */
    assert_int_equal(inside(m, 3)->record->muted, 1);
    assert_non_null(strstr(m->host.audit->str, "p2 mute_all"));
}

static void ask_unmute(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, a, "mute", mute("p2", "microphone", true));
    ask_ok(m, a, "ask_unmute", who("p2"));
    json_t *event = take_event(b, "unmute_asked");
    assert_string_equal(text_at(event, "by"), "p1");
    json_decref(event);
    assert_int_equal(inside(m, 2)->record->muted, 0);
    ask_refused(m, b, "ask_unmute", who("p1"), "permission.denied");
}

/* Every power against every role that lacks it. */
static void powers(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    (void)joined(m, "C");
    static const char *const weak[] = { "delegate", "guest", "observer", "technician" };
    for (size_t i = 0; i < G_N_ELEMENTS(weak); i++) {
        ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", weak[i]));
        ask_refused(m, b, "mute", mute("p3", "camera", true), "permission.denied");
        ask_refused(m, b, "remove", who("p3"), "permission.denied");
        ask_refused(m, b, "end", json_object(), "permission.denied");
        ask_refused(m, b, "room", json_pack("{s:b}", "chat_open", false), "permission.denied");
        ask_refused(m, b, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "chair"),
                    "permission.denied");
        ask_refused(m, b, "hand", json_pack("{s:b,s:s}", "raised", false, "participant", "p3"),
                    "permission.denied");
    }
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
    ask_ok(m, b, "mute", mute("p3", "camera", true));
    ask_refused(m, b, "mute", mute("p1", "camera", true), "permission.denied");
    ask_refused(m, b, "remove", who("p1"), "permission.denied");
    ask_refused(m, b, "role", json_pack("{s:s,s:s}", "participant", "p3", "role", "chair"),
                "permission.denied");
    ask_refused(m, b, "end", json_object(), "permission.denied");
    ask_refused(m, a, "mute", mute("p9", "camera", true), "participant.unknown");
}

static void observers_send_nothing(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, b, "media", json_pack("{s:b}", "camera", true));
    ask_ok(m, b, "hand", json_pack("{s:b}", "raised", true));
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "observer"));
    assert_int_equal(hop_participant_allowed(inside(m, 2)), 0);
    assert_int_equal(inside(m, 2)->said, 0);
    assert_int_equal(inside(m, 2)->hand_wall_us, 0);
    ask_refused(m, b, "media", json_pack("{s:b}", "camera", true), "permission.denied");
    ask_refused(m, b, "hand", json_pack("{s:b}", "raised", true), "permission.denied");
    ask_ok(m, b, "media", json_pack("{s:b}", "camera", false));
}

static void hands(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, b, "hand", json_pack("{s:b}", "raised", true));
    json_t *event = take_event(a, "participant.changed");
    assert_string_equal(text_at(event, "participant.hand"), "2026-11-23T08:00:01.000Z");
    json_decref(event);
    advance(m, 1000);
    ask_ok(m, b, "hand", json_pack("{s:b}", "raised", true)); /* keeps its time */
    assert_null(take_event(a, "participant.changed"));
    ask_refused(m, a, "hand", json_pack("{s:b,s:s}", "raised", true, "participant", "p2"),
                "permission.denied");
    ask_ok(m, a, "hand", json_pack("{s:b,s:s}", "raised", false, "participant", "p2"));
    event = take_event(a, "participant.changed");
    assert_true(json_is_null(at(event, "participant.hand")));
    json_decref(event);
    ask_refused(m, a, "hand", json_pack("{s:b,s:s}", "raised", false, "participant", "p7"),
                "participant.unknown");
}

static void removed_is_out(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
    ask_refused(m, a, "remove", who("p1"), "permission.denied"); /* that is leave */
    ask_ok(m, a, "remove", who("p2"));
    assert_int_equal(b->closed, HOP_CLOSE_REMOVED);
    json_t *event = take_event(a, "participant.left");
    assert_string_equal(text_at(event, "reason"), "removed");
    json_decref(event);
    ask_refused(m, client_new(m), "resume",
                json_pack("{s:s,s:s}", "session", text_at(data, "session"), "secret",
                          text_at(data, "secret")),
                "session.unknown");
    ask_refused(m, a, "remove", who("p2"), "participant.unknown");
    /* he may come again when he is let in, but his role is lost */
    struct client *c = client_new(m);
    json_t *waits =
        ask(m, c, "join",
            json_pack("{s:s,s:s,s:s}", "room", "r", "name", "B", "key", text_at(data, "key")));
    assert_string_equal(text_at(waits, "reason"), "lobby");
    json_decref(waits);
    ask_ok(m, a, "admit", json_pack("{s:b}", "all", true)); /* not him */
    assert_null(take_event(c, "opened"));
    ask_ok(m, a, "admit", who("p2"));
    json_t *again =
        ask(m, c, "join",
            json_pack("{s:s,s:s,s:s}", "room", "r", "name", "B", "key", text_at(data, "key")));
    assert_string_equal(text_at(again, "snapshot.participants.1.role"), "guest");
    assert_non_null(strstr(m->host.audit->str, "p1 remove"));
    json_decref(again);
    json_decref(data);
}

static void last_chair_stays(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    json_t *down = json_pack("{s:s,s:s}", "participant", "p1", "role", "guest");
    ask_refused(m, a, "role", json_incref(down), "permission.denied");
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "chair"));
    ask_ok(m, a, "role", down);
    ask_ok(m, b, "mute", mute("p1", "camera", true));
    ask_refused(m, a, "mute", mute("p2", "camera", true), "permission.denied");
}

static void end_for_all(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    m->host.error = -ENOSPC;
    ask_refused(m, a, "end", json_object(), "server.storage");
    assert_int_equal(b->closed, 0);
    m->host.error = 0;
    ask_ok(m, a, "end", json_object());
    assert_int_equal(m->host.ends, 2);
    assert_int_equal(a->closed, HOP_CLOSE_ENDED);
    assert_int_equal(b->closed, HOP_CLOSE_ENDED);
    json_t *event = take_event(b, "room.ended");
    assert_string_equal(text_at(event, "reason"), "ended");
    json_decref(event);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), -1);
    assert_int_equal(m->signaling->participants, 0);
}

static void rename_self(void **state)
{
    struct meeting *m = *state;
    struct hop_identity user = { .user_id = 2, .name = "Đại biểu" };
    struct client *a = joined(m, "A");
    struct client *b = client_as(m, &user);
    json_decref(join(m, b, "r", "B"));
    forget_frames(b);
    ask_ok(m, a, "rename", json_pack("{s:s}", "name", " Nguyễn  A "));
    json_t *event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.name"), "Nguyễn A");
    json_decref(event);
    ask_refused(m, a, "rename", json_pack("{s:s}", "name", "\n"), "name.invalid");
    ask_refused(m, b, "rename", json_pack("{s:s}", "name", "B"), "permission.denied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(mute_is_told_and_enforced),
        meeting_test(screen_with_its_sound),
        meeting_test(mute_all),
        meeting_test(ask_unmute),
        meeting_test(powers),
        meeting_test(observers_send_nothing),
        meeting_test(hands),
        meeting_test(removed_is_out),
        meeting_test(last_chair_stays),
        meeting_test(end_for_all),
        meeting_test(rename_self),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
