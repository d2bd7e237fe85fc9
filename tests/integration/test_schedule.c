/* The secretary's work: meetings are scheduled, changed, listed and cancelled through the API,
 * early comers wait and are told, invitations are read by a calendar (libical). RFC 5545, RFC 5546.
 */
#include "tests/integration/meeting.h"

#include "media/base/clock.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* open-early is 1 minute here: a meeting that starts in 63 s opens in 3. */
enum { OPEN_EARLY_S = 60, HOUR_S = 3600 };

static const char zone[] = "Asia/Ho_Chi_Minh";

static int begin(void **state)
{
    const struct hopd_options options = { .set = { "meetings.open-early=1" } };
    return meeting_begin_with(state, &options);
}

/* ---- the API -----------------------------------------------------------------------------------
 */

static const char *at(int64_t in_s, char out[32])
{
    time_t when = (time_t)(hop_wall_us() / 1000000 + in_s);
    struct tm tm;
    gmtime_r(&when, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

static struct rest_answer call(struct meeting *m, const char *method, const char *path,
                               json_t *data)
{
    return rest_call(&m->hopd, m->loop, method, path, data, m->cookie);
}

static json_t *times(int64_t starts_in_s)
{
    char starts[32], ends[32];
    return json_pack("{s:s, s:s}", "starts_at", at(starts_in_s, starts), "ends_at",
                     at(starts_in_s + HOUR_S, ends));
}

struct scheduled {
    json_int_t id, sequence;
    char code[40], path[64], status[16];
};

static void take(struct scheduled *s, struct rest_answer *a, long status)
{
    if (a->status != status)
        fail_msg("%ld, not %ld: %s", a->status, status, a->text);
    s->id = json_integer_value(json_object_get(a->json, "id"));
    s->sequence = json_integer_value(json_object_get(a->json, "sequence"));
    snprintf(s->code, sizeof(s->code), "%s", json_string_value(json_object_get(a->json, "code")));
    snprintf(s->status, sizeof(s->status), "%s",
             json_string_value(json_object_get(a->json, "status")));
    snprintf(s->path, sizeof(s->path), "/api/v1/meetings/%d", (int)s->id);
    rest_clear(a);
}

static struct scheduled schedule(struct meeting *m, const char *title, int64_t starts_in_s)
{
    struct scheduled s;
    json_t *data = times(starts_in_s);
    json_object_set_new(data, "title", json_string(title));
    json_object_set_new(data, "time_zone", json_string(zone));
    json_object_set_new(data, "send", json_true());
    json_object_set_new(data, "description", json_string("Phòng họp số 2; tài liệu, gửi sau"));
    struct rest_answer a = call(m, "POST", "/api/v1/meetings", data);
    take(&s, &a, 201);
    return s;
}

static void change(struct meeting *m, struct scheduled *s, json_t *data)
{
    struct rest_answer a = call(m, "PATCH", s->path, data);
    take(s, &a, 200);
}

static void cancel(struct meeting *m, struct scheduled *s)
{
    struct rest_answer a = call(m, "DELETE", s->path, NULL);
    take(s, &a, 200);
}

/* ---- waiting -----------------------------------------------------------------------------------
 */

static bool is_waiting(void *ctx)
{
    return hop_client_state(ctx) != HOP_CLIENT_CONNECTING;
}

static struct hop_client *come_early(struct meeting *m, const struct scheduled *s, const char *name)
{
    struct hop_client_config config = meeting_talker(name, 500);
    config.room = s->code;
    struct hop_client *c = meeting_enter(m, config);
    assert_true(meeting_until(m, is_waiting, c, PATIENCE_MS));
    assert_int_equal(hop_client_state(c), HOP_CLIENT_WAITING);
    return c;
}

static void who_comes_early_waits_and_is_let_in(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Giao ban tuần", OPEN_EARLY_S + 4);
    assert_string_equal(s.status, "scheduled");
    struct hop_client *c = come_early(m, &s, "An");
    json_t *data = json_object_get(hop_client_answer(c, 1), "data");
    assert_string_equal(json_string_value(json_object_get(data, "title")), "Giao ban tuần");
    assert_true(json_is_string(json_object_get(data, "opens_at")));
    assert_int_equal(hop_client_count(c, "opened"), 0);
    assert_true(hop_client_wait_joined(c, PATIENCE_MS));
    assert_int_equal(hop_client_count(c, "opened"), 1);
    assert_true(hop_client_wait_media(c, PATIENCE_MS));
    json_t *room = json_object_get(hop_client_snapshot(c), "room");
    assert_string_equal(json_string_value(json_object_get(room, "title")), "Giao ban tuần");
    struct rest_answer a = call(m, "GET", s.path, NULL);
    take(&s, &a, 200);
    assert_string_equal(s.status, "open");
}

static void a_meeting_that_is_moved_forward_opens_at_once(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Họp kín", 2 * HOUR_S);
    struct hop_client *c = come_early(m, &s, "An");
    change(m, &s, times(OPEN_EARLY_S - 10));
    assert_true(hop_client_wait_joined(c, PATIENCE_MS));
}

static void who_waits_for_a_cancelled_meeting_is_told(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Sẽ hủy", 2 * HOUR_S);
    struct hop_client *c = come_early(m, &s, "An");
    cancel(m, &s);
    assert_string_equal(s.status, "cancelled");
    assert_true(hop_client_wait_closed(c, PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c), 4003);
    assert_string_equal(
        json_string_value(json_object_get(hop_client_last(c, "room.ended"), "reason")),
        "cancelled");
    struct hop_client_config late = meeting_talker("Bình", 0);
    late.room = s.code;
    struct hop_client *l = meeting_enter(m, late);
    assert_false(hop_client_wait_joined(l, PATIENCE_MS));
    assert_string_equal(hop_client_error(l), "room.cancelled");
}

static void who_sits_in_a_cancelled_meeting_is_told(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Đang họp", 10);
    struct hop_client_config config = meeting_talker("An", 500);
    config.room = s.code;
    struct hop_client *c = meeting_join_media(m, config);
    change(m, &s, json_pack("{s:s}", "title", "Đang họp, tên mới"));
    assert_true(hop_client_wait_events(c, "room.changed", 1, PATIENCE_MS));
    cancel(m, &s);
    assert_true(hop_client_wait_closed(c, PATIENCE_MS));
    assert_int_equal(hop_client_close_code(c), 4003);
}

static void the_administrator_is_organizer(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Có chủ trì", 10);
    struct hop_client_config first = meeting_talker("An", 0), second = meeting_talker("Ad", 0);
    first.room = second.room = s.code;
    second.cookie = m->cookie;
    struct hop_client *a = meeting_join(m, first), *b = meeting_join(m, second);
    json_t *he = hop_client_participant(a, hop_client_id(a));
    assert_string_equal(json_string_value(json_object_get(he, "role")), "chair");
    json_t *she = hop_client_participant(b, hop_client_id(b));
    assert_string_equal(json_string_value(json_object_get(she, "role")), "organizer");
    assert_false(json_is_true(json_object_get(she, "guest")));
}

/* ---- lists and rights --------------------------------------------------------------------------
 */

static size_t listed(struct meeting *m, const char *path, const struct scheduled *s)
{
    struct rest_answer a = call(m, "GET", path, NULL);
    size_t i, n = 0;
    json_t *one;
    assert_int_equal(a.status, 200);
    json_array_foreach(json_object_get(a.json, "meetings"), i, one)
    {
        n += json_integer_value(json_object_get(one, "id")) == s->id;
    }
    rest_clear(&a);
    return n;
}

static void the_list_shows_what_lies_in_its_time(void **state)
{
    struct meeting *m = *state;
    struct scheduled near = schedule(m, "Gần", HOUR_S), far = schedule(m, "Xa", 100 * HOUR_S);
    char from[32], path[128];
    assert_int_equal(listed(m, "/api/v1/meetings", &near), 1);
    assert_int_equal(listed(m, "/api/v1/meetings", &far), 1);
    snprintf(path, sizeof(path), "/api/v1/meetings?from=%s", at(50 * HOUR_S, from));
    assert_int_equal(listed(m, path, &near), 0);
    assert_int_equal(listed(m, path, &far), 1);
    snprintf(path, sizeof(path), "/api/v1/meetings?to=%s", from);
    assert_int_equal(listed(m, path, &near), 1);
    assert_int_equal(listed(m, path, &far), 0);
}

static void assert_api(struct meeting *m, const char *method, const char *path, json_t *data,
                       const char *cookie, long status, const char *code)
{
    struct rest_answer a = rest_call(&m->hopd, m->loop, method, path, data, cookie);
    if (a.status != status || strcmp(rest_error(&a), code) != 0)
        fail_msg("%s %s: %ld %s", method, path, a.status, a.text);
    rest_clear(&a);
}

static void strangers_and_nonsense_are_refused(void **state)
{
    struct meeting *m = *state;
    struct scheduled s = schedule(m, "Kín", HOUR_S);
    assert_api(m, "GET", "/api/v1/meetings", NULL, NULL, 401, "auth.required");
    assert_api(m, "DELETE", s.path, NULL, "hop_session=nonsense", 401, "auth.required");
    assert_api(m, "GET", "/api/v1/meetings/999999", NULL, m->cookie, 404, "meeting.not_found");
    assert_api(m, "PATCH", s.path, json_pack("{s:s}", "time_zone", "Mars/Olympus"), m->cookie, 400,
               "request.invalid");
    assert_api(m, "PATCH", s.path, json_pack("{s:s}", "ends_at", "2020-01-01T00:00:00Z"), m->cookie,
               400, "request.invalid");
    assert_api(m, "POST", "/api/v1/session",
               json_pack("{s:s, s:s}", "username", "admin", "password", "wrong"), NULL, 401,
               "auth.wrong");
    struct rest_answer a = call(m, "GET", s.path, NULL);
    take(&s, &a, 200);
    assert_int_equal(s.sequence, 0);
}

/* ---- invitations -------------------------------------------------------------------------------
 */

struct invitation {
    char uid[256], summary[256];
    int sequence;
    icalproperty_method method;
    icalproperty_status status;
    time_t starts;
};

static struct invitation invitation(struct meeting *m, const struct scheduled *s)
{
    struct invitation in = { 0 };
    char path[96];
    snprintf(path, sizeof(path), "%s/invite.ics", s->path);
    struct rest_answer a = call(m, "GET", path, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.content_type, "text/calendar"));
    icalcomponent *calendar = icalparser_parse_string(a.text);
    assert_non_null(calendar);
    assert_int_equal(icalcomponent_count_errors(calendar), 0);
    assert_true(icalrestriction_check(calendar));
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    assert_non_null(event);
    assert_non_null(icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT));
    snprintf(in.uid, sizeof(in.uid), "%s", icalcomponent_get_uid(event));
    snprintf(in.summary, sizeof(in.summary), "%s", icalcomponent_get_summary(event));
    in.sequence = icalcomponent_get_sequence(event);
    in.method = icalcomponent_get_method(calendar);
    in.status = icalcomponent_get_status(event);
    /* the zone is in the text itself: hence as a calendar reads it */
    icaltimetype starts = icalcomponent_get_dtstart(event);
    icaltimezone *its = icaltimezone_get_builtin_timezone(zone);
    in.starts = icaltime_as_timet_with_zone(starts, icaltime_is_utc(starts) ? NULL : its);
    icalcomponent_free(calendar);
    rest_clear(&a);
    return in;
}

