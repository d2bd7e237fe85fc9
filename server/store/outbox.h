/* What invitees are to be told of a meeting, put into the queue of mails by whoever changes the
 * meeting, in the same transaction: so nothing is told that was not stored, and nothing that was
 * stored is forgotten, whatever happens to the process.
 *
 * Each change keeps a snapshot of the meeting (mail_events). What is different from what somebody
 * was told before is found by comparing snapshots; a mail that has not gone out yet is replaced by
 * the newer one instead of being followed by it.
 */
#pragma once

#include "server/store/db.h"

/* The numbers stand in the database. */
enum hop_mail_why {
    HOP_MAIL_INVITED = 0,
    HOP_MAIL_CHANGED = 1,
    HOP_MAIL_CANCELLED = 2,
    HOP_MAIL_REMOVED = 3,
    HOP_MAIL_REMINDER = 4,
};
enum hop_mail_state {
    HOP_MAIL_QUEUED = 0,
    HOP_MAIL_SENDING = 1,
    HOP_MAIL_DELAYED = 2, /* was tried, and is tried again */
    HOP_MAIL_SENT = 3,
    HOP_MAIL_FAILED = 4,
};

/* After the meeting's rows were changed: invites whoever was not invited, tells the others what is
 * different, takes leave of those who are no longer on the list. Drafts, templates and meetings
 * that are over: nothing. Store's thread, within the write job's transaction. The number of mails
 * that wait because of it, or a negative errno. */
int hop_outbox_sync(struct hop_db *db, int64_t meeting_id, int64_t now_us);
/* Queues reminders of what begins within the largest of `minutes` from now; each once for each
 * time and lead. Who was only told of it meanwhile, or declined, is left alone. As above. */
int hop_outbox_remind(struct hop_db *db, const int *minutes, size_t n, int64_t now_us);
