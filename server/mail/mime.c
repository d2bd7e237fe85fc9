/* See mime.h. */
#include "server/mail/mime.h"

#include <string.h>

enum {
    WORD_BYTES = 39, /* in one encoded word: with its name before it, it stays within 76 */
    PLAIN_LINE = 60, /* what is longer is encoded, because that may be folded anywhere */
    LINE_BYTES = 57, /* that 76 characters of base64 hold */
};

/* No base64 has these in it. */
#define MIXED       "=_hop_mixed"
#define ALTERNATIVE "=_hop_alternative"

/* ---- headers --------------------------------------------------------------------------------- */

static char *without_controls(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\n' || c == '\t')
            g_string_append_c(out, ' ');
        else if (!g_unichar_iscntrl(c) && c != 0x2028 && c != 0x2029)
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

static gboolean is_plain(const char *text)
{
    return g_str_is_ascii(text) && strlen(text) <= PLAIN_LINE && strstr(text, "=?") == NULL;
}

static void encoded_words(GString *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t n = MIN(left, WORD_BYTES);
        g_autofree char *word = NULL;

        while (n < left && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        word = g_base64_encode((const guchar *)text, n);
        g_string_append_printf(out, "=?UTF-8?B?%s?=", word);
        text += n;
        left -= n;
        if (left > 0)
            g_string_append(out, "\r\n ");
    }
}

void hop_mime_header(GString *out, const char *name, const char *text)
{
    g_autofree char *clean = without_controls(text);

    g_string_append_printf(out, "%s: ", name);
    if (is_plain(clean))
        g_string_append(out, clean);
    else
        encoded_words(out, clean);
    g_string_append(out, "\r\n");
}

static void quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

void hop_mime_mailbox_header(GString *out, const char *name, const struct hop_mime_mailbox *mailbox)
{
    g_autofree char *clean = without_controls(mailbox->name != NULL ? mailbox->name : "");

    g_string_append_printf(out, "%s: ", name);
    if (clean[0] != '\0' && is_plain(clean))
        quoted(out, clean);
    else
        encoded_words(out, clean);
    g_string_append_printf(out, "%s<%s>\r\n", clean[0] != '\0' ? "\r\n " : "", mailbox->address);
}

static void date_header(GString *out, int64_t us)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / 1000000);
    g_autofree char *clock = g_date_time_format(time, "%H:%M:%S +0000");

    g_string_append_printf(
        out, "Date: %s, %d %s %d %s\r\n", days[g_date_time_get_day_of_week(time) - 1],
        g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
        g_date_time_get_year(time), clock);
}

static void headers(GString *out, const struct hop_mime *mail)
{
    date_header(out, mail->date_us);
    hop_mime_mailbox_header(out, "From", &mail->from);
    if (mail->reply_to.address != NULL)
        hop_mime_mailbox_header(out, "Reply-To", &mail->reply_to);
    hop_mime_mailbox_header(out, "To", &mail->to);
    hop_mime_header(out, "Subject", mail->subject);
    g_string_append_printf(out, "Message-ID: <%s>\r\n", mail->id);
    if (mail->reference != NULL)
        g_string_append_printf(out, "References: <%s>\r\n", mail->reference);
    g_string_append_printf(out,
                           "Content-Language: %s\r\n"
                           "Auto-Submitted: auto-generated\r\n" /* RFC 3834: no out-of-office */
                           "X-Auto-Response-Suppress: OOF, AutoReply\r\n"
                           "MIME-Version: 1.0\r\n",
                           mail->language);
}

/* ---- the body -------------------------------------------------------------------------------- */

static void base64(GString *out, const char *data)
{
    size_t left = strlen(data);

    while (left > 0) {
        size_t n = MIN(left, LINE_BYTES);
        g_autofree char *line = g_base64_encode((const guchar *)data, n);

        g_string_append_printf(out, "%s\r\n", line);
        data += n;
        left -= n;
    }
}

static void part(GString *out, const char *boundary, const char *headers_text, const char *data)
{
    g_string_append_printf(out, "--%s\r\n%s\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary,
                           headers_text);
    base64(out, data);
}

static void alternatives(GString *out, const struct hop_mime *mail)
{
    g_autofree char *type = NULL;

    g_string_append(out,
                    "Content-Type: multipart/alternative; boundary=\"" ALTERNATIVE "\"\r\n\r\n");
    part(out, ALTERNATIVE, "Content-Type: text/plain; charset=utf-8", mail->text);
    part(out, ALTERNATIVE, "Content-Type: text/html; charset=utf-8", mail->html);
    if (mail->calendar != NULL) {
        type =
            g_strdup_printf("Content-Type: text/calendar; charset=utf-8; method=%s", mail->method);
        part(out, ALTERNATIVE, type, mail->calendar);
    }
    g_string_append(out, "--" ALTERNATIVE "--\r\n");
}

GString *hop_mime_new(const struct hop_mime *mail)
{
    GString *out = g_string_sized_new(16384);

    headers(out, mail);
    if (mail->calendar == NULL) {
        alternatives(out, mail);
        return out;
    }
    g_string_append(out, "Content-Type: multipart/mixed; boundary=\"" MIXED "\"\r\n\r\n"
                         "--" MIXED "\r\n");
    alternatives(out, mail);
    part(out, MIXED,
         "Content-Type: application/ics; name=\"invite.ics\"\r\n"
         "Content-Disposition: attachment; filename=\"invite.ics\"",
         mail->calendar);
    g_string_append(out, "--" MIXED "--\r\n");
    return out;
}
