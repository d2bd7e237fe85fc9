/* What a client writes about a meeting, checked and laid over what it was. Pure but for libical's
 * list of time zones: control thread.
 */
#pragma once

#include "server/invite.h"
#include "server/store/meetings.h"

#include <jansson.h>

enum { HOP_FAULT_MEMBER = 48 };
struct hop_fault {
    char member[HOP_FAULT_MEMBER]; /* "invitees[3].email" */
    const char *what;              /* static text */
};

/* Lays the members of `body` over `meeting`, which is a whole one (as read from the store, or from
 * hop_meeting_read_new()). What is not in the body stays. False: *fault says what is wrong with
 * which member, and `meeting` is of no use any more but to be cleared. The times are expanded into
 * `occurrences` (from hop_store_occurrences_new()). */
bool hop_meeting_read(const json_t *body, const uint8_t secret[HOP_INVITE_SECRET],
                      struct hop_store_meeting *meeting, GArray *occurrences,
                      struct hop_fault *fault);
/* An empty draft that begins at the next full hour. */
void hop_meeting_read_new(struct hop_store_meeting *meeting, int64_t now_us);
/* One time of a series: title, description, place, starts_at, ends_at. Null takes back. */
bool hop_occurrence_read_change(const json_t *body, const struct hop_store_meeting *meeting,
                                struct hop_store_occurrence *occurrence, struct hop_fault *fault);

/* The invitees of a body; used by hop_meeting_read(). */
bool hop_invitees_read(const json_t *body, struct hop_store_meeting *meeting,
                       struct hop_fault *fault);

/* One member, for the files of these readers and of the API. The bool ones: false and *fault when
 * it is there and wrong. */
bool hop_fault_set(struct hop_fault *fault, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool hop_read_time(const json_t *body, const char *member, int64_t *us, struct hop_fault *fault);
/* NFC, as hop_text_clean(); `path` names it in the fault. */
bool hop_read_text(const json_t *value, const char *path, size_t max, bool lines, bool empty,
                   char *out, size_t size, struct hop_fault *fault);
/* An id, or {id: …}, or null (0). */
bool hop_read_ref(const json_t *body, const char *member, int64_t *id, struct hop_fault *fault);
