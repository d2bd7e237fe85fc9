/* Stays as the host is told of them, to the microsecond of a virtual clock; and the list. */
#include "harness.h"

static const struct stay *stay(struct meeting *m, guint i)
{
    assert_true(i < m->host.stays->len);
    return &g_array_index(m->host.stays, struct stay, i);
}

#define S INT64_C(1000000)

/* A broken line that comes back within the time to resume is no absence. */
static void resumed(void **state)
{
    struct meeting *m = *state;
    struct client *a = client_new(m);
    json_t *data = join(m, a, "r", "A");
    int64_t from_us = WALL_US + m->now_us;
    assert_int_equal(stay(m, 0)->joined_us, from_us);
    assert_int_equal(stay(m, 0)->left_us, 0);
    advance(m, 60000);
    client_gone(a);
    advance(m, 20000);
    a = client_new(m);
    json_decref(ask(m, a, "resume",
                    json_pack("{s:s,s:s}", "session", text_at(data, "session"), "secret",
                              text_at(data, "secret"))));
    advance(m, 40000);
    ask_ok(m, a, "leave", json_object());
    assert_int_equal(m->host.stays->len, 1);
    assert_int_equal(stay(m, 0)->joined_us, from_us);
    assert_int_equal(stay(m, 0)->left_us, from_us + 120 * S);
    json_decref(data);
}

/* One who does not come back was there until his line broke, not until he was given up. */
static void lost(void **state)
{
    struct meeting *m = *state;
    (void)joined(m, "A");
    struct client *b = client_new(m);
    json_t *data = join(m, b, "r", "B");
    int64_t from_us = WALL_US + m->now_us;
    advance(m, 10000);
    client_gone(b);
    advance(m, 40000);
    assert_int_equal(stay(m, 1)->left_us, from_us + 10 * S);
    /* and is there again with his key: the same person, a second stay */
    json_decref(
        ask(m, client_new(m), "join",
            json_pack("{s:s,s:s,s:s}", "room", "r", "name", "B", "key", text_at(data, "key"))));
    assert_int_equal(m->host.stays->len, 3);
    assert_string_equal(stay(m, 2)->participant, "p2");
    assert_int_equal(stay(m, 2)->joined_us, from_us + 50 * S);
    assert_int_equal(stay(m, 2)->left_us, 0);
    json_decref(data);
}

static void ended_with_the_server(void **state)
{
    struct meeting *m = *state;
    (void)joined(m, "A");
    int64_t from_us = WALL_US + m->now_us;
    advance(m, 5000);
    restart(m, &default_config);
    assert_int_equal(stay(m, 0)->left_us, from_us + 5 * S);
}

static void people_of_a_site(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, b, "site", json_pack("{s:i}", "site", 30));
    assert_int_equal(stay(m, 1)->site, 30);
    json_t *event = take_event(a, "participant.changed");
    assert_int_equal(json_integer_value(at(event, "participant.site")), 30);
    json_decref(event);
    ask_refused(m, b, "site", json_pack("{s:i,s:s}", "site", 3, "participant", "p1"),
                "permission.denied");
    ask_ok(m, a, "site", json_pack("{s:i,s:s}", "site", 31, "participant", "p2"));
    assert_int_equal(stay(m, 1)->site, 31);
    ask_refused(m, a, "site", json_pack("{s:i}", "site", 10000), "protocol.bad_data");
}

static void list_and_marks(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_refused(m, b, "attendance", json_object(), "permission.denied");
    json_t *list = ask(m, a, "attendance", json_object());
    assert_string_equal(text_at(list, "people.0.person"), "i12");
    json_decref(list);
    ask_ok(m, a, "mark",
           json_pack("{s:s,s:s,s:s}", "person", "i12", "state", "absent", "reason", "Ốm"));
    assert_string_equal(m->host.marks->str, "i12 absent Ốm 0 A\n");
    ask_refused(m, a, "mark", json_pack("{s:s}", "person", "i404"), "person.unknown");
    ask_refused(m, a, "mark", json_pack("{s:s}", "person", "x1"), "protocol.bad_data");
    ask_refused(m, a, "mark", json_pack("{s:s,s:s}", "person", "i1", "state", "dead"),
                "protocol.bad_data");
    ask_refused(m, b, "mark", json_pack("{s:s}", "person", "i12"), "permission.denied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(resumed),
        meeting_test(lost),
        meeting_test(ended_with_the_server),
        meeting_test(people_of_a_site),
        meeting_test(list_and_marks),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
