/* Clients that say what they should not: malformed, oversized, unknown, out of order, wrong types,
 * floods, deaf ears, half-open connections. Each gets a clear answer, and two
 * participants in another room never notice (guards.h). */
#include "tests/integration/guards.h"
#include "tests/integration/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- messages ----------------------------------------------------------------------------------
 */

static const char ping[] = "{\"id\":1,\"op\":\"ping\"}";

static void malformed_messages_are_answered_and_the_third_closes(void **state)
{
    static const char *const bad[] = {
        "{",
        "",
        "null",
        "[]",
        "\"join\"",
        "{\"id\":1}x",
        "{\"op\":\"ping\"}",
        "{\"id\":0,\"op\":\"ping\"}",
        "{\"id\":-1,\"op\":\"ping\"}",
        "{\"id\":1.5,\"op\":\"ping\"}",
        "{\"id\":\"1\",\"op\":\"ping\"}",
        "{\"id\":9007199254740993,\"op\":\"ping\"}",
        "{\"id\":1,\"id\":2,\"op\":\"ping\"}",
        "{\"id\":1,\"op\":\"ping\",\"data\":{\"a\":1,\"a\":2}}",
        "{\"id\":1,\"op\":\"ping\",}",
        "{\"id\":1e400,\"op\":\"ping\"}",
    };
    struct meeting *m = *state;
    struct raw *r = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (i % 2 == 0) {
            raw_free(r);
            r = raw_open(m);
        }
        if (!bad[i][0])
            continue; /* an empty message is not one that our own side can send */
        if (strcmp(raw_code(r, bad[i]), "protocol.malformed") != 0)
            fail_msg("%s was not refused", bad[i]);
        assert_string_equal(raw_code(r, ping), "");
    }
    raw_say(r, "{");
    raw_say(r, "[");
    assert_int_equal(raw_wait_closed(r, PATIENCE_MS), 1008);
    raw_free(r);
}

static void nesting_without_end_is_refused(void **state)
{
    struct meeting *m = *state;
    struct raw *r = raw_open(m);
    size_t deep = 100000;
    char *text = malloc(deep + 1);
    memset(text, '[', deep);
    text[deep] = '\0';
    assert_string_equal(raw_code(r, text), "protocol.malformed");
    for (size_t i = 0; i + 5 < deep; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_string_equal(raw_code(r, text), "protocol.malformed");
    free(text);
    raw_free(r);
}

static void unknown_requests_are_refused_and_unknown_members_ignored(void **state)
{
    struct meeting *m = *state;
    struct raw *r = raw_open(m);
    assert_string_equal(raw_code(r, "{\"id\":1,\"op\":\"sudo\"}"), "protocol.unknown_op");
    assert_string_equal(raw_code(r, "{\"id\":2,\"op\":\"\"}"), "protocol.unknown_op");
    assert_string_equal(raw_code(r, "{\"id\":3,\"op\":\"ping\",\"data\":{\"x\":[{}]},\"y\":1}"),
                        "");
    raw_free(r);
}

#define MUTE                                                                                       \
    "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1\",\"source\":\"camera\",\"muted\":"  \
    "true}}"

static void requests_before_the_join_are_refused(void **state)
{
    static const char *const early[] = {
        "{\"id\":1,\"op\":\"offer\",\"data\":{\"sdp\":\"v=0\"}}",
        "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[]}}",
        "{\"id\":1,\"op\":\"media\",\"data\":{\"camera\":true}}",
        MUTE,
        "{\"id\":1,\"op\":\"mute_all\",\"data\":{\"source\":\"camera\",\"muted\":true}}",
        "{\"id\":1,\"op\":\"ask_unmute\",\"data\":{\"participant\":\"p1\"}}",
        "{\"id\":1,\"op\":\"hand\",\"data\":{\"raised\":true}}",
        "{\"id\":1,\"op\":\"chat\",\"data\":{\"text\":\"a\"}}",
        "{\"id\":1,\"op\":\"chat_history\",\"data\":{\"before\":0}}",
        "{\"id\":1,\"op\":\"rename\",\"data\":{\"name\":\"B\"}}",
        "{\"id\":1,\"op\":\"role\",\"data\":{\"participant\":\"p1\",\"role\":\"chair\"}}",
        "{\"id\":1,\"op\":\"remove\",\"data\":{\"participant\":\"p1\"}}",
        "{\"id\":1,\"op\":\"room\",\"data\":{\"chat_open\":false}}",
        "{\"id\":1,\"op\":\"stats\",\"data\":{}}",
        "{\"id\":1,\"op\":\"end\"}",
        "{\"id\":1,\"op\":\"leave\"}",
    };
    struct meeting *m = *state;
    struct raw *r = raw_open(m);
    for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
        if (strcmp(raw_code(r, early[i]), "session.not_joined") != 0)
            fail_msg("%s was not refused", early[i]);
    }
    raw_free(r);
}

