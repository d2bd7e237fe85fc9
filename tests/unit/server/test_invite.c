/* Links and passwords: the form of a token, that it can be made again, that nothing else fits. */
#include "server/invite.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const uint8_t secret[HOP_INVITE_SECRET] = { 1, 2, 3 };

static void a_minted_nonce_gives_the_token_of_its_hash(void **state)
{
    struct hop_store_minter minter = hop_invite_minter(secret);
    uint8_t nonce[HOP_INVITE_NONCE], other[HOP_INVITE_NONCE], hash[HOP_HASH], found[HOP_HASH];
    char token[HOP_INVITE_TOKEN_TEXT];

    (void)state;
    minter.mint(minter.ctx, nonce, hash);
    hop_invite_token(secret, nonce, token);
    assert_int_equal(strlen(token), HOP_INVITE_TOKEN_TEXT - 1);
    assert_true(hop_invite_token_hash(token, found));
    assert_memory_equal(found, hash, HOP_HASH);
    minter.mint(minter.ctx, other, found);
    assert_memory_not_equal(nonce, other, HOP_INVITE_NONCE);
    assert_memory_not_equal(found, hash, HOP_HASH);
    token[0] = token[0] == 'A' ? 'B' : 'A';
    assert_true(hop_invite_token_hash(token, found));
    assert_memory_not_equal(found, hash, HOP_HASH);
}

static void another_secret_makes_another_token(void **state)
{
    static const uint8_t nonce[HOP_INVITE_NONCE] = { 7 }, others[HOP_INVITE_SECRET] = { 9 };
    char a[HOP_INVITE_TOKEN_TEXT], b[HOP_INVITE_TOKEN_TEXT];

    (void)state;
    hop_invite_token(secret, nonce, a);
    hop_invite_token(others, nonce, b);
    assert_string_not_equal(a, b);
}

static void what_is_no_token_has_no_hash(void **state)
{
    static const char *const wrong[] = {
        "",
        "abc",
        "' OR 1=1 --",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    uint8_t hash[HOP_HASH];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_false(hop_invite_token_hash(wrong[i], hash));
}

static void a_link_carries_the_token_in_its_fragment(void **state)
{
    static const uint8_t nonce[HOP_INVITE_NONCE] = { 7 };
    char token[HOP_INVITE_TOKEN_TEXT];
    g_autofree char *link = hop_invite_link("https://hop.gov.vn/abc", secret, nonce);
    g_autofree char *wanted = NULL;

    (void)state;
    hop_invite_token(secret, nonce, token);
    wanted = g_strdup_printf("https://hop.gov.vn/abc#t=%s", token);
    assert_string_equal(link, wanted);
}

static void passwords_belong_to_their_meeting(void **state)
{
    uint8_t hash[HOP_HASH];

    (void)state;
    hop_invite_password_hash(secret, "a@hop", "hoa sen", hash);
    assert_true(hop_invite_password_right(secret, "a@hop", "hoa sen", hash));
    assert_false(hop_invite_password_right(secret, "a@hop", "hoa sen ", hash));
    assert_false(hop_invite_password_right(secret, "b@hop", "hoa sen", hash));
    assert_false(hop_invite_password_right(secret, "a@ho", "phoa sen", hash));
}

static void the_secret_is_made_once_for_its_owner(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("hop-invite-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "invite-secret", NULL);
    uint8_t first[HOP_INVITE_SECRET], second[HOP_INVITE_SECRET];
    struct stat st;

    (void)state;
    assert_int_equal(hop_invite_secret_load(path, first), 0);
    assert_int_equal(hop_invite_secret_load(path, second), 0);
    assert_memory_equal(first, second, sizeof(first));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(g_file_set_contents(path, "short", 5, NULL));
    assert_int_equal(hop_invite_secret_load(path, first), -EILSEQ);
    g_unlink(path);
    g_rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minted_nonce_gives_the_token_of_its_hash),
        cmocka_unit_test(another_secret_makes_another_token),
        cmocka_unit_test(what_is_no_token_has_no_hash),
        cmocka_unit_test(a_link_carries_the_token_in_its_fragment),
        cmocka_unit_test(passwords_belong_to_their_meeting),
        cmocka_unit_test(the_secret_is_made_once_for_its_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
