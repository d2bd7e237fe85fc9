/* Who may talk when not all can be mixed. The number of seats is a guard against overload, no
 * selection of the loudest: whoever has a seat keeps it until he has finished. Owned by the mixer,
 * called on the mix thread.
 *
 * A newcomer who finds all seats taken may have that of one who is only listened to, or whose claim
 * to talk has not come true. Else he waits; a seat that becomes free goes to the chair first, then
 * to who has waited longest. The chair may besides have the seat of one who pauses, the one who has
 * talked shortest: nobody is cut off in mid-word. What somebody claims of his loudness counts for
 * nothing here, but that he is heard.
 */
#pragma once

#include "media/mix/members.h"
#include "media/mix/seats.h"
#include "media/mix/streams.h"
#include "media/mix/talker.h"

enum { HOP_SELECTION_WAITING = 32 }; /* who waits beyond these is not known to wait */

struct hop_selection {
    int seats_max;
    struct hop_seats seats;
    struct {
        uint32_t peer;
        bool chair;
        int64_t since_us, seen_us;
    } waiting[HOP_SELECTION_WAITING];
    int n_waiting;
};

/* The peer's seat, new if he has none; NULL with *full true: he has to wait, or no memory. */
struct hop_seat *hop_selection_seat(struct hop_selection *selection, struct hop_streams *streams,
                                    const struct hop_members *members, uint32_t peer,
                                    enum hop_talker_wish wish, int64_t now_us, bool *full);

/* Gives up the seats of those who have finished. */
void hop_selection_clear(struct hop_selection *selection, const struct hop_streams *streams);
/* The peer is gone. */
void hop_selection_forget(struct hop_selection *selection, uint32_t peer);
