/* Series in virtual time: zones with and without summer time, whole days, ten years, exceptions,
 * and rules that nobody should send. RFC 5545 §3.3.10, §3.8.5.3 (its examples where they fit). */
#include "server/recurrence.h"

#include "server/schedule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char hanoi[] = "Asia/Ho_Chi_Minh", berlin[] = "Europe/Berlin",
                  new_york[] = "America/New_York";

#define HOUR ((int64_t)3600 * 1000000)

static int64_t at(const char *text)
{
    int64_t us = 0;

    assert_int_equal(hop_time_parse(text, &us), 0);
    return us;
}

static struct hop_series series(const char *starts, const char *ends, const char *zone,
                                const char *rrule)
{
    return (struct hop_series){
        .starts_us = at(starts), .ends_us = at(ends), .time_zone = zone, .rrule = rrule
    };
}

/* Through both steps, as the API goes. */
static int expand(struct hop_series s, GArray *out)
{
    char rule[HOP_MAX_RRULE + 1] = "";
    const char *wrong = s.rrule[0] != '\0' ? hop_recurrence_rule(s.rrule, &s, rule) : NULL;

    if (wrong != NULL)
        fail_msg("%s: %s", s.rrule, wrong);
    s.rrule = rule;
    return hop_recurrence_expand(&s, out);
}

static const struct hop_store_occurrence *nth(const GArray *all, guint i)
{
    assert_true(i < all->len);
    return &g_array_index(all, struct hop_store_occurrence, i);
}

static void assert_starts(struct hop_series s, const char *const *wanted)
{
    g_autoptr(GArray) all = hop_store_occurrences_new();
    char text[HOP_TIME_TEXT];
    guint i;

    assert_int_equal(expand(s, all), 0);
    for (i = 0; wanted[i] != NULL; i++) {
        assert_string_equal(hop_time_format(nth(all, i)->starts_us, text), wanted[i]);
        assert_int_equal(nth(all, i)->stamp, nth(all, i)->starts_us);
    }
    assert_int_equal(all->len, i);
}

static void one_meeting_takes_place_once(void **state)
{
    static const char *const wanted[] = { "2026-11-23T01:00:00Z", NULL };

    (void)state;
    assert_starts(series("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z", hanoi, ""), wanted);
}

