/* What the worker tells the control thread: events, statistics, dumps. The worker's thread. */
#include "media/worker/state.h"

#include "media/base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DUMP_BYTES = 65536 };

bool hop_worker_report(struct hop_worker *w, const struct hop_media_event *event)
{
    if (!hop_ring_push(w->events, event))
        return false;
    w->news = true;
    return true;
}

void hop_worker_report_later(struct hop_worker *w, struct hop_worker_peer *peer, uint32_t pending)
{
    peer->pending |= pending;
    w->any_pending = true;
}

static void fill_path(const struct hop_worker_peer *peer, struct hop_media_event *event)
{
    const struct hop_path *path = hop_transport_path(peer->transport);
    event->path.profile = hop_transport_profile(peer->transport);
    if (path) {
        event->path.tcp = path->tcp;
        event->path.remote = path->remote;
    }
}

static void fill(const struct hop_worker_peer *peer, uint32_t pending,
                 struct hop_media_event *event)
{
    switch (pending) {
    case HOP_PENDING_CONNECTED:
        event->type = HOP_MEDIA_CONNECTED;
        fill_path(peer, event);
        break;
    case HOP_PENDING_PATH:
        event->type = HOP_MEDIA_PATH;
        fill_path(peer, event);
        break;
    case HOP_PENDING_SUSPENDED:
        event->type = HOP_MEDIA_SUSPENDED;
        break;
    case HOP_PENDING_SLOTS:
        event->type = HOP_MEDIA_SLOTS;
        event->slots.n = peer->n_slots;
        memcpy(event->slots.slots, peer->slots, sizeof(peer->slots));
        break;
    case HOP_PENDING_VOICES:
        event->type = HOP_MEDIA_VOICES;
        event->voices.n = peer->n_voices;
        memcpy(event->voices.voices, peer->voices, sizeof(peer->voices));
        break;
    case HOP_PENDING_VOICE_LEVEL:
        event->type = HOP_MEDIA_VOICE_LEVEL;
        event->voice_level.dbov = peer->voice_dbov;
        event->voice_level.verdict = peer->voice_verdict;
        break;
    case HOP_PENDING_LINE:
        event->type = HOP_MEDIA_LINE;
        event->line = peer->line;
        break;
    default:
        event->type = HOP_MEDIA_GONE;
        event->gone = hop_transport_reason(peer->transport);
        break;
    }
}

static bool report_tracks(struct hop_worker *w, struct hop_worker_peer *peer)
{
    for (unsigned source = 0; source < HOP_SOURCES; source++) {
        if ((peer->pending_tracks & HOP_SOURCE_BIT(source)) == 0)
            continue;
        struct hop_media_event event = { .type = HOP_MEDIA_TRACK,
                                         .room = peer->room->id,
                                         .peer = peer->id };
        event.track.source = (enum hop_source)source;
        event.track.active = (peer->active & HOP_SOURCE_BIT(source)) != 0;
        if (!hop_worker_report(w, &event))
            return false;
        peer->pending_tracks &= ~HOP_SOURCE_BIT(source);
    }
    return true;
}

static bool report_demands(struct hop_worker *w, struct hop_worker_peer *peer)
{
    for (unsigned source = 0; source < HOP_SOURCES; source++) {
        if ((peer->pending_demands & HOP_SOURCE_BIT(source)) == 0)
            continue;
        struct hop_media_event event = { .type = HOP_MEDIA_DEMAND,
                                         .room = peer->room->id,
                                         .peer = peer->id };
        event.demand.source = (enum hop_source)source;
        event.demand.top = peer->demand[source];
        if (!hop_worker_report(w, &event))
            return false;
        peer->pending_demands &= ~HOP_SOURCE_BIT(source);
    }
    return true;
}

/* False: the ring is full. */
static bool report_peer(struct hop_worker *w, struct hop_worker_peer *peer)
{
    static const uint32_t order[] = { HOP_PENDING_CONNECTED, HOP_PENDING_SUSPENDED,
                                      HOP_PENDING_PATH,      HOP_PENDING_SLOTS,
                                      HOP_PENDING_VOICES,    HOP_PENDING_VOICE_LEVEL,
                                      HOP_PENDING_LINE,      HOP_PENDING_GONE };
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
        if ((peer->pending & order[i]) == 0)
            continue;
        struct hop_media_event event = { .room = peer->room->id, .peer = peer->id };
        fill(peer, order[i], &event);
        if (!hop_worker_report(w, &event))
            return false;
        peer->pending &= ~order[i];
    }
    return report_tracks(w, peer) && report_demands(w, peer);
}

void hop_worker_report_pending(struct hop_worker *w)
{
    if (!w->any_pending)
        return;
    for (uint32_t i = 0; i < w->peers_end; i++)
        if (w->peers[i] && !report_peer(w, w->peers[i]))
            return; /* any_pending stays: again with the next turn */
    w->any_pending = false;
}

