/* Planning through the API of the real hopd: drafts, series with exceptions, two editors, groups,
 * links, conflicts, the dashboard; and what other units' secretaries and guessers get.
 * docs/rest-api.md, "Meetings".
 */
#include "tests/integration/meeting.h"

#include "media/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct people {
    char secretary[256], other[256], official[256]; /* cookies */
    json_int_t unit, below, foreign, an;            /* ids */
} people;

static json_t *call(struct meeting *m, const char *cookie, const char *method, const char *path,
                    json_t *data, long status)
{
    struct rest_answer a = rest_call(&m->hopd, m->loop, method, path, data, cookie);
    json_t *json;

    if (a.status != status)
        fail_msg("%s %s: %ld, not %ld: %s", method, path, a.status, status, a.text);
    json = json_incref(a.json);
    rest_clear(&a);
    return json;
}

static void refused(struct meeting *m, const char *cookie, const char *method, const char *path,
                    json_t *data, long status, const char *code, const char *member)
{
    json_t *json = call(m, cookie, method, path, data, status);
    json_t *error = json_object_get(json, "error");

    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    if (member != NULL && strcmp(json_string_value(json_object_get(error, "member")), member) != 0)
        fail_msg("%s, not %s", json_string_value(json_object_get(error, "member")), member);
    json_decref(json);
}

static json_int_t id_of(const json_t *json)
{
    return json_integer_value(json_object_get(json, "id"));
}

static const char *text_of(const json_t *json, const char *member)
{
    const char *text = json_string_value(json_object_get(json, member));

    return text != NULL ? text : "";
}

static const char *path_of(const json_t *meeting, const char *rest)
{
    static char path[160];

    snprintf(path, sizeof(path), "/api/v1/meetings/%d%s", (int)id_of(meeting), rest);
    return path;
}

/* ---- people ---------------------------------------------------------------------------------- */

static json_int_t account(struct meeting *m, const char *username, const char *role,
                          json_int_t unit, char cookie[256])
{
    json_t *made = call(m, m->cookie, "POST", "/api/v1/users",
                        json_pack("{s:s, s:s, s:[s], s:I}", "username", username, "name", username,
                                  "roles", role, "unit", unit),
                        201);
    const char *password = text_of(made, "password");
    json_int_t id = id_of(made);

    for (int i = 0; i < 2; i++) {
        struct rest_answer a = rest_call(&m->hopd, m->loop, "POST", "/api/v1/session",
                                         json_pack("{s:s, s:s}", "username", username, "password",
                                                   i == 0 ? password : "hoa sen nở sớm"),
                                         NULL);

        assert_int_equal(a.status, 201);
        snprintf(cookie, 256, "%s", a.cookie);
        rest_clear(&a);
        if (i == 0)
            json_decref(call(m, cookie, "POST", "/api/v1/me/password",
                             json_pack("{s:s, s:s}", "old", password, "new", "hoa sen nở sớm"),
                             204));
    }
    json_decref(made);
    return id;
}

static json_int_t unit(struct meeting *m, const char *name, json_int_t parent)
{
    json_t *made = call(m, m->cookie, "POST", "/api/v1/units",
                        json_pack("{s:s, s:o}", "name", name, "parent",
                                  parent != 0 ? json_integer(parent) : json_null()),
                        201);
    json_int_t id = id_of(made);

    json_decref(made);
    return id;
}

static int begin(void **state)
{
    struct meeting *m;
    int error = meeting_begin(state);

    if (error != 0)
        return error;
    m = *state;
    people.unit = unit(m, "Tỉnh", 0);
    people.below = unit(m, "Huyện", people.unit);
    people.foreign = unit(m, "Sở", 0);
    account(m, "thuky", "secretary", people.unit, people.secretary);
    account(m, "thukyso", "secretary", people.foreign, people.other);
    people.an = account(m, "an", "official", people.below, people.official);
    return 0;
}

static json_t *plan(const char *title)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "title", title, "starts_at", "2040-01-02T01:00:00Z",
                     "ends_at", "2040-01-02T02:00:00Z", "time_zone", "Asia/Ho_Chi_Minh");
}

