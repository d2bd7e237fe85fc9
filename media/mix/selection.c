/* Who may talk when not all can be mixed; see selection.h. Mix thread. */
#include "media/mix/selection.h"

enum {
    WAITS_US = 100000, /* whoever has not spoken for so long no longer waits */
    PAUSE = 5,         /* frames in which nothing is heard: not within a word */
};

/* ---- waiting ----------------------------------------------------------------------------------
 */

static void stop_waiting(struct hop_selection *selection, uint32_t peer, int64_t now_us)
{
    for (int i = 0; i < selection->n_waiting; i++)
        if (selection->waiting[i].peer == peer || now_us - selection->waiting[i].seen_us > WAITS_US)
            selection->waiting[i--] = selection->waiting[--selection->n_waiting];
}

static void wait_on(struct hop_selection *selection, uint32_t peer, bool chair, int64_t now_us)
{
    int64_t since_us = now_us;

    for (int i = 0; i < selection->n_waiting; i++)
        if (selection->waiting[i].peer == peer &&
            now_us - selection->waiting[i].seen_us <= WAITS_US)
            since_us = selection->waiting[i].since_us;
    stop_waiting(selection, peer, now_us);
    if (selection->n_waiting == HOP_SELECTION_WAITING)
        return;
    selection->waiting[selection->n_waiting].peer = peer;
    selection->waiting[selection->n_waiting].chair = chair;
    selection->waiting[selection->n_waiting].since_us = since_us;
    selection->waiting[selection->n_waiting++].seen_us = now_us;
}

/* How many others have a better right to the next seat. */
static int before_him(const struct hop_selection *selection, uint32_t peer, bool chair,
                      int64_t now_us)
{
    int64_t since_us = now_us;
    int n = 0;

    for (int i = 0; i < selection->n_waiting; i++)
        if (selection->waiting[i].peer == peer)
            since_us = selection->waiting[i].since_us;
    for (int i = 0; i < selection->n_waiting; i++)
        n += selection->waiting[i].peer != peer &&
             now_us - selection->waiting[i].seen_us <= WAITS_US &&
             (selection->waiting[i].chair != chair ? selection->waiting[i].chair
                                                   : selection->waiting[i].since_us < since_us);
    return n;
}

/* ---- seats ------------------------------------------------------------------------------------
 */

/* What a holder does now, over all his streams. */
struct doing {
    bool active, confirmed;
    int pause; /* frames in which none of them was heard */
};

static struct doing doing_of(const struct hop_streams *streams, uint32_t peer)
{
    struct doing doing = { .pause = PAUSE };

    for (int k = 0; k < HOP_STREAM_KINDS; k++) {
        const struct hop_talker *talker = hop_streams_of(streams, peer, k);
        if (!talker || !hop_talker_active(talker))
            continue;
        int pause = hop_talker_pause(talker);
        doing.active = true;
        doing.confirmed = doing.confirmed || hop_talker_confirmed(talker);
        doing.pause = pause < doing.pause ? pause : doing.pause;
    }
    return doing;
}

/* The seat that may be taken away for this newcomer, or -1. */
static int victim(const struct hop_selection *selection, const struct hop_streams *streams,
                  const struct hop_members *members, bool for_chair)
{
    const struct hop_seats *seats = &selection->seats;
    int found = -1;

    for (int i = 0; i < seats->n; i++) {
        const struct hop_seat *seat = seats->seat[i];
        struct doing doing = doing_of(streams, seat->peer);
        bool listening = !seat->open && seat->linger <= 0;
        if (listening || (doing.active && !doing.confirmed && doing.pause >= PAUSE))
            return i;
        if (for_chair && doing.pause >= PAUSE && !hop_members_of(members, seat->peer).chair &&
            (found < 0 || seat->since_us > seats->seat[found]->since_us))
            found = i;
    }
    return found;
}

static void take_away(struct hop_selection *selection, struct hop_streams *streams, int i,
                      int64_t now_us)
{
    for (int k = 0; k < HOP_STREAM_KINDS; k++) {
        struct hop_talker *talker = hop_streams_of(streams, selection->seats.seat[i]->peer, k);
        if (talker)
            hop_talker_stop(talker, now_us);
    }
    hop_seats_remove(&selection->seats, i);
}

struct hop_seat *hop_selection_seat(struct hop_selection *selection, struct hop_streams *streams,
                                    const struct hop_members *members, uint32_t peer,
                                    enum hop_talker_wish wish, int64_t now_us, bool *full)
{
    struct hop_member member = hop_members_of(members, peer);
    struct hop_seat *seat = hop_seats_find(&selection->seats, peer);
    bool talks = wish == HOP_WISH_TALK;
    int spare = selection->seats_max - selection->seats.n;

    *full = false;
    if (seat)
        return seat;
    int before = before_him(selection, peer, member.chair, now_us);
    if (before >= spare) {
        int taken = talks && before == 0 ? victim(selection, streams, members, member.chair) : -1;
        if (taken < 0) {
            if (talks)
                wait_on(selection, peer, member.chair, now_us);
            *full = true;
            return NULL;
        }
        take_away(selection, streams, taken, now_us);
    }
    stop_waiting(selection, peer, now_us);
    seat = hop_seats_add(&selection->seats, peer, member.hall, now_us);
    if (seat)
        seat->linger = talks ? HOP_SEAT_LINGER : 0;
    return seat;
}

void hop_selection_clear(struct hop_selection *selection, const struct hop_streams *streams)
{
    for (int i = 0; i < selection->seats.n; i++) {
        const struct hop_seat *seat = selection->seats.seat[i];
        if (!seat->open && seat->linger <= 0 && !doing_of(streams, seat->peer).active)
            hop_seats_remove(&selection->seats, i--);
    }
}

void hop_selection_forget(struct hop_selection *selection, uint32_t peer)
{
    for (int i = 0; i < selection->seats.n; i++)
        if (selection->seats.seat[i]->peer == peer)
            hop_seats_remove(&selection->seats, i--);
    for (int i = 0; i < selection->n_waiting; i++)
        if (selection->waiting[i].peer == peer)
            selection->waiting[i--] = selection->waiting[--selection->n_waiting];
}
