/* Tokens of programs, and what another process (hopctl) has changed; see auth.h. */
#include "server/auth_private.h"

#define HOP_LOG_MODULE "auth"
#include "media/base/clock.h"
#include "media/base/log.h"
#include "media/base/random.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* A token has TOKEN_BURST requests at once, then one each TOKEN_INTERVAL_US. */
enum { TOKEN_BYTES = 32, TOKEN_BURST = 100, TOKEN_INTERVAL_US = 50000, SAVE_USED_US = 600000000 };

struct entry {
    struct hop_store_token token;
    int64_t next_us; /* when all its requests would have been paid for */
};

static void remember(struct hop_auth *auth, const struct hop_store_token *token)
{
    struct entry *entry = g_new0(struct entry, 1);

    entry->token = *token;
    g_hash_table_replace(auth->tokens, entry->token.hash, entry);
}

static void tokens_loaded(void *ctx, int error, const struct hop_store_token *tokens, size_t n)
{
    struct hop_auth *auth = ctx;

    if (error != 0) {
        hop_warn("the tokens could not be read: %s", g_strerror(-error));
        return;
    }
    g_hash_table_remove_all(auth->tokens);
    for (size_t i = 0; i < n; i++)
        remember(auth, &tokens[i]);
}

void hop_auth_tokens_load(struct hop_auth *auth)
{
    hop_store_tokens_load(auth->config.store, tokens_loaded, auth);
}

static void hash_of(const char *token, uint8_t hash[HOP_HASH])
{
    crypto_hash_sha256(hash, (const unsigned char *)token, strlen(token));
}

int hop_auth_token(struct hop_auth *auth, const char *text, const struct hop_store_token **out,
                   int *retry_after_s)
{
    int64_t now = hop_now_us(), wall = hop_wall_us();
    uint8_t hash[HOP_HASH];
    struct entry *entry;

    if (!g_str_has_prefix(text, HOP_API_TOKEN_PREFIX) || strlen(text) >= HOP_API_TOKEN_TEXT)
        return -ENOENT;
    hash_of(text, hash);
    entry = g_hash_table_lookup(auth->tokens, hash);
    if (entry == NULL)
        return -ENOENT;
    entry->next_us = MAX(entry->next_us, now);
    if (entry->next_us - now > (int64_t)TOKEN_BURST * TOKEN_INTERVAL_US) {
        *retry_after_s = 1 + (int)(TOKEN_BURST * TOKEN_INTERVAL_US / 2000000);
        return -EBUSY;
    }
    entry->next_us += TOKEN_INTERVAL_US;
    if (wall - entry->token.used_us > SAVE_USED_US) {
        entry->token.used_us = wall;
        hop_store_token_used(auth->config.store, entry->token.id, wall);
    }
    *out = &entry->token;
    return 0;
}

void hop_auth_token_new(struct hop_store_token *token, char text[HOP_API_TOKEN_TEXT])
{
    size_t prefix = strlen(HOP_API_TOKEN_PREFIX);
    uint8_t bytes[TOKEN_BYTES];

    hop_random_bytes(bytes, sizeof(bytes));
    g_strlcpy(text, HOP_API_TOKEN_PREFIX, HOP_API_TOKEN_TEXT);
    sodium_bin2base64(text + prefix, HOP_API_TOKEN_TEXT - prefix, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_of(text, token->hash);
}

void hop_auth_token_added(struct hop_auth *auth, const struct hop_store_token *token)
{
    remember(auth, token);
}

void hop_auth_token_removed(struct hop_auth *auth, int64_t id)
{
    GHashTableIter iter;
    struct entry *entry;

    g_hash_table_iter_init(&iter, auth->tokens);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&entry))
        if (entry->token.id == id)
            g_hash_table_iter_remove(&iter);
}

size_t hop_auth_tokens_of(struct hop_auth *auth, int64_t user_id,
                          const struct hop_store_token **out, size_t max)
{
    GHashTableIter iter;
    struct entry *entry;
    size_t n = 0;

    g_hash_table_iter_init(&iter, auth->tokens);
    while (n < max && g_hash_table_iter_next(&iter, NULL, (gpointer *)&entry))
        if (entry->token.user_id == user_id)
            out[n++] = &entry->token;
    return n;
}

void hop_auth_tokens_follow(struct hop_auth *auth, const struct hop_store_user *user)
{
    GHashTableIter iter;
    struct entry *entry;

    g_hash_table_iter_init(&iter, auth->tokens);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&entry)) {
        struct hop_store_session *account = &entry->token.account;

        if (entry->token.user_id != user->id)
            continue;
        g_strlcpy(account->name, user->name, sizeof(account->name));
        account->roles = user->roles;
        account->unit_id = user->unit_id;
        account->must_change = user->must_change;
        if (user->disabled)
            g_hash_table_iter_remove(&iter);
    }
    /* one that was shut may be opened again, and has its tokens then */
    hop_auth_tokens_load(auth);
}

/* ---- what others changed --------------------------------------------------------------------- */

static void sessions_read(void *ctx, int error, const struct hop_store_session *sessions, size_t n)
{
    struct hop_auth *auth = ctx;

    if (error != 0)
        return;
    g_hash_table_remove_all(auth->sessions);
    for (size_t i = 0; i < n; i++)
        hop_auth_remember(auth, &sessions[i]);
}

static void version_read(void *ctx, int error, int64_t version)
{
    struct hop_auth *auth = ctx;

    if (error != 0 || version == auth->data_version)
        return;
    if (auth->data_version != 0) {
        hop_store_sessions_load(auth->config.store, hop_wall_us() - auth->idle_us, sessions_read,
                                auth);
        hop_auth_tokens_load(auth);
    }
    auth->data_version = version;
}

void hop_auth_look_outside(struct hop_auth *auth)
{
    hop_store_data_version(auth->config.store, version_read, auth);
}
