/* A room on its worker: the route's way out (struct hop_route_ops), the mix's frames, who speaks.
 * The worker's thread. */
#include "media/worker/state.h"

#include "media/base/audio_tick.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/srtp/srtp.h"

#include <stdlib.h>
#include <string.h>

#define TIMER_GRAIN_US    ((int64_t)2000) /* rooms' timers are looked at no more often than that */
#define SPEAKING_EVERY_US ((int64_t)200000) /* when somebody begins, ends, or has his turn */
#define LEVELS_EVERY_US                                                                            \
    ((int64_t)2000000) /* when only the levels moved: pages see these in the mix */
#define SILENT_AFTER_US ((int64_t)300000) /* without a frame from the mix nobody is heard */

/* ---- what the route asks for ----------------------------------------------------------------- */

static uint8_t *tx_begin(void *ctx, uint32_t index, size_t need)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    const struct hop_worker_peer *peer = w->peers[index];
    if (!peer || !hop_transport_sendable(peer->transport)) {
        hop_worker_count_drop(w, HOP_DROP_NO_KEYS);
        return NULL;
    }
    if (need > HOP_MAX_DATAGRAM) {
        hop_worker_count_drop(w, HOP_DROP_MALFORMED);
        return NULL;
    }
    return hop_worker_tx_slot(&w->tx);
}

static void send_tcp(struct hop_worker *w, const struct hop_path *path, const uint8_t *packet,
                     size_t len, enum hop_tx_class class)
{
    /* On a slow line video yields first: what waits behind it would come too late to be heard. */
    size_t limit = class == HOP_TX_VIDEO ? HOP_MAX_TCP_QUEUE / 2 : HOP_MAX_TCP_QUEUE;
    if (!hop_worker_conns_send(w, path->tcp_conn, packet, len, limit))
        hop_worker_count_drop(w, HOP_DROP_QUEUE);
}

static void commit_tcp(struct hop_worker *w, const struct hop_worker_peer *peer,
                       const struct hop_path *path, size_t len, enum hop_tx_class class)
{
    uint8_t *slot = hop_worker_tx_slot(&w->tx);
    if (hop_transport_protect(peer->transport, class == HOP_TX_RTCP, slot, &len, HOP_TX_SLOT_BYTES))
        send_tcp(w, path, slot, len, class);
    else
        hop_worker_count_drop(w, HOP_DROP_SEND);
}

static void tx_commit(void *ctx, uint32_t index, size_t len, enum hop_tx_class class)
{
    static const enum hop_tx_kind kinds[] = {
        [HOP_TX_AUDIO] = HOP_TX_KIND_RTP,
        [HOP_TX_VIDEO] = HOP_TX_KIND_VIDEO,
        [HOP_TX_RTCP] = HOP_TX_KIND_RTCP,
    };
    struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    struct hop_worker_peer *peer = w->peers[index];
    const struct hop_path *path = peer ? hop_transport_path(peer->transport) : NULL;
    if (!path) {
        hop_worker_count_drop(w, HOP_DROP_SEND);
    } else if (path->tcp) {
        commit_tcp(w, peer, path, len, class);
    } else {
        uint8_t dscp = class == HOP_TX_AUDIO ? w->config.dscp_audio : w->config.dscp_video;
        hop_worker_tx_media(&w->tx, len, path, dscp, kinds[class], &peer->tx_line);
    }
}

static void voice(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                  uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                  int64_t now_us)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    if (w->audio && hop_audio_voice(w->audio, w->index, room->id, peer, source, ext_seq, timestamp,
                                    payload, len, level, now_us) != 0)
        hop_worker_count_drop(w, HOP_DROP_QUEUE);
}

static void voice_copy(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                       uint32_t timestamp, const uint8_t *payload, size_t len, int64_t now_us)
{
    const struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    if (w->audio && hop_audio_copy(w->audio, w->index, room->id, peer, source, ext_seq, timestamp,
                                   payload, len, now_us) != 0)
        hop_worker_count_drop(w, HOP_DROP_QUEUE);
}

static void listener_loss(void *ctx, uint32_t index, uint16_t permille)
{
    const struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    peer->mix_loss = permille;
    hop_worker_mix_peer_changed(peer, HOP_MIX_LOSS);
}

static void voice_reset(void *ctx, uint32_t peer, enum hop_source source)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    if (w->peers[peer])
        hop_worker_mix_peer_changed(
            w->peers[peer], source == HOP_SOURCE_MICROPHONE ? HOP_MIX_RESET : HOP_MIX_RESET << 1);
}

static void track(void *ctx, uint32_t index, enum hop_source source, bool active)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    uint32_t bit = HOP_SOURCE_BIT(source);
    peer->active = active ? peer->active | bit : peer->active & ~bit;
    peer->pending_tracks |= bit;
    room->worker->any_pending = true;
}

