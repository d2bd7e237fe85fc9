/* RFC 6238 appendix B and what surrounds the codes. */
#include "server/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[HOP_TOTP_SECRET] = "12345678901234567890";

/* The last six of the RFC's eight digits. */
static void vectors(void **state)
{
    static const struct {
        int64_t at_s;
        uint32_t code;
    } all[] = { { 59, 287082 },       { 1111111109, 81804 },  { 1111111111, 50471 },
                { 1234567890, 5924 }, { 2000000000, 279037 }, { 20000000000, 353130 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        assert_int_equal(hop_totp_at(secret, all[i].at_s / HOP_TOTP_PERIOD_S), all[i].code);
}

static void a_step_early_or_late_is_taken(void **state)
{
    int64_t step = 1234567890 / HOP_TOTP_PERIOD_S, us = (int64_t)1234567890 * 1000000;
    char code[16];

    (void)state;
    assert_int_equal(hop_totp_match(secret, "005924", us), step);
    assert_int_equal(hop_totp_match(secret, " 005 924 ", us), step);
    for (int64_t by = -2; by <= 2; by++) {
        g_snprintf(code, sizeof(code), "%06u", hop_totp_at(secret, step + by));
        assert_int_equal(hop_totp_match(secret, code, us), by >= -1 && by <= 1 ? step + by : -1);
    }
    assert_int_equal(hop_totp_match(secret, "5924", us), -1);
    assert_int_equal(hop_totp_match(secret, "0059240", us), -1);
    assert_int_equal(hop_totp_match(secret, "", us), -1);
}

static void the_secret_as_text(void **state)
{
    char text[HOP_TOTP_SECRET_TEXT];
    uint8_t back[HOP_TOTP_SECRET] = { 0 };

    (void)state;
    hop_totp_secret_text(secret, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"); /* RFC 4648 §6 */
    assert_true(hop_totp_secret_parse("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", back));
    assert_memory_equal(back, secret, sizeof(back));
    assert_false(hop_totp_secret_parse("", back));
    assert_false(hop_totp_secret_parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ", back));
    assert_false(hop_totp_secret_parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQA", back));
    assert_false(hop_totp_secret_parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", back));
}

static void the_address_for_applications(void **state)
{
    char *uri = hop_totp_uri(secret, "Sở Y tế", "an@so.vn");

    (void)state;
    assert_string_equal(uri, "otpauth://totp/S%E1%BB%9F%20Y%20t%E1%BA%BF:an%40so.vn"
                             "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                             "&issuer=S%E1%BB%9F%20Y%20t%E1%BA%BF&algorithm=SHA1&digits=6"
                             "&period=30");
    g_free(uri);
}

static void recovery_codes(void **state)
{
    char a[HOP_RECOVERY_TEXT], b[HOP_RECOVERY_TEXT];
    uint8_t one[HOP_HASH], other[HOP_HASH];

    (void)state;
    hop_recovery_code(a);
    hop_recovery_code(b);
    assert_int_equal(strlen(a), 11);
    assert_int_equal(a[5], '-');
    assert_string_not_equal(a, b);
    hop_recovery_hash("abcde-fghjk", one);
    hop_recovery_hash(" ABCDEFGHJK", other);
    assert_memory_equal(one, other, sizeof(one));
    hop_recovery_hash("abcde-fghjm", other);
    assert_memory_not_equal(one, other, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(a_step_early_or_late_is_taken),
        cmocka_unit_test(the_secret_as_text),
        cmocka_unit_test(the_address_for_applications),
        cmocka_unit_test(recovery_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