/* ---- once a second --------------------------------------------------------------------------- */

static void report_worker(struct hop_worker *w)
{
    struct hop_media_event event = { .type = HOP_MEDIA_WORKER_STATS };
    struct hop_worker_stats *s = &event.worker;
    s->index = w->index;
    s->rooms = w->n_rooms;
    s->peers = w->n_peers;
    s->rx_packets = w->rx_packets;
    s->rx_bytes = w->rx_bytes;
    s->tx_packets = w->tx.packets + w->tcp_tx_packets;
    s->tx_bytes = w->tx.bytes + w->tcp_tx_bytes;
    s->cpu_us = hop_thread_cpu_us();
    s->mix_cpu_us = w->audio && w->index == 0 ? hop_audio_cpu_us(w->audio) : 0;
    s->mix_late_ticks = w->audio && w->index == 0 ? hop_audio_late_ticks(w->audio) : 0;
    s->busy_permille = (uint16_t)(hop_worker_load_own(&w->load) * 1000);
    s->relief_percent = (uint8_t)w->relief.percent;
    s->lag_us = (uint32_t)w->load.lag_us;
    memcpy(s->drops, w->drops, sizeof(s->drops));
    s->drops[HOP_DROP_SEND] += w->tx.refused;
    for (size_t i = 0; i < w->config.n_udp; i++) {
        struct hop_udp_runs runs = hop_udp_runs(w->udp[i]);
        s->socket_overflows += hop_udp_overflows(w->udp[i]);
        s->udp_runs += runs.sent;
        s->udp_runs_refused += runs.refused;
    }
    hop_worker_report(w, &event);
}

void hop_worker_report_second(struct hop_worker *w)
{
    if (w->now_us < w->second_deadline_us)
        return;
    w->second_deadline_us = w->now_us + 1000000;
    report_worker(w);
    for (uint32_t i = 0; i < w->peers_end; i++) {
        const struct hop_worker_peer *peer = w->peers[i];
        if (!peer || peer->reported == HOP_TRANSPORT_NEW)
            continue;
        struct hop_media_event event = { .type = HOP_MEDIA_PEER_STATS,
                                         .room = peer->room->id,
                                         .peer = peer->id };
        if (hop_route_stats(peer->room->route, i, w->now_us, &event.stats))
            hop_worker_report(w, &event); /* statistics that found no room are no loss */
    }
}

/* ---- dump ------------------------------------------------------------------------------------ */

static const char *const state_names[] = { "new", "up", "down", "gone" };

static void dump_peer(const struct hop_worker_peer *peer)
{
    char text[HOP_ADDR_TEXT] = "nowhere";
    const struct hop_path *path = hop_transport_path(peer->transport);
    if (path)
        hop_addr_format(&path->remote, text);
    hop_info("  participant %" PRIx64 " index %u room %" PRIx64 " line %s %s %s active %x",
             peer->id, peer->index, peer->room->id, state_names[peer->reported],
             path && path->tcp ? "tcp" : "udp", text, peer->active);
}

static void log_lines(char *text)
{
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        if (line[0] != '\0')
            hop_info("  %s", line);
}

void hop_worker_dump(const struct hop_worker *w)
{
    hop_info(
        "worker %u: %u rooms, %u participants, %u TCP connections (%u unproven), %zu addresses",
        w->index, w->n_rooms, w->n_peers, w->conns.n, w->conns.n_unowned,
        hop_addrmap_count(w->addresses));
    for (uint32_t i = 0; i < w->peers_end; i++)
        if (w->peers[i])
            dump_peer(w->peers[i]);
    char *text = malloc(DUMP_BYTES);
    for (uint32_t i = 0; i < w->rooms_end && text; i++) {
        if (!w->rooms[i])
            continue;
        text[0] = '\0';
        hop_route_dump(w->rooms[i]->route, text, DUMP_BYTES);
        log_lines(text);
    }
    free(text);
    for (int i = 0; i < HOP_DROPS; i++)
        if (w->drops[i] > 0)
            hop_info("  dropped %s: %" PRIu64, hop_drop_name((enum hop_drop)i), w->drops[i]);
}

void hop_worker_room_dump(struct hop_worker *w, const struct hop_worker_room *room, uint64_t token)
{
    size_t len = hop_route_dump(room->route, NULL, 0);
    struct hop_media_event event = { .type = HOP_MEDIA_DUMP, .room = room->id };
    event.dump.token = token;
    event.dump.text = malloc(len + 1);
    if (!event.dump.text)
        return;
    hop_route_dump(room->route, event.dump.text, len + 1);
    if (!hop_worker_report(w, &event))
        free(event.dump.text);
}
