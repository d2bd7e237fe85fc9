/* Accounts through the API (docs/rest-api.md): roles, units, import, one's own account. */
#include "tests/unit/server/live.h"

#include "media/base/clock.h"
#include "server/totp.h"

static struct live *live;
static char *admin; /* headers of the administrator */

static int setup(void **state)
{
    (void)state;
    live = live_new();
    live_start(live);
    if (live->error != NULL)
        fail_msg("%s", live->error);
    admin = sign_in(live);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    g_free(admin);
    live_stop(live);
    live_free(live);
    return 0;
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

#define USERS "/api/v1/users"

/* The body of the answer, which must have that status. */
static json_t *call(const char *method, const char *path, const char *headers, const char *body,
                    long status)
{
    struct reply r = ask(live, method, path, headers, body);
    json_t *json = json_incref(r.json);

    if (r.status != status)
        fail_msg("%s %s: %ld %s", method, path, r.status, r.body->str);
    reply_clear(&r);
    return json;
}

/* Signs in; the headers of the session. */
static char *sign_in_as(const char *username, const char *password)
{
    char *body = g_strdup_printf("{\"username\":\"%s\",\"password\":\"%s\"}", username, password);
    struct reply r = ask(live, "POST", "/api/v1/session", "X-Hop: 1", body);
    char *cookie = header_of(&r, "set-cookie"), *headers;

    if (r.status != 201)
        fail_msg("%s: %ld %s", username, r.status, r.body->str);
    *strchr(cookie, ';') = '\0';
    headers = g_strdup_printf("X-Hop: 1|Cookie: %s", cookie);
    g_free(cookie);
    g_free(body);
    reply_clear(&r);
    return headers;
}

/* An account that has changed its first password; the headers of its session. */
static char *account(const char *username, const char *role, long long *id)
{
    char *body = g_strdup_printf("{\"username\":\"%s\",\"name\":\"Người %s\",\"roles\":[\"%s\"]}",
                                 username, username, role);
    json_t *made = call("POST", USERS, admin, body, 201);
    char *headers = sign_in_as(username, text_of(made, "password"));
    char *change =
        g_strdup_printf("{\"old\":\"%s\",\"new\":\"hoa sen nở sớm\"}", text_of(made, "password"));

    assert_ask(live, "GET", "/api/v1/units", headers, NULL, 403, "auth.change_password");
    assert_ask(live, "POST", "/api/v1/me/password", headers, change, 204, "");
    if (id != NULL)
        *id = number_of(made, "id");
    json_decref(made);
    g_free(change);
    g_free(body);
    return headers;
}

static void roles_decide(void **state)
{
    char *secretary = account("thuky", "secretary", NULL);
    char *operator= account("vanhanh", "operator", NULL),
         *official = account("an", "official", NULL);

    (void)state;
    assert_ask(live, "GET", "/api/v1/meetings", secretary, NULL, 200, "");
    assert_ask(live, "GET", USERS, secretary, NULL, 200, "");
    assert_ask(live, "GET", "/api/v1/ops/live", secretary, NULL, 403, "permission.denied");
    assert_ask(live, "POST", USERS, secretary, "{\"username\":\"x1\",\"name\":\"X\"}", 403,
               "permission.denied");
    assert_ask(live, "GET", "/api/v1/ops/live", operator, NULL, 200, "");
    assert_ask(live, "POST", "/api/v1/meetings", operator, "{}", 403, "permission.denied");
    assert_ask(live, "GET", USERS, official, NULL, 403, "permission.denied");
    assert_ask(live, "GET", "/api/v1/me", official, NULL, 200, "");
    assert_ask(live, "GET", "/api/v1/me", NULL, NULL, 401, "auth.required");
    g_free(secretary);
    g_free(operator);
    g_free(official);
}

static void bad_accounts_name_the_member(void **state)
{
    static const struct {
        const char *body, *member;
    } all[] = {
        { "{\"name\":\"An\"}", "username" },
        { "{\"username\":\"a\",\"name\":\"An\"}", "username" },
        { "{\"username\":\"nguyễn\",\"name\":\"An\"}", "username" },
        { "{\"username\":\"a b\",\"name\":\"An\"}", "username" },
        { "{\"username\":\"anh\"}", "name" },
        { "{\"username\":\"anh\",\"name\":\"  \"}", "name" },
        { "{\"username\":\"anh\",\"name\":\"An\",\"email\":\"an\"}", "email" },
        { "{\"username\":\"anh\",\"name\":\"An\",\"email\":\"an@so.vn\\r\\nBcc: x@y.vn\"}",
          "email" },
        { "{\"username\":\"anh\",\"name\":\"An\",\"roles\":[\"king\"]}", "roles" },
        { "{\"username\":\"anh\",\"name\":\"An\",\"unit\":\"1\"}", "unit" },
        { "{\"username\":\"anh\",\"name\":\"An\",\"language\":\"xx\"}", "language" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        json_t *json = call("POST", USERS, admin, all[i].body, 400);

        assert_string_equal(text_of(json_object_get(json, "error"), "member"), all[i].member);
        json_decref(json);
    }
    assert_ask(live, "POST", USERS, admin, "{\"username\":\"anh\",\"name\":\"An\",\"unit\":99}",
               404, "user.not_found");
}

static void a_change_is_checked_against_its_version(void **state)
{
    long long id;
    char *headers = account("binh", "official", &id);
    char *path = g_strdup_printf(USERS "/%lld", id);
    json_t *json = call("GET", path, admin, NULL, 200);
    char *body = g_strdup_printf("{\"version\":%lld,\"title\":\"Trưởng phòng\"}",
                                 number_of(json, "version"));

    (void)state;
    json_decref(json);
    assert_ask(live, "PATCH", path, admin, "{\"title\":\"X\"}", 400, "request.invalid");
    json = call("PATCH", path, admin, body, 200);
    assert_string_equal(text_of(json, "title"), "Trưởng phòng");
    assert_string_equal(text_of(json, "name"), "Người binh");
    json_decref(json);
    assert_ask(live, "PATCH", path, admin, body, 409, "user.changed");
    g_free(body);
    g_free(path);
    g_free(headers);
}

static void a_shut_account_is_out(void **state)
{
    long long id;
    char *headers = account("cuong", "secretary", &id);
    char *path = g_strdup_printf(USERS "/%lld", id);

    (void)state;
    json_decref(call("PATCH", path, admin, "{\"version\":1,\"disabled\":true}", 200));
    assert_ask(live, "GET", "/api/v1/meetings", headers, NULL, 401, "auth.required");
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1",
               "{\"username\":\"cuong\",\"password\":\"hoa sen nở sớm\"}", 403, "auth.disabled");
    assert_ask(live, "PATCH", USERS "/1", admin, "{\"version\":1,\"disabled\":true}", 409,
               "user.last_administrator");
    g_free(path);
    g_free(headers);
}

static void sessions_can_be_ended(void **state)
{
    char *here = account("dung", "official", NULL);
    char *there = sign_in_as("dung", "hoa sen nở sớm");
    json_t *json = call("GET", "/api/v1/me/sessions", here, NULL, 200);
    const json_t *sessions = json_object_get(json, "sessions");
    size_t i;
    const json_t *s;

    (void)state;
    assert_int_equal(json_array_size(sessions), 2);
    json_array_foreach((json_t *)sessions, i, s)
    {
        char *path = g_strdup_printf("/api/v1/me/sessions/%s", text_of(s, "id"));

        if (!json_is_true(json_object_get(s, "this"))) {
            assert_ask(live, "DELETE", path, admin, NULL, 404, "not_found"); /* not his own */
            assert_ask(live, "DELETE", path, here, NULL, 204, "");
        }
        g_free(path);
    }
    assert_ask(live, "GET", "/api/v1/me", there, NULL, 401, "auth.required");
    assert_ask(live, "GET", "/api/v1/me", here, NULL, 200, "");
    json_decref(json);
    g_free(here);
    g_free(there);
}

static void weak_passwords_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"old\":\"hoa sen nở sớm\",\"new\":\"short\"}",
        "{\"old\":\"hoa sen nở sớm\",\"new\":\"password123\"}",
        "{\"old\":\"hoa sen nở sớm\",\"new\":\"nguoigiang1\"}",
        "{\"old\":\"hoa sen nở sớm\",\"new\":\"hoa sen nở sớm\"}",
        "{\"new\":\"một hai ba bốn\"}",
    };
    char *headers = account("giang", "official", NULL);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++)
        assert_ask(live, "POST", "/api/v1/me/password", headers, bodies[i], 400, "request.invalid");
    assert_ask(live, "POST", "/api/v1/me/password", headers,
               "{\"old\":\"falsch\",\"new\":\"một hai ba bốn\"}", 403, "auth.wrong");
    g_free(headers);
}

