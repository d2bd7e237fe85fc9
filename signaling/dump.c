/* Dumps of rooms: see dump.h. Control thread. */
#include "signaling/dump.h"

#include "signaling/participant.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { PATIENCE_US = 3000000 }; /* a worker answers within its turn, unless the room went */

struct waiting {
    uint64_t token;
    int64_t since_us;
    char *head; /* owned */
    hop_dump_cb cb;
    void *ctx;
};

static void answer(struct hop_signaling *signaling, struct waiting *w, const char *rest)
{
    g_queue_remove(&signaling->dumps, w);
    g_autofree char *text = rest != NULL ? g_strconcat(w->head, rest, NULL) : NULL;
    w->cb(w->ctx, text);
    g_free(w->head);
    g_free(w);
}

static char *describe(const struct hop_room *room)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "meeting %s, %u present\n", room->info.code, room->present->len);
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        g_string_append_printf(
            text, "  %s %s line %s view %zu tiles cap %u kbit/s id %" PRIx64 "\n", p->record->id,
            hop_role_name(p->role), hop_line_name(p->line), p->view.n, p->view.max_kbps, p->peer);
    }
    return g_string_free(text, FALSE);
}

int hop_signaling_room_dump(struct hop_signaling *signaling, const char *code, hop_dump_cb cb,
                            void *ctx)
{
    const struct hop_room *room = hop_room_find(signaling, code);
    if (room == NULL)
        return -ENOENT;
    hop_signaling_now(signaling);
    struct waiting *w = g_new0(struct waiting, 1);
    w->token = ++signaling->next_id;
    w->since_us = signaling->now_us;
    w->head = describe(room);
    w->cb = cb;
    w->ctx = ctx;
    g_queue_push_tail(&signaling->dumps, w);
    if (room->media == 0) {
        answer(signaling, w, "nobody has media\n");
        return 0;
    }
    int error = hop_media_room_dump(signaling->media, room->media, w->token);
    if (error == 0)
        return 0;
    g_queue_remove(&signaling->dumps, w);
    g_free(w->head);
    g_free(w);
    return error;
}

void hop_dump_event(struct hop_signaling *signaling, const struct hop_media_event *event)
{
    for (GList *l = signaling->dumps.head; l != NULL; l = l->next) {
        struct waiting *w = l->data;
        if (w->token == event->dump.token) {
            answer(signaling, w, event->dump.text);
            break;
        }
    }
    free(event->dump.text);
}

void hop_dump_tick(struct hop_signaling *signaling)
{
    struct waiting *w;
    while ((w = g_queue_peek_head(&signaling->dumps)) != NULL &&
           signaling->now_us - w->since_us > PATIENCE_US)
        answer(signaling, w, NULL);
}

void hop_dump_end(struct hop_signaling *signaling)
{
    struct waiting *w;
    while ((w = g_queue_peek_head(&signaling->dumps)) != NULL)
        answer(signaling, w, NULL);
}
