/* Whether one more may come in: the caps that keep the platform stable, the seats kept for those
 * who lead, and the measured load of the relay. Pure; the figures are passed in.
 *
 * Called by: join. Any thread; no state. */
#pragma once

#include "signaling/protocol.h"

#include <stdbool.h>
#include <stdint.h>

struct hop_admission_limits {
    int max_participants; /* on this server */
    int max_rooms;        /* running at once */
    int max_per_room;     /* participants of one meeting */
    int reserved_seats;   /* of either cap, kept for leaders; at most a quarter of it is */
    int max_load_percent; /* of a media worker's time; 0: no limit */
    int max_lag_ms;       /* that a packet waits for its turn; 0: no limit */
};

struct hop_admission_now {
    int participants, rooms, in_room;
    bool new_room; /* it is not running yet */
    bool leader;   /* chair, organizer or secretary, or who is to become chair */
    /* of the worker that relays the meeting, or would */
    int load_percent, lag_ms;
    bool mix_late; /* the mix does not keep its times */
};

/* HOP_OK, or the error and, in *detail, which limit ("participants", "rooms", "load", "lag",
 * "mix"). */
enum hop_error hop_admission(const struct hop_admission_limits *limits,
                             const struct hop_admission_now *now, const char **detail);
