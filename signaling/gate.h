/* Whether somebody comes in, or waits, and for what. Pure: everything is passed in.
 *
 * Called by: join, lobby. Any thread; no state. */
#pragma once

#include "signaling/host.h"
#include "signaling/rights.h"

enum hop_gate {
    HOP_GATE_IN,
    HOP_GATE_LOBBY, /* until somebody admits him, or the meeting opens by itself */
    HOP_GATE_CHAIR, /* until somebody is there who leads */
};

struct hop_gate_case {
    const struct hop_room_settings *settings;
    int64_t starts_at_us, wall_us; /* starts 0: not scheduled */
    bool opened;                   /* one who moderates has been in it */
    bool moderated;                /* one who moderates is in it now */
    bool invited;
    enum hop_role role; /* that he would have */
    enum hop_gate_mark mark;
};

enum hop_gate hop_gate(const struct hop_gate_case *c);
/* When it opens for him by itself, wall clock; 0: it does not. */
int64_t hop_gate_opens_at(const struct hop_gate_case *c);
