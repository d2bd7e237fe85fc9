/* Programs at the API: what a token opens and what not, how it is taken back, and that a page of
 * another site cannot use one. */
#include "tests/unit/server/live.h"

#include "server/scopes.h"

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

/* The headers of a program with these scopes. Free with g_free(). */
static char *new_token(const char *headers, const char *scopes, json_int_t *id)
{
    char *body = g_strdup_printf("{\"name\":\"Cổng thư\",\"scopes\":[%s]}", scopes), *header;
    struct reply r = ask(live, "POST", "/api/v1/tokens", headers, body);

    assert_int_equal(r.status, 201);
    *id = json_integer_value(json_object_get(r.json, "id"));
    header = g_strdup_printf("Authorization: Bearer %s",
                             json_string_value(json_object_get(r.json, "token")));
    reply_clear(&r);
    g_free(body);
    return header;
}

static void a_scope_opens_its_endpoints_only(void **state)
{
    json_int_t id;
    char *reader = new_token(admin, "\"users:read\"", &id);

    (void)state;
    assert_ask(live, "GET", "/api/v1/users", reader, NULL, 200, "");
    assert_ask(live, "GET", "/api/v1/units", reader, NULL, 200, "");
    assert_ask(live, "GET", "/api/v1/client", reader, NULL, 200, "");
    assert_ask(live, "POST", "/api/v1/users", reader, "{}", 403, "auth.scope");
    assert_ask(live, "GET", "/api/v1/meetings", reader, NULL, 403, "auth.scope");
    assert_ask(live, "GET", "/api/v1/ops/live", reader, NULL, 403, "auth.scope");
    /* nor his own account, his sessions, further tokens */
    assert_ask(live, "GET", "/api/v1/me", reader, NULL, 403, "auth.scope");
    assert_ask(live, "GET", "/api/v1/tokens", reader, NULL, 403, "auth.scope");
    assert_ask(live, "POST", "/api/v1/tokens", reader, "{}", 403, "auth.scope");
    g_free(reader);
}

static void a_program_needs_no_header_against_other_sites(void **state)
{
    json_int_t id;
    char *writer = new_token(admin, "\"users:write\"", &id);

    (void)state;
    assert_ask(live, "POST", "/api/v1/units", writer, "{\"name\":\"Sở Y tế\",\"parent\":null}", 201,
               "");
    /* but a cookie does, also beside a header that is no token */
    assert_ask(live, "POST", "/api/v1/units", strchr(admin, '|') + 1, "{\"name\":\"x\"}", 403,
               "request.cross_site");
    g_free(writer);
}

static void wrong_ones(void **state)
{
    (void)state;
    assert_ask(live, "GET", "/api/v1/users", "Authorization: Bearer hop_nonsense", NULL, 401,
               "auth.token");
    assert_ask(live, "GET", "/api/v1/users", "Authorization: Bearer ", NULL, 401, "auth.token");
    assert_ask(live, "POST", "/api/v1/tokens", admin, "{\"name\":\"x\",\"scopes\":[]}", 400,
               "request.invalid");
    assert_ask(live, "POST", "/api/v1/tokens", admin, "{\"name\":\"x\",\"scopes\":[\"all\"]}", 400,
               "request.invalid");
    assert_ask(live, "POST", "/api/v1/tokens", admin, "{\"scopes\":[\"itip\"]}", 400,
               "request.invalid");
    assert_ask(live, "DELETE", "/api/v1/tokens/999", admin, NULL, 404, "not_found");
}