static void a_second_join_is_refused(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join_media(m, meeting_talker("An", 0));
    assert_refused(c, "join", json_pack("{s:s, s:s}", "room", m->room, "name", "B"),
                   "session.already_joined");
    assert_refused(c, "resume",
                   json_pack("{s:s, s:s}", "session", "00000000000000000000000000000000", "secret",
                             "00000000000000000000000000000000"),
                   "session.already_joined");
    assert_ok(c, "ping", NULL);
}

static const struct {
    const char *op, *data, *code;
} wrong[] = {
    { "offer", "{}", "protocol.bad_data" },
    { "offer", "{\"sdp\":1}", "protocol.bad_data" },
    { "offer", "[]", "protocol.bad_data" },
    { "view", "{}", "protocol.bad_data" },
    { "view", "{\"tiles\":{}}", "protocol.bad_data" },
    { "view", "{\"tiles\":[1]}", "protocol.bad_data" },
    { "view", "{\"tiles\":[{}]}", "protocol.bad_data" },
    { "view", "{\"tiles\":[{\"participant\":\"p1\",\"source\":\"microphone\"}]}",
      "protocol.bad_data" },
    { "view", "{\"tiles\":[{\"participant\":\"p1\",\"source\":\"camera\",\"height\":-1}]}",
      "protocol.bad_data" },
    { "view", "{\"tiles\":[{\"participant\":\"p1\",\"source\":\"camera\",\"height\":99999}]}",
      "protocol.bad_data" },
    { "view", "{\"tiles\":[{\"participant\":\"p1\",\"source\":\"camera\",\"pinned\":1}]}",
      "protocol.bad_data" },
    { "media", "{\"camera\":\"yes\"}", "protocol.bad_data" },
    { "mute", "{}", "protocol.bad_data" },
    { "mute", "{\"participant\":1,\"source\":\"camera\",\"muted\":true}", "protocol.bad_data" },
    { "mute", "{\"participant\":\"p0\",\"source\":\"camera\",\"muted\":true}",
      "protocol.bad_data" },
    { "mute", "{\"participant\":\"p99999999999999999999\",\"source\":\"camera\",\"muted\":true}",
      "protocol.bad_data" },
    { "mute", "{\"participant\":\"p1\",\"source\":\"ear\",\"muted\":true}", "protocol.bad_data" },
    { "mute", "{\"participant\":\"p77\",\"source\":\"camera\",\"muted\":true}",
      "participant.unknown" },
    { "mute_all", "{\"source\":\"camera\",\"muted\":null}", "protocol.bad_data" },
    { "ask_unmute", "{\"participant\":\"x\"}", "protocol.bad_data" },
    { "hand", "{\"raised\":\"up\"}", "protocol.bad_data" },
    { "hand", "{\"raised\":true,\"participant\":{}}", "protocol.bad_data" },
    { "chat", "{\"text\":1}", "protocol.bad_data" },
    { "chat", "{\"text\":\"\"}", "chat.empty" },
    { "chat", "{\"text\":\" \\n\\t \"}", "chat.empty" },
    { "chat", "{\"text\":\"a\",\"ref\":\"\\u0001\"}", "protocol.bad_data" },
    { "chat", "{\"text\":\"a\",\"ref\":7}", "protocol.bad_data" },
    { "chat_history", "{\"before\":-1}", "protocol.bad_data" },
    { "chat_history", "{\"before\":0,\"limit\":201}", "protocol.bad_data" },
    { "chat_history", "{\"before\":0,\"limit\":0}", "protocol.bad_data" },
    { "rename", "{\"name\":7}", "protocol.bad_data" },
    { "rename", "{\"name\":\" \"}", "name.invalid" },
    { "rename", "{\"name\":\"\\u202eevil\"}", "name.invalid" },
    { "role", "{\"participant\":\"p1\",\"role\":\"king\"}", "protocol.bad_data" },
    { "role", "{\"participant\":\"p1\",\"role\":null}", "protocol.bad_data" },
    { "remove", "{\"participant\":[]}", "protocol.bad_data" },
    { "room", "{\"chat_open\":0}", "protocol.bad_data" },
    { "stats", "{\"rtt_ms\":-1}", "protocol.bad_data" },
    { "stats", "{\"loss_up\":2}", "protocol.bad_data" },
    { "stats", "{\"fps\":\"30\"}", "protocol.bad_data" },
};

