/* Frames of hop.v1 as bytes: what a client's text message is, and how answers and notifications are
 * written. Knows nothing of rooms. docs/protocol.md, "Frames".
 *
 * Called by: session, request, room. Control thread; no state.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every error that a client can be answered with; hop_error_code() is its stable name. */
enum hop_error {
    HOP_OK,
    HOP_ERR_MALFORMED,
    HOP_ERR_UNKNOWN_OP,
    HOP_ERR_BAD_DATA, /* with `member` */
    HOP_ERR_TOO_BIG,
    HOP_ERR_FLOOD,
    HOP_ERR_NOT_JOINED,
    HOP_ERR_ALREADY_JOINED,
    HOP_ERR_SESSION_UNKNOWN,
    HOP_ERR_ROOM_NOT_FOUND,
    HOP_ERR_ROOM_FULL,
    HOP_ERR_ROOM_ENDED,
    HOP_ERR_ROOM_CANCELLED,
    HOP_ERR_ROOM_PASSWORD,
    HOP_ERR_ROOM_EARLY, /* of a test */
    HOP_ERR_INVITE_UNKNOWN,
    HOP_ERR_SERVER_FULL,
    HOP_ERR_SERVER_OVERLOADED,
    HOP_ERR_SERVER_BUSY,
    HOP_ERR_SERVER_STOPPING,
    HOP_ERR_SERVER_STORAGE,
    HOP_ERR_SDP_MALFORMED, /* these four with `detail` */
    HOP_ERR_SDP_UNSUPPORTED,
    HOP_ERR_SDP_LIMIT,
    HOP_ERR_SDP_CHANGED,
    HOP_ERR_MEDIA_MUTED,
    HOP_ERR_PERMISSION,
    HOP_ERR_PARTICIPANT_UNKNOWN,
    HOP_ERR_PERSON_UNKNOWN, /* not on the attendance list */
    HOP_ERR_CHAT_EMPTY,
    HOP_ERR_CHAT_TOO_LONG,
    HOP_ERR_CHAT_CLOSED,
    HOP_ERR_NAME_INVALID,
    HOP_ERRORS
};

/* "chat.too_long", and English prose for logs. */
const char *hop_error_code(enum hop_error error);
const char *hop_error_message(enum hop_error error);

/* Why something was refused; `where` is the member of the data or the detail of the SDP, "" none.
 */
struct hop_refusal {
    enum hop_error error;
    char where[96];
};

/* Fills `why` and returns false, for `return hop_refuse(…)`. The text is cut to fit. */
bool hop_refuse(struct hop_refusal *why, enum hop_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum hop_op {
    HOP_OP_JOIN,
    HOP_OP_RESUME,
    HOP_OP_OFFER,
    HOP_OP_VIEW,
    HOP_OP_MEDIA,
    HOP_OP_MUTE,
    HOP_OP_MUTE_ALL,
    HOP_OP_ASK_UNMUTE,
    HOP_OP_HAND,
    HOP_OP_CHAT,
    HOP_OP_CHAT_HISTORY,
    HOP_OP_RENAME,
    HOP_OP_ROLE,
    HOP_OP_REMOVE,
    HOP_OP_ROOM,
    HOP_OP_HALL,
    HOP_OP_ADMIT,
    HOP_OP_REFUSE,
    HOP_OP_SEND_BACK,
    HOP_OP_SITE,
    HOP_OP_ATTENDANCE,
    HOP_OP_MARK,
    HOP_OP_END,
    HOP_OP_LEAVE,
    HOP_OP_PING,
    HOP_OP_STATS,
    HOP_OPS
};
const char *hop_op_name(enum hop_op op);

/* A client's message. `root` owns `data`; drop it with hop_frame_clear(). */
struct hop_frame {
    int64_t id; /* 1 .. 2^53-1 */
    enum hop_op op;
    json_t *root;
    json_t *data; /* an object; NULL: left out */
};

/* Parses one text message. HOP_OK; HOP_ERR_MALFORMED (no object, a member twice, bad UTF-8, no
 * valid id); HOP_ERR_UNKNOWN_OP and HOP_ERR_BAD_DATA (data is no object), both with `out->id` set.
 * Nothing is kept in `out` on failure. */
enum hop_error hop_frame_parse(const char *text, size_t len, struct hop_frame *out);
void hop_frame_clear(struct hop_frame *frame);

/* Writers. They take over `data` (never NULL) and return a complete message; for a notification
 * the part behind `{"seq":N,`, so that it is written once for all who get it. */
GBytes *hop_answer_text(int64_t re, json_t *data);
GBytes *hop_error_text(int64_t re, const struct hop_refusal *why);
GBytes *hop_event_text(const char *event, json_t *data);

/* Wall clock µs as "2026-11-23T07:30:00.000Z"; 0 gives null. A new reference. */
json_t *hop_time_json(int64_t wall_us);
