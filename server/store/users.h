/* Accounts and their sessions. Passwords are kept as Argon2id strings, session tokens as SHA-256.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/rooms.h"

enum { HOP_MAX_USERNAME = 64, HOP_MAX_PASSWORD_HASH = 160, HOP_TOKEN_HASH = 32 };

struct hop_store_user {
    int64_t id;
    char username[HOP_MAX_USERNAME + 1]; /* ASCII-folded by the store when compared */
    char name[HOP_MAX_NAME * 4 + 1];
    char password_hash[HOP_MAX_PASSWORD_HASH + 1];
    bool administrator;
};

struct hop_store_session {
    uint8_t token_hash[HOP_TOKEN_HASH];
    struct hop_store_user user;  /* without the password hash */
    int64_t created_us, seen_us; /* wall clock */
};

typedef void (*hop_store_user_cb)(void *ctx, int error, const struct hop_store_user *user);
typedef void (*hop_store_sessions_cb)(void *ctx, int error,
                                      const struct hop_store_session *sessions, size_t n);

/* -ENOENT */
void hop_store_user_find(struct hop_store *store, const char *username, hop_store_user_cb cb,
                         void *ctx);
/* The account that was made first among the administrators; -ENOENT: there is none. */
void hop_store_administrator_find(struct hop_store *store, hop_store_user_cb cb, void *ctx);
/* Gives the id. -EEXIST: the name is taken. */
void hop_store_user_add(struct hop_store *store, const struct hop_store_user *user, int64_t now_us,
                        hop_store_user_cb cb, void *ctx);
void hop_store_user_set_password(struct hop_store *store, int64_t user_id, const char *hash,
                                 hop_store_done_cb cb, void *ctx);

/* Sessions; `cb` may be NULL. Saving one that is there moves its seen_us. */
void hop_store_session_save(struct hop_store *store, const struct hop_store_session *session,
                            hop_store_done_cb cb, void *ctx);
void hop_store_session_remove(struct hop_store *store, const uint8_t token_hash[HOP_TOKEN_HASH],
                              hop_store_done_cb cb, void *ctx);
/* All that were seen after `seen_after_us`; older ones are removed. */
void hop_store_sessions_load(struct hop_store *store, int64_t seen_after_us,
                             hop_store_sessions_cb cb, void *ctx);
