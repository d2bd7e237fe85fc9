/* Names and chat as people type them, and as people abuse them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "signaling/text.h"

#include <glib.h>
#include <string.h>

static void names_are_nfc_and_trimmed(void **state)
{
    (void)state;
    char out[HOP_NAME_BYTES];
    assert_true(hop_text_name("Nguyễn Văn An", out));
    assert_string_equal(out, "Nguyễn Văn An");
    /* the same, typed as letters with combining marks */
    assert_true(hop_text_name("Nguye\xcc\x82\xcc\x83n Va\xcc\x86n An", out));
    assert_string_equal(out, "Nguyễn Văn An");
    assert_true(hop_text_name("  An\xc2\xa0 \xe3\x80\x80 Bình  ", out));
    assert_string_equal(out, "An Bình");
    assert_true(
        hop_text_name("👩‍🔬 Ðặng", out)); /* a joiner within an emoji is no trick */
    assert_true(hop_text_name("שלום", out));
}

static void names_have_eighty_characters(void **state)
{
    (void)state;
    char out[HOP_NAME_BYTES];
    GString *name = g_string_new(NULL);
    for (int i = 0; i < HOP_MAX_NAME; i++)
        g_string_append(name, "𠮷"); /* four bytes */
    assert_true(hop_text_name(name->str, out));
    assert_int_equal(strlen(out), HOP_MAX_NAME * 4);
    g_string_append(name, "a");
    assert_false(hop_text_name(name->str, out));
    g_string_assign(name, "a");
    for (int i = 0; i < HOP_MAX_NAME - 1; i++)
        g_string_append(name, " b");
    assert_false(hop_text_name(name->str, out)); /* spaces count */
    g_string_free(name, TRUE);
}

static void names_hide_nothing(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "   ",
        "\xe2\x80\x8b", /* zero-width space */
        "\xe3\x85\xa4", /* Hangul filler */
        "\xcc\x81",     /* a mark alone */
        "a\nb",
        "a\x7f",
        "a\xc2\x85"
        "b", /* NEL */
        "a\xe2\x80\xae"
        "b", /* right-to-left override */
        "a\xe2\x81\xa6"
        "b", /* isolate */
        "a\xe2\x80\xa8"
        "b",             /* line separator */
        "a\xee\x80\x80", /* private use */
    };
    char out[HOP_NAME_BYTES] = "kept";
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        assert_false(hop_text_name(refused[i], out));
    assert_false(hop_text_name("\xff\xfe", out));
    assert_string_equal(out, "kept");
}

static void chat_keeps_lines_and_drops_controls(void **state)
{
    (void)state;
    size_t n = 0;
    g_autofree char *a = hop_text_chat("\r\n một\r\nhai\rba\t4 \n", &n);
    assert_string_equal(a, "một\nhai\nba\t4");
    assert_int_equal(n, 12);
    g_autofree char *b = hop_text_chat("a\x07\x1b[31mb\xe2\x80\xae", &n);
    assert_string_equal(b, "a[31mb");
    g_free(hop_text_chat(" \n\x01 ", &n));
    assert_int_equal(n, 0);
    assert_null(hop_text_chat("\xc3\x28", &n));
}

static void tokens(void **state)
{
    (void)state;
    char a[HOP_TOKEN_CHARS + 1];
    char b[HOP_TOKEN_CHARS + 1];
    hop_token_new(a);
    hop_token_new(b);
    assert_string_not_equal(a, b);
    assert_true(hop_token_valid(a));
    assert_false(hop_token_valid("0123456789ABCDEF0123456789ABCDEF"));
    assert_false(hop_token_valid("0123"));
    /* sha256("0" x 32), from sha256sum */
    static const uint8_t hash[] = { 0x84, 0xe0, 0xc0, 0xea, 0xfa, 0xa9, 0x5a, 0x34,
                                    0xc2, 0x93, 0xf2, 0x78, 0xac, 0x52, 0xe4, 0x5c,
                                    0xe5, 0x37, 0xba, 0xb5, 0xe7, 0x52, 0xa0, 0x0e,
                                    0x69, 0x59, 0xa1, 0x3a, 0xe1, 0x03, 0xb6, 0x5a };
    uint8_t out[HOP_TOKEN_HASH];
    hop_token_hash("00000000000000000000000000000000", out);
    assert_memory_equal(out, hash, sizeof hash);
    assert_true(hop_bytes_equal(out, hash, sizeof hash));
    out[31] ^= 1;
    assert_false(hop_bytes_equal(out, hash, sizeof hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_nfc_and_trimmed),
        cmocka_unit_test(names_have_eighty_characters),
        cmocka_unit_test(names_hide_nothing),
        cmocka_unit_test(chat_keeps_lines_and_drops_controls),
        cmocka_unit_test(tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
