/* hopctl beside a hopd that runs, and before the first one: accounts are made, passwords are given
 * anew, and whoever was signed in with the old one is out. */
#include "tests/integration/rest.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The exit code; *out is what it printed, with what went to stderr. Free with g_free(). */
static int hopctl(const struct hopd *h, const char *arguments, char **out)
{
    g_autofree char *command = NULL;
    int status = 0;

    command = g_strdup_printf("sh -c \"" HOPCTL " --state-dir %s %s 2>&1\"", h->state, arguments);
    assert_true(g_spawn_command_line_sync(command, out, NULL, &status, NULL));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static json_t *hopctl_json(const struct hopd *h, const char *arguments)
{
    g_autofree char *out = NULL;
    int code = hopctl(h, arguments, &out);
    json_t *json = json_loads(out, 0, NULL);

    if (code != 0 || json == NULL)
        fail_msg("hopctl %s: %d %s", arguments, code, out);
    return json;
}

static long sign_in(const struct hopd *h, struct hop_client_loop *loop, const char *name,
                    const char *password, char cookie[256])
{
    struct rest_answer a =
        rest_call(h, loop, "POST", "/api/v1/session",
                  json_pack("{s:s,s:s}", "username", name, "password", password), NULL);
    long status = a.status;

    if (cookie != NULL)
        g_strlcpy(cookie, a.cookie, 256);
    rest_clear(&a);
    return status;
}

static long ask_me(const struct hopd *h, struct hop_client_loop *loop, const char *cookie)
{
    struct rest_answer a = rest_call(h, loop, "GET", "/api/v1/me", NULL, cookie);
    long status = a.status;

    rest_clear(&a);
    return status;
}

static const char *password_of(const json_t *json)
{
    return json_string_value(json_object_get(json, "password"));
}

static void beside_a_running_hopd(void **state)
{
    struct hop_client_loop *loop = *state;
    struct hopd h;
    const struct hopd_options options = { 0 };
    g_autofree char *out = NULL;
    char cookie[256];
    json_t *made, *again;
    long status = 200;

    assert_true(hopd_start(&h, &options, loop));
    made = hopctl_json(&h, "--json user add thuky --name 'Trần Thị Bình' --role secretary");
    assert_string_equal(json_string_value(json_object_get(made, "username")), "thuky");
    assert_int_equal(sign_in(&h, loop, "thuky", password_of(made), cookie), 201);
    assert_int_equal(ask_me(&h, loop, cookie), 200);
    assert_int_equal(hopctl(&h, "user add thuky", &out), 1);
    assert_non_null(strstr(out, "already"));
    again = hopctl_json(&h, "--json user password thuky");
    assert_string_not_equal(password_of(made), password_of(again));
    /* hopd notices by itself */
    for (int i = 0; i < 400 && status == 200; i++) {
        hop_client_loop_run(loop, NULL, NULL, 50000);
        status = ask_me(&h, loop, cookie);
    }
    assert_int_equal(status, 401);
    assert_int_equal(sign_in(&h, loop, "thuky", password_of(made), NULL), 401);
    assert_int_equal(sign_in(&h, loop, "thuky", password_of(again), NULL), 201);
    assert_int_equal(hopd_stop(&h, loop), 0);
    json_decref(made);
    json_decref(again);
    hopd_remove(&h);
}

static void before_the_first_start(void **state)
{
    struct hop_client_loop *loop = *state;
    struct hopd h;
    const struct hopd_options options = { 0 };
    json_t *made;

    assert_true(hopd_prepare(&h, &options));
    made = hopctl_json(&h, "--json user add vanthu");
    assert_true(hopd_spawn(&h));
    assert_true(hopd_wait_ready(&h, loop, 30000));
    assert_int_equal(sign_in(&h, loop, "vanthu", password_of(made), NULL), 201);
    assert_int_equal(hopd_stop(&h, loop), 0);
    json_decref(made);
    hopd_remove(&h);
}

static void a_wrong_command_line(void **state)
{
    struct hopd h = { 0 };
    const struct hopd_options options = { 0 };
    g_autofree char *none = NULL;
    g_autofree char *role = NULL;
    g_autofree char *name = NULL;
    g_autofree char *nobody = NULL;

    (void)state;
    assert_true(hopd_prepare(&h, &options));
    assert_int_equal(hopctl(&h, "", &none), 2);
    assert_int_equal(hopctl(&h, "user add x --role king", &role), 1);
    assert_int_equal(hopctl(&h, "user add 'a b'", &name), 1);
    assert_int_equal(hopctl(&h, "user password nobody", &nobody), 1);
    assert_non_null(strstr(nobody, "no such account"));
    hopd_remove(&h);
}

static int begin(void **state)
{
    struct hop_client_loop *loop;

    if (hop_client_loop_new(&loop) != 0)
        return -1;
    *state = loop;
    return 0;
}

static int end(void **state)
{
    hop_client_loop_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_a_running_hopd),
        cmocka_unit_test(before_the_first_start),
        cmocka_unit_test(a_wrong_command_line),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
