/* One connection against its limits: fragments, floods, silence, a client that does not read. */
#include "harness.h"

static void message_in_fragments(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    const char *text = "{\"id\":1,\"op\":\"ping\"}";
    c->ops[1] = "ping";
    c->id = 1;
    for (size_t i = 0; text[i] != '\0'; i++)
        hop_session_receive(c->session, text + i, 1, text[i + 1] == '\0', false);
    pump(m);
    json_t *answer = take_answer(c, 1);
    assert_string_equal(text_at(answer, "data.time"), "2026-11-23T08:00:01.000Z");
    json_decref(answer);
}

static void three_malformed_close(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    send_text(m, c, "{");
    send_text(m, c, "[]");
    assert_int_equal(c->closed, 0);
    send_text(m, c, "{\"op\":\"ping\"}");
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
    for (int i = 0; i < 3; i++) {
        json_t *answer = take_answer(c, 0);
        assert_string_equal(text_at(answer, "error.code"), "protocol.malformed");
        json_decref(answer);
    }
}

static void binary_closes(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    hop_session_receive(c->session, "\x01", 1, true, true);
    pump(m);
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
}

static void too_big(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    g_autofree char *piece = g_malloc0(4096);
    memset(piece, ' ', 4096);
    for (size_t sent = 0; sent < HOP_MAX_MESSAGE; sent += 4096)
        hop_session_receive(c->session, piece, 4096, false, false);
    pump(m);
    assert_int_equal(c->closed, 0);
    hop_session_receive(c->session, piece, 1, false, false);
    pump(m);
    assert_int_equal(c->closed, HOP_CLOSE_TOO_BIG);
    json_t *answer = take_answer(c, 0);
    assert_string_equal(text_at(answer, "error.code"), "protocol.too_big");
    json_decref(answer);
}

static void flood(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    for (int i = 0; i < 200; i++)
        send_request(m, c, "ping", json_object());
    assert_int_equal(c->closed, 0);
    /* a second later fifty more are welcome */
    advance(m, 1000);
    for (int i = 0; i < 50; i++)
        send_request(m, c, "ping", json_object());
    assert_int_equal(c->closed, 0);
    send_request(m, c, "ping", json_object());
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
    json_t *answer = take_answer(c, 0);
    assert_string_equal(text_at(answer, "error.code"), "protocol.flood");
    json_decref(answer);
}

static void empty_fragments_are_a_flood(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    for (int i = 0; i < 250; i++)
        hop_session_receive(c->session, "", 0, false, false);
    pump(m);
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
}

/* Who does not read is dropped once a mebibyte waits for him; the others go on. */
static void deaf_client(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    g_autofree char *text = g_strnfill(3900, 'x');
    b->deaf = true;
    int sent = 0;
    while (b->session != NULL && sent < 2000) {
        ask_ok(m, a, "chat", json_pack("{s:s}", "text", text));
        forget_frames(a);
        sent++;
        if (sent % 50 == 0)
            advance(m, 1000);
        if (b->killed)
            client_gone(b);
    }
    assert_true(b->killed);
    /* dropped by the bound on the queue; its silence is cut later */
    assert_in_range(sent, 255, 280);
    json_t *event = NULL;
    while ((event = take_event(a, "participant.changed")) != NULL)
        json_decref(event);
    ask_ok(m, a, "ping", json_object());
}

static void silent_client_is_lost(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    forget_frames(a);
    b->deaf = true; /* answers no ping either */
    advance(m, 14000);
    assert_non_null(b->session);
    assert_null(take_event(a, "participant.changed"));
    advance(m, 2000);
    assert_null(b->session);
    json_t *event = take_event(a, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "down");
    json_decref(event);
}

static void pings_go_out(void **state)
{
    struct meeting *m = *state;
    struct client *c = joined(m, "A");
    m->now_us += 5000000;
    hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
    hop_signaling_tick(m->signaling, m->now_us);
    pump(m);
    assert_int_equal(c->pings, 1);
    hop_signaling_tick(m->signaling, m->now_us);
    pump(m);
    assert_int_equal(c->pings, 1);
}

static void a_line_that_is_up_is_pinged_less(void **state)
{
    struct meeting *m = *state;
    struct client *c = joined(m, "A");
    c->session->participant->media = HOP_MEDIA_UP;
    for (int at_s = 14; at_s <= 15; at_s++) {
        m->now_us += at_s == 14 ? 14000000 : 1000000;
        hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
        hop_signaling_tick(m->signaling, m->now_us);
        pump(m);
        assert_int_equal(c->pings, at_s == 14 ? 0 : 1);
    }
}

static void joins_nothing(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    advance(m, 59000);
    assert_int_equal(c->closed, 0);
    advance(m, 2000);
    assert_int_equal(c->closed, HOP_CLOSE_ABUSE);
}

/* A closing connection whose client does not read does not stay for ever. */
static void close_is_enforced(void **state)
{
    struct meeting *m = *state;
    struct client *c = joined(m, "A");
    c->deaf = true;
    send_request(m, c, "leave", json_object());
    assert_non_null(c->session);
    m->now_us += 5000000;
    hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
    hop_signaling_tick(m->signaling, m->now_us);
    assert_true(c->killed);
}

static void too_many_connections(void **state)
{
    struct meeting *m = *state;
    for (int i = 0; i < default_config.limits.max_participants * 2 + 64; i++)
        assert_int_equal(client_new(m)->closed, 0);
    assert_int_equal(client_new(m)->closed, HOP_CLOSE_TRY_LATER);
}

static void nothing_after_a_close(void **state)
{
    struct meeting *m = *state;
    struct client *c = joined(m, "A");
    const char *two[] = { "{\"id\":8,\"op\":\"leave\"}", "{\"id\":9,\"op\":\"ping\"}" };
    c->ops[8] = "leave";
    for (int i = 0; i < 2; i++)
        hop_session_receive(c->session, two[i], strlen(two[i]), true, false);
    pump(m);
    assert_int_equal(c->closed, HOP_CLOSE_LEFT);
    json_decref(take_answer(c, 8));
    assert_null(take_answer(c, 9));
}

static void stop_tells_everyone(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    hop_signaling_stop(m->signaling, 1500);
    pump(m);
    assert_int_equal(a->closed, HOP_CLOSE_STOPPING);
    assert_int_equal(b->closed, HOP_CLOSE_STOPPING);
    json_t *event = take_event(a, "stopping");
    assert_int_equal(json_integer_value(at(event, "retry_after_ms")), 1500);
    json_decref(event);
    struct client *c = client_new(m);
    ask_refused(m, c, "join", join_data("r", "C"), "server.stopping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(message_in_fragments),
        meeting_test(three_malformed_close),
        meeting_test(binary_closes),
        meeting_test(too_big),
        meeting_test(flood),
        meeting_test(empty_fragments_are_a_flood),
        meeting_test(deaf_client),
        meeting_test(silent_client_is_lost),
        meeting_test(pings_go_out),
        meeting_test(a_line_that_is_up_is_pinged_less),
        meeting_test(joins_nothing),
        meeting_test(close_is_enforced),
        meeting_test(too_many_connections),
        meeting_test(nothing_after_a_close),
        meeting_test(stop_tells_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