static json_t *invite(json_t *meeting, json_t *invitee)
{
    if (json_object_get(meeting, "invitees") == NULL)
        json_object_set_new(meeting, "invitees", json_array());
    json_array_append_new(json_object_get(meeting, "invitees"), invitee);
    return meeting;
}

static json_t *user(json_int_t id)
{
    return json_pack("{s:s, s:I}", "kind", "user", "ref", id);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_draft_is_seen_by_its_secretaries_until_it_is_sent(void **state)
{
    struct meeting *m = *state;
    json_t *draft = call(m, people.secretary, "POST", "/api/v1/meetings",
                         invite(plan("Giao ban"), user(people.an)), 201);
    char room[64];

    assert_string_equal(text_of(draft, "status"), "draft");
    assert_int_equal(json_integer_value(json_object_get(draft, "unit")), people.unit);
    snprintf(room, sizeof(room), "/api/v1/rooms/%s", text_of(draft, "code"));
    refused(m, NULL, "GET", room, NULL, 404, "room.not_found", NULL);
    refused(m, people.official, "GET", path_of(draft, ""), NULL, 404, "meeting.not_found", NULL);
    json_decref(call(m, people.secretary, "POST", path_of(draft, "/send"), json_object(), 200));
    json_decref(call(m, NULL, "GET", room, NULL, 200));
    json_decref(draft);
}

static void others_see_nothing_and_readers_change_nothing(void **state)
{
    struct meeting *m = *state;
    json_t *data = invite(plan("Nội bộ"), user(people.an)), *made, *seen, *first;

    json_object_set_new(data, "send", json_true());
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    for (int i = 0; i < 3; i++) {
        static const char *const methods[] = { "GET", "PATCH", "DELETE" };

        refused(m, people.other, methods[i], path_of(made, ""),
                i == 1 ? json_pack("{s:s}", "title", "X") : NULL, 404, "meeting.not_found", NULL);
    }
    refused(m, people.other, "POST", path_of(made, "/send"), json_object(), 404,
            "meeting.not_found", NULL);
    refused(m, people.other, "POST", path_of(made, "/invitees/1/link"), json_object(), 404,
            "meeting.not_found", NULL);
    refused(m, people.other, "GET", path_of(made, "/invite.ics"), NULL, 404, "meeting.not_found",
            NULL);
    /* nor may he give one of his own to that unit */
    data = plan("Của tôi");
    json_object_set_new(data, "unit", json_integer(people.unit));
    refused(m, people.other, "POST", "/api/v1/meetings", data, 400, "request.invalid", "unit");
    /* who is invited reads it, without links and addresses */
    seen = call(m, people.official, "GET", path_of(made, ""), NULL, 200);
    assert_true(json_is_false(json_object_get(seen, "may_change")));
    first = json_array_get(json_object_get(seen, "invitees"), 0);
    assert_string_equal(text_of(first, "name"), "an");
    assert_null(json_object_get(first, "link"));
    assert_null(json_object_get(first, "email"));
    refused(m, people.official, "PATCH", path_of(made, ""), json_pack("{s:s}", "title", "X"), 403,
            "permission.denied", NULL);
    json_decref(seen);
    json_decref(made);
}

static void a_series_with_one_moved_and_one_cancelled(void **state)
{
    struct meeting *m = *state;
    json_t *data = plan("Hằng tuần"), *made, *list, *line;
    const char *listing =
        "/api/v1/meetings?search=hang+tuan&from=2040-01-01T00:00:00Z&to=2040-02-01T00:00:00Z";

    json_object_set_new(data, "send", json_true());
    json_object_set_new(data, "rrule", json_string("FREQ=WEEKLY;COUNT=4"));
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    json_decref(call(m, people.secretary, "PATCH",
                     path_of(made, "/occurrences/2040-01-09T01:00:00Z"),
                     json_pack("{s:s, s:s, s:s}", "title", "Hằng tuần, dời", "starts_at",
                               "2040-01-09T03:00:00Z", "ends_at", "2040-01-09T04:00:00Z"),
                     200));
    json_decref(call(m, people.secretary, "DELETE",
                     path_of(made, "/occurrences/2040-01-16T01:00:00Z"), NULL, 200));
    refused(m, people.secretary, "DELETE", path_of(made, "/occurrences/2040-01-17T01:00:00Z"), NULL,
            404, "occurrence.not_found", NULL);
    list = call(m, people.secretary, "GET", listing, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "meetings")), 4);
    line = json_array_get(json_object_get(list, "meetings"), 1);
    assert_string_equal(text_of(line, "title"), "Hằng tuần, dời");
    assert_string_equal(text_of(line, "starts_at"), "2040-01-09T03:00:00Z");
    assert_string_equal(text_of(line, "occurrence"), "2040-01-09T01:00:00Z");
    line = json_array_get(json_object_get(list, "meetings"), 2);
    assert_string_equal(text_of(line, "status"), "cancelled");
    json_decref(list);
    json_decref(made);
    made = call(m, people.secretary, "GET",
                "/api/v1/meetings?search=hang+tuan&status=cancelled"
                "&from=2040-01-01T00:00:00Z",
                NULL, 200);
    assert_int_equal(json_array_size(json_object_get(made, "meetings")), 1);
    json_decref(made);
}