static void invitations_keep_their_uid_and_count_changes(void **state)
{
    struct meeting *m = *state;
    int64_t now_s = hop_wall_us() / 1000000;
    struct scheduled s = schedule(m, "Họp; \"quý\", lần 4", 5 * HOUR_S);
    struct invitation first = invitation(m, &s);
    assert_true(strlen(first.uid) > 16);
    assert_string_equal(first.summary, "Họp; \"quý\", lần 4");
    assert_int_equal(first.method, ICAL_METHOD_PUBLISH);
    assert_true(llabs((long long)first.starts - (now_s + 5 * HOUR_S)) <= 2);
    change(m, &s, times(6 * HOUR_S));
    struct invitation second = invitation(m, &s);
    assert_string_equal(second.uid, first.uid);
    assert_int_equal(second.sequence, first.sequence + 1);
    assert_true(llabs((long long)second.starts - (now_s + 6 * HOUR_S)) <= 2);
    change(m, &s, json_pack("{s:s}", "title", "Tên mới"));
    struct invitation third = invitation(m, &s);
    assert_string_equal(third.summary, "Tên mới");
    assert_int_equal(third.sequence, second.sequence + 1);
    cancel(m, &s);
    struct invitation last = invitation(m, &s);
    assert_string_equal(last.uid, first.uid);
    assert_int_equal(last.sequence, third.sequence + 1);
    assert_int_equal(last.method, ICAL_METHOD_CANCEL);
    assert_int_equal(last.status, ICAL_STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(who_comes_early_waits_and_is_let_in),
        meeting_test(a_meeting_that_is_moved_forward_opens_at_once),
        meeting_test(who_waits_for_a_cancelled_meeting_is_told),
        meeting_test(who_sits_in_a_cancelled_meeting_is_told),
        meeting_test(the_administrator_is_organizer),
        meeting_test(the_list_shows_what_lies_in_its_time),
        meeting_test(strangers_and_nonsense_are_refused),
        meeting_test(invitations_keep_their_uid_and_count_changes),
    };
    return cmocka_run_group_tests(tests, begin, meeting_end);
}
