/* What auth.c, login.c and auth_password.c share. Control thread. */
#pragma once

#include "server/auth.h"
#include "server/lockout.h"

struct hop_auth {
    struct hop_auth_config config;
    struct hop_jobs *hashing;
    struct hop_lockout *lockout;
    GHashTable *sessions; /* token hash -> struct hop_store_session */
    int64_t idle_us;
};

/* Makes room, and a token for a session that begins now; it is not remembered yet. */
void hop_auth_session_new(struct hop_auth *auth, const struct hop_store_user *user,
                          struct hop_store_session *session, char token[HOP_TOKEN_TEXT]);
void hop_auth_remember(struct hop_auth *auth, const struct hop_store_session *session);