static void slots(void *ctx, uint32_t index, const struct hop_slot_state *states, uint8_t n)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    peer->n_slots = n < HOP_MAX_SLOTS ? n : HOP_MAX_SLOTS;
    memcpy(peer->slots, states, peer->n_slots * sizeof(*states));
    hop_worker_report_later(room->worker, peer, HOP_PENDING_SLOTS);
}

static void voices(void *ctx, uint32_t index, const struct hop_voice_state *states, uint8_t n)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    peer->n_voices = n < HOP_MAX_VOICES ? n : HOP_MAX_VOICES;
    memcpy(peer->voices, states, peer->n_voices * sizeof(*states));
    hop_worker_report_later(room->worker, peer, HOP_PENDING_VOICES);
}

static void demand(void *ctx, uint32_t index, enum hop_source source, int8_t top)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    peer->demand[source] = top;
    peer->pending_demands |= HOP_SOURCE_BIT(source);
    room->worker->any_pending = true;
}

static void line(void *ctx, uint32_t index, const struct hop_line_state *state)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    peer->line = *state;
    hop_worker_report_later(room->worker, peer, HOP_PENDING_LINE);
}

/* Told as it happens: an explanation that finds no room stands in the dump all the same. */
static void decision(void *ctx, uint32_t index, const struct hop_decision *d)
{
    struct hop_worker_room *room = ctx;
    const struct hop_worker_peer *peer = room->worker->peers[index];
    if (!peer)
        return;
    struct hop_media_event event = {
        .type = HOP_MEDIA_DECISION, .room = room->id, .peer = peer->id, .decision = *d
    };
    hop_worker_report(room->worker, &event);
}

static void drop(void *ctx, uint32_t index, enum hop_drop reason)
{
    struct hop_worker_room *room = ctx;
    (void)index;
    hop_worker_count_drop(room->worker, reason);
}

static void due(void *ctx, int64_t at_us)
{
    struct hop_worker_room *room = ctx;
    struct hop_worker *w = room->worker;
    if (at_us < room->deadline_us)
        room->deadline_us = at_us;
    if (at_us < w->rooms_deadline_us)
        w->rooms_deadline_us = at_us;
}

static const struct hop_route_ops route_ops = { .tx_begin = tx_begin,
                                                .tx_commit = tx_commit,
                                                .voice = voice,
                                                .voice_copy = voice_copy,
                                                .listener_loss = listener_loss,
                                                .voice_reset = voice_reset,
                                                .track = track,
                                                .slots = slots,
                                                .voices = voices,
                                                .demand = demand,
                                                .line = line,
                                                .decision = decision,
                                                .drop = drop,
                                                .due = due };

/* ---- life ------------------------------------------------------------------------------------ */

struct hop_worker_room *hop_worker_room_find(const struct hop_worker *w, hop_room_id id)
{
    uint32_t index = hop_slots_index(id);
    if (index >= HOP_MAX_ROOMS)
        return NULL;
    struct hop_worker_room *room = w->rooms[index];
    return room && room->id == id ? room : NULL;
}

void hop_worker_room_add(struct hop_worker *w, hop_room_id id)
{
    uint32_t index = hop_slots_index(id);
    struct hop_worker_room *room = calloc(1, sizeof(*room));
    uint64_t seed;
    hop_random_bytes(&seed, sizeof(seed));
    if (!room || hop_route_new(&route_ops, room, seed, &room->route) != 0) {
        hop_error("room %llx: out of memory", (unsigned long long)id);
        free(room);
        return;
    }
    room->worker = w;
    room->id = id;
    room->told_dominant = UINT32_MAX;
    room->levelling = true;
    room->deadline_us = w->now_us;
    hop_route_set_relief(room->route, w->relief.percent, w->now_us);
    w->rooms[index] = room;
    if (index >= w->rooms_end)
        w->rooms_end = index + 1;
    w->n_rooms++;
    hop_worker_mix_add_room(room);
}

void hop_worker_room_remove(struct hop_worker *w, struct hop_worker_room *room)
{
    for (uint32_t i = 0; i < w->peers_end && room->n_peers > 0; i++)
        if (w->peers[i] && w->peers[i]->room == room)
            hop_worker_peer_remove(w, w->peers[i]);
    hop_worker_mix_remove_room(room);
    hop_route_free(room->route);
    w->rooms[hop_slots_index(room->id)] = NULL;
    w->n_rooms--;
    free(room);
}

void hop_worker_room_audio(struct hop_worker_room *room, const struct hop_room_audio *audio)
{
    hop_route_set_audio(room->route, audio, room->worker->config.max_voices, room->worker->now_us);
    if (audio->levelling != room->levelling) {
        room->levelling = audio->levelling;
        hop_worker_mix_room_changed(room, HOP_MIX_LEVELLING);
    }
}

/* ---- who speaks ------------------------------------------------------------------------------ */

static bool same_speakers(const struct hop_worker_room *room)
{
    return room->n_speaking == room->n_told &&
           memcmp(room->speaking, room->told, room->n_told * sizeof(*room->told)) == 0 &&
           hop_route_dominant(room->route) == room->told_dominant;
}

