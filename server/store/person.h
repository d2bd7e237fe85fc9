/* One person's data: everything that is kept about him as one JSON text, and forgetting him.
 * Control thread; callbacks as store.h says. docs/operations.md says what stays and why.
 */
#pragma once

#include "server/store/users.h"

/* Whom: an account, or somebody from outside by his e-mail address (then user_id is 0). */
struct hop_store_subject {
    int64_t user_id;
    char email[HOP_MAX_EMAIL + 1];
};

/* `json` is valid during the call only: an object of lists. -ENOENT: nothing is kept about him. */
typedef void (*hop_store_person_cb)(void *ctx, int error, const char *json);
void hop_store_person_export(struct hop_store *store, const struct hop_store_subject *person,
                             hop_store_person_cb cb, void *ctx);

/* His account is emptied and locked for good, his links end, what he wrote and what was noted about
 * him goes; that somebody was there, when and how long, stays under "***". The audit log stays as
 * it is. -EBUSY: the account is not locked (lock it first); -ENOENT as above. */
void hop_store_person_erase(struct hop_store *store, const struct hop_store_subject *person,
                            hop_store_done_cb cb, void *ctx);
