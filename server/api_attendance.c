/* /api/v1/meetings/ID/attendance: who was there, as JSON, table and page. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/attendance.h"

#include <errno.h>
#include <string.h>

enum form { FORM_JSON, FORM_CSV, FORM_PDF };

struct asked {
    struct hop_api_pending *pending;
    enum form form;
    char language[4];
};

static struct hop_store_asker asker(const struct hop_request *request)
{
    const struct hop_store_session *account = &request->account;

    return (struct hop_store_asker){
        .user_id = account->user_id,
        .unit_id = account->unit_id,
        .administrator = (account->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0,
        .secretary = (account->roles & HOP_ACCOUNT_SECRETARY) != 0,
    };
}

static void respond_error(struct hop_request *request, int error)
{
    if (error == -ENOENT)
        hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
    else
        hop_respond_errno(request, error);
}

static void asked_free(struct asked *asked)
{
    hop_api_pending_free(asked->pending);
    g_free(asked);
}

static void download(struct hop_request *request, const struct hop_attendance *a,
                     const char *extension)
{
    hop_request_header(request, "content-disposition", "attachment; filename=\"attendance-%s.%s\"",
                       a->source->code, extension);
}

static void respond(const struct asked *asked, const struct hop_attendance *a)
{
    struct hop_request *request = asked->pending->request;

    if (asked->form == FORM_JSON) {
        hop_respond_json(request, 200, hop_attendance_json(a));
    } else if (asked->form == FORM_CSV) {
        GString *csv = hop_attendance_csv(a, asked->language);

        download(request, a, "csv");
        hop_respond_bytes(request, 200, "text/csv; charset=utf-8", csv->str, csv->len);
        g_string_free(csv, TRUE);
    } else {
        GByteArray *pdf = hop_attendance_pdf(a, asked->language);

        if (pdf == NULL) {
            hop_respond_errno(request, -EIO);
            return;
        }
        download(request, a, "pdf");
        hop_respond_bytes(request, 200, "application/pdf", pdf->data, pdf->len);
        g_byte_array_unref(pdf);
    }
}

static void found(void *ctx, int error, const struct hop_store_attendance *list)
{
    struct asked *asked = ctx;

    if (error == 0) {
        struct hop_attendance a;

        hop_attendance_compute(list, hop_wall_us(), &a);
        respond(asked, &a);
        hop_attendance_clear(&a);
    } else {
        respond_error(asked->pending->request, error);
    }
    asked_free(asked);
}

/* ?occurrence=: the stamp of one of a series. False: answered. */
static bool read_occurrence(struct hop_request *request, int64_t *us)
{
    g_autofree char *text = hop_request_query(request, "occurrence");

    *us = 0;
    if (text == NULL || text[0] == '\0' || hop_time_parse(text, us) == 0)
        return true;
    hop_api_invalid(request, "occurrence", "must be a time");
    return false;
}

static void get(struct hop_server *server, struct hop_request *request, const char *param,
                enum form form)
{
    struct hop_store_attendance_query query = { .asker = asker(request), .now_us = hop_wall_us() };
    g_autofree char *language = hop_request_query(request, "lang");
    struct asked *asked;

    if (!hop_api_id(request, param, &query.meeting_id) ||
        !read_occurrence(request, &query.occurrence_us))
        return;
    asked = g_new0(struct asked, 1);
    asked->pending = hop_api_pending_new(server, request);
    asked->form = form;
    g_strlcpy(asked->language, language != NULL ? language : "vi", sizeof(asked->language));
    hop_store_attendance_get(server->store, &query, found, asked);
}

void hop_api_attendance_get(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    get(server, request, param, FORM_JSON);
}

void hop_api_attendance_csv_get(struct hop_server *server, struct hop_request *request,
                                const char *param)
{
    get(server, request, param, FORM_CSV);
}

void hop_api_attendance_pdf_get(struct hop_server *server, struct hop_request *request,
                                const char *param)
{
    get(server, request, param, FORM_PDF);
}

/* ---- entering by hand ------------------------------------------------------------------------ */

