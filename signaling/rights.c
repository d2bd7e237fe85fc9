/* Who may do what: see rights.h. Control thread. */
#include "signaling/rights.h"

#include <stddef.h>
#include <string.h>

#define EVERYONE (HOP_RIGHT_SEND | HOP_RIGHT_CHAT | HOP_RIGHT_HAND)
#define LEADER   (EVERYONE | HOP_RIGHT_MODERATE | HOP_RIGHT_ROLES | HOP_RIGHT_END)

static const struct {
    const char *name;
    uint32_t rights;
    int rank;       /* moderates those of the same or a lower rank */
    int succession; /* who stands in for the chair */
} roles[HOP_ROLES] = {
    [HOP_ROLE_ORGANIZER] = { "organizer", LEADER, 2, 0 },
    [HOP_ROLE_CHAIR] = { "chair", LEADER, 2, 0 },
    [HOP_ROLE_SECRETARY] = { "secretary", EVERYONE | HOP_RIGHT_MODERATE | HOP_RIGHT_ROLES, 1, 0 },
    [HOP_ROLE_DELEGATE] = { "delegate", EVERYONE, 0, 1 },
    [HOP_ROLE_GUEST] = { "guest", EVERYONE, 0, 2 },
    [HOP_ROLE_OBSERVER] = { "observer", 0, 0, -1 },
    [HOP_ROLE_TECHNICIAN] = { "technician", EVERYONE, 0, -1 },
};

const char *hop_role_name(enum hop_role role)
{
    return roles[role].name;
}

bool hop_role_parse(const char *name, enum hop_role *out)
{
    for (size_t i = 0; i < HOP_ROLES; i++) {
        if (strcmp(roles[i].name, name) == 0) {
            *out = (enum hop_role)i;
            return true;
        }
    }
    return false;
}

bool hop_role_may(enum hop_role role, enum hop_right right)
{
    return (roles[role].rights & right) != 0;
}

bool hop_role_leads(enum hop_role role)
{
    return role == HOP_ROLE_CHAIR || role == HOP_ROLE_ORGANIZER;
}

bool hop_role_may_over(enum hop_role actor, enum hop_role target)
{
    return roles[actor].rank >= roles[target].rank;
}

bool hop_role_may_give(enum hop_role actor, enum hop_role role)
{
    return roles[actor].rank >= roles[role].rank;
}

int hop_role_succession(enum hop_role role)
{
    return roles[role].succession;
}
