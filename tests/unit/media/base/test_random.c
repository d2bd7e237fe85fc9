/* media/base/random.c */
#include "media/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

static void ice_characters_only(void **state)
{
    (void)state;
    char text[257];
    int seen[256] = { 0 };
    for (int round = 0; round < 50; round++) {
        hop_random_ice_chars(text, 256);
        assert_int_equal(strlen(text), 256);
        for (int i = 0; i < 256; i++) {
            unsigned char c = (unsigned char)text[i];
            assert_true(isalnum(c) || c == '+' || c == '/');
            seen[c] = 1;
        }
    }
    int distinct = 0;
    for (int i = 0; i < 256; i++)
        distinct += seen[i];
    assert_int_equal(distinct, 64);
}

static void fills_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[64], any[64] = { 0 };
    for (int round = 0; round < 16; round++) {
        hop_random_bytes(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++)
            any[i] |= bytes[i];
    }
    for (size_t i = 0; i < sizeof(any); i++)
        assert_true(any[i] != 0);
    assert_true(hop_random32() != hop_random32() || hop_random32() != hop_random32());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ice_characters_only),
        cmocka_unit_test(fills_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
