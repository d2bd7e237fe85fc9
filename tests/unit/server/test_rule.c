/* The days of recurrence rules against libical, which walks them another way: seeded random rules,
 * each over ten years. */
#include "server/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RULES = 400, MOST = 300 };

static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static void add_days(GRand *rand, GString *rule, bool numbered)
{
    g_string_append(rule, ";BYDAY=");
    for (int i = 0, n = g_rand_int_range(rand, 1, 4); i < n; i++) {
        static const int ordinals[] = { 0, 0, 1, 2, 3, 4, -1, -2 };
        int ordinal = numbered ? ordinals[g_rand_int_range(rand, 0, 8)] : 0;

        g_string_append_printf(rule, "%s", i > 0 ? "," : "");
        if (ordinal != 0)
            g_string_append_printf(rule, "%d", ordinal);
        g_string_append(rule, days[(i * 2 + g_rand_int_range(rand, 0, 2)) % 7]);
    }
}

/* Rules that people write; libical has faults of its own in the others (BYSETPOS with BYMONTHDAY,
 * numbered weekdays of a year). */
static char *random_rule(GRand *rand)
{
    static const char *const kinds[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
    int kind = g_rand_int_range(rand, 0, 4);
    GString *rule = g_string_new(NULL);

    g_string_printf(rule, "FREQ=%s;INTERVAL=%d", kinds[kind], g_rand_int_range(rand, 1, 5));
    if (kind == 0 && g_rand_boolean(rand))
        g_string_append_printf(rule, ";BYMONTH=%d,%d", g_rand_int_range(rand, 1, 7),
                               g_rand_int_range(rand, 7, 13));
    if (kind == 1 && g_rand_boolean(rand))
        add_days(rand, rule, false);
    if (kind == 2 && g_rand_boolean(rand))
        add_days(rand, rule, true);
    else if (kind == 2 && g_rand_boolean(rand))
        g_string_append_printf(rule, ";BYMONTHDAY=%d,%d", g_rand_int_range(rand, 1, 32),
                               -g_rand_int_range(rand, 1, 4));
    else if (kind == 2 && g_rand_boolean(rand))
        g_string_append(rule, ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1");
    if (kind == 3 && g_rand_boolean(rand))
        g_string_append_printf(rule, ";BYMONTH=%d;BYMONTHDAY=%d", g_rand_int_range(rand, 1, 13),
                               g_rand_int_range(rand, 1, 29));
    return g_string_free(rule, FALSE);
}

static guint32 julian_of(struct icaltimetype t)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)t.day, (GDateMonth)t.month, (GDateYear)t.year);
    return g_date_get_julian(&date);
}

static void compare(const char *text, struct icaltimetype start)
{
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
    g_autoptr(GArray) mine = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 first = julian_of(start), last = first + 3652;
    icalrecur_iterator *theirs = icalrecur_iterator_new(rule, start);
    guint i = 0;

    hop_rule_days(&rule, first, last, MOST, mine);
    for (;;) {
        struct icaltimetype t = icalrecur_iterator_next(theirs);
        bool end = icaltime_is_null_time(t) || julian_of(t) > last || i == MOST;

        if (end != (i == mine->len) || (!end && g_array_index(mine, guint32, i) != julian_of(t)))
            fail_msg("%s from %d-%02d-%02d: the %u-th is %d-%02d-%02d", text, start.year,
                     start.month, start.day, i, t.year, t.month, t.day);
        if (end)
            break;
        i++;
    }
    icalrecur_iterator_free(theirs);
}

static void both_find_the_same_days(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2026);

    (void)state;
    for (int i = 0; i < RULES; i++) {
        g_autofree char *rule = random_rule(rand);
        struct icaltimetype start = icaltime_null_time();

        start.year = g_rand_int_range(rand, 2024, 2032);
        start.month = g_rand_int_range(rand, 1, 13);
        start.day = g_rand_int_range(rand, 1, 29);
        compare(rule, start);
    }
}

/* Where libical is no judge: RFC 5545 §3.8.5.3, its own examples. */
static void examples_of_the_rfc(void **state)
{
    static const struct {
        const char *rule;
        int year, month, day; /* DTSTART */
        int wanted[4][3];     /* the first ones */
    } all[] = {
        { "FREQ=YEARLY;BYDAY=20MO",
          1997,
          5,
          19,
          { { 1997, 5, 19 }, { 1998, 5, 18 }, { 1999, 5, 17 }, { 2000, 5, 15 } } },
        { "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
          1997,
          3,
          13,
          { { 1997, 3, 13 }, { 1997, 3, 20 }, { 1997, 3, 27 }, { 1998, 3, 5 } } },
        { "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
          1998,
          2,
          13,
          { { 1998, 2, 13 }, { 1998, 3, 13 }, { 1998, 11, 13 }, { 1999, 8, 13 } } },
        { "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3",
          1997,
          9,
          4,
          { { 1997, 9, 4 }, { 1997, 10, 7 }, { 1997, 11, 6 }, { 1997, 12, 4 } } },
        { "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
          1997,
          9,
          29,
          { { 1997, 9, 29 }, { 1997, 10, 30 }, { 1997, 11, 27 }, { 1997, 12, 30 } } },
        { "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
          1996,
          11,
          5,
          { { 1996, 11, 5 }, { 2000, 11, 7 }, { 2004, 11, 2 }, { 2008, 11, 4 } } },
        { "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
          1997,
          8,
          5,
          { { 1997, 8, 5 }, { 1997, 8, 10 }, { 1997, 8, 19 }, { 1997, 8, 24 } } },
        { "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
          1997,
          8,
          5,
          { { 1997, 8, 5 }, { 1997, 8, 17 }, { 1997, 8, 19 }, { 1997, 8, 31 } } },
        { "FREQ=MONTHLY;BYMONTHDAY=1,-1",
          1997,
          9,
          30,
          { { 1997, 9, 30 }, { 1997, 10, 1 }, { 1997, 10, 31 }, { 1997, 11, 1 } } },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        struct icalrecurrencetype rule = icalrecurrencetype_from_string(all[i].rule);
        g_autoptr(GArray) days_found = g_array_new(FALSE, FALSE, sizeof(guint32));
        struct icaltimetype t = icaltime_null_time();

        t.year = all[i].year;
        t.month = all[i].month;
        t.day = all[i].day;
        hop_rule_days(&rule, julian_of(t), julian_of(t) + 5000, 4, days_found);
        assert_int_equal(days_found->len, 4);
        for (guint k = 0; k < 4; k++) {
            t.year = all[i].wanted[k][0];
            t.month = all[i].wanted[k][1];
            t.day = all[i].wanted[k][2];
            if (g_array_index(days_found, guint32, k) != julian_of(t))
                fail_msg("%s: the %u-th is not %d-%d-%d", all[i].rule, k, t.year, t.month, t.day);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_find_the_same_days),
        cmocka_unit_test(examples_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
