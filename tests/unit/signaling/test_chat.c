/* Chat: stored before anyone sees it, once however often it is sent, bounded. */
#include "harness.h"

static json_t *text(const char *t)
{
    return json_pack("{s:s}", "text", t);
}

static void reaches_all_and_latecomers(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    json_t *answer = ask(m, a, "chat", text("  chào\r\nbạn "));
    json_t *ea = take_event(a, "chat");
    json_t *eb = take_event(b, "chat");
    assert_true(json_equal(ea, eb));
    assert_string_equal(text_at(eb, "text"), "chào\nbạn");
    assert_string_equal(text_at(eb, "from"), "p1");
    assert_string_equal(text_at(eb, "name"), "A");
    assert_true(json_equal(at(eb, "id"), at(answer, "id")));
    assert_true(json_equal(at(eb, "at"), at(answer, "at")));
    json_t *late = join(m, client_new(m), "r", "C");
    assert_true(json_equal(at(late, "snapshot.chat.0"), eb));
    assert_true(json_is_false(at(late, "snapshot.chat_more")));
    json_decref(late);
    json_decref(answer);
    json_decref(ea);
    json_decref(eb);
}

static void refused_texts(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    GString *long_text = g_string_new(NULL);
    for (int i = 0; i < HOP_MAX_CHAT; i++)
        g_string_append(long_text, "ế");
    ask_ok(m, a, "chat", text(long_text->str));
    g_string_append(long_text, "x");
    ask_refused(m, a, "chat", text(long_text->str), "chat.too_long");
    ask_refused(m, a, "chat", text(""), "chat.empty");
    ask_refused(m, a, "chat", text(" \n\t "), "chat.empty");
    g_string_free(long_text, TRUE);
}

/* Nobody sees what was not stored; the sender is told; the meeting goes on. */
static void full_disk(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    m->host.error = -ENOSPC;
    ask_refused(m, a, "chat", text("lost"), "server.storage");
    assert_null(take_event(b, "chat"));
    m->host.error = 0;
    ask_ok(m, a, "chat", text("kept"));
    json_t *event = take_event(b, "chat");
    assert_string_equal(text_at(event, "text"), "kept");
    json_decref(event);
}

static void waits_for_the_store(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    m->host.slow = true;
    int64_t id = send_request(m, a, "chat", text("x"));
    assert_null(take_answer(a, id));
    assert_null(take_event(b, "chat"));
    host_flush(m);
    json_decref(take_answer(a, id));
    json_decref(take_event(b, "chat"));
}

/* The sender's connection is gone when the store answers: the others get the text all the same. */
static void sender_gone(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    m->host.slow = true;
    (void)send_request(m, a, "chat", text("x"));
    client_gone(a);
    host_flush(m);
    json_t *event = take_event(b, "chat");
    assert_string_equal(text_at(event, "from"), "p1");
    json_decref(event);
}

static void room_gone(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    m->host.slow = true;
    (void)send_request(m, a, "chat", text("x"));
    (void)send_request(m, a, "chat_history", json_pack("{s:i}", "before", 0));
    hop_room_end(hop_room_find(m->signaling, "r"), "ended");
    pump(m);
    host_flush(m);
    assert_int_equal(a->closed, HOP_CLOSE_ENDED);
}

static void said_twice(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    json_t *one = ask(m, a, "chat", json_pack("{s:s,s:s}", "text", "x", "ref", "k1"));
    json_t *two = ask(m, a, "chat", json_pack("{s:s,s:s}", "text", "x", "ref", "k1"));
    assert_true(json_equal(one, two));
    json_decref(take_event(b, "chat"));
    assert_null(take_event(b, "chat"));
    /* another person's reference is another text */
    ask_ok(m, b, "chat", json_pack("{s:s,s:s}", "text", "y", "ref", "k1"));
    json_decref(take_event(a, "chat"));
    json_t *event = take_event(a, "chat");
    assert_string_equal(text_at(event, "text"), "y");
    json_decref(event);
    json_decref(one);
    json_decref(two);
}

