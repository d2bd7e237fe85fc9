/* See rest.h. One table: method, path, who may. A `*` in a path stands for one segment, the
 * handler's parameter; of several it gets all, with '/' between. */
#include "server/rest.h"

#include "media/base/clock.h"
#include "server/api.h"
#include "server/scopes.h"

#include <errno.h>
#include <string.h>

/* Who may: everybody, who is signed in (also before he has changed his password), or one of these
 * roles. */
#define PUBLIC     0u
#define SIGNED_IN  (1u << 31)
#define UNCHANGED  (1u << 30)
#define ADMINISTER HOP_ACCOUNT_ADMINISTRATOR
#define OPERATE    (HOP_ACCOUNT_ADMINISTRATOR | HOP_ACCOUNT_OPERATOR)
#define SCHEDULE   (HOP_ACCOUNT_ADMINISTRATOR | HOP_ACCOUNT_SECRETARY)

/* Whether he may see or change a meeting is asked for each one (server/store/meetings.h). */
struct route {
    enum hop_method method;
    const char *path;
    uint32_t who;
    void (*handle)(struct hop_server *server, struct hop_request *request, const char *param);
};

static const struct route routes[] = {
    { HOP_METHOD_GET, "/api/v1/client", PUBLIC, hop_api_client_get },
    { HOP_METHOD_GET, "/api/v1/openapi.json", PUBLIC, hop_api_openapi_get },
    { HOP_METHOD_POST, "/api/v1/session", PUBLIC, hop_api_session_post },
    { HOP_METHOD_DELETE, "/api/v1/session", PUBLIC, hop_api_session_delete },
    { HOP_METHOD_GET, "/api/v1/me", UNCHANGED, hop_api_me_get },
    { HOP_METHOD_PATCH, "/api/v1/me", SIGNED_IN, hop_api_me_patch },
    { HOP_METHOD_POST, "/api/v1/me/password", UNCHANGED, hop_api_me_password_post },
    { HOP_METHOD_GET, "/api/v1/me/sessions", SIGNED_IN, hop_api_me_sessions_get },
    { HOP_METHOD_DELETE, "/api/v1/me/sessions/*", SIGNED_IN, hop_api_me_session_delete },
    { HOP_METHOD_POST, "/api/v1/me/totp", SIGNED_IN, hop_api_me_totp_post },
    { HOP_METHOD_DELETE, "/api/v1/me/totp", SIGNED_IN, hop_api_me_totp_delete },
    { HOP_METHOD_GET, "/api/v1/me/data", SIGNED_IN, hop_api_my_data_get },
    { HOP_METHOD_POST, "/api/v1/persons/export", ADMINISTER, hop_api_person_export_post },
    { HOP_METHOD_POST, "/api/v1/persons/erase", ADMINISTER, hop_api_person_erase_post },
    { HOP_METHOD_GET, "/api/v1/users", SCHEDULE, hop_api_users_get },
    { HOP_METHOD_POST, "/api/v1/users", ADMINISTER, hop_api_users_post },
    { HOP_METHOD_POST, "/api/v1/users/import", ADMINISTER, hop_api_users_import_post },
    { HOP_METHOD_GET, "/api/v1/users/*", SCHEDULE, hop_api_user_get },
    { HOP_METHOD_PATCH, "/api/v1/users/*", ADMINISTER, hop_api_user_patch },
    { HOP_METHOD_POST, "/api/v1/users/*/password", ADMINISTER, hop_api_user_password_post },
    { HOP_METHOD_GET, "/api/v1/units", SCHEDULE, hop_api_units_get },
    { HOP_METHOD_POST, "/api/v1/units", ADMINISTER, hop_api_units_post },
    { HOP_METHOD_PATCH, "/api/v1/units/*", ADMINISTER, hop_api_unit_patch },
    { HOP_METHOD_DELETE, "/api/v1/units/*", ADMINISTER, hop_api_unit_delete },
    { HOP_METHOD_POST, "/api/v1/rooms", PUBLIC, hop_api_rooms_post },
    { HOP_METHOD_GET, "/api/v1/rooms/*", PUBLIC, hop_api_room_get },
    { HOP_METHOD_GET, "/api/v1/meetings", SIGNED_IN, hop_api_meetings_get },
    { HOP_METHOD_POST, "/api/v1/meetings", SCHEDULE, hop_api_meetings_post },
    { HOP_METHOD_GET, "/api/v1/meetings/*", SIGNED_IN, hop_api_meeting_get },
    { HOP_METHOD_PATCH, "/api/v1/meetings/*", SIGNED_IN, hop_api_meeting_patch },
    { HOP_METHOD_DELETE, "/api/v1/meetings/*", SIGNED_IN, hop_api_meeting_delete },
    { HOP_METHOD_POST, "/api/v1/meetings/*/send", SIGNED_IN, hop_api_meeting_send_post },
    { HOP_METHOD_POST, "/api/v1/meetings/*/duplicate", SCHEDULE, hop_api_meeting_duplicate_post },
    { HOP_METHOD_PATCH, "/api/v1/meetings/*/occurrences/*", SIGNED_IN, hop_api_occurrence_patch },
    { HOP_METHOD_DELETE, "/api/v1/meetings/*/occurrences/*", SIGNED_IN, hop_api_occurrence_delete },
    { HOP_METHOD_POST, "/api/v1/meetings/*/invitees/*/link", SIGNED_IN, hop_api_invitee_link_post },
    { HOP_METHOD_GET, "/api/v1/meetings/*/invite.ics", SIGNED_IN, hop_api_invite_get },
    { HOP_METHOD_GET, "/api/v1/meetings/*/attendance", SIGNED_IN, hop_api_attendance_get },
    { HOP_METHOD_PATCH, "/api/v1/meetings/*/attendance", SIGNED_IN, hop_api_attendance_patch },
    { HOP_METHOD_GET, "/api/v1/meetings/*/attendance.csv", SIGNED_IN, hop_api_attendance_csv_get },
    { HOP_METHOD_GET, "/api/v1/meetings/*/attendance.pdf", SIGNED_IN, hop_api_attendance_pdf_get },
    { HOP_METHOD_GET, "/api/v1/meetings/*/tests", SIGNED_IN, hop_api_line_tests_get },
    { HOP_METHOD_POST, "/api/v1/rooms/*/test", PUBLIC, hop_api_line_test_post },
    { HOP_METHOD_GET, "/api/v1/dashboard", SIGNED_IN, hop_api_dashboard_get },
    { HOP_METHOD_POST, "/api/v1/conflicts", SCHEDULE, hop_api_conflicts_post },
    { HOP_METHOD_GET, "/api/v1/freebusy", SCHEDULE, hop_api_freebusy_get },
    { HOP_METHOD_GET, "/api/v1/resources", SIGNED_IN, hop_api_resources_get },
    { HOP_METHOD_POST, "/api/v1/resources", SCHEDULE, hop_api_resources_post },
    { HOP_METHOD_GET, "/api/v1/resources/*", SIGNED_IN, hop_api_resource_get },
    { HOP_METHOD_PATCH, "/api/v1/resources/*", SCHEDULE, hop_api_resource_patch },
    { HOP_METHOD_DELETE, "/api/v1/resources/*", SCHEDULE, hop_api_resource_delete },
    { HOP_METHOD_GET, "/api/v1/groups", SCHEDULE, hop_api_groups_get },
    { HOP_METHOD_POST, "/api/v1/groups", SCHEDULE, hop_api_groups_post },
    { HOP_METHOD_GET, "/api/v1/groups/*", SCHEDULE, hop_api_group_get },
    { HOP_METHOD_PATCH, "/api/v1/groups/*", SCHEDULE, hop_api_group_patch },
    { HOP_METHOD_DELETE, "/api/v1/groups/*", SCHEDULE, hop_api_group_delete },
    { HOP_METHOD_GET, "/api/v1/me/room", SIGNED_IN, hop_api_me_room_get },
    { HOP_METHOD_POST, "/api/v1/me/room", SIGNED_IN, hop_api_me_room_post },
    { HOP_METHOD_GET, "/api/v1/ops/live", OPERATE, hop_api_live_get },
    { HOP_METHOD_GET, "/api/v1/ops/tests", OPERATE, hop_api_ops_tests_get },
    { HOP_METHOD_GET, "/api/v1/ops/rooms/*/dump", OPERATE, hop_api_room_dump_get },
    { HOP_METHOD_GET, "/api/v1/invitations/*", PUBLIC, hop_api_invitation_get },
    { HOP_METHOD_POST, "/api/v1/invitations/*", PUBLIC, hop_api_invitation_post },
    { HOP_METHOD_POST, "/api/v1/itip", OPERATE | SCHEDULE, hop_api_itip_post },
    { HOP_METHOD_GET, "/api/v1/mail", SCHEDULE, hop_api_mail_get },
    { HOP_METHOD_POST, "/api/v1/mail/*/retry", SCHEDULE, hop_api_mail_retry_post },
    { HOP_METHOD_GET, "/api/v1/me/feed", SIGNED_IN, hop_api_my_feed_get },
    { HOP_METHOD_POST, "/api/v1/me/feed", SIGNED_IN, hop_api_my_feed_post },
    { HOP_METHOD_DELETE, "/api/v1/me/feed", SIGNED_IN, hop_api_my_feed_delete },
    { HOP_METHOD_GET, "/api/v1/resources/*/feed", ADMINISTER, hop_api_resource_feed_get },
    { HOP_METHOD_POST, "/api/v1/resources/*/feed", ADMINISTER, hop_api_resource_feed_post },
    { HOP_METHOD_DELETE, "/api/v1/resources/*/feed", ADMINISTER, hop_api_resource_feed_delete },
    { HOP_METHOD_GET, "/feeds/*", PUBLIC, hop_api_feed_get },
    { HOP_METHOD_GET, "/api/v1/tokens", SIGNED_IN, hop_api_tokens_get },
    { HOP_METHOD_POST, "/api/v1/tokens", SIGNED_IN, hop_api_tokens_post },
    { HOP_METHOD_DELETE, "/api/v1/tokens/*", SIGNED_IN, hop_api_token_delete },
    { HOP_METHOD_GET, "/healthz", PUBLIC, hop_api_healthz_get },
    { HOP_METHOD_GET, "/readyz", PUBLIC, hop_api_readyz_get },
    { HOP_METHOD_GET, "/metrics", PUBLIC, hop_api_metrics_get },
};

