/* /api/v1/me: one's own account: what is known of it, password, sessions, second factor. */
#include "server/api.h"

#include "media/base/clock.h"
#include "media/base/random.h"
#include "server/account.h"
#include "server/password.h"
#include "server/totp.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* ---- the account ----------------------------------------------------------------------------- */

static void got_me(void *ctx, int error, const struct hop_store_user *user)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200, hop_api_user_json(user));
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_me_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    hop_store_user_get(server->store, request->account.user_id, got_me,
                       hop_api_pending_new(server, request));
}

struct language_change {
    struct hop_api_pending *pending;
    char language[HOP_MAX_LANGUAGE + 1];
};

static void language_read(void *ctx, int error, const struct hop_store_user *user)
{
    struct language_change *change = ctx;
    struct hop_api_pending *pending = change->pending;
    struct hop_store_user changed = *user;

    g_strlcpy(changed.language, change->language, sizeof(changed.language));
    g_free(change);
    if (error == 0)
        hop_store_user_change(pending->server->store, &changed, got_me, pending);
    else
        got_me(pending, error, user);
}

void hop_api_me_patch(struct hop_server *server, struct hop_request *request, const char *param)
{
    json_t *body = hop_api_body(request);
    const char *language = json_string_value(json_object_get(body, "language"));

    (void)param;
    if (body == NULL)
        return;
    if (language == NULL || (strcmp(language, "vi") != 0 && strcmp(language, "en") != 0)) {
        hop_api_invalid(request, "language", "must be vi or en");
    } else {
        struct language_change *change = g_new0(struct language_change, 1);

        change->pending = hop_api_pending_new(server, request);
        g_strlcpy(change->language, language, sizeof(change->language));
        hop_store_user_get(server->store, request->account.user_id, language_read, change);
    }
    json_decref(body);
}

/* ---- the password ---------------------------------------------------------------------------- */

/* A stolen session must not be a way to guess the password. */
static bool may_try(struct hop_server *server, struct hop_request *request)
{
    int64_t wait_us = hop_ratelimit_take(server->login_limit, &request->peer, hop_now_us());

    if (wait_us == 0)
        return true;
    hop_request_header(request, "retry-after", "%d", (int)(wait_us / 1000000 + 1));
    hop_respond_error(request, 429, "auth.locked", "too many tries, try again later");
    return false;
}

static void respond_done(struct hop_api_pending *pending, int error)
{
    if (error == 0)
        hop_respond_empty(pending->request, 204);
    else if (error == -EACCES)
        hop_respond_error(pending->request, 403, "auth.wrong", "the password is wrong");
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

static void password_changed(void *ctx, int error)
{
    respond_done(ctx, error);
}

void hop_api_me_password_post(struct hop_server *server, struct hop_request *request,
                              const char *param)
{
    const struct hop_store_session *account = &request->account;
    json_t *body = may_try(server, request) ? hop_api_body(request) : NULL;
    const char *old = json_string_value(json_object_get(body, "old"));
    const char *fresh = json_string_value(json_object_get(body, "new"));
    const char *rule;

    (void)param;
    if (body == NULL)
        return;
    rule = fresh != NULL ? hop_password_rule(fresh, account->username, account->name) : "short";
    if (old == NULL)
        hop_api_invalid(request, "old", "is missing");
    else if (rule != NULL || strcmp(old, fresh) == 0)
        hop_api_invalid(request, "new", rule != NULL ? rule : "same");
    else
        hop_auth_password(server->auth, account->user_id, account->id, old, fresh, password_changed,
                          hop_api_pending_new(server, request));
    json_decref(body);
}

/* ---- sessions -------------------------------------------------------------------------------- */

void hop_api_me_sessions_get(struct hop_server *server, struct hop_request *request,
                             const char *param)
{
    const struct hop_store_session *sessions[100];
    size_t n = hop_auth_sessions_of(server->auth, request->account.user_id, sessions,
                                    G_N_ELEMENTS(sessions));
    json_t *list = json_array();

    (void)param;
    for (size_t i = 0; i < n; i++) {
        const struct hop_store_session *s = sessions[i];
        char created[HOP_TIME_TEXT], seen[HOP_TIME_TEXT];

        json_array_append_new(list, json_pack("{s:s,s:b,s:s,s:s,s:s,s:s}", "id", s->id, "this",
                                              strcmp(s->id, request->account.id) == 0, "agent",
                                              s->agent, "address", s->address, "created_at",
                                              hop_time_format(s->created_us, created), "seen_at",
                                              hop_time_format(s->seen_us, seen)));
    }
    hop_respond_json(request, 200, json_pack("{s:o}", "sessions", list));
}

void hop_api_me_session_delete(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    if (hop_auth_revoke(server->auth, request->account.user_id, param)) {
        hop_api_audit(server, request, 0, "session.revoked", json_pack("{s:s}", "id", param));
        hop_respond_empty(request, 204);
    } else {
        hop_respond_error(request, 404, "not_found", "there is no such session");
    }
}

/* ---- the second factor ----------------------------------------------------------------------- */

/* Setting it up takes two calls, and nothing is kept between them: the first gives a secret, the
 * second brings it back with a code that proves that the application has it. */
struct totp_change {
    struct hop_api_pending *pending;
    bool off;
    uint8_t secret[HOP_TOTP_SECRET];
    int64_t step;
    char codes[HOP_RECOVERY_CODES][HOP_RECOVERY_TEXT];
};

static void totp_stored(void *ctx, int error)
{
    struct totp_change *change = ctx;
    struct hop_api_pending *pending = change->pending;
    json_t *codes = json_array();

    for (size_t i = 0; i < HOP_RECOVERY_CODES; i++)
        json_array_append_new(codes, json_string(change->codes[i]));
    if (error == 0)
        hop_api_audit(pending->server, pending->request, 0,
                      change->off ? "account.totp_off" : "account.totp_on", NULL);
    if (error == 0 && !change->off) {
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "recovery_codes", codes));
        hop_api_pending_free(pending);
    } else {
        respond_done(pending, error);
    }
    json_decref(codes);
    sodium_memzero(change, sizeof(*change));
    g_free(change);
}

