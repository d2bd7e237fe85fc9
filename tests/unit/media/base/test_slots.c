/* media/base/slots.c: an id names one thing, once. */
#include "media/base/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

static int things[8];

static void finds_by_id_until_removed(void **state)
{
    (void)state;
    struct hop_slots *slots;
    uint64_t a, b;
    assert_int_equal(hop_slots_new(4, 9, &slots), 0);
    assert_int_equal(hop_slots_add(slots, &things[0], &a), 0);
    assert_int_equal(hop_slots_add(slots, &things[1], &b), 0);
    assert_true(a != 0 && b != 0 && a != b);
    assert_int_equal(hop_slots_tag(a), 9);
    assert_ptr_equal(hop_slots_get(slots, a), &things[0]);
    assert_ptr_equal(hop_slots_remove(slots, a), &things[0]);
    assert_null(hop_slots_get(slots, a));
    assert_null(hop_slots_remove(slots, a));
    assert_ptr_equal(hop_slots_get(slots, b), &things[1]);
    assert_int_equal(hop_slots_count(slots), 1);
    hop_slots_free(slots);
}

static void a_reused_slot_has_a_new_id(void **state)
{
    (void)state;
    struct hop_slots *slots;
    uint64_t old, id;
    assert_int_equal(hop_slots_new(1, 0, &slots), 0);
    assert_int_equal(hop_slots_add(slots, &things[0], &old), 0);
    assert_int_equal(hop_slots_add(slots, &things[1], &id), -ENOSPC);
    hop_slots_remove(slots, old);
    assert_int_equal(hop_slots_add(slots, &things[1], &id), 0);
    assert_int_equal(hop_slots_index(id), hop_slots_index(old));
    assert_true(id != old);
    assert_null(hop_slots_get(slots, old));
    assert_ptr_equal(hop_slots_get(slots, id), &things[1]);
    hop_slots_free(slots);
}

static void the_longest_free_slot_comes_first(void **state)
{
    (void)state;
    struct hop_slots *slots;
    uint64_t ids[4], id;
    assert_int_equal(hop_slots_new(4, 0, &slots), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(hop_slots_add(slots, &things[i], &ids[i]), 0);
    hop_slots_remove(slots, ids[2]);
    hop_slots_remove(slots, ids[0]);
    assert_int_equal(hop_slots_add(slots, &things[5], &id), 0);
    assert_int_equal(hop_slots_index(id), hop_slots_index(ids[2]));
    assert_int_equal(hop_slots_add(slots, &things[6], &id), 0);
    assert_int_equal(hop_slots_index(id), hop_slots_index(ids[0]));
    hop_slots_free(slots);
}

static void foreign_ids_find_nothing(void **state)
{
    (void)state;
    struct hop_slots *slots;
    uint64_t id;
    assert_int_equal(hop_slots_new(4, 3, &slots), 0);
    assert_int_equal(hop_slots_add(slots, &things[0], &id), 0);
    assert_null(hop_slots_get(slots, 0));
    assert_null(hop_slots_get(slots, id ^ (1u << 24))); /* another table's */
    assert_null(hop_slots_get(slots, id + 1));          /* a free slot */
    assert_null(hop_slots_get(slots, id | 0xffffff));   /* beyond the table */
    assert_null(hop_slots_get(slots, id + ((uint64_t)1 << 32)));
    hop_slots_free(slots);
}

static void walks_what_is_used(void **state)
{
    (void)state;
    struct hop_slots *slots;
    uint64_t ids[4];
    assert_int_equal(hop_slots_new(4, 0, &slots), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(hop_slots_add(slots, &things[i], &ids[i]), 0);
    hop_slots_remove(slots, ids[1]);
    int *seen[4];
    size_t n = 0;
    int *thing;
    for (size_t i = 0; (thing = hop_slots_next(slots, &i)) != NULL; i++)
        seen[n++] = thing;
    assert_int_equal(n, 3);
    assert_ptr_equal(seen[0], &things[0]);
    assert_ptr_equal(seen[1], &things[2]);
    assert_ptr_equal(seen[2], &things[3]);
    hop_slots_free(slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_id_until_removed),
        cmocka_unit_test(a_reused_slot_has_a_new_id),
        cmocka_unit_test(the_longest_free_slot_comes_first),
        cmocka_unit_test(foreign_ids_find_nothing),
        cmocka_unit_test(walks_what_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
