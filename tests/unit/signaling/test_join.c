/* Coming, coming back, going: ids, keys, sessions, restarts, caps, and answers that come too late.
 */
#include "harness.h"

static void first_is_chair(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    struct client *b = client_new(m);
    json_t *ja = join(m, a, "r", " Nguyễn  Văn An ");
    assert_string_equal(text_at(ja, "snapshot.you"), "p1");
    assert_string_equal(text_at(ja, "snapshot.participants.0.role"), "chair");
    assert_string_equal(text_at(ja, "snapshot.participants.0.name"), "Nguyễn Văn An");
    assert_string_equal(text_at(ja, "snapshot.participants.0.line"), "up");
    assert_string_equal(text_at(ja, "snapshot.room.title"), "Giao ban tuần");
    json_t *jb = join(m, b, "r", "B");
    assert_string_equal(text_at(jb, "snapshot.you"), "p2");
    assert_string_equal(text_at(jb, "snapshot.participants.1.role"), "guest");
    assert_int_equal(json_array_size(at(jb, "snapshot.participants")), 2);
    json_t *event = take_event(a, "participant.joined");
    assert_string_equal(text_at(event, "participant.id"), "p2");
    assert_null(take_event(b, "participant.joined"));
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 2);
    assert_int_equal(hop_signaling_room_count(m->signaling, "s"), -1);
    json_decref(event);
    json_decref(ja);
    json_decref(jb);
}

static void roles_of_accounts(void **state)
{
    struct meeting *m = *state;
    struct hop_identity admin = { .user_id = 1, .name = "Thư ký", .administrator = true };
    struct hop_identity user = { .user_id = 2, .name = "Đại biểu" };
    (void)joined(m, "A");
    json_t *data = join(m, client_as(m, &admin), "r", "someone else");
    assert_string_equal(text_at(data, "snapshot.participants.1.role"), "organizer");
    assert_string_equal(text_at(data, "snapshot.participants.1.name"), "Thư ký");
    assert_true(json_is_false(at(data, "snapshot.participants.1.guest")));
    json_decref(data);
    data = ask(m, client_as(m, &user), "join", json_pack("{s:s}", "room", "r"));
    assert_string_equal(text_at(data, "snapshot.participants.2.role"), "delegate");
    json_decref(data);
}

static void refused_joins(void **state)
{
    struct meeting *m = *state;
    struct client *c = client_new(m);
    (void)host_room(&m->host, "ended", HOP_ROOM_ENDED);
    (void)host_room(&m->host, "cancelled", HOP_ROOM_CANCELLED);
    ask_refused(m, c, "join", join_data("none", "A"), "room.not_found");
    ask_refused(m, c, "join", join_data("ended", "A"), "room.ended");
    ask_refused(m, c, "join", join_data("cancelled", "A"), "room.cancelled");
    ask_refused(m, c, "join", json_pack("{s:s}", "room", "r"), "name.invalid");
    m->host.error = -EIO;
    ask_refused(m, c, "join", join_data("r", "A"), "server.storage");
    m->host.error = -ETIMEDOUT;
    ask_refused(m, c, "join", join_data("r", "A"), "server.busy");
    m->host.error = 0;
    json_decref(join(m, c, "r", "A"));
    ask_refused(m, c, "join", join_data("r", "A"), "session.already_joined");
    ask_refused(m, c, "resume",
                json_pack("{s:s,s:s}", "session", "0123456789abcdef0123456789abcdef", "secret",
                          "0123456789abcdef0123456789abcdef"),
                "session.already_joined");
}

/* The room's records cannot be read: nobody is let into half a room, the next try works. */
static void load_fails(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    struct client *b = client_new(m);
    m->host.slow = true;
    int64_t ia = send_request(m, a, "join", join_data("r", "A"));
    int64_t ib = send_request(m, b, "join", join_data("r", "B"));
    for (int i = 0; i < 2; i++) { /* both look-ups; the load begins */
        struct deferred *d = g_queue_pop_head(&m->host.queue);
        d->run(d);
        g_free(d);
    }
    for (GList *l = m->host.queue.head; l != NULL; l = l->next)
        ((struct deferred *)l->data)->error = -EIO;
    host_flush(m);
    json_t *answer = take_answer(a, ia);
    assert_string_equal(text_at(answer, "error.code"), "server.storage");
    json_decref(answer);
    answer = take_answer(b, ib);
    assert_string_equal(text_at(answer, "error.code"), "server.storage");
    json_decref(answer);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), -1);
    m->host.slow = false;
    json_decref(join(m, a, "r", "A"));
}

