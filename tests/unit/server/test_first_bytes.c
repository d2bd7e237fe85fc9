/* TLS, ICE-TCP or neither, by the first bytes. */
#include "server/first_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4571 length, then a binding request (RFC 5769 §2.1 begins like this) of that many bytes. */
static size_t make_frame(uint8_t out[HOP_FIRST_BYTES], uint16_t message)
{
    static const uint8_t head[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };

    memset(out, 0x5a, HOP_FIRST_BYTES);
    out[0] = (uint8_t)(message >> 8);
    out[1] = (uint8_t)message;
    memcpy(out + 2, head, sizeof(head));
    out[4] = (uint8_t)((message - 20) >> 8);
    out[5] = (uint8_t)(message - 20);
    return 2u + message;
}

static enum hop_first of(const uint8_t *data, size_t len)
{
    size_t need = 0;
    enum hop_first first = hop_first_bytes(data, len, &need);

    if (first == HOP_FIRST_MORE) {
        assert_true(need > len);
        assert_true(need <= HOP_FIRST_BYTES);
    }
    return first;
}

static void a_client_hello_is_tls_at_its_first_byte(void **state)
{
    static const uint8_t hello[] = { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 };

    (void)state;
    for (size_t n = 1; n <= sizeof(hello); n++)
        assert_int_equal(of(hello, n), HOP_FIRST_TLS);
}

/* Plain HTTP, SSH, an SSL 2 hello: TLS says what it thinks of them. */
static void what_is_no_frame_is_left_to_tls(void **state)
{
    (void)state;
    assert_int_equal(of((const uint8_t *)"GET / HTTP/1.1\r\n", 16), HOP_FIRST_TLS);
    assert_int_equal(of((const uint8_t *)"SSH-2.0", 7), HOP_FIRST_TLS);
    assert_int_equal(of((const uint8_t *)"\x80\x2e\x01", 3), HOP_FIRST_TLS);
}

static void a_framed_binding_request_is_media_once_it_is_whole(void **state)
{
    uint8_t bytes[HOP_FIRST_BYTES];
    size_t len = make_frame(bytes, 108);

    (void)state;
    for (size_t n = 0; n < len; n++)
        assert_int_equal(of(bytes, n), HOP_FIRST_MORE);
    assert_int_equal(of(bytes, len), HOP_FIRST_MEDIA);
    assert_int_equal(of(bytes, len + 40), HOP_FIRST_MEDIA); /* the next frame came with it */
}

static void each_wait_asks_for_what_tells_more(void **state)
{
    uint8_t bytes[HOP_FIRST_BYTES];
    size_t len = make_frame(bytes, 108), have = 0, need = 0;
    int waits = 0;

    (void)state;
    while (hop_first_bytes(bytes, have, &need) == HOP_FIRST_MORE) {
        have = need;
        assert_true(++waits <= 3);
    }
    assert_int_equal(have, len);
}

static void the_longest_request_still_fits(void **state)
{
    uint8_t bytes[HOP_FIRST_BYTES];

    (void)state;
    assert_int_equal(make_frame(bytes, 1280), HOP_FIRST_BYTES);
    assert_int_equal(of(bytes, 10), HOP_FIRST_MORE);
    assert_int_equal(of(bytes, HOP_FIRST_BYTES), HOP_FIRST_MEDIA);
    make_frame(bytes, 1284);
    assert_int_equal(of(bytes, 10), HOP_FIRST_NEITHER);
}

static void other_frames_are_neither(void **state)
{
    static const struct {
        int at;
        uint8_t value;
    } wrong[] = {
        { 1, 19 },   /* shorter than a header */
        { 2, 1 },    /* a response */
        { 3, 3 },    /* an allocation */
        { 5, 0 },    /* two lengths that differ */
        { 6, 0x22 }, /* no cookie */
        { 9, 0x43 },
    };
    uint8_t bytes[HOP_FIRST_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t len = make_frame(bytes, 108);

        bytes[wrong[i].at] = wrong[i].value;
        assert_int_equal(of(bytes, len), HOP_FIRST_NEITHER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_hello_is_tls_at_its_first_byte),
        cmocka_unit_test(what_is_no_frame_is_left_to_tls),
        cmocka_unit_test(a_framed_binding_request_is_media_once_it_is_whole),
        cmocka_unit_test(each_wait_asks_for_what_tells_more),
        cmocka_unit_test(the_longest_request_still_fits),
        cmocka_unit_test(other_frames_are_neither),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
