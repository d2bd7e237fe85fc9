/* The dice themselves: tests/line/chance. What they do to packets is in test_line.c. */
#include "tests/line/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void dice_are_even(void **state)
{
    (void)state;
    struct hop_line_dice d;
    int tenths[10] = { 0 };
    hop_line_dice_init(&d, 42);
    for (int i = 0; i < 100000; i++) {
        double x = hop_line_dice_roll(&d);
        assert_true(x >= 0 && x < 1);
        tenths[(int)(x * 10)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(tenths[i], 9600, 10400);
}

static void a_change_of_the_share_does_not_shift_the_dice(void **state)
{
    (void)state;
    struct hop_line_loss a = { 0 }, b = { 0 };
    struct hop_line_settings none = hop_line_settings_default(), half = none;
    half.loss = 0.5;
    hop_line_dice_init(&a.dice, 5);
    hop_line_dice_init(&b.dice, 5);
    for (int i = 0; i < 100; i++) {
        assert_false(hop_line_loss_next(&a, &none));
        hop_line_loss_next(&b, &half);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(hop_line_loss_next(&a, &half), hop_line_loss_next(&b, &half));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dice_are_even),
        cmocka_unit_test(a_change_of_the_share_does_not_shift_the_dice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
