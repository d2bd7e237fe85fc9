/* Coming and going: join, resume, leave. A join asks the host for the meeting, waits until the room
 * is loaded, and only then touches anything. docs/protocol.md, "Joining". Control thread. */
#include "signaling/arrival.h"
#include "signaling/codecs.h"
#include "signaling/events.h"
#include "signaling/handlers.h"
#include "signaling/lobby.h"
#include "signaling/negotiation.h"
#include "signaling/relay_access.h"
#include "signaling/view.h"
#include "signaling/waiting.h"

#include <string.h>

enum {
    LATE_S = 5, /* reports of a late mix on end before newcomers are refused for it */
};
#define TEST_US (300 * INT64_C(1000000))

bool hop_join_admit(const struct hop_signaling *signaling, hop_room_id media,
                    struct hop_admission_now *now, struct hop_refusal *why)
{
    const struct hop_worker_seen *worker =
        &signaling->workers[hop_media_room_worker(signaling->media, media)];
    const char *detail;
    now->participants = signaling->participants;
    now->rooms = (int)g_hash_table_size(signaling->rooms);
    now->load_percent = worker->stats.busy_permille / 10;
    /* on a machine that others keep busy it is late, too; refusing people would not change that */
    now->lag_ms = worker->stats.busy_permille >= 500 ? (int)(worker->stats.lag_us / 1000) : 0;
    now->mix_late = signaling->workers[0].late_s >= LATE_S;
    enum hop_error error = hop_admission(&signaling->config.limits, now, &detail);
    return error == HOP_OK || hop_refuse(why, error, "%s", detail);
}

static void refuse(struct hop_signaling *signaling, const struct hop_pending *pending,
                   const struct hop_refusal *why)
{
    struct hop_session *session = hop_session_find(signaling, pending->session);
    if (session == NULL)
        return;
    session->joining = false;
    hop_session_refuse(session, pending->request, why);
}

static void fail(struct hop_signaling *signaling, const struct hop_pending *pending,
                 enum hop_error error)
{
    struct hop_refusal why = { .error = error };
    refuse(signaling, pending, &why);
}

void hop_join_continue(struct hop_room *room, int error)
{
    for (guint i = 0; i < room->joins->len; i++) {
        struct hop_pending *pending = g_ptr_array_index(room->joins, i);
        if (error == 0)
            hop_arrival_finish(room, pending);
        else
            fail(room->signaling, pending, hop_host_error(error));
    }
    g_ptr_array_set_size(room->joins, 0);
    if (error != 0)
        hop_room_free(room);
}

/* ---- join ------------------------------------------------------------------------------------ */

/* Who opens a scheduled meeting leads it; one that is made now can wait. */
static bool may_open(struct hop_signaling *signaling, const struct hop_room_info *info,
                     struct hop_refusal *why)
{
    struct hop_admission_now now = { .new_room = true, .leader = info->starts_at_us != 0 };
    return hop_room_find(signaling, info->code) != NULL || hop_join_admit(signaling, 0, &now, why);
}

/* Owns `pending`. */
static void enter(struct hop_signaling *signaling, const struct hop_room_info *info,
                  struct hop_pending *pending)
{
    struct hop_refusal why = { 0 };
    if (!may_open(signaling, info, &why)) {
        refuse(signaling, pending, &why);
        hop_pending_free(pending);
        return;
    }
    struct hop_room *room = hop_room_open(signaling, info);
    g_ptr_array_add(room->joins, pending);
    if (room->loading == 0)
        hop_join_continue(room, room->load_error);
}

static void wait_for_opening(struct hop_session *session, const struct hop_pending *pending,
                             const struct hop_room_info *info)
{
    session->joining = false;
    hop_waiting_join(session, info);
    hop_session_answer(session, pending->request,
                       json_pack("{s:s,s:s,s:s,s:o,s:o}", "status", "waiting", "reason", "early",
                                 "title", info->title, "starts_at",
                                 hop_time_json(info->starts_at_us), "opens_at",
                                 hop_time_json(info->opens_at_us)));
}

/* Somebody tries his line: a room of his own with the meeting's rules of admission. */
static void enter_test(struct hop_signaling *signaling, const struct hop_room_info *info,
                       struct hop_pending *pending, const char *token)
{
    const struct hop_session *session = hop_session_find(signaling, pending->session);
    struct hop_room_info test = { .status = HOP_ROOM_OPEN,
                                  .ends_at_us = signaling->wall_us + TEST_US };
    /* no request can name it: a code has no tilde */
    (void)g_snprintf(test.code, sizeof test.code, "~%.31s", token);
    (void)g_strlcpy(test.title, info->title, sizeof test.title);
    bool invited = pending->welcome->invite_id != 0 || session->identity.user_id != 0;
    bool early = signaling->wall_us < info->starts_at_us - HOP_TEST_EARLY_US;
    if (!invited || early) {
        fail(signaling, pending, invited ? HOP_ERR_ROOM_EARLY : HOP_ERR_PERMISSION);
        hop_pending_free(pending);
        return;
    }
    enter(signaling, &test, pending);
}

static void go_on(struct hop_signaling *signaling, const struct hop_room_info *info,
                  struct hop_pending *pending)
{
    struct hop_request request;
    struct hop_refusal why = { 0 };
    const char *test = hop_request_decode(&pending->frame, &request, &why) ? request.join.test : "";
    if (test[0] != '\0')
        enter_test(signaling, info, pending, test);
    else
        enter(signaling, info, pending);
}

