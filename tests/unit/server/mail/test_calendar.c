/* What is written is read back by libical, which had no part in writing it: times by the rules in
 * the file alone, folding, and texts that try to become properties. */
#include "server/mail/calendar.h"

#include "server/mail/zone.h"

#include <glib.h>
#include <libical/ical.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define US 1000000LL

static struct hop_calendar_event event(const char *zone, int64_t starts_s)
{
    return (struct hop_calendar_event){ .uid = "0123@hop",
                                        .sequence = 3,
                                        .title = "Giao ban tuần; số 5, khẩn",
                                        .description = "Dòng 1\nDòng 2",
                                        .place = "",
                                        .url = "https://hop.example.vn/m/abc-defg-hij#t=x",
                                        .starts_us = starts_s * US,
                                        .ends_us = (starts_s + 3600) * US,
                                        .zone = zone,
                                        .stamp_us = 1700000100 * US,
                                        .created_us = 1700000000 * US,
                                        .changed_us = 1700000100 * US,
                                        .organizer = { "Trần Thị B", "hop@x.vn" },
                                        .attendee = { "Nguyễn \"Văn\" A", "a@b.vn" },
                                        .role = "REQ-PARTICIPANT",
                                        .partstat = "NEEDS-ACTION" };
}

static char *write_one(const struct hop_calendar_event *e)
{
    GString *out = hop_calendar_begin(HOP_CALENDAR_REQUEST, NULL);
    char *rules = hop_zone_rules(e->zone, hop_calendar_first_year(e), hop_calendar_last_year(e));

    if (rules != NULL)
        g_string_append(out, rules);
    g_free(rules);
    hop_calendar_event(out, e);
    return hop_calendar_end(out);
}

static icalcomponent *read_back(const char *text)
{
    icalcomponent *calendar = icalcomponent_new_from_string(text);

    assert_non_null(calendar);
    icalcomponent_strip_errors(calendar);
    assert_int_equal(icalcomponent_count_errors(calendar), 0);
    assert_true(icalrestriction_check(calendar));
    return calendar;
}

static void an_invitation(void **state)
{
    struct hop_calendar_event e = event("Asia/Ho_Chi_Minh", 1795419000);
    char *text = write_one(&e);
    icalcomponent *calendar = read_back(text);
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    icalproperty *attendee = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);

    (void)state;
    assert_int_equal(icalcomponent_get_method(calendar), ICAL_METHOD_REQUEST);
    assert_non_null(strstr(text, "DTSTART;TZID=Asia/Ho_Chi_Minh:20261123T143000\r\n"));
    assert_non_null(strstr(text, "DTEND;TZID=Asia/Ho_Chi_Minh:20261123T153000\r\n"));
    assert_string_equal(icalcomponent_get_uid(event), "0123@hop");
    assert_string_equal(icalcomponent_get_summary(event), e.title);
    assert_string_equal(icalcomponent_get_description(event), e.description);
    assert_int_equal(icalcomponent_get_sequence(event), 3);
    assert_int_equal(icaltime_as_timet(icalcomponent_get_dtstamp(event)), 1700000100);
    assert_string_equal(icalproperty_get_attendee(attendee), "mailto:a@b.vn");
    assert_string_equal(icalproperty_get_parameter_as_string(attendee, "CN"), "Nguyễn 'Văn' A");
    icalcomponent_free(calendar);
    g_free(text);
}

/* The file's own rules, not the reader's, must give the right moment, for each of a series. */
static int64_t moment(icalcomponent *calendar, const char *local)
{
    icalcomponent *rules = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);
    icaltimezone *zone = icaltimezone_new();
    struct icaltimetype time = icaltime_from_string(local);
    int64_t result;

    assert_non_null(rules);
    assert_true(icaltimezone_set_component(zone, icalcomponent_new_clone(rules)));
    result = icaltime_as_timet_with_zone(time, zone);
    icaltimezone_free(zone, 1);
    return result;
}

static void check_year(const char *name, int year)
{
    struct hop_calendar_event e = event(name, 1784965800); /* 25 July 2026 */
    char *text, local[HOP_ZONE_TIME];
    icalcomponent *calendar;

    e.rrule = "FREQ=WEEKLY";
    text = write_one(&e);
    calendar = read_back(text);
    /* each week, at the same time of the UTC's day: so on both sides of each change */
    for (int64_t at = (year - 1970LL) * 31556952; at < (year - 1969LL) * 31556952; at += 604800) {
        hop_zone_local(name, at * US, false, local);
        if (moment(calendar, local) != at)
            fail_msg("%s: %s is %lld, and not %lld", name, local,
                     (long long)moment(calendar, local), (long long)at);
    }
    icalcomponent_free(calendar);
    g_free(text);
}

static void zones_by_the_rules_in_the_file(void **state)
{
    static const char *const zones[] = { "Asia/Ho_Chi_Minh",  "Europe/Berlin",
                                         "America/New_York",  "Europe/Dublin",
                                         "Asia/Kolkata",      "Australia/Lord_Howe",
                                         "Africa/Casablanca", "America/Santiago" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
        check_year(zones[i], 2026);
        check_year(zones[i], 2027);
        check_year(zones[i], 2036);
    }
}

