/* Signing in and sessions. Passwords are checked on a thread of their own; a session is a random
 * token in a cookie, of which only the SHA-256 is kept.
 *
 * Control thread. hop_auth_new() waits for the store: at start.
 */
#pragma once

#include "server/store/tokens.h"
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

/* ---- who it is ------------------------------------------------------------------------------- */

/* The session of this Cookie header (may be NULL), valid until the next call of any function of
 * this header; NULL: nobody's. */
const struct hop_store_session *hop_auth_session(struct hop_auth *auth, const char *cookie);
/* The same for the meeting. False also for who has to change his password first. */
bool hop_auth_identify(struct hop_auth *auth, const char *cookie, struct hop_identity *out);

size_t hop_auth_sessions(const struct hop_auth *auth);
/* All sessions of one account, in no order. Returns how many were written, at most `max`. */
size_t hop_auth_sessions_of(struct hop_auth *auth, int64_t user_id,
                            const struct hop_store_session **out, size_t max);

/* Ends the session of this Cookie header. */
void hop_auth_logout(struct hop_auth *auth, const char *cookie);
/* Ends the session that its owner names so. False: he has none of that name. */
bool hop_auth_revoke(struct hop_auth *auth, int64_t user_id, const char *session_id);
/* Ends all of his but the one with that name (NULL: all). */
void hop_auth_revoke_all(struct hop_auth *auth, int64_t user_id, const char *but);
/* The account was changed in the store: its sessions follow, at once. */
void hop_auth_user_changed(struct hop_auth *auth, const struct hop_store_user *user);

/* ---- programs (auth_token.c) ----------------------------------------------------------------- */

#define HOP_API_TOKEN_PREFIX "hop_"
enum { HOP_API_TOKEN_TEXT = 48 };

/* The token of this text, with the account whose it is, valid until the next call of any function
 * of this header. 0; -ENOENT: there is none; -EBUSY: it is used too often, *retry_after_s. */
int hop_auth_token(struct hop_auth *auth, const char *text, const struct hop_store_token **out,
                   int *retry_after_s);
/* Makes a text, and its hash in `token`; nothing is stored. */
void hop_auth_token_new(struct hop_store_token *token, char text[HOP_API_TOKEN_TEXT]);
/* The store has it, with its account; or has it no more. */
void hop_auth_token_added(struct hop_auth *auth, const struct hop_store_token *token);
void hop_auth_token_removed(struct hop_auth *auth, int64_t id);
/* As hop_auth_sessions_of(). */
size_t hop_auth_tokens_of(struct hop_auth *auth, int64_t user_id,
                          const struct hop_store_token **out, size_t max);
/* Each second: when another process has changed the database, sessions and tokens are read again.
 */
void hop_auth_look_outside(struct hop_auth *auth);

/* ---- signing in (login.c) -------------------------------------------------------------------- */

struct hop_credentials {
    const char *username, *password;
    const char *code; /* of the second factor, or a recovery code; NULL: none yet */
    const char *agent;
    const struct hop_addr *who;
};

struct hop_login {
    /* 0; -EACCES: wrong; -EBUSY: locked for retry_after_s; -ENOKEY: the second factor is missing;
     * -EKEYREJECTED: it is wrong, or was used; -ESHUTDOWN: the account is shut; -EAGAIN; storage
     * errors */
    int error;
    int retry_after_s;
    const char *token; /* for the cookie, valid in the callback */
    const struct hop_store_user *user;
};
typedef void (*hop_login_cb)(void *ctx, const struct hop_login *login);

/* Answers at once (locked) or later. */
void hop_auth_login(struct hop_auth *auth, const struct hop_credentials *credentials,
                    hop_login_cb cb, void *ctx);

/* ---- passwords (auth_password.c) ------------------------------------------------------------- */

/* Changes his own: checks the old one, stores the new one, ends his other sessions. `session_id` is
 * the one that stays. -EACCES: the old one is wrong. The rules are the caller's to check. */
void hop_auth_password(struct hop_auth *auth, int64_t user_id, const char *session_id,
                       const char *old, const char *fresh, hop_done_cb cb, void *ctx);
/* Only checks it: before a second factor is set up or given up. 0, -EACCES, -ENOENT, … */
void hop_auth_check(struct hop_auth *auth, int64_t user_id, const char *password, hop_done_cb cb,
                    void *ctx);
