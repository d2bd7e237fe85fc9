/* Answers as Outlook and Google write them, and those that are none. */
#include "server/mail/itip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n"
#define TAIL "END:VEVENT\r\nEND:VCALENDAR\r\n"

static int parse(const char *text, struct hop_itip_reply *reply)
{
    return hop_itip_parse(text, strlen(text), reply);
}

static void an_answer(void **state)
{
    struct hop_itip_reply r;

    (void)state;
    assert_int_equal(parse(HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:0123@hop\r\nSEQUENCE:2\r\n"
                                "DTSTAMP:20261120T000000Z\r\n"
                                "ATTENDEE;PARTSTAT=TENTATIVE;CN=\"Nguyễn\":MAILTO:A.B@C.vn\r\n"
                                "COMMENT:Tôi đến\\nmuộn\\, xin lỗi\r\n" TAIL,
                           &r),
                     0);
    assert_string_equal(r.uid, "0123@hop");
    assert_string_equal(r.attendee, "a.b@c.vn");
    assert_string_equal(r.comment, "Tôi đến muộn, xin lỗi");
    assert_int_equal(r.answer, HOP_ITIP_TENTATIVE);
    assert_int_equal(r.sequence, 2);
    assert_true(r.recurrence_us == 0);
}

static void of_one_occurrence(void **state)
{
    struct hop_itip_reply r;

    (void)state;
    assert_int_equal(parse(HEAD "METHOD:REPLY\r\nBEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\n"
                                "DTSTART:16010101T000000\r\nTZOFFSETFROM:+0700\r\n"
                                "TZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
                                "BEGIN:VEVENT\r\nUID:u\r\n"
                                "RECURRENCE-ID;TZID=Own:20261123T143000\r\n"
                                "ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.vn\r\n" TAIL,
                           &r),
                     0);
    assert_int_equal(r.recurrence_us / 1000000, 1795419000);
    assert_int_equal(r.answer, HOP_ITIP_DECLINED);
}

static void of_an_occurrence_that_no_calendar_shows(void **state)
{
    struct hop_itip_reply r;

    (void)state;
    assert_int_equal(parse(HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\n"
                                "RECURRENCE-ID:11328861T143000Z\r\n"
                                "ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.vn\r\n" TAIL,
                           &r),
                     0);
    assert_int_equal(r.recurrence_us, 1);
}

static void what_is_no_answer(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        { "", -EINVAL },
        { "hello", -EINVAL },
        { HEAD "METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\n"
               "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.vn\r\n" TAIL,
          -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.vn\r\n" TAIL,
          -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\n" TAIL, -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\nATTENDEE:mailto:a@b.vn\r\n" TAIL,
          -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\n"
               "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@b.vn\r\n" TAIL,
          -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\n"
               "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.vn\r\n"
               "ATTENDEE;PARTSTAT=DECLINED:mailto:c@b.vn\r\n" TAIL,
          -ENOMSG },
        { HEAD "METHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u\r\n"
               "ATTENDEE;PARTSTAT=ACCEPTED:tel:+84\r\n" TAIL,
          -ENOMSG },
    };
    struct hop_itip_reply r;
    static char big[HOP_ITIP_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (parse(cases[i].text, &r) != cases[i].error)
            fail_msg("case %zu: %d", i, parse(cases[i].text, &r));
    memset(big, 'A', sizeof(big));
    assert_int_equal(hop_itip_parse(big, sizeof(big), &r), -EINVAL);
    assert_int_equal(hop_itip_parse("BEGIN\0", 6, &r), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer),
        cmocka_unit_test(of_one_occurrence),
        cmocka_unit_test(of_an_occurrence_that_no_calendar_shows),
        cmocka_unit_test(what_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
