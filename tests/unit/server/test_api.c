/* The API through real connections (docs/rest-api.md): accounts, rooms, meetings, operators'
 * endpoints, and what happens when the disk is full or the server starts again. */
#include "tests/unit/server/live.h"

static struct live *live;

static int setup(void **state)
{
    (void)state;
    live = live_new();
    live_start(live);
    if (live->error != NULL)
        fail_msg("%s", live->error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_stop(live);
    live_free(live);
    return 0;
}

static void restart(void)
{
    live_stop(live);
    live_start(live);
    if (live->error != NULL)
        fail_msg("%s", live->error);
}

static const char *text_of(const json_t *json, const char *member)
{
    const char *text = json_string_value(json_object_get(json, member));

    return text != NULL ? text : "";
}

static long long number_of(const json_t *json, const char *member)
{
    return json_integer_value(json_object_get(json, member));
}

/* ---- accounts -------------------------------------------------------------------------------- */

#define SESSION "/api/v1/session"
#define WRONG   "{\"username\":\"admin\",\"password\":\"falsch\"}"

static void signing_in_and_out(void **state)
{
    char *headers = sign_in(live);
    struct reply r = ask(live, "GET", "/api/v1/client", headers, NULL);
    const json_t *user = json_object_get(r.json, "user");

    (void)state;
    assert_string_equal(text_of(user, "username"), "admin");
    assert_true(json_is_true(json_object_get(user, "administrator")));
    assert_string_equal(text_of(r.json, "version"), HOP_VERSION);
    assert_int_equal(number_of(json_object_get(r.json, "limits"), "name"), HOP_MAX_NAME);
    assert_header(&r, "cache-control", "no-store");
    reply_clear(&r);
    assert_ask(live, "DELETE", SESSION, headers, NULL, 204, "");
    assert_ask(live, "GET", "/api/v1/meetings", headers, NULL, 401, "auth.required");
    r = ask(live, "GET", "/api/v1/client", headers, NULL);
    assert_true(json_is_null(json_object_get(r.json, "user")));
    reply_clear(&r);
    g_free(headers);
}

static void the_cookie_is_guarded(void **state)
{
    char *url = g_strdup_printf("https://127.0.0.1:%d" SESSION, live->https), *cookie;
    struct reply r = ask_url(live, "POST", url, "X-Hop: 1",
                             "{\"username\":\"Admin\",\"password\":\"" PASSWORD "\"}");

    (void)state;
    assert_int_equal(r.status, 201);
    cookie = header_of(&r, "set-cookie");
    assert_non_null(strstr(cookie, "; HttpOnly"));
    assert_non_null(strstr(cookie, "; Secure"));
    assert_non_null(strstr(cookie, "; SameSite=Strict"));
    reply_clear(&r);
    g_free(cookie);
    g_free(url);
}

static void bad_sessions_are_nobodys(void **state)
{
    static const char *const cookies[] = {
        "Cookie: hop_session=",
        "Cookie: hop_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Cookie: hop_session=%00",
        "Cookie: xhop_session=1; ;;; =",
        "Cookie: hop_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cookies); i++)
        assert_ask(live, "GET", "/api/v1/ops/live", cookies[i], NULL, 401, "auth.required");
}

static void wrong_passwords_are_slowed_down(void **state)
{
    struct reply r;
    char *wait;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_ask(live, "POST", SESSION, "X-Hop: 1", WRONG, 401, "auth.wrong");
    r = ask(live, "POST", SESSION, "X-Hop: 1", WRONG);
    assert_int_equal(r.status, 429);
    assert_string_equal(error_code(&r), "auth.locked");
    wait = header_of(&r, "retry-after");
    assert_true(atoi(wait) >= 1);
    g_free(wait);
    reply_clear(&r);
    /* the right one, too, as long as it lasts: else guessing would go on */
    assert_ask(live, "POST", SESSION, "X-Hop: 1",
               "{\"username\":\"admin\",\"password\":\"" PASSWORD "\"}", 429, "auth.locked");
    restart();
}

static void an_unknown_account_looks_like_a_wrong_password(void **state)
{
    (void)state;
    assert_ask(live, "POST", SESSION, "X-Hop: 1", "{\"username\":\"nobody\",\"password\":\"x\"}",
               401, "auth.wrong");
    assert_ask(live, "POST", SESSION, "X-Hop: 1", "{\"username\":\"admin\"}", 400,
               "request.invalid");
    assert_ask(live, "POST", SESSION, "X-Hop: 1", "{\"username\":1,\"password\":[]}", 400,
               "request.invalid");
    assert_ask(live, "POST", SESSION, "X-Hop: 1", "[]", 400, "request.invalid");
    assert_ask(live, "POST", SESSION, "X-Hop: 1", "{\"username\":", 400, "request.invalid");
}

static void other_sites_are_refused(void **state)
{
    char *origin = g_strdup_printf("X-Hop: 1|Origin: http://127.0.0.1:%d", live->http);

    (void)state;
    assert_ask(live, "POST", "/api/v1/rooms", NULL, "{}", 403, "request.cross_site");
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1|Origin: https://evil.example", "{}", 403,
               "request.cross_site");
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1|Origin: null", "{}", 403,
               "request.cross_site");
    assert_ask(live, "POST", "/api/v1/rooms", origin, "{}", 201, "");
    g_free(origin);
}

