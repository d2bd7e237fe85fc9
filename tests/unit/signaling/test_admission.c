/* Who is let in when it gets tight. */
#include "signaling/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct hop_admission_limits limits = { .max_participants = 100,
                                                    .max_rooms = 10,
                                                    .max_per_room = 40,
                                                    .reserved_seats = 3,
                                                    .max_load_percent = 85,
                                                    .max_lag_ms = 100 };

static void is(const struct hop_admission_now *now, enum hop_error error, const char *detail)
{
    const char *why = NULL;
    assert_int_equal(hop_admission(&limits, now, &why), error);
    assert_string_equal(why, detail);
}

static void the_last_seats_are_the_leaders(void **state)
{
    (void)state;
    struct hop_admission_now now = { .participants = 96, .rooms = 10, .in_room = 36 };
    is(&now, HOP_OK, "");
    now.in_room = 37;
    is(&now, HOP_ERR_ROOM_FULL, "");
    now.leader = true;
    is(&now, HOP_OK, "");
    now.in_room = 40;
    is(&now, HOP_ERR_ROOM_FULL, "");
    now = (struct hop_admission_now){ .participants = 97, .rooms = 10 };
    is(&now, HOP_ERR_SERVER_FULL, "participants");
    now.leader = true;
    is(&now, HOP_OK, "");
    now.participants = 100;
    is(&now, HOP_ERR_SERVER_FULL, "participants");
}

static void a_small_cap_keeps_few_seats(void **state)
{
    (void)state;
    struct hop_admission_limits small = limits;
    struct hop_admission_now now = { .participants = 2, .in_room = 1 };
    const char *why;
    small.max_participants = 3;
    small.max_per_room = 2;
    assert_int_equal(hop_admission(&small, &now, &why), HOP_OK);
    small.max_participants = small.max_per_room = 4;
    now = (struct hop_admission_now){ .participants = 3, .in_room = 2 };
    assert_int_equal(hop_admission(&small, &now, &why), HOP_ERR_SERVER_FULL);
}

static void rooms_are_counted_when_one_is_opened(void **state)
{
    (void)state;
    struct hop_admission_now now = { .rooms = 10 };
    is(&now, HOP_OK, "");
    now.new_room = now.leader = true;
    is(&now, HOP_ERR_SERVER_FULL, "rooms");
    now.rooms = 9;
    is(&now, HOP_OK, "");
}

static void measured_load_refuses_all_but_leaders(void **state)
{
    (void)state;
    struct hop_admission_now now = { .load_percent = 84, .lag_ms = 99 };
    is(&now, HOP_OK, "");
    now.load_percent = 85;
    is(&now, HOP_ERR_SERVER_OVERLOADED, "load");
    now.leader = true;
    is(&now, HOP_OK, "");
    now = (struct hop_admission_now){ .lag_ms = 100 };
    is(&now, HOP_ERR_SERVER_OVERLOADED, "lag");
    now = (struct hop_admission_now){ .mix_late = true };
    is(&now, HOP_ERR_SERVER_OVERLOADED, "mix");
    struct hop_admission_limits open = limits;
    const char *why;
    open.max_load_percent = open.max_lag_ms = 0;
    now = (struct hop_admission_now){ .load_percent = 100, .lag_ms = 5000, .mix_late = true };
    assert_int_equal(hop_admission(&open, &now, &why), HOP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_seats_are_the_leaders),
        cmocka_unit_test(a_small_cap_keeps_few_seats),
        cmocka_unit_test(rooms_are_counted_when_one_is_opened),
        cmocka_unit_test(measured_load_refuses_all_but_leaders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