struct change {
    struct hop_api_pending *pending;
    char person[HOP_PERSON_TEXT], state[16];
    char *reason;
    int attendees;
};

static void change_free(struct change *change)
{
    hop_api_pending_free(change->pending);
    g_free(change->reason);
    g_free(change);
}

static void marked(void *ctx, int error)
{
    struct change *change = ctx;
    struct hop_request *request = change->pending->request;

    if (error == 0)
        hop_respond_empty(request, 204);
    else if (error == -ENOENT)
        hop_respond_error(request, 404, "person.unknown", "nobody of that name is on the list");
    else
        hop_respond_errno(request, error);
    change_free(change);
}

static void may_change(void *ctx, int error, const struct hop_store_attendance *list)
{
    struct change *change = ctx;
    const struct hop_request *request = change->pending->request;
    struct hop_server *server = change->pending->server;
    struct hop_attendance_mark mark = { .person = change->person,
                                        .state = change->state,
                                        .reason = change->reason,
                                        .attendees = change->attendees,
                                        .by = request->account.username };

    if (error != 0) {
        respond_error(change->pending->request, error);
        change_free(change);
        return;
    }
    mark.room_key = list->room_id;
    mark.occurrence_us = list->occurrence_us;
    hop_api_audit(server, request, list->room_id, "attendance",
                  json_pack("{s:s,s:s}", "person", mark.person, "state", mark.state));
    hop_store_attendance_mark(server->store, &mark, hop_wall_us(), marked, change);
}

static bool valid_person(const char *person)
{
    return person != NULL && person[0] != '\0' && strchr("iup", person[0]) != NULL &&
           person[1] != '\0' && strspn(person + 1, "0123456789") == strlen(person + 1) &&
           strlen(person) < HOP_PERSON_TEXT;
}

/* "": by what the server saw. False: no such state. */
static bool read_state(const json_t *value, char out[16])
{
    out[0] = '\0';
    if (value == NULL || json_is_null(value))
        return true;
    for (int i = 0; i < HOP_PRESENCES && json_is_string(value); i++) {
        if (strcmp(json_string_value(value), hop_presence_name((enum hop_presence)i)) == 0)
            g_strlcpy(out, json_string_value(value), 16);
    }
    return out[0] != '\0';
}

static struct change *read_change(struct hop_request *request, const json_t *body)
{
    const json_t *attendees = json_object_get(body, "attendees");
    const char *person = json_string_value(json_object_get(body, "person"));
    bool wrong = false;
    g_autofree char *reason = hop_api_text(body, "reason", HOP_MAX_TITLE, false, true, &wrong);
    struct change change = { .reason = NULL };

    if (!valid_person(person))
        hop_api_invalid(request, "person", "must be one of the list");
    else if (!read_state(json_object_get(body, "state"), change.state))
        hop_api_invalid(request, "state", "must be one of the states");
    else if (wrong)
        hop_api_invalid(request, "reason", "must be a text of at most 200 characters");
    else if (attendees != NULL &&
             (!json_is_integer(attendees) || json_integer_value(attendees) < 0 ||
              json_integer_value(attendees) > HOP_MAX_ATTENDEES))
        hop_api_invalid(request, "attendees", "must be a number up to 10000");
    else {
        g_strlcpy(change.person, person, sizeof(change.person));
        change.reason = reason != NULL ? g_steal_pointer(&reason) : g_strdup("");
        change.attendees = (int)json_integer_value(attendees);
        return g_memdup2(&change, sizeof(change));
    }
    return NULL;
}

void hop_api_attendance_patch(struct hop_server *server, struct hop_request *request,
                              const char *param)
{
    struct hop_store_attendance_query query = { .asker = asker(request), .now_us = hop_wall_us() };
    struct change *change;
    json_t *body;

    if (!hop_api_id(request, param, &query.meeting_id) ||
        !read_occurrence(request, &query.occurrence_us))
        return;
    body = hop_api_body(request);
    if (body == NULL)
        return;
    change = read_change(request, body);
    json_decref(body);
    if (change == NULL)
        return;
    change->pending = hop_api_pending_new(server, request);
    hop_store_attendance_get(server->store, &query, may_change, change);
}
