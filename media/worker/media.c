/* The door into the relay; see media/media.h. Control thread: checks, makes ids and credentials,
 * and hands the work to the room's worker. How all of it starts and ends is in engine.c. */
#include "media/media.h"

#include "media/base/clock.h"
#include "media/worker/control.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HOP_LOG_MODULE "media"
#include "media/base/log.h"

/* ---- rooms ----------------------------------------------------------------------------------- */

/* Measured load in steps of a tenth first: what was given out in the last second shows only in the
 * numbers. */
static bool less_loaded(const struct hop_media_worker *a, const struct hop_media_worker *b)
{
    size_t peers_a = hop_slots_count(a->peers), peers_b = hop_slots_count(b->peers);
    if (a->busy_permille / 100 != b->busy_permille / 100)
        return a->busy_permille < b->busy_permille;
    if (peers_a != peers_b)
        return peers_a < peers_b;
    return hop_slots_count(a->rooms) < hop_slots_count(b->rooms);
}

static uint32_t least_loaded(const struct hop_media *m)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < m->n_workers; i++)
        if (less_loaded(&m->workers[i], &m->workers[best]))
            best = i;
    return best;
}

uint32_t hop_media_room_worker(const struct hop_media *m, hop_room_id room)
{
    uint8_t tag = hop_slots_tag(room);
    return room != 0 && tag < m->n_workers ? tag : least_loaded(m);
}

int hop_media_room_new(struct hop_media *m, hop_room_id *out)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_worker *w = &m->workers[least_loaded(m)];
    struct hop_media_room *room = calloc(1, sizeof(*room));
    if (!room)
        return -ENOSPC;
    struct hop_worker_command command = { .type = HOP_COMMAND_ROOM_ADD };
    if (hop_slots_add(w->rooms, room, &room->id) != 0) {
        free(room);
        return -ENOSPC;
    }
    command.room = room->id;
    if (!hop_worker_submit(w->worker, &command)) {
        hop_slots_remove(w->rooms, room->id);
        free(room);
        return -ENOSPC;
    }
    *out = room->id;
    return 0;
}

void hop_media_room_free(struct hop_media *m, hop_room_id id)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_room *room = hop_media_find_room(m, id);
    if (room)
        hop_media_close_room(m, room);
}

/* ---- participants ---------------------------------------------------------------------------- */

static struct hop_worker_peer_spec *new_spec(const struct hop_media_peer *peer)
{
    struct hop_worker_peer_spec *spec = calloc(1, sizeof(*spec));
    if (spec) {
        spec->desc = peer->desc;
        spec->local = peer->local;
    }
    return spec;
}

/* The transport is made here, so that what is wrong with it is known at once. */
static int hand_over(struct hop_media *m, struct hop_media_worker *w,
                     const struct hop_media_peer *peer)
{
    struct hop_worker_command command = {
        .type = HOP_COMMAND_PEER_ADD, .room = peer->room, .peer = peer->id, .spec = new_spec(peer)
    };
    if (!command.spec)
        return -ENOSPC;
    struct hop_transport_config tc = { .cert = m->cert,
                                       .desc = &command.spec->desc,
                                       .local_ufrag = peer->local.ufrag,
                                       .local_pwd = peer->local.pwd,
                                       .timeout_us = m->timeout_us };
    int error = hop_transport_new(&tc, hop_now_us(), &command.spec->transport);
    if (error == 0 && !hop_worker_submit(w->worker, &command))
        error = -EAGAIN;
    if (error != 0)
        hop_worker_command_discard(&command);
    return error == -ENOMEM ? -ENOSPC : error;
}

int hop_media_peer_new(struct hop_media *m, hop_room_id room, const struct hop_peer_desc *desc,
                       hop_peer_id *out, struct hop_peer_local *local)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    if (!hop_media_find_room(m, room))
        return -ENOENT;
    if (hop_media_check_desc(desc) != 0)
        return -EINVAL;
    struct hop_media_worker *w = hop_media_worker_of(m, room);
    struct hop_media_peer *peer = calloc(1, sizeof(*peer));
    if (!peer || hop_slots_add(w->peers, peer, &peer->id) != 0) {
        free(peer);
        return -ENOSPC;
    }
    peer->room = room;
    peer->desc = *desc;
    peer->allowed = desc->allowed;
    hop_media_describe(m, w, peer->id, desc, &peer->local);
    int error = hand_over(m, w, peer);
    if (error != 0) {
        hop_slots_remove(w->peers, peer->id);
        free(peer);
        return error;
    }
    *local = peer->local;
    *out = peer->id;
    return 0;
}

void hop_media_peer_free(struct hop_media *m, hop_peer_id id)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_peer *peer = hop_media_find_peer(m, id);
    if (peer)
        hop_media_close_peer(m, peer);
}

int hop_media_peer_restart(struct hop_media *m, hop_peer_id id, const struct hop_peer_desc *desc,
                           struct hop_peer_local *local)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_peer *peer = hop_media_find_peer(m, id);
    if (!peer)
        return -ENOENT;
    if (hop_media_check_restart(&peer->desc, desc) != 0)
        return -EINVAL;
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_RESTART,
                                          .peer = id,
                                          .spec = new_spec(peer) };
    if (!command.spec)
        return -EAGAIN;
    command.spec->desc = *desc;
    hop_media_describe_restart(m, id, &peer->desc, desc, &command.spec->local);
    struct hop_peer_local next = command.spec->local;
    if (!hop_worker_submit(hop_media_worker_of(m, id)->worker, &command)) {
        hop_worker_command_discard(&command);
        return -EAGAIN;
    }
    peer->desc = *desc;
    peer->local = *local = next;
    return 0;
}

