/* media/ice/stun: the vectors of RFC 5769, what the builders make, and hostile input. */
#include "media/ice/stun.h"

#include "media/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769 §2.1 */
static const uint8_t request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};

/* RFC 5769 §2.2 */
static const uint8_t response4[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};

/* RFC 5769 §2.3 */
static const uint8_t response6[] = {
    0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
    0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
    0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
    0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static const uint8_t transaction[HOP_STUN_TRANSACTION] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static struct hop_stun_key *key_of(const char *password)
{
    struct hop_stun_key *key = hop_stun_key_new(password, strlen(password));
    assert_non_null(key);
    return key;
}

static void rfc5769_request(void **state)
{
    (void)state;
    struct hop_stun msg;
    assert_int_equal(hop_stun_parse(request, sizeof(request), &msg), HOP_STUN_OK);
    assert_int_equal(msg.cls, HOP_STUN_REQUEST);
    assert_int_equal(msg.method, 1);
    assert_memory_equal(msg.transaction, request + 8, HOP_STUN_TRANSACTION);
    assert_true(msg.has_priority);
    assert_int_equal(msg.priority, 0x6e0001ff);
    assert_true(msg.controlled);
    assert_false(msg.controlling);
    assert_true(msg.tie_breaker == 0x932ff9b151263b36);
    assert_int_equal(msg.username_len, 9);
    assert_memory_equal(msg.username, "evtj:h6vY", 9);
    assert_true(msg.fingerprint);
    assert_int_equal(msg.n_unknown, 0);

    const char *receiver, *sender;
    size_t receiver_len, sender_len;
    assert_true(hop_stun_username_split(&msg, &receiver, &receiver_len, &sender, &sender_len));
    assert_int_equal(receiver_len, 4);
    assert_memory_equal(receiver, "evtj", 4);
    assert_int_equal(sender_len, 4);
    assert_memory_equal(sender, "h6vY", 4);

    struct hop_stun_key *right = key_of(PASSWORD), *wrong = key_of("VOkJxbRl1RmTxUk/WvJxBu");
    for (int again = 0; again < 3; again++) { /* the key is rewound each time */
        assert_true(hop_stun_check(&msg, right));
        assert_false(hop_stun_check(&msg, wrong));
    }
    hop_stun_key_free(right);
    hop_stun_key_free(wrong);
}

static void rfc5769_responses(void **state)
{
    (void)state;
    struct hop_stun_key *key = key_of(PASSWORD);
    struct hop_stun msg;
    char text[HOP_ADDR_TEXT];
    assert_int_equal(hop_stun_parse(response4, sizeof(response4), &msg), HOP_STUN_OK);
    assert_int_equal(msg.cls, HOP_STUN_SUCCESS);
    assert_string_equal(hop_addr_format(&msg.mapped, text), "192.0.2.1:32853");
    assert_true(hop_stun_check(&msg, key));
    assert_int_equal(hop_stun_parse(response6, sizeof(response6), &msg), HOP_STUN_OK);
    assert_string_equal(hop_addr_format(&msg.mapped, text),
                        "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    assert_true(hop_stun_check(&msg, key));
    hop_stun_key_free(key);
}

/* Whatever bit is changed, the message is refused by structure, fingerprint or integrity. */
static void any_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct hop_stun_key *key = key_of(PASSWORD);
    for (size_t bit = 0; bit < sizeof(request) * 8; bit++) {
        uint8_t copy[sizeof(request)];
        memcpy(copy, request, sizeof(copy));
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct hop_stun msg;
        if (hop_stun_parse(copy, sizeof(copy), &msg) != HOP_STUN_OK)
            continue;
        /* only what hides FINGERPRINT gets this far; integrity covers all in front of itself */
        assert_false(msg.fingerprint);
        assert_true(!hop_stun_check(&msg, key) || bit / 8 >= sizeof(request) - 8);
    }
    hop_stun_key_free(key);
}

static void truncated_and_extended(void **state)
{
    (void)state;
    uint8_t longer[sizeof(request) + 4] = { 0 };
    memcpy(longer, request, sizeof(request));
    struct hop_stun msg;
    for (size_t len = 0; len < sizeof(request); len++)
        assert_int_not_equal(hop_stun_parse(request, len, &msg), HOP_STUN_OK);
    assert_int_equal(hop_stun_parse(longer, sizeof(longer), &msg), HOP_STUN_NOT_STUN);
    /* a length field that fits, but an attribute behind FINGERPRINT */
    hop_put16(longer + 2, sizeof(longer) - HOP_STUN_HEADER);
    assert_int_equal(hop_stun_parse(longer, sizeof(longer), &msg), HOP_STUN_MALFORMED);
}

static void build_and_parse_request(void **state)
{
    (void)state;
    struct hop_stun_key *key = key_of("secret");
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_stun_request req = {
        .transaction = transaction,
        .username = "abcd:efghi",
        .username_len = 10,
        .priority = 0x6e7f1eff,
        .controlling = true,
        .use_candidate = true,
        .tie_breaker = 0x0123456789abcdef,
    };
    size_t len = hop_stun_build_request(&req, key, buf, sizeof(buf));
    assert_true(len > 0);
    struct hop_stun msg;
    assert_int_equal(hop_stun_parse(buf, len, &msg), HOP_STUN_OK);
    assert_int_equal(msg.cls, HOP_STUN_REQUEST);
    assert_true(msg.use_candidate && msg.controlling && !msg.controlled && msg.fingerprint);
    assert_int_equal(msg.priority, 0x6e7f1eff);
    assert_true(msg.tie_breaker == req.tie_breaker);
    assert_int_equal(msg.username_len, 10);
    assert_memory_equal(msg.username, "abcd:efghi", 10);
    assert_true(hop_stun_check(&msg, key));
    /* too small a buffer is told, never overrun */
    for (size_t cap = 0; cap < len; cap++)
        assert_int_equal(hop_stun_build_request(&req, key, buf, cap), 0);
    hop_stun_key_free(key);
}

static void build_responses(void **state)
{
    (void)state;
    struct hop_stun_key *key = key_of("secret");
    uint8_t buf[HOP_STUN_MAX_BUILT];
    struct hop_stun msg;
    const char *ips[] = { "192.0.2.7", "2001:db8::42" };
    for (size_t i = 0; i < 2; i++) {
        struct hop_addr addr;
        assert_int_equal(hop_addr_parse(ips[i], 40000, &addr), 0);
        size_t len = hop_stun_build_success(transaction, &addr, key, buf, sizeof(buf));
        assert_int_equal(hop_stun_parse(buf, len, &msg), HOP_STUN_OK);
        assert_int_equal(msg.cls, HOP_STUN_SUCCESS);
        assert_true(hop_addr_equal(&msg.mapped, &addr));
        assert_true(hop_stun_check(&msg, key));
    }
    const uint16_t unknown[] = { 0x7001, 0x7002, 0x7003 };
    const uint16_t codes[] = { 400, 401, 420, 487, 500 };
    for (size_t i = 0; i < 5; i++) {
        size_t len =
            hop_stun_build_error(transaction, codes[i], unknown, 3, NULL, buf, sizeof(buf));
        assert_int_equal(hop_stun_parse(buf, len, &msg), HOP_STUN_OK);
        assert_int_equal(msg.cls, HOP_STUN_ERROR);
        assert_int_equal(msg.error_code, codes[i]);
        assert_memory_equal(msg.transaction, transaction, HOP_STUN_TRANSACTION);
        assert_int_equal(msg.integrity_at, 0);
        assert_false(hop_stun_check(&msg, key));
    }
    hop_stun_key_free(key);
}

/* Appends one attribute with zeros as value to a message under construction. */
static size_t append(uint8_t *buf, size_t at, uint16_t type, uint16_t len)
{
    hop_put16(buf + at, type);
    hop_put16(buf + at + 2, len);
    memset(buf + at + 4, 0, (len + 3u) & ~3u);
    at += 4 + ((len + 3u) & ~3u);
    hop_put16(buf + 2, (uint16_t)(at - HOP_STUN_HEADER));
    return at;
}

static size_t empty_request(uint8_t *buf)
{
    memcpy(buf, request, HOP_STUN_HEADER);
    hop_put16(buf + 2, 0);
    return HOP_STUN_HEADER;
}

static void unknown_attributes_are_listed(void **state)
{
    (void)state;
    uint8_t buf[400];
    size_t at = empty_request(buf);
    at = append(buf, at, 0xc057, 4); /* optional: libwebrtc's network info */
    for (uint16_t i = 0; i < 20; i++)
        at = append(buf, at, (uint16_t)(0x7000 + i), 5);
    struct hop_stun msg;
    assert_int_equal(hop_stun_parse(buf, at, &msg), HOP_STUN_OK);
    assert_int_equal(msg.n_unknown, HOP_STUN_MAX_UNKNOWN);
    for (uint16_t i = 0; i < HOP_STUN_MAX_UNKNOWN; i++)
        assert_int_equal(msg.unknown[i], 0x7000 + i);
}

static void attributes_of_wrong_size(void **state)
{
    (void)state;
    static const struct {
        uint16_t type, len;
    } bad[] = {
        { 0x0024, 3 },  { 0x0024, 8 },  { 0x0025, 4 },   { 0x8029, 4 }, { 0x802a, 12 },
        { 0x0008, 16 }, { 0x0008, 32 }, { 0x0006, 514 }, { 0x0020, 4 }, { 0x0020, 20 },
        { 0x0009, 2 },  { 0x0009, 4 },  { 0x8028, 8 },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t buf[700];
        size_t at = append(buf, empty_request(buf), bad[i].type, bad[i].len);
        struct hop_stun msg;
        assert_int_equal(hop_stun_parse(buf, at, &msg), HOP_STUN_MALFORMED);
    }
}

/* What stands behind MESSAGE-INTEGRITY is not protected and must not count. */
static void attributes_behind_integrity_are_ignored(void **state)
{
    (void)state;
    struct hop_stun_key *key = key_of("secret");
    uint8_t buf[HOP_STUN_MAX_BUILT + 40];
    struct hop_stun_request req = { .transaction = transaction,
                                    .username = "a:b",
                                    .username_len = 3,
                                    .priority = 7,
                                    .controlling = true };
    size_t at = hop_stun_build_request(&req, key, buf, HOP_STUN_MAX_BUILT) - 8; /* no FINGERPRINT */
    at = append(buf, at, 0x0025, 0);
    at = append(buf, at, 0x7001, 4);
    struct hop_stun msg;
    assert_int_equal(hop_stun_parse(buf, at, &msg), HOP_STUN_OK);
    assert_false(msg.use_candidate);
    assert_int_equal(msg.n_unknown, 0);
    assert_true(hop_stun_check(&msg, key));
    hop_stun_key_free(key);
}

static void other_methods_and_classes(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        enum hop_stun_class cls;
        uint16_t method;
    } types[] = {
        { 0x0001, HOP_STUN_REQUEST, 1 },  { 0x0011, HOP_STUN_INDICATION, 1 },
        { 0x0101, HOP_STUN_SUCCESS, 1 },  { 0x0111, HOP_STUN_ERROR, 1 },
        { 0x0003, HOP_STUN_REQUEST, 3 },  { 0x02ef, HOP_STUN_REQUEST, 0xff },
        { 0x03ff, HOP_STUN_ERROR, 0xff },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint8_t buf[HOP_STUN_HEADER];
        empty_request(buf);
        hop_put16(buf, types[i].type);
        struct hop_stun msg;
        assert_int_equal(hop_stun_parse(buf, sizeof(buf), &msg), HOP_STUN_OK);
        assert_int_equal(msg.cls, types[i].cls);
        assert_int_equal(msg.method, types[i].method);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc5769_request),
        cmocka_unit_test(rfc5769_responses),
        cmocka_unit_test(any_flipped_bit_is_noticed),
        cmocka_unit_test(truncated_and_extended),
        cmocka_unit_test(build_and_parse_request),
        cmocka_unit_test(build_responses),
        cmocka_unit_test(unknown_attributes_are_listed),
        cmocka_unit_test(attributes_of_wrong_size),
        cmocka_unit_test(attributes_behind_integrity_are_ignored),
        cmocka_unit_test(other_methods_and_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
