/* Sessions; see auth.h. */
#include "server/auth_private.h"

#define HOP_LOG_MODULE "auth"
#include "media/base/clock.h"
#include "media/base/log.h"
#include "media/base/random.h"
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

/* ---- life ------------------------------------------------------------------------------------ */

guint hop_auth_hash_key(gconstpointer key)
{
    guint value;

    memcpy(&value, key, sizeof(value)); /* a SHA-256 is spread well enough */
    return value;
}

gboolean hop_auth_equal_key(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, HOP_TOKEN_HASH) == 0;
}

void hop_auth_remember(struct hop_auth *auth, const struct hop_store_session *session)
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
        hop_auth_remember(auth, &sessions[i]);
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
    auth->sessions = g_hash_table_new_full(hop_auth_hash_key, hop_auth_equal_key, NULL, g_free);
    auth->tokens = g_hash_table_new_full(hop_auth_hash_key, hop_auth_equal_key, NULL, g_free);
    if (hop_jobs_new(&jobs, &auth->hashing) != 0) {
        hop_auth_free(auth);
        return -EAGAIN;
    }
    hop_store_sessions_load(config->store, hop_wall_us() - auth->idle_us, sessions_loaded, auth);
    hop_auth_tokens_load(auth);
    hop_store_flush(config->store);
    *out = auth;
    return 0;
}

void hop_auth_free(struct hop_auth *auth)
{
    if (auth == NULL)
        return;
    /* what is under way has up to four steps, in turn here and there: each flush takes it on */
    for (int i = 0; i < 3; i++) {
        hop_store_flush(auth->config.store);
        if (auth->hashing != NULL)
            hop_jobs_flush(auth->hashing);
    }
    hop_store_flush(auth->config.store);
    hop_jobs_free(auth->hashing);
    hop_lockout_free(auth->lockout);
    g_hash_table_destroy(auth->sessions);
    g_hash_table_destroy(auth->tokens);
    g_free(auth);
}

void hop_auth_collect(struct hop_auth *auth)
{
    hop_jobs_collect(auth->hashing);
}

/* ---- sessions -------------------------------------------------------------------------------- */

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

const struct hop_store_session *hop_auth_session(struct hop_auth *auth, const char *cookie)
{
    struct hop_store_session *session = find_session(auth, cookie);
    int64_t now = hop_wall_us();

    if (session == NULL)
        return NULL;
    if (now - session->seen_us > auth->idle_us) {
        end_session(auth, session);
        return NULL;
    }
    if (now - session->seen_us > SAVE_SEEN_US) {
        session->seen_us = now;
        hop_store_session_save(auth->config.store, session, NULL, NULL);
    }
    return session;
}

bool hop_auth_identify(struct hop_auth *auth, const char *cookie, struct hop_identity *out)
{
    const struct hop_store_session *session = hop_auth_session(auth, cookie);

    memset(out, 0, sizeof(*out));
    if (session == NULL || session->must_change)
        return false;
    out->user_id = session->user_id;
    g_strlcpy(out->name, session->name, sizeof(out->name));
    out->administrator = (session->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0;
    return true;
}

size_t hop_auth_sessions_of(struct hop_auth *auth, int64_t user_id,
                            const struct hop_store_session **out, size_t max)
{
    const struct hop_store_session *session;
    GHashTableIter iter;
    size_t n = 0;

    g_hash_table_iter_init(&iter, auth->sessions);
    while (n < max && g_hash_table_iter_next(&iter, NULL, (gpointer *)&session))
        if (session->user_id == user_id)
            out[n++] = session;
    return n;
}

void hop_auth_logout(struct hop_auth *auth, const char *cookie)
{
    struct hop_store_session *session = find_session(auth, cookie);
    g_autofree char *who = NULL;

    if (session == NULL)
        return;
    who = g_strdup_printf("user:%s", session->username);
    hop_store_audit(auth->config.store, hop_wall_us(), 0, who, "session.closed", NULL);
    end_session(auth, session);
}

bool hop_auth_revoke(struct hop_auth *auth, int64_t user_id, const char *session_id)
{
    struct hop_store_session *session;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, auth->sessions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&session)) {
        if (session->user_id != user_id || strcmp(session->id, session_id) != 0)
            continue;
        end_session(auth, session);
        return true;
    }
    return false;
}

void hop_auth_revoke_all(struct hop_auth *auth, int64_t user_id, const char *but)
{
    struct hop_store_session *session;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, auth->sessions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&session)) {
        if (session->user_id != user_id || (but != NULL && strcmp(session->id, but) == 0))
            continue;
        hop_store_session_remove(auth->config.store, session->token_hash, NULL, NULL);
        g_hash_table_iter_remove(&iter);
    }
}

void hop_auth_user_changed(struct hop_auth *auth, const struct hop_store_user *user)
{
    struct hop_store_session *session;
    GHashTableIter iter;

    hop_auth_tokens_follow(auth, user);
    if (user->disabled) {
        hop_auth_revoke_all(auth, user->id, NULL);
        return;
    }
    g_hash_table_iter_init(&iter, auth->sessions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&session)) {
        if (session->user_id != user->id)
            continue;
        g_strlcpy(session->name, user->name, sizeof(session->name));
        session->roles = user->roles;
        session->unit_id = user->unit_id;
        session->must_change = user->must_change;
    }
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

void hop_auth_session_new(struct hop_auth *auth, const struct hop_store_user *user,
                          struct hop_store_session *session, char token[HOP_TOKEN_TEXT])
{
    uint8_t bytes[TOKEN_BYTES];

    make_room(auth);
    hop_random_bytes(bytes, sizeof(bytes));
    sodium_bin2base64(token, HOP_TOKEN_TEXT, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_token(token, session->token_hash);
    hop_random_bytes(bytes, HOP_SESSION_ID / 2);
    sodium_bin2hex(session->id, sizeof(session->id), bytes, HOP_SESSION_ID / 2);
    session->user_id = user->id;
    g_strlcpy(session->username, user->username, sizeof(session->username));
    g_strlcpy(session->name, user->name, sizeof(session->name));
    session->roles = user->roles;
    session->unit_id = user->unit_id;
    session->must_change = user->must_change;
    session->created_us = session->seen_us = hop_wall_us();
}
