/* A send queue: order, pieces, the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "signaling/outbox.h"

#include <errno.h>
#include <string.h>

static void put(struct hop_outbox *box, const char *prefix, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    assert_int_equal(hop_outbox_push(box, prefix, body, 1000), 0);
}

static void read_all(struct hop_outbox *box, size_t cap, char *out)
{
    uint8_t buf[64];
    bool first = false;
    bool last = true;
    size_t n;
    size_t len = 0;
    while ((n = hop_outbox_read(box, buf, cap, &first, &last)) > 0) {
        if (first)
            out[len++] = '<';
        memcpy(out + len, buf, n);
        len += n;
        if (last)
            out[len++] = '>';
    }
    out[len] = '\0';
    assert_true(last);
}

static void pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t cap = 1; cap <= 20; cap++) {
        struct hop_outbox box;
        char out[200];
        hop_outbox_init(&box);
        put(&box, "{\"seq\":1,", "a}");
        put(&box, "", "second");
        put(&box, "p", "");
        assert_int_equal(box.bytes, 9 + 2 + 6 + 1);
        read_all(&box, cap, out);
        assert_string_equal(out, "<{\"seq\":1,a}><second><p>");
        assert_int_equal(box.bytes, 0);
        hop_outbox_clear(&box);
    }
}

static void bounded(void **state)
{
    (void)state;
    struct hop_outbox box;
    uint8_t buf[4];
    bool first;
    bool last;
    g_autoptr(GBytes) body = g_bytes_new("0123456789", 10);
    hop_outbox_init(&box);
    assert_int_equal(hop_outbox_push(&box, "", body, 20), 0);
    assert_int_equal(hop_outbox_push(&box, "x", body, 20), -ENOSPC);
    assert_int_equal(hop_outbox_push(&box, "", body, 20), 0);
    assert_int_equal(hop_outbox_push(&box, "", body, 20), -ENOSPC);
    assert_int_equal(hop_outbox_read(&box, buf, sizeof buf, &first, &last), 4);
    assert_int_equal(box.bytes, 16);
    hop_outbox_clear(&box);
    assert_int_equal(box.bytes, 0);
    assert_int_equal(hop_outbox_read(&box, buf, sizeof buf, &first, &last), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
