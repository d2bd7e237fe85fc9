/* What the relay says about pictures as messages: slots with their reasons, demand, lines and who
 * may know of them, decisions; and the cap that a view carries. */
#include "harness.h"

#include "signaling/pictures.h"

static struct hop_participant *inside(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number);
}

static struct client *with_media(struct meeting *m, const char *name)
{
    struct client *c = client_new(m);
    g_autofree char *sdp = offer_text("chromium", NULL);
    json_decref(
        ask(m, c, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", name, "offer", sdp)));
    return c;
}

static void tell(struct meeting *m, struct hop_media_event event)
{
    hop_signaling_media_event(m->signaling, &event);
    pump(m);
}

static void forget_all(struct meeting *m)
{
    for (guint i = 0; i < m->clients->len; i++)
        forget_frames(g_ptr_array_index(m->clients, i));
}

static void slots_say_why(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A");
    (void)with_media(m, "B");
    struct hop_media_event event = { .type = HOP_MEDIA_SLOTS, .peer = inside(m, 1)->peer };
    event.slots.n = 3;
    event.slots.slots[0] = (struct hop_slot_state){ .peer = inside(m, 2)->peer,
                                                    .source = HOP_SOURCE_CAMERA,
                                                    .layer = 1,
                                                    .temporal = 2,
                                                    .phase = HOP_SLOT_LIVE };
    event.slots.slots[2] = (struct hop_slot_state){ .peer = inside(m, 2)->peer,
                                                    .source = HOP_SOURCE_SCREEN,
                                                    .phase = HOP_SLOT_PAUSED,
                                                    .reason = HOP_SLOT_CAP };
    tell(m, event);
    json_t *data = take_event(a, "slots");
    assert_int_equal(json_array_size(at(data, "slots")), 2);
    assert_string_equal(text_at(data, "slots.0.state"), "live");
    assert_true(json_is_null(at(data, "slots.0.reason")));
    assert_int_equal(json_integer_value(at(data, "slots.0.temporal")), 2);
    assert_int_equal(json_integer_value(at(data, "slots.1.slot")), 2);
    assert_string_equal(text_at(data, "slots.1.state"), "paused");
    assert_string_equal(text_at(data, "slots.1.reason"), "cap");
    json_decref(data);
}

static json_t *resumed(struct meeting *m, struct client **c, const char *session,
                       const char *secret)
{
    *c = client_new(m);
    return ask(m, *c, "resume", json_pack("{s:s,s:s}", "session", session, "secret", secret));
}

static void demand_is_told_and_kept(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    g_autofree char *sdp = offer_text("chromium", NULL);
    json_t *data =
        ask(m, a, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", "A", "offer", sdp));
    g_autofree char *session = g_strdup(text_at(data, "session"));
    g_autofree char *secret = g_strdup(text_at(data, "secret"));
    assert_int_equal(json_integer_value(at(data, "snapshot.demand.camera")), 2);
    json_decref(data);
    struct hop_media_event event = { .type = HOP_MEDIA_DEMAND, .peer = inside(m, 1)->peer };
    event.demand.source = HOP_SOURCE_CAMERA;
    event.demand.top = -1;
    tell(m, event);
    data = take_event(a, "demand");
    assert_string_equal(text_at(data, "source"), "camera");
    assert_int_equal(json_integer_value(at(data, "top")), -1);
    json_decref(data);
    /* Who was away when it changed finds it in the snapshot. */
    data = resumed(m, &a, session, secret);
    assert_int_equal(json_integer_value(at(data, "snapshot.demand.camera")), -1);
    assert_int_equal(json_integer_value(at(data, "snapshot.demand.screen")), 2);
    json_decref(data);
}

static void tell_line(struct meeting *m, hop_participant_number number,
                      enum hop_line_quality quality, uint32_t kbps)
{
    struct hop_media_event event = { .type = HOP_MEDIA_LINE, .peer = inside(m, number)->peer };
    event.line = (struct hop_line_state){ .quality = quality,
                                          .down_kbps = kbps,
                                          .loss_permille = 20,
                                          .rtt_ms = 80,
                                          .limited = kbps > 0 };
    tell(m, event);
}

static void lines_are_their_owners_and_the_moderators_business(void **state)
{
    struct meeting *m = *state;
    struct client *chair = with_media(m, "A");
    struct client *b = with_media(m, "B");
    struct client *c = with_media(m, "C");
    forget_all(m);
    tell_line(m, 2, HOP_LINE_POOR, 800);
    json_t *data = take_event(b, "line");
    assert_string_equal(text_at(data, "quality"), "poor");
    assert_int_equal(json_integer_value(at(data, "down_kbps")), 800);
    assert_true(json_is_true(at(data, "limited")));
    assert_true(json_real_value(at(data, "loss")) > 0.0199 &&
                json_real_value(at(data, "loss")) < 0.0201);
    json_decref(data);
    data = take_event(b, "participant.changed");
    assert_string_equal(text_at(data, "participant.quality"), "poor");
    json_decref(data);
    data = take_event(chair, "participant.changed");
    assert_string_equal(text_at(data, "participant.id"), "p2");
    assert_string_equal(text_at(data, "participant.quality"), "poor");
    json_decref(data);
    assert_null(take_event(chair, "line"));
    assert_null(take_event(c, "participant.changed"));
    /* Another rate, the same quality: nothing for the others. */
    tell_line(m, 2, HOP_LINE_POOR, 0);
    data = take_event(b, "line");
    assert_true(json_is_null(at(data, "down_kbps")));
    json_decref(data);
    assert_null(take_event(chair, "participant.changed"));
}

static void snapshots_hide_what_is_not_ones_business(void **state)
{
    struct meeting *m = *state;
    struct client *chair = with_media(m, "A");
    (void)with_media(m, "B");
    tell_line(m, 2, HOP_LINE_LOST, 0);
    json_t *data = join(m, client_new(m), "r", "C");
    assert_true(json_is_null(at(data, "snapshot.participants.1.quality")));
    assert_true(json_is_null(at(data, "snapshot.line")));
    json_decref(data);
    assert_true(json_is_null(hop_json_quality(inside(m, 2), inside(m, 3))));
    /* Who becomes a moderator learns it. */
    forget_all(m);
    ask_ok(m, chair, "role", json_pack("{s:s,s:s}", "participant", "p3", "role", "secretary"));
    struct client *c = g_ptr_array_index(m->clients, 2);
    bool told = false;
    while ((data = take_event(c, "participant.changed")) != NULL) {
        const json_t *quality = json_object_get(json_object_get(data, "participant"), "quality");
        told = told || (json_is_string(quality) && strcmp(json_string_value(quality), "lost") == 0);
        json_decref(data);
    }
    assert_true(told);
}

static void decisions_are_told_with_their_reasons(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A");
    (void)with_media(m, "B");
    struct hop_media_event event = { .type = HOP_MEDIA_DECISION, .peer = inside(m, 1)->peer };
    event.decision = (struct hop_decision){ .at_us = m->now_us - 250000,
                                            .what = HOP_DECIDED_LAYER,
                                            .why = HOP_WHY_LINE,
                                            .kbps = 640,
                                            .peer = inside(m, 2)->peer,
                                            .source = HOP_SOURCE_CAMERA,
                                            .from = 2,
                                            .to = 0 };
    tell(m, event);
    json_t *data = take_event(a, "decision");
    assert_string_equal(text_at(data, "what"), "layer");
    assert_string_equal(text_at(data, "reason"), "line");
    assert_string_equal(text_at(data, "participant"), "p2");
    assert_int_equal(json_integer_value(at(data, "layer")), 0);
    assert_int_equal(json_integer_value(at(data, "kbps")), 640);
    assert_string_equal(text_at(data, "at"), "2026-11-23T08:00:00.750Z");
    json_decref(data);
    event.decision.what = HOP_DECIDED_ESTIMATE;
    event.decision.why = HOP_WHY_QUEUE;
    event.decision.peer = 0;
    tell(m, event);
    data = take_event(a, "decision");
    assert_string_equal(text_at(data, "reason"), "queue");
    assert_null(json_object_get(data, "participant"));
    json_decref(data);
}

static void a_view_may_carry_a_cap(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A");
    ask_ok(m, a, "view", json_pack("{s:[],s:i}", "tiles", "max_kbps", 600));
    assert_int_equal(inside(m, 1)->cap_kbps, 600);
    ask_ok(m, a, "view", json_pack("{s:[]}", "tiles"));
    assert_int_equal(inside(m, 1)->cap_kbps, 0);
    ask_refused(m, a, "view", json_pack("{s:[],s:i}", "tiles", "max_kbps", -1),
                "protocol.bad_data");
    ask_refused(m, a, "view", json_pack("{s:[],s:s}", "tiles", "max_kbps", "much"),
                "protocol.bad_data");
}

static void take_dump(void *ctx, const char *text)
{
    char **out = ctx;
    assert_null(*out);
    *out = g_strdup(text != NULL ? text : "nothing");
}

static void a_room_as_text(void **state)
{
    struct meeting *m = *state;
    char *text = NULL;
    assert_int_equal(hop_signaling_room_dump(m->signaling, "x", take_dump, &text), -ENOENT);
    (void)with_media(m, "Nguyễn Văn An");
    assert_int_equal(hop_signaling_room_dump(m->signaling, "r", take_dump, &text), 0);
    for (gint64 end_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
         text == NULL && g_get_monotonic_time() < end_us; g_thread_yield())
        hop_signaling_wake(m->signaling);
    assert_non_null(text);
    assert_non_null(strstr(text, "meeting r, 1 present"));
    assert_non_null(strstr(text, "p1 chair line connecting"));
    assert_non_null(strstr(text, "room with 1 peers"));
    assert_null(strstr(text, "Văn")); /* people's names are nobody's business here */
    g_clear_pointer(&text, g_free);
    /* A worker that does not answer in time, as for a room that went meanwhile. */
    assert_int_equal(hop_signaling_room_dump(m->signaling, "r", take_dump, &text), 0);
    advance(m, 4000);
    assert_non_null(text);
    g_clear_pointer(&text, g_free);
    /* Nobody has media. */
    (void)host_room(&m->host, "empty", HOP_ROOM_OPEN);
    json_decref(join(m, client_new(m), "empty", "B"));
    assert_int_equal(hop_signaling_room_dump(m->signaling, "empty", take_dump, &text), 0);
    assert_non_null(strstr(text, "nobody has media"));
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(slots_say_why),
        meeting_test(demand_is_told_and_kept),
        meeting_test(lines_are_their_owners_and_the_moderators_business),
        meeting_test(snapshots_hide_what_is_not_ones_business),
        meeting_test(decisions_are_told_with_their_reasons),
        meeting_test(a_view_may_carry_a_cap),
        meeting_test(a_room_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
