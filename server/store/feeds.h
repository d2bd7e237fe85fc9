/* Secret calendar feeds of accounts and resources. The secret is made of a nonce as the links of
 * invitations are; the database keeps the nonce and the secret's SHA-256. Control thread; callbacks
 * as store.h says.
 */
#pragma once

#include "server/store/meetings.h"

enum hop_feed_kind { HOP_FEED_USER = 0, HOP_FEED_RESOURCE = 1 }; /* they stand in the database */

struct hop_store_feed {
    enum hop_feed_kind kind;
    int64_t ref; /* the account or resource */
    uint8_t nonce[HOP_INVITE_NONCE], hash[HOP_HASH];
    int64_t created_us;
    char name[HOP_MAX_NAME * 4 + 1]; /* of the account or resource; only of one that was read */
};
typedef void (*hop_store_feed_cb)(void *ctx, int error, const struct hop_store_feed *feed);

/* Of that account or resource. -ENOENT: there is none. */
void hop_store_feed_get(struct hop_store *store, enum hop_feed_kind kind, int64_t ref,
                        hop_store_feed_cb cb, void *ctx);
/* Makes it, or makes it anew: the old address is worth nothing. -ENOENT: no such account or
 * resource. */
void hop_store_feed_save(struct hop_store *store, const struct hop_store_feed *feed,
                         hop_store_feed_cb cb, void *ctx);
void hop_store_feed_remove(struct hop_store *store, enum hop_feed_kind kind, int64_t ref,
                           hop_store_done_cb cb, void *ctx);
/* By its secret's hash, with the meetings in it: those that were sent and end after `from_us`.
 * -ENOENT: there is none, or the account is shut. `meetings`: struct hop_store_meeting, without
 * invitees and resources. */
typedef void (*hop_store_feed_read_cb)(void *ctx, int error, const struct hop_store_feed *feed,
                                       const GPtrArray *meetings);
void hop_store_feed_read(struct hop_store *store, const uint8_t hash[HOP_HASH], int64_t from_us,
                         hop_store_feed_read_cb cb, void *ctx);