static void what_was_read_is_written_back_unchanged(void **state)
{
    struct meeting *m = *state;
    json_t *data = plan("Đọc, ghi"), *made, *again;

    json_object_set_new(data, "send", json_true());
    json_object_set_new(data, "rrule", json_string("FREQ=DAILY;COUNT=5"));
    json_object_set_new(data, "exdates", json_pack("[s]", "2040-01-04T01:00:00Z"));
    json_object_set_new(data, "chair", json_integer(people.an));
    json_object_set_new(
        data, "settings",
        json_pack("{s:s, s:b, s:s}", "lobby", "guests", "muted", 1, "password", "mật khẩu họp"));
    invite(data, json_pack("{s:s, s:s, s:i}", "kind", "site", "name", "Điểm cầu", "attendees", 30));
    invite(data, json_pack("{s:s, s:I}", "kind", "unit", "ref", people.unit));
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    again = call(m, people.secretary, "PATCH", path_of(made, ""), json_incref(made), 200);
    assert_true(json_equal(made, again));
    assert_true(json_is_true(json_object_get(json_object_get(made, "settings"), "password")));
    assert_string_equal(text_of(json_object_get(made, "chair"), "name"), "an");
    json_decref(made);
    json_decref(again);
}

static void the_second_of_two_editors_can_merge(void **state)
{
    struct meeting *m = *state;
    json_t *made = call(m, people.secretary, "POST", "/api/v1/meetings", plan("Hai người"), 201);
    json_t *answer;

    json_decref(call(m, people.secretary, "PATCH", path_of(made, ""),
                     json_pack("{s:s}", "place", "Phòng 2"), 200));
    rest_if_match("\"1\"");
    answer =
        call(m, m->cookie, "PATCH", path_of(made, ""), json_pack("{s:s}", "title", "Khác"), 412);
    assert_string_equal(text_of(json_object_get(answer, "error"), "code"), "meeting.changed");
    assert_string_equal(text_of(json_object_get(answer, "current"), "place"), "Phòng 2");
    json_decref(answer);
    rest_if_match("\"2\"");
    answer =
        call(m, m->cookie, "PATCH", path_of(made, ""), json_pack("{s:s}", "title", "Khác"), 200);
    rest_if_match(NULL);
    assert_string_equal(text_of(answer, "place"), "Phòng 2");
    json_decref(answer);
    json_decref(made);
}