static void rules_are_short(void **state)
{
    char *berlin = hop_zone_rules("Europe/Berlin", 2026, 2036);
    char *saigon = hop_zone_rules("Asia/Ho_Chi_Minh", 2026, 2036);

    (void)state;
    assert_non_null(strstr(berlin, "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"));
    assert_non_null(strstr(berlin, "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"));
    assert_null(strstr(berlin, "RDATE"));
    assert_null(strstr(saigon, "RRULE"));
    assert_non_null(strstr(saigon, "TZOFFSETTO:+0700\r\n"));
    assert_null(hop_zone_rules("UTC", 2026, 2036));
    assert_null(hop_zone_rules("Nowhere/Land", 2026, 2036));
    g_free(berlin);
    g_free(saigon);
}

static void lines_are_folded_between_characters(void **state)
{
    static const char *const texts[] = {
        ("Hội nghị trực tuyến toàn tỉnh về công tác phòng, chống thiên tai và tìm kiếm cứu nạn năm "
         "2026"),
        "Übergrößenträger öäüß Übergrößenträger öäüß Übergrößenträger öäüß Übergrößenträger",
        "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        for (size_t shift = 0; shift < 80; shift++) {
            GString *out = g_string_new(NULL), *whole = g_string_new(NULL);
            char *pad = g_strnfill(shift, 'x'), *line = g_strconcat(pad, texts[i], NULL), **lines;

            hop_calendar_line(out, line);
            lines = g_strsplit(out->str, "\r\n", -1);
            for (char **l = lines; *l != NULL; l++) {
                assert_true(strlen(*l) <= 75);
                assert_true(g_utf8_validate(*l, -1, NULL));
                g_string_append(whole, l == lines || **l == '\0' ? *l : *l + 1);
            }
            assert_string_equal(whole->str, line);
            g_strfreev(lines);
            g_free(pad);
            g_free(line);
            g_string_free(out, TRUE);
            g_string_free(whole, TRUE);
        }
}

static void texts_stay_inside(void **state)
{
    struct hop_calendar_event e = event("UTC", 1795419000);
    char *text;
    icalcomponent *calendar, *inner;

    (void)state;
    e.title = "A\r\nATTENDEE:mailto:evil@x.vn\r\nEND:VEVENT\nBEGIN:VEVENT";
    e.description = "B\\nC\\";
    e.place = "D\r\n \r\nDTSTART:19700101T000000Z";
    e.attendee.name = "E\"\r\nX-EVIL:1\":mailto:evil@x.vn;";
    e.rrule = "FREQ=DAILY\r\nX-EVIL:1";
    text = write_one(&e);
    calendar = read_back(text);
    inner = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    assert_int_equal(icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT), 1);
    assert_int_equal(icalcomponent_count_properties(inner, ICAL_ATTENDEE_PROPERTY), 1);
    assert_int_equal(icalcomponent_count_properties(inner, ICAL_X_PROPERTY), 0);
    assert_int_equal(icalcomponent_count_properties(inner, ICAL_RRULE_PROPERTY), 0);
    assert_int_equal(icaltime_as_timet(icalcomponent_get_dtstart(inner)), 1795419000);
    assert_string_equal(icalcomponent_get_description(inner), "B\\nC\\");
    assert_string_equal(icalcomponent_get_summary(inner),
                        "A\nATTENDEE:mailto:evil@x.vn\nEND:VEVENT\nBEGIN:VEVENT");
    icalcomponent_free(calendar);
    g_free(text);
}

static void whole_days_and_exceptions(void **state)
{
    struct hop_calendar_event e = event("Asia/Ho_Chi_Minh", 1795366800); /* 23 Nov, midnight */
    int64_t gone[] = { (1795366800 + 86400) * US };
    char *text;

    (void)state;
    e.ends_us = (1795366800 + 2 * 86400) * US;
    e.all_day = true;
    e.rrule = "FREQ=DAILY;COUNT=5";
    e.exdates = gone;
    e.n_exdates = 1;
    text = write_one(&e);
    assert_non_null(strstr(text, "DTSTART;VALUE=DATE:20261123\r\n"));
    assert_non_null(strstr(text, "DTEND;VALUE=DATE:20261125\r\n"));
    assert_non_null(strstr(text, "EXDATE;VALUE=DATE:20261124\r\n"));
    assert_non_null(strstr(text, "RRULE:FREQ=DAILY;COUNT=5\r\n"));
    g_free(text);
    e.all_day = false;
    e.recurrence_us = 1795366800 * US;
    text = write_one(&e);
    assert_non_null(strstr(text, "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261123T000000\r\n"));
    assert_null(strstr(text, "RRULE:FREQ=DAILY"));
    assert_null(strstr(text, "EXDATE"));
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation),     cmocka_unit_test(zones_by_the_rules_in_the_file),
        cmocka_unit_test(rules_are_short),   cmocka_unit_test(lines_are_folded_between_characters),
        cmocka_unit_test(texts_stay_inside), cmocka_unit_test(whole_days_and_exceptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
