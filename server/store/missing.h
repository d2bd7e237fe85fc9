/* Who was invited and is not there. Control thread; callbacks as store.h says. */
#pragma once

#include "server/store/meetings.h"

enum { HOP_MAX_SOON = 20 /* meetings in one question */ };

struct hop_store_missing {
    int64_t meeting_id;
    bool known;       /* the viewer may change it, and so know this */
    GArray *invitees; /* struct hop_store_invitee, without groups and units */
};
typedef void (*hop_store_missing_cb)(void *ctx, int error, const struct hop_store_missing *all,
                                     size_t n);
/* Of each of the meetings, in their order; at most HOP_MAX_SOON. */
void hop_store_missing_find(struct hop_store *store, const int64_t *meetings, size_t n,
                            const struct hop_store_viewer *viewer, hop_store_missing_cb cb,
                            void *ctx);
