/* /api/v1/users: accounts, kept by administrators, read by secretaries who invite them. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/account.h"
#include "server/password.h"

#include <errno.h>
#include <string.h>

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -EEXIST:
        hop_respond_error(request, 409, "user.exists", "the account's name or e-mail is taken");
        return;
    case -ENOENT:
        hop_respond_error(request, 404, "user.not_found", "there is no such account, or unit");
        return;
    case -ESTALE:
        hop_respond_error(request, 409, "user.changed", "somebody else has changed it meanwhile");
        return;
    case -EPERM:
        hop_respond_error(request, 409, "user.last_administrator",
                          "nobody would be left who may administer");
        return;
    default:
        hop_respond_errno(request, error);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static void listed(void *ctx, int error, const struct hop_store_user *users, size_t n, bool more)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, hop_api_user_json(&users[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:O,s:b}", "users", list, "more", (int)more));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

/* A number of the query; false: it is there, and none. */
static bool query_number(const struct hop_request *request, const char *name, gint64 max,
                         gint64 *out)
{
    g_autofree char *text = hop_request_query(request, name);

    return text == NULL || g_ascii_string_to_signed(text, 10, 0, max, out, NULL);
}

void hop_api_users_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    g_autofree char *search = hop_request_query(request, "search");
    g_autofree char *role = hop_request_query(request, "role");
    g_autofree char *disabled = hop_request_query(request, "disabled");
    struct hop_store_user_query query = { .search = search };
    gint64 unit = 0, offset = 0, limit = 50;

    (void)param;
    if (!query_number(request, "unit", INT64_MAX, &unit))
        hop_api_invalid(request, "unit", "must be the id of a unit");
    else if (!query_number(request, "offset", 1000000, &offset))
        hop_api_invalid(request, "offset", "must be a number");
    else if (!query_number(request, "limit", HOP_MAX_USER_PAGE, &limit) || limit < 1)
        hop_api_invalid(request, "limit", "must be a number from 1 to 200");
    else if (role != NULL && !hop_api_role_parse(role, &query.roles))
        hop_api_invalid(request, "role", "there is no such role");
    else {
        query.unit_id = unit;
        query.offset = (size_t)offset;
        query.limit = (size_t)limit;
        query.disabled = disabled != NULL && strcmp(disabled, "true") == 0;
        hop_store_user_list(server->store, &query, listed, hop_api_pending_new(server, request));
    }
}

static void got(void *ctx, int error, const struct hop_store_user *user)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200, hop_api_user_json(user));
    else
        respond_error(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_user_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_user_get(server->store, id, got, hop_api_pending_new(server, request));
}

/* ---- adding ---------------------------------------------------------------------------------- */

struct adding {
    struct hop_api_pending *pending;
    char *password;
};

static void added(void *ctx, int error, const struct hop_store_user *user)
{
    struct adding *adding = ctx;
    struct hop_api_pending *pending = adding->pending;

    if (error == 0) {
        json_t *json = hop_api_user_json(user);

        json_object_set_new(json, "password", json_string(adding->password));
        hop_api_audit(pending->server, pending->request, 0, "account.made",
                      json_pack("{s:s}", "username", user->username));
        hop_respond_json(pending->request, 201, json);
    } else {
        respond_error(pending->request, error);
    }
    hop_api_pending_free(pending);
    g_free(adding->password);
    g_free(adding);
}

static void add(struct hop_server *server, struct hop_request *request, struct hop_store_user *user)
{
    struct adding *adding = g_new0(struct adding, 1);

    adding->pending = hop_api_pending_new(server, request);
    adding->password = hop_password_random();
    user->must_change = true;
    if (user->roles == 0)
        user->roles = HOP_ACCOUNT_OFFICIAL;
    if (hop_password_hash_random(adding->password, user->password_hash) != 0)
        added(adding, -ENOMEM, user);
    else
        hop_store_user_add(server->store, user, hop_wall_us(), added, adding);
}

void hop_api_users_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    json_t *body = hop_api_body(request);
    const char *username = json_string_value(json_object_get(body, "username"));
    struct hop_store_user user = { 0 };
    const char *wrong, *member = "username";

    (void)param;
    if (body == NULL)
        return;
    wrong = username != NULL ? hop_account_username_wrong(username) : "is missing";
    if (wrong == NULL)
        wrong = hop_account_read(body, &user, &member);
    if (wrong != NULL) {
        hop_api_invalid(request, member, wrong);
    } else if (user.name[0] == '\0') {
        hop_api_invalid(request, "name", "is missing");
    } else {
        g_strlcpy(user.username, username, sizeof(user.username));
        add(server, request, &user);
    }
    json_decref(body);
}

