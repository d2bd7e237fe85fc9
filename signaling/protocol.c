/* Frames of hop.v1: see protocol.h. Called by session, request and room on the control thread.
 * RFC 8259 (JSON), RFC 3339 (times). */
#include "signaling/protocol.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Larger integers are not exact in a browser's number. */
#define MAX_ID 9007199254740991LL

static const struct {
    const char *code, *message;
} errors[HOP_ERRORS] = {
    [HOP_OK] = { "ok", "no error" },
    [HOP_ERR_MALFORMED] = { "protocol.malformed", "not a request: see docs/protocol.md, Frames" },
    [HOP_ERR_UNKNOWN_OP] = { "protocol.unknown_op", "no such op" },
    [HOP_ERR_BAD_DATA] = { "protocol.bad_data", "a member of data is missing or out of range" },
    [HOP_ERR_TOO_BIG] = { "protocol.too_big", "the message is too big" },
    [HOP_ERR_FLOOD] = { "protocol.flood", "too many messages" },
    [HOP_ERR_NOT_JOINED] = { "session.not_joined", "join first" },
    [HOP_ERR_ALREADY_JOINED] = { "session.already_joined", "this connection has joined already" },
    [HOP_ERR_SESSION_UNKNOWN] = { "session.unknown", "no such session: join with the key" },
    [HOP_ERR_ROOM_NOT_FOUND] = { "room.not_found", "no such meeting" },
    [HOP_ERR_ROOM_FULL] = { "room.full", "the meeting is full" },
    [HOP_ERR_ROOM_ENDED] = { "room.ended", "the meeting has ended" },
    [HOP_ERR_ROOM_CANCELLED] = { "room.cancelled", "the meeting was cancelled" },
    [HOP_ERR_ROOM_PASSWORD] = { "room.password", "the meeting wants its password" },
    [HOP_ERR_ROOM_EARLY] = { "room.early", "it is too early for a test" },
    [HOP_ERR_INVITE_UNKNOWN] = { "invite.unknown", "the link is not valid, or no longer" },
    [HOP_ERR_SERVER_FULL] = { "server.full", "the server has as many as it may" },
    [HOP_ERR_SERVER_OVERLOADED] = { "server.overloaded", "the server has as much to do as it can" },
    [HOP_ERR_SERVER_BUSY] = { "server.busy", "try again" },
    [HOP_ERR_SERVER_STOPPING] = { "server.stopping", "the server stops" },
    [HOP_ERR_SERVER_STORAGE] = { "server.storage", "the server could not store it" },
    [HOP_ERR_SDP_MALFORMED] = { "sdp.malformed", "the offer is no valid session description" },
    [HOP_ERR_SDP_UNSUPPORTED] = { "sdp.unsupported", "the offer asks for what is not supported" },
    [HOP_ERR_SDP_LIMIT] = { "sdp.limit", "the offer is larger than allowed" },
    [HOP_ERR_SDP_CHANGED] = { "sdp.changed", "the offer does not continue the former one" },
    [HOP_ERR_MEDIA_MUTED] = { "media.muted", "a moderator has muted it" },
    [HOP_ERR_PERMISSION] = { "permission.denied", "the role may not" },
    [HOP_ERR_PARTICIPANT_UNKNOWN] = { "participant.unknown", "no such participant is here" },
    [HOP_ERR_PERSON_UNKNOWN] = { "person.unknown", "nobody of that name is on the list" },
    [HOP_ERR_CHAT_EMPTY] = { "chat.empty", "the text is empty" },
    [HOP_ERR_CHAT_TOO_LONG] = { "chat.too_long", "the text is too long" },
    [HOP_ERR_CHAT_CLOSED] = { "chat.closed", "the chat is closed" },
    [HOP_ERR_NAME_INVALID] = { "name.invalid", "the name is empty, too long or not printable" },
};