static void data_of_wrong_types_is_refused_for_every_request(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join_media(m, meeting_talker("An", 0));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *data = json_loads(wrong[i].data, JSON_DECODE_ANY, NULL);
        assert_non_null(data);
        const char *code =
            hop_client_answer_code(hop_client_call(c, wrong[i].op, data, PATIENCE_MS));
        if (strcmp(code, wrong[i].code) != 0)
            fail_msg("%s %s: '%s', not %s", wrong[i].op, wrong[i].data, code, wrong[i].code);
    }
    json_t *he = hop_client_participant(c, hop_client_id(c));
    assert_string_equal(json_string_value(json_object_get(he, "name")), "An");
    assert_int_equal(hop_client_line(c), HOP_CLIENT_LINE_CONNECTED);
}

static void a_join_with_wrong_data_joins_nothing(void **state)
{
    static const struct {
        const char *data, *code;
    } joins[] = {
        { "{}", "protocol.bad_data" },
        { "{\"room\":\"../../etc\",\"name\":\"A\"}", "protocol.bad_data" },
        { "{\"room\":\"aaa-bbbb-ccc\",\"name\":\"A\"}", "room.not_found" },
        { "{\"room\":\"ROOM\",\"name\":7}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"\"}", "name.invalid" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"key\":\"short\"}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"site\":0}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"site\":10000}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"media\":[]}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"offer\":{}}", "protocol.bad_data" },
        { "{\"room\":\"ROOM\",\"name\":\"A\",\"offer\":\"hello\"}", "sdp.malformed" },
    };
    struct meeting *m = *state;
    struct hop_client *c = meeting_join(m, meeting_talker("An", 0));
    struct raw *r = raw_open(m);
    for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
        char text[512];
        const char *at = strstr(joins[i].data, "ROOM");
        snprintf(text, sizeof(text), "{\"id\":%u,\"op\":\"join\",\"data\":%.*s%s%s}",
                 (unsigned)i + 1, at ? (int)(at - joins[i].data) : 0, joins[i].data,
                 at ? m->room : joins[i].data, at ? at + 4 : "");
        const char *code = raw_code(r, text);
        if (strcmp(code, joins[i].code) != 0)
            fail_msg("%s: '%s', not %s", text, code, joins[i].code);
    }
    raw_free(r);
    assert_int_equal(json_object_size(hop_client_participants(c)), 1);
    assert_int_equal(hop_client_count(c, "participant.joined"), 0);
}

/* ---- too much ----------------------------------------------------------------------------------
 */

static void an_oversized_message_closes_1009(void **state)
{
    struct meeting *m = *state;
    struct raw *r = raw_open(m);
    size_t len = 300000;
    char *text = malloc(len + 1);
    memset(text, ' ', len);
    memcpy(text, ping, sizeof(ping) - 1);
    text[len] = '\0';
    raw_send(r, text, len);
    free(text);
    assert_int_equal(raw_wait_closed(r, PATIENCE_MS), 1009);
    assert_true(raw_was_told(r, "protocol.too_big"));
    raw_free(r);
}

static void a_flood_closes_1008(void **state)
{
    struct meeting *m = *state;
    struct raw *r = raw_open(m);
    for (int i = 0; i < 1000; i++)
        raw_send(r, ping, sizeof(ping) - 1);
    int code = raw_wait_closed(r, PATIENCE_MS);
    assert_true(raw_was_told(r, "protocol.flood"));
    /* who goes on sending into a closed socket may get TCP's reset before he has read the code */
    assert_true(code == 1008 || code == 0);
    raw_free(r);
}