static void totp_checked(void *ctx, int error)
{
    struct totp_change *change = ctx;
    struct hop_api_pending *pending = change->pending;
    int64_t user_id = pending->request->account.user_id;
    uint8_t hashes[HOP_RECOVERY_CODES][HOP_HASH];

    if (error != 0) {
        respond_done(pending, error);
        g_free(change);
        return;
    }
    for (size_t i = 0; !change->off && i < HOP_RECOVERY_CODES; i++) {
        hop_recovery_code(change->codes[i]);
        hop_recovery_hash(change->codes[i], hashes[i]);
    }
    hop_store_user_set_totp(pending->server->store, user_id, change->off ? NULL : change->secret,
                            change->step, hashes, totp_stored, change);
}

static void offer_secret(struct hop_server *server, struct hop_request *request)
{
    uint8_t secret[HOP_TOTP_SECRET];
    char text[HOP_TOTP_SECRET_TEXT];
    g_autofree char *uri = NULL;

    hop_random_bytes(secret, sizeof(secret));
    hop_totp_secret_text(secret, text);
    uri = hop_totp_uri(secret, server->config->name, request->account.username);
    hop_respond_json(request, 200, json_pack("{s:s,s:s}", "secret", text, "uri", uri));
}

void hop_api_me_totp_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    json_t *body = may_try(server, request) ? hop_api_body(request) : NULL;
    const char *secret = json_string_value(json_object_get(body, "secret"));
    const char *code = json_string_value(json_object_get(body, "code"));
    const char *password = json_string_value(json_object_get(body, "password"));
    struct totp_change change = { 0 };

    (void)param;
    if (body == NULL)
        return;
    if (secret == NULL)
        offer_secret(server, request);
    else if (!hop_totp_secret_parse(secret, change.secret))
        hop_api_invalid(request, "secret", "is not the one that was given");
    else if (code == NULL || (change.step = hop_totp_match(change.secret, code, hop_wall_us())) < 0)
        hop_respond_error(request, 403, "auth.wrong_code", "the code does not fit the secret");
    else if (password == NULL)
        hop_api_invalid(request, "password", "is missing");
    else {
        struct totp_change *kept = g_memdup2(&change, sizeof(change));

        kept->pending = hop_api_pending_new(server, request);
        hop_auth_check(server->auth, request->account.user_id, password, totp_checked, kept);
    }
    json_decref(body);
}

void hop_api_me_totp_delete(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    json_t *body = may_try(server, request) ? hop_api_body(request) : NULL;
    const char *password = json_string_value(json_object_get(body, "password"));

    (void)param;
    if (body == NULL)
        return;
    if (password == NULL) {
        hop_api_invalid(request, "password", "is missing");
    } else {
        struct totp_change *change = g_new0(struct totp_change, 1);

        change->pending = hop_api_pending_new(server, request);
        change->off = true;
        hop_auth_check(server->auth, request->account.user_id, password, totp_checked, change);
    }
    json_decref(body);
}