/* Whether the path fits; *param (g_free()) is what stands at the '*', of several with '/' between.
 */
static bool fits(const char *pattern, const char *path, char **param)
{
    g_autoptr(GString) found = g_string_new(NULL);

    for (; *pattern != '\0'; pattern++) {
        size_t len = strcspn(path, "/");

        if (*pattern != '*') {
            if (*pattern != *path++)
                return false;
            continue;
        }
        if (len == 0)
            return false;
        g_string_append_printf(found, "%s%.*s", found->len > 0 ? "/" : "", (int)len, path);
        path += len;
    }
    if (*path != '\0')
        return false;
    *param = g_strdup(found->str);
    return true;
}

static bool is_api(const char *path)
{
    return g_str_has_prefix(path, "/api/") || g_str_has_prefix(path, "/feeds/") ||
           strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0 ||
           strcmp(path, "/metrics") == 0;
}

/* Against cross-site requests: another site's page can neither send the header without being asked
 * for (CORS preflight, which is never granted), nor hide where it comes from. */
static bool is_cross_site(const struct hop_request *request)
{
    if (request->method == HOP_METHOD_GET || request->method == HOP_METHOD_HEAD)
        return false;
    return !request->hop_header || !hop_origin_matches(request->origin, request->host);
}

/* True, or the request is answered. */
static bool know_program(struct hop_server *server, struct hop_request *request, const char *text)
{
    const struct hop_store_token *token;
    int retry_after_s = 0;
    int64_t wait_us;
    int error = hop_auth_token(server->auth, text, &token, &retry_after_s);

    if (error == 0) {
        request->account = token->account;
        request->program = true;
        request->scopes = token->scopes;
        return true;
    }
    wait_us = error == -EBUSY
                  ? (int64_t)retry_after_s * 1000000
                  : hop_ratelimit_take(server->login_limit, &request->peer, hop_now_us());
    if (wait_us > 0) {
        hop_request_header(request, "retry-after", "%d", (int)(wait_us / 1000000 + 1));
        hop_respond_error(request, 429, "server.busy", "too many requests, try again later");
        return false;
    }
    hop_request_header(request, "www-authenticate", "Bearer error=\"invalid_token\"");
    hop_respond_error(request, 401, "auth.token", "there is no such token");
    return false;
}

