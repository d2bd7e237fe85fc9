/* Invitations, read back by libical's own parser: times in the zone, its rules, what a change and a
 * cancellation alter and what they keep. */
#include "server/ics.h"

#include <glib.h>
#include <libical/ical.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define URL "https://hop.example.vn/m/abc-defg-hij"

static struct hop_store_meeting meeting(const char *zone, long long starts_s)
{
    struct hop_store_meeting m = { .starts_us = starts_s * 1000000,
                                   .ends_us = (starts_s + 3600) * 1000000,
                                   .sequence = 3,
                                   .created_us = 1700000000LL * 1000000,
                                   .changed_us = 1700000100LL * 1000000 };

    g_strlcpy(m.uid, "0123@hop", sizeof(m.uid));
    g_strlcpy(m.title, "Giao ban tuần; số 5, khẩn", sizeof(m.title));
    g_strlcpy(m.time_zone, zone, sizeof(m.time_zone));
    m.description = (char *)(uintptr_t) "Dòng 1\nDòng 2";
    return m;
}

static icalcomponent *read_back(const struct hop_store_meeting *m, char **text)
{
    icalcomponent *calendar;

    *text = hop_ics_new(m, URL, "hop");
    calendar = icalcomponent_new_from_string(*text);
    assert_non_null(calendar);
    assert_int_equal(icalcomponent_count_errors(calendar), 0);
    return calendar;
}

static void an_invitation(void **state)
{
    struct hop_store_meeting m = meeting("Asia/Ho_Chi_Minh", 1795419000);
    char *text;
    icalcomponent *calendar = read_back(&m, &text);
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);

    (void)state;
    assert_non_null(strstr(text, "METHOD:PUBLISH"));
    assert_non_null(strstr(text, "DTSTART;TZID=Asia/Ho_Chi_Minh:20261123T143000\r\n"));
    assert_non_null(strstr(text, "DTEND;TZID=Asia/Ho_Chi_Minh:20261123T153000\r\n"));
    assert_non_null(strstr(text, "TZID:Asia/Ho_Chi_Minh\r\n"));
    assert_null(strstr(text, "freeassociation"));
    assert_string_equal(icalcomponent_get_uid(event), "0123@hop");
    assert_string_equal(icalcomponent_get_summary(event), "Giao ban tuần; số 5, khẩn");
    assert_string_equal(icalcomponent_get_description(event), "Dòng 1\nDòng 2\n\n" URL);
    assert_int_equal(icalcomponent_get_sequence(event), 3);
    assert_int_equal(icalcomponent_get_status(event), ICAL_STATUS_CONFIRMED);
    assert_int_equal(icaltime_as_timet(icalcomponent_get_dtstamp(event)), 1700000100);
    icalcomponent_free(calendar);
    g_free(text);
}

/* The file's own rules, not the reader's, must give the right moment. */
static void the_rules_in_the_file_suffice(void **state)
{
    static const struct {
        const char *zone;
        long long starts_s;
        int offset_s;
    } cases[] = {
        { "Asia/Ho_Chi_Minh", 1795419000, 7 * 3600 },
        { "Europe/Berlin", 1784965800, 2 * 3600 }, /* 25 July 2026 */
        { "Europe/Berlin", 1795419000, 3600 },     /* 23 November 2026 */
        { "America/New_York", 1784965800, -4 * 3600 },
        { "Asia/Kolkata", 1795419000, 19800 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct hop_store_meeting m = meeting(cases[i].zone, cases[i].starts_s);
        char *text;
        icalcomponent *calendar = read_back(&m, &text);
        icalcomponent *rules =
            icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);
        icaltimezone *zone = icaltimezone_new();
        struct icaltimetype starts = icalcomponent_get_dtstart(
            icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT));
        int dst = 0;

        assert_non_null(rules);
        assert_true(icaltimezone_set_component(zone, icalcomponent_new_clone(rules)));
        assert_int_equal(icaltimezone_get_utc_offset(zone, &starts, &dst), cases[i].offset_s);
        assert_true(icalcomponent_count_components(rules, ICAL_ANY_COMPONENT) <= 6);
        icaltimezone_free(zone, 1);
        icalcomponent_free(calendar);
        g_free(text);
    }
}

static void a_cancellation(void **state)
{
    struct hop_store_meeting m = meeting("Asia/Ho_Chi_Minh", 1795419000);
    icalcomponent *calendar, *event;
    char *text;

    (void)state;
    m.cancelled = true;
    m.sequence = 4;
    calendar = read_back(&m, &text);
    event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    assert_int_equal(icalcomponent_get_method(calendar), ICAL_METHOD_CANCEL);
    assert_int_equal(icalcomponent_get_status(event), ICAL_STATUS_CANCELLED);
    assert_string_equal(icalcomponent_get_uid(event), "0123@hop");
    assert_int_equal(icalcomponent_get_sequence(event), 4);
    icalcomponent_free(calendar);
    g_free(text);
}

static void utc_needs_no_rules(void **state)
{
    static const char *const names[] = { "UTC", "Etc/UTC" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct hop_store_meeting m = meeting(names[i], 1795419000);
        char *text;
        icalcomponent *calendar = read_back(&m, &text);
        icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);

        assert_int_equal(icaltime_as_timet(icalcomponent_get_dtstart(event)), 1795419000);
        assert_true(strstr(text, "DTSTART:20261123T073000Z\r\n") != NULL ||
                    strstr(text, "DTSTART;TZID=Etc/UTC:20261123T073000\r\n") != NULL);
        icalcomponent_free(calendar);
        g_free(text);
    }
}

static void a_title_cannot_add_properties(void **state)
{
    struct hop_store_meeting m = meeting("Asia/Ho_Chi_Minh", 1795419000);
    char *text;

    (void)state;
    m.description = (char *)(uintptr_t) "x\nATTENDEE:mailto:evil@example.com\nEND:VEVENT";
    text = hop_ics_new(&m, URL, "hop");
    assert_null(strstr(text, "\nATTENDEE"));
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation),
        cmocka_unit_test(the_rules_in_the_file_suffice),
        cmocka_unit_test(a_cancellation),
        cmocka_unit_test(utc_needs_no_rules),
        cmocka_unit_test(a_title_cannot_add_properties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
