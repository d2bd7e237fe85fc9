/* The append-only log of who did what. The database refuses to change or delete its rows, and each
 * row carries a hash over itself and the hash before it, so that a change behind the database's
 * back is found. Whoever may write the file could compute the whole chain anew: only a head that
 * was noted elsewhere (hopd logs it each day, hopctl prints it) proves that nothing before it was
 * touched. docs/operations.md.
 * Control thread.
 */
#pragma once

#include "server/store/store.h"

enum { HOP_AUDIT_HASH = 32 }; /* bytes: SHA-256 */

/* Fire and forget; what cannot be stored is counted in the store's health. room_id 0: none. `who`:
 * a participant's id, "user:NAME" or "server"; `action`: "session.opened", "meeting.changed";
 * `detail`: JSON or NULL. */
void hop_store_audit(struct hop_store *store, int64_t now_us, int64_t room_id, const char *who,
                     const char *action, const char *detail);

enum hop_audit_fault {
    HOP_AUDIT_SOUND,
    HOP_AUDIT_CHANGED,  /* the row's hash does not fit to it and to those before */
    HOP_AUDIT_UNHASHED, /* a row without a hash among those that have one */
    HOP_AUDIT_CUT,      /* the newest rows are gone */
    HOP_AUDIT_OTHER,    /* the expected head is not in it */
};

struct hop_audit_head {
    int64_t id; /* 0: the log is empty */
    uint8_t hash[HOP_AUDIT_HASH];
};

struct hop_audit_report {
    enum hop_audit_fault fault;
    int64_t fault_id;       /* the first row that is wrong */
    int64_t rows, unhashed; /* the latter: from before there were hashes; they count in the first */
    struct hop_audit_head head;
};
/* Valid during the call only. */
typedef void (*hop_store_audit_cb)(void *ctx, int error, const struct hop_audit_report *report);

/* Walks the whole log (a second for each million rows, on the store's thread: not in a hopd that
 * serves). `expected`: a head that was noted before, or NULL. error 0: read, whatever was found. */
void hop_store_audit_verify(struct hop_store *store, const struct hop_audit_head *expected,
                            hop_store_audit_cb cb, void *ctx);
/* Only the head: report->rows is 0. */
void hop_store_audit_head(struct hop_store *store, hop_store_audit_cb cb, void *ctx);

/* "ID:HEX", as it is logged and noted. */
enum { HOP_AUDIT_HEAD_TEXT = 20 + 1 + 2 * HOP_AUDIT_HASH + 1 };
const char *hop_audit_head_format(const struct hop_audit_head *head, char out[HOP_AUDIT_HEAD_TEXT]);
/* -EINVAL: it is none. */
int hop_audit_head_parse(const char *text, struct hop_audit_head *head);