/* By a token or a cookie, never by both. True, or the request is answered. */
static bool know_account(struct hop_server *server, struct hop_request *request)
{
    const struct hop_store_session *session;

    if (g_ascii_strncasecmp(request->authorization, "Bearer ", 7) == 0)
        return know_program(server, request, request->authorization + 7);
    session = hop_auth_session(server->auth, request->cookie);
    if (session != NULL)
        request->account = *session;
    return true;
}

/* True, or the request is answered. */
static bool may(struct hop_request *request, uint32_t who, const char *path)
{
    const struct hop_store_session *account = &request->account;

    if (who == PUBLIC)
        return true;
    if (account->user_id == 0)
        hop_respond_error(request, 401, "auth.required", "sign in first");
    else if (account->must_change && who != UNCHANGED)
        hop_respond_error(request, 403, "auth.change_password", "change the password first");
    else if (who != UNCHANGED && who != SIGNED_IN && (account->roles & who) == 0)
        hop_respond_error(request, 403, "permission.denied", "the account has not that role");
    else if (request->program && (request->scopes & hop_scope_of(request->method, path)) == 0)
        hop_respond_error(request, 403, "auth.scope", "the token is not for this");
    else
        return true;
    return false;
}

static void run_route(struct hop_server *server, struct hop_request *request,
                      const struct route *route, const char *param)
{
    if (!know_account(server, request))
        return;
    if (!request->program && is_cross_site(request)) /* no browser adds a token by itself */
        hop_respond_error(request, 403, "request.cross_site",
                          "a change needs the header X-Hop: 1 and a page of this server");
    else if (may(request, route->who, route->path))
        route->handle(server, request, param);
}

