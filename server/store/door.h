/* What is known at a meeting's door: its settings, who leads it, and whom a link or an account
 * stands for. Control thread; callbacks as store.h says.
 */
#pragma once

#include "server/store/invitees.h"
#include "server/store/rooms.h"
#include "server/store/settings.h"

struct hop_store_door_query {
    int64_t room_id, meeting_id, starts_us; /* of hop_store_room_find(); meeting 0: none */
    int64_t user_id;                        /* 0: nobody who is signed in */
    bool has_token;
    uint8_t token_hash[HOP_HASH];
};

struct hop_store_door {
    struct hop_store_settings settings;
    char uid[64];          /* of the meeting, for its password; "" none */
    int64_t occurrence_us; /* its stamp; 0: no meeting */
    bool personal;         /* somebody's own room */
    bool led;              /* somebody is named, or invited, to lead it */
    /* about him who asks */
    bool bad_token;    /* nobody's, or of somebody who may not sign in any more */
    int64_t invite_id; /* 0: not invited */
    char role[16];     /* of the invitation, or of who is named in the meeting; "" none */
    char name[HOP_MAX_NAME * 4 + 1];
    char title[HOP_MAX_NAME * 4 + 1], unit[HOP_MAX_NAME * 4 + 1];
    uint32_t attendees; /* 0: not said */
};

typedef void (*hop_store_door_cb)(void *ctx, int error, const struct hop_store_door *door);

/* -ENOENT: the meeting is gone. */
void hop_store_door_find(struct hop_store *store, const struct hop_store_door_query *query,
                         hop_store_door_cb cb, void *ctx);
