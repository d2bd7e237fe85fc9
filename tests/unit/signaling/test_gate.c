/* Who comes in, who waits, and for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "signaling/gate.h"

static const int64_t start = 1000;

static enum hop_gate gate(struct hop_gate_case c, const struct hop_room_settings *settings)
{
    c.settings = settings;
    return hop_gate(&c);
}

static void without_rules(void **state)
{
    struct hop_room_settings open = { .lobby = HOP_LOBBY_OFF };
    (void)state;
    assert_int_equal(gate((struct hop_gate_case){ .role = HOP_ROLE_GUEST }, &open), HOP_GATE_IN);
    /* but who was removed has to be admitted, and somebody must be there for it */
    assert_int_equal(gate((struct hop_gate_case){ .role = HOP_ROLE_GUEST,
                                                  .mark = HOP_MARK_REMOVED,
                                                  .moderated = true },
                          &open),
                     HOP_GATE_LOBBY);
    assert_int_equal(
        gate((struct hop_gate_case){ .role = HOP_ROLE_GUEST, .mark = HOP_MARK_HELD }, &open),
        HOP_GATE_CHAIR);
}

static void for_guests(void **state)
{
    struct hop_room_settings s = { .lobby = HOP_LOBBY_GUESTS, .waits = true };
    struct hop_gate_case c = { .opened = true, .moderated = true, .invited = true };
    (void)state;
    c.role = HOP_ROLE_DELEGATE;
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
    c.role = HOP_ROLE_GUEST;
    assert_int_equal(gate(c, &s), HOP_GATE_LOBBY);
    c.role = HOP_ROLE_DELEGATE;
    c.invited = false; /* an account that nobody invited */
    assert_int_equal(gate(c, &s), HOP_GATE_LOBBY);
    c.mark = HOP_MARK_ADMITTED;
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
}

static void for_all(void **state)
{
    struct hop_room_settings s = { .lobby = HOP_LOBBY_ALL, .waits = true };
    struct hop_gate_case c = { .opened = true, .invited = true, .role = HOP_ROLE_DELEGATE };
    (void)state;
    assert_int_equal(gate(c, &s), HOP_GATE_CHAIR); /* nobody is there to admit him */
    c.moderated = true;
    assert_int_equal(gate(c, &s), HOP_GATE_LOBBY);
    c.role = HOP_ROLE_SECRETARY;
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
}

static void opens_by_itself(void **state)
{
    struct hop_room_settings s = { .lobby = HOP_LOBBY_ALL };
    struct hop_gate_case c = {
        .starts_at_us = start, .wall_us = start - 1, .invited = true, .role = HOP_ROLE_GUEST
    };
    (void)state;
    assert_int_equal(gate(c, &s), HOP_GATE_LOBBY);
    c.settings = &s;
    assert_int_equal(hop_gate_opens_at(&c), start);
    c.wall_us = start;
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
    c.invited = false; /* the uninvited are kept out */
    assert_int_equal(gate(c, &s), HOP_GATE_CHAIR);
    c.invited = true;
    c.mark = HOP_MARK_HELD;
    assert_int_equal(gate(c, &s), HOP_GATE_CHAIR);
    c.mark = HOP_MARK_NONE;
    s.waits = true;
    assert_int_equal(gate(c, &s), HOP_GATE_CHAIR);
}

static void waits_for_the_chair(void **state)
{
    struct hop_room_settings s = { .waits = true };
    struct hop_gate_case c = { .starts_at_us = start, .wall_us = start + 1, .invited = true };
    (void)state;
    c.role = HOP_ROLE_DELEGATE;
    assert_int_equal(gate(c, &s), HOP_GATE_CHAIR);
    c.role = HOP_ROLE_CHAIR;
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
    c.role = HOP_ROLE_DELEGATE;
    c.opened = true; /* the chair was there and is away now */
    assert_int_equal(gate(c, &s), HOP_GATE_IN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules),
        cmocka_unit_test(for_guests),
        cmocka_unit_test(for_all),
        cmocka_unit_test(opens_by_itself),
        cmocka_unit_test(waits_for_the_chair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