static void faults_name_their_member(void **state)
{
    struct meeting *m = *state;
    const struct {
        const char *member;
        json_t *change;
    } all[] = {
        { "invitees[1].email",
          json_pack("{s:[{s:s,s:s},{s:s,s:s,s:s}]}", "invitees", "kind", "site", "name", "S",
                    "kind", "guest", "name", "K", "email", "not an address") },
        { "invitees[1]", json_pack("{s:[{s:s,s:I},{s:s,s:I}]}", "invitees", "kind", "user", "ref",
                                   people.an, "kind", "user", "ref", people.an) },
        { "invitees[0].ref",
          json_pack("{s:[{s:s,s:i}]}", "invitees", "kind", "user", "ref", 99999) },
        { "invitees[0].role", json_pack("{s:[{s:s,s:I,s:s}]}", "invitees", "kind", "unit", "ref",
                                        people.unit, "role", "chair") },
        { "invitees[0].attendees", json_pack("{s:[{s:s,s:s,s:i}]}", "invitees", "kind", "site",
                                             "name", "S", "attendees", 0) },
        { "invitees[0].id",
          json_pack("{s:[{s:i,s:s,s:s}]}", "invitees", "id", 99999, "kind", "site", "name", "S") },
        { "settings.lobby", json_pack("{s:{s:s}}", "settings", "lobby", "maybe") },
        { "rrule", json_pack("{s:s}", "rrule", "FREQ=SECONDLY") },
        { "rrule", json_pack("{s:s}", "rrule", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1,2,3") },
        { "exdates[0]", json_pack("{s:s,s:[s]}", "rrule", "FREQ=DAILY;COUNT=2", "exdates",
                                  "2040-01-09T01:00:00Z") },
        { "resources[0]", json_pack("{s:[i]}", "resources", 99999) },
        { "chair", json_pack("{s:i}", "chair", 99999) },
        { "unit", json_pack("{s:i}", "unit", 99999) },
        { "starts_at", json_pack("{s:b}", "all_day", 1) },
        { "ends_at", json_pack("{s:s}", "ends_at", "2041-01-02T02:00:00Z") },
    };
    json_t *made = call(m, m->cookie, "POST", "/api/v1/meetings", plan("Lỗi"), 201), *after;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        refused(m, m->cookie, "PATCH", path_of(made, ""), all[i].change, 400, "request.invalid",
                all[i].member);
    after = call(m, m->cookie, "GET", path_of(made, ""), NULL, 200);
    assert_true(json_equal(made, after));
    json_decref(after);
    json_decref(made);
}

static void hostile_texts_come_back_as_they_are(void **state)
{
    static const char hostile[] = "<script>alert(1)</script>'); DROP TABLE meetings; --\" &amp; %s";
    struct meeting *m = *state;
    json_t *data = plan(hostile), *made, *list;

    json_object_set_new(data, "place", json_string(hostile));
    json_object_set_new(data, "description", json_string(hostile));
    invite(data, json_pack("{s:s, s:s, s:s}", "kind", "site", "name",
                           "<img src=x onerror=alert(1)>", "unit_name", hostile));
    made = call(m, m->cookie, "POST", "/api/v1/meetings", data, 201);
    assert_string_equal(text_of(made, "title"), hostile);
    assert_string_equal(text_of(made, "place"), hostile);
    assert_string_equal(text_of(made, "description"), hostile);
    assert_string_equal(text_of(json_array_get(json_object_get(made, "invitees"), 0), "unit_name"),
                        hostile);
    list = call(m, m->cookie, "GET",
                "/api/v1/meetings?from=2040-01-01T00:00:00Z&search=%27%29%3B%20drop%20table", NULL,
                200);
    assert_int_equal(json_array_size(json_object_get(list, "meetings")), 1);
    json_decref(list);
    json_decref(made);
    refused(m, m->cookie, "POST", "/api/v1/meetings", plan("Dòng\r\nmới"), 400, "request.invalid",
            "title");
}

/* Links are made anew, and neither they nor passwords stand in the log or the database. */
static void secrets_stay_secret(void **state)
{
    struct meeting *m = *state;
    json_t *data = plan("Bí mật"), *made, *one, *renewed;
    char path[160], token[64], other[64], *log;

    json_object_set_new(data, "send", json_true());
    json_object_set_new(data, "settings", json_pack("{s:s}", "password", "vừng ơi mở ra"));
    invite(data, json_pack("{s:s, s:s, s:s}", "kind", "guest", "name", "Khách", "email", "k@x.vn"));
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    one = json_array_get(json_object_get(made, "invitees"), 0);
    assert_non_null(strstr(text_of(one, "link"), "#t="));
    snprintf(token, sizeof(token), "%s", strstr(text_of(one, "link"), "#t=") + 3);
    assert_int_equal(strlen(token), 43);
    snprintf(path, sizeof(path), "/invitees/%d/link", (int)id_of(one));
    renewed = call(m, people.secretary, "POST", path_of(made, path), json_object(), 200);
    snprintf(other, sizeof(other), "%s", strstr(text_of(renewed, "link"), "#t=") + 3);
    assert_string_not_equal(token, other);
    log = hopd_log(&m->hopd);
    assert_null(strstr(log, token));
    assert_null(strstr(log, other));
    assert_null(strstr(log, "vừng ơi"));
    free(log);
    json_decref(renewed);
    json_decref(made);
}

static void who_is_elsewhere_is_told(void **state)
{
    struct meeting *m = *state;
    json_t *hall = call(
        m, people.secretary, "POST", "/api/v1/resources",
        json_pack("{s:s, s:s, s:i}", "name", "Hội trường A", "kind", "hall", "seats", 200), 201);
    json_t *data = invite(plan("Bận"), user(people.an)), *made, *found, *first;
    char path[160];

    json_object_set_new(data, "send", json_true());
    json_object_set_new(data, "resources", json_pack("[I]", id_of(hall)));
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    data = json_pack("{s:s, s:s, s:s, s:[I], s:[I]}", "starts_at", "2040-01-02T01:30:00Z",
                     "ends_at", "2040-01-02T03:00:00Z", "time_zone", "Asia/Ho_Chi_Minh", "users",
                     people.an, "resources", id_of(hall));
    found = call(m, people.other, "POST", "/api/v1/conflicts", json_incref(data), 200);
    /* others of this file are at that time, too: at least these two, of which he sees no title */
    assert_true(json_array_size(json_object_get(found, "conflicts")) >= 2);
    first = json_array_get(json_object_get(found, "conflicts"), 0);
    assert_string_equal(text_of(first, "name"), "an");
    assert_true(json_is_null(json_object_get(first, "meeting")));
    json_decref(found);
    json_object_set_new(data, "users", json_array());
    json_object_set_new(data, "except", json_integer(id_of(made)));
    found = call(m, people.secretary, "POST", "/api/v1/conflicts", data, 200);
    assert_int_equal(json_array_size(json_object_get(found, "conflicts")), 0);
    json_decref(found);
    snprintf(path, sizeof(path),
             "/api/v1/freebusy?resources=%d&from=2040-01-02T00:00:00Z&to=2040-01-03T00:00:00Z",
             (int)id_of(hall));
    found = call(m, people.secretary, "GET", path, NULL, 200);
    first = json_array_get(json_object_get(found, "resources"), 0);
    assert_int_equal(json_array_size(json_object_get(first, "busy")), 1);
    json_decref(found);
    json_decref(made);
    json_decref(hall);
}

static void a_copy_is_a_draft_with_the_same_people(void **state)
{
    struct meeting *m = *state;
    json_t *data = invite(plan("Mẫu họp"), user(people.an)), *made, *copy, *list;

    json_object_set_new(data, "template", json_true());
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    refused(m, people.secretary, "POST", path_of(made, "/send"), json_object(), 409,
            "meeting.template", NULL);
    copy = call(m, people.secretary, "POST", path_of(made, "/duplicate"),
                json_pack("{s:s}", "starts_at", "2040-03-01T01:00:00Z"), 201);
    assert_string_equal(text_of(copy, "status"), "draft");
    assert_true(json_is_false(json_object_get(copy, "template")));
    assert_string_equal(text_of(copy, "ends_at"), "2040-03-01T02:00:00Z");
    assert_string_not_equal(text_of(copy, "code"), text_of(made, "code"));
    assert_int_equal(json_array_size(json_object_get(copy, "invitees")), 1);
    list = call(m, people.secretary, "GET", "/api/v1/meetings?template=true", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "meetings")), 1);
    json_decref(call(m, people.secretary, "DELETE", path_of(copy, ""), NULL, 204));
    refused(m, people.secretary, "GET", path_of(copy, ""), NULL, 404, "meeting.not_found", NULL);
    json_decref(list);
    json_decref(copy);
    json_decref(made);
}