static void a_session_outlives_a_restart(void **state)
{
    char *headers = sign_in(live);

    (void)state;
    restart();
    assert_ask(live, "GET", "/api/v1/meetings", headers, NULL, 200, "");
    g_free(headers);
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static void a_room_now(void **state)
{
    struct reply r = ask(live, "POST", "/api/v1/rooms", "X-Hop: 1", "{\"title\":\" Giao ban \"}");
    char *path = g_strdup_printf("/api/v1/rooms/%s", text_of(r.json, "code"));
    char *url = g_strdup_printf("http://127.0.0.1:%d/m/%s", live->http, text_of(r.json, "code"));

    (void)state;
    assert_int_equal(r.status, 201);
    assert_string_equal(text_of(r.json, "url"), url);
    reply_clear(&r);
    restart();
    r = ask(live, "GET", path, NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(text_of(r.json, "title"), "Giao ban");
    assert_string_equal(text_of(r.json, "status"), "open");
    assert_true(json_is_null(json_object_get(r.json, "starts_at")));
    assert_int_equal(number_of(r.json, "participants"), 0);
    reply_clear(&r);
    g_free(path);
    g_free(url);
}

static void rooms_that_are_not(void **state)
{
    (void)state;
    assert_ask(live, "GET", "/api/v1/rooms/abc-defg-hij", NULL, NULL, 404, "room.not_found");
    assert_ask(live, "GET", "/api/v1/rooms/%27%20OR%201=1", NULL, NULL, 404, "room.not_found");
    assert_ask(live, "GET", "/api/v1/rooms/a/b", NULL, NULL, 404, "not_found");
    assert_ask(live, "GET", "/api/v1/nothing", NULL, NULL, 404, "not_found");
    assert_ask(live, "PATCH", "/api/v1/rooms", "X-Hop: 1", "{}", 405, "request.method");
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1", "{\"title\":5}", 400, "request.invalid");
}

static void a_flood_of_rooms_is_stopped(void **state)
{
    long status = 201;
    int made = 0;

    (void)state;
    while (status == 201 && made < 100) {
        struct reply r = ask(live, "POST", "/api/v1/rooms", "X-Hop: 1", "{}");

        status = r.status;
        made += status == 201;
        reply_clear(&r);
    }
    assert_int_equal(status, 429);
    assert_true(made <= 25);
    restart();
}

static void rooms_for_accounts_only(void **state)
{
    char *headers;

    (void)state;
    g_hash_table_insert(live->set, (gpointer) "meetings.anonymous-rooms", (gpointer) "false");
    restart();
    assert_ask(live, "POST", "/api/v1/rooms", "X-Hop: 1", "{}", 401, "auth.required");
    headers = sign_in(live);
    assert_ask(live, "POST", "/api/v1/rooms", headers, "{}", 201, "");
    g_free(headers);
    g_hash_table_remove_all(live->set);
    restart();
}

/* ---- meetings -------------------------------------------------------------------------------- */

#define MEETING                                                                                    \
    "{\"title\":\"Giao ban tuần\",\"starts_at\":\"2031-11-25T07:30:00Z\","                       \
    "\"ends_at\":\"2031-11-25T15:30:00+07:00\",\"time_zone\":\"Asia/Ho_Chi_Minh\",\"send\":true}"

static void a_meeting_from_plan_to_cancellation(void **state)
{
    char *headers = sign_in(live), *path, *room, *ics;
    struct reply r = ask(live, "POST", "/api/v1/meetings", headers, MEETING);

    (void)state;
    assert_int_equal(r.status, 201);
    assert_string_equal(text_of(r.json, "ends_at"), "2031-11-25T08:30:00Z");
    assert_string_equal(text_of(r.json, "status"), "scheduled");
    assert_int_equal(number_of(r.json, "sequence"), 0);
    path = g_strdup_printf("/api/v1/meetings/%lld", number_of(r.json, "id"));
    room = g_strdup_printf("/api/v1/rooms/%s", text_of(r.json, "code"));
    ics = g_strconcat(path, "/invite.ics", NULL);
    reply_clear(&r);

    r = ask(live, "GET", room, NULL, NULL);
    assert_string_equal(text_of(r.json, "status"), "early");
    assert_string_equal(text_of(r.json, "opens_at"), "2031-11-25T07:15:00Z");
    assert_string_equal(text_of(r.json, "time_zone"), "Asia/Ho_Chi_Minh");
    reply_clear(&r);

    r = ask(live, "PATCH", path, headers, "{\"ends_at\":\"2031-11-25T09:30:00Z\"}");
    assert_int_equal(r.status, 200);
    assert_int_equal(number_of(r.json, "sequence"), 1);
    assert_string_equal(text_of(r.json, "title"), "Giao ban tuần");
    reply_clear(&r);

    r = ask(live, "GET", ics, headers, NULL);
    assert_int_equal(r.status, 200);
    assert_header(&r, "content-type", "text/calendar; charset=utf-8; method=PUBLISH");
    assert_non_null(strstr(r.body->str, "SEQUENCE:1\r\n"));
    assert_non_null(strstr(r.body->str, "DTEND;TZID=Asia/Ho_Chi_Minh:20311125T163000\r\n"));
    reply_clear(&r);

    r = ask(live, "DELETE", path, headers, NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(text_of(r.json, "status"), "cancelled");
    assert_int_equal(number_of(r.json, "sequence"), 2);
    reply_clear(&r);
    r = ask(live, "GET", room, NULL, NULL);
    assert_string_equal(text_of(r.json, "status"), "cancelled");
    reply_clear(&r);
    assert_ask(live, "PATCH", path, headers, "{\"title\":\"X\"}", 409, "room.cancelled");
    g_free(ics);
    g_free(room);
    g_free(path);
    g_free(headers);
}

static void a_meeting_opens_before_its_start(void **state)
{
    GDateTime *now = g_date_time_new_now_utc(), *start = g_date_time_add_minutes(now, 10);
    GDateTime *end = g_date_time_add_hours(now, 1);
    char *a = g_date_time_format(start, "%Y-%m-%dT%H:%M:%SZ");
    char *b = g_date_time_format(end, "%Y-%m-%dT%H:%M:%SZ");
    char *body = g_strdup_printf("{\"title\":\"T\",\"starts_at\":\"%s\",\"ends_at\":\"%s\","
                                 "\"time_zone\":\"Asia/Ho_Chi_Minh\",\"send\":true}",
                                 a, b);
    char *headers = sign_in(live);
    struct reply r = ask(live, "POST", "/api/v1/meetings", headers, body);

    (void)state;
    assert_string_equal(text_of(r.json, "status"), "open");
    reply_clear(&r);
    g_free(headers);
    g_free(body);
    g_free(a);
    g_free(b);
    g_date_time_unref(end);
    g_date_time_unref(start);
    g_date_time_unref(now);
}

static void lists_by_time(void **state)
{
    char *headers = sign_in(live);
    struct reply r;

    (void)state;
    assert_ask(live, "POST", "/api/v1/meetings", headers,
               "{\"title\":\"Xa\",\"starts_at\":\"2040-01-01T00:00:00Z\","
               "\"ends_at\":\"2040-01-01T01:00:00Z\",\"time_zone\":\"UTC\"}",
               201, "");
    r = ask(live, "GET",
            "/api/v1/meetings?from=2039-12-31T00:00:00Z&to=2040-02-01T07:00:00%2B07:00", headers,
            NULL);
    assert_int_equal(json_array_size(json_object_get(r.json, "meetings")), 1);
    reply_clear(&r);
    r = ask(live, "GET", "/api/v1/meetings?from=2040-01-01T01:00:00Z", headers, NULL);
    assert_int_equal(json_array_size(json_object_get(r.json, "meetings")), 0);
    reply_clear(&r);
    assert_ask(live, "GET", "/api/v1/meetings?from=yesterday", headers, NULL, 400,
               "request.invalid");
    g_free(headers);
}

static void bad_meetings_are_told(void **state)
{
    static const char *const bodies[][2] = {
        { "{}", "title" },
        { "{\"title\":\"\"}", "title" },
        { "{\"title\":\"T\",\"starts_at\":\"2031-11-25\"}", "starts_at" },
        { "{\"title\":\"T\",\"starts_at\":\"2031-11-25T07:30:00Z\"}", "ends_at" },
        { "{\"title\":\"T\",\"starts_at\":\"2031-11-25T07:30:00Z\",\"ends_at\":"
          "\"2031-11-25T07:30:00Z\",\"time_zone\":\"Asia/Ho_Chi_Minh\"}",
          "ends_at" },
        { "{\"title\":\"T\",\"starts_at\":\"2031-11-25T07:30:00Z\",\"ends_at\":"
          "\"2031-11-25T08:30:00Z\",\"time_zone\":\"Mars/Olympus\"}",
          "time_zone" },
    };
    char *headers = sign_in(live);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        struct reply r = ask(live, "POST", "/api/v1/meetings", headers, bodies[i][0]);

        assert_int_equal(r.status, 400);
        assert_string_equal(text_of(json_object_get(r.json, "error"), "member"), bodies[i][1]);
        reply_clear(&r);
    }
    assert_ask(live, "GET", "/api/v1/meetings/99999", headers, NULL, 404, "meeting.not_found");
    assert_ask(live, "GET", "/api/v1/meetings/-1", headers, NULL, 404, "meeting.not_found");
    assert_ask(live, "GET", "/api/v1/meetings/1x", headers, NULL, 404, "meeting.not_found");
    assert_ask(live, "POST", "/api/v1/meetings", "X-Hop: 1", MEETING, 401, "auth.required");
    g_free(headers);
}

/* ---- operators ------------------------------------------------------------------------------- */

static void health_and_metrics(void **state)
{
    static const char *const names[] = {
        "hop_participants ",
        "hop_rooms ",
        "hop_store_queue ",
        "hop_store_up 1",
        "hop_build_info{",
        "process_resident_memory_bytes ",
        "hop_http_responses_total{class=\"2xx\"}",
        "hop_worker_dropped_packets_total",
    };
    struct reply r;

    (void)state;
    assert_ask(live, "GET", "/healthz", NULL, NULL, 200, "");
    assert_ask(live, "HEAD", "/readyz", NULL, NULL, 200, "");
    r = ask(live, "GET", "/metrics", NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_header(&r, "content-type", "text/plain; version=0.0.4; charset=utf-8");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strstr(r.body->str, names[i]) == NULL)
            fail_msg("no %s in /metrics", names[i]);
    reply_clear(&r);
}

static void the_live_page_needs_an_administrator(void **state)
{
    char *headers = sign_in(live);
    struct reply r = ask(live, "GET", "/api/v1/ops/live", headers, NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_int_equal(json_array_size(json_object_get(r.json, "rooms")), 0);
    assert_true(number_of(r.json, "memory_bytes") > 1000000);
    reply_clear(&r);
    assert_ask(live, "GET", "/api/v1/ops/live", NULL, NULL, 401, "auth.required");
    assert_ask(live, "GET", "/api/v1/ops/rooms/abc-defg-hij/dump", headers, NULL, 404,
               "room.not_found");
    assert_ask(live, "GET", "/api/v1/ops/rooms/abc-defg-hij/dump", NULL, NULL, 401,
               "auth.required");
    g_free(headers);
}

static void a_full_disk_is_told_and_gets_well(void **state)
{
    char *headers = sign_in(live), *text = g_strnfill(3900, 'x'), *body;
    struct reply r;
    long status = 0;

    (void)state;
    body = g_strdup_printf("{\"title\":\"T\",\"starts_at\":\"2031-11-25T07:30:00Z\",\"ends_at\":"
                           "\"2031-11-25T08:30:00Z\",\"time_zone\":\"UTC\",\"description\":\"%s\"}",
                           text);
    hop_store_limit_pages(live->server->store, 0);
    for (int i = 0; i < 20 && status != 503; i++) {
        r = ask(live, "POST", "/api/v1/meetings", headers, body);
        status = r.status;
        if (status == 503)
            assert_string_equal(error_code(&r), "server.storage");
        reply_clear(&r);
    }
    assert_int_equal(status, 503);
    assert_ask(live, "GET", "/readyz", NULL, NULL, 503, "");
    assert_ask(live, "GET", "/healthz", NULL, NULL, 200, "");
    assert_ask(live, "GET", "/api/v1/meetings", headers, NULL, 200, ""); /* reading goes on */
    hop_store_limit_pages(live->server->store, -1);
    assert_ask(live, "POST", "/api/v1/meetings", headers, body, 201, "");
    assert_ask(live, "GET", "/readyz", NULL, NULL, 200, "");
    g_free(body);
    g_free(text);
    g_free(headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing_in_and_out),
        cmocka_unit_test(the_cookie_is_guarded),
        cmocka_unit_test(bad_sessions_are_nobodys),
        cmocka_unit_test(an_unknown_account_looks_like_a_wrong_password),
        cmocka_unit_test(wrong_passwords_are_slowed_down),
        cmocka_unit_test(other_sites_are_refused),
        cmocka_unit_test(a_session_outlives_a_restart),
        cmocka_unit_test(a_room_now),
        cmocka_unit_test(rooms_that_are_not),
        cmocka_unit_test(a_flood_of_rooms_is_stopped),
        cmocka_unit_test(rooms_for_accounts_only),
        cmocka_unit_test(a_meeting_from_plan_to_cancellation),
        cmocka_unit_test(a_meeting_opens_before_its_start),
        cmocka_unit_test(lists_by_time),
        cmocka_unit_test(bad_meetings_are_told),
        cmocka_unit_test(health_and_metrics),
        cmocka_unit_test(the_live_page_needs_an_administrator),
        cmocka_unit_test(a_full_disk_is_told_and_gets_well),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
