/* Early comers: see waiting.h. Control thread. */
#include "signaling/waiting.h"

#include <string.h>

enum { RETRY_US = 5 * 1000000 };

struct hop_waiting {
    char code[HOP_MAX_ROOM_CODE + 1];
    int64_t opens_wall_us;
    GHashTable *sessions; /* &session->id → struct hop_session */
    bool asking;
};

void hop_waiting_free(struct hop_waiting *waiting)
{
    g_hash_table_unref(waiting->sessions);
    g_free(waiting);
}

void hop_waiting_join(struct hop_session *session, const struct hop_room_info *info)
{
    GHashTable *all = session->signaling->waiting;
    struct hop_waiting *w = g_hash_table_lookup(all, info->code);
    if (w == NULL) {
        w = g_new0(struct hop_waiting, 1);
        (void)g_strlcpy(w->code, info->code, sizeof w->code);
        w->sessions = g_hash_table_new(g_int64_hash, g_int64_equal);
        g_hash_table_insert(all, g_strdup(info->code), w);
    }
    w->opens_wall_us = info->opens_at_us;
    g_hash_table_insert(w->sessions, &session->id, session);
    (void)g_strlcpy(session->waiting, info->code, sizeof session->waiting);
}

void hop_waiting_leave(struct hop_session *session)
{
    GHashTable *all = session->signaling->waiting;
    if (session->waiting[0] == '\0')
        return;
    struct hop_waiting *w = g_hash_table_lookup(all, session->waiting);
    if (w != NULL) {
        g_hash_table_remove(w->sessions, &session->id);
        if (g_hash_table_size(w->sessions) == 0)
            g_hash_table_remove(all, session->waiting);
    }
    session->waiting[0] = '\0';
    session->created_us = session->signaling->now_us; /* the time to join begins now */
}

/* All of them; `reason` NULL: it opened. */
static void dismiss(struct hop_signaling *signaling, struct hop_waiting *w, const char *reason)
{
    g_autoptr(GList) sessions = g_hash_table_get_values(w->sessions);
    for (GList *l = sessions; l != NULL; l = l->next) {
        struct hop_session *session = l->data;
        session->waiting[0] = '\0';
        session->created_us = signaling->now_us;
        if (reason == NULL) {
            hop_session_event(session, "opened", json_object());
            continue;
        }
        hop_session_event(session, "room.ended", json_pack("{s:s}", "reason", reason));
        hop_session_close(session, HOP_CLOSE_ENDED);
    }
    char code[HOP_MAX_ROOM_CODE + 1];
    memcpy(code, w->code, sizeof code);
    g_hash_table_remove(signaling->waiting, code);
}

static void looked_up(void *ctx, int error, const struct hop_room_info *info)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_signaling *signaling = pending->signaling;
    struct hop_waiting *w = g_hash_table_lookup(signaling->waiting, pending->code);
    hop_pending_free(pending);
    if (w == NULL)
        return;
    w->asking = false;
    if (error != 0 || info == NULL) {
        w->opens_wall_us = signaling->wall_us + RETRY_US;
        return;
    }
    switch (info->status) {
    case HOP_ROOM_EARLY:
        /* its clock may be a little behind ours */
        w->opens_wall_us = MAX(info->opens_at_us, signaling->wall_us + 1000000);
        break;
    case HOP_ROOM_OPEN:
        dismiss(signaling, w, NULL);
        break;
    case HOP_ROOM_CANCELLED:
        dismiss(signaling, w, "cancelled");
        break;
    case HOP_ROOM_NONE:
    case HOP_ROOM_ENDED:
        dismiss(signaling, w, "ended");
        break;
    }
}

static void ask(struct hop_signaling *signaling, struct hop_waiting *w)
{
    if (w->asking)
        return;
    w->asking = true;
    struct hop_pending *pending = hop_pending_new(signaling);
    (void)g_strlcpy(pending->code, w->code, sizeof pending->code);
    signaling->config.host->room_lookup(signaling->config.host_ctx, pending->code, looked_up,
                                        pending);
}

void hop_waiting_check(struct hop_signaling *signaling, const char *code)
{
    struct hop_waiting *w = g_hash_table_lookup(signaling->waiting, code);
    if (w != NULL)
        ask(signaling, w);
}

void hop_waiting_tick(struct hop_signaling *signaling)
{
    g_autoptr(GList) all = g_hash_table_get_values(signaling->waiting);
    for (GList *l = all; l != NULL; l = l->next) {
        struct hop_waiting *w = l->data;
        if (signaling->wall_us >= w->opens_wall_us)
            ask(signaling, w);
    }
}
