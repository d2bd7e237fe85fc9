/* POST and DELETE /api/v1/session: signing in and out. */
#include "server/api.h"

#include "media/base/clock.h"

#include <errno.h>

static void set_cookie(struct hop_request *request, const char *token)
{
    hop_request_header(request, "set-cookie",
                       "hop_session=%s; Path=/; HttpOnly; SameSite=Strict%s%s", token,
                       request->tls ? "; Secure" : "", token[0] == '\0' ? "; Max-Age=0" : "");
}

static void refuse(struct hop_request *request, const struct hop_login *login)
{
    switch (login->error) {
    case -EACCES:
        hop_respond_error(request, 401, "auth.wrong", "the name or the password is wrong");
        return;
    case -ENOKEY:
        hop_respond_error(request, 401, "auth.second_factor", "send the one-time code, too");
        return;
    case -EKEYREJECTED:
        hop_respond_error(request, 401, "auth.wrong_code", "the code is wrong or was used");
        return;
    case -ESHUTDOWN:
        hop_respond_error(request, 403, "auth.disabled", "the account is shut");
        return;
    case -EBUSY:
        hop_request_header(request, "retry-after", "%d", login->retry_after_s);
        hop_respond_error(request, 429, "auth.locked", "too many failures, try again later");
        return;
    default:
        hop_respond_errno(request, login->error);
    }
}

static void logged_in(void *ctx, const struct hop_login *login)
{
    struct hop_api_pending *pending = ctx;
    struct hop_request *request = pending->request;

    if (login->error == 0) {
        set_cookie(request, login->token);
        hop_respond_json(request, 201,
                         json_pack("{s:{s:s,s:s,s:b,s:o,s:b}}", "user", "name", login->user->name,
                                   "username", login->user->username, "administrator",
                                   (login->user->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0, "roles",
                                   hop_api_roles_json(login->user->roles), "must_change",
                                   (int)login->user->must_change));
    } else {
        refuse(request, login);
    }
    hop_api_pending_free(pending);
}

void hop_api_session_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t wait_us = hop_ratelimit_take(server->login_limit, &request->peer, hop_now_us());
    struct hop_credentials c = { .agent = request->agent, .who = &request->peer };
    json_t *body;

    (void)param;
    if (wait_us > 0) {
        refuse(request, &(struct hop_login){ .error = -EBUSY,
                                             .retry_after_s = (int)(wait_us / 1000000 + 1) });
        return;
    }
    body = hop_api_body(request);
    if (body == NULL)
        return;
    c.username = json_string_value(json_object_get(body, "username"));
    c.password = json_string_value(json_object_get(body, "password"));
    c.code = json_string_value(json_object_get(body, "code"));
    if (c.username == NULL || c.username[0] == '\0')
        hop_api_invalid(request, "username", "is missing");
    else if (c.password == NULL || c.password[0] == '\0')
        hop_api_invalid(request, "password", "is missing");
    else
        hop_auth_login(server->auth, &c, logged_in, hop_api_pending_new(server, request));
    json_decref(body);
}

void hop_api_session_delete(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    (void)param;
    hop_auth_logout(server->auth, request->cookie);
    set_cookie(request, "");
    hop_respond_empty(request, 204);
}