static void a_second_factor_from_end_to_end(void **state)
{
    char *headers = account("hoa", "official", NULL);
    json_t *json = call("POST", "/api/v1/me/totp", headers, "{}", 200);
    uint8_t secret[HOP_TOTP_SECRET];
    char *body;

    (void)state;
    assert_true(hop_totp_secret_parse(text_of(json, "secret"), secret));
    assert_true(g_str_has_prefix(text_of(json, "uri"), "otpauth://totp/hop:hoa?secret="));
    /* a code of the step before leaves this one for signing in */
    body =
        g_strdup_printf("{\"secret\":\"%s\",\"code\":\"%06u\",\"password\":\"hoa sen nở sớm\"}",
                        text_of(json, "secret"), hop_totp_at(secret, hop_wall_us() / 30000000 - 1));
    json_decref(json);
    json = call("POST", "/api/v1/me/totp", headers, body, 200);
    g_free(body);
    assert_int_equal(json_array_size(json_object_get(json, "recovery_codes")), HOP_RECOVERY_CODES);
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1",
               "{\"username\":\"hoa\",\"password\":\"hoa sen nở sớm\"}", 401, "auth.second_factor");
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1",
               "{\"username\":\"hoa\",\"password\":\"hoa sen nở sớm\",\"code\":\"000000x\"}", 401,
               "auth.wrong_code");
    body = g_strdup_printf(
        "{\"username\":\"hoa\",\"password\":\"hoa sen nở sớm\",\"code\":\"%s\"}",
        json_string_value(json_array_get(json_object_get(json, "recovery_codes"), 4)));
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1", body, 201, "");
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1", body, 401, "auth.wrong_code");
    assert_ask(live, "DELETE", "/api/v1/me/totp", headers, "{\"password\":\"falsch\"}", 403,
               "auth.wrong");
    assert_ask(live, "DELETE", "/api/v1/me/totp", headers, "{\"password\":\"hoa sen nở sớm\"}", 204,
               "");
    assert_ask(live, "POST", "/api/v1/session", "X-Hop: 1",
               "{\"username\":\"hoa\",\"password\":\"hoa sen nở sớm\"}", 201, "");
    json_decref(json);
    g_free(body);
    g_free(headers);
}

