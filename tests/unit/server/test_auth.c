/* Accounts on a real store: the first administrator, his password, sessions and their hashes. */
#include "server/auth.h"

#include "server/administrator.h"
#include "server/request.h"
#include "tests/unit/server/store/support.h"

#include <errno.h>

struct answer {
    int error, retry_after_s, calls;
    char token[HOP_TOKEN_TEXT];
};

static struct hop_auth *make(struct fixture *f)
{
    struct hop_auth_config config = { .store = f->store, .session_hours = 1 };
    struct hop_auth *auth = NULL;

    assert_int_equal(hop_auth_new(&config, &auth), 0);
    return auth;
}

static void logged_in(void *ctx, const struct hop_login *login)
{
    struct answer *a = ctx;

    a->error = login->error;
    a->retry_after_s = login->retry_after_s;
    a->calls++;
    g_strlcpy(a->token, login->error == 0 ? login->token : "", sizeof(a->token));
}

static struct answer login(struct fixture *f, struct hop_auth *auth, const char *password)
{
    struct answer a = { 0 };
    struct hop_addr who;

    hop_addr_parse("192.0.2.1", 0, &who);
    hop_auth_login(auth, "admin", password, &who, logged_in, &a);
    while (a.calls == 0) {
        hop_store_flush(f->store);
        hop_auth_collect(auth);
    }
    assert_int_equal(a.calls, 1);
    return a;
}

static void the_first_administrator(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    char *made, *again;

    assert_int_equal(hop_administrator_ensure(f->store, NULL, &made), 0);
    assert_int_equal(strlen(made), 23);
    assert_int_equal(hop_administrator_ensure(f->store, NULL, &again), 0);
    assert_null(again); /* shown once */
    assert_int_equal(login(f, auth, made).error, 0);
    assert_int_equal(login(f, auth, "wrong").error, -EACCES);
    g_free(made);
    hop_auth_free(auth);
}

static void a_given_password_replaces(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    char *made;

    assert_int_equal(hop_administrator_ensure(f->store, "short", &made), -EINVAL);
    assert_int_equal(hop_administrator_ensure(f->store, "first password", &made), 0);
    assert_null(made);
    assert_int_equal(hop_administrator_ensure(f->store, "second password", &made), 0);
    assert_int_equal(login(f, auth, "first password").error, -EACCES);
    assert_int_equal(login(f, auth, "second password").error, 0);
    hop_auth_free(auth);
}

static bool identify(struct hop_auth *auth, const char *token, struct hop_identity *out)
{
    char *cookie = g_strdup_printf("a=b; hop_session=%s; c=d", token);
    bool known = hop_auth_identify(auth, cookie, out);

    g_free(cookie);
    return known;
}

static void sessions(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    struct hop_identity who;
    struct answer a;
    char *made, *cookie;

    hop_administrator_ensure(f->store, "first password", &made);
    a = login(f, auth, "first password");
    assert_int_equal(strlen(a.token), 43); /* 256 bits */
    assert_true(identify(auth, a.token, &who));
    assert_true(who.administrator);
    assert_string_equal(who.name, "Administrator");
    assert_false(hop_auth_identify(auth, NULL, &who));
    assert_int_equal(who.user_id, 0);

    hop_auth_free(auth);
    reopen(f);
    auth = make(f);
    assert_true(identify(auth, a.token, &who));

    cookie = g_strdup_printf("hop_session=%s", a.token);
    hop_auth_logout(auth, cookie);
    assert_false(identify(auth, a.token, &who));
    g_free(cookie);
    hop_auth_free(auth);
    reopen(f);
    auth = make(f);
    assert_int_equal(hop_auth_sessions(auth), 0);
    hop_auth_free(auth);
}

/* Whoever reads the database must not be able to sign in with what he finds. */
static void no_secret_is_in_the_database(void **state)
{
    static const char *const suffixes[] = { "", "-wal" };
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    struct answer a;
    char *made;

    hop_administrator_ensure(f->store, "first password", &made);
    a = login(f, auth, "first password");
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        char *path = g_strconcat(f->path, suffixes[i], NULL), *data = NULL;
        gsize len = 0;

        if (g_file_get_contents(path, &data, &len, NULL)) {
            assert_null(memmem(data, len, a.token, strlen(a.token)));
            assert_null(memmem(data, len, "first password", 14));
            if (i == 1)
                assert_non_null(memmem(data, len, "$argon2id$", 10));
        }
        g_free(data);
        g_free(path);
    }
    hop_auth_free(auth);
}

static void a_login_in_flight_survives_the_stop(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    struct answer a = { 0 };
    struct hop_addr who;
    char *made;

    hop_administrator_ensure(f->store, "first password", &made);
    hop_addr_parse("192.0.2.1", 0, &who);
    hop_auth_login(auth, "admin", "first password", &who, logged_in, &a);
    hop_auth_free(auth);
    assert_int_equal(a.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_administrator, setup, teardown),
        cmocka_unit_test_setup_teardown(a_given_password_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(no_secret_is_in_the_database, setup, teardown),
        cmocka_unit_test_setup_teardown(a_login_in_flight_survives_the_stop, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
