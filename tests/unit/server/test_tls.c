/* The own certificate: what is in it, when it is kept and when it is made anew. */
#include "server/tls.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fixture {
    char *dir, *cert, *key;
};

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->dir = g_dir_make_tmp("hop-tls-XXXXXX", NULL);
    f->cert = g_build_filename(f->dir, "cert.pem", NULL);
    f->key = g_build_filename(f->dir, "key.pem", NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    g_unlink(f->cert);
    g_unlink(f->key);
    g_rmdir(f->dir);
    g_free(f->cert);
    g_free(f->key);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static bool ensure(struct fixture *f, const char *const *names)
{
    bool made;

    assert_int_equal(hop_tls_own_ensure(f->cert, f->key, names, &made), 0);
    return made;
}

static X509 *read_cert(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);

    fclose(file);
    assert_non_null(cert);
    return cert;
}

static const char *const two[] = { "localhost", "192.0.2.7", NULL };

static void names_and_days(void **state)
{
    struct fixture *f = *state;
    X509 *cert;

    assert_true(ensure(f, two));
    cert = read_cert(f->cert);
    assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(cert, "192.0.2.7", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "192.0.2.8", 0), 0);
    assert_int_equal(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(EVP_PKEY_bits(X509_get0_pubkey(cert)), 256);
    assert_true(hop_tls_seconds_left(f->cert) < 825LL * 86400);
    assert_true(hop_tls_seconds_left(f->cert) > 820LL * 86400);
    X509_free(cert);
}

static void the_key_is_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    struct stat st;

    ensure(f, two);
    assert_int_equal(stat(f->key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void is_kept_while_it_fits(void **state)
{
    static const char *const more[] = { "localhost", "192.0.2.7", "hop.example.vn", NULL };
    static const char *const v6[] = { "localhost", "2001:db8::99", NULL };
    struct fixture *f = *state;

    assert_true(ensure(f, two));
    assert_false(ensure(f, two));
    assert_false(ensure(f, v6)); /* an IPv6 address alone is no reason */
    assert_true(ensure(f, more));
    assert_false(ensure(f, more));
}

static void a_broken_pair_is_replaced(void **state)
{
    struct fixture *f = *state;

    ensure(f, two);
    assert_true(g_file_set_contents(f->key, "x", 1, NULL));
    assert_true(ensure(f, two));
    assert_null(hop_tls_check(f->cert, f->key));
}

static void check_says_what_is_wrong(void **state)
{
    struct fixture *f = *state, *other;
    void *other_state;
    char *wrong;

    wrong = hop_tls_check(f->cert, f->key);
    assert_non_null(strstr(wrong, "no PEM certificate"));
    g_free(wrong);
    ensure(f, two);
    setup(&other_state);
    other = other_state;
    ensure(other, two);
    wrong = hop_tls_check(f->cert, other->key);
    assert_non_null(strstr(wrong, "do not belong together"));
    g_free(wrong);
    teardown(&other_state);
}

static void a_running_context_takes_the_new_pair_only_if_it_is_good(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    ensure(f, two);
    assert_int_equal(hop_tls_load(ctx, f->cert, f->key), 0);
    assert_true(g_file_set_contents(f->cert, "x", 1, NULL));
    assert_int_equal(hop_tls_load(ctx, f->cert, f->key), -EINVAL);
    assert_int_equal(SSL_CTX_check_private_key(ctx), 1);
    SSL_CTX_free(ctx);
}

static void an_unwritable_place_is_told(void **state)
{
    bool made;

    (void)state;
    assert_int_equal(hop_tls_own_ensure("/nonexistent/c", "/nonexistent/k", two, &made), -ENOENT);
    assert_false(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_days, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_is_for_its_owner_only, setup, teardown),
        cmocka_unit_test_setup_teardown(is_kept_while_it_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_pair_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(check_says_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(a_running_context_takes_the_new_pair_only_if_it_is_good,
                                        setup, teardown),
        cmocka_unit_test(an_unwritable_place_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
