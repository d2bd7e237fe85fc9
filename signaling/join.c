/* Coming and going: join, resume, leave. A join asks the host for the meeting, waits until the room
 * is loaded, and only then touches anything. docs/protocol.md, "Joining". Control thread. */
#include "signaling/codecs.h"
#include "signaling/events.h"
#include "signaling/handlers.h"
#include "signaling/negotiation.h"
#include "signaling/view.h"
#include "signaling/waiting.h"

#include <string.h>

enum { LATE_S = 5 }; /* reports of a late mix on end before newcomers are refused for it */

/* ---- into a loaded room ---------------------------------------------------------------------- */

/* One join in its last step. */
struct arrival {
    struct hop_session *session;
    int64_t id;
    struct hop_room *room;
    const struct hop_req_join *request;
    struct hop_participant_record *record; /* of the key; NULL: a new person */
    struct hop_participant *former;        /* still in the room under that key */
    const char *name;
};

static bool choose_name(struct arrival *a)
{
    const struct hop_identity *identity = &a->session->identity;
    if (identity->user_id != 0 && identity->name[0] != '\0')
        a->name = identity->name;
    else if (a->request->name[0] != '\0')
        a->name = a->request->name;
    else
        a->name = a->record != NULL ? a->record->name : "";
    return a->name[0] != '\0';
}

static bool admit(const struct hop_signaling *signaling, hop_room_id media,
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

static bool leads(const struct arrival *a)
{
    enum hop_role role;
    if (a->record != NULL && hop_role_parse(a->record->role, &role))
        return hop_role_may(role, HOP_RIGHT_MODERATE);
    return !a->room->had_chair || a->session->identity.administrator;
}

static bool check_limits(const struct arrival *a, struct hop_refusal *why)
{
    struct hop_admission_now now = { .in_room = (int)a->room->present->len, .leader = leads(a) };
    return a->former != NULL || admit(a->room->signaling, a->room->media, &now, why);
}

static struct hop_participant_record *new_record(struct arrival *a, const char *key)
{
    struct hop_participant_record *record = hop_room_new_record(a->room);
    enum hop_role role =
        a->room->had_chair ? hop_participant_default_role(&a->session->identity) : HOP_ROLE_CHAIR;
    hop_token_hash(key, record->key_hash);
    (void)g_strlcpy(record->role, hop_role_name(role), sizeof record->role);
    record->user_id = a->session->identity.user_id;
    return record;
}

static void update_record(const struct arrival *a, struct hop_participant_record *record)
{
    (void)g_strlcpy(record->name, a->name, sizeof record->name);
    record->site = a->request->site;
    record->left_at_us = 0;
    a->room->had_chair = a->room->had_chair || strcmp(record->role, "chair") == 0;
}

static void announce(const struct arrival *a, const struct hop_participant *p)
{
    if (a->former == NULL) {
        json_t *data = json_pack("{s:o}", "participant", hop_json_participant(p, HOP_CHANGED_ALL));
        hop_room_broadcast(a->room, "participant.joined", data, p);
        return;
    }
    uint32_t what = HOP_CHANGED_ALL & ~(uint32_t)(HOP_CHANGED_ROLE | HOP_CHANGED_MUTED);
    json_t *data = json_pack("{s:o}", "participant", hop_json_participant(p, what));
    hop_room_broadcast(a->room, "participant.changed", data, p);
}

static void welcome(const struct arrival *a, struct hop_participant *p, const char *key,
                    const char *answer)
{
    json_t *data = json_pack("{s:s,s:s,s:s,s:s,s:o}", "status", "joined", "session", p->token,
                             "secret", p->secret, "key", key, "snapshot", hop_json_snapshot(p));
    if (answer != NULL)
        json_object_set_new(data, "answer", json_string(answer));
    hop_session_answer(a->session, a->id, data);
}

/* Nobody has seen him yet. */
static void undo(struct hop_participant *p, bool with_record)
{
    struct hop_room *room = p->room;
    hop_participant_number number = p->number;
    hop_participant_withdraw(p);
    if (with_record)
        g_hash_table_remove(room->records, GUINT_TO_POINTER(number));
    hop_room_check(room);
}

static void arrive(struct arrival *a)
{
    char key[HOP_TOKEN_CHARS + 1];
    struct hop_refusal why = { 0 };
    g_autofree char *answer = NULL;
    if (a->record != NULL)
        memcpy(key, a->request->key, sizeof key);
    else
        hop_token_new(key);
    struct hop_participant_record *record = a->record != NULL ? a->record : new_record(a, key);
    struct hop_participant *p =
        a->former != NULL ? a->former : hop_participant_new(a->room, record);
    if (a->request->offer != NULL && !hop_negotiate(p, a->request->offer, true, &answer, &why)) {
        if (a->former == NULL)
            undo(p, a->record == NULL);
        hop_session_refuse(a->session, a->id, &why);
        return;
    }
    if (a->request->offer == NULL)
        hop_participant_drop_media(p);
    update_record(a, record);
    if (a->request->names_hall)
        hop_participant_set_hall(p, a->request->hall);
    p->said = a->request->media.value & hop_participant_allowed(p);
    p->view.n = 0;
    p->view.max_kbps = 0;
    p->untold = false;
    hop_participant_attach(p, a->session);
    hop_participant_new_token(p);
    p->line = hop_participant_line(p);
    hop_participant_save(p);
    welcome(a, p, key, answer);
    announce(a, p);
    hop_codecs_settle(a->room);
    hop_room_check(a->room);
}

static void finish(struct hop_room *room, const struct hop_pending *pending)
{
    struct hop_session *session = hop_session_find(room->signaling, pending->session);
    struct hop_request request;
    struct hop_refusal why = { 0 };
    if (session == NULL)
        return;
    session->joining = false;
    if (!hop_request_decode(&pending->frame, &request, &why)) {
        hop_session_refuse(session, pending->request, &why);
        return;
    }
    struct arrival a = {
        .session = session, .id = pending->request, .room = room, .request = &request.join
    };
    hop_participant_number number = 0;
    if (request.join.key[0] != '\0')
        a.record = hop_room_record(room, request.join.key, &number);
    if (a.record != NULL)
        a.former = hop_room_participant(room, number);
    if (room->signaling->stopping)
        hop_session_error(session, pending->request, HOP_ERR_SERVER_STOPPING);
    else if (!choose_name(&a))
        hop_session_error(session, pending->request, HOP_ERR_NAME_INVALID);
    else if (!check_limits(&a, &why))
        hop_session_refuse(session, pending->request, &why);
    else
        arrive(&a);
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
            finish(room, pending);
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
    return hop_room_find(signaling, info->code) != NULL || admit(signaling, 0, &now, why);
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
                       json_pack("{s:s,s:o,s:s}", "status", "waiting", "opens_at",
                                 hop_time_json(info->opens_at_us), "title", info->title));
}

