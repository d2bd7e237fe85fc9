/* Who may do what. The one table of it: handlers ask here, clients only hide buttons.
 * docs/protocol.md, "Requests". Control thread; no state. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum hop_role {
    HOP_ROLE_ORGANIZER,
    HOP_ROLE_CHAIR,
    HOP_ROLE_SECRETARY,
    HOP_ROLE_DELEGATE,
    HOP_ROLE_GUEST,
    HOP_ROLE_OBSERVER,
    HOP_ROLE_TECHNICIAN,
    HOP_ROLES
};

enum hop_right {
    HOP_RIGHT_SEND = 1u << 0,     /* media of any source */
    HOP_RIGHT_CHAT = 1u << 1,     /* while the chat is open */
    HOP_RIGHT_HAND = 1u << 2,     /* raise the own hand */
    HOP_RIGHT_MODERATE = 1u << 3, /* mute, lower hands, admit, send back, remove, open and close the
                                     chat, attendance */
    HOP_RIGHT_ROLES = 1u << 4,    /* give roles, none above the own one */
    HOP_RIGHT_END = 1u << 5,      /* end the meeting for all */
};

/* "chair"; and back, false: no such role. */
const char *hop_role_name(enum hop_role role);
bool hop_role_parse(const char *name, enum hop_role *out);

bool hop_role_may(enum hop_role role, enum hop_right right);
/* Leads the meeting: chair or organizer. */
bool hop_role_leads(enum hop_role role);
/* Nobody moderates those who stand above him. */
bool hop_role_may_over(enum hop_role actor, enum hop_role target);
/* Nobody gives a role that stands above his own. */
bool hop_role_may_give(enum hop_role actor, enum hop_role role);
/* Who stands in for a chair who is cut off: 0 first; -1 never. */
int hop_role_succession(enum hop_role role);
