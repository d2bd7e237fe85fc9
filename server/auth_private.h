/* What auth.c, login.c and auth_password.c share. Control thread. */
#pragma once

#include "server/auth.h"
#include "server/lockout.h"

struct hop_auth {
    struct hop_auth_config config;
    struct hop_jobs *hashing;
    struct hop_lockout *lockout;
    GHashTable *sessions; /* token hash -> struct hop_store_session */
    GHashTable *tokens;   /* hash -> of auth_token.c */
    int64_t data_version; /* of the database; 0: not known */
    int64_t idle_us;
};

/* Makes room, and a token for a session that begins now; it is not remembered yet. */
void hop_auth_session_new(struct hop_auth *auth, const struct hop_store_user *user,
                          struct hop_store_session *session, char token[HOP_TOKEN_TEXT]);
void hop_auth_tokens_load(struct hop_auth *auth);
/* His account was changed. */
void hop_auth_tokens_follow(struct hop_auth *auth, const struct hop_store_user *user);
guint hop_auth_hash_key(gconstpointer key);
gboolean hop_auth_equal_key(gconstpointer a, gconstpointer b);
void hop_auth_remember(struct hop_auth *auth, const struct hop_store_session *session);
