/* See auth.h. A login is three steps: the account from the store, the password's hash on the
 * hashing thread, the session into the store. */
#include "server/auth.h"

#define HOP_LOG_MODULE "auth"
#include "media/base/clock.h"
#include "media/base/log.h"
#include "media/base/random.h"
#include "server/lockout.h"
#include "server/password.h"
#include "server/request.h"
#include "server/store/audit.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum {
    HASH_QUEUE = 8, /* logins waiting: each hash takes 64 MiB and about 0.1 s */
    MAX_SESSIONS = 10000,
    TOKEN_BYTES = 32,
    SAVE_SEEN_US = 600 * 1000000,
};

struct hop_auth {
    struct hop_auth_config config;
    struct hop_jobs *hashing;
    struct hop_lockout *lockout;
    GHashTable *sessions; /* token hash -> struct hop_store_session */
    int64_t idle_us;
};

/* ---- sessions -------------------------------------------------------------------------------- */

static guint hash_key(gconstpointer key)
{
    guint value;

    memcpy(&value, key, sizeof(value)); /* a SHA-256 is spread well enough */
    return value;
}

static gboolean equal_key(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, HOP_TOKEN_HASH) == 0;
}

static void remember(struct hop_auth *auth, const struct hop_store_session *session)
{
    struct hop_store_session *copy = g_memdup2(session, sizeof(*session));

    g_hash_table_replace(auth->sessions, copy->token_hash, copy);
}

static void sessions_loaded(void *ctx, int error, const struct hop_store_session *sessions,
                            size_t n)
{
    struct hop_auth *auth = ctx;

    if (error != 0)
        hop_warn("the sessions could not be read: %s", g_strerror(-error));
    for (size_t i = 0; i < n && i < MAX_SESSIONS; i++)
        remember(auth, &sessions[i]);
}

int hop_auth_new(const struct hop_auth_config *config, struct hop_auth **out)
{
    struct hop_jobs_config jobs = {
        .name = "hop-hash", .limit = HASH_QUEUE, .wake = config->wake, .wake_ctx = config->wake_ctx
    };
    struct hop_auth *auth;

    if (sodium_init() < 0)
        return -ENOSYS;
    auth = g_new0(struct hop_auth, 1);
    auth->config = *config;
    auth->idle_us = (int64_t)config->session_hours * 3600 * 1000000;
    auth->lockout = hop_lockout_new();
    auth->sessions = g_hash_table_new_full(hash_key, equal_key, NULL, g_free);
    if (hop_jobs_new(&jobs, &auth->hashing) != 0) {
        hop_auth_free(auth);
        return -EAGAIN;
    }
    hop_store_sessions_load(config->store, hop_wall_us() - auth->idle_us, sessions_loaded, auth);
    hop_store_flush(config->store);
    *out = auth;
    return 0;
}

void hop_auth_free(struct hop_auth *auth)
{
    if (auth == NULL)
        return;
    /* a login may be in any of its three steps: each flush takes it into the next one */
    hop_store_flush(auth->config.store);
    if (auth->hashing != NULL)
        hop_jobs_flush(auth->hashing);
    hop_store_flush(auth->config.store);
    hop_jobs_free(auth->hashing);
    hop_lockout_free(auth->lockout);
    g_hash_table_destroy(auth->sessions);
    g_free(auth);
}

void hop_auth_collect(struct hop_auth *auth)
{
    hop_jobs_collect(auth->hashing);
}

size_t hop_auth_sessions(const struct hop_auth *auth)
{
    return g_hash_table_size(auth->sessions);
}

static void hash_token(const char *token, uint8_t out[HOP_TOKEN_HASH])
{
    crypto_hash_sha256(out, (const unsigned char *)token, strlen(token));
}

static struct hop_store_session *find_session(struct hop_auth *auth, const char *cookie)
{
    g_autofree char *token = hop_cookie_get(cookie, "hop_session");
    uint8_t hash[HOP_TOKEN_HASH];

    if (token == NULL || strlen(token) >= HOP_TOKEN_TEXT)
        return NULL;
    hash_token(token, hash);
    return g_hash_table_lookup(auth->sessions, hash);
}

static void end_session(struct hop_auth *auth, struct hop_store_session *session)
{
    hop_store_session_remove(auth->config.store, session->token_hash, NULL, NULL);
    g_hash_table_remove(auth->sessions, session->token_hash);
}

bool hop_auth_identify(struct hop_auth *auth, const char *cookie, struct hop_identity *out)
{
    struct hop_store_session *session = find_session(auth, cookie);
    int64_t now = hop_wall_us();

    memset(out, 0, sizeof(*out));
    if (session == NULL)
        return false;
    if (now - session->seen_us > auth->idle_us) {
        end_session(auth, session);
        return false;
    }
    if (now - session->seen_us > SAVE_SEEN_US) {
        session->seen_us = now;
        hop_store_session_save(auth->config.store, session, NULL, NULL);
    }
    out->user_id = session->user.id;
    g_strlcpy(out->name, session->user.name, sizeof(out->name));
    out->administrator = session->user.administrator;
    return true;
}