static const struct hop_worker_peer *member(const struct hop_worker_room *room, uint32_t index)
{
    const struct hop_worker_peer *peer = index < HOP_MAX_PEERS ? room->worker->peers[index] : NULL;
    return peer && peer->room == room ? peer : NULL;
}

static void tell_speaking(struct hop_worker *w, struct hop_worker_room *room)
{
    struct hop_media_event event = { .type = HOP_MEDIA_SPEAKING, .room = room->id };
    uint32_t dominant = hop_route_dominant(room->route);
    for (uint8_t i = 0; i < room->n_speaking; i++) {
        const struct hop_worker_peer *peer = member(room, room->speaking[i]);
        if (!peer)
            continue;
        event.speaking.peers[event.speaking.n] = peer->id;
        event.speaking.levels[event.speaking.n++] = room->levels[i];
    }
    if (member(room, dominant))
        event.speaking.dominant = member(room, dominant)->id;
    if (!hop_worker_report(w, &event))
        return; /* again with the next frame or tick */
    room->n_told = room->n_speaking;
    room->told_dominant = dominant;
    memcpy(room->told, room->speaking, sizeof(room->told));
    room->last_told_us = w->now_us;
}

/* Where nothing is mixed the route knows who is heard. */
static void ask_route(struct hop_worker_room *room)
{
    struct hop_route_speakers speakers;
    if (!hop_route_speaking(room->route, &speakers))
        return;
    room->n_speaking = speakers.n;
    memcpy(room->speaking, speakers.peers, speakers.n * sizeof(*speakers.peers));
    memcpy(room->levels, speakers.levels, speakers.n);
    room->last_tick_us = room->worker->now_us;
}

static void consider_speaking(struct hop_worker *w, struct hop_worker_room *room)
{
    ask_route(room);
    if (room->n_speaking > 0 && w->now_us - room->last_tick_us > SILENT_AFTER_US)
        room->n_speaking = 0;
    bool same = same_speakers(room);
    if (room->n_speaking == 0 && same)
        return;
    if (w->now_us - room->last_told_us >= (same ? LEVELS_EVERY_US : SPEAKING_EVERY_US))
        tell_speaking(w, room);
}

/* How his microphone suits the others, when that has become another one. */
static void take_verdict(struct hop_worker_room *room, const struct hop_audio_talker *talker)
{
    struct hop_worker_peer *peer = room->worker->peers[talker->peer];
    if (!peer || peer->room != room || talker->speech_dbov == 0 ||
        talker->verdict == peer->voice_verdict)
        return;
    peer->voice_verdict = (enum hop_voice_verdict)talker->verdict;
    peer->voice_dbov = talker->speech_dbov;
    hop_worker_report_later(room->worker, peer, HOP_PENDING_VOICE_LEVEL);
}

static void take_speakers(struct hop_worker_room *room, const struct hop_audio_tick *tick)
{
    uint8_t n = tick->n_talkers < HOP_MAX_TALKERS ? tick->n_talkers : HOP_MAX_TALKERS;
    room->n_speaking = 0;
    for (uint8_t i = 0; i < n; i++) {
        if (tick->talkers[i].peer >= HOP_MAX_PEERS)
            continue;
        room->speaking[room->n_speaking] = tick->talkers[i].peer;
        room->levels[room->n_speaking++] = tick->talkers[i].level;
        take_verdict(room, &tick->talkers[i]);
    }
}

void hop_worker_rooms_audio(struct hop_worker *w)
{
    const struct hop_audio_tick *tick;
    while (w->audio && (tick = hop_audio_take(w->audio, w->index)) != NULL) {
        struct hop_worker_room *room = hop_worker_room_find(w, tick->room);
        if (room) {
            hop_route_audio(room->route, tick, w->now_us);
            take_speakers(room, tick);
            room->last_tick_us = w->now_us;
            consider_speaking(w, room);
        }
        hop_audio_release(w->audio, w->index, tick);
    }
}

/* ---- timers ---------------------------------------------------------------------------------- */

void hop_worker_rooms_tick(struct hop_worker *w)
{
    hop_worker_mix_catch_up(w);
    if (w->now_us < w->rooms_deadline_us)
        return;
    int64_t next = INT64_MAX, wall_us = hop_wall_us();
    for (uint32_t i = 0; i < w->rooms_end; i++) {
        struct hop_worker_room *room = w->rooms[i];
        if (!room || room->n_peers == 0)
            continue;
        if (room->deadline_us <= w->now_us) {
            room->deadline_us = hop_route_tick(room->route, w->now_us, wall_us);
            consider_speaking(w, room);
        }
        if (room->deadline_us < next)
            next = room->deadline_us;
    }
    w->rooms_deadline_us = next < w->now_us + TIMER_GRAIN_US ? w->now_us + TIMER_GRAIN_US : next;
}
