/* What an overloaded worker does about it: says how much of the pictures that the receivers would
 * take it can carry, in percent, so that sound goes on, nobody is dropped, and it recovers by
 * itself. Down at once, up slowly, and for a while not to where it broke.
 *
 * Sans I/O. The worker's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HOP_RELIEF_NONE = 100 };

struct hop_relief {
    int percent;         /* 1..100 of the wished video; 0 only before the first update */
    int ceiling;         /* where it broke last; 100: nowhere */
    int64_t ceiling_us;  /* when */
    int64_t changed_us;  /* last step */
    int64_t strained_us; /* since when it has had too much to do; 0: it has not */
    int64_t easy_us;     /* since when it has room; 0: it has not */
};

/* What the worker was like in the last period. */
struct hop_strain {
    double busy;     /* share of the time in which its loop was not waiting, 0..1 */
    double cpu;      /* share in which it ran: less than `busy` when others had the processor */
    bool overflowed; /* the kernel dropped datagrams */
};

/* Every 100 ms or so. Returns the percentage. */
int hop_relief_update(struct hop_relief *relief, const struct hop_strain *strain, int64_t now_us);
