/* Credentials for TURN servers. */
#include "server/turn.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hop_config *config_with(const char *secret, char **path)
{
    struct hop_config *config = hop_config_new();
    char *problem = NULL;

    g_close(g_file_open_tmp("hop-turn-XXXXXX", path, NULL), NULL);
    assert_true(g_file_set_contents(*path, secret, -1, NULL));
    assert_int_equal(hop_config_set(config, "turn", "urls", "turn:a:3478;turns:a:5349", &problem),
                     0);
    assert_int_equal(hop_config_set(config, "turn", "secret-file", *path, &problem), 0);
    return config;
}

/* HMAC-SHA1 over the user name, computed by another program. */
static void credentials_name_their_end_and_prove_the_secret(void **state)
{
    struct hop_relay_access access;
    struct hop_turn *turn = NULL;
    char *path;
    struct hop_config *config = config_with("north\n", &path);

    (void)state;
    assert_int_equal(hop_turn_new(config, &turn), 0);
    assert_true(hop_turn_access(turn, "p3", INT64_C(1795498265000000), &access));
    assert_string_equal(access.username, "1795505465:p3");
    assert_string_equal(access.credential, "yTXIePTPuSQkEu8yuJXpj5qX9Es=");
    assert_int_equal(access.lifetime_us, INT64_C(7200000000));
    assert_string_equal(access.urls[1], "turns:a:5349");
    assert_null(access.urls[2]);
    hop_turn_free(turn);
    hop_config_free(config);
    g_unlink(path);
    g_free(path);
}

static void without_servers_there_is_nothing(void **state)
{
    struct hop_config *config = hop_config_new();
    struct hop_relay_access access;
    struct hop_turn *turn = NULL;

    (void)state;
    assert_int_equal(hop_turn_new(config, &turn), 0);
    assert_null(turn);
    assert_false(hop_turn_access(NULL, "p3", 0, &access));
    hop_config_free(config);
}

static void a_secret_that_is_missing_or_empty_is_refused(void **state)
{
    struct hop_turn *turn = NULL;
    char *path;
    struct hop_config *config = config_with("  \nnorth\n", &path);

    (void)state;
    assert_int_equal(hop_turn_new(config, &turn), -EINVAL);
    g_unlink(path);
    assert_int_equal(hop_turn_new(config, &turn), -ENOENT);
    assert_null(turn);
    hop_config_free(config);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_name_their_end_and_prove_the_secret),
        cmocka_unit_test(without_servers_there_is_nothing),
        cmocka_unit_test(a_secret_that_is_missing_or_empty_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