static void five_hundred_are_invited_and_nobody_after_them(void **state)
{
    struct meeting *m = *state;
    json_t *data = plan("Đông"), *made;

    for (int i = 0; i < 500; i++) {
        char name[64];

        snprintf(name, sizeof(name), "Điểm cầu số %d", i);
        invite(data, json_pack("{s:s, s:s, s:s}", "kind", "site", "name", name, "unit_name",
                               "Ủy ban nhân dân huyện"));
    }
    made = call(m, m->cookie, "POST", "/api/v1/meetings", json_incref(data), 201);
    assert_int_equal(json_array_size(json_object_get(made, "invitees")), 500);
    json_decref(made);
    invite(data, json_pack("{s:s, s:s}", "kind", "site", "name", "Thừa"));
    refused(m, m->cookie, "POST", "/api/v1/meetings", data, 400, "request.invalid", "invitees");
}

static void the_dashboard_says_who_is_missing(void **state)
{
    struct meeting *m = *state;
    char starts[32], ends[32];
    time_t now = (time_t)(hop_wall_us() / 1000000), end = now + 3600;
    struct tm tm;
    json_t *data, *made, *found, *line, *missing;
    struct hop_client_config config = meeting_talker("An", 0);

    strftime(starts, sizeof(starts), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    strftime(ends, sizeof(ends), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &tm));
    data = json_pack("{s:s, s:s, s:s, s:s, s:b}", "title", "Đang họp", "starts_at", starts,
                     "ends_at", ends, "time_zone", "Asia/Ho_Chi_Minh", "send", 1);
    invite(data, user(people.an));
    invite(data, json_pack("{s:s, s:s}", "kind", "site", "name", "Điểm cầu"));
    made = call(m, people.secretary, "POST", "/api/v1/meetings", data, 201);
    config.room = text_of(made, "code");
    config.cookie = people.official;
    meeting_join(m, config);
    found = call(m, people.secretary, "GET", "/api/v1/dashboard", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(found, "soon")), 1);
    line = json_array_get(json_object_get(found, "soon"), 0);
    assert_int_equal(json_integer_value(json_object_get(line, "here")), 1);
    missing = json_object_get(line, "missing");
    assert_int_equal(json_array_size(missing), 1);
    assert_string_equal(text_of(json_array_get(missing, 0), "name"), "Điểm cầu");
    json_decref(found);
    json_decref(made);
}

