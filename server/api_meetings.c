/* /api/v1/meetings: the list, and one meeting: made, read, changed, cancelled. The other things
 * that are done with one are in api_meeting_more.c. */
#include "server/api_meeting.h"

#include "media/base/clock.h"
#include "server/ics.h"

#include <errno.h>
#include <string.h>

/* Without `from`, a list begins this long ago; without `to`, it ends that long after it. */
static const int64_t list_back_us = (int64_t)90 * 24 * 3600 * 1000000;
static const int64_t list_long_us = (int64_t)400 * 24 * 3600 * 1000000;
enum { LIST_DEFAULT = 200 };

static bool parse_id(struct hop_request *request, const char *param, int64_t *id)
{
    if (g_ascii_string_to_signed(param, 10, 1, INT64_MAX, id, NULL))
        return true;
    hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
    return false;
}

/* ---- the list -------------------------------------------------------------------------------- */

static void listed(void *ctx, int error, const struct hop_store_listed *all, size_t n, bool more)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
                              hop_meeting_listed_json(pending->server, pending->request, &all[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:O,s:b}", "meetings", list, "more", (int)more));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

bool hop_api_query_time(struct hop_request *request, const char *name, int64_t *us)
{
    g_autofree char *text = hop_request_query(request, name);

    if (text == NULL || text[0] == '\0' || hop_time_parse(text, us) == 0)
        return true;
    hop_api_invalid(request, name, "must be a time like 2026-11-23T07:30:00Z");
    return false;
}

bool hop_api_query_number(struct hop_request *request, const char *name, int64_t min, int64_t max,
                          int64_t *out)
{
    g_autofree char *text = hop_request_query(request, name);

    if (text == NULL || text[0] == '\0' || g_ascii_string_to_signed(text, 10, min, max, out, NULL))
        return true;
    hop_api_invalid(request, name, "must be a number, and not so large");
    return false;
}

static bool query_flag(const struct hop_request *request, const char *name)
{
    g_autofree char *text = hop_request_query(request, name);

    return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* Several with commas. */
static bool query_states(struct hop_request *request, uint32_t *states)
{
    static const char *const names[] = { "draft", "scheduled", "open", "ended", "cancelled" };
    g_autofree char *text = hop_request_query(request, "status");
    g_auto(GStrv) all = g_strsplit(text != NULL ? text : "", ",", 8);

    for (char **at = all; *at != NULL && **at != '\0'; at++) {
        size_t i = 0;

        while (i < G_N_ELEMENTS(names) && strcmp(names[i], *at) != 0)
            i++;
        if (i == G_N_ELEMENTS(names)) {
            hop_api_invalid(request, "status", "is no status");
            return false;
        }
        *states |= 1u << i;
    }
    return true;
}

static bool read_query(struct hop_request *request, struct hop_store_list_query *q)
{
    int64_t offset = 0, limit = LIST_DEFAULT;
    int64_t now = hop_wall_us();

    q->from_us = now - list_back_us;
    if (!hop_api_query_time(request, "from", &q->from_us) ||
        !hop_api_query_time(request, "to", &q->to_us) ||
        !hop_api_query_number(request, "unit", 1, INT64_MAX, &q->unit_id) ||
        !hop_api_query_number(request, "resource", 1, INT64_MAX, &q->resource_id) ||
        !hop_api_query_number(request, "user", 1, INT64_MAX, &q->user_id) ||
        !hop_api_query_number(request, "offset", 0, 1000000, &offset) ||
        !hop_api_query_number(request, "limit", 1, HOP_MAX_LIST, &limit) ||
        !query_states(request, &q->states))
        return false;
    if (q->to_us == 0)
        q->to_us = q->from_us + list_long_us;
    q->offset = (size_t)offset;
    q->limit = (size_t)limit;
    q->mine = query_flag(request, "mine");
    q->templates = query_flag(request, "template");
    if (q->templates) { /* they take place at no time */
        q->from_us = 0;
        q->to_us = INT64_MAX;
    }
    return true;
}

void hop_api_meetings_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    g_autofree char *search = hop_request_query(request, "search");
    struct hop_store_list_query query = { .viewer = hop_api_viewer(server, request),
                                          .search = search };

    (void)param;
    if (read_query(request, &query))
        hop_store_calendar_list(server->store, &query, listed,
                                hop_api_pending_new(server, request));
}

/* ---- one ------------------------------------------------------------------------------------- */

static void got(void *ctx, int error, const struct hop_store_meeting *m)
{
    hop_meeting_call_end(ctx, error, m);
}

void hop_api_meeting_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_viewer viewer = hop_api_viewer(server, request);
    int64_t id;

    if (parse_id(request, param, &id))
        hop_store_meeting_get(server->store, id, &viewer, got,
                              hop_meeting_call_new(server, request, NULL));
}

