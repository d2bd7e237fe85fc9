/* Lines that break and come back: WebSockets cut, addresses changed, clients that vanish, hopd
 * killed and stopped. The meeting goes on. */
#include "tests/integration/meeting.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const double tones[] = { 500, 1300, 2300 };

static void join_two(struct meeting *m, struct hop_client *c[2])
{
    c[0] = meeting_join_media(m, meeting_talker("An", tones[0]));
    c[1] = meeting_join_media(m, meeting_talker("Bình", tones[1]));
    assert_all_hear(m, c, tones, 2);
}

/* ---- what others are told ---------------------------------------------------------------------
 */

struct told {
    struct hop_client *c;
    char id[32];
    const char *line;
};

static bool line_is(void *ctx)
{
    const struct told *t = ctx;
    json_t *p = hop_client_participant(t->c, t->id);
    const char *line = json_string_value(json_object_get(p, "line"));
    return line && strcmp(line, t->line) == 0;
}

static void assert_line(struct meeting *m, struct hop_client *c, const struct hop_client *whose,
                        const char *line)
{
    struct told t = { .c = c, .line = line };
    snprintf(t.id, sizeof(t.id), "%s", hop_client_id(whose));
    if (!meeting_until(m, line_is, &t, PATIENCE_MS))
        fail_msg("the line of %s is not told to be %s", t.id, line);
}

static bool has_left(void *ctx)
{
    const struct told *t = ctx;
    return !hop_client_participant(t->c, t->id);
}

/* ---- the WebSocket -----------------------------------------------------------------------------
 */

static void a_cut_websocket_resumes_and_media_goes_on(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    char id[32];
    join_two(m, c);
    snprintf(id, sizeof(id), "%s", hop_client_id(c[1]));
    struct meeting_mark ours = meeting_mark(c[0]), his = meeting_mark(c[1]);
    hop_client_drop_socket(c[1]);
    assert_true(hop_client_wait_closed(c[1], PATIENCE_MS));
    assert_line(m, c[0], c[1], "down");
    assert_ok(c[0], "chat", json_pack("{s:s}", "text", "Đồng chí Bình đâu?"));
    meeting_run(m, 1000);
    assert_true(hop_client_hears_db(c[0], tones[1]) > -25);
    assert_true(hop_client_hears_db(c[1], tones[0]) > -25);
    int64_t began_us = hop_client_loop_now(m->loop);
    assert_int_equal(hop_client_resume(c[1]), 0);
    assert_true(hop_client_wait_joined(c[1], PATIENCE_MS));
    assert_true(hop_client_loop_now(m->loop) - began_us < 2000000);
    assert_string_equal(hop_client_id(c[1]), id);
    json_t *chat = json_object_get(hop_client_snapshot(c[1]), "chat");
    assert_int_equal(json_array_size(chat), 1);
    assert_line(m, c[0], c[1], "up");
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], ours);
    assert_uninterrupted(c[1], his);
    assert_int_equal(hop_client_seq_gaps(c[1]), 0);
    assert_int_equal(hop_client_count(c[0], "participant.left"), 0);
    assert_int_equal(hop_client_count(c[0], "participant.joined"), 1);
}

/* A client of its own that says resume with what it is given. */
static const char *resumed_with(struct meeting *m, const char *session, const char *secret)
{
    struct hop_client *c = meeting_enter(
        m, (struct hop_client_config){ .name = "Lạ", .no_offer = true, .room = "abc" });
    assert_false(hop_client_wait_joined(c, PATIENCE_MS));
    assert_string_equal(hop_client_error(c), "room.not_found");
    return hop_client_answer_code(hop_client_call(
        c, "resume", json_pack("{s:s, s:s}", "session", session, "secret", secret), PATIENCE_MS));
}

static const char *text_of_join(struct hop_client *c, const char *member)
{
    json_t *data = json_object_get(hop_client_answer(c, 1), "data");
    return json_string_value(json_object_get(data, member));
}

