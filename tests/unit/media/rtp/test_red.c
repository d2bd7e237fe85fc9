/* RFC 2198: the example of its section 3.1's layout with Opus, what browsers send, what is none. */
#include "media/rtp/red.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* On the heap and no byte longer, so that a sanitizer sees a read behind the end. */
static int parse(const uint8_t *payload, size_t len, struct hop_red *red, uint8_t **kept)
{
    *kept = malloc(len ? len : 1);
    memcpy(*kept, payload, len);
    return hop_red_parse(*kept, len, red);
}

static void two_copies(void **state)
{
    (void)state;
    /* F=1 pt 111 offset 1920 length 3 · F=1 pt 111 offset 960 length 2 · F=0 pt 111 */
    const uint8_t payload[] = { 0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x02,
                                0x6f, 0x11, 0x12, 0x13, 0x21, 0x22, 0x31 };
    struct hop_red red;
    uint8_t *kept;
    assert_int_equal(parse(payload, sizeof payload, &red, &kept), 0);
    assert_int_equal(red.n_copies, 2);
    assert_int_equal(red.copies[0].pt, 111);
    assert_int_equal(red.copies[0].back_rtp, 1920);
    assert_int_equal(red.copies[0].back_seq, 2);
    assert_int_equal(red.copies[0].len, 3);
    assert_memory_equal(red.copies[0].data, "\x11\x12\x13", 3);
    assert_int_equal(red.copies[1].back_rtp, 960);
    assert_int_equal(red.copies[1].back_seq, 1);
    assert_int_equal(red.copies[1].len, 2);
    assert_memory_equal(red.copies[1].data, "\x21\x22", 2);
    assert_int_equal(red.primary.pt, 111);
    assert_int_equal(red.primary.len, 1);
    assert_int_equal(red.primary.back_rtp, 0);
    assert_int_equal(red.primary.data[0], 0x31);
    free(kept);
}

static void the_largest_fields(void **state)
{
    (void)state;
    uint8_t payload[5 + 1023 + 1] = { 0xff, 0xff, 0xff, 0xff, 0x7f };
    struct hop_red red;
    uint8_t *kept;
    payload[sizeof payload - 1] = 9;
    assert_int_equal(parse(payload, sizeof payload, &red, &kept), 0);
    assert_int_equal(red.copies[0].pt, 127);
    assert_int_equal(red.copies[0].back_rtp, 16383);
    assert_int_equal(red.copies[0].len, 1023);
    assert_int_equal(red.primary.len, 1);
    assert_int_equal(red.primary.data[0], 9);
    free(kept);
}

static void without_or_with_empty_copies(void **state)
{
    (void)state;
    const uint8_t alone[] = { 0x6f, 0xf8, 0xff, 0xfe };
    const uint8_t empty[] = { 0xef, 0x0f, 0x00, 0x00, 0x6f, 0xf8 };
    struct hop_red red;
    uint8_t *kept;
    assert_int_equal(parse(alone, sizeof alone, &red, &kept), 0);
    assert_int_equal(red.n_copies, 0);
    assert_int_equal(red.primary.len, 3);
    free(kept);
    assert_int_equal(parse(empty, sizeof empty, &red, &kept), 0);
    assert_int_equal(red.n_copies, 1);
    assert_int_equal(red.copies[0].len, 0);
    assert_int_equal(red.primary.len, 1);
    free(kept);
}

static void cut_off_anywhere(void **state)
{
    (void)state;
    const uint8_t payload[] = { 0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x02,
                                0x6f, 0x11, 0x12, 0x13, 0x21, 0x22, 0x31 };
    for (size_t len = 0; len < sizeof payload; len++) {
        struct hop_red red = { .n_copies = 77 };
        uint8_t *kept;
        assert_int_equal(parse(payload, len, &red, &kept), -EBADMSG);
        assert_int_equal(red.n_copies, 77);
        free(kept);
    }
}

static void as_many_copies_as_there_may_be(void **state)
{
    (void)state;
    uint8_t payload[4 * (HOP_RED_MAX + 1) + 2];
    for (int copies = HOP_RED_MAX; copies <= HOP_RED_MAX + 1; copies++) {
        struct hop_red red;
        uint8_t *kept;
        size_t at = 0;
        for (int i = 0; i < copies; i++, at += 4)
            memcpy(payload + at, "\xef\x0f\x00\x00", 4);
        payload[at++] = 0x6f;
        payload[at++] = 1;
        assert_int_equal(parse(payload, at, &red, &kept), copies > HOP_RED_MAX ? -EBADMSG : 0);
        free(kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_copies),
        cmocka_unit_test(the_largest_fields),
        cmocka_unit_test(without_or_with_empty_copies),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(as_many_copies_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