static void monday_in_hanoi_is_monday_there(void **state)
{
    /* 6 o'clock in Hà Nội is Sunday in UTC */
    static const char *const wanted[] = { "2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z",
                                          "2026-12-06T23:00:00Z", NULL };

    (void)state;
    assert_starts(series("2026-11-22T23:00:00Z", "2026-11-23T00:00:00Z", hanoi,
                         "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
                  wanted);
}

static void the_hour_stays_when_summer_begins_and_ends(void **state)
{
    static const char *const spring[] = { "2027-03-22T08:00:00Z", "2027-03-29T07:00:00Z",
                                          "2027-04-05T07:00:00Z", NULL };
    static const char *const autumn[] = { "2027-10-29T13:00:00Z", "2027-11-05T13:00:00Z",
                                          "2027-11-12T14:00:00Z", NULL };

    (void)state;
    assert_starts(
        series("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z", berlin, "freq=weekly;count=3"),
        spring);
    assert_starts(series("2027-10-29T13:00:00Z", "2027-10-29T14:00:00Z", new_york,
                         "FREQ=WEEKLY;BYDAY=FR;UNTIL=20271112"),
                  autumn);
}

static void an_hour_that_is_left_out_is_taken_by_the_offset_before(void **state)
{
    /* 02:30 on the day when 02:00 becomes 03:00 */
    static const char *const wanted[] = { "2027-03-27T01:30:00Z", "2027-03-28T01:30:00Z",
                                          "2027-03-29T00:30:00Z", NULL };

    (void)state;
    assert_starts(
        series("2027-03-27T01:30:00Z", "2027-03-27T02:30:00Z", berlin, "FREQ=DAILY;COUNT=3"),
        wanted);
}

static void summer_time_holds_after_2037(void **state)
{
    g_autoptr(GArray) all = hop_store_occurrences_new();
    char text[HOP_TIME_TEXT];

    (void)state;
    assert_int_equal(expand(series("2036-01-15T09:00:00Z", "2036-01-15T10:00:00Z", berlin,
                                   "FREQ=MONTHLY;COUNT=60"),
                            all),
                     0);
    assert_string_equal(hop_time_format(nth(all, 54)->starts_us, text), "2040-07-15T08:00:00Z");
}

static void whole_days_go_from_midnight_to_midnight(void **state)
{
    struct hop_series s =
        series("2027-03-26T23:00:00Z", "2027-03-28T22:00:00Z", berlin, "FREQ=WEEKLY;COUNT=2");
    g_autoptr(GArray) all = hop_store_occurrences_new();

    (void)state;
    s.all_day = true; /* two days, of which one has 23 hours */
    assert_int_equal(expand(s, all), 0);
    assert_int_equal(all->len, 2);
    assert_int_equal(nth(all, 0)->ends_us - nth(all, 0)->starts_us, 47 * HOUR);
    assert_int_equal(nth(all, 1)->ends_us - nth(all, 1)->starts_us, 48 * HOUR);
    assert_true(hop_recurrence_is_midnight(s.starts_us, berlin));
    assert_true(hop_recurrence_is_midnight(s.ends_us, berlin));
    assert_true(hop_recurrence_is_midnight(at("2026-11-22T17:00:00Z"), hanoi));
    assert_false(hop_recurrence_is_midnight(at("2026-11-22T17:00:01Z"), hanoi));
    assert_false(hop_recurrence_is_midnight(at("2026-11-22T16:00:00Z"), hanoi));
}

static void months_and_ends_of_months(void **state)
{
    static const char *const last_friday[] = { "2026-11-27T02:00:00Z", "2026-12-25T02:00:00Z",
                                               "2027-01-29T02:00:00Z", NULL };
    static const char *const last_workday[] = { "2026-11-30T02:00:00Z", "2026-12-31T02:00:00Z",
                                                "2027-01-29T02:00:00Z", NULL };
    static const char *const thirty_first[] = { "2026-12-31T02:00:00Z", "2027-01-31T02:00:00Z",
                                                "2027-03-31T02:00:00Z", NULL };

    (void)state;
    assert_starts(series("2026-11-27T02:00:00Z", "2026-11-27T03:00:00Z", hanoi,
                         "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
                  last_friday);
    assert_starts(series("2026-11-30T02:00:00Z", "2026-11-30T03:00:00Z", hanoi,
                         "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"),
                  last_workday);
    assert_starts(
        series("2026-12-31T02:00:00Z", "2026-12-31T03:00:00Z", hanoi, "FREQ=MONTHLY;COUNT=3"),
        thirty_first);
}

static void ten_years_day_by_day_and_no_more(void **state)
{
    g_autoptr(GArray) all = hop_store_occurrences_new();
    g_autoptr(GArray) endless = hop_store_occurrences_new();
    g_autoptr(GArray) more = hop_store_occurrences_new();
    const char *starts = "2026-11-23T01:00:00Z", *ends = "2026-11-23T02:00:00Z";

    (void)state;
    assert_int_equal(expand(series(starts, ends, hanoi, "FREQ=DAILY;UNTIL=20361123"), all), 0);
    assert_int_equal(all->len, 3654);
    assert_int_equal(nth(all, 3653)->starts_us, at("2036-11-23T01:00:00Z"));
    assert_int_equal(expand(series(starts, ends, hanoi, "FREQ=DAILY"), endless), 0);
    assert_int_equal(endless->len, 3654);
    assert_int_equal(expand(series(starts, ends, hanoi, "FREQ=DAILY;UNTIL=20361124"), more),
                     -E2BIG);
    assert_int_equal(expand(series(starts, ends, hanoi, "FREQ=YEARLY;COUNT=12"), more), -E2BIG);
}

static void the_first_day_has_to_be_one_of_the_rule(void **state)
{
    g_autoptr(GArray) all = hop_store_occurrences_new();

    (void)state;
    assert_int_equal(expand(series("2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z", hanoi,
                                   "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
                            all),
                     -ERANGE);
}

static void an_end_is_written_in_utc(void **state)
{
    struct hop_series s =
        series("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z", hanoi, "FREQ=DAILY");
    char rule[HOP_MAX_RRULE + 1];

    (void)state;
    assert_null(hop_recurrence_rule("until=20261130;freq=daily;interval=2", &s, rule));
    assert_string_equal(rule, "FREQ=DAILY;INTERVAL=2;UNTIL=20261130T165959Z");
    assert_null(hop_recurrence_rule(rule, &s, rule));
    assert_string_equal(rule, "FREQ=DAILY;INTERVAL=2;UNTIL=20261130T165959Z");
    s.all_day = true;
    assert_null(hop_recurrence_rule(rule, &s, rule));
    assert_string_equal(rule, "FREQ=DAILY;INTERVAL=2;UNTIL=20261130");
}

static void rules_that_nobody_should_send_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "MO",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;FREQ=WEEKLY",
        "COUNT=3",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;COUNT=4001",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=100000",
        "FREQ=DAILY;BYSECOND=0,1,2,3",
        "FREQ=DAILY;BYHOUR=0,1,2,3",
        "FREQ=DAILY;BYYEARDAY=1",
        "FREQ=DAILY;RSCALE=CHINESE",
        "FREQ=DAILY;X-FOO=1",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=M",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=99MO",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=DAILY;UNTIL=gestern",
        "FREQ=DAILY;UNTIL=04580602",
        "FREQ=DAILY;UNTIL=99991231",
        "FREQ=DAILY;UNTIL=20290229",
        "FREQ=DAILY;UNTIL=20290228T250000Z",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;COUNT=3\r\nATTENDEE:mailto:x@y",
        "FREQ=DAILY;COUNT=3;",
        ";;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;",
    };
    struct hop_series s = series("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z", hanoi, "");
    char rule[HOP_MAX_RRULE + 1];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        if (hop_recurrence_rule(wrong[i], &s, rule) == NULL)
            fail_msg("taken: %s as %s", wrong[i], rule);
}

/* Rules that never, or hardly ever, hold: found out, not searched for until the end of time. */
static void rules_that_never_hold_end(void **state)
{
    static const char *const never[] = {
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=WEEKLY;INTERVAL=99;BYMONTH=2;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1,2,3",
        "FREQ=DAILY;INTERVAL=99;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=31",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
        g_autoptr(GArray) all = hop_store_occurrences_new();
        int error =
            expand(series("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z", hanoi, never[i]), all);

        if (error != -ERANGE)
            fail_msg("%s: %d, %u", never[i], error, all->len);
    }
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static void exceptions_move_with_their_day(void **state)
{
    g_autoptr(GArray) before = hop_store_occurrences_new();
    g_autoptr(GArray) after = hop_store_occurrences_new();
    g_autoptr(GArray) exceptions = hop_store_occurrences_new();
    struct hop_store_occurrence gone = { 0 }, moved = { 0 }, other = { 0 };

    (void)state;
    assert_int_equal(
        expand(series("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z", hanoi, "FREQ=WEEKLY;COUNT=4"),
               before),
        0);
    gone = *nth(before, 1);
    gone.cancelled = true;
    moved = *nth(before, 2);
    moved.changed = true;
    moved.starts_us += 2 * HOUR;
    moved.ends_us += 3 * HOUR;
    moved.title = g_strdup("Dời giờ");
    other = *nth(before, 3);
    other.stamp += 24 * HOUR; /* a day on which the series does not take place any more */
    other.cancelled = true;
    g_array_append_val(exceptions, gone);
    g_array_append_val(exceptions, moved);
    g_array_append_val(exceptions, other);
    assert_int_equal(
        expand(series("2026-11-23T03:30:00Z", "2026-11-23T04:00:00Z", hanoi, "FREQ=WEEKLY;COUNT=4"),
               after),
        0);
    hop_recurrence_carry(hanoi, exceptions, after);
    assert_false(nth(after, 0)->cancelled);
    assert_true(nth(after, 1)->cancelled);
    assert_int_equal(nth(after, 1)->starts_us, at("2026-11-30T03:30:00Z"));
    assert_true(nth(after, 2)->changed);
    assert_string_equal(nth(after, 2)->title, "Dời giờ");
    assert_int_equal(nth(after, 2)->starts_us, at("2026-12-07T05:30:00Z"));
    assert_int_equal(nth(after, 2)->ends_us - nth(after, 2)->starts_us, 2 * HOUR);
    assert_false(nth(after, 3)->cancelled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_meeting_takes_place_once),
        cmocka_unit_test(monday_in_hanoi_is_monday_there),
        cmocka_unit_test(the_hour_stays_when_summer_begins_and_ends),
        cmocka_unit_test(an_hour_that_is_left_out_is_taken_by_the_offset_before),
        cmocka_unit_test(summer_time_holds_after_2037),
        cmocka_unit_test(whole_days_go_from_midnight_to_midnight),
        cmocka_unit_test(months_and_ends_of_months),
        cmocka_unit_test(ten_years_day_by_day_and_no_more),
        cmocka_unit_test(the_first_day_has_to_be_one_of_the_rule),
        cmocka_unit_test(an_end_is_written_in_utc),
        cmocka_unit_test(rules_that_nobody_should_send_are_refused),
        cmocka_unit_test(rules_that_never_hold_end),
        cmocka_unit_test(exceptions_move_with_their_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