static void add(struct hop_meeting_call *call, struct hop_store_meeting *m)
{
    g_autoptr(GArray) occurrences = hop_store_occurrences_new();
    const struct hop_store_session *account = &call->request->account;
    struct hop_fault fault;

    hop_meeting_name(m);
    m->right = HOP_MEETING_CHANGE;
    m->organizer.id = account->user_id;
    g_strlcpy(m->organizer.name, account->name, sizeof(m->organizer.name));
    m->unit_id = account->unit_id;
    m->template = json_is_true(json_object_get(call->body, "template"));
    if (json_is_true(json_object_get(call->body, "send")) && !m->template) {
        m->draft = false;
        m->sent_us = hop_wall_us();
    }
    call->made = true;
    if (hop_meeting_read(call->body, call->server->invite_secret, m, occurrences, &fault))
        hop_meeting_call_save(call, m, occurrences);
    else
        hop_meeting_call_invalid(call, &fault);
}

/* What is sent has to say when it is. */
static const char *missing(const json_t *body)
{
    static const char *const members[] = { "starts_at", "ends_at", "time_zone" };

    for (size_t i = 0; json_is_true(json_object_get(body, "send")) && i < G_N_ELEMENTS(members);
         i++)
        if (!json_is_string(json_object_get(body, members[i])))
            return members[i];
    return NULL;
}

void hop_api_meetings_post(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    json_t *body = hop_api_body(request);
    struct hop_store_meeting m;

    (void)param;
    if (body == NULL)
        return;
    if (missing(body) != NULL) {
        hop_api_invalid(request, missing(body), "is missing");
        json_decref(body);
        return;
    }
    hop_meeting_read_new(&m, hop_wall_us());
    add(hop_meeting_call_new(server, request, body), &m);
    hop_store_meeting_clear(&m);
}

static void change(struct hop_meeting_call *call)
{
    g_autoptr(GArray) occurrences = hop_store_occurrences_new();
    struct hop_store_meeting m;
    struct hop_fault fault;

    if (call->before.cancelled) {
        hop_meeting_call_end(call, -ECANCELED, NULL);
        return;
    }
    hop_store_meeting_copy(&call->before, &m);
    if (!hop_meeting_read(call->body, call->server->invite_secret, &m, occurrences, &fault)) {
        hop_meeting_call_invalid(call, &fault);
    } else if (hop_meeting_same(&call->before, &m)) {
        hop_meeting_call_end(call, 0, &call->before);
    } else {
        bool event = !hop_meeting_same_event(&call->before, &m);

        if (event && !m.draft && !m.template)
            m.sequence++;
        hop_meeting_call_save(call, &m, event ? occurrences : NULL);
    }
    hop_store_meeting_clear(&m);
}

void hop_api_meeting_patch(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    int64_t id;
    json_t *body;

    if (parse_id(request, param, &id) && (body = hop_api_body(request)) != NULL)
        hop_meeting_call_begin(server, request, id, 0, body, change);
}

static void removed(void *ctx, int error)
{
    struct hop_meeting_call *call = ctx;

    if (error != 0) {
        hop_meeting_call_end(call, error, NULL);
        return;
    }
    hop_api_audit(
        call->server, call->request, 0, "meeting.removed",
        json_pack("{s:I,s:s}", "meeting", (json_int_t)call->id, "title", call->before.title));
    hop_meeting_call_empty(call);
}

static void cancel(struct hop_meeting_call *call)
{
    struct hop_store_meeting m;

    if (call->before.draft || call->before.template) {
        hop_store_meeting_remove(call->server->store, call->id, removed, call);
        return;
    }
    if (call->before.cancelled) {
        hop_meeting_call_end(call, 0, &call->before);
        return;
    }
    hop_store_meeting_copy(&call->before, &m);
    m.cancelled = true;
    m.sequence++;
    hop_meeting_call_save(call, &m, NULL);
    hop_store_meeting_clear(&m);
}

void hop_api_meeting_delete(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    int64_t id;

    if (parse_id(request, param, &id))
        hop_meeting_call_begin(server, request, id, 0, NULL, cancel);
}

/* ---- for a calendar -------------------------------------------------------------------------- */

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
    } else if (error == -ENOENT) {
        hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
    } else {
        hop_respond_errno(request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_invite_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_viewer viewer = hop_api_viewer(server, request);
    int64_t id;

    if (parse_id(request, param, &id))
        hop_store_meeting_get(server->store, id, &viewer, invited,
                              hop_api_pending_new(server, request));
}
