/* Addresses: what may stand in a header and on SMTP's command line, and what may not. */
#include "server/mail/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void usual_ones(void **state)
{
    (void)state;
    assert_true(hop_mail_address_valid("an.nguyen@hanoi.gov.vn"));
    assert_true(hop_mail_address_valid("a+b_c-d@x.vn"));
    assert_true(hop_mail_address_valid("o'neil@localhost"));
}

static void what_could_break_out(void **state)
{
    static const char *const wrong[] = {
        "",
        "@",
        "a@",
        "@b.vn",
        "a b@c.vn",
        "a@b.vn\r\nBcc: x@y.vn",
        "a\n@b.vn",
        "a@b.vn>",
        "<a@b.vn",
        "a@b,c@d.vn",
        "a;b@c.vn",
        "\"a b\"@c.vn",
        "a@[192.0.2.1]",
        ".a@b.vn",
        "a.@b.vn",
        "a..b@c.vn",
        "a@b..vn",
        "a@-b.vn",
        "a@b-.vn",
        "a@b.vn ",
        "đ@b.vn",
        "a@đ.vn",
        "a@b.vn SIZE=1",
    };
    char longest[400];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (hop_mail_address_valid(wrong[i]))
            fail_msg("'%s' passed", wrong[i]);
    memset(longest, 'a', 65);
    strcpy(longest + 65, "@b.vn");
    assert_false(hop_mail_address_valid(longest));
    memset(longest, 'a', 300);
    strcpy(longest + 300, "@b.vn");
    assert_false(hop_mail_address_valid(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_ones),
        cmocka_unit_test(what_could_break_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
