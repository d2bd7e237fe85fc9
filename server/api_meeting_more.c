/* /api/v1/meetings/ID/…: sending it, one time of a series, a copy, a new link for an invitee. */
#include "server/api_meeting.h"

#include "media/base/clock.h"

#include <errno.h>
#include <string.h>

#define WEEK_US ((int64_t)7 * 24 * 3600 * 1000000)

/* "ID" or "ID/PART"; NULL part: there is one too many, or too few. False: answered. */
static bool parse_path(struct hop_request *request, const char *param, int64_t *id, char **part)
{
    const char *slash = strchr(param, '/');
    g_autofree char *first = slash != NULL ? g_strndup(param, (gsize)(slash - param)) : NULL;

    if (g_ascii_string_to_signed(first != NULL ? first : param, 10, 1, INT64_MAX, id, NULL) &&
        (slash != NULL) == (part != NULL)) {
        if (part != NULL)
            *part = g_strdup(slash + 1);
        return true;
    }
    hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
    return false;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Groups and units are looked up again; who is new is invited. */
static void send_it(struct hop_meeting_call *call)
{
    struct hop_store_meeting m;

    if (call->before.cancelled) {
        hop_meeting_call_end(call, -ECANCELED, NULL);
        return;
    }
    if (call->before.template) {
        hop_respond_error(call->request, 409, "meeting.template",
                          "a template is not sent, only a copy of it");
        hop_meeting_call_free(call);
        return;
    }
    hop_store_meeting_copy(&call->before, &m);
    m.draft = false;
    if (m.sent_us == 0)
        m.sent_us = hop_wall_us();
    hop_meeting_call_save(call, &m, NULL);
    hop_store_meeting_clear(&m);
}

void hop_api_meeting_send_post(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    int64_t id;

    if (parse_path(request, param, &id, NULL))
        hop_meeting_call_begin(server, request, id, 0, NULL, send_it);
}

/* ---- one time of a series -------------------------------------------------------------------- */

static void occurrence_stored(void *ctx, int error, const struct hop_store_meeting *m)
{
    hop_meeting_call_stored(ctx, error == -ENOENT ? -ENODATA : error, m);
}

/* As it is now: changed already, or as the series has it. Its texts are copies. */
static struct hop_store_occurrence present(const struct hop_meeting_call *call)
{
    const struct hop_store_meeting *m = &call->before;
    struct hop_store_occurrence o = { .stamp = call->part,
                                      .starts_us = call->part,
                                      .ends_us = call->part + (m->ends_us - m->starts_us) };

    for (guint i = 0; i < m->exceptions->len; i++) {
        const struct hop_store_occurrence *e =
            &g_array_index(m->exceptions, struct hop_store_occurrence, i);

        if (e->stamp == call->part)
            o = *e;
    }
    o.title = g_strdup(o.title);
    o.description = g_strdup(o.description);
    o.place = g_strdup(o.place);
    return o;
}

static void store_occurrence(struct hop_meeting_call *call, const struct hop_store_occurrence *o)
{
    struct hop_store_viewer viewer = hop_api_viewer(call->server, call->request);

    hop_store_occurrence_save(call->server->store, call->id, call->before.version, o, &viewer,
                              viewer.present.now_us, occurrence_stored, call);
}

static void change_occurrence(struct hop_meeting_call *call)
{
    struct hop_store_occurrence o = present(call);
    struct hop_fault fault;

    if (call->before.cancelled || call->before.rrule[0] == '\0')
        hop_meeting_call_end(call, call->before.cancelled ? -ECANCELED : -ENODATA, NULL);
    else if (hop_occurrence_read_change(call->body, &call->before, &o, &fault))
        store_occurrence(call, &o);
    else
        hop_meeting_call_invalid(call, &fault);
    hop_store_occurrence_clear(&o);
}

static void cancel_occurrence(struct hop_meeting_call *call)
{
    struct hop_store_occurrence o = present(call);
    bool already = o.cancelled;

    o.cancelled = true;
    if (call->before.cancelled || call->before.rrule[0] == '\0')
        hop_meeting_call_end(call, call->before.cancelled ? -ECANCELED : -ENODATA, NULL);
    else if (already)
        hop_meeting_call_end(call, 0, &call->before);
    else
        store_occurrence(call, &o);
    hop_store_occurrence_clear(&o);
}

static bool parse_occurrence(struct hop_request *request, const char *param, int64_t *id,
                             int64_t *stamp)
{
    g_autofree char *part = NULL;

    if (!parse_path(request, param, id, &part))
        return false;
    if (hop_time_parse(part, stamp) == 0)
        return true;
    hop_respond_error(request, 404, "occurrence.not_found", "it does not take place then");
    return false;
}

void hop_api_occurrence_patch(struct hop_server *server, struct hop_request *request,
                              const char *param)
{
    int64_t id, stamp;
    json_t *body;

    if (parse_occurrence(request, param, &id, &stamp) && (body = hop_api_body(request)) != NULL)
        hop_meeting_call_begin(server, request, id, stamp, body, change_occurrence);
}

void hop_api_occurrence_delete(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    int64_t id, stamp;

    if (parse_occurrence(request, param, &id, &stamp))
        hop_meeting_call_begin(server, request, id, stamp, NULL, cancel_occurrence);
}

/* ---- a copy ---------------------------------------------------------------------------------- */

/* Without another wish the same weekday and hour, in the future. */
static void move_to(struct hop_store_meeting *m, int64_t starts_us, int64_t now_us)
{
    int64_t length = m->ends_us - m->starts_us;

    if (starts_us == 0) {
        starts_us = m->starts_us;
        if (starts_us <= now_us)
            starts_us += ((now_us - starts_us) / WEEK_US + 1) * WEEK_US;
    }
    m->starts_us = starts_us;
    m->ends_us = starts_us + length;
}

static void copy_invitees(struct hop_store_meeting *m)
{
    for (guint i = m->invitees->len; i > 0; i--) {
        struct hop_store_invitee *one =
            &g_array_index(m->invitees, struct hop_store_invitee, i - 1);

        if (one->via != 0)
            g_array_remove_index(m->invitees, i - 1);
        else
            one->id = 0;
    }
}

static void make_copy(const struct hop_meeting_call *call, struct hop_store_meeting *m)
{
    const struct hop_store_session *account = &call->request->account;

    hop_store_meeting_copy(&call->before, m);
    hop_meeting_name(m);
    m->id = m->version = m->sequence = m->sent_us = 0;
    m->cancelled = false;
    m->draft = true;
    m->template = json_is_true(json_object_get(call->body, "template"));
    m->organizer.id = account->user_id;
    g_strlcpy(m->organizer.name, account->name, sizeof(m->organizer.name));
    m->settings.password = false; /* it was made for the other one */
    copy_invitees(m);
    g_array_set_size(m->exceptions, 0);
}

/* A rule that does not fit the new day is one that the secretary has to choose anew. */
static bool check_copy(const struct hop_meeting_call *call, struct hop_store_meeting *m,
                       GArray *occurrences, struct hop_fault *fault)
{
    const json_t *title = json_object_get(call->body, "title");
    json_t *changes = json_object();
    bool good;

    if (title != NULL)
        json_object_set_new(changes, "title", json_deep_copy(title));
    good = hop_meeting_read(changes, call->server->invite_secret, m, occurrences, fault);
    if (!good && strcmp(fault->member, "rrule") == 0) {
        m->rrule[0] = '\0';
        g_array_set_size(occurrences, 0);
        good = hop_meeting_read(changes, call->server->invite_secret, m, occurrences, fault);
    }
    json_decref(changes);
    return good;
}

static void duplicate(struct hop_meeting_call *call)
{
    g_autoptr(GArray) occurrences = hop_store_occurrences_new();
    struct hop_store_meeting m;
    struct hop_fault fault;
    int64_t starts_us = 0;

    call->made = true;
    make_copy(call, &m);
    if (!hop_read_time(call->body, "starts_at", &starts_us, &fault)) {
        hop_meeting_call_invalid(call, &fault);
    } else {
        move_to(&m, starts_us, hop_wall_us());
        if (check_copy(call, &m, occurrences, &fault))
            hop_meeting_call_save(call, &m, occurrences);
        else
            hop_meeting_call_invalid(call, &fault);
    }
    hop_store_meeting_clear(&m);
}

void hop_api_meeting_duplicate_post(struct hop_server *server, struct hop_request *request,
                                    const char *param)
{
    int64_t id;
    json_t *body;

    if (!parse_path(request, param, &id, NULL))
        return;
    body = request->body->len > 0 ? hop_api_body(request) : json_object();
    if (body != NULL)
        hop_meeting_call_begin(server, request, id, 0, body, duplicate);
}

/* ---- a new link ------------------------------------------------------------------------------ */

static void renewed(void *ctx, int error, int64_t meeting_id, const struct hop_store_invitee *i)
{
    struct hop_meeting_call *call = ctx;
    g_autofree char *url = hop_server_room_url(call->request, call->before.code);

    (void)meeting_id;
    if (error == 0) {
        hop_api_audit(
            call->server, call->request, call->before.room_id, "meeting.link",
            json_pack("{s:I,s:I}", "meeting", (json_int_t)call->id, "invitee", (json_int_t)i->id));
        hop_respond_json(call->request, 200, hop_invitee_json(call->server, url, i, true));
    } else if (error == -ENOENT) {
        hop_respond_error(call->request, 404, "invitee.not_found", "there is no such invitee");
    } else if (error == -EINVAL) {
        hop_respond_error(call->request, 409, "invitee.no_link", "a group or unit has no link");
    } else {
        hop_respond_errno(call->request, error);
    }
    hop_meeting_call_free(call);
}

static void renew(struct hop_meeting_call *call)
{
    struct hop_store_minter minter = hop_invite_minter(call->server->invite_secret);

    hop_store_invitee_renew(call->server->store, call->id, call->part, &minter, renewed, call);
}

void hop_api_invitee_link_post(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    g_autofree char *part = NULL;
    int64_t id, invitee;

    if (!parse_path(request, param, &id, &part))
        return;
    if (g_ascii_string_to_signed(part, 10, 1, INT64_MAX, &invitee, NULL))
        hop_meeting_call_begin(server, request, id, invitee, NULL, renew);
    else
        hop_respond_error(request, 404, "invitee.not_found", "there is no such invitee");
}