static bool is_test(const struct hop_pending *pending)
{
    return json_object_get(pending->frame.data, "test") != NULL;
}

static void looked_up(void *ctx, int error, const struct hop_room_info *info,
                      const struct hop_welcome *welcome)
{
    static const enum hop_error errors[] = {
        [HOP_ROOM_NONE] = HOP_ERR_ROOM_NOT_FOUND,
        [HOP_ROOM_ENDED] = HOP_ERR_ROOM_ENDED,
        [HOP_ROOM_CANCELLED] = HOP_ERR_ROOM_CANCELLED,
    };
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_signaling *signaling = pending->signaling;
    struct hop_session *session = hop_session_find(signaling, pending->session);
    if (session == NULL) {
        hop_pending_free(pending);
        return;
    }
    enum hop_room_status status = info != NULL ? info->status : HOP_ROOM_NONE;
    bool open = status == HOP_ROOM_OPEN || (status == HOP_ROOM_EARLY && is_test(pending));
    if (error == 0 && open && !signaling->stopping) {
        pending->welcome = g_memdup2(welcome, sizeof *welcome);
        go_on(signaling, info, pending);
        return;
    }
    if (error != 0)
        fail(signaling, pending, hop_host_error(error));
    else if (signaling->stopping)
        fail(signaling, pending, HOP_ERR_SERVER_STOPPING);
    else if (status == HOP_ROOM_EARLY)
        wait_for_opening(session, pending, info);
    else
        fail(signaling, pending, errors[status]);
    hop_pending_free(pending);
}

void hop_handle_join(struct hop_call *call)
{
    struct hop_session *session = call->session;
    struct hop_signaling *signaling = session->signaling;
    const struct hop_req_join *request = &call->request.join;
    if (signaling->stopping) {
        hop_session_error(session, call->id, HOP_ERR_SERVER_STOPPING);
        return;
    }
    if (request->name[0] == '\0' && request->key[0] == '\0' && request->invite[0] == '\0' &&
        session->identity.user_id == 0) {
        hop_session_error(session, call->id, HOP_ERR_NAME_INVALID);
        return;
    }
    hop_waiting_leave(session);
    hop_lobby_lost(session);
    session->joining = true;
    struct hop_pending *pending = hop_pending_new(signaling);
    pending->session = session->id;
    pending->request = call->id;
    pending->frame = *call->frame;
    call->frame->root = NULL;
    struct hop_join_query query = { .code = request->room,
                                    .user_id = session->identity.user_id,
                                    .invite = request->invite,
                                    .password = request->password };
    signaling->config.host->join_lookup(signaling->config.host_ctx, &query, looked_up, pending);
}

/* ---- resume and leave ------------------------------------------------------------------------ */

static struct hop_participant *find_lost(struct hop_signaling *signaling,
                                         const struct hop_req_resume *request)
{
    struct hop_participant *p = g_hash_table_lookup(signaling->tokens, request->session);
    if (p == NULL || !hop_bytes_equal((const uint8_t *)p->secret, (const uint8_t *)request->secret,
                                      HOP_TOKEN_CHARS))
        return NULL;
    return p;
}

static void tell_others_back(struct hop_participant *p, uint32_t what)
{
    enum hop_line line = hop_participant_line(p);
    what |= line != p->line ? HOP_CHANGED_LINE : 0;
    p->line = line;
    if (what != 0)
        hop_room_broadcast(p->room, "participant.changed",
                           json_pack("{s:o}", "participant", hop_json_participant(p, what)), p);
}

void hop_handle_resume(struct hop_call *call)
{
    struct hop_session *session = call->session;
    const struct hop_req_resume *request = &call->request.resume;
    struct hop_refusal why = { 0 };
    g_autofree char *answer = NULL;
    struct hop_participant *p = find_lost(session->signaling, request);
    if (session->signaling->stopping || p == NULL) {
        hop_session_error(session, call->id,
                          p == NULL ? HOP_ERR_SESSION_UNKNOWN : HOP_ERR_SERVER_STOPPING);
        return;
    }
    hop_peer_id before = p->peer;
    if (request->offer != NULL && !hop_negotiate(p, request->offer, false, &answer, &why)) {
        hop_session_refuse(session, call->id, &why);
        return;
    }
    hop_waiting_leave(session);
    hop_lobby_give_up(session);
    hop_participant_attach(p, session);
    tell_others_back(p, p->peer != before ? HOP_CHANGED_CSRC | HOP_CHANGED_ACTIVE : 0);
    json_t *data = json_pack("{s:o}", "snapshot", hop_json_snapshot(p));
    if (answer != NULL)
        json_object_set_new(data, "answer", json_string(answer));
    hop_relay_access_add(p, data);
    hop_session_answer(session, call->id, data);
    if (p->untold)
        hop_session_event(session, "media.lost",
                          json_pack("{s:s}", "reason", hop_gone_name(p->gone)));
    p->untold = false;
    hop_codecs_again(p);
    hop_codecs_settle(p->room);
    hop_room_check(p->room);
}

void hop_handle_leave(struct hop_call *call)
{
    hop_session_answer(call->session, call->id, json_object());
    if (call->participant != NULL)
        hop_participant_leave(call->participant, "left");
    else
        hop_lobby_give_up(call->session);
    hop_session_close(call->session, HOP_CLOSE_LEFT);
}
