/* TURN messages as the doctor writes and reads them. */
#include "doctor/turn_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t transaction[12] = "transaction";

/* RFC 8489 §9.2.2's example of a long-term key. */
static void a_key_is_of_name_realm_and_password(void **state)
{
    static const uint8_t key[16] = { 0x84, 0x93, 0xfb, 0xc5, 0x3b, 0xa5, 0x82, 0xfb,
                                     0x4c, 0x04, 0x4c, 0x45, 0x6b, 0xdc, 0x40, 0xeb };
    struct hop_turn_login login = { .realm = "realm" };

    (void)state;
    hop_turn_login(&login, "user", "pass");
    assert_memory_equal(login.key, key, sizeof(key));
}

static void what_is_built_is_whole_and_signed(void **state)
{
    struct hop_turn_login login = { .realm = "hop", .nonce = "0123456789" };
    struct hop_addr peer;
    uint8_t out[HOP_TURN_MAX];
    size_t len;

    (void)state;
    assert_int_equal(hop_addr_parse("192.0.2.9", 50000, &peer), 0);
    len = hop_turn_build(out, HOP_TURN_PERMISSION, transaction, "1:p1", &login, &peer);
    assert_int_equal(len, 20 + 12 + 8 + 8 + 16 + 24);
    assert_int_equal(out[2] << 8 | out[3], len - 20);
    assert_int_equal(out[20] << 8 | out[21], 0x0012);
    assert_int_equal(out[28] ^ 0x21, 192); /* XOR with the cookie */
    assert_int_equal(out[len - 24] << 8 | out[len - 23], 0x0008);
    len = hop_turn_build(out, HOP_TURN_ALLOCATE, transaction, "", NULL, NULL);
    assert_int_equal(len, 28);
}

static size_t refusal(uint8_t out[64])
{
    static const uint8_t text[] = { 0x01, 0x13, 0,   32,  0x21, 0x12, 0xa4, 0x42, 0,   0,    0,
                                    0,    0,    0,   0,   0,    0,    0,    0,    0,   0x00, 9,
                                    0,    4,    0,   0,   4,    1,    0,    0x14, 0,   3,    'h',
                                    'o',  'p',  0,   0,   0x15, 0,    10,   'n',  'o', 'n',  'c',
                                    'e',  '1',  '2', '3', '4',  '5',  0,    0 };

    memcpy(out, text, sizeof(text));
    memcpy(out + 8, transaction, sizeof(transaction));
    return sizeof(text);
}

static void a_refusal_is_read(void **state)
{
    struct hop_turn_answer answer;
    uint8_t text[64];
    size_t len = refusal(text);

    (void)state;
    assert_true(hop_turn_read(text, len, transaction, &answer));
    assert_false(answer.success);
    assert_int_equal(answer.code, 401);
    assert_string_equal(answer.realm, "hop");
    assert_string_equal(answer.nonce, "nonce12345");
}

static void what_is_no_answer_is_not_taken(void **state)
{
    struct hop_turn_answer answer;
    uint8_t text[64];
    size_t len = refusal(text);

    (void)state;
    for (size_t n = 0; n < len; n++)
        assert_false(hop_turn_read(text, n, transaction, &answer));
    text[8] ^= 1;
    assert_false(hop_turn_read(text, len, transaction, &answer));
    refusal(text);
    text[0] = 0; /* a request */
    assert_false(hop_turn_read(text, len, transaction, &answer));
    refusal(text);
    text[39] = 200; /* an attribute longer than the message */
    assert_false(hop_turn_read(text, len, transaction, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_of_name_realm_and_password),
        cmocka_unit_test(what_is_built_is_whole_and_signed),
        cmocka_unit_test(a_refusal_is_read),
        cmocka_unit_test(what_is_no_answer_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
