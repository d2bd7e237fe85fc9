/* Reading meetings and their times, for the other files of server/store. Store's thread. */
#pragma once

#include "server/store/meetings.h"

/* The columns and tables that hop_meeting_row_read() expects, from column 0; HOP_MEETING_COLUMN_END
 * is the first one after them. `m` is the meeting, `r` its room. */
#define HOP_MEETING_COLUMNS                                                                        \
    "m.id, m.room_id, m.uid, r.code, m.version, m.sequence, m.title, m.place, m.draft,"            \
    " m.template, m.cancelled, m.starts_at, m.ends_at, m.time_zone, m.all_day, m.rrule,"           \
    " m.organizer_id, (SELECT name FROM users WHERE id = m.organizer_id),"                         \
    " m.chair_id, (SELECT name FROM users WHERE id = m.chair_id),"                                 \
    " m.secretary_id, (SELECT name FROM users WHERE id = m.secretary_id), m.unit_id,"              \
    " m.muted, m.camera_off, m.lobby, m.opens_by_itself, m.share, m.unmute, m.recording,"          \
    " m.password_hash, r.ended_at, m.created_at, m.changed_at, m.sent_at"
enum { HOP_MEETING_COLUMN_END = 35 };

/* Everything but description and arrays. */
void hop_meeting_row_read(sqlite3_stmt *stmt, struct hop_store_meeting *out);
/* As a whole; clears `out` first. `viewer` NULL: the server itself. -ENOENT */
int hop_meeting_load(struct hop_db *db, int64_t id, const struct hop_store_viewer *viewer,
                     struct hop_store_meeting *out);

/* What he may do with it. -ENOENT */
int hop_meeting_right_of(struct hop_db *db, const struct hop_store_viewer *viewer, int64_t id,
                         enum hop_meeting_right *right);

/* Settings from seven columns and the password's hash. */
void hop_settings_read(sqlite3_stmt *stmt, int column, struct hop_store_settings *out);

/* Columns of an occurrence: stamp, starts_at, ends_at, cancelled, changed, title, description,
 * place. */
void hop_occurrence_read(sqlite3_stmt *stmt, int column, struct hop_store_occurrence *out);