/* Everything about a slow host: two joins before the room is loaded, one of them gives up. */
static void slow_host(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    struct client *b = client_new(m);
    m->host.slow = true;
    int64_t ia = send_request(m, a, "join", join_data("r", "A"));
    (void)send_request(m, b, "join", join_data("r", "B"));
    ask_refused(m, a, "join", join_data("r", "A"), "session.already_joined");
    ask_refused(m, a, "chat", json_pack("{s:s}", "text", "x"), "session.not_joined");
    client_gone(b);
    host_flush(m);
    json_t *answer = take_answer(a, ia);
    assert_string_equal(text_at(answer, "data.snapshot.you"), "p1");
    assert_int_equal(json_array_size(at(answer, "data.snapshot.participants")), 1);
    json_decref(answer);
}

/* The service goes while the host still works: its answers find nothing. */
static void service_gone_before_the_answer(void **state)
{
    struct meeting *m = *state;
    m->host.slow = true;
    (void)send_request(m, client_new(m), "join", join_data("r", "A"));
    restart(m, &default_config);
    m->host.slow = false;
    (void)joined(m, "B");
}

static json_t *join_with_key(struct meeting *m, struct client *c, const char *key)
{
    json_t *data = join_data("r", "B");
    json_object_set_new(data, "key", json_string(key));
    return ask(m, c, "join", data);
}

static void key_brings_back(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    g_autofree char *key = g_strdup(text_at(data, "key"));
    json_decref(data);
    ask_ok(m, a, "role", json_pack("{s:s,s:s}", "participant", "p2", "role", "secretary"));
    ask_ok(m, a, "mute",
           json_pack("{s:s,s:s,s:b}", "participant", "p2", "source", "camera", "muted", true));
    ask_ok(m, b, "leave", json_object());
    assert_int_equal(b->closed, HOP_CLOSE_LEFT);
    json_t *left = take_event(a, "participant.left");
    assert_string_equal(text_at(left, "reason"), "left");
    json_decref(left);

    struct client *c = client_new(m);
    data = join_with_key(m, c, key);
    assert_string_equal(text_at(data, "snapshot.you"), "p2");
    assert_string_equal(text_at(data, "key"), key);
    assert_string_equal(text_at(data, "snapshot.participants.1.role"), "secretary");
    assert_true(json_is_true(at(data, "snapshot.participants.1.muted.camera")));
    json_decref(data);
    /* a new person gets a new number */
    data = join(m, client_new(m), "r", "C");
    assert_string_equal(text_at(data, "snapshot.you"), "p3");
    json_decref(data);
}

/* The same person on a second connection: the first one is closed, the others see no new person. */
static void key_replaces(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    g_autofree char *key = g_strdup(text_at(data, "key"));
    g_autofree char *session = g_strdup(text_at(data, "session"));
    g_autofree char *secret = g_strdup(text_at(data, "secret"));
    json_decref(data);
    forget_frames(a);
    struct client *c = client_new(m);
    data = join_with_key(m, c, key);
    assert_int_equal(b->closed, HOP_CLOSE_REPLACED);
    assert_int_equal(json_array_size(at(data, "snapshot.participants")), 2);
    assert_null(take_event(a, "participant.joined"));
    assert_null(take_event(a, "participant.left"));
    json_decref(data);
    /* the old session is no more */
    ask_refused(m, client_new(m), "resume",
                json_pack("{s:s,s:s}", "session", session, "secret", secret), "session.unknown");
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 2);
}

static void unknown_key_is_a_new_person(void **state)
{
    struct meeting *m = *state;
    (void)joined(m, "A");
    json_t *data = join_with_key(m, client_new(m), "0123456789abcdef0123456789abcdef");
    assert_string_equal(text_at(data, "snapshot.you"), "p2");
    assert_string_not_equal(text_at(data, "key"), "0123456789abcdef0123456789abcdef");
    json_decref(data);
}

