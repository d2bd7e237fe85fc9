/* Attendance of real people over real interruptions: a line that comes back, a server that is
 * killed, one that is stopped. What the server says is compared with when it happened here. */
#include "tests/integration/meeting.h"

#include "media/base/clock.h"

#include <string.h>
#include <time.h>

static int64_t now_s(void)
{
    return hop_wall_us() / 1000000;
}

/* Seconds since 1970 of "2026-11-23T08:00:00Z"; null: 0. */
static int64_t seconds_of(const json_t *value)
{
    struct tm tm = { 0 };

    if (!json_is_string(value))
        return 0;
    assert_non_null(strptime(json_string_value(value), "%Y-%m-%dT%H:%M:%SZ", &tm));
    return (int64_t)timegm(&tm);
}

static json_t *person(struct hop_client *asks, const char *name)
{
    json_t *list = json_object_get(assert_ok(asks, "attendance", json_object()), "people");
    size_t i;
    json_t *p;

    json_array_foreach(list, i, p)
    {
        if (strcmp(json_string_value(json_object_get(p, "name")), name) == 0)
            return p;
    }
    fail_msg("%s is not on the list", name);
    return NULL;
}

static json_t *span(const json_t *p, size_t i)
{
    return json_array_get(json_object_get(p, "spans"), i);
}

static size_t n_spans(const json_t *p)
{
    return json_array_size(json_object_get(p, "spans"));
}

static void assert_between(int64_t value, int64_t from, int64_t to)
{
    if (value < from || value > to)
        fail_msg("%lld is not between %lld and %lld", (long long)value, (long long)from,
                 (long long)to);
}

static struct hop_client_config quiet(const char *name)
{
    return (struct hop_client_config){ .name = name, .no_offer = true };
}

static bool both_joined(void *ctx)
{
    struct hop_client *const *c = ctx;
    return hop_client_state(c[0]) == HOP_CLIENT_JOINED &&
           hop_client_state(c[1]) == HOP_CLIENT_JOINED;
}

static bool both_closed(void *ctx)
{
    struct hop_client *const *c = ctx;
    return hop_client_state(c[0]) == HOP_CLIENT_CLOSED &&
           hop_client_state(c[1]) == HOP_CLIENT_CLOSED;
}

static void start_again(struct meeting *m, struct hop_client **c)
{
    assert_true(meeting_until(m, both_closed, c, PATIENCE_MS));
    assert_true(hopd_spawn(&m->hopd));
    assert_true(hopd_wait_ready(&m->hopd, m->loop, 30000));
    for (int i = 0; i < 2; i++)
        assert_int_equal(hop_client_rejoin(c[i]), 0);
    assert_true(meeting_until(m, both_joined, c, PATIENCE_MS));
}

static void right_to_the_second(void **state)
{
    struct meeting *m = *state;
    struct hop_client_config site = quiet("Điểm cầu");
    struct hop_client *c[2];
    int64_t before[3], after[3], gone_from[2], gone_to[2];
    const json_t *p;

    site.site = 30;
    c[0] = meeting_join(m, quiet("Thư ký"));
    before[0] = now_s();
    c[1] = meeting_join(m, site);
    after[0] = now_s();

    /* a line that breaks and comes back is no absence */
    hop_client_drop_socket(c[1]);
    assert_int_equal(hop_client_resume(c[1]), 0);
    assert_true(meeting_until(m, both_joined, c, PATIENCE_MS));
    p = person(c[0], "Điểm cầu");
    assert_int_equal(n_spans(p), 1);
    assert_true(json_is_true(json_object_get(p, "here")));

    /* killed: the server has noted every second that it was alive */
    meeting_run(m, 2500);
    gone_from[0] = now_s() - 5;
    hopd_kill(&m->hopd);
    gone_to[0] = now_s();
    before[1] = gone_to[0];
    start_again(m, c);
    after[1] = now_s();
    p = person(c[0], "Điểm cầu");
    assert_int_equal(n_spans(p), 2);
    assert_between(seconds_of(json_object_get(span(p, 0), "joined_at")), before[0], after[0]);
    assert_between(seconds_of(json_object_get(span(p, 0), "left_at")), gone_from[0], gone_to[0]);

    /* stopped: exactly */
    gone_from[1] = now_s();
    before[2] = gone_from[1];
    assert_int_equal(hopd_stop(&m->hopd, m->loop), 0);
    gone_to[1] = now_s();
    start_again(m, c);
    after[2] = now_s();
    p = person(c[0], "Điểm cầu");
    assert_int_equal(n_spans(p), 3);
    assert_between(seconds_of(json_object_get(span(p, 1), "joined_at")), before[1], after[1]);
    assert_between(seconds_of(json_object_get(span(p, 1), "left_at")), gone_from[1], gone_to[1]);
    assert_between(seconds_of(json_object_get(span(p, 2), "joined_at")), before[2], after[2]);
    assert_true(json_is_null(json_object_get(span(p, 2), "left_at")));
    assert_int_equal(json_integer_value(json_object_get(p, "attendees")), 30);
    assert_string_equal(json_string_value(json_object_get(p, "state")), "present_online");
}

static void entered_by_hand(void **state)
{
    struct meeting *m = *state;
    struct hop_client *a = meeting_join(m, quiet("A"));
    struct hop_client *b = meeting_join(m, quiet("B"));
    const char *id;

    assert_refused(b, "attendance", json_object(), "permission.denied");
    id = json_string_value(json_object_get(person(a, "B"), "person"));
    assert_ok(a, "mark",
              json_pack("{s:s,s:s,s:s,s:i}", "person", id, "state", "present_room", "reason",
                        "Ngồi hàng đầu", "attendees", 2));
    assert_string_equal(json_string_value(json_object_get(person(a, "B"), "state")),
                        "present_room");
    assert_int_equal(json_integer_value(json_object_get(person(a, "B"), "attendees")), 2);
    assert_refused(a, "mark", json_pack("{s:s}", "person", "p99"), "person.unknown");
    /* back to what the server saw */
    assert_ok(a, "mark", json_pack("{s:s,s:n}", "person", id, "state"));
    assert_string_equal(json_string_value(json_object_get(person(a, "B"), "state")),
                        "present_online");
}

static void removed_waits_until_admitted(void **state)
{
    struct meeting *m = *state;
    struct hop_client *a = meeting_join(m, quiet("A"));
    struct hop_client *b = meeting_join(m, quiet("B"));
    struct hop_client_config again = quiet("B");
    char key[64], id[16];

    snprintf(key, sizeof(key), "%s", hop_client_key(b));
    snprintf(id, sizeof(id), "%s", hop_client_id(b));
    again.key = key;
    assert_ok(a, "remove", json_pack("{s:s}", "participant", id));
    b = meeting_enter(m, again);
    for (int i = 0; i < 100 && hop_client_state(b) != HOP_CLIENT_WAITING; i++)
        meeting_run(m, 50);
    assert_int_equal(hop_client_state(b), HOP_CLIENT_WAITING);
    assert_ok(a, "admit", json_pack("{s:s}", "participant", id));
    assert_true(hop_client_wait_joined(b, PATIENCE_MS));
    assert_string_equal(hop_client_id(b), id);
    assert_string_equal(json_string_value(json_object_get(span(person(a, "B"), 1), "admitted_by")),
                        "A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(right_to_the_second),
        meeting_test(entered_by_hand),
        meeting_test(removed_waits_until_admitted),
    };
    return cmocka_run_group_tests(tests, meeting_begin, meeting_end);
}
