/* A meeting while it runs: who is in it, who ever was, the last texts of its chat.
 *
 * Called by: join, relay, signaling. Control thread. Owned by hop_signaling, by code.
 */
#pragma once

#include "signaling/core.h"

struct hop_participant;

/* A chat text that is kept for newcomers. */
struct hop_chat_text {
    int64_t id, at_us;
    char from[16];
    char *name, *text; /* owned */
};

struct hop_room {
    struct hop_signaling *signaling;
    uint64_t id;
    struct hop_room_info info;
    hop_room_id media; /* 0: nobody has media */
    int64_t started_wall_us;
    int load_error;
    unsigned loading;    /* answers of the host that are still to come */
    GPtrArray *joins;    /* struct hop_pending of those who wait for the load, owned */
    GPtrArray *present;  /* struct hop_participant, in order of arrival, owned */
    GHashTable *numbers; /* number → struct hop_participant */
    GHashTable *records; /* number → struct hop_participant_record, owned */
    hop_participant_number last_number;
    bool had_chair;   /* one who leads has been in it */
    bool opened;      /* one who moderates has been in it */
    GPtrArray *lobby; /* struct hop_knock, in order of arrival, owned */
    bool lobby_news;  /* that moderators have not been told yet */
    int64_t lobby_told_us;
    int wrong_passwords; /* left to guess; see join */
    int64_t wrong_us;
    bool chat_open;
    struct hop_room_audio audio;
    GQueue chat;           /* struct hop_chat_text, oldest first, owned */
    bool chat_more;        /* the store has older ones */
    int64_t empty_us;      /* since when nobody is here; 0: somebody is */
    int64_t leaderless_us; /* since when nobody who leads is connected; 0: not so */
    int64_t check_wall_us; /* when to ask the host whether the meeting still goes on; 0: never */
    bool checking;
};

/* Finds a running room or begins to load one. Never NULL. */
struct hop_room *hop_room_open(struct hop_signaling *signaling, const struct hop_room_info *info);
struct hop_room *hop_room_find(struct hop_signaling *signaling, const char *code);
struct hop_room *hop_room_by_id(struct hop_signaling *signaling, uint64_t id);
/* Ends it for all: `room.ended` and close 4003. Frees it. */
void hop_room_end(struct hop_room *room, const char *reason);
/* Frees it and everyone in it; tells nobody. */
void hop_room_free(struct hop_room *room);

/* The room's meeting changed in the store. */
void hop_room_update(struct hop_room *room, const struct hop_room_info *info);

/* A room in which somebody tries his line: nothing of it is stored. */
bool hop_room_is_test(const struct hop_room *room);

struct hop_participant *hop_room_participant(const struct hop_room *room,
                                             hop_participant_number number);
/* The record that belongs to a key; NULL: nobody's. */
struct hop_participant_record *hop_room_record(const struct hop_room *room, const char *key,
                                               hop_participant_number *number);
/* A new one with the next id. */
struct hop_participant_record *hop_room_new_record(struct hop_room *room);

/* To the store; failures are logged, the meeting goes on. */
void hop_room_save_record(const struct hop_room *room, const struct hop_participant_record *record);
/* To the audit log; takes over `detail` (may be NULL). */
void hop_room_audit(const struct hop_participant *who, const char *action, json_t *detail);

/* Takes over `data`; `except` may be NULL. */
void hop_room_broadcast(struct hop_room *room, const char *event, json_t *data,
                        const struct hop_participant *except);

/* Someone came, went or got another role: is there a chair? Is anybody there? */
void hop_room_check(struct hop_room *room);
/* Timers. May free the room. */
void hop_room_tick(struct hop_room *room);