/* kill -9: ids, roles and chat come back from the host; the chair is chair again. */
static void restart_of_the_server(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    g_autofree char *key = g_strdup(text_at(data, "key"));
    json_decref(data);
    struct client *b = joined(m, "B");
    ask_ok(m, b, "chat", json_pack("{s:s}", "text", "trước"));
    restart(m, &default_config);

    data = join(m, client_new(m), "r", "C");
    assert_string_equal(text_at(data, "snapshot.you"), "p3");
    assert_string_equal(text_at(data, "snapshot.participants.0.role"), "guest");
    assert_string_equal(text_at(data, "snapshot.chat.0.text"), "trước");
    json_decref(data);
    data = join_with_key(m, client_new(m), key);
    assert_string_equal(text_at(data, "snapshot.you"), "p1");
    assert_string_equal(text_at(data, "snapshot.participants.1.role"), "chair");
    json_decref(data);
    /* the store holds no key */
    GArray *records = m->host.participants;
    for (guint i = 0; i < records->len; i++)
        assert_null(memmem(&g_array_index(records, struct hop_participant_record, i),
                           sizeof(struct hop_participant_record), key, strlen(key)));
}

static json_t *resume_data(const json_t *joined_data)
{
    return json_pack("{s:s,s:s}", "session", text_at(joined_data, "session"), "secret",
                     text_at(joined_data, "secret"));
}

static void resume(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    forget_frames(a);
    client_gone(b);
    pump(m);
    json_t *event = take_event(a, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "down");
    json_decref(event);
    ask_ok(m, a, "chat", json_pack("{s:s}", "text", "hai"));
    advance(m, 29000);

    struct client *c = client_new(m);
    c->seq = b->seq; /* the session's numbers go on */
    json_t *again = ask(m, c, "resume", resume_data(data));
    assert_string_equal(text_at(again, "snapshot.you"), "p2");
    assert_string_equal(text_at(again, "snapshot.chat.0.text"), "hai");
    assert_string_equal(text_at(again, "snapshot.participants.1.line"), "up");
    assert_int_equal(json_integer_value(at(again, "snapshot.seq")), b->seq);
    json_decref(again);
    event = take_event(a, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "up");
    json_decref(event);
    assert_null(take_event(a, "participant.joined"));
    advance(m, 60000);
    assert_null(take_event(a, "participant.left"));
    json_decref(data);
}

/* The server has not noticed yet that the old connection is dead. */
static void resume_replaces(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    struct client *b = client_new(m);
    b->seq = a->seq;
    json_decref(ask(m, b, "resume", resume_data(data)));
    assert_int_equal(a->closed, HOP_CLOSE_REPLACED);
    ask_ok(m, b, "chat", json_pack("{s:s}", "text", "x"));
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 1);
    json_decref(data);
}

static void resume_needs_the_secret(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    json_t *wrong = resume_data(data);
    json_object_set_new(wrong, "secret", json_string(text_at(data, "session")));
    ask_refused(m, client_new(m), "resume", wrong, "session.unknown");
    assert_int_equal(a->closed, 0);
    json_decref(data);
}

static void resume_too_late(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    client_gone(b);
    advance(m, 31000);
    json_t *event = take_event(a, "participant.left");
    assert_string_equal(text_at(event, "participant"), "p2");
    assert_string_equal(text_at(event, "reason"), "lost");
    json_decref(event);
    struct client *c = client_new(m);
    ask_refused(m, c, "resume", resume_data(data), "session.unknown");
    json_t *again = join_with_key(m, c, text_at(data, "key"));
    assert_string_equal(text_at(again, "snapshot.you"), "p2");
    json_decref(again);
    json_decref(data);
}

