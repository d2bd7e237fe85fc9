/* Keeping the workers in step with what the control thread knows; see control.h. */
#include "media/worker/control.h"

#include <stdlib.h>

struct hop_media_worker *hop_media_worker_of(struct hop_media *m, uint64_t id)
{
    uint8_t tag = hop_slots_tag(id);
    return tag < m->n_workers ? &m->workers[tag] : NULL;
}

struct hop_media_room *hop_media_find_room(struct hop_media *m, hop_room_id id)
{
    struct hop_media_worker *w = hop_media_worker_of(m, id);
    struct hop_media_room *room = w ? hop_slots_get(w->rooms, id) : NULL;
    return room && !room->closing ? room : NULL;
}

struct hop_media_peer *hop_media_find_peer(struct hop_media *m, hop_peer_id id)
{
    struct hop_media_worker *w = hop_media_worker_of(m, id);
    struct hop_media_peer *peer = w ? hop_slots_get(w->peers, id) : NULL;
    return peer && !peer->closing ? peer : NULL;
}

static void forget_peer(struct hop_media *m, struct hop_media_peer *peer)
{
    m->unsaid -= (uint32_t)peer->closing + (uint32_t)peer->allowed_unsaid + peer->seat_unsaid;
    hop_slots_remove(hop_media_worker_of(m, peer->id)->peers, peer->id);
    free(peer);
}

/* Ids are free for others only after the worker's ring holds the removal: what comes behind it is
 * executed after it. */
static bool try_close_peer(struct hop_media *m, struct hop_media_peer *peer)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_REMOVE, .peer = peer->id };
    if (!hop_worker_submit(hop_media_worker_of(m, peer->id)->worker, &command))
        return false;
    forget_peer(m, peer);
    return true;
}

static bool try_close_room(struct hop_media *m, struct hop_media_room *room)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_ROOM_REMOVE, .room = room->id };
    struct hop_media_worker *w = hop_media_worker_of(m, room->id);
    if (!hop_worker_submit(w->worker, &command))
        return false;
    struct hop_media_peer *peer;
    for (size_t i = 0; (peer = hop_slots_next(w->peers, &i)) != NULL; i++)
        if (peer->room == room->id)
            forget_peer(m, peer);
    m->unsaid -= (uint32_t)room->closing + room->audio_unsaid;
    hop_slots_remove(w->rooms, room->id);
    free(room);
    return true;
}

void hop_media_close_room(struct hop_media *m, struct hop_media_room *room)
{
    struct hop_media_worker *w = hop_media_worker_of(m, room->id);
    hop_room_id id = room->id;
    if (try_close_room(m, room))
        return;
    room->closing = true;
    m->unsaid++;
    struct hop_media_peer *peer;
    for (size_t i = 0; (peer = hop_slots_next(w->peers, &i)) != NULL; i++) {
        if (peer->room != id || peer->closing)
            continue;
        peer->closing = true;
        m->unsaid++;
    }
}

void hop_media_close_peer(struct hop_media *m, struct hop_media_peer *peer)
{
    if (try_close_peer(m, peer))
        return;
    peer->closing = true;
    m->unsaid++;
}

static bool try_say_allowed(struct hop_media *m, struct hop_media_peer *peer)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_ALLOWED,
                                          .peer = peer->id,
                                          .allowed = peer->allowed };
    if (!hop_worker_submit(hop_media_worker_of(m, peer->id)->worker, &command))
        return false;
    m->unsaid -= peer->allowed_unsaid;
    peer->allowed_unsaid = false;
    return true;
}

void hop_media_say_allowed(struct hop_media *m, struct hop_media_peer *peer, uint32_t mask)
{
    peer->allowed = mask;
    if (try_say_allowed(m, peer) || peer->allowed_unsaid)
        return;
    peer->allowed_unsaid = true;
    m->unsaid++;
}

static bool try_say_seat(struct hop_media *m, struct hop_media_peer *peer)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_PEER_SEAT,
                                          .peer = peer->id,
                                          .seat = { peer->hall, peer->chair } };
    if (!hop_worker_submit(hop_media_worker_of(m, peer->id)->worker, &command))
        return false;
    m->unsaid -= peer->seat_unsaid;
    peer->seat_unsaid = false;
    return true;
}

void hop_media_say_seat(struct hop_media *m, struct hop_media_peer *peer)
{
    if (try_say_seat(m, peer) || peer->seat_unsaid)
        return;
    peer->seat_unsaid = true;
    m->unsaid++;
}

static bool try_say_audio(struct hop_media *m, struct hop_media_room *room)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_ROOM_AUDIO,
                                          .room = room->id,
                                          .audio = room->audio };
    if (!hop_worker_submit(hop_media_worker_of(m, room->id)->worker, &command))
        return false;
    m->unsaid -= room->audio_unsaid;
    room->audio_unsaid = false;
    return true;
}

void hop_media_say_audio(struct hop_media *m, struct hop_media_room *room)
{
    if (try_say_audio(m, room) || room->audio_unsaid)
        return;
    room->audio_unsaid = true;
    m->unsaid++;
}

static bool catch_up_peer(struct hop_media *m, struct hop_media_peer *peer)
{
    if (peer->closing)
        return try_close_peer(m, peer);
    return (!peer->allowed_unsaid || try_say_allowed(m, peer)) &&
           (!peer->seat_unsaid || try_say_seat(m, peer));
}

static bool catch_up_room(struct hop_media *m, struct hop_media_room *room)
{
    if (room->closing)
        return try_close_room(m, room);
    return !room->audio_unsaid || try_say_audio(m, room);
}

/* False: the ring is full. */
static bool catch_up_worker(struct hop_media *m, struct hop_media_worker *w)
{
    struct hop_media_room *room;
    struct hop_media_peer *peer;
    for (size_t i = 0; (room = hop_slots_next(w->rooms, &i)) != NULL; i++)
        if (!catch_up_room(m, room))
            return false;
    for (size_t i = 0; (peer = hop_slots_next(w->peers, &i)) != NULL; i++)
        if (!catch_up_peer(m, peer))
            return false;
    return true;
}

void hop_media_catch_up(struct hop_media *m)
{
    for (uint32_t i = 0; i < m->n_workers && m->unsaid > 0; i++)
        catch_up_worker(m, &m->workers[i]);
}