static void units_are_kept(void **state)
{
    json_t *top = call("POST", "/api/v1/units", admin, "{\"name\":\"Sở Y tế\"}", 201);
    char *body = g_strdup_printf("{\"name\":\"Văn phòng\",\"parent\":%lld}", number_of(top, "id"));
    char *path = g_strdup_printf("/api/v1/units/%lld", number_of(top, "id"));

    (void)state;
    json_decref(call("POST", "/api/v1/units", admin, body, 201));
    assert_ask(live, "POST", "/api/v1/units", admin, body, 409, "unit.exists");
    assert_ask(live, "DELETE", path, admin, NULL, 409, "unit.not_empty");
    assert_ask(live, "POST", "/api/v1/units", admin, "{\"name\":\"\"}", 400, "request.invalid");
    json_decref(call("PATCH", path, admin, "{\"name\":\"Sở Y tế tỉnh\"}", 200));
    json_decref(top);
    top = call("GET", "/api/v1/units", admin, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(top, "units")), 2);
    json_decref(top);
    g_free(path);
    g_free(body);
}

/* ---- import ---------------------------------------------------------------------------------- */

static json_t *import(const char *csv, bool apply, long status)
{
    json_t *body = json_pack("{s:s,s:b}", "csv", csv, "apply", (int)apply), *json;
    char *text = json_dumps(body, 0);

    json = call("POST", USERS "/import", admin, text, status);
    free(text);
    json_decref(body);
    return json;
}