static void caps(void **state)
{
    struct meeting *m = *state;
    struct hop_signaling_config small = default_config;
    small.limits.max_participants = 3;
    small.limits.max_per_room = 2;
    restart(m, &small);
    (void)host_room(&m->host, "s", HOP_ROOM_OPEN);
    struct client *a = joined(m, "A");
    (void)joined(m, "B");
    struct client *c = client_new(m);
    ask_refused(m, c, "join", join_data("r", "C"), "room.full");
    json_decref(join(m, c, "s", "C"));
    struct client *d = client_new(m);
    ask_refused(m, d, "join", join_data("s", "D"), "server.full");
    ask_ok(m, a, "leave", json_object());
    json_decref(join(m, d, "s", "D"));
}

static void say_load(struct meeting *m, uint16_t busy_permille, uint32_t lag_us)
{
    struct hop_media_event event = { .type = HOP_MEDIA_WORKER_STATS };
    event.worker.busy_permille = busy_permille;
    event.worker.lag_us = lag_us;
    hop_signaling_media_event(m->signaling, &event);
}

static void refused_with(struct meeting *m, struct client *c, const char *room, const char *name,
                         const char *code, const char *detail)
{
    json_t *answer = take_answer(c, send_request(m, c, "join", join_data(room, name)));
    assert_non_null(answer);
    assert_string_equal(text_at(answer, "error.code"), code);
    assert_string_equal(text_at(answer, "error.detail"), detail);
    json_decref(answer);
}

static void rooms_are_capped(void **state)
{
    struct meeting *m = *state;
    struct hop_signaling_config small = default_config;
    small.limits.max_rooms = 1;
    restart(m, &small);
    (void)host_room(&m->host, "s", HOP_ROOM_OPEN);
    (void)joined(m, "A");
    refused_with(m, client_new(m), "s", "B", "server.full", "rooms");
    (void)joined(m, "C"); /* the meeting that runs is open */
}

static void a_loaded_worker_takes_leaders_only(void **state)
{
    struct meeting *m = *state;
    struct hop_signaling_config config = default_config;
    config.limits.max_load_percent = 80;
    config.limits.max_lag_ms = 100;
    restart(m, &config);
    (void)host_room(&m->host, "s", HOP_ROOM_OPEN);
    (void)joined(m, "A");
    say_load(m, 800, 0);
    struct client *b = client_new(m);
    refused_with(m, b, "r", "B", "server.overloaded", "load");
    refused_with(m, b, "s", "B", "server.overloaded", "load");
    say_load(m, 100, 100000); /* somebody else's doing */
    json_decref(join(m, client_new(m), "r", "X"));
    say_load(m, 500, 100000);
    refused_with(m, b, "r", "B", "server.overloaded", "lag");
    say_load(m, 100, 1000);
    json_decref(join(m, b, "r", "B")); /* the same connection, when there is room again */
}

static void the_chair_comes_back_under_load(void **state)
{
    struct meeting *m = *state;
    struct hop_signaling_config config = default_config;
    config.limits.max_load_percent = 80;
    restart(m, &config);
    struct client *a = client_new(m), *b = client_new(m);
    json_t *chair = join(m, a, "r", "A");
    json_t *guest = join(m, b, "r", "B");
    ask_ok(m, a, "leave", json_object());
    ask_ok(m, b, "leave", json_object());
    say_load(m, 1000, 0);
    json_decref(join_with_key(m, client_new(m), text_at(chair, "key")));
    struct client *again = client_new(m);
    json_t *request = join_data("r", "B");
    json_object_set_new(request, "key", json_string(text_at(guest, "key")));
    ask_refused(m, again, "join", request, "server.overloaded");
    json_decref(chair);
    json_decref(guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(first_is_chair),
        meeting_test(roles_of_accounts),
        meeting_test(refused_joins),
        meeting_test(load_fails),
        meeting_test(slow_host),
        meeting_test(service_gone_before_the_answer),
        meeting_test(key_brings_back),
        meeting_test(key_replaces),
        meeting_test(unknown_key_is_a_new_person),
        meeting_test(restart_of_the_server),
        meeting_test(resume),
        meeting_test(resume_replaces),
        meeting_test(resume_needs_the_secret),
        meeting_test(resume_too_late),
        meeting_test(caps),
        meeting_test(rooms_are_capped),
        meeting_test(a_loaded_worker_takes_leaders_only),
        meeting_test(the_chair_comes_back_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
