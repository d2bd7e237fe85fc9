/* Attendance: see attendance.h. docs/protocol.md, "Requests". Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/attendance.h"

#include "media/base/log.h"
#include "signaling/events.h"
#include "signaling/handlers.h"

#include <errno.h>

static void saved(void *ctx, int error)
{
    (void)ctx;
    if (error != 0)
        hop_warn("a stay was not stored: %s", g_strerror(-error));
}

void hop_attendance_save(const struct hop_participant *p)
{
    const struct hop_room *room = p->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    struct hop_attendance_record record = {
        .room_key = room->info.room_key,
        .occurrence_us = room->info.occurrence_us,
        .who = p->record,
        .joined_at_us = p->came_wall_us,
        .left_at_us = MAX(p->record->left_at_us, 0),
    };
    if (room->info.room_key == 0 || p->came_wall_us == 0)
        return;
    config->host->attendance_save(config->host_ctx, &record, saved, NULL);
}

/* How many sit in front of a connection: he himself says it, or a moderator. */
void hop_handle_site(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    hop_participant_number number = call->request.site.participant;
    if (number != 0 && number != p->number) {
        const struct hop_participant *actor = p;
        p = hop_room_participant(actor->room, number);
        if (!hop_participant_may(actor, HOP_RIGHT_MODERATE) ||
            (p != NULL && !hop_participant_may_over(actor, p))) {
            hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
            return;
        }
        if (p == NULL) {
            hop_session_error(call->session, call->id, HOP_ERR_PARTICIPANT_UNKNOWN);
            return;
        }
    }
    if (p->record->site != call->request.site.site) {
        p->record->site = call->request.site.site;
        hop_participant_save(p);
        hop_participant_changed(p, HOP_CHANGED_SITE);
    }
    hop_session_answer(call->session, call->id, json_object());
}

static struct hop_pending *begin(const struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    if (!hop_participant_may(actor, HOP_RIGHT_MODERATE) || actor->room->info.room_key == 0) {
        hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
        return NULL;
    }
    struct hop_pending *pending = hop_pending_new(actor->room->signaling);
    pending->session = call->session->id;
    pending->request = call->id;
    return pending;
}

static void loaded(void *ctx, int error, const char *json)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_session *session = hop_session_find(pending->signaling, pending->session);
    json_t *list = error == 0 ? json_loads(json, 0, NULL) : NULL;
    if (session != NULL && list != NULL)
        hop_session_answer(session, pending->request, json_incref(list));
    else if (session != NULL)
        hop_session_error(session, pending->request, hop_host_error(error));
    json_decref(list);
    hop_pending_free(pending);
}

void hop_handle_attendance(struct hop_call *call)
{
    const struct hop_room *room = call->participant->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    struct hop_pending *pending = begin(call);
    if (pending != NULL)
        config->host->attendance_load(config->host_ctx, room->info.room_key,
                                      room->info.occurrence_us, loaded, pending);
}

static void marked(void *ctx, int error)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_session *session = hop_session_find(pending->signaling, pending->session);
    if (session != NULL && error == 0)
        hop_session_answer(session, pending->request, json_object());
    else if (session != NULL)
        hop_session_error(session, pending->request,
                          error == -ENOENT ? HOP_ERR_PERSON_UNKNOWN : hop_host_error(error));
    hop_pending_free(pending);
}

void hop_handle_mark(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    const struct hop_room *room = actor->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    const struct hop_req_mark *request = &call->request.mark;
    struct hop_pending *pending = begin(call);
    if (pending == NULL)
        return;
    struct hop_attendance_mark mark = {
        .room_key = room->info.room_key,
        .occurrence_us = room->info.occurrence_us,
        .person = request->person,
        .state = request->state,
        .reason = request->reason,
        .attendees = request->attendees,
        .by = actor->record->name,
    };
    hop_room_audit(actor, "attendance",
                   json_pack("{s:s,s:s}", "person", mark.person, "state", mark.state));
    config->host->attendance_mark(config->host_ctx, &mark, marked, pending);
}
