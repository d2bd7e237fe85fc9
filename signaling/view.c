/* Views: see view.h. Control thread. */
#include "signaling/view.h"

#include "signaling/handlers.h"

static void tell_relay(struct hop_participant *p)
{
    struct hop_view_tile tiles[HOP_MAX_VIEW];
    size_t n = 0;
    if (p->peer == 0)
        return;
    for (size_t i = 0; i < p->view.n; i++) {
        const struct hop_req_tile *tile = &p->view.tiles[i];
        const struct hop_participant *other = hop_room_participant(p->room, tile->participant);
        if (other == NULL || other->peer == 0)
            continue;
        tiles[n++] = (struct hop_view_tile){ .peer = other->peer,
                                             .source = tile->source,
                                             .height = tile->height,
                                             .pinned = tile->pinned };
    }
    (void)hop_media_set_view(p->room->signaling->media, p->peer, tiles, n);
    if (p->cap_kbps != p->view.max_kbps &&
        hop_media_set_cap(p->room->signaling->media, p->peer, p->view.max_kbps) == 0)
        p->cap_kbps = p->view.max_kbps;
}

static bool shows(const struct hop_participant *p, hop_participant_number number)
{
    for (size_t i = 0; i < p->view.n; i++) {
        if (p->view.tiles[i].participant == number)
            return true;
    }
    return false;
}

void hop_view_changed(struct hop_participant *participant)
{
    const struct hop_room *room = participant->room;
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p == participant ? p->view.n > 0 || p->view.max_kbps > 0
                             : shows(p, participant->number))
            tell_relay(p);
    }
}

void hop_handle_view(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    const struct hop_req_view *view = &call->request.view;
    for (size_t i = 0; i < view->n; i++) {
        if (view->tiles[i].participant > p->room->last_number) {
            hop_session_error(call->session, call->id, HOP_ERR_PARTICIPANT_UNKNOWN);
            return;
        }
    }
    p->view = *view;
    tell_relay(p);
    hop_session_answer(call->session, call->id, json_object());
}