static void a_wrong_secret_resumes_nothing(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    char session[64], wrong[64];
    snprintf(session, sizeof(session), "%s", text_of_join(c[0], "session"));
    snprintf(wrong, sizeof(wrong), "%s", text_of_join(c[0], "secret"));
    wrong[5] = wrong[5] == '0' ? '1' : '0';
    struct meeting_mark mark = meeting_mark(c[0]);
    assert_string_equal(resumed_with(m, session, wrong), "session.unknown");
    assert_string_equal(resumed_with(m, wrong, wrong), "session.unknown");
    assert_string_equal(resumed_with(m, "no token", "x"), "protocol.bad_data");
    assert_int_equal(hop_client_state(c[0]), HOP_CLIENT_JOINED);
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], mark);
}

static void a_newer_connection_replaces_the_older(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    struct hop_client_config again = meeting_talker("An", tones[2]);
    again.key = hop_client_key(c[0]);
    struct hop_client *newer = meeting_join_media(m, again);
    assert_true(hop_client_wait_closed(c[0], PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c[0]), 4001);
    assert_string_equal(hop_client_id(newer), hop_client_id(c[0]));
    json_t *he = hop_client_participant(newer, hop_client_id(newer));
    assert_string_equal(json_string_value(json_object_get(he, "role")), "chair");
    struct hop_client *now[] = { newer, c[1] };
    const double hz[] = { tones[2], tones[1] };
    assert_all_hear(m, now, hz, 2);
    assert_falls_silent(m, c[1], tones[0]);
    assert_int_equal(json_object_size(hop_client_participants(c[1])), 2);
}

static void a_resume_while_the_old_socket_lives_replaces_it(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    struct hop_client *other = meeting_enter(
        m, (struct hop_client_config){ .name = "Lạ", .no_offer = true, .room = "abc" });
    assert_false(hop_client_wait_joined(other, PATIENCE_MS));
    struct meeting_mark mark = meeting_mark(c[0]);
    assert_ok(other, "resume",
              json_pack("{s:s, s:s}", "session", text_of_join(c[0], "session"), "secret",
                        text_of_join(c[0], "secret")));
    assert_true(hop_client_wait_closed(c[0], PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c[0]), 4001);
    assert_ok(other, "chat", json_pack("{s:s}", "text", "tôi đây"));
    assert_all_hear(m, c, tones, 2); /* his media has not noticed */
    assert_uninterrupted(c[0], mark);
}

/* ---- media -------------------------------------------------------------------------------------
 */

struct moved {
    struct hop_client *c;
    uint16_t from;
};

static bool has_moved(void *ctx)
{
    const struct moved *w = ctx;
    struct hop_addr is = hop_client_transport_local(hop_client_transport_of(w->c));
    return is.family && is.port != w->from;
}

static void a_new_address_comes_in_by_ice_restart(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    struct moved moved = { .c = c[1] };
    moved.from = hop_client_transport_local(hop_client_transport_of(c[1])).port;
    struct meeting_mark mark = meeting_mark(c[0]);
    int64_t began_us = hop_client_loop_now(m->loop);
    hop_client_restart_ice(c[1], true);
    assert_true(meeting_until(m, has_moved, &moved, PATIENCE_MS));
    uint64_t packets = hop_client_mix(c[1])->packets;
    assert_true(hop_client_wait_hears(c[1], tones[0], -25, PATIENCE_MS));
    assert_true(hop_client_loop_now(m->loop) - began_us < 2000000);
    meeting_run(m, 500);
    assert_true(hop_client_mix(c[1])->packets > packets + 15);
    assert_all_hear(m, c, tones, 2);
    assert_uninterrupted(c[0], mark);
    assert_int_equal(hop_client_mix(c[0])->timestamp_breaks, 0);
    assert_int_equal(hop_client_count(c[1], "media.lost"), 0);
}

static void a_new_peer_connection_gets_new_media(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    uint32_t ssrc = hop_client_mix(c[1])->ssrc;
    struct meeting_mark mark = meeting_mark(c[0]);
    hop_client_renew_media(c[1]);
    assert_true(hop_client_wait_media(c[1], PATIENCE_MS));
    assert_all_hear(m, c, tones, 2);
    assert_int_not_equal(hop_client_mix(c[1])->ssrc, ssrc);
    assert_uninterrupted(c[0], mark);
    assert_int_equal(hop_client_count(c[0], "participant.left"), 0);
}

