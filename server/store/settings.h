/* What a meeting's organizer has set for everyone who joins; plain data, kept with the meeting. */
#pragma once

#include "signaling/host.h" /* enum hop_lobby */

/* The numbers stand in the database. */
enum hop_allowed { HOP_ALLOWED_ALL, HOP_ALLOWED_MODERATORS };

struct hop_store_settings {
    bool muted, camera_off; /* when joining */
    enum hop_lobby lobby;
    bool opens_by_itself; /* the lobby, at the start */
    enum hop_allowed share, unmute;
    bool recording; /* allowed */
    bool password;
    uint8_t password_hash[32]; /* with password (server/invite.h) */
};
