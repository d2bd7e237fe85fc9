/* Accounts on a real store: the first administrator, his password, sessions and their hashes. */
#include "server/auth.h"

#include "media/base/clock.h"
#include "server/administrator.h"
#include "server/password.h"
#include "server/request.h"
#include "server/totp.h"
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

static struct answer login_with(struct fixture *f, struct hop_auth *auth, const char *password,
                                const char *code)
{
    struct hop_addr who;
    struct hop_credentials c = { .username = "admin",
                                 .password = password,
                                 .code = code,
                                 .agent = "Fire\x01"
                                          "fox",
                                 .who = &who };
    struct answer a = { 0 };

    hop_addr_parse("192.0.2.1", 0, &who);
    hop_auth_login(auth, &c, logged_in, &a);
    while (a.calls == 0) {
        hop_store_flush(f->store);
        hop_auth_collect(auth);
    }
    assert_int_equal(a.calls, 1);
    return a;
}

static struct answer login(struct fixture *f, struct hop_auth *auth, const char *password)
{
    return login_with(f, auth, password, NULL);
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
    struct hop_credentials c = { .username = "admin", .password = "first password" };
    struct answer a = { 0 };
    struct hop_addr who;
    char *made;

    hop_administrator_ensure(f->store, "first password", &made);
    hop_addr_parse("192.0.2.1", 0, &who);
    c.who = &who;
    hop_auth_login(auth, &c, logged_in, &a);
    hop_auth_free(auth);
    assert_int_equal(a.calls, 1);
}

/* ---- changing it, and the second factor -------------------------------------------------------
 */

static void got_error(void *ctx, int error)
{
    struct answer *a = ctx;

    a->error = error;
    a->calls++;
}

static void wait_for(struct fixture *f, struct hop_auth *auth, struct answer *a)
{
    while (a->calls == 0) {
        hop_store_flush(f->store);
        hop_auth_collect(auth);
    }
}

static int change_password(struct fixture *f, struct hop_auth *auth, const char *session,
                           const char *old, const char *fresh)
{
    struct answer a = { 0 };

    hop_auth_password(auth, 1, session, old, fresh, got_error, &a);
    wait_for(f, auth, &a);
    return a.error;
}

static void a_new_password_ends_the_other_sessions(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    struct answer first, second;
    struct hop_identity who;
    const struct hop_store_session *mine;
    char *made, *cookie;

    hop_administrator_ensure(f->store, "first password", &made);
    first = login(f, auth, "first password");
    second = login(f, auth, "first password");
    cookie = g_strdup_printf("hop_session=%s", first.token);
    mine = hop_auth_session(auth, cookie);
    assert_string_equal(mine->agent, "Firefox");
    assert_string_equal(mine->address, "192.0.2.1");
    assert_int_equal(change_password(f, auth, mine->id, "wrong password", "another one"), -EACCES);
    assert_true(identify(auth, second.token, &who));
    assert_int_equal(change_password(f, auth, mine->id, "first password", "another one"), 0);
    assert_true(identify(auth, first.token, &who));
    assert_false(identify(auth, second.token, &who));
    assert_int_equal(login(f, auth, "first password").error, -EACCES);
    assert_int_equal(login(f, auth, "another one").error, 0);
    g_free(cookie);
    hop_auth_free(auth);
}

static void who_must_change_his_password_is_nobody_in_a_meeting(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    char hash[HOP_MAX_PASSWORD_HASH + 1], *made, *cookie;
    struct answer a = { 0 };
    struct hop_identity who;

    hop_administrator_ensure(f->store, "first password", &made);
    assert_int_equal(hop_password_hash_random("abcde-fghjk", hash), 0);
    hop_store_user_set_password(f->store, 1, hash, true, got_error, &a);
    wait_for(f, auth, &a);
    a = login(f, auth, "abcde-fghjk");
    assert_int_equal(a.error, 0);
    assert_false(identify(auth, a.token, &who));
    cookie = g_strdup_printf("hop_session=%s", a.token);
    assert_true(hop_auth_session(auth, cookie)->must_change);
    assert_int_equal(change_password(f, auth, hop_auth_session(auth, cookie)->id, "abcde-fghjk",
                                     "a good long one"),
                     0);
    assert_true(identify(auth, a.token, &who));
    g_free(cookie);
    hop_auth_free(auth);
}

