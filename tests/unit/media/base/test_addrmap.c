/* media/base/addrmap.c, against a plain array with the same content. */
#include "media/base/addrmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct hop_addr nth(uint32_t i)
{
    struct hop_addr a = { .family = AF_INET, .port = (uint16_t)(1000 + i % 7) };
    a.ip[0] = 10;
    a.ip[2] = (uint8_t)(i >> 8);
    a.ip[3] = (uint8_t)i;
    return a;
}

static void put_get_replace_remove(void **state)
{
    (void)state;
    struct hop_addrmap *map;
    struct hop_addr a = nth(1), b = nth(2);
    uint32_t value = 99;
    assert_int_equal(hop_addrmap_new(10, &map), 0);
    assert_false(hop_addrmap_get(map, &a, 0, &value));
    assert_int_equal(value, 99);
    assert_int_equal(hop_addrmap_put(map, &a, 0, 5), 0);
    assert_true(hop_addrmap_get(map, &a, 0, &value));
    assert_int_equal(value, 5);
    assert_false(hop_addrmap_get(map, &a, 1, &value)); /* another socket of ours */
    assert_false(hop_addrmap_get(map, &b, 0, &value));
    assert_int_equal(hop_addrmap_put(map, &a, 0, 6), 0);
    hop_addrmap_remove(map, &a, 0, 5); /* it is somebody else's by now */
    assert_true(hop_addrmap_get(map, &a, 0, &value));
    hop_addrmap_remove(map, &a, 0, 6);
    assert_false(hop_addrmap_get(map, &a, 0, &value));
    assert_int_equal(hop_addrmap_count(map), 0);
    hop_addrmap_free(map);
}

static void has_a_limit(void **state)
{
    (void)state;
    struct hop_addrmap *map;
    assert_int_equal(hop_addrmap_new(100, &map), 0);
    for (uint32_t i = 0; i < 100; i++) {
        struct hop_addr a = nth(i);
        assert_int_equal(hop_addrmap_put(map, &a, 0, i), 0);
    }
    struct hop_addr more = nth(100), known = nth(7);
    assert_int_equal(hop_addrmap_put(map, &more, 0, 1), -ENOSPC);
    assert_int_equal(hop_addrmap_put(map, &known, 0, 1), 0); /* replaces, needs no room */
    hop_addrmap_free(map);
}

enum { KEYS = 600, VALUES = 9, STEPS = 40000 };

static void check_all(const struct hop_addrmap *map, const uint32_t *model)
{
    for (uint32_t k = 0; k < KEYS; k++) {
        struct hop_addr a = nth(k);
        uint32_t value = 0;
        bool found = hop_addrmap_get(map, &a, (uint16_t)(k % 3), &value);
        assert_int_equal(found, model[k] != 0);
        if (found)
            assert_int_equal(value, model[k]);
    }
}

static void agrees_with_a_model(void **state)
{
    (void)state;
    struct hop_addrmap *map;
    uint32_t model[KEYS] = { 0 };
    unsigned seed = 20261123;
    print_message("seed %u\n", seed);
    assert_int_equal(hop_addrmap_new(KEYS, &map), 0);
    for (int step = 0; step < STEPS; step++) {
        uint32_t k = (uint32_t)rand_r(&seed) % KEYS, v = 1 + (uint32_t)rand_r(&seed) % VALUES;
        struct hop_addr a = nth(k);
        if (rand_r(&seed) % 3 > 0) {
            assert_int_equal(hop_addrmap_put(map, &a, (uint16_t)(k % 3), v), 0);
            model[k] = v;
        } else {
            hop_addrmap_remove(map, &a, (uint16_t)(k % 3), v);
            model[k] = model[k] == v ? 0 : model[k];
        }
        if (step % 5000 == 4999) {
            hop_addrmap_remove_value(map, v);
            for (uint32_t i = 0; i < KEYS; i++)
                model[i] = model[i] == v ? 0 : model[i];
            check_all(map, model);
        }
    }
    hop_addrmap_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_replace_remove),
        cmocka_unit_test(has_a_limit),
        cmocka_unit_test(agrees_with_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
