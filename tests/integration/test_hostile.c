/* Clients that say what they should not: malformed, oversized, unknown, out of order, wrong types,
 * SDP garbage, floods, deaf ears, half-open connections. Each gets a clear answer, and two
 * participants in another room never notice (guards.h). */
#include "tests/integration/guards.h"
#include "tests/integration/raw.h"

#include "media/base/clock.h"

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

static void requests_before_the_join_are_refused(void **state)
{
    static const char *const early[] = {
        "{\"id\":1,\"op\":\"offer\",\"data\":{\"sdp\":\"v=0\"}}",
        "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[]}}",
        "{\"id\":1,\"op\":\"media\",\"data\":{\"camera\":true}}",
        "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1\",\"source\":\"camera\","
        "\"muted\":true}}",
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
        memcpy(text + 3 * i, "họ" + 1, 3); /* 4,001 characters of three bytes */
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
        memcpy(text + 3 * i, "họ" + 1, 3);
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

/* ---- SDP ---------------------------------------------------------------------------------------
 */

#define LONG_50 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LONG    LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

struct edit {
    const char *from, *to; /* every occurrence; to NULL: the line goes */
    const char *code;
};

static char *replace_all(const char *text, const struct edit *e)
{
    char *out = calloc(1, 300000), *at = out;
    while (*text) {
        if (strncmp(text, e->from, strlen(e->from)) != 0) {
            *at++ = *text++;
            continue;
        }
        if (e->to)
            at += sprintf(at, "%s", e->to);
        text += e->to ? strlen(e->from) : strcspn(text, "\n") + 1;
    }
    return out;
}

static char *edit_offer(void *ctx, const char *sdp)
{
    return replace_all(sdp, ctx);
}

static char *many_lines(void *ctx, const char *sdp)
{
    char *out = calloc(1, 300000);
    int n = *(int *)ctx;
    size_t len = (size_t)sprintf(out, "%s", sdp);
    for (int i = 0; i < n; i++)
        len += (size_t)sprintf(out + len,
                               "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
                               "a=mid:x%d\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n",
                               i);
    return out;
}

static char *huge_line(void *ctx, const char *sdp)
{
    char *out = calloc(1, 300000);
    size_t len = (size_t)sprintf(out, "%sa=x:", sdp);
    memset(out + len, 'A', *(size_t *)ctx);
    return out;
}

static void assert_offer_refused(struct meeting *m, char *(*hook)(void *, const char *), void *ctx,
                                 const char *code, const char *what)
{
    struct hop_client_config config = meeting_viewer("Bình", 0, 1, 3);
    config.no_offer = true;
    struct hop_client *c = meeting_join(m, config);
    struct hop_client *before = meeting_enter(m, meeting_viewer("Chi", 0, 2, 3));
    hop_client_set_offer_hook(before, hook, ctx);
    if (hop_client_wait_joined(before, PATIENCE_MS))
        fail_msg("an offer was taken: %s", what);
    if (strncmp(hop_client_error(before), code, strlen(code)) != 0)
        fail_msg("'%s', not %s: %s", hop_client_error(before), code, what);
    assert_int_equal(json_object_size(hop_client_participants(c)), 1);
    meeting_drop(m, before);
    assert_ok(c, "leave", NULL);
    meeting_drop(m, c);
}

static void sdp_that_cannot_be_is_refused_and_joins_nothing(void **state)
{
    struct edit edits[] = {
        { "v=0", "v=1", "sdp." },
        { "a=group:BUNDLE", NULL, "sdp.unsupported" },
        { "a=fingerprint:", NULL, "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:md5 ", "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 GG", "sdp." },
        { "a=ice-ufrag:", NULL, "sdp." },
        { "a=ice-pwd:", NULL, "sdp." },
        { "a=rtcp-mux\r", NULL, "sdp.unsupported" },
        { "opus/48000/2", "PCMU/8000", "sdp." },
        { "a=setup:actpass", "a=setup:passive", "sdp." },
        { "UDP/TLS/RTP/SAVPF", "RTP/AVP", "sdp." },
        { "a=mid:1", "a=mid:0", "sdp." },
        { "a=ice-ufrag:", "a=ice-ufrag:" LONG, "sdp." },
        { "a=ice-pwd:", "a=ice-pwd:" LONG, "sdp." },
        { "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:" LONG, "sdp." },
        { "=", ":", "sdp.malformed" },
    };
    struct meeting *m = *state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
        assert_offer_refused(m, edit_offer, &edits[i], edits[i].code, edits[i].from);
}

static void sdp_without_bounds_is_refused(void **state)
{
    struct meeting *m = *state;
    int lines = 1000, slots = 30;
    size_t line = 200000;
    assert_offer_refused(m, many_lines, &lines, "sdp.", "1000 lines");
    assert_offer_refused(m, many_lines, &slots, "sdp.", "30 slots");
    assert_offer_refused(m, huge_line, &line, "protocol.bad_data", "a long line");
}

static uint32_t random_state;

static uint32_t roll(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static char *mutate(void *ctx, const char *sdp)
{
    size_t len = strlen(sdp);
    char *out = calloc(1, len + 1);
    (void)ctx;
    memcpy(out, sdp, len);
    for (uint32_t i = 1 + roll(8); i > 0; i--) {
        size_t at = roll((uint32_t)len), n = 1 + roll(40);
        n = at + n < len ? n : len - at;
        switch (roll(4)) {
        case 0:
            out[at] = (char)(' ' + roll(95));
            break;
        case 1: /* out */
            memmove(out + at, out + at + n, len - at - n + 1);
            len -= n;
            break;
        case 2: /* one part over another */
            memmove(out + at, out + roll((uint32_t)(len - n + 1)), n);
            break;
        default:
            out[at] = "\r\n:= \t"[roll(6)];
            break;
        }
    }
    return out;
}

/* Each is answered, with an answer or an sdp error; the rest of the session is unharmed. */
static void two_hundred_mutated_offers_harm_nobody(void **state)
{
    struct meeting *m = *state;
    const uint32_t seed = (uint32_t)hop_now_us() | 1;
    unsigned taken = 0, refused = 0;
    random_state = seed;
    printf("seed %u\n", seed);
    for (int i = 0; i < 200; i++) {
        struct hop_client *c = meeting_enter(m, meeting_viewer("Bình", 0, 1, 3));
        hop_client_set_offer_hook(c, mutate, NULL);
        bool joined = hop_client_wait_joined(c, PATIENCE_MS);
        if (!joined && strncmp(hop_client_error(c), "sdp.", 4) != 0)
            fail_msg("offer %d: state %d, error '%s', closed '%s'", i, (int)hop_client_state(c),
                     hop_client_error(c), hop_client_close_why(c));
        taken += joined;
        refused += !joined;
        if (joined)
            hop_client_leave(c);
        meeting_drop(m, c);
    }
    printf("%u taken, %u refused\n", taken, refused);
    assert_true(refused > 10);
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
        guarded_test(sdp_that_cannot_be_is_refused_and_joins_nothing),
        guarded_test(sdp_without_bounds_is_refused),
        guarded_test(two_hundred_mutated_offers_harm_nobody),
        guarded_test(half_open_connections_are_closed_and_hinder_nobody),
    };
    return cmocka_run_group_tests(tests, guards_begin, meeting_end);
}
