/* See acting.h. Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/acting.h"

#include "media/base/log.h"
#include "signaling/participant.h"

enum { CUT_OFF_US = 20 * 1000000 };

static struct hop_participant *acting(const struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->acting)
            return p;
    }
    return NULL;
}

static bool is_led(const struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (hop_role_leads(p->role) && p->session != NULL)
            return true;
    }
    return false;
}

/* Nobody stands in for a chair who has never come: that meeting waits, or goes on without. */
static bool needs_chair(const struct hop_room *room)
{
    return room->present->len > 0 && (room->had_chair || !room->info.settings.led) && !is_led(room);
}

void hop_acting_check(struct hop_room *room)
{
    if (needs_chair(room)) {
        if (room->leaderless_us == 0)
            room->leaderless_us = room->signaling->now_us;
        return;
    }
    room->leaderless_us = 0;
    struct hop_participant *p = acting(room);
    if (p != NULL)
        hop_participant_set_acting(p, false);
}

/* Whether `a` comes before `b`: by role, then who is in the list of those invited, in its order,
 * then who has an account, then who is here longer. */
static bool before(const struct hop_participant *a, const struct hop_participant *b)
{
    const struct hop_participant_record *ra = a->record;
    const struct hop_participant_record *rb = b->record;
    int rank_a = hop_role_succession(a->role);
    int rank_b = hop_role_succession(b->role);
    if (rank_a != rank_b)
        return rank_a < rank_b;
    if ((ra->invite_id != 0) != (rb->invite_id != 0))
        return ra->invite_id != 0;
    if (ra->invite_id != rb->invite_id)
        return ra->invite_id < rb->invite_id;
    return ra->user_id != 0 && rb->user_id == 0;
}

static struct hop_participant *choose(const struct hop_room *room)
{
    struct hop_participant *best = NULL;
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->session != NULL && hop_role_succession(p->role) >= 0 &&
            (best == NULL || before(p, best)))
            best = p;
    }
    return best;
}

void hop_acting_tick(struct hop_room *room)
{
    int64_t now = room->signaling->now_us;
    struct hop_participant *p = acting(room);
    if (room->leaderless_us == 0 || now - room->leaderless_us < CUT_OFF_US)
        return;
    if (p != NULL && (p->session != NULL || now - p->lost_us < CUT_OFF_US))
        return;
    struct hop_participant *next = choose(room);
    if (next == NULL)
        return;
    if (p != NULL)
        hop_participant_set_acting(p, false);
    hop_participant_set_acting(next, true);
    hop_info("room %s: %s stands in for the chair", room->info.code, next->record->id);
}