/* Stored in one order, reported in another: newcomers see them in the store's order. */
static void out_of_order(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    m->host.slow = true;
    (void)send_request(m, a, "chat", text("1"));
    (void)send_request(m, a, "chat", text("2"));
    g_queue_reverse(&m->host.queue);
    host_flush(m);
    m->host.slow = false;
    json_t *late = join(m, client_new(m), "r", "B");
    assert_string_equal(text_at(late, "snapshot.chat.0.text"), "1");
    assert_string_equal(text_at(late, "snapshot.chat.1.text"), "2");
    json_decref(late);
}

static void history(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    for (int i = 1; i <= 230; i++) {
        g_autofree char *t = g_strdup_printf("text %d", i);
        ask_ok(m, a, "chat", text(t));
        forget_frames(a);
        if (i % 50 == 0)
            advance(m, 1000);
    }
    json_t *late = join(m, client_new(m), "r", "B");
    assert_int_equal(json_array_size(at(late, "snapshot.chat")), 200);
    assert_string_equal(text_at(late, "snapshot.chat.0.text"), "text 31");
    assert_true(json_is_true(at(late, "snapshot.chat_more")));
    json_decref(late);
    json_t *older = ask(m, a, "chat_history", json_pack("{s:i,s:i}", "before", 31, "limit", 10));
    assert_int_equal(json_array_size(at(older, "chat")), 10);
    assert_string_equal(text_at(older, "chat.9.text"), "text 30");
    assert_true(json_is_true(at(older, "more")));
    json_decref(older);
    older = ask(m, a, "chat_history", json_pack("{s:i}", "before", 3));
    assert_int_equal(json_array_size(at(older, "chat")), 2);
    assert_true(json_is_false(at(older, "more")));
    json_decref(older);
}

/* Long texts: a snapshot stays small and says that there is more. */
static void snapshot_is_bounded(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    g_autofree char *t = g_strnfill(4000, 'x');
    for (int i = 0; i < 100; i++)
        ask_ok(m, a, "chat", text(t));
    json_t *late = join(m, client_new(m), "r", "B");
    assert_int_equal(json_array_size(at(late, "snapshot.chat")), 16);
    assert_true(json_is_true(at(late, "snapshot.chat_more")));
    json_decref(late);
    json_t *older = ask(m, a, "chat_history", json_pack("{s:i,s:i}", "before", 0, "limit", 200));
    assert_int_equal(json_array_size(at(older, "chat")), 65);
    assert_true(json_is_true(at(older, "more")));
    json_decref(older);
}

static void closed_chat(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_refused(m, b, "room", json_pack("{s:b}", "chat_open", false), "permission.denied");
    ask_ok(m, a, "room", json_pack("{s:b}", "chat_open", false));
    json_t *event = take_event(b, "room.changed");
    assert_true(json_is_false(at(event, "room.chat_open")));
    json_decref(event);
    ask_refused(m, b, "chat", text("x"), "chat.closed");
    ask_ok(m, a, "chat", text("x"));
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "observer"));
    ask_ok(m, a, "room", json_pack("{s:b}", "chat_open", true));
    ask_refused(m, b, "chat", text("x"), "permission.denied");
}

static void too_much_under_way(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    m->host.slow = true;
    for (int i = 0; i < 64; i++)
        (void)send_request(m, a, "chat", text("x"));
    ask_refused(m, a, "chat", text("x"), "server.busy");
    ask_refused(m, a, "chat_history", json_pack("{s:i}", "before", 0), "server.busy");
    host_flush(m);
    m->host.slow = false;
    ask_ok(m, a, "chat", text("x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(reaches_all_and_latecomers),
        meeting_test(refused_texts),
        meeting_test(full_disk),
        meeting_test(waits_for_the_store),
        meeting_test(sender_gone),
        meeting_test(room_gone),
        meeting_test(said_twice),
        meeting_test(out_of_order),
        meeting_test(history),
        meeting_test(snapshot_is_bounded),
        meeting_test(closed_chat),
        meeting_test(too_much_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
