/* The table of rights: every role against every right, who stands above whom, who stands in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "signaling/rights.h"

static void rights(void **state)
{
    static const struct {
        const char *role, *may; /* s: send, c: chat, h: hand, m: moderate, r: roles, e: end */
    } table[] = {
        { "chair", "schmre" }, { "organizer", "schmre" }, { "secretary", "schmr" },
        { "delegate", "sch" }, { "guest", "sch" },        { "technician", "sch" },
        { "observer", "" },
    };
    static const char letters[] = "schmre";
    (void)state;
    assert_int_equal(sizeof table / sizeof table[0], HOP_ROLES);
    for (size_t i = 0; i < HOP_ROLES; i++) {
        enum hop_role role;
        assert_true(hop_role_parse(table[i].role, &role));
        assert_string_equal(hop_role_name(role), table[i].role);
        for (size_t k = 0; k < strlen(letters); k++)
            assert_int_equal(hop_role_may(role, (enum hop_right)(1u << k)),
                             strchr(table[i].may, letters[k]) != NULL);
    }
    enum hop_role none;
    assert_false(hop_role_parse("king", &none));
}

static void ranks(void **state)
{
    (void)state;
    assert_true(hop_role_may_over(HOP_ROLE_CHAIR, HOP_ROLE_ORGANIZER));
    assert_true(hop_role_may_over(HOP_ROLE_SECRETARY, HOP_ROLE_DELEGATE));
    assert_false(hop_role_may_over(HOP_ROLE_SECRETARY, HOP_ROLE_CHAIR));
    assert_true(hop_role_may_give(HOP_ROLE_SECRETARY, HOP_ROLE_DELEGATE));
    assert_true(hop_role_may_give(HOP_ROLE_SECRETARY, HOP_ROLE_SECRETARY));
    assert_false(hop_role_may_give(HOP_ROLE_SECRETARY, HOP_ROLE_CHAIR));
    assert_true(hop_role_may_give(HOP_ROLE_CHAIR, HOP_ROLE_CHAIR));
}

static void succession(void **state)
{
    (void)state;
    assert_true(hop_role_succession(HOP_ROLE_SECRETARY) < hop_role_succession(HOP_ROLE_DELEGATE));
    assert_true(hop_role_succession(HOP_ROLE_DELEGATE) < hop_role_succession(HOP_ROLE_GUEST));
    assert_true(hop_role_succession(HOP_ROLE_OBSERVER) < 0);
    assert_true(hop_role_succession(HOP_ROLE_TECHNICIAN) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights),
        cmocka_unit_test(ranks),
        cmocka_unit_test(succession),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
