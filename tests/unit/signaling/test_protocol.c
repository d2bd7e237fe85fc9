/* Frames: the golden messages are what the parser takes and the writers write. */
#include "harness.h"

static struct hop_refusal refusal;

static bool decode(const char *text, struct hop_frame *frame, struct hop_request *request)
{
    refusal = (struct hop_refusal){ 0 };
    enum hop_error error = hop_frame_parse(text, strlen(text), frame);
    if (error != HOP_OK) {
        refusal.error = error;
        return false;
    }
    return hop_request_decode(frame, request, &refusal);
}

static char *golden_text(const char *name)
{
    const json_t *golden = g_hash_table_lookup(goldens, name);
    assert_non_null(golden);
    return json_dumps(golden, JSON_COMPACT);
}

/* Every golden request is one of an op that exists, and decodes; every op has one. */
static void golden_requests(void **state)
{
    (void)state;
    bool seen[HOP_OPS] = { false };
    GHashTableIter i;
    gpointer name;
    g_hash_table_iter_init(&i, goldens);
    while (g_hash_table_iter_next(&i, &name, NULL)) {
        if (!g_str_has_prefix(name, "request."))
            continue;
        struct hop_frame frame;
        struct hop_request request;
        char *text = golden_text(name);
        if (!decode(text, &frame, &request))
            fail_msg("%s: %s %s", (char *)name, hop_error_code(refusal.error), refusal.where);
        assert_int_equal(frame.op, request.op);
        assert_true(g_str_has_prefix((char *)name + 8, hop_op_name(frame.op)));
        seen[frame.op] = true;
        hop_frame_clear(&frame);
        free(text);
    }
    for (size_t op = 0; op < HOP_OPS; op++)
        assert_true(seen[op]);
}

static void golden_join(void **state)
{
    (void)state;
    struct hop_frame frame;
    struct hop_request request;
    char *text = golden_text("request.join");
    assert_true(decode(text, &frame, &request));
    assert_string_equal(request.join.room, "kgs-mtpa-wde");
    assert_string_equal(request.join.name, "Nguyễn Văn An");
    assert_string_equal(request.join.key, "0123456789abcdef0123456789abcdef");
    assert_int_equal(request.join.media.given, 7);
    assert_int_equal(request.join.media.value, 3);
    assert_int_equal(request.join.site, 1);
    assert_memory_equal(request.join.offer, "v=0\r\n", 5);
    hop_frame_clear(&frame);
    free(text);
}

static void golden_view(void **state)
{
    (void)state;
    struct hop_frame frame;
    struct hop_request request;
    char *text = golden_text("request.view");
    assert_true(decode(text, &frame, &request));
    assert_int_equal(request.view.n, 2);
    assert_int_equal(request.view.tiles[0].participant, 1);
    assert_int_equal(request.view.tiles[0].source, HOP_SOURCE_SCREEN);
    assert_int_equal(request.view.tiles[0].height, 720);
    assert_true(request.view.tiles[0].pinned);
    assert_false(request.view.tiles[1].pinned);
    hop_frame_clear(&frame);
    free(text);
}

/* Every code has a golden error with the further member that the writer gives it. */
static void golden_errors(void **state)
{
    (void)state;
    for (int e = HOP_OK + 1; e < HOP_ERRORS; e++) {
        g_autofree char *name = g_strdup_printf("error.%s", hop_error_code((enum hop_error)e));
        const json_t *golden = g_hash_table_lookup(goldens, name);
        if (golden == NULL)
            fail_msg("no %s", name);
        struct hop_refusal why = { .error = (enum hop_error)e };
        if (e == HOP_ERR_BAD_DATA)
            (void)strcpy(why.where, "room");
        if (e == HOP_ERR_SERVER_FULL)
            (void)strcpy(why.where, "participants");
        if (e == HOP_ERR_SERVER_OVERLOADED)
            (void)strcpy(why.where, "load");
        if (e >= HOP_ERR_SDP_MALFORMED && e <= HOP_ERR_SDP_CHANGED)
            (void)strcpy(why.where, "m-line 1: no rtcp-mux");
        g_autoptr(GBytes) text =
            hop_error_text(json_integer_value(json_object_get(golden, "re")), &why);
        json_t *written = json_loadb(g_bytes_get_data(text, NULL), g_bytes_get_size(text), 0, NULL);
        json_object_set(json_object_get(written, "error"), "message",
                        json_object_get(json_object_get(golden, "error"), "message"));
        assert_true(json_equal(written, golden));
        json_decref(written);
    }
}

static void events_and_answers(void **state)
{
    (void)state;
    g_autoptr(GBytes) event = hop_event_text("opened", json_object());
    assert_memory_equal(g_bytes_get_data(event, NULL), "\"event\":\"opened\",\"data\":{}}", 28);
    g_autoptr(GBytes) answer = hop_answer_text(7, json_object());
    assert_memory_equal(g_bytes_get_data(answer, NULL), "{\"re\":7,\"data\":{}}", 18);
}

static void times(void **state)
{
    (void)state;
    json_t *t = hop_time_json(1795419000001999);
    assert_string_equal(json_string_value(t), "2026-11-23T07:30:00.001Z");
    json_decref(t);
    t = hop_time_json(0);
    assert_true(json_is_null(t));
    json_decref(t);
}

