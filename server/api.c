/* What the API's handlers share; see api.h. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/store/audit.h"

#include <string.h>

struct hop_api_pending *hop_api_pending_new(struct hop_server *server, struct hop_request *request)
{
    struct hop_api_pending *pending = g_new0(struct hop_api_pending, 1);

    pending->server = server;
    pending->request = hop_request_ref(request);
    return pending;
}

void hop_api_pending_free(struct hop_api_pending *pending)
{
    hop_request_unref(pending->request);
    g_free(pending);
}

json_t *hop_api_body(struct hop_request *request)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)request->body->data, request->body->len,
                              JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(body))
        return body;
    json_decref(body);
    hop_respond_error(request, 400, "request.invalid", "the body must be a JSON object");
    return NULL;
}

char *hop_api_text(const json_t *body, const char *member, size_t max, bool lines, bool empty,
                   bool *wrong)
{
    const json_t *value = json_object_get(body, member);
    char *clean;

    if (value == NULL || json_is_null(value))
        return NULL;
    clean =
        json_is_string(value) ? hop_text_clean(json_string_value(value), max, lines, empty) : NULL;
    if (clean == NULL)
        *wrong = true;
    return clean;
}

bool hop_api_id(struct hop_request *request, const char *param, int64_t *id)
{
    if (g_ascii_string_to_signed(param, 10, 1, INT64_MAX, id, NULL))
        return true;
    hop_respond_error(request, 404, "not_found", "there is no such thing");
    return false;
}

void hop_api_audit(struct hop_server *server, const struct hop_request *request, int64_t room_id,
                   const char *action, json_t *detail)
{
    g_autofree char *who = g_strdup_printf("user:%s", request->account.username);
    char *text = detail != NULL ? json_dumps(detail, JSON_COMPACT) : NULL;

    hop_store_audit(server->store, hop_wall_us(), room_id, who, action, text);
    free(text);
    json_decref(detail);
}

void hop_api_invalid(struct hop_request *request, const char *member, const char *what)
{
    json_t *error = json_pack("{s:s,s:o,s:s}", "code", "request.invalid", "message",
                              json_sprintf("%s: %s", member, what), "member", member);

    hop_respond_json(request, 400, json_pack("{s:o}", "error", error));
}
