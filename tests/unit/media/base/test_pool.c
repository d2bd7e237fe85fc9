/* media/base/pool.c */
#include "media/base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void slots_are_distinct_and_bounded(void **state)
{
    (void)state;
    struct hop_pool *pool;
    uint8_t *slots[8];
    assert_int_equal(hop_pool_new(100, 8, &pool), 0);
    for (int i = 0; i < 8; i++) {
        slots[i] = hop_pool_get(pool);
        assert_non_null(slots[i]);
        assert_int_equal((uintptr_t)slots[i] % 16, 0);
        memset(slots[i], i, 100);
    }
    assert_null(hop_pool_get(pool));
    assert_int_equal(hop_pool_in_use(pool), 8);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 100; j++)
            assert_int_equal(slots[i][j], i);
    hop_pool_free(pool);
}

static void gives_the_warm_one_first(void **state)
{
    (void)state;
    struct hop_pool *pool;
    assert_int_equal(hop_pool_new(64, 4, &pool), 0);
    void *a = hop_pool_get(pool), *b = hop_pool_get(pool);
    hop_pool_put(pool, a);
    hop_pool_put(pool, b);
    assert_int_equal(hop_pool_in_use(pool), 0);
    assert_ptr_equal(hop_pool_get(pool), b);
    assert_ptr_equal(hop_pool_get(pool), a);
    hop_pool_free(pool);
}

static void checks_its_arguments(void **state)
{
    (void)state;
    struct hop_pool *pool = NULL;
    assert_int_equal(hop_pool_new(1, 4, &pool), -EINVAL);
    assert_int_equal(hop_pool_new(64, 0, &pool), -EINVAL);
    assert_int_equal(hop_pool_new(SIZE_MAX, 4, &pool), -EINVAL);
    assert_int_equal(hop_pool_new(SIZE_MAX / 4, 16, &pool), -EINVAL);
    assert_null(pool);
    hop_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_distinct_and_bounded),
        cmocka_unit_test(gives_the_warm_one_first),
        cmocka_unit_test(checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