/* What tests/golden/messages/refused.json lists, said as the first message of a connection. */
static void golden_refused(void **state)
{
    struct meeting *m = *state;
    const json_t *all = g_hash_table_lookup(goldens, "refused");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct client *c = client_new(m);
        send_text(m, c, text_at(one, "text"));
        json_t *frame = take_answer(c, json_integer_value(at(one, "re")));
        if (frame == NULL)
            fail_msg("%s: no answer", text_at(one, "what"));
        if (strcmp(text_at(frame, "error.code"), text_at(one, "code")) != 0)
            fail_msg("%s: %s", text_at(one, "what"), text_at(frame, "error.code"));
        const json_t *member = json_object_get(one, "member");
        if (member != NULL)
            assert_string_equal(text_at(frame, "error.member"), json_string_value(member));
        json_decref(frame);
        client_gone(c);
    }
}

static void bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *member;
    } bad[] = {
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p0\",\"source\":\"camera\","
          "\"muted\":true}}",
          "participant" },
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1234567890\",\"source\":"
          "\"camera\",\"muted\":true}}",
          "participant" },
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1x\",\"source\":\"camera\","
          "\"muted\":true}}",
          "participant" },
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p\",\"source\":\"camera\","
          "\"muted\":true}}",
          "participant" },
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1\",\"source\":\"screen_audio\","
          "\"muted\":true}}",
          "source" },
        { "{\"id\":1,\"op\":\"mute\",\"data\":{\"participant\":\"p1\",\"source\":\"camera\","
          "\"muted\":1}}",
          "muted" },
        { "{\"id\":1,\"op\":\"mute\"}", "participant" },
        { "{\"id\":1,\"op\":\"role\",\"data\":{\"participant\":\"p1\",\"role\":\"king\"}}",
          "role" },
        { "{\"id\":1,\"op\":\"hand\",\"data\":{}}", "raised" },
        { "{\"id\":1,\"op\":\"chat\",\"data\":{}}", "text" },
        { "{\"id\":1,\"op\":\"chat\",\"data\":{\"text\":\"a\",\"ref\":\"a b\"}}", "ref" },
        { "{\"id\":1,\"op\":\"chat\",\"data\":{\"text\":\"a\",\"ref\":\"\"}}", "ref" },
        { "{\"id\":1,\"op\":\"chat_history\",\"data\":{\"before\":-1}}", "before" },
        { "{\"id\":1,\"op\":\"chat_history\",\"data\":{\"before\":1,\"limit\":201}}", "limit" },
        { "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":{}}}", "tiles" },
        { "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[7]}}", "tiles.0" },
        { "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[{\"participant\":\"p1\",\"source\":"
          "\"microphone\"}]}}",
          "tiles.0.source" },
        { "{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[{\"participant\":\"p1\",\"source\":"
          "\"camera\",\"height\":8193}]}}",
          "tiles.0.height" },
        { "{\"id\":1,\"op\":\"offer\",\"data\":{\"sdp\":\"\"}}", "sdp" },
        { "{\"id\":1,\"op\":\"rename\",\"data\":{}}", "name" },
        { "{\"id\":1,\"op\":\"room\",\"data\":{}}", "chat_open" },
        { "{\"id\":1,\"op\":\"stats\",\"data\":{\"loss_up\":1.5}}", "loss_up" },
        { "{\"id\":1,\"op\":\"stats\",\"data\":{\"rtt_ms\":-1}}", "rtt_ms" },
        { "{\"id\":1,\"op\":\"media\",\"data\":{\"screen\":null}}", "screen" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct hop_frame frame;
        struct hop_request request;
        if (decode(bad[i].text, &frame, &request))
            fail_msg("taken: %s", bad[i].text);
        assert_int_equal(refusal.error, HOP_ERR_BAD_DATA);
        assert_string_equal(refusal.where, bad[i].member);
        hop_frame_clear(&frame);
    }
}

static void too_many_tiles(void **state)
{
    (void)state;
    GString *text = g_string_new("{\"id\":1,\"op\":\"view\",\"data\":{\"tiles\":[");
    for (int i = 0; i <= HOP_MAX_VIEW; i++)
        g_string_append_printf(text, "%s{\"participant\":\"p1\",\"source\":\"camera\"}",
                               i > 0 ? "," : "");
    g_string_append(text, "]}}");
    struct hop_frame frame;
    struct hop_request request;
    assert_false(decode(text->str, &frame, &request));
    assert_string_equal(refusal.where, "tiles");
    hop_frame_clear(&frame);
    g_string_free(text, TRUE);
}

static int load(void **state)
{
    (void)state;
    load_goldens();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_requests),    cmocka_unit_test(golden_join),
        cmocka_unit_test(golden_view),        cmocka_unit_test(golden_errors),
        cmocka_unit_test(events_and_answers), cmocka_unit_test(times),
        meeting_test(golden_refused),         cmocka_unit_test(bounds),
        cmocka_unit_test(too_many_tiles),
    };
    return cmocka_run_group_tests(tests, load, drop_goldens);
}
