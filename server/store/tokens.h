/* Tokens with which programs use the API in somebody's name. Of a token only the SHA-256 is kept.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/sessions.h"

enum { HOP_MAX_TOKEN_NAME = 80 /* characters */, HOP_MAX_TOKENS = 20 /* of one account */ };

struct hop_store_token {
    int64_t id, user_id;
    uint8_t hash[HOP_HASH];
    char name[HOP_MAX_TOKEN_NAME * 4 + 1];
    uint32_t scopes;                  /* enum hop_scope (server/scopes.h) */
    int64_t created_us, used_us;      /* wall clock; used 0: never */
    struct hop_store_session account; /* whose it is; only of those that were loaded */
};

typedef void (*hop_store_token_cb)(void *ctx, int error, const struct hop_store_token *token);
typedef void (*hop_store_tokens_cb)(void *ctx, int error, const struct hop_store_token *tokens,
                                    size_t n);

/* Gives the id. -E2BIG: the account has HOP_MAX_TOKENS. */
void hop_store_token_add(struct hop_store *store, const struct hop_store_token *token,
                         hop_store_token_cb cb, void *ctx);
/* -ENOENT: that account has none of that id. */
void hop_store_token_remove(struct hop_store *store, int64_t user_id, int64_t id,
                            hop_store_done_cb cb, void *ctx);
void hop_store_token_used(struct hop_store *store, int64_t id, int64_t now_us);
/* All, of accounts that may sign in. */
void hop_store_tokens_load(struct hop_store *store, hop_store_tokens_cb cb, void *ctx);

/* A number that changes when another process has changed the database; the first one says nothing.
 */
typedef void (*hop_store_version_cb)(void *ctx, int error, int64_t version);
void hop_store_data_version(struct hop_store *store, hop_store_version_cb cb, void *ctx);