static void no_route(struct hop_request *request, bool other_method)
{
    if (other_method)
        hop_respond_error(request, 405, "request.method", "no such method here");
    else
        hop_respond_error(request, 404, "not_found", "there is no such thing");
}

bool hop_rest_route(size_t index, enum hop_method *method, const char **path, bool *everybody)
{
    if (index >= G_N_ELEMENTS(routes))
        return false;
    *method = routes[index].method;
    *path = routes[index].path;
    *everybody = routes[index].who == PUBLIC;
    return true;
}

void hop_rest_handle(void *ctx, struct hop_request *request)
{
    struct hop_server *server = ctx;
    enum hop_method method = request->method == HOP_METHOD_HEAD ? HOP_METHOD_GET : request->method;
    bool other_method = false;

    if (!is_api(request->path)) {
        hop_static_serve(server->files, request);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        g_autofree char *param = NULL;

        if (!fits(routes[i].path, request->path, &param))
            continue;
        if (routes[i].method == method) {
            run_route(server, request, &routes[i], param);
            return;
        }
        other_method = true;
    }
    no_route(request, other_method);
}

size_t hop_rest_max_body(void *ctx, const struct hop_request *request)
{
    struct hop_server *server = ctx;

    return hop_auth_session(server->auth, request->cookie) != NULL ? HOP_MAX_SIGNED_IN_BODY
                                                                   : HOP_MAX_BODY;
}
