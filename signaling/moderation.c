/* What chair, organizer and secretary do to others, each checked here: mute, hands, roles, halls,
 * removal, the room's settings, the end. docs/protocol.md, "Requests". Control thread. */
#include "signaling/events.h"
#include "signaling/handlers.h"

#include <string.h>

static void answer(const struct hop_call *call)
{
    hop_session_answer(call->session, call->id, json_object());
}

static void refuse(const struct hop_call *call, enum hop_error error)
{
    hop_session_error(call->session, call->id, error);
}

/* The participant that the call names, if the caller may do that to him; else NULL, and the call is
 * answered. */
static struct hop_participant *target(const struct hop_call *call, hop_participant_number number,
                                      enum hop_right right)
{
    const struct hop_participant *actor = call->participant;
    if (!hop_participant_may(actor, right)) {
        refuse(call, HOP_ERR_PERMISSION);
        return NULL;
    }
    struct hop_participant *p = hop_room_participant(actor->room, number);
    if (p == NULL)
        refuse(call, HOP_ERR_PARTICIPANT_UNKNOWN);
    else if (!hop_participant_may_over(actor, p))
        refuse(call, HOP_ERR_PERMISSION);
    else
        return p;
    return NULL;
}

/* ---- mute ------------------------------------------------------------------------------------ */

static void set_muted(struct hop_participant *p, enum hop_source source, bool muted,
                      const struct hop_participant *by)
{
    uint32_t bits = hop_source_bits(HOP_SOURCE_BIT(source));
    uint32_t now = muted ? p->record->muted | bits : p->record->muted & ~bits;
    if (now == p->record->muted)
        return;
    uint32_t changed = HOP_CHANGED_MUTED;
    p->record->muted = now;
    if ((p->said & now) != 0) {
        p->said &= ~now;
        changed |= HOP_CHANGED_MEDIA;
    }
    hop_participant_enforce(p);
    hop_participant_save(p);
    hop_participant_changed(p, changed);
    if (p->session != NULL)
        hop_session_event(p->session, "muted",
                          json_pack("{s:s,s:b,s:s}", "source", hop_source_name(source), "muted",
                                    muted, "by", by->record->id));
}

void hop_handle_mute(struct hop_call *call)
{
    struct hop_participant *p = target(call, call->request.mute.participant, HOP_RIGHT_MODERATE);
    if (p == NULL)
        return;
    set_muted(p, call->request.mute.source, call->request.mute.muted, call->participant);
    answer(call);
}

