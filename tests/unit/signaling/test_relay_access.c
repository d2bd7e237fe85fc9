/* TURN servers: told on joining and resuming, anew in time, and to nobody where there are none. */
#include "harness.h"

static const char *username_of(const json_t *data)
{
    return text_at(json_array_get(json_object_get(data, "ice_servers"), 0), "username");
}

static json_t *joins(struct meeting *m, struct client **c)
{
    *c = client_new(m);
    return ask(m, *c, "join", json_pack("{s:s,s:s}", "room", "r", "name", "An"));
}

static void told_on_joining_and_before_they_go_stale(void **state)
{
    struct meeting *m = *state;
    struct client *c;
    m->host.relay_minutes = 60;
    json_t *answer = joins(m, &c);
    assert_string_equal(username_of(answer), "1:p1");
    json_decref(answer);
    advance(m, 29 * 60000);
    assert_null(take_event(c, "ice_servers"));
    advance(m, 2 * 60000);
    json_t *news = take_event(c, "ice_servers");
    assert_non_null(news);
    assert_string_equal(username_of(news), "1:p1");
    json_decref(news);
    assert_null(take_event(c, "ice_servers"));
}

static void without_a_server_nothing_is_said(void **state)
{
    struct meeting *m = *state;
    struct client *c;
    json_t *answer = joins(m, &c);
    assert_null(json_object_get(answer, "ice_servers"));
    json_decref(answer);
    advance(m, 3600000);
    assert_null(take_event(c, "ice_servers"));
}

static void who_resumes_is_told_too(void **state)
{
    struct meeting *m = *state;
    struct client *c;
    m->host.relay_minutes = 60;
    json_t *answer = joins(m, &c);
    uint64_t seq = c->seq;
    c = client_new(m);
    c->seq = seq; /* numbers go on */
    json_t *resumed = ask(m, c, "resume",
                          json_pack("{s:O,s:O}", "session", json_object_get(answer, "session"),
                                    "secret", json_object_get(answer, "secret")));
    assert_string_equal(username_of(resumed), "1:p1");
    json_decref(resumed);
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(told_on_joining_and_before_they_go_stale),
        meeting_test(without_a_server_nothing_is_said),
        meeting_test(who_resumes_is_told_too),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
