/* See gate.h. */
#include "signaling/gate.h"

static bool barred(const struct hop_gate_case *c)
{
    return c->mark == HOP_MARK_HELD || c->mark == HOP_MARK_REMOVED;
}

/* The lobby's rule, whatever the time. */
static bool must_be_admitted(const struct hop_gate_case *c)
{
    switch (c->settings->lobby) {
    case HOP_LOBBY_OFF:
        return false;
    case HOP_LOBBY_GUESTS:
        return !c->invited || c->role == HOP_ROLE_GUEST;
    case HOP_LOBBY_ALL:
        break;
    }
    return true;
}

int64_t hop_gate_opens_at(const struct hop_gate_case *c)
{
    return !barred(c) && c->invited && !c->settings->waits ? c->starts_at_us : 0;
}

static bool may_pass(const struct hop_gate_case *c)
{
    if (barred(c))
        return false;
    if (hop_role_may(c->role, HOP_RIGHT_MODERATE) || c->mark == HOP_MARK_ADMITTED)
        return true;
    if (c->settings->waits && !c->opened)
        return false;
    int64_t opens_us = hop_gate_opens_at(c);
    return !must_be_admitted(c) || (opens_us != 0 && c->wall_us >= opens_us);
}

enum hop_gate hop_gate(const struct hop_gate_case *c)
{
    if (may_pass(c))
        return HOP_GATE_IN;
    /* nobody is there who could admit him, and no hour that would */
    return c->moderated || hop_gate_opens_at(c) > c->wall_us ? HOP_GATE_LOBBY : HOP_GATE_CHAIR;
}
