/* The mix is told what changed; see mixing.h. Called by commands, routes and once per tick of the
 * rooms. */
#include "media/worker/mixing.h"

#include "media/worker/state.h"

static bool room_pending(const struct hop_worker_room *room)
{
    return (room->mix_unsaid & HOP_MIX_ROOM) != 0;
}

/* False: the ring is full. */
static bool say_room(struct hop_worker_room *room)
{
    struct hop_worker *w = room->worker;
    if ((room->mix_unsaid & HOP_MIX_ROOM) && hop_audio_room_add(w->audio, w->index, room->id) != 0)
        return false;
    room->mix_unsaid &= ~(uint32_t)HOP_MIX_ROOM;
    if ((room->mix_unsaid & HOP_MIX_LEVELLING) &&
        hop_audio_levelling(w->audio, w->index, room->id, room->levelling) != 0)
        return false;
    room->mix_unsaid = 0;
    return true;
}

static bool say_one(struct hop_worker_peer *peer, uint32_t what)
{
    struct hop_worker *w = peer->room->worker;
    hop_room_id room = peer->room->id;
    uint32_t index = peer->index;
    switch (what) {
    case HOP_MIX_NEW:
        return hop_audio_peer_remove(w->audio, w->index, room, index) == 0;
    case HOP_MIX_SEAT:
        return hop_audio_seat(w->audio, w->index, room, index, peer->hall, peer->leads) == 0;
    case HOP_MIX_LOSS:
        return hop_audio_listener_loss(w->audio, w->index, room, index, peer->mix_loss) == 0;
    case HOP_MIX_RESET:
        return hop_audio_stream_reset(w->audio, w->index, room, index, HOP_SOURCE_MICROPHONE) == 0;
    default:
        return hop_audio_stream_reset(w->audio, w->index, room, index, HOP_SOURCE_SCREEN_AUDIO) ==
               0;
    }
}

static bool say_peer(struct hop_worker_peer *peer)
{
    if (room_pending(peer->room))
        return peer->mix_unsaid == 0;
    for (uint32_t what = HOP_MIX_NEW; peer->mix_unsaid != 0; what <<= 1) {
        if ((peer->mix_unsaid & what) && !say_one(peer, what))
            return false;
        peer->mix_unsaid &= ~what;
    }
    return true;
}

static bool say_gone(struct hop_worker *w, const struct hop_worker_mix_gone *gone)
{
    if (gone->peer == UINT32_MAX)
        return hop_audio_room_remove(w->audio, w->index, gone->room) == 0;
    return hop_audio_peer_remove(w->audio, w->index, gone->room, gone->peer) == 0;
}

static void note_gone(struct hop_worker *w, hop_room_id room, uint32_t peer)
{
    struct hop_worker_mix_gone gone = { .room = room, .peer = peer };
    if (say_gone(w, &gone))
        return;
    if (w->n_mix_gone == HOP_WORKER_MIX_GONE) {
        hop_error("room %llx: what left it stays in the mix: too much waits to be said",
                  (unsigned long long)room);
        return;
    }
    w->mix_gone[w->n_mix_gone++] = gone;
    w->mix_unsaid = true;
}

/* What was to be said of that one is overtaken. */
static void forget_gone(struct hop_worker *w, hop_room_id room, uint32_t peer)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_mix_gone; i++)
        if (w->mix_gone[i].room != room || (peer != UINT32_MAX && w->mix_gone[i].peer != peer))
            w->mix_gone[n++] = w->mix_gone[i];
    w->n_mix_gone = n;
}

void hop_worker_mix_room_changed(struct hop_worker_room *room, uint32_t what)
{
    room->mix_unsaid |= what;
    if (!room->worker->audio)
        room->mix_unsaid = 0;
    else if (!say_room(room))
        room->worker->mix_unsaid = true;
}

void hop_worker_mix_peer_changed(struct hop_worker_peer *peer, uint32_t what)
{
    struct hop_worker *w = peer->room->worker;
    peer->mix_unsaid |= what;
    if (!w->audio)
        peer->mix_unsaid = 0;
    else if (!say_peer(peer))
        w->mix_unsaid = true;
}

void hop_worker_mix_add_room(struct hop_worker_room *room)
{
    hop_worker_mix_room_changed(room, HOP_MIX_ROOM);
}

void hop_worker_mix_remove_room(struct hop_worker_room *room)
{
    if (!room->worker->audio)
        return;
    forget_gone(room->worker, room->id, UINT32_MAX);
    if (!room_pending(room))
        note_gone(room->worker, room->id, UINT32_MAX);
}

void hop_worker_mix_add_peer(struct hop_worker_peer *peer)
{
    if (!peer->room->worker->audio)
        return;
    forget_gone(peer->room->worker, peer->room->id, peer->index);
    hop_worker_mix_peer_changed(peer, HOP_MIX_NEW);
}

void hop_worker_mix_remove_peer(struct hop_worker_peer *peer)
{
    if (peer->room->worker->audio && !room_pending(peer->room))
        note_gone(peer->room->worker, peer->room->id, peer->index);
}

void hop_worker_mix_catch_up(struct hop_worker *w)
{
    if (!w->mix_unsaid)
        return;
    while (w->n_mix_gone > 0 && say_gone(w, &w->mix_gone[w->n_mix_gone - 1]))
        w->n_mix_gone--;
    bool all = w->n_mix_gone == 0;
    for (uint32_t i = 0; i < w->rooms_end && all; i++)
        all = !w->rooms[i] || say_room(w->rooms[i]);
    for (uint32_t i = 0; i < w->peers_end && all; i++)
        all = !w->peers[i] || say_peer(w->peers[i]);
    w->mix_unsaid = !all;
}
