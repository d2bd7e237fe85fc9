/* /api/v1/meetings: scheduling, by administrators. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/ics.h"
#include "server/store/meetings.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* Without `from`, a list begins this long ago. */
static const int64_t list_back_us = (int64_t)90 * 24 * 3600 * 1000000;

/* ---- out ------------------------------------------------------------------------------------- */

static const char *status_of(const struct hop_server *server, const struct hop_store_meeting *m)
{
    struct hop_store_room room = { .meeting_id = m->id,
                                   .starts_us = m->starts_us,
                                   .ends_us = m->ends_us,
                                   .ended_us = m->ended_us,
                                   .cancelled = m->cancelled };

    g_strlcpy(room.code, m->code, sizeof(room.code));
    switch (hop_server_room_status(server, &room)) {
    case HOP_ROOM_CANCELLED:
        return "cancelled";
    case HOP_ROOM_ENDED:
        return "ended";
    case HOP_ROOM_EARLY:
        return "scheduled";
    default:
        return "open";
    }
}

static json_t *meeting_json(const struct hop_api_pending *pending,
                            const struct hop_store_meeting *m)
{
    g_autofree char *url = hop_server_room_url(pending->request, m->code);
    char starts[HOP_TIME_TEXT], ends[HOP_TIME_TEXT], created[HOP_TIME_TEXT], changed[HOP_TIME_TEXT];

    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s}", "id", (json_int_t)m->id,
                     "code", m->code, "url", url, "title", m->title, "description", m->description,
                     "starts_at", hop_time_format(m->starts_us, starts), "ends_at",
                     hop_time_format(m->ends_us, ends), "time_zone", m->time_zone, "status",
                     status_of(pending->server, m), "sequence", (json_int_t)m->sequence,
                     "created_at", hop_time_format(m->created_us, created), "changed_at",
                     hop_time_format(m->changed_us, changed));
}

static void respond_error(struct hop_request *request, int error)
{
    if (error == -ENOENT)
        hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
    else if (error == -ERANGE)
        hop_api_invalid(request, "ends_at", "must be later than starts_at");
    else if (error == -ECANCELED)
        hop_respond_error(request, 409, "room.cancelled", "the meeting was cancelled");
    else
        hop_respond_errno(request, error);
}

static void respond_meeting(struct hop_api_pending *pending, int status, int error,
                            const struct hop_store_meeting *m)
{
    if (error == 0)
        hop_respond_json(pending->request, status, meeting_json(pending, m));
    else
        respond_error(pending->request, error);
    hop_api_pending_free(pending);
}

static void audit(const struct hop_api_pending *pending, const struct hop_store_meeting *m,
                  const char *action)
{
    hop_api_audit(pending->server, pending->request, m->room_id, action,
                  json_pack("{s:I,s:I,s:s}", "meeting", (json_int_t)m->id, "sequence",
                            (json_int_t)m->sequence, "title", m->title));
}

/* ---- in -------------------------------------------------------------------------------------- */

struct fields {
    char *title, *description, *time_zone;
    int64_t starts_us, ends_us; /* 0: absent */
};

static void fields_clear(struct fields *fields)
{
    g_free(fields->title);
    g_free(fields->description);
    g_free(fields->time_zone);
}

static const char *read_time(const json_t *body, const char *member, int64_t *us)
{
    const json_t *value = json_object_get(body, member);

    if (value == NULL || json_is_null(value))
        return NULL;
    if (!json_is_string(value) || hop_time_parse(json_string_value(value), us) != 0)
        return "must be a time like 2026-11-23T07:30:00Z";
    return NULL;
}

static const char *read_zone(const json_t *body, char **zone)
{
    const json_t *value = json_object_get(body, "time_zone");

    if (value == NULL || json_is_null(value))
        return NULL;
    if (!json_is_string(value) || !hop_time_zone_valid(json_string_value(value)))
        return "must be the IANA name of a time zone, like Asia/Ho_Chi_Minh";
    *zone = g_strdup(json_string_value(value));
    return NULL;
}

/* NULL, or what is wrong with *member. */
static const char *read_fields(const json_t *body, struct fields *f, const char **member)
{
    const char *wrong;
    bool bad = false;

    *member = "title";
    f->title = hop_api_text(body, "title", HOP_MAX_TITLE, false, false, &bad);
    if (bad)
        return "must be a text of 1 to 200 characters";
    *member = "description";
    f->description = hop_api_text(body, "description", HOP_MAX_DESCRIPTION, true, true, &bad);
    if (bad)
        return "must be a text of at most 4000 characters";
    *member = "starts_at";
    wrong = read_time(body, "starts_at", &f->starts_us);
    if (wrong != NULL)
        return wrong;
    *member = "ends_at";
    wrong = read_time(body, "ends_at", &f->ends_us);
    if (wrong != NULL)
        return wrong;
    *member = "time_zone";
    return read_zone(body, &f->time_zone);
}

static const char *missing_field(const struct fields *f, const char **member)
{
    *member = f->title == NULL       ? "title"
              : f->starts_us == 0    ? "starts_at"
              : f->ends_us == 0      ? "ends_at"
              : f->time_zone == NULL ? "time_zone"
                                     : NULL;
    if (*member != NULL)
        return "is missing";
    *member = "ends_at";
    return f->ends_us <= f->starts_us ? "must be later than starts_at" : NULL;
}

