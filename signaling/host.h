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

/* How long before its start a meeting's line may be tried. */
#define HOP_TEST_EARLY_US (3600 * INT64_C(1000000))

enum hop_room_status {
    HOP_ROOM_NONE,  /* no such code */
    HOP_ROOM_EARLY, /* scheduled, not open yet */
    HOP_ROOM_OPEN,
    HOP_ROOM_ENDED,
    HOP_ROOM_CANCELLED,
};

/* The numbers stand in the database. */
enum hop_lobby { HOP_LOBBY_OFF, HOP_LOBBY_GUESTS, HOP_LOBBY_ALL };

/* What is applied on joining. All 0: a room without rules, as one that was made on the spot. */
struct hop_room_settings {
    enum hop_lobby lobby;   /* who waits until he is admitted */
    bool waits;             /* nobody comes in before somebody who moderates it */
    bool led;               /* somebody is invited to lead: the first comer does not become chair */
    bool muted, camera_off; /* how people come in; they may open it themselves */
    bool moderators_share;  /* a screen is shown by those who moderate, and whom they allow it */
    bool moderators_unmute; /* likewise the microphone */
    bool password;          /* those who are not invited must know one */
    bool recording;
};

struct hop_room_info {
    enum hop_room_status status;
    int64_t room_key;   /* the store's own id of the room */
    int64_t meeting_id; /* 0: none */
    char code[HOP_MAX_ROOM_CODE + 1];
    char title[HOP_MAX_TITLE * 4 + 1];
    int64_t opens_at_us;   /* wall clock; 0: open since it was made */
    int64_t starts_at_us;  /* 0: not scheduled */
    int64_t ends_at_us;    /* 0: open end */
    int64_t occurrence_us; /* which one of a series: its start as planned; 0: not scheduled */
    struct hop_room_settings settings;
};

/* Who asks to come in, beside what his cookie says (user_id 0: nobody). */
struct hop_join_query {
    const char *code;
    int64_t user_id;
    const char *invite;   /* the token of his link; "" none */
    const char *password; /* as typed; "" none */
};

enum hop_password { HOP_PASSWORD_NONE, HOP_PASSWORD_RIGHT, HOP_PASSWORD_WRONG };

/* What the meeting knows of him. */
struct hop_welcome {
    bool bad_invite; /* the link's token is nobody's, or was revoked */
    enum hop_password password;
    int64_t invite_id;               /* 0: not invited */
    char role[16];                   /* of the invitation; "" not invited */
    char name[HOP_MAX_NAME * 4 + 1]; /* of the invitation; "" none */
    char title[HOP_MAX_NAME * 4 + 1], unit[HOP_MAX_NAME * 4 + 1]; /* of either; "" none */
    uint32_t attendees; /* people that the invitation speaks of; 0: not said */
};

/* Who is behind a connection, from the HTTP session cookie; user_id 0: nobody, a guest. */
struct hop_identity {
    int64_t user_id;
    char name[HOP_MAX_NAME * 4 + 1];
    bool administrator;
};

enum hop_gate_mark { /* what was decided about somebody at the door, in this meeting; stored */
                     HOP_MARK_NONE,
                     HOP_MARK_ADMITTED, /* he was in: he may come back */
                     HOP_MARK_HELD,     /* he was sent back: only by admission */
                     HOP_MARK_REMOVED,  /* the same, and his link and his account */
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
    int64_t invite_id;                /* 0: not invited */
    enum hop_gate_mark mark;
    /* known while the room runs, not stored with him */
    char title[HOP_MAX_NAME * 4 + 1], unit[HOP_MAX_NAME * 4 + 1];
    char admitted_by[HOP_MAX_NAME * 4 + 1]; /* "": nobody had to */
};

/* One stay of somebody. Named by room, participant and joined_at_us; saved again while it lasts. */
struct hop_attendance_record {
    int64_t room_key, occurrence_us;
    const struct hop_participant_record *who;
    int64_t joined_at_us, left_at_us; /* wall clock; left 0: he is there */
};

/* What the secretary enters by hand about one of the list. */
struct hop_attendance_mark {
    int64_t room_key, occurrence_us;
    const char *person; /* "i12", "u5", "p7": see docs/attendance.md */
    const char *state;  /* "" by what the server saw */
    const char *reason; /* why he is absent; "" none */
    int attendees;      /* of his; 0: as he says himself */
    const char *by;     /* name of who enters it */
};

struct hop_chat_record {
    int64_t id; /* grows; unique in the store */
    int64_t at_us;
    char from[16];
    char ref[65];            /* client's own reference, "" none */
    const char *name, *text; /* UTF-8 */
};

/* TURN servers, with credentials of one participant that expire. */
struct hop_relay_access {
    const char *const *urls; /* ended by NULL; valid until the host returns to its loop */
    char username[64], credential[64];
    int64_t lifetime_us;
};

typedef void (*hop_room_cb)(void *ctx, int error, const struct hop_room_info *info);
typedef void (*hop_welcome_cb)(void *ctx, int error, const struct hop_room_info *info,
                               const struct hop_welcome *welcome);
typedef void (*hop_text_cb)(void *ctx, int error, const char *json);
typedef void (*hop_done_cb)(void *ctx, int error);
typedef void (*hop_chat_stored_cb)(void *ctx, int error, int64_t id, int64_t at_us);
typedef void (*hop_chat_list_cb)(void *ctx, int error, const struct hop_chat_record *chat, size_t n,
                                 bool more);
typedef void (*hop_participants_cb)(void *ctx, int error,
                                    const struct hop_participant_record *records, size_t n);

struct hop_host {
    /* The meeting behind a code. */
    void (*room_lookup)(void *host, const char *code, hop_room_cb cb, void *ctx);
    /* The same for somebody who wants to come in, with what it knows of him. */
    void (*join_lookup)(void *host, const struct hop_join_query *query, hop_welcome_cb cb,
                        void *ctx);
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
    /* A stay began, changed or ended. */
    void (*attendance_save)(void *host, const struct hop_attendance_record *record, hop_done_cb cb,
                            void *ctx);
    /* The list as JSON, as GET /api/v1/meetings/ID/attendance has it. */
    void (*attendance_load)(void *host, int64_t room_key, int64_t occurrence_us, hop_text_cb cb,
                            void *ctx);
    /* -ENOENT: no such person is on the list. */
    void (*attendance_mark)(void *host, const struct hop_attendance_mark *mark, hop_done_cb cb,
                            void *ctx);
    /* What the participant of that id may use; false: there is no TURN server. Answers at once. The
     * member may be NULL. */
    bool (*relay_access)(void *host, const char *who, struct hop_relay_access *out);
    /* Appends to the audit log; fire and forget. `detail` is JSON or NULL. */
    void (*audit)(void *host, int64_t room_key, const char *who, const char *action,
                  const char *detail);
};