static void taken_back(void **state)
{
    json_int_t id;
    char *reader = new_token(admin, "\"users:read\",\"meetings:read\"", &id);
    char *path = g_strdup_printf("/api/v1/tokens/%lld", (long long)id);
    struct reply r;

    (void)state;
    assert_ask(live, "GET", "/api/v1/users", reader, NULL, 200, "");
    r = ask(live, "GET", "/api/v1/tokens", admin, NULL);
    assert_non_null(strstr(r.body->str, "\"meetings:read\""));
    assert_null(strstr(r.body->str, "hop_")); /* the token itself is shown once */
    reply_clear(&r);
    assert_ask(live, "DELETE", path, admin, NULL, 204, "");
    assert_ask(live, "GET", "/api/v1/users", reader, NULL, 401, "auth.token");
    g_free(path);
    g_free(reader);
}

static void a_token_is_worth_its_account(void **state)
{
    struct reply r = ask(live, "POST", "/api/v1/users", admin,
                         "{\"username\":\"may\",\"name\":\"Máy\",\"roles\":[\"secretary\"]}");
    const char *password = json_string_value(json_object_get(r.json, "password"));
    json_int_t user = json_integer_value(json_object_get(r.json, "id")), id;
    char *body = g_strdup_printf("{\"username\":\"may\",\"password\":\"%s\"}", password);
    char *path = g_strdup_printf("/api/v1/users/%lld", (long long)user);
    struct reply session = ask(live, "POST", "/api/v1/session", "X-Hop: 1", body);
    char *cookie = header_of(&session, "set-cookie"), *headers, *change, *reader;

    (void)state;
    *strchr(cookie, ';') = '\0';
    headers = g_strdup_printf("X-Hop: 1|Cookie: %s", cookie);
    change = g_strdup_printf("{\"old\":\"%s\",\"new\":\"một mật khẩu rất dài\"}", password);
    assert_ask(live, "POST", "/api/v1/me/password", headers, change, 204, "");
    reader = new_token(headers, "\"users:read\",\"users:write\"", &id);
    assert_ask(live, "GET", "/api/v1/users", reader, NULL, 200, "");
    assert_ask(live, "POST", "/api/v1/users", reader, "{}", 403, "permission.denied");
    assert_ask(live, "PATCH", path, admin, "{\"version\":1,\"disabled\":true}", 200, "");
    assert_ask(live, "GET", "/api/v1/users", reader, NULL, 401, "auth.token");
    g_free(body);
    g_free(path);
    g_free(cookie);
    g_free(headers);
    g_free(change);
    g_free(reader);
    reply_clear(&r);
    reply_clear(&session);
}

static void too_often(void **state)
{
    json_int_t id;
    char *reader = new_token(admin, "\"users:read\"", &id);
    long status = 200;

    (void)state;
    for (int i = 0; i < 2000 && status == 200; i++) {
        struct reply r = ask(live, "GET", "/api/v1/units", reader, NULL);

        status = r.status;
        reply_clear(&r);
    }
    assert_int_equal(status, 429);
    g_free(reader);
}

static void every_scope_has_a_name(void **state)
{
    uint32_t scopes;
    json_t *list = hop_scopes_json(63);

    (void)state;
    assert_int_equal(json_array_size(list), 6);
    assert_true(hop_scopes_read(list, &scopes));
    assert_int_equal(scopes, 63);
    assert_int_equal(hop_scope_of(HOP_METHOD_POST, "/api/v1/itip"), HOP_SCOPE_ITIP);
    assert_int_equal(hop_scope_of(HOP_METHOD_GET, "/api/v1/itip"), 0);
    assert_int_equal(hop_scope_of(HOP_METHOD_GET, "/api/v1/usersx"), 0);
    assert_int_equal(hop_scope_of(HOP_METHOD_GET, "/api/v1/meetings/*"), HOP_SCOPE_MEETINGS_READ);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_opens_its_endpoints_only),
        cmocka_unit_test(a_program_needs_no_header_against_other_sites),
        cmocka_unit_test(wrong_ones),
        cmocka_unit_test(taken_back),
        cmocka_unit_test(a_token_is_worth_its_account),
        cmocka_unit_test(too_often),
        cmocka_unit_test(every_scope_has_a_name),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
