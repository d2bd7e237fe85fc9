/* Who is signed in. Of a session's token only the SHA-256 is kept.
 * Control thread; callbacks as store.h says.
 */
#pragma once

#include "media/base/addr.h"
#include "server/store/users.h"

enum { HOP_TOKEN_HASH = HOP_HASH, HOP_SESSION_ID = 16, HOP_MAX_AGENT = 200 };

struct hop_store_session {
    uint8_t token_hash[HOP_TOKEN_HASH];
    char id[HOP_SESSION_ID + 1]; /* by which its owner names it */
    int64_t user_id;
    char username[HOP_MAX_USERNAME + 1];
    char name[HOP_MAX_NAME * 4 + 1];
    uint32_t roles;
    int64_t unit_id;
    bool must_change;
    char agent[HOP_MAX_AGENT + 1]; /* the browser, as it says */
    char address[HOP_ADDR_TEXT];   /* where it was opened */
    int64_t created_us, seen_us;   /* wall clock */
};

typedef void (*hop_store_sessions_cb)(void *ctx, int error,
                                      const struct hop_store_session *sessions, size_t n);

/* `cb` may be NULL. Saving one that is there moves its seen_us. */
void hop_store_session_save(struct hop_store *store, const struct hop_store_session *session,
                            hop_store_done_cb cb, void *ctx);
void hop_store_session_remove(struct hop_store *store, const uint8_t token_hash[HOP_TOKEN_HASH],
                              hop_store_done_cb cb, void *ctx);
/* All of one account. */
void hop_store_sessions_end(struct hop_store *store, int64_t user_id, hop_store_done_cb cb,
                            void *ctx);
/* All that were seen after `seen_after_us`, of accounts that may sign in; others are removed. */
void hop_store_sessions_load(struct hop_store *store, int64_t seen_after_us,
                             hop_store_sessions_cb cb, void *ctx);