static void a_personal_room_has_one_code_at_a_time(void **state)
{
    struct meeting *m = *state;
    json_t *none = call(m, people.official, "GET", "/api/v1/me/room", NULL, 200), *a, *b;
    char path[96];

    assert_true(json_is_null(json_object_get(none, "room")));
    a = call(m, people.official, "POST", "/api/v1/me/room", json_object(), 201);
    b = call(m, people.official, "POST", "/api/v1/me/room", json_object(), 201);
    snprintf(path, sizeof(path), "/api/v1/rooms/%s", text_of(json_object_get(a, "room"), "code"));
    refused(m, NULL, "GET", path, NULL, 404, "room.not_found", NULL);
    snprintf(path, sizeof(path), "/api/v1/rooms/%s", text_of(json_object_get(b, "room"), "code"));
    json_decref(call(m, NULL, "GET", path, NULL, 200));
    json_decref(none);
    json_decref(a);
    json_decref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(a_draft_is_seen_by_its_secretaries_until_it_is_sent),
        meeting_test(others_see_nothing_and_readers_change_nothing),
        meeting_test(a_series_with_one_moved_and_one_cancelled),
        meeting_test(what_was_read_is_written_back_unchanged),
        meeting_test(the_second_of_two_editors_can_merge),
        meeting_test(faults_name_their_member),
        meeting_test(hostile_texts_come_back_as_they_are),
        meeting_test(secrets_stay_secret),
        meeting_test(who_is_elsewhere_is_told),
        meeting_test(a_copy_is_a_draft_with_the_same_people),
        meeting_test(five_hundred_are_invited_and_nobody_after_them),
        meeting_test(the_dashboard_says_who_is_missing),
        meeting_test(a_personal_room_has_one_code_at_a_time),
    };
    return cmocka_run_group_tests(tests, begin, meeting_end);
}