void hop_media_set_allowed(struct hop_media *m, hop_peer_id id, uint32_t source_mask)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_peer *peer = hop_media_find_peer(m, id);
    if (peer)
        hop_media_say_allowed(m, peer, source_mask);
}

void hop_media_room_set_audio(struct hop_media *m, hop_room_id id,
                              const struct hop_room_audio *audio)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_room *room = hop_media_find_room(m, id);
    if (!room)
        return;
    room->audio = *audio;
    hop_media_say_audio(m, room);
}

static void set_seat(struct hop_media *m, struct hop_media_peer *peer, uint16_t hall, bool chair)
{
    if (peer->hall == hall && peer->chair == chair)
        return;
    peer->hall = hall;
    peer->chair = chair;
    hop_media_say_seat(m, peer);
}

void hop_media_set_hall(struct hop_media *m, hop_peer_id id, uint16_t hall)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_peer *peer = hop_media_find_peer(m, id);
    if (peer)
        set_seat(m, peer, hall, peer->chair);
}

void hop_media_set_chair(struct hop_media *m, hop_peer_id id, bool chair)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    struct hop_media_peer *peer = hop_media_find_peer(m, id);
    if (peer)
        set_seat(m, peer, peer->hall, chair);
}

int hop_media_set_view(struct hop_media *m, hop_peer_id id, const struct hop_view_tile *tiles,
                       size_t n)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    if (n > HOP_MAX_VIEW)
        return -EINVAL;
    if (!hop_media_find_peer(m, id))
        return -ENOENT;
    struct hop_worker_view *view = malloc(sizeof(*view) + n * sizeof(*tiles));
    if (!view)
        return -EAGAIN;
    view->n = n;
    if (n > 0)
        memcpy(view->tiles, tiles, n * sizeof(*tiles));
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_VIEW, .peer = id, .view = view };
    if (!hop_worker_submit(hop_media_worker_of(m, id)->worker, &command)) {
        hop_worker_command_discard(&command);
        return -EAGAIN;
    }
    return 0;
}

int hop_media_set_cap(struct hop_media *m, hop_peer_id id, uint32_t kbps)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    if (kbps > HOP_MAX_CAP_KBPS)
        return -EINVAL;
    if (!hop_media_find_peer(m, id))
        return -ENOENT;
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_CAP,
                                          .peer = id,
                                          .cap_kbps = kbps };
    return hop_worker_submit(hop_media_worker_of(m, id)->worker, &command) ? 0 : -EAGAIN;
}

/* ---- what comes back ------------------------------------------------------------------------- */

/* About somebody who is still here: news of the removed are nobody's. */
static bool concerns(struct hop_media *m, const struct hop_media_event *event)
{
    if (event->peer != 0)
        return hop_media_find_peer(m, event->peer) != NULL;
    return event->room == 0 || hop_media_find_room(m, event->room) != NULL;
}

/* One event of each worker in turn, so that a busy one does not drown the others. */
static void note_load(struct hop_media *m, const struct hop_media_event *event)
{
    if (event->type == HOP_MEDIA_WORKER_STATS && event->worker.index < m->n_workers)
        m->workers[event->worker.index].busy_permille = event->worker.busy_permille;
}

static bool take(struct hop_media *m, struct hop_media_event *out)
{
    uint32_t idle = 0;
    while (idle < m->n_workers) {
        struct hop_media_worker *w = &m->workers[m->next_polled];
        m->next_polled = (m->next_polled + 1) % m->n_workers;
        if (!hop_worker_take_event(w->worker, out))
            idle++;
        else if (concerns(m, out)) {
            note_load(m, out);
            return true;
        } else {
            if (out->type == HOP_MEDIA_DUMP)
                free(out->dump.text);
            idle = 0;
        }
    }
    return false;
}

bool hop_media_poll(struct hop_media *m, struct hop_media_event *out)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    if (take(m, out))
        return true;
    /* What was pushed before the flag is down is taken now; what comes after it wakes again. */
    atomic_exchange(&m->news, false);
    return take(m, out);
}

int hop_media_room_dump(struct hop_media *m, hop_room_id id, uint64_t token)
{
    hop_thread_assert(&m->thread);
    hop_media_catch_up(m);
    if (!hop_media_find_room(m, id))
        return -ENOENT;
    struct hop_worker_command command = { .type = HOP_COMMAND_ROOM_DUMP,
                                          .room = id,
                                          .token = token };
    return hop_worker_submit(hop_media_worker_of(m, id)->worker, &command) ? 0 : -EAGAIN;
}

void hop_media_dump(struct hop_media *m)
{
    hop_thread_assert(&m->thread);
    struct hop_worker_command command = { .type = HOP_COMMAND_DUMP };
    for (uint32_t i = 0; i < m->n_workers; i++)
        if (!hop_worker_submit(m->workers[i].worker, &command))
            hop_warn("worker %u is too busy for a dump", i);
}
