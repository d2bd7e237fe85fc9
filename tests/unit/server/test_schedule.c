/* Codes, times, zones, texts, and when a room is open. */
#include "server/schedule.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE ((int64_t)60 * 1000000)

static void codes(void **state)
{
    char code[HOP_CODE_TEXT], other[HOP_CODE_TEXT];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        hop_schedule_code(code);
        assert_int_equal(strlen(code), 12);
        assert_int_equal(code[3], '-');
        assert_int_equal(code[8], '-');
        assert_null(strpbrk(code, "ilo01"));
        assert_true(hop_schedule_code_valid(code));
    }
    hop_schedule_code(other);
    assert_string_not_equal(code, other);
    assert_false(hop_schedule_code_valid(""));
    assert_false(hop_schedule_code_valid("ABC"));
    assert_false(hop_schedule_code_valid("a/b"));
    assert_false(hop_schedule_code_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void status_by_the_clock(void **state)
{
    struct hop_schedule_rules rules = { .open_early_us = 15 * MINUTE,
                                        .close_late_us = 60 * MINUTE };
    struct hop_store_room room = { .meeting_id = 1,
                                   .starts_us = 1000 * MINUTE,
                                   .ends_us = 1060 * MINUTE };
    struct hop_store_room instant = { 0 };

    (void)state;
    assert_int_equal(hop_schedule_opens_at(&room, &rules), 985 * MINUTE);
    assert_int_equal(hop_schedule_status(&room, &rules, false, 985 * MINUTE - 1), HOP_ROOM_EARLY);
    assert_int_equal(hop_schedule_status(&room, &rules, false, 985 * MINUTE), HOP_ROOM_OPEN);
    assert_int_equal(hop_schedule_status(&room, &rules, false, 1120 * MINUTE - 1), HOP_ROOM_OPEN);
    assert_int_equal(hop_schedule_status(&room, &rules, false, 1120 * MINUTE), HOP_ROOM_ENDED);
    assert_int_equal(hop_schedule_status(&room, &rules, true, 1120 * MINUTE), HOP_ROOM_OPEN);
    assert_int_equal(hop_schedule_status(&instant, &rules, false, 9999 * MINUTE), HOP_ROOM_OPEN);
    room.ended_us = 1;
    assert_int_equal(hop_schedule_status(&room, &rules, true, 1000 * MINUTE), HOP_ROOM_ENDED);
    room.cancelled = true;
    assert_int_equal(hop_schedule_status(&room, &rules, false, 1), HOP_ROOM_CANCELLED);
}

static void times(void **state)
{
    static const char *const wrong[] = { "",
                                         "2026-11-23",
                                         "2026-11-23T07:30:00", /* no zone */
                                         "2026-13-23T07:30:00Z",
                                         "2026-11-23T25:30:00Z",
                                         "1970-01-01T00:00:00Z",
                                         "now",
                                         "2026-11-23T07:30:00Z2026-11-23T07:30:00Z" };
    char text[HOP_TIME_TEXT];
    int64_t a = 0, b = 0;

    (void)state;
    assert_int_equal(hop_time_parse("2026-11-23T07:30:00Z", &a), 0);
    assert_int_equal(hop_time_parse("2026-11-23T14:30:00+07:00", &b), 0);
    assert_int_equal(a, 1795419000LL * 1000000);
    assert_int_equal(a, b);
    assert_string_equal(hop_time_format(a, text), "2026-11-23T07:30:00Z");
    assert_int_equal(hop_time_parse("2026-11-23T07:30:00.250Z", &b), 0);
    assert_int_equal(b - a, 250000);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_int_equal(hop_time_parse(wrong[i], &b), -EINVAL);
}

static void zones(void **state)
{
    (void)state;
    assert_true(hop_time_zone_valid("Asia/Ho_Chi_Minh"));
    assert_true(hop_time_zone_valid("Europe/Berlin"));
    assert_false(hop_time_zone_valid(""));
    assert_false(hop_time_zone_valid("Asia/Atlantis"));
    assert_false(hop_time_zone_valid("../../etc/passwd"));
    assert_false(hop_time_zone_valid("/etc/localtime"));
}

static void assert_clean(const char *in, const char *out)
{
    char *clean = hop_text_clean(in, 10, false, false);

    if (out == NULL)
        assert_null(clean);
    else
        assert_string_equal(clean, out);
    g_free(clean);
}

static void texts(void **state)
{
    char *clean;

    (void)state;
    assert_clean("  Họp  ", "Họp");
    assert_clean("Ho\xcc\xa3p", "Họp"); /* decomposed becomes NFC */
    assert_clean("1234567890", "1234567890");
    assert_clean("12345678901", NULL);
    assert_clean("ệệệệệệệệệệ", "ệệệệệệệệệệ"); /* characters, not bytes */
    assert_clean("   ", NULL);
    assert_clean("a\nb", NULL);
    assert_clean("a\x01", NULL);
    assert_clean("\xff\xfe", NULL);
    clean = hop_text_clean("a\r\nb", 10, true, false);
    assert_non_null(clean);
    assert_non_null(strchr(clean, '\n'));
    g_free(clean);
    clean = hop_text_clean("", 10, false, true);
    assert_string_equal(clean, "");
    g_free(clean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes), cmocka_unit_test(status_by_the_clock),
        cmocka_unit_test(times), cmocka_unit_test(zones),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
