/* The meeting service as a whole: what there is, its turn of the loop, its end. See signaling.h.
 * Called by server/. Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/signaling.h"
#include "signaling/dump.h"

#include "media/base/clock.h"
#include "media/base/log.h"
#include "signaling/events.h"
#include "signaling/waiting.h"

#include <errno.h>

enum {
    TICK_US = 500000,
    EVENTS_PER_WAKE = 4096, /* sessions want their turn too */
};

int hop_signaling_new(const struct hop_signaling_config *config, struct hop_media *media,
                      struct hop_signaling **out)
{
    struct hop_codec_order codecs;
    if (config->host == NULL || config->limits.max_participants < 1 ||
        config->limits.max_rooms < 1 || config->limits.max_per_room < 1 ||
        config->resume_timeout_ms < 0 || config->video_codecs == NULL ||
        hop_codec_order_parse(config->video_codecs, &codecs) != 0)
        return -EINVAL;
    struct hop_signaling *s = g_new0(struct hop_signaling, 1);
    s->config = *config;
    s->config.video_codecs = NULL; /* the caller's; parsed above */
    s->codecs = codecs;
    s->media = media;
    s->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->room_ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    s->media_rooms = g_hash_table_new(g_int64_hash, g_int64_equal);
    s->sessions = g_hash_table_new(g_int64_hash, g_int64_equal);
    s->tokens = g_hash_table_new(g_str_hash, g_str_equal);
    s->peers = g_hash_table_new(g_int64_hash, g_int64_equal);
    s->waiting =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)hop_waiting_free);
    g_queue_init(&s->pending);
    hop_signaling_now(s);
    *out = s;
    return 0;
}

void hop_signaling_free(struct hop_signaling *signaling)
{
    if (signaling == NULL)
        return;
    hop_dump_end(signaling);
    g_autoptr(GList) sessions = g_hash_table_get_values(signaling->sessions);
    for (GList *l = sessions; l != NULL; l = l->next) {
        struct hop_session *session = l->data;
        session->ops->kill(session->transport);
        hop_session_gone(session);
    }
    g_autoptr(GList) rooms = g_hash_table_get_values(signaling->rooms);
    for (GList *l = rooms; l != NULL; l = l->next)
        hop_room_free(l->data);
    while (signaling->pending.head != NULL) {
        struct hop_pending *pending = signaling->pending.head->data;
        g_queue_unlink(&signaling->pending, &pending->link);
        pending->signaling = NULL;
    }
    g_hash_table_unref(signaling->rooms);
    g_hash_table_unref(signaling->room_ids);
    g_hash_table_unref(signaling->media_rooms);
    g_hash_table_unref(signaling->sessions);
    g_hash_table_unref(signaling->tokens);
    g_hash_table_unref(signaling->peers);
    g_hash_table_unref(signaling->waiting);
    g_free(signaling);
}

void hop_signaling_time(struct hop_signaling *signaling, int64_t now_us, int64_t wall_us)
{
    signaling->now_us = MAX(signaling->now_us, now_us);
    signaling->wall_us = wall_us;
}

void hop_signaling_now(struct hop_signaling *signaling)
{
    if (!signaling->virtual_time)
        hop_signaling_time(signaling, hop_now_us(), hop_wall_us());
}

/* ---- requests to the host ------------------------------------------------------------------- */

struct hop_pending *hop_pending_new(struct hop_signaling *signaling)
{
    struct hop_pending *pending = g_new0(struct hop_pending, 1);
    pending->signaling = signaling;
    pending->link.data = pending;
    g_queue_push_tail_link(&signaling->pending, &pending->link);
    return pending;
}

bool hop_pending_begin(struct hop_pending *pending)
{
    if (pending->signaling == NULL) {
        hop_pending_free(pending);
        return false;
    }
    g_queue_unlink(&pending->signaling->pending, &pending->link);
    hop_signaling_now(pending->signaling);
    return true;
}

void hop_pending_free(struct hop_pending *pending)
{
    g_free(pending->name);
    g_free(pending->text);
    g_free(pending->welcome);
    hop_frame_clear(&pending->frame);
    g_free(pending);
}