static void looked_up(void *ctx, int error, const struct hop_room_info *info)
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
    if (error == 0 && status == HOP_ROOM_OPEN && !signaling->stopping) {
        enter(signaling, info, pending);
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
    if (request->name[0] == '\0' && request->key[0] == '\0' && session->identity.user_id == 0) {
        hop_session_error(session, call->id, HOP_ERR_NAME_INVALID);
        return;
    }
    hop_waiting_leave(session);
    session->joining = true;
    struct hop_pending *pending = hop_pending_new(signaling);
    pending->session = session->id;
    pending->request = call->id;
    pending->frame = *call->frame;
    call->frame->root = NULL;
    signaling->config.host->room_lookup(signaling->config.host_ctx, request->room, looked_up,
                                        pending);
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
    hop_participant_attach(p, session);
    tell_others_back(p, p->peer != before ? HOP_CHANGED_CSRC | HOP_CHANGED_ACTIVE : 0);
    json_t *data = json_pack("{s:o}", "snapshot", hop_json_snapshot(p));
    if (answer != NULL)
        json_object_set_new(data, "answer", json_string(answer));
    hop_session_answer(session, call->id, data);
    if (p->untold)
        hop_session_event(session, "media.lost",
                          json_pack("{s:s}", "reason", hop_gone_name(p->gone)));
    p->untold = false;
    hop_codecs_again(p);
    hop_codecs_settle(p->room);
}

void hop_handle_leave(struct hop_call *call)
{
    hop_session_answer(call->session, call->id, json_object());
    hop_participant_leave(call->participant, "left");
    hop_session_close(call->session, HOP_CLOSE_LEFT);
}