static void set_totp(struct fixture *f, struct hop_auth *auth, const uint8_t *secret,
                     const char *recovery)
{
    uint8_t hashes[HOP_RECOVERY_CODES][HOP_HASH] = { 0 };
    struct answer a = { 0 };

    for (int i = 0; i < HOP_RECOVERY_CODES; i++)
        hashes[i][0] = (uint8_t)i;
    hop_recovery_hash(recovery, hashes[3]);
    hop_store_user_set_totp(f->store, 1, secret, 0, hashes, got_error, &a);
    wait_for(f, auth, &a);
    assert_int_equal(a.error, 0);
}

static void a_second_factor_is_used_once(void **state)
{
    static const uint8_t secret[HOP_TOTP_SECRET] = "12345678901234567890";
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    char *made, code[16];

    hop_administrator_ensure(f->store, "first password", &made);
    set_totp(f, auth, secret, "abcde-fghjk");
    assert_int_equal(login(f, auth, "first password").error, -ENOKEY);
    assert_int_equal(login_with(f, auth, "first password", "12345").error, -EKEYREJECTED);
    g_snprintf(code, sizeof(code), "%06u",
               hop_totp_at(secret, hop_wall_us() / 1000000 / HOP_TOTP_PERIOD_S));
    assert_int_equal(login_with(f, auth, "first password", code).error, 0);
    assert_int_equal(login_with(f, auth, "first password", code).error, -EKEYREJECTED);
    assert_int_equal(login_with(f, auth, "wrong password", code).error, -EACCES);
    assert_int_equal(login_with(f, auth, "first password", "ABCDE FGHJK").error, 0);
    assert_int_equal(login_with(f, auth, "first password", "abcde-fghjk").error, -EKEYREJECTED);
    set_totp(f, auth, NULL, "");
    assert_int_equal(login(f, auth, "first password").error, 0);
    hop_auth_free(auth);
}

static void got_user(void *ctx, int error, const struct hop_store_user *user)
{
    struct hop_store_user *out = ctx;

    assert_int_equal(error, 0);
    *out = *user;
}

static void a_shut_account_is_out_at_once(void **state)
{
    struct fixture *f = *state;
    struct hop_auth *auth = make(f);
    struct hop_store_user second = { .username = "second", .name = "Second" }, user = { 0 };
    struct hop_identity who;
    struct answer a;
    char *made;

    hop_administrator_ensure(f->store, "first password", &made);
    second.roles = HOP_ACCOUNT_ADMINISTRATOR;
    hop_store_user_add(f->store, &second, 1, got_user, &second);
    a = login(f, auth, "first password");
    assert_true(identify(auth, a.token, &who));
    hop_store_user_get(f->store, 1, got_user, &user);
    hop_store_flush(f->store);
    user.disabled = true;
    hop_store_user_change(f->store, &user, got_user, &user);
    hop_store_flush(f->store);
    hop_auth_user_changed(auth, &user);
    assert_false(identify(auth, a.token, &who));
    assert_int_equal(login(f, auth, "first password").error, -ESHUTDOWN);
    assert_int_equal(login(f, auth, "wrong password").error, -EACCES);
    hop_auth_free(auth);
    reopen(f);
    auth = make(f);
    assert_int_equal(hop_auth_sessions(auth), 0);
    hop_auth_free(auth);
}

static void rules_of_passwords(void **state)
{
    (void)state;
    assert_string_equal(hop_password_rule("short", "an", "An"), "short");
    assert_string_equal(hop_password_rule("mật khẩu", "an", "An"), "short");
    assert_string_equal(hop_password_rule("Password123", "an", "An"), "common");
    assert_string_equal(hop_password_rule("Mật khẩu 1", "an", "An") == NULL ? "" : "x", "");
    assert_string_equal(hop_password_rule("aaaaaaaaaaaaa", "an", "An"), "common");
    assert_string_equal(hop_password_rule("NguyenVanAnh1", "anhnv", "Nguyễn Văn Anh"), "personal");
    assert_null(hop_password_rule("trời hôm nay xanh", "anhnv", "Nguyễn Văn Anh"));
    assert_string_equal(hop_password_rule("\xff\xfe"
                                          "123456789",
                                          "an", "An"),
                        "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_administrator, setup, teardown),
        cmocka_unit_test_setup_teardown(a_given_password_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(no_secret_is_in_the_database, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_password_ends_the_other_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(who_must_change_his_password_is_nobody_in_a_meeting, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_second_factor_is_used_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_shut_account_is_out_at_once, setup, teardown),
        cmocka_unit_test(rules_of_passwords),
        cmocka_unit_test_setup_teardown(a_login_in_flight_survives_the_stop, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
