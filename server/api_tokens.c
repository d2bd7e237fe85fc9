/* /api/v1/tokens: one's own tokens for programs. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/scopes.h"

#include <errno.h>
#include <sodium.h>

static json_t *token_json(const struct hop_store_token *token)
{
    char created[HOP_TIME_TEXT], used[HOP_TIME_TEXT];

    return json_pack("{s:I,s:s,s:o,s:s,s:o}", "id", (json_int_t)token->id, "name", token->name,
                     "scopes", hop_scopes_json(token->scopes), "created_at",
                     hop_time_format(token->created_us, created), "used_at",
                     token->used_us != 0 ? json_string(hop_time_format(token->used_us, used))
                                         : json_null());
}

static int by_id(const void *a, const void *b)
{
    const struct hop_store_token *const *x = a, *const *y = b;

    return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

void hop_api_tokens_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    const struct hop_store_token *tokens[HOP_MAX_TOKENS];
    size_t n = hop_auth_tokens_of(server->auth, request->account.user_id, tokens, HOP_MAX_TOKENS);
    json_t *list = json_array();

    (void)param;
    qsort(tokens, n, sizeof(tokens[0]), by_id);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, token_json(tokens[i]));
    hop_respond_json(request, 200, json_pack("{s:o}", "tokens", list));
}

/* ---- making one ------------------------------------------------------------------------------ */

struct making {
    struct hop_api_pending *pending;
    char text[HOP_API_TOKEN_TEXT];
};

static void added(void *ctx, int error, const struct hop_store_token *token)
{
    struct making *making = ctx;
    struct hop_api_pending *pending = making->pending;

    if (error == 0) {
        json_t *json = token_json(token);

        hop_auth_token_added(pending->server->auth, token);
        hop_api_audit(pending->server, pending->request, 0, "token.made",
                      json_pack("{s:I,s:s,s:o}", "token", (json_int_t)token->id, "name",
                                token->name, "scopes", hop_scopes_json(token->scopes)));
        json_object_set_new(json, "token", json_string(making->text));
        hop_respond_json(pending->request, 201, json);
    } else if (error == -E2BIG) {
        hop_respond_error(pending->request, 409, "token.limit", "there are too many tokens");
    } else {
        hop_respond_errno(pending->request, error);
    }
    hop_api_pending_free(pending);
    sodium_memzero(making, sizeof(*making));
    g_free(making);
}

static void make(struct hop_server *server, struct hop_request *request, const char *name,
                 uint32_t scopes)
{
    struct hop_store_token token = { .user_id = request->account.user_id,
                                     .scopes = scopes,
                                     .created_us = hop_wall_us(),
                                     .account = request->account };
    struct making *making = g_new0(struct making, 1);

    g_strlcpy(token.name, name, sizeof(token.name));
    making->pending = hop_api_pending_new(server, request);
    hop_auth_token_new(&token, making->text);
    hop_store_token_add(server->store, &token, added, making);
}

void hop_api_tokens_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    json_t *body = hop_api_body(request);
    bool wrong = false;
    uint32_t scopes;
    char *name;

    (void)param;
    if (body == NULL)
        return;
    name = hop_api_text(body, "name", HOP_MAX_TOKEN_NAME, false, false, &wrong);
    if (name == NULL)
        hop_api_invalid(request, "name", "must be a text of 1 to 80 characters");
    else if (!hop_scopes_read(json_object_get(body, "scopes"), &scopes))
        hop_api_invalid(request, "scopes", "must be a list of scopes, like [\"meetings:read\"]");
    else
        make(server, request, name, scopes);
    g_free(name);
    json_decref(body);
}

/* ---- taking one back ------------------------------------------------------------------------- */

struct removal {
    struct hop_api_pending *pending;
    int64_t id;
};

static void removed(void *ctx, int error)
{
    struct removal *removal = ctx;
    struct hop_api_pending *pending = removal->pending;

    if (error == 0) {
        hop_auth_token_removed(pending->server->auth, removal->id);
        hop_api_audit(pending->server, pending->request, 0, "token.removed",
                      json_pack("{s:I}", "token", (json_int_t)removal->id));
        hop_respond_empty(pending->request, 204);
    } else if (error == -ENOENT) {
        hop_respond_error(pending->request, 404, "not_found", "there is no such thing");
    } else {
        hop_respond_errno(pending->request, error);
    }
    hop_api_pending_free(pending);
    g_free(removal);
}

void hop_api_token_delete(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct removal *removal;
    int64_t id;

    if (!hop_api_id(request, param, &id))
        return;
    removal = g_new0(struct removal, 1);
    removal->pending = hop_api_pending_new(server, request);
    removal->id = id;
    hop_store_token_remove(server->store, request->account.user_id, id, removed, removal);
}