enum hop_error hop_host_error(int error)
{
    switch (error) {
    case -ETIMEDOUT:
    case -EAGAIN:
    case -EBUSY:
        return HOP_ERR_SERVER_BUSY;
    default:
        return HOP_ERR_SERVER_STORAGE;
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

void hop_signaling_wake(struct hop_signaling *signaling)
{
    struct hop_media_event event;
    hop_signaling_now(signaling);
    for (int i = 0; i < EVENTS_PER_WAKE && hop_media_poll(signaling->media, &event); i++)
        hop_signaling_media_event(signaling, &event);
}

int64_t hop_signaling_tick(struct hop_signaling *signaling, int64_t now_us)
{
    if (!signaling->virtual_time)
        hop_signaling_time(signaling, now_us, hop_wall_us());
    g_autoptr(GList) sessions = g_hash_table_get_values(signaling->sessions);
    for (GList *l = sessions; l != NULL; l = l->next)
        hop_session_tick(l->data);
    g_autoptr(GList) rooms = g_hash_table_get_values(signaling->rooms);
    for (GList *l = rooms; l != NULL; l = l->next)
        hop_room_tick(l->data);
    hop_waiting_tick(signaling);
    hop_dump_tick(signaling);
    return now_us + TICK_US;
}

void hop_signaling_stop(struct hop_signaling *signaling, int retry_after_ms)
{
    hop_signaling_now(signaling);
    signaling->stopping = true;
    g_autoptr(GList) sessions = g_hash_table_get_values(signaling->sessions);
    for (GList *l = sessions; l != NULL; l = l->next) {
        hop_session_event(l->data, "stopping",
                          json_pack("{s:i}", "retry_after_ms", retry_after_ms));
        hop_session_close(l->data, HOP_CLOSE_STOPPING);
    }
}

/* ---- the meeting changed in the store -------------------------------------------------------- */

static void changed(void *ctx, int error, const struct hop_room_info *info)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    hop_pending_free(pending);
    if (room == NULL || error != 0 || info == NULL)
        return;
    switch (info->status) {
    case HOP_ROOM_CANCELLED:
        hop_room_end(room, "cancelled");
        break;
    case HOP_ROOM_ENDED:
    case HOP_ROOM_NONE:
        hop_room_end(room, "ended");
        break;
    case HOP_ROOM_EARLY: /* moved to later while it runs: those who are in it go on */
    case HOP_ROOM_OPEN:
        hop_room_update(room, info);
        break;
    }
}

void hop_signaling_room_changed(struct hop_signaling *signaling, const char *code)
{
    hop_signaling_now(signaling);
    const struct hop_room *room = hop_room_find(signaling, code);
    if (room != NULL && room->loading == 0) {
        struct hop_pending *pending = hop_pending_new(signaling);
        pending->room = room->id;
        signaling->config.host->room_lookup(signaling->config.host_ctx, code, changed, pending);
    }
    hop_waiting_check(signaling, code);
}

/* ---- for operators --------------------------------------------------------------------------- */

int hop_signaling_room_count(const struct hop_signaling *signaling, const char *code)
{
    const struct hop_room *room = g_hash_table_lookup(signaling->rooms, code);
    return room != NULL ? (int)room->present->len : -1;
}

int hop_signaling_lobby_count(const struct hop_signaling *signaling, const char *code)
{
    const struct hop_room *room = g_hash_table_lookup(signaling->rooms, code);
    return room != NULL && room->lobby != NULL ? (int)room->lobby->len : 0;
}

static void live_participant(const struct hop_participant *p, const struct hop_live_ops *ops,
                             void *ctx)
{
    struct hop_live_participant live = {
        .id = p->record->id,
        .name = p->record->name,
        .role = hop_role_name(p->role),
        .line = hop_line_name(p->line),
        .path = !p->have_path ? ""
                : p->tcp      ? "tcp"
                              : "udp",
        .srtp = p->have_path ? hop_srtp_name(p->srtp) : "",
        .stats = p->stats,
        .microphone = (p->active & HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE)) != 0,
        .camera = (p->active & HOP_SOURCE_BIT(HOP_SOURCE_CAMERA)) != 0,
        .screen = (p->active & HOP_SOURCE_BIT(HOP_SOURCE_SCREEN)) != 0,
        .client_rtt_ms = p->client_stats.rtt_ms,
        .client_jitter_ms = p->client_stats.jitter_ms,
        .client_loss_up = p->client_stats.loss_up,
        .client_loss_down = p->client_stats.loss_down,
        .client_fps = p->client_stats.fps,
    };
    ops->participant(ctx, &live);
}

void hop_signaling_live(const struct hop_signaling *signaling, const struct hop_live_ops *ops,
                        void *ctx)
{
    g_autoptr(GList) rooms = g_hash_table_get_values(signaling->rooms);
    for (GList *l = rooms; l != NULL; l = l->next) {
        const struct hop_room *room = l->data;
        if (room->present->len == 0)
            continue;
        ops->room(ctx, room->info.code, room->info.title, room->started_wall_us);
        for (guint i = 0; i < room->present->len; i++)
            live_participant(g_ptr_array_index(room->present, i), ops, ctx);
    }
    for (size_t i = 0; i < HOP_MAX_WORKERS; i++) {
        if (signaling->workers[i].seen)
            ops->worker(ctx, &signaling->workers[i].stats, signaling->workers[i].cpu);
    }
}
