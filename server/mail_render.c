/* From a row of the queue to a mail: which words, which of the meeting's times, which method. See
 * mail.h. */
#include "server/mail.h"

#include "server/mail/invitation.h"

#include <jansson.h>
#include <string.h>

/* What is put together for one mail; everything else is borrowed from the row. */
struct draft {
    const struct hop_store_mail *mail;
    json_t *exceptions, *before; /* arrays; NULL: none */
    struct hop_invitation invitation;
    GArray *events;  /* struct hop_calendar_event, the exceptions */
    GArray *exdates; /* int64_t */
    char *url, *answer_url;
};

static const char *part_role(enum hop_invitee_role role)
{
    switch (role) {
    case HOP_INVITED_CHAIR:
        return "CHAIR";
    case HOP_INVITED_OBSERVER:
        return "OPT-PARTICIPANT";
    case HOP_INVITED_TECHNICIAN:
        return "NON-PARTICIPANT";
    default:
        return "REQ-PARTICIPANT";
    }
}

static const char *partstat(enum hop_rsvp rsvp)
{
    static const char *const names[] = { "NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE" };

    return names[rsvp <= HOP_RSVP_TENTATIVE ? rsvp : 0];
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static int64_t member(const json_t *exception, const char *name)
{
    return json_integer_value(json_object_get(exception, name));
}

static const char *member_or(const json_t *exception, const char *name, const char *other)
{
    const char *text = json_string_value(json_object_get(exception, name));

    return text != NULL ? text : other;
}

static const json_t *find_exception(const json_t *list, int64_t stamp)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (member(json_array_get(list, i), "stamp") == stamp)
            return json_array_get(list, i);
    return NULL;
}

/* One time of the series; `exception` NULL: as the rule says. */
static struct hop_calendar_event occurrence(const struct hop_calendar_event *series, int64_t stamp,
                                            const json_t *exception)
{
    struct hop_calendar_event event = *series;

    event.rrule = NULL;
    event.exdates = NULL;
    event.n_exdates = 0;
    event.recurrence_us = series->rrule != NULL ? stamp : 0;
    event.starts_us = stamp;
    event.ends_us = stamp + (series->ends_us - series->starts_us);
    if (exception == NULL)
        return event;
    event.starts_us = member(exception, "starts_at");
    event.ends_us = member(exception, "ends_at");
    event.title = member_or(exception, "title", series->title);
    event.description = member_or(exception, "description", series->description);
    event.place = member_or(exception, "place", series->place);
    event.cancelled = series->cancelled || member(exception, "cancelled") != 0;
    return event;
}

/* The cancelled ones are left out of the series, the changed ones stand beside it. */
static void add_exceptions(struct draft *d)
{
    struct hop_calendar_event *series = &d->invitation.event;

    d->events = g_array_new(FALSE, FALSE, sizeof(struct hop_calendar_event));
    d->exdates = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (size_t i = 0; i < json_array_size(d->exceptions) && series->rrule != NULL; i++) {
        const json_t *exception = json_array_get(d->exceptions, i);
        int64_t stamp = member(exception, "stamp");
        struct hop_calendar_event event = occurrence(series, stamp, exception);

        if (event.cancelled)
            g_array_append_val(d->exdates, stamp);
        else
            g_array_append_val(d->events, event);
    }
    series->exdates = (const int64_t *)(const void *)d->exdates->data;
    series->n_exdates = d->exdates->len;
    d->invitation.exceptions = (const struct hop_calendar_event *)(const void *)d->events->data;
    d->invitation.n_exceptions = d->events->len;
}

/* ---- what has changed ------------------------------------------------------------------------ */

static const char *if_other(const char *was, const char *is)
{
    return strcmp(was, is != NULL ? is : "") != 0 ? was : NULL;
}

