/* The rows of a meeting's invitees, for the other files of server/store. Store's thread. */
#pragma once

#include "server/store/meetings.h"

/* In order; appends to `out`. */
int hop_invitee_rows_load(struct hop_db *db, int64_t meeting_id, GArray *out);

enum { HOP_MEMBER_TEXT = 48 };

/* Brings the rows to what `invitees` says, groups and units expanded; rows with `via` in it are not
 * looked at. What is at fault comes back in `member`. Errors as hop_store_meeting_save(). */
int hop_invitee_rows_save(struct hop_db *db, int64_t meeting_id, const GArray *invitees,
                          const struct hop_store_minter *minter, char member[HOP_MEMBER_TEXT]);
/* Who has to do with the meeting, from its invitees and its chair, secretary and organizer. */
int hop_people_rows_save(struct hop_db *db, int64_t meeting_id);