static void who_says_goodbye_in_dtls_only_has_lost_his_media(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    hop_client_transport_close(hop_client_transport_of(c[1]));
    assert_true(hop_client_wait_events(c[1], "media.lost", 1, PATIENCE_MS));
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c[1], "media.lost"), "reason")),
        "closed");
    assert_falls_silent(m, c[0], tones[1]);
    hop_client_renew_media(c[1]);
    assert_true(hop_client_wait_media(c[1], PATIENCE_MS));
    assert_all_hear(m, c, tones, 2);
}

/* No check, no RTP, no word, and the WebSocket answers no ping: after 15 s the connection is given
 * up, and after resume-seconds (5 here) he. The other one says nothing either, but answers pings.
 */
static void who_vanishes_is_told_of_and_forgotten(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    for (int i = 0; i < 2; i++) {
        struct hop_client_config config = meeting_talker(i ? "Bình" : "An", tones[i]);
        config.no_ping = true;
        c[i] = meeting_join_media(m, config);
    }
    assert_all_hear(m, c, tones, 2);
    struct told t = { .c = c[0] };
    snprintf(t.id, sizeof(t.id), "%s", hop_client_id(c[1]));
    hop_client_transport_set_silent(hop_client_transport_of(c[1]), true);
    hop_client_set_deaf(c[1], true);
    int64_t began_us = hop_client_loop_now(m->loop);
    assert_falls_silent(m, c[0], tones[1]);
    assert_line(m, c[0], c[1], "down");
    assert_true(meeting_until(m, has_left, &t, 30000));
    assert_true(hop_client_loop_now(m->loop) - began_us < 26000000);
    json_t *left = hop_client_last(c[0], "participant.left");
    assert_string_equal(json_string_value(json_object_get(left, "reason")), "lost");
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_worker_peers", NULL, 1, PATIENCE_MS));
    assert_true(rest_wait_at_most(&m->hopd, m->loop, "hop_participants", NULL, 1, PATIENCE_MS));
    /* he who answers pings is not given up */
    assert_int_equal(hop_client_state(c[0]), HOP_CLIENT_JOINED);
    assert_int_equal(hop_client_line(c[0]), HOP_CLIENT_LINE_CONNECTED);
}

/* ---- hopd itself -------------------------------------------------------------------------------
 */

struct everyone {
    struct hop_client **c;
    size_t n;
    bool (*holds)(const struct hop_client *c);
};

static bool all_hold(void *ctx)
{
    const struct everyone *e = ctx;
    for (size_t i = 0; i < e->n; i++) {
        if (!e->holds(e->c[i]))
            return false;
    }
    return true;
}

static bool is_closed(const struct hop_client *c)
{
    return hop_client_state(c) == HOP_CLIENT_CLOSED;
}

static bool is_back(const struct hop_client *c)
{
    return hop_client_state(c) == HOP_CLIENT_JOINED &&
           hop_client_line(c) == HOP_CLIENT_LINE_CONNECTED;
}

static bool media_is_closed(const struct hop_client *c)
{
    return hop_client_line(c) == HOP_CLIENT_LINE_CLOSED;
}

static void assert_everyone(struct meeting *m, struct hop_client **c, size_t n,
                            bool (*holds)(const struct hop_client *c))
{
    struct everyone e = { .c = c, .n = n, .holds = holds };
    assert_true(meeting_until(m, all_hold, &e, PATIENCE_MS));
}

static void restart(struct meeting *m)
{
    assert_true(hopd_spawn(&m->hopd));
    assert_true(hopd_wait_ready(&m->hopd, m->loop, 30000));
}

/* Everyone comes back with his key: the same ids, roles, mutes, and the chat. */
static void rejoin(struct meeting *m, struct hop_client **c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(hop_client_rejoin(c[i]), 0);
    assert_everyone(m, c, n, is_back);
}

