/* One person's data: exported to himself or to an administrator, erased by one. */
#include "server/api.h"

#include "server/store/person.h"

#include <errno.h>
#include <string.h>

struct asking {
    struct hop_api_pending *pending;
    struct hop_store_subject person;
};

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -ENOENT:
        hop_respond_error(request, 404, "person.not_found", "nothing is kept about such a person");
        return;
    case -EBUSY:
        hop_respond_error(request, 409, "person.not_locked",
                          "lock the account before its data are erased");
        return;
    default:
        hop_respond_errno(request, error);
    }
}

/* The address itself would be kept for ever by the audit log; an account's number says enough. */
static void audit(const struct asking *asking, const char *action)
{
    hop_api_audit(asking->pending->server, asking->pending->request, 0, action,
                  asking->person.user_id != 0
                      ? json_pack("{s:I}", "user", (json_int_t)asking->person.user_id)
                      : json_pack("{s:s}", "user", "from outside"));
}

static void asking_end(struct asking *asking)
{
    hop_api_pending_free(asking->pending);
    g_free(asking);
}

static void exported(void *ctx, int error, const char *json)
{
    struct asking *asking = ctx;
    struct hop_request *request = asking->pending->request;

    if (error == 0) {
        audit(asking, "person.exported");
        hop_request_header(request, "content-disposition", "attachment; filename=\"%s\"",
                           "person.json");
        hop_respond_bytes(request, 200, "application/json", json, strlen(json));
    } else {
        respond_error(request, error);
    }
    asking_end(asking);
}

static void erased(void *ctx, int error)
{
    struct asking *asking = ctx;

    if (error == 0) {
        audit(asking, "person.erased");
        hop_respond_empty(asking->pending->request, 204);
    } else {
        respond_error(asking->pending->request, error);
    }
    asking_end(asking);
}

static struct asking *asking_new(struct hop_server *server, struct hop_request *request)
{
    struct asking *asking = g_new0(struct asking, 1);

    asking->pending = hop_api_pending_new(server, request);
    return asking;
}

void hop_api_my_data_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct asking *asking = asking_new(server, request);

    (void)param;
    asking->person.user_id = request->account.user_id;
    hop_store_person_export(server->store, &asking->person, exported, asking);
}

/* NULL: the body names nobody, and the request has been answered. */
static struct asking *read_person(struct hop_server *server, struct hop_request *request)
{
    json_t *body = hop_api_body(request);
    const json_t *user = json_object_get(body, "user");
    const char *email = json_string_value(json_object_get(body, "email"));
    struct asking *asking = NULL;

    if (body == NULL)
        return NULL;
    if ((user != NULL) == (email != NULL)) {
        hop_api_invalid(request, "user", "or email has to be given, and one of them");
    } else if (user != NULL && (!json_is_integer(user) || json_integer_value(user) <= 0)) {
        hop_api_invalid(request, "user", "must be an account's id");
    } else if (email != NULL && (email[0] == '\0' || strlen(email) > HOP_MAX_EMAIL)) {
        hop_api_invalid(request, "email", "must be an e-mail address");
    } else {
        asking = asking_new(server, request);
        asking->person.user_id = json_integer_value(user);
        if (email != NULL)
            g_strlcpy(asking->person.email, email, sizeof(asking->person.email));
    }
    json_decref(body);
    return asking;
}

void hop_api_person_export_post(struct hop_server *server, struct hop_request *request,
                                const char *param)
{
    struct asking *asking = read_person(server, request);

    (void)param;
    if (asking != NULL)
        hop_store_person_export(server->store, &asking->person, exported, asking);
}

void hop_api_person_erase_post(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    struct asking *asking = read_person(server, request);

    (void)param;
    if (asking != NULL)
        hop_store_person_erase(server->store, &asking->person, erased, asking);
}