static void compare(struct draft *d)
{
    const struct hop_mail_snapshot *b = &d->mail->before;
    const struct hop_calendar_event *e = &d->invitation.event;
    struct hop_calendar_event was = { .title = b->title,
                                      .description = b->description,
                                      .place = b->place,
                                      .starts_us = b->starts_us,
                                      .ends_us = b->ends_us };
    struct hop_invitation_change *change = &d->invitation.was;

    if (b->id == 0)
        return;
    if (d->mail->stamp != 0)
        was = occurrence(&was, d->mail->stamp, find_exception(d->before, d->mail->stamp));
    change->title = if_other(was.title, e->title);
    change->place = if_other(was.place, e->place);
    change->description = if_other(was.description, e->description);
    if (d->mail->stamp == 0)
        change->rrule = if_other(b->rrule, e->rrule);
    change->moved = was.starts_us != e->starts_us || was.ends_us != e->ends_us ||
                    b->all_day != e->all_day || strcmp(b->time_zone, e->zone) != 0;
    change->starts_us = was.starts_us;
    change->ends_us = was.ends_us;
    change->zone = b->time_zone;
    change->all_day = b->all_day;
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void fill_event(struct draft *d, const struct hop_mail_render *r)
{
    const struct hop_store_mail *m = d->mail;
    const struct hop_mail_snapshot *s = &m->event;
    bool has_name = s->organizer_name[0] != '\0';

    d->invitation.event = (struct hop_calendar_event){
        .uid = s->uid,
        .sequence = s->sequence,
        .title = s->title,
        .description = s->description,
        .place = s->place,
        .url = d->url,
        .starts_us = s->starts_us,
        .ends_us = s->ends_us,
        .zone = s->time_zone,
        .all_day = s->all_day,
        .rrule = s->rrule[0] != '\0' ? s->rrule : NULL,
        .stamp_us = m->created_us,
        .created_us = m->meeting_created_us,
        .changed_us = m->created_us,
        .cancelled = m->why == HOP_MAIL_CANCELLED || m->why == HOP_MAIL_REMOVED,
        .organizer = { has_name ? s->organizer_name : r->from_name, r->from_address },
        .attendee = { m->name, m->email },
        .role = part_role(m->role),
        .partstat = partstat(m->rsvp),
    };
}

/* One time of a series that differs, or is called off, or begins soon. */
static void narrow(struct draft *d)
{
    const json_t *exception = find_exception(d->exceptions, d->mail->stamp);

    d->invitation.event = occurrence(&d->invitation.event, d->mail->stamp, exception);
    if (d->mail->why == HOP_MAIL_CHANGED)
        d->invitation.why = d->invitation.event.cancelled ? HOP_WORDS_OCCURRENCE_CANCELLED
                                                          : HOP_WORDS_OCCURRENCE_CHANGED;
}

static enum hop_words_why words_of(enum hop_mail_why why)
{
    switch (why) {
    case HOP_MAIL_CHANGED:
        return HOP_WORDS_CHANGED;
    case HOP_MAIL_CANCELLED:
        return HOP_WORDS_CANCELLED;
    case HOP_MAIL_REMOVED:
        return HOP_WORDS_REMOVED;
    case HOP_MAIL_REMINDER:
        return HOP_WORDS_REMINDER;
    default:
        return HOP_WORDS_INVITED;
    }
}

static void make_links(struct draft *d, const struct hop_mail_render *r)
{
    g_autofree char *room = g_strdup_printf("%s/m/%s", r->base_url, d->mail->code);
    char token[HOP_INVITE_TOKEN_TEXT];

    if (!d->mail->has_link || d->mail->why == HOP_MAIL_CANCELLED ||
        d->mail->why == HOP_MAIL_REMOVED)
        return;
    hop_invite_token(r->invite_secret, d->mail->nonce, token);
    d->url = g_strdup_printf("%s#t=%s", room, token);
    d->answer_url = g_strdup_printf("%s/i/#t=%s", r->base_url, token);
}

static void fill(struct draft *d, const struct hop_mail_render *r, int64_t now_us)
{
    const struct hop_store_mail *m = d->mail;
    const struct hop_mail_snapshot *s = &m->event;
    struct hop_invitation *i = &d->invitation;

    make_links(d, r);
    i->why = words_of(m->why);
    i->language = m->language[0] != '\0' ? m->language : r->language;
    i->role = hop_invitee_role_name(m->role);
    i->answer_url = d->answer_url;
    i->server = r->server;
    i->from = (struct hop_mime_mailbox){ r->from_name, r->from_address };
    if (s->organizer_email[0] != '\0')
        i->reply_to = (struct hop_mime_mailbox){ s->organizer_name, s->organizer_email };
    i->mail_id = m->id;
    i->date_us = now_us;
    fill_event(d, r);
}

GString *hop_mail_render(const struct hop_mail_render *render, const struct hop_store_mail *mail,
                         int64_t now_us)
{
    struct draft d = { .mail = mail };
    GString *text;

    d.exceptions = json_loads(mail->event.exceptions, 0, NULL);
    d.before = mail->before.id != 0 ? json_loads(mail->before.exceptions, 0, NULL) : NULL;
    fill(&d, render, now_us);
    if (mail->stamp != 0)
        narrow(&d);
    else
        add_exceptions(&d);
    if (mail->why == HOP_MAIL_CHANGED)
        compare(&d);
    text = hop_invitation_new(&d.invitation);
    if (d.events != NULL)
        g_array_unref(d.events);
    if (d.exdates != NULL)
        g_array_unref(d.exdates);
    json_decref(d.exceptions);
    json_decref(d.before);
    g_free(d.url);
    g_free(d.answer_url);
    return text;
}