static const char *role_of(struct hop_client *c)
{
    json_t *p = hop_client_participant(c, hop_client_id(c));
    return json_string_value(json_object_get(p, "role"));
}

static void after_kill_9_all_come_back_as_the_same(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[3];
    char ids[3][32];
    join_two(m, c);
    c[2] = meeting_join_media(m, meeting_talker("Chi", tones[2]));
    assert_all_hear(m, c, tones, 3);
    for (int i = 0; i < 3; i++)
        snprintf(ids[i], sizeof(ids[i]), "%s", hop_client_id(c[i]));
    assert_ok(c[0], "role", json_pack("{s:s, s:s}", "participant", ids[1], "role", "secretary"));
    assert_ok(
        c[0], "mute",
        json_pack("{s:s, s:s, s:b}", "participant", ids[2], "source", "microphone", "muted", 1));
    json_t *first = assert_ok(c[0], "chat", json_pack("{s:s}", "text", "Điểm danh"));
    json_int_t chat_id = json_integer_value(json_object_get(first, "id"));
    hopd_kill(&m->hopd);
    assert_everyone(m, c, 3, is_closed);
    restart(m);
    rejoin(m, c, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(hop_client_id(c[i]), ids[i]);
    assert_string_equal(role_of(c[0]), "chair");
    assert_string_equal(role_of(c[1]), "secretary");
    assert_string_equal(role_of(c[2]), "guest");
    json_t *chat = json_object_get(hop_client_snapshot(c[1]), "chat");
    assert_int_equal(json_array_size(chat), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(chat, 0), "id")), chat_id);
    assert_hears(c[0], tones[1]);
    assert_hears(c[2], tones[0]);
    assert_falls_silent(m, c[0],
                        tones[2]); /* still muted; a tone's beginning sounds like all tones */
    meeting_run(m, 500);
    assert_does_not_hear(c[0], tones[2]);
}

static void sigterm_tells_all_and_loses_nothing(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c[2];
    join_two(m, c);
    enum { TEXTS = 120 };
    int said[TEXTS];
    for (int i = 0; i < TEXTS; i++)
        said[i] = hop_client_chat(c[i % 2], "trước khi dừng");
    for (int i = 0; i < 2; i++)
        assert_ok(c[i], "ping", NULL); /* hopd has them */
    int code = hopd_stop(&m->hopd, m->loop);
    assert_int_equal(code, 0);
    assert_everyone(m, c, 2, is_closed);
    assert_everyone(m, c, 2, media_is_closed);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hop_client_close_code(c[i]), 1001);
        assert_int_equal(hop_client_count(c[i], "stopping"), 1);
        json_t *retry = json_object_get(hop_client_last(c[i], "stopping"), "retry_after_ms");
        assert_true(json_integer_value(retry) > 0);
    }
    size_t stored = 0;
    for (int i = 0; i < TEXTS; i++)
        stored += json_object_get(hop_client_answer(c[i % 2], said[i]), "data") != NULL;
    restart(m);
    rejoin(m, c, 2);
    json_t *chat = json_object_get(hop_client_snapshot(c[0]), "chat");
    assert_true(json_array_size(chat) >= stored);
    assert_int_equal(stored, TEXTS);
    assert_all_hear(m, c, tones, 2);
}

static int begin(void **state)
{
    const struct hopd_options options = { .set = { "meetings.resume-seconds=5" } };
    return meeting_begin_with(state, &options);
}

/* Sessions of the administrator live in the database too: the cookie stays good. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(a_cut_websocket_resumes_and_media_goes_on),
        meeting_test(a_wrong_secret_resumes_nothing),
        meeting_test(a_newer_connection_replaces_the_older),
        meeting_test(a_resume_while_the_old_socket_lives_replaces_it),
        meeting_test(a_new_address_comes_in_by_ice_restart),
        meeting_test(a_new_peer_connection_gets_new_media),
        meeting_test(who_says_goodbye_in_dtls_only_has_lost_his_media),
        meeting_test(who_vanishes_is_told_of_and_forgotten),
        meeting_test(after_kill_9_all_come_back_as_the_same),
        meeting_test(sigterm_tells_all_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, begin, meeting_end);
}
