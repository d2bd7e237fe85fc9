/* See invitation.h. The same rows are written as text and as HTML. */
#include "server/mail/invitation.h"

#include "server/mail/zone.h"

#include <string.h>

/* Both texts as they grow. */
struct texts {
    const struct hop_words *words;
    GString *plain, *html;
};

static char *escape(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    char *escaped = g_markup_escape_text(valid, -1);
    g_auto(GStrv) lines = g_strsplit(escaped, "\n", -1);

    g_free(escaped);
    return g_strjoinv("<br>", lines);
}

static void paragraph(struct texts *t, const char *text)
{
    g_autofree char *html = escape(text);

    g_string_append_printf(t->plain, "%s\n\n", text);
    g_string_append_printf(t->html, "<p>%s</p>\n", html);
}

static void row(struct texts *t, const char *name, const char *text)
{
    g_autofree char *html = NULL;

    if (text == NULL || text[0] == '\0')
        return;
    html = escape(text);
    g_string_append_printf(t->plain, "%s: %s\n", name, text);
    g_string_append_printf(t->html,
                           "<tr><th align=\"left\" valign=\"top\" style=\"padding:4px 16px 4px 0;"
                           "font-weight:normal;color:#555\">%s</th>"
                           "<td style=\"padding:4px 0\">%s</td></tr>\n",
                           name, html);
}

static void open_table(struct texts *t)
{
    g_string_append(t->html, "<table cellspacing=\"0\" style=\"border-collapse:collapse\">\n");
}

static void close_table(struct texts *t)
{
    g_string_append_c(t->plain, '\n');
    g_string_append(t->html, "</table>\n");
}

static bool is_over(enum hop_words_why why)
{
    return why == HOP_WORDS_CANCELLED || why == HOP_WORDS_OCCURRENCE_CANCELLED ||
           why == HOP_WORDS_REMOVED;
}

/* ---- what the meeting is --------------------------------------------------------------------- */

static void meeting_rows(struct texts *t, const struct hop_invitation *i)
{
    const struct hop_calendar_event *e = &i->event;
    g_autofree char *time = hop_words_time(t->words, e->starts_us, e->ends_us, e->zone, e->all_day);
    g_autofree char *rule = e->rrule != NULL ? hop_words_rule(t->words, e->rrule) : NULL;

    open_table(t);
    row(t, t->words->title, e->title);
    row(t, t->words->when, time);
    row(t, t->words->repeats, rule);
    row(t, t->words->place, e->place);
    row(t, t->words->organizer, e->organizer.name);
    if (!is_over(i->why)) {
        row(t, t->words->role, hop_words_role(t->words, i->role));
        row(t, t->words->about, e->description);
    }
    close_table(t);
}

/* ---- what has changed ------------------------------------------------------------------------ */

static void change_row(struct texts *t, const char *name, const char *was, const char *is)
{
    const char *none = t->words->nothing;
    g_autofree char *text = NULL;

    if (was == NULL)
        return;
    text = g_strdup_printf("%s: %s\n%s: %s", t->words->was, was[0] != '\0' ? was : none,
                           t->words->is, is != NULL && is[0] != '\0' ? is : none);
    row(t, name, text);
}

static void change_rows(struct texts *t, const struct hop_invitation *i)
{
    const struct hop_invitation_change *was = &i->was;
    const struct hop_calendar_event *e = &i->event;
    g_autofree char *time_was = NULL;
    g_autofree char *time_is =
        hop_words_time(t->words, e->starts_us, e->ends_us, e->zone, e->all_day);
    g_autofree char *rule_was = was->rrule != NULL ? hop_words_rule(t->words, was->rrule) : NULL;
    g_autofree char *rule_is = e->rrule != NULL ? hop_words_rule(t->words, e->rrule) : NULL;

    if (was->title == NULL && was->place == NULL && was->description == NULL &&
        was->rrule == NULL && !was->moved)
        return;
    if (was->moved)
        time_was = hop_words_time(t->words, was->starts_us, was->ends_us, was->zone, was->all_day);
    paragraph(t, t->words->changes);
    open_table(t);
    change_row(t, t->words->title, was->title, e->title);
    change_row(t, t->words->when, time_was, time_is);
    change_row(t, t->words->repeats, rule_was, rule_is);
    change_row(t, t->words->place, was->place, e->place);
    if (was->description != NULL)
        change_row(t, t->words->description, was->description, e->description);
    close_table(t);
}

/* ---- joining and answering ------------------------------------------------------------------- */

static void link_to(struct texts *t, const char *name, const char *url, const char *more)
{
    g_autofree char *whole = g_strconcat(url, more, NULL);
    g_autofree char *html = escape(whole);

    g_string_append_printf(t->plain, "%s: %s\n", name, whole);
    g_string_append_printf(t->html,
                           "<a href=\"%s\" style=\"display:inline-block;margin:4px 8px 4px 0;"
                           "padding:8px 16px;border:1px solid #0b57a4;border-radius:4px;"
                           "color:#0b57a4;text-decoration:none\">%s</a>\n",
                           html, name);
}

