/* What signaling needs from the program around it: meetings, accounts, storage. The server gives
 * this table; signaling knows neither SQLite nor HTTP.
 *
 * Control thread only. Functions that take a callback may answer at once or later, always on the
 * control thread, exactly once, with 0 or a negative errno (-ENOSPC: the disk is full; -ETIMEDOUT;
 * -EIO). Strings passed in are valid during the call only; strings passed to a callback likewise.
 */
#pragma once

#include "media/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hop_room_status {
    HOP_ROOM_NONE,  /* no such code */
    HOP_ROOM_EARLY, /* scheduled, not open yet */
    HOP_ROOM_OPEN,
    HOP_ROOM_ENDED,
    HOP_ROOM_CANCELLED,
};

struct hop_room_info {
    enum hop_room_status status;
    int64_t room_key; /* the store's own id of the room */
    char code[HOP_MAX_ROOM_CODE + 1];
    char title[HOP_MAX_TITLE * 4 + 1];
    int64_t opens_at_us;  /* wall clock; 0: open since it was made */
    int64_t starts_at_us; /* 0: not scheduled */
    int64_t ends_at_us;   /* 0: open end */
};

/* Who is behind a connection, from the HTTP session cookie; user_id 0: nobody, a guest. */
struct hop_identity {
    int64_t user_id;
    char name[HOP_MAX_NAME * 4 + 1];
    bool administrator;
};

/* A participant as kept in the store, so that the same person comes back with the same id, name and
 * role after a lost line or a restart of the server. */
struct hop_participant_record {
    int64_t room_key;
    char id[16];          /* "p1": unique in the room, never reused */
    uint8_t key_hash[32]; /* SHA-256 of the participant key; the key itself is not stored */
    char name[HOP_MAX_NAME * 4 + 1];
    char role[16];
    int64_t user_id;                  /* 0: guest */
    uint32_t muted;                   /* source mask that the chair has shut */
    uint32_t site;                    /* people in front of it */
    char hall[HOP_MAX_NAME * 4 + 1];  /* where it is, with others; "": nowhere in particular */
    int64_t joined_at_us, left_at_us; /* wall clock; left 0: present */
};

struct hop_chat_record {
    int64_t id; /* grows; unique in the store */
    int64_t at_us;
    char from[16];
    char ref[65];            /* client's own reference, "" none */
    const char *name, *text; /* UTF-8 */
};

typedef void (*hop_room_cb)(void *ctx, int error, const struct hop_room_info *info);
typedef void (*hop_done_cb)(void *ctx, int error);
typedef void (*hop_chat_stored_cb)(void *ctx, int error, int64_t id, int64_t at_us);
typedef void (*hop_chat_list_cb)(void *ctx, int error, const struct hop_chat_record *chat, size_t n,
                                 bool more);
typedef void (*hop_participants_cb)(void *ctx, int error,
                                    const struct hop_participant_record *records, size_t n);

struct hop_host {
    /* The meeting behind a code. */
    void (*room_lookup)(void *host, const char *code, hop_room_cb cb, void *ctx);
    /* All that were ever in the room; read once when the first one joins after a start. */
    void (*participants_load)(void *host, int64_t room_key, hop_participants_cb cb, void *ctx);
    /* Inserts or replaces by (room_key, id). */
    void (*participant_save)(void *host, const struct hop_participant_record *record,
                             hop_done_cb cb, void *ctx);
    /* Stores a chat text; a `ref` that this participant has used already in this room answers with
     * the first one's id. */
    void (*chat_append)(void *host, int64_t room_key, const struct hop_chat_record *record,
                        hop_chat_stored_cb cb, void *ctx);
    /* The newest `limit` texts with id < before (0: all), oldest first. */
    void (*chat_load)(void *host, int64_t room_key, int64_t before, size_t limit,
                      hop_chat_list_cb cb, void *ctx);
    /* The chair ended the meeting. */
    void (*room_end)(void *host, int64_t room_key, hop_done_cb cb, void *ctx);
    /* Who sends this cookie header (may be NULL); false: no valid session. Answers at once. */
    bool (*identify)(void *host, const char *cookie, struct hop_identity *out);
    /* Appends to the audit log; fire and forget. `detail` is JSON or NULL. */
    void (*audit)(void *host, int64_t room_key, const char *who, const char *action,
                  const char *detail);
};
