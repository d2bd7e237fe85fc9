/* Mails as bytes: headers hold any text and are never broken out of, lines stay short, the parts
 * are those that calendars look for. */
#include "server/mail/mime.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char *header(const char *text)
{
    GString *out = g_string_new(NULL);

    hop_mime_header(out, "Subject", text);
    return g_string_free(out, FALSE);
}

/* RFC 2047 §2 and §6.2: the words of a header, put together again. */
static char *decode(const char *line)
{
    GString *out = g_string_new(NULL);

    for (const char *p = strstr(line, "=?UTF-8?B?"); p != NULL; p = strstr(p, "=?UTF-8?B?")) {
        const char *end = strstr(p + 10, "?=");
        char *word = g_strndup(p + 10, (gsize)(end - p) - 10);
        gsize len;
        guchar *bytes = g_base64_decode(word, &len);

        assert_true((size_t)(end + 2 - p) <= 75);
        assert_true(g_utf8_validate((char *)bytes, (gssize)len, NULL)); /* §5: whole characters */
        g_string_append_len(out, (char *)bytes, (gssize)len);
        g_free(bytes);
        g_free(word);
        p = end;
    }
    return g_string_free(out, FALSE);
}

static void check_lines(const char *text)
{
    char **lines = g_strsplit(text, "\r\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        assert_true(strlen(*line) <= 78);
        assert_null(strpbrk(*line, "\r\n"));
    }
    g_strfreev(lines);
}

static void plain_text_stays(void **state)
{
    char *text = header("Weekly meeting, no. 5");

    (void)state;
    assert_string_equal(text, "Subject: Weekly meeting, no. 5\r\n");
    g_free(text);
}

static void other_text_is_encoded_and_comes_back(void **state)
{
    static const char *const texts[] = {
        "Họp giao ban tuần",
        "Hội nghị trực tuyến toàn tỉnh về công tác phòng, chống thiên tai và tìm kiếm cứu nạn năm "
        "2026",
        "=?UTF-8?B?QQ==?= looks encoded",
        "Grüße 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
        "A plain text that is so long that it has to be folded, and so it is encoded as well, all "
        "of it",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        char *text = header(texts[i]);
        char *back = decode(text);

        assert_string_equal(back, texts[i]);
        check_lines(text);
        g_free(text);
        g_free(back);
    }
}

static void nothing_breaks_out(void **state)
{
    char *text = header("A\r\nBcc: x@y.vn\n\nbody\x01\x7f\xc2\x85Z");
    GString *out = g_string_new(NULL);
    struct hop_mime_mailbox box = { "B\"\r\nX: 1\\ \xff", "a@b.vn" };

    (void)state;
    /* one line, one header */
    assert_ptr_equal(strstr(text, "\r\n"), text + strlen(text) - 2);
    assert_null(strchr(text + 2, '\x01'));
    hop_mime_mailbox_header(out, "To", &box);
    assert_null(strstr(out->str, "\r\nX"));
    assert_non_null(strstr(out->str, "<a@b.vn>\r\n"));
    g_string_free(out, TRUE);
    g_free(text);
}

static void a_name_is_quoted(void **state)
{
    GString *out = g_string_new(NULL);
    struct hop_mime_mailbox box = { "Smith, \"J\"", "a@b.vn" };

    (void)state;
    hop_mime_mailbox_header(out, "To", &box);
    assert_string_equal(out->str, "To: \"Smith, \\\"J\\\"\"\r\n <a@b.vn>\r\n");
    g_string_truncate(out, 0);
    box.name = "";
    hop_mime_mailbox_header(out, "To", &box);
    assert_string_equal(out->str, "To: <a@b.vn>\r\n");
    g_string_free(out, TRUE);
}

static void the_parts_of_an_invitation(void **state)
{
    struct hop_mime mail = { .from = { "hop", "hop@x.vn" },
                             .to = { "Nguyễn Văn A", "a@b.vn" },
                             .subject = "Mời họp",
                             .id = "1.u@x.vn",
                             .reference = "u@x.vn",
                             .language = "vi",
                             .date_us = 1795419000LL * 1000000,
                             .text = "chữ\n",
                             .html = "<p>chữ</p>",
                             .calendar = "BEGIN:VCALENDAR\r\n",
                             .method = "REQUEST" };
    GString *out = hop_mime_new(&mail);
    const char *mixed = strstr(out->str, "Content-Type: multipart/mixed");
    const char *alternative = strstr(out->str, "Content-Type: multipart/alternative");
    const char *plain = strstr(out->str, "Content-Type: text/plain; charset=utf-8\r\n");
    const char *html = strstr(out->str, "Content-Type: text/html; charset=utf-8\r\n");
    const char *calendar =
        strstr(out->str, "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
    const char *file = strstr(out->str, "Content-Disposition: attachment; filename=\"invite.ics\"");

    (void)state;
    check_lines(out->str);
    assert_non_null(strstr(out->str, "Date: Mon, 23 Nov 2026 07:30:00 +0000\r\n"));
    assert_non_null(strstr(out->str, "Auto-Submitted: auto-generated\r\n"));
    /* worst first (RFC 2046 §5.1.4), and the file after all of them */
    assert_true(mixed != NULL && mixed < alternative && alternative < plain && plain < html);
    assert_true(html < calendar && calendar < file);
    g_string_free(out, TRUE);
    mail.calendar = NULL;
    out = hop_mime_new(&mail);
    assert_null(strstr(out->str, "multipart/mixed"));
    assert_null(strstr(out->str, "text/calendar"));
    g_string_free(out, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(other_text_is_encoded_and_comes_back),
        cmocka_unit_test(nothing_breaks_out),
        cmocka_unit_test(a_name_is_quoted),
        cmocka_unit_test(the_parts_of_an_invitation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