const char *hop_auth_username(struct hop_auth *auth, int64_t user_id)
{
    struct hop_store_session *session;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, auth->sessions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&session))
        if (session->user.id == user_id)
            return session->user.username;
    return NULL;
}

void hop_auth_logout(struct hop_auth *auth, const char *cookie)
{
    struct hop_store_session *session = find_session(auth, cookie);
    g_autofree char *who = NULL;

    if (session == NULL)
        return;
    who = g_strdup_printf("user:%s", session->user.username);
    hop_store_audit(auth->config.store, hop_wall_us(), 0, who, "session.closed", NULL);
    end_session(auth, session);
}

/* ---- signing in ------------------------------------------------------------------------------ */

struct login {
    struct hop_job job; /* the hash */
    struct hop_auth *auth;
    struct hop_addr who;
    char username[HOP_MAX_USERNAME + 1];
    char password[HOP_MAX_PASSWORD + 1];
    struct hop_store_user user; /* id 0: there is no such account */
    struct hop_store_session session;
    char token[HOP_TOKEN_TEXT];
    hop_login_cb cb;
    void *ctx;
};

static void finish_login(struct login *login, int error, int retry_after_s)
{
    struct hop_login result = {
        .error = error, .retry_after_s = retry_after_s, .token = login->token, .user = &login->user
    };

    login->cb(login->ctx, &result);
    sodium_memzero(login, sizeof(*login));
    g_free(login);
}

static void audit_login(struct login *login, const char *action)
{
    const char *name = login->user.id != 0 ? login->user.username : login->username;
    g_autofree char *who = g_strdup_printf("user:%s", name);
    char ip[HOP_ADDR_TEXT];
    g_autofree char *detail =
        g_strdup_printf("{\"from\":\"%s\"}", hop_addr_format_ip(&login->who, ip));

    hop_store_audit(login->auth->config.store, hop_wall_us(), 0, who, action, detail);
}

static void session_saved(void *ctx, int error)
{
    struct login *login = ctx;

    if (error == 0) {
        hop_lockout_clear(login->auth->lockout, login->username, &login->who);
        remember(login->auth, &login->session);
        audit_login(login, "session.opened");
    }
    finish_login(login, error, 0);
}

/* Full table: whoever was away the longest signs in again. */
static void make_room(struct hop_auth *auth)
{
    struct hop_store_session *session, *oldest = NULL;
    GHashTableIter iter;

    if (g_hash_table_size(auth->sessions) < MAX_SESSIONS)
        return;
    g_hash_table_iter_init(&iter, auth->sessions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&session))
        if (oldest == NULL || session->seen_us < oldest->seen_us)
            oldest = session;
    end_session(auth, oldest);
}

static void open_session(struct login *login)
{
    uint8_t bytes[TOKEN_BYTES];

    make_room(login->auth);
    hop_random_bytes(bytes, sizeof(bytes));
    sodium_bin2base64(login->token, sizeof(login->token), bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_token(login->token, login->session.token_hash);
    login->session.user = login->user;
    login->session.user.password_hash[0] = '\0';
    login->session.created_us = login->session.seen_us = hop_wall_us();
    hop_store_session_save(login->auth->config.store, &login->session, session_saved, login);
}

/* An account that is not there costs the same time as a wrong password, so that nobody can tell. */
static void verify_run(struct hop_job *job, void *ctx)
{
    struct login *login = (struct login *)job;
    char none[HOP_MAX_PASSWORD_HASH + 1];

    (void)ctx;
    if (login->user.id == 0)
        job->error = hop_password_hash(login->password, none) == 0 ? -EACCES : -ENOMEM;
    else
        job->error = hop_password_fits(login->user.password_hash, login->password) ? 0 : -EACCES;
}

static void verify_done(struct hop_job *job)
{
    struct login *login = (struct login *)job;

    if (job->error == 0) {
        open_session(login);
        return;
    }
    if (job->error == -EACCES)
        audit_login(login, "session.refused");
    finish_login(login, job->error, 0);
}

static void user_found(void *ctx, int error, const struct hop_store_user *user)
{
    struct login *login = ctx;

    if (error != 0 && error != -ENOENT) {
        finish_login(login, error, 0);
        return;
    }
    if (error == 0)
        login->user = *user;
    hop_jobs_post(login->auth->hashing, &login->job);
}

void hop_auth_login(struct hop_auth *auth, const char *username, const char *password,
                    const struct hop_addr *who, hop_login_cb cb, void *ctx)
{
    struct login *login = g_new0(struct login, 1);
    int wait_s;

    login->auth = auth;
    login->job = (struct hop_job){ .run = verify_run, .done = verify_done };
    login->who = *who;
    login->cb = cb;
    login->ctx = ctx;
    if (strlen(username) > HOP_MAX_USERNAME || strlen(password) > HOP_MAX_PASSWORD) {
        finish_login(login, -EACCES, 0);
        return;
    }
    g_strlcpy(login->username, username, sizeof(login->username));
    g_strlcpy(login->password, password, sizeof(login->password));
    wait_s = hop_lockout_try(auth->lockout, username, who, hop_now_us());
    if (wait_s > 0)
        finish_login(login, -EBUSY, wait_s);
    else
        hop_store_user_find(auth->config.store, login->username, user_found, login);
}