void hop_handle_mute_all(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    if (!hop_participant_may(actor, HOP_RIGHT_MODERATE)) {
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    for (guint i = 0; i < actor->room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(actor->room->present, i);
        if (p != actor && hop_participant_may_over(actor, p))
            set_muted(p, call->request.mute.source, call->request.mute.muted, actor);
    }
    hop_room_audit(actor, "mute_all",
                   json_pack("{s:s,s:b}", "source", hop_source_name(call->request.mute.source),
                             "muted", call->request.mute.muted));
    answer(call);
}

void hop_handle_ask_unmute(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    struct hop_participant *p = target(call, call->request.target.participant, HOP_RIGHT_MODERATE);
    if (p == NULL)
        return;
    set_muted(p, HOP_SOURCE_MICROPHONE, false, actor);
    if (p->session != NULL)
        hop_session_event(p->session, "unmute_asked", json_pack("{s:s}", "by", actor->record->id));
    answer(call);
}

/* ---- hands ----------------------------------------------------------------------------------- */

void hop_handle_hand(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    hop_participant_number number = call->request.target.participant;
    bool raised = call->request.target.raised;
    if (number != 0 && number != p->number) {
        if (raised || !hop_participant_may(p, HOP_RIGHT_MODERATE)) {
            refuse(call, HOP_ERR_PERMISSION);
            return;
        }
        p = hop_room_participant(p->room, number);
        if (p == NULL) {
            refuse(call, HOP_ERR_PARTICIPANT_UNKNOWN);
            return;
        }
    } else if (raised && !hop_participant_may(p, HOP_RIGHT_HAND)) {
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    if (raised != (p->hand_wall_us != 0)) {
        p->hand_wall_us = raised ? p->room->signaling->wall_us : 0;
        hop_participant_changed(p, HOP_CHANGED_HAND);
    }
    answer(call);
}

/* ---- roles ----------------------------------------------------------------------------------- */

static bool another_leads(const struct hop_participant *but)
{
    for (guint i = 0; i < but->room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(but->room->present, i);
        if (p != but && hop_role_leads(p->role))
            return true;
    }
    return false;
}

void hop_handle_role(struct hop_call *call)
{
    enum hop_role role = call->request.target.role;
    struct hop_participant *p = target(call, call->request.target.participant, HOP_RIGHT_ROLES);
    if (p == NULL)
        return;
    if (!hop_role_may_give(hop_participant_power(call->participant), role) ||
        (hop_role_leads(p->role) && !hop_role_leads(role) && !another_leads(p))) {
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    hop_room_audit(call->participant, "role",
                   json_pack("{s:s,s:s,s:s}", "participant", p->record->id, "from",
                             hop_role_name(p->role), "to", hop_role_name(role)));
    if (role != p->role)
        hop_participant_set_role(p, role);
    answer(call);
}

/* ---- removal --------------------------------------------------------------------------------- */

/* He loses his role, so that his key does not bring it back, and has to be admitted again. */
static void expel(struct hop_participant *p)
{
    enum hop_role role = p->record->user_id != 0 ? HOP_ROLE_DELEGATE : HOP_ROLE_GUEST;
    p->record->mark = HOP_MARK_REMOVED;
    (void)g_strlcpy(p->record->role, hop_role_name(role), sizeof p->record->role);
    if (p->session != NULL)
        hop_session_close(p->session, HOP_CLOSE_REMOVED);
    hop_participant_leave(p, "removed");
}

void hop_signaling_user_removed(struct hop_signaling *signaling, int64_t user_id)
{
    hop_signaling_now(signaling);
    g_autoptr(GList) sessions = g_hash_table_get_values(signaling->sessions);
    for (GList *l = sessions; l != NULL; l = l->next) {
        struct hop_session *session = l->data;
        if (session->identity.user_id == user_id)
            hop_session_close(session, HOP_CLOSE_REMOVED);
    }
    g_autoptr(GList) rooms = g_hash_table_get_values(signaling->rooms);
    for (GList *l = rooms; l != NULL; l = l->next) {
        struct hop_room *room = l->data;
        for (guint i = room->present->len; i > 0; i--) {
            struct hop_participant *p = g_ptr_array_index(room->present, i - 1);
            if (p->record->user_id == user_id)
                expel(p);
        }
    }
}

void hop_handle_remove(struct hop_call *call)
{
    struct hop_participant *p = target(call, call->request.target.participant, HOP_RIGHT_MODERATE);
    if (p == NULL)
        return;
    if (p == call->participant) { /* that is `leave` */
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    hop_room_audit(call->participant, "remove",
                   json_pack("{s:s,s:s}", "participant", p->record->id, "name", p->record->name));
    expel(p);
    answer(call);
}

/* ---- halls and settings ---------------------------------------------------------------------- */

void hop_handle_hall(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    hop_participant_number number = call->request.hall.participant;
    const char *name = call->request.hall.name;
    if (number != 0 && number != p->number) {
        p = target(call, number, HOP_RIGHT_MODERATE);
        if (p == NULL)
            return;
    }
    if (strcmp(p->record->hall, name) != 0) {
        hop_participant_set_hall(p, name);
        hop_participant_save(p);
        hop_participant_changed(p, HOP_CHANGED_HALL);
        if (p != call->participant)
            hop_room_audit(call->participant, "hall",
                           json_pack("{s:s,s:s}", "participant", p->record->id, "hall", name));
    }
    answer(call);
}

static void set_chat(const struct hop_participant *actor, bool open, json_t *changed)
{
    if (open == actor->room->chat_open)
        return;
    actor->room->chat_open = open;
    hop_room_audit(actor, "chat", json_pack("{s:b}", "open", open));
    json_object_set_new(changed, "chat_open", json_boolean(open));
}

static void set_audio(const struct hop_participant *actor, const struct hop_req_room *request,
                      json_t *changed)
{
    struct hop_room *room = actor->room;
    struct hop_room_audio audio = room->audio;
    if (request->has_policy)
        audio.policy = request->audio.policy;
    if (request->has_levelling)
        audio.levelling = request->audio.levelling;
    if (audio.policy == room->audio.policy && audio.levelling == room->audio.levelling)
        return;
    room->audio = audio;
    if (room->media != 0)
        hop_media_room_set_audio(room->signaling->media, room->media, &audio);
    hop_room_audit(actor, "audio", hop_json_room_audio(&audio));
    json_object_set_new(changed, "audio", hop_json_room_audio(&audio));
}

void hop_handle_room(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    const struct hop_req_room *request = &call->request.room;
    if (!hop_participant_may(actor, HOP_RIGHT_MODERATE)) {
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    json_t *changed = json_object();
    if (request->has_chat)
        set_chat(actor, request->chat_open, changed);
    set_audio(actor, request, changed);
    if (json_object_size(changed) > 0)
        hop_room_broadcast(actor->room, "room.changed", json_pack("{s:O}", "room", changed), NULL);
    json_decref(changed);
    answer(call);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void ended(void *ctx, int error)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_session *session = hop_session_find(pending->signaling, pending->session);
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    if (session != NULL && error != 0)
        hop_session_error(session, pending->request, hop_host_error(error));
    else if (session != NULL)
        hop_session_answer(session, pending->request, json_object());
    if (error == 0 && room != NULL)
        hop_room_end(room, "ended");
    hop_pending_free(pending);
}

void hop_handle_end(struct hop_call *call)
{
    const struct hop_room *room = call->participant->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    if (!hop_participant_may(call->participant, HOP_RIGHT_END)) {
        refuse(call, HOP_ERR_PERMISSION);
        return;
    }
    hop_room_audit(call->participant, "end", NULL);
    struct hop_pending *pending = hop_pending_new(room->signaling);
    pending->session = call->session->id;
    pending->room = room->id;
    pending->request = call->id;
    config->host->room_end(config->host_ctx, room->info.room_key, ended, pending);
}