static void links(struct texts *t, const struct hop_invitation *i)
{
    const struct hop_words *w = t->words;

    if (i->event.url != NULL) {
        g_string_append(t->html, "<p>");
        link_to(t, w->join, i->event.url, "");
        g_string_append(t->html, "</p>\n");
        paragraph(t, w->personal);
    }
    if (i->answer_url == NULL || i->why == HOP_WORDS_REMINDER)
        return;
    g_string_append_printf(t->html, "<p>%s:<br>\n", w->answer);
    link_to(t, w->accept, i->answer_url, "&rsvp=accepted");
    link_to(t, w->tentative, i->answer_url, "&rsvp=tentative");
    link_to(t, w->decline, i->answer_url, "&rsvp=declined");
    g_string_append(t->html, "</p>\n");
    g_string_append_c(t->plain, '\n');
}

/* ---- the calendar part ----------------------------------------------------------------------- */

/* What a calendar shows when the event is opened there. */
static char *calendar_description(const struct hop_invitation *i, const struct hop_words *words,
                                  const char *description)
{
    GString *out = g_string_new(description);

    if (i->event.url != NULL)
        g_string_append_printf(out, "%s%s: %s\n%s", out->len > 0 ? "\n\n" : "", words->join,
                               i->event.url, words->personal);
    return g_string_free(out, FALSE);
}

static void add_event(GString *out, const struct hop_invitation *i, const struct hop_words *words,
                      const struct hop_calendar_event *event)
{
    struct hop_calendar_event copy = *event;
    g_autofree char *description =
        is_over(i->why) ? NULL : calendar_description(i, words, event->description);

    copy.description = description != NULL ? description : "";
    hop_calendar_event(out, &copy);
}

static char *calendar(const struct hop_invitation *i, const struct hop_words *words)
{
    bool over = is_over(i->why);
    GString *out = hop_calendar_begin(over ? HOP_CALENDAR_CANCEL : HOP_CALENDAR_REQUEST, NULL);
    g_autofree char *rules = NULL;

    if (!i->event.all_day)
        rules = hop_zone_rules(i->event.zone, hop_calendar_first_year(&i->event),
                               hop_calendar_last_year(&i->event));
    if (rules != NULL)
        g_string_append(out, rules);
    add_event(out, i, words, &i->event);
    for (size_t k = 0; k < i->n_exceptions && !over; k++)
        add_event(out, i, words, &i->exceptions[k]);
    return hop_calendar_end(out);
}

/* ---- the mail -------------------------------------------------------------------------------- */

static void write_texts(struct texts *t, const struct hop_invitation *i)
{
    const char *name = i->event.attendee.name;
    g_autofree char *greeting = NULL;
    g_autofree char *footer = NULL;

    g_string_append_printf(t->html,
                           "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                           "</head>\n<body style=\"font-family:sans-serif;font-size:15px;"
                           "line-height:1.5;color:#222\">\n",
                           t->words->language);
    greeting = hop_words_fill(t->words->greeting, name);
    paragraph(t, greeting);
    paragraph(t, t->words->intros[i->why]);
    meeting_rows(t, i);
    change_rows(t, i);
    if (!is_over(i->why))
        links(t, i);
    footer = hop_words_fill(t->words->footer, i->server);
    paragraph(t, footer);
    g_string_append(t->html, "</body></html>\n");
}

static char *message_id(const struct hop_invitation *i)
{
    const char *at = strrchr(i->from.address, '@');

    return g_strdup_printf("%" G_GINT64_FORMAT ".%s%s", i->mail_id, i->event.uid,
                           strchr(i->event.uid, '@') != NULL ? "" : at);
}

GString *hop_invitation_new(const struct hop_invitation *i)
{
    struct texts t = { .words = hop_words_of(i->language),
                       .plain = g_string_new(NULL),
                       .html = g_string_new(NULL) };
    bool with_calendar = i->why != HOP_WORDS_REMINDER;
    g_autofree char *subject = hop_words_fill(t.words->subjects[i->why], i->event.title);
    g_autofree char *part = with_calendar ? calendar(i, t.words) : NULL;
    g_autofree char *id = message_id(i);
    struct hop_mime mail = { .from = i->from,
                             .to = { i->event.attendee.name, i->event.attendee.mail },
                             .reply_to = i->reply_to,
                             .subject = subject,
                             .id = id,
                             .reference = strchr(i->event.uid, '@') ? i->event.uid : NULL,
                             .language = t.words->language,
                             .date_us = i->date_us,
                             .calendar = part,
                             .method = is_over(i->why) ? "CANCEL" : "REQUEST" };
    GString *out;

    write_texts(&t, i);
    mail.text = t.plain->str;
    mail.html = t.html->str;
    out = hop_mime_new(&mail);
    g_string_free(t.plain, TRUE);
    g_string_free(t.html, TRUE);
    return out;
}