static void assert_complaint(const json_t *json, size_t line, const char *member, const char *code)
{
    const json_t *entry = json_array_get(json_object_get(json, "lines"), line);
    const json_t *errors = json_object_get(entry, "errors");

    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *e = json_array_get(errors, i);

        if (strcmp(text_of(e, "member"), member) == 0 && strcmp(text_of(e, "code"), code) == 0)
            return;
    }
    fail_msg("line %zu does not complain of %s %s", line, member, code);
}

static void a_preview_tells_what_is_wrong_with_each_line(void **state)
{
    json_t *json = import("Họ và tên;Tài khoản;Đơn vị;Email;Vai trò\n"
                          "Lê Văn Minh;minh;SO Y TE;minh@so.vn;secretary\n"
                          ";khong;;;\n"
                          "Hai Lần;minh;;minh@so.vn;\n"
                          "Ai Đó;ai do;Không có;ai;king\n",
                          false, 200);
    struct reply r;

    (void)state;
    assert_int_equal(number_of(json, "right"), 0); /* the unit is not there yet */
    assert_complaint(json, 0, "unit", "unknown");
    assert_complaint(json, 1, "name", "missing");
    assert_complaint(json, 2, "username", "twice");
    assert_complaint(json, 2, "email", "twice");
    assert_complaint(json, 3, "username", "invalid");
    assert_complaint(json, 3, "unit", "unknown");
    assert_complaint(json, 3, "email", "invalid");
    assert_complaint(json, 3, "roles", "unknown");
    assert_int_equal(number_of(json_array_get(json_object_get(json, "lines"), 3), "line"), 5);
    json_decref(json);
    r = ask(live, "GET", USERS "?search=minh", admin, NULL);
    assert_int_equal(json_array_size(json_object_get(r.json, "users")), 0);
    reply_clear(&r);
    assert_ask(live, "POST", USERS "/import", admin, "{\"csv\":\"a,b\\n1,2\\n\"}", 400,
               "request.invalid");
    assert_ask(live, "POST", USERS "/import", admin, "{\"csv\":\"username,name\\n\\\"x\"}", 400,
               "request.invalid");
}

static void three_hundred_are_imported_and_can_sign_in(void **state)
{
    GString *csv = g_string_new("username,name,unit,title\n");
    json_t *unit = call("POST", "/api/v1/units", admin, "{\"name\":\"UBND xã\"}", 201), *json;
    const json_t *last;
    char *headers;
    struct reply r;

    (void)state;
    for (int i = 0; i < 300; i++)
        g_string_append_printf(csv, "user%03d,Cán bộ số %d,ubnd xa,\"Chuyên viên, bậc %d\"\n", i, i,
                               i % 9);
    json = import(csv->str, true, 201);
    assert_int_equal(number_of(json, "right"), 300);
    last = json_array_get(json_object_get(json, "lines"), 299);
    headers = sign_in_as("user299", text_of(last, "password"));
    g_free(headers);
    json_decref(json);
    r = ask(live, "GET", USERS "?search=can%20bo%20so%20150&limit=5", admin, NULL);
    assert_int_equal(json_array_size(json_object_get(r.json, "users")), 1);
    last = json_array_get(json_object_get(r.json, "users"), 0);
    assert_int_equal(number_of(last, "unit"), number_of(unit, "id"));
    assert_string_equal(text_of(last, "title"), "Chuyên viên, bậc 6");
    reply_clear(&r);
    json = import(csv->str, true, 409); /* they are there already: nothing happens twice */
    assert_complaint(json, 0, "username", "taken");
    json_decref(json);
    json_decref(unit);
    g_string_free(csv, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_decide),
        cmocka_unit_test(bad_accounts_name_the_member),
        cmocka_unit_test(a_change_is_checked_against_its_version),
        cmocka_unit_test(a_shut_account_is_out),
        cmocka_unit_test(sessions_can_be_ended),
        cmocka_unit_test(weak_passwords_are_refused),
        cmocka_unit_test(a_second_factor_from_end_to_end),
        cmocka_unit_test(a_preview_tells_what_is_wrong_with_each_line),
        cmocka_unit_test(units_are_kept),
        cmocka_unit_test(three_hundred_are_imported_and_can_sign_in),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
