/* Signing in and sessions. Passwords are checked on a thread of their own; a session is a random
 * token in a cookie, of which only the SHA-256 is kept.
 *
 * Control thread. hop_auth_new() waits for the store: at start.
 */
#pragma once

#include "server/store/users.h"
#include "signaling/host.h"

#include "media/base/addr.h"

struct hop_auth;

enum { HOP_TOKEN_TEXT = 44 };

struct hop_auth_config {
    struct hop_store *store;
    int session_hours;
    void (*wake)(void *ctx); /* any thread: call hop_auth_collect() on the control thread */
    void *wake_ctx;
};

/* Reads the sessions. 0 or a negative errno. */
int hop_auth_new(const struct hop_auth_config *config, struct hop_auth **out);
/* Finishes logins that are under way; the store must still be there. NULL-safe. */
void hop_auth_free(struct hop_auth *auth);
void hop_auth_collect(struct hop_auth *auth);

/* Who holds the session of this Cookie header (may be NULL). False: nobody; *out is cleared. */
bool hop_auth_identify(struct hop_auth *auth, const char *cookie, struct hop_identity *out);
/* The account's name of signing in, of a user who holds a session; NULL. */
const char *hop_auth_username(struct hop_auth *auth, int64_t user_id);

struct hop_login {
    int error; /* 0; -EACCES: wrong; -EBUSY: locked for retry_after_s; -EAGAIN; storage errors */
    int retry_after_s;
    const char *token; /* for the cookie, valid in the callback */
    const struct hop_store_user *user;
};
typedef void (*hop_login_cb)(void *ctx, const struct hop_login *login);

/* Answers at once (locked) or later. */
void hop_auth_login(struct hop_auth *auth, const char *username, const char *password,
                    const struct hop_addr *who, hop_login_cb cb, void *ctx);
/* Ends the session of this Cookie header. */
void hop_auth_logout(struct hop_auth *auth, const char *cookie);

size_t hop_auth_sessions(const struct hop_auth *auth);