/* ---- changing -------------------------------------------------------------------------------- */

struct changing {
    struct hop_api_pending *pending;
    json_t *body;
    struct hop_store_user before;
};

static void changing_end(struct changing *changing)
{
    hop_api_pending_free(changing->pending);
    json_decref(changing->body);
    g_free(changing);
}

/* What he is signed in to, and sits in, follows at once. */
static void follow(struct hop_server *server, const struct hop_store_user *user)
{
    hop_auth_user_changed(server->auth, user);
    if (user->disabled)
        hop_signaling_user_removed(server->signaling, user->id);
}

static void changed(void *ctx, int error, const struct hop_store_user *user)
{
    struct changing *changing = ctx;
    struct hop_request *request = changing->pending->request;

    if (error == 0) {
        follow(changing->pending->server, user);
        hop_api_audit(changing->pending->server, request, 0, "account.changed",
                      json_pack("{s:s,s:o,s:b}", "username", user->username, "roles",
                                hop_api_roles_json(user->roles), "disabled", (int)user->disabled));
        hop_respond_json(request, 200, hop_api_user_json(user));
    } else {
        respond_error(request, error);
    }
    changing_end(changing);
}

static void change_read(void *ctx, int error, const struct hop_store_user *user)
{
    struct changing *changing = ctx;
    struct hop_request *request = changing->pending->request;
    const json_t *version = json_object_get(changing->body, "version");
    struct hop_store_user next = *user;
    const char *wrong, *member;

    if (error != 0) {
        respond_error(request, error);
        changing_end(changing);
        return;
    }
    wrong = hop_account_read(changing->body, &next, &member);
    next.version = json_integer_value(version);
    if (wrong != NULL) {
        hop_api_invalid(request, member, wrong);
        changing_end(changing);
    } else if (!json_is_integer(version)) {
        hop_api_invalid(request, "version", "must be that of the account as it was read");
        changing_end(changing);
    } else {
        hop_store_user_change(changing->pending->server->store, &next, changed, changing);
    }
}

void hop_api_user_patch(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct changing *changing;
    json_t *body;
    int64_t id;

    if (!hop_api_id(request, param, &id) || (body = hop_api_body(request)) == NULL)
        return;
    changing = g_new0(struct changing, 1);
    changing->pending = hop_api_pending_new(server, request);
    changing->body = body;
    hop_store_user_get(server->store, id, change_read, changing);
}

/* ---- a new password -------------------------------------------------------------------------- */

struct resetting {
    struct hop_api_pending *pending;
    int64_t user_id;
    bool totp; /* the second factor goes, too */
    char *password;
};

static void reset_done(void *ctx, int error)
{
    struct resetting *r = ctx;
    struct hop_server *server = r->pending->server;

    if (error == 0) {
        hop_auth_revoke_all(server->auth, r->user_id, NULL);
        hop_api_audit(server, r->pending->request, 0, "account.reset",
                      json_pack("{s:I,s:b}", "user", (json_int_t)r->user_id, "totp", (int)r->totp));
        hop_respond_json(r->pending->request, 200, json_pack("{s:s}", "password", r->password));
    } else {
        respond_error(r->pending->request, error);
    }
    hop_api_pending_free(r->pending);
    g_free(r->password);
    g_free(r);
}

static void reset_totp(void *ctx, int error)
{
    struct resetting *r = ctx;

    if (error == 0 && r->totp)
        hop_store_user_set_totp(r->pending->server->store, r->user_id, NULL, 0, NULL, reset_done,
                                r);
    else
        reset_done(r, error);
}

/* For who has forgotten it, or lost his second factor: a one-time password that he has to change.
 */
void hop_api_user_password_post(struct hop_server *server, struct hop_request *request,
                                const char *param)
{
    char hash[HOP_MAX_PASSWORD_HASH + 1];
    struct resetting *r;
    json_t *body;
    int64_t id;

    if (!hop_api_id(request, param, &id) || (body = hop_api_body(request)) == NULL)
        return;
    r = g_new0(struct resetting, 1);
    r->pending = hop_api_pending_new(server, request);
    r->user_id = id;
    r->totp = json_is_true(json_object_get(body, "totp"));
    r->password = hop_password_random();
    json_decref(body);
    if (hop_password_hash_random(r->password, hash) != 0)
        reset_done(r, -ENOMEM);
    else
        hop_store_user_set_password(server->store, id, hash, true, reset_totp, r);
}