/* ---- the handlers ---------------------------------------------------------------------------- */

static void added(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        audit(pending, m, "meeting.made");
    respond_meeting(pending, 201, error == -EEXIST ? -EAGAIN : error, m);
}

/* The uid's domain only has to be unique together with its random part (RFC 7986 §5.3). */
static void make_uid(char out[HOP_MAX_UID + 1])
{
    uint8_t bytes[16];
    char hex[2 * sizeof(bytes) + 1];

    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    g_snprintf(out, HOP_MAX_UID + 1, "%s@hop", hex);
}

static void add(struct hop_server *server, struct hop_request *request, const struct fields *f)
{
    struct hop_store_meeting m = { .starts_us = f->starts_us, .ends_us = f->ends_us };

    m.description = f->description;
    g_strlcpy(m.title, f->title, sizeof(m.title));
    g_strlcpy(m.time_zone, f->time_zone, sizeof(m.time_zone));
    hop_schedule_code(m.code);
    make_uid(m.uid);
    hop_store_meeting_add(server->store, &m, request->account.user_id, hop_wall_us(), added,
                          hop_api_pending_new(server, request));
}

void hop_api_meetings_post(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    json_t *body = hop_api_body(request);
    struct fields fields = { 0 };
    const char *wrong, *member;

    (void)param;
    if (body == NULL)
        return;
    wrong = read_fields(body, &fields, &member);
    if (wrong == NULL)
        wrong = missing_field(&fields, &member);
    if (wrong != NULL)
        hop_api_invalid(request, member, wrong);
    else
        add(server, request, &fields);
    fields_clear(&fields);
    json_decref(body);
}

static bool parse_id(struct hop_request *request, const char *param, int64_t *id)
{
    if (g_ascii_string_to_signed(param, 10, 1, INT64_MAX, id, NULL))
        return true;
    respond_error(request, -ENOENT);
    return false;
}

static void changed(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        audit(pending, m, m->cancelled ? "meeting.cancelled" : "meeting.changed");
        hop_signaling_room_changed(pending->server->signaling, m->code);
    }
    respond_meeting(pending, 200, error, m);
}

void hop_api_meeting_patch(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    struct fields f = { 0 };
    const char *wrong, *member;
    int64_t id;
    json_t *body;

    if (!parse_id(request, param, &id) || (body = hop_api_body(request)) == NULL)
        return;
    wrong = read_fields(body, &f, &member);
    if (wrong != NULL) {
        hop_api_invalid(request, member, wrong);
    } else {
        struct hop_store_meeting_change change = { .title = f.title,
                                                   .description = f.description,
                                                   .time_zone = f.time_zone,
                                                   .starts_us = f.starts_us,
                                                   .ends_us = f.ends_us };

        hop_store_meeting_change(server->store, id, &change, hop_wall_us(), changed,
                                 hop_api_pending_new(server, request));
    }
    fields_clear(&f);
    json_decref(body);
}

void hop_api_meeting_delete(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    int64_t id;

    if (parse_id(request, param, &id))
        hop_store_meeting_cancel(server->store, id, hop_wall_us(), changed,
                                 hop_api_pending_new(server, request));
}

static void got(void *ctx, int error, const struct hop_store_meeting *m)
{
    respond_meeting(ctx, 200, error, m);
}

void hop_api_meeting_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (parse_id(request, param, &id))
        hop_store_meeting_get(server->store, id, got, hop_api_pending_new(server, request));
}

static void listed(void *ctx, int error, const struct hop_store_meeting *const *meetings, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, meeting_json(pending, meetings[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "meetings", list));
    else
        respond_error(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

static bool query_time(struct hop_request *request, const char *name, int64_t *us)
{
    g_autofree char *text = hop_request_query(request, name);

    if (text == NULL || text[0] == '\0' || hop_time_parse(text, us) == 0)
        return true;
    hop_api_invalid(request, name, "must be a time like 2026-11-23T07:30:00Z");
    return false;
}

void hop_api_meetings_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t from = hop_wall_us() - list_back_us, to = 0;

    (void)param;
    if (query_time(request, "from", &from) && query_time(request, "to", &to))
        hop_store_meeting_list(server->store, from, to, listed,
                               hop_api_pending_new(server, request));
}

static void invited(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct hop_api_pending *pending = ctx;
    struct hop_request *request = pending->request;

    if (error == 0) {
        g_autofree char *url = hop_server_room_url(request, m->code);
        g_autofree char *text = hop_ics_new(m, url, pending->server->config->name);

        hop_request_header(request, "content-disposition", "attachment; filename=\"%s.ics\"",
                           m->code);
        hop_request_header(request, "cache-control", "no-store");
        hop_respond_bytes(request, 200,
                          m->cancelled ? "text/calendar; charset=utf-8; method=CANCEL"
                                       : "text/calendar; charset=utf-8; method=PUBLISH",
                          text, strlen(text));
    } else {
        respond_error(request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_invite_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (parse_id(request, param, &id))
        hop_store_meeting_get(server->store, id, invited, hop_api_pending_new(server, request));
}