static const char *const ops[HOP_OPS] = {
    [HOP_OP_JOIN] = "join",
    [HOP_OP_RESUME] = "resume",
    [HOP_OP_OFFER] = "offer",
    [HOP_OP_VIEW] = "view",
    [HOP_OP_MEDIA] = "media",
    [HOP_OP_MUTE] = "mute",
    [HOP_OP_MUTE_ALL] = "mute_all",
    [HOP_OP_ASK_UNMUTE] = "ask_unmute",
    [HOP_OP_HAND] = "hand",
    [HOP_OP_CHAT] = "chat",
    [HOP_OP_CHAT_HISTORY] = "chat_history",
    [HOP_OP_RENAME] = "rename",
    [HOP_OP_ROLE] = "role",
    [HOP_OP_REMOVE] = "remove",
    [HOP_OP_ROOM] = "room",
    [HOP_OP_HALL] = "hall",
    [HOP_OP_ADMIT] = "admit",
    [HOP_OP_REFUSE] = "refuse",
    [HOP_OP_SEND_BACK] = "send_back",
    [HOP_OP_SITE] = "site",
    [HOP_OP_ATTENDANCE] = "attendance",
    [HOP_OP_MARK] = "mark",
    [HOP_OP_END] = "end",
    [HOP_OP_LEAVE] = "leave",
    [HOP_OP_PING] = "ping",
    [HOP_OP_STATS] = "stats",
};

const char *hop_error_code(enum hop_error error)
{
    return errors[error].code;
}

const char *hop_error_message(enum hop_error error)
{
    return errors[error].message;
}

const char *hop_op_name(enum hop_op op)
{
    return ops[op];
}

bool hop_refuse(struct hop_refusal *why, enum hop_error error, const char *format, ...)
{
    why->error = error;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->where, sizeof why->where, format, args);
    va_end(args);
    return false;
}

static bool find_op(const json_t *op, enum hop_op *out)
{
    if (!json_is_string(op))
        return false;
    for (size_t i = 0; i < HOP_OPS; i++) {
        if (strcmp(ops[i], json_string_value(op)) == 0) {
            *out = (enum hop_op)i;
            return true;
        }
    }
    return false;
}

enum hop_error hop_frame_parse(const char *text, size_t len, struct hop_frame *out)
{
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *id = json_object_get(root, "id");
    if (!json_is_object(root) || !json_is_integer(id) || json_integer_value(id) < 1 ||
        json_integer_value(id) > MAX_ID) {
        json_decref(root);
        return HOP_ERR_MALFORMED;
    }
    out->id = json_integer_value(id);
    if (!find_op(json_object_get(root, "op"), &out->op)) {
        json_decref(root);
        return HOP_ERR_UNKNOWN_OP;
    }
    json_t *data = json_object_get(root, "data");
    if (data != NULL && !json_is_object(data)) {
        json_decref(root);
        return HOP_ERR_BAD_DATA;
    }
    out->root = root;
    out->data = data;
    return HOP_OK;
}

void hop_frame_clear(struct hop_frame *frame)
{
    json_decref(frame->root);
    frame->root = NULL;
    frame->data = NULL;
}

static GBytes *dump(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    g_assert(text != NULL); /* out of memory: GLib aborts likewise */
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

GBytes *hop_answer_text(int64_t re, json_t *data)
{
    json_t *frame = json_object();
    json_object_set_new(frame, "re", json_integer(re));
    json_object_set_new(frame, "data", data);
    return dump(frame);
}

GBytes *hop_error_text(int64_t re, const struct hop_refusal *why)
{
    json_t *error = json_object();
    json_object_set_new(error, "code", json_string(hop_error_code(why->error)));
    json_object_set_new(error, "message", json_string(hop_error_message(why->error)));
    if (why->where[0] != '\0') {
        const char *member = why->error == HOP_ERR_BAD_DATA ? "member" : "detail";
        json_object_set_new(error, member, json_string(why->where));
    }
    json_t *frame = json_object();
    json_object_set_new(frame, "re", json_integer(re));
    json_object_set_new(frame, "error", error);
    return dump(frame);
}

GBytes *hop_event_text(const char *event, json_t *data)
{
    json_t *frame = json_object();
    json_object_set_new(frame, "event", json_string(event));
    json_object_set_new(frame, "data", data);
    g_autoptr(GBytes) whole = dump(frame);
    return g_bytes_new_from_bytes(whole, 1, g_bytes_get_size(whole) - 1);
}

json_t *hop_time_json(int64_t wall_us)
{
    if (wall_us == 0)
        return json_null();
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL)
        return json_null();
    char text[64];
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text + n, sizeof text - n, ".%03dZ", (int)(wall_us / 1000 % 1000));
    return json_string(text);
}