static void too_long_a_chat_is_refused_and_the_longest_is_not(void **state)
{
    struct meeting *m = *state;
    struct hop_client *c = meeting_join(m, meeting_talker("An", 0));
    char text[3 * 4001 + 1];
    for (int i = 0; i < 4001; i++)
        memcpy(text + 3 * i, "ọ", 3); /* 4,001 characters of three bytes */
    text[3 * 4001] = '\0';
    assert_refused(c, "chat", json_pack("{s:s}", "text", text), "chat.too_long");
    text[3 * 4000] = '\0';
    assert_ok(c, "chat", json_pack("{s:s}", "text", text));
}

static bool is_away(void *ctx)
{
    struct hop_client *const *pair = ctx; /* observer, observed */
    json_t *p = hop_client_participant(pair[0], hop_client_id(pair[1]));
    const char *line = json_string_value(json_object_get(p, "line"));
    return !p || (line && strcmp(line, "down") == 0);
}

/* The answers that wait for one who does not read are bounded: the connection is given up. */
static void who_never_reads_is_closed_and_costs_little(void **state)
{
    struct meeting *m = *state;
    struct hop_client *observer = meeting_join(m, meeting_talker("An", 0));
    struct hop_client *deaf = meeting_join(m, meeting_talker("Bình", 0));
    char text[3 * 4000 + 1];
    for (int i = 0; i < 4000; i++)
        memcpy(text + 3 * i, "ọ", 3);
    text[3 * 4000] = '\0';
    for (int i = 0; i < 30; i++)
        assert_ok(observer, "chat", json_pack("{s:s}", "text", text));
    double before = rest_metric(&m->hopd, m->loop, "process_resident_memory_bytes", NULL);
    hop_client_set_deaf(deaf, true);
    struct hop_client *pair[] = { observer, deaf };
    for (int i = 0; i < 180 && !is_away(pair); i++) {
        hop_client_request(deaf, "chat_history",
                           json_pack("{s:i, s:i}", "before", 0, "limit", 200));
        if (i % 10 == 9)
            assert_ok(observer, "ping", NULL);
    }
    assert_true(meeting_until(m, is_away, pair, PATIENCE_MS));
    double after = rest_metric(&m->hopd, m->loop, "process_resident_memory_bytes", NULL);
    assert_true(after - before < 64e6);
    assert_ok(observer, "chat", json_pack("{s:s}", "text", "vẫn họp"));
}

/* ---- half-open connections ---------------------------------------------------------------------
 */

enum { HALF_OPEN = 40 };

struct half_open {
    int fds[3 * HALF_OPEN];
};

static bool all_closed(void *ctx)
{
    struct half_open *h = ctx;
    return raw_count_closed(h->fds, 3 * HALF_OPEN) == 3 * HALF_OPEN;
}

static void half_open_connections_are_closed_and_hinder_nobody(void **state)
{
    struct meeting *m = *state;
    struct half_open h;
    for (int i = 0; i < HALF_OPEN; i++) {
        h.fds[3 * i] = raw_tcp(m->hopd.http, "GET / HTTP/1.1\r\nHost: local");
        h.fds[3 * i + 1] =
            raw_tcp(m->hopd.http, "POST /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\nX-Hop: 1\r\n"
                                  "Content-Length: 1000\r\n\r\n{\"title\"");
        h.fds[3 * i + 2] = raw_tcp(m->hopd.https, i % 2 ? "" : "\x16\x03\x01");
    }
    struct rest_answer a = rest_call(&m->hopd, m->loop, "GET", "/healthz", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_true(a.took_us < 2000000);
    rest_clear(&a);
    meeting_join_media(m, meeting_talker("An", 500));
    assert_true(meeting_until(m, all_closed, &h, 30000));
    for (int i = 0; i < 3 * HALF_OPEN; i++)
        close(h.fds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        guarded_test(malformed_messages_are_answered_and_the_third_closes),
        guarded_test(nesting_without_end_is_refused),
        guarded_test(unknown_requests_are_refused_and_unknown_members_ignored),
        guarded_test(requests_before_the_join_are_refused),
        guarded_test(a_second_join_is_refused),
        guarded_test(data_of_wrong_types_is_refused_for_every_request),
        guarded_test(a_join_with_wrong_data_joins_nothing),
        guarded_test(an_oversized_message_closes_1009),
        guarded_test(a_flood_closes_1008),
        guarded_test(too_long_a_chat_is_refused_and_the_longest_is_not),
        guarded_test(who_never_reads_is_closed_and_costs_little),
        guarded_test(half_open_connections_are_closed_and_hinder_nobody),
    };
    return cmocka_run_group_tests(tests, guards_begin, meeting_end);
}
