/* The lobby: see lobby.h. Control thread. */
#include "signaling/lobby.h"

#include "signaling/events.h"
#include "signaling/handlers.h"

#include <string.h>

enum {
    GHOST_US = 30 * 1000000, /* how long one whose line broke is kept in the list */
    TELL_US = 400000,        /* between two lists to the moderators */
};

struct hop_knock {
    hop_participant_number number;
    uint64_t session; /* 0: lost */
    int64_t since_wall_us, lost_us;
    enum hop_role role; /* that he would have */
    enum hop_gate told; /* what he was told that he waits for */
};

void hop_knock_free(struct hop_knock *knock)
{
    g_free(knock);
}

/* ---- looking up ------------------------------------------------------------------------------ */

static struct hop_participant_record *record_of(const struct hop_room *room,
                                                const struct hop_knock *knock)
{
    return g_hash_table_lookup(room->records, GUINT_TO_POINTER(knock->number));
}

static struct hop_session *session_of(const struct hop_room *room, const struct hop_knock *knock)
{
    return knock->session != 0 ? hop_session_find(room->signaling, knock->session) : NULL;
}

static struct hop_knock *find(const struct hop_room *room, hop_participant_number number)
{
    for (guint i = 0; i < room->lobby->len; i++) {
        struct hop_knock *knock = g_ptr_array_index(room->lobby, i);
        if (knock->number == number)
            return knock;
    }
    return NULL;
}

static bool moderated(const struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->session != NULL && hop_participant_may(p, HOP_RIGHT_MODERATE))
            return true;
    }
    return false;
}

struct hop_gate_case hop_lobby_case(const struct hop_room *room,
                                    const struct hop_participant_record *record, enum hop_role role)
{
    return (struct hop_gate_case){
        .settings = &room->info.settings,
        .starts_at_us = room->info.starts_at_us,
        .wall_us = room->signaling->wall_us,
        .opened = room->opened,
        .moderated = moderated(room),
        .invited = record->invite_id != 0,
        .role = role,
        .mark = record->mark,
    };
}

static bool same_person(const struct hop_participant_record *record, int64_t invite_id,
                        int64_t user_id)
{
    return (invite_id != 0 && record->invite_id == invite_id) ||
           (user_id != 0 && record->user_id == user_id);
}

bool hop_lobby_removed(const struct hop_room *room, int64_t invite_id, int64_t user_id)
{
    GHashTableIter i;
    gpointer value;
    if (invite_id == 0 && user_id == 0)
        return false;
    g_hash_table_iter_init(&i, room->records);
    while (g_hash_table_iter_next(&i, NULL, &value)) {
        const struct hop_participant_record *record = value;
        if (record->mark == HOP_MARK_REMOVED && same_person(record, invite_id, user_id))
            return true;
    }
    return false;
}

/* He was let in again: nothing else that is known of him keeps him out. */
static void pardon(struct hop_room *room, const struct hop_participant_record *admitted)
{
    GHashTableIter i;
    gpointer value;
    g_hash_table_iter_init(&i, room->records);
    while (g_hash_table_iter_next(&i, NULL, &value)) {
        struct hop_participant_record *record = value;
        if (record == admitted || record->mark != HOP_MARK_REMOVED ||
            !same_person(record, admitted->invite_id, admitted->user_id))
            continue;
        record->mark = HOP_MARK_NONE;
        hop_room_save_record(room, record);
    }
}

/* ---- telling --------------------------------------------------------------------------------- */

static json_t *knock_json(const struct hop_room *room, const struct hop_knock *knock)
{
    const struct hop_participant_record *record = record_of(room, knock);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:o}", "participant", record->id, "name",
                     record->name, "title", record->title, "unit", record->unit, "role",
                     hop_role_name(knock->role), "signed", hop_signed_name(record), "removed",
                     record->mark == HOP_MARK_REMOVED, "lost", knock->session == 0, "since",
                     hop_time_json(knock->since_wall_us));
}

json_t *hop_lobby_json(const struct hop_room *room)
{
    json_t *out = json_array();
    for (guint i = 0; i < room->lobby->len; i++) {
        const struct hop_knock *knock = g_ptr_array_index(room->lobby, i);
        if (record_of(room, knock) != NULL)
            json_array_append_new(out, knock_json(room, knock));
    }
    return out;
}

void hop_lobby_tell(struct hop_participant *p)
{
    if (p->session == NULL)
        return;
    bool may = hop_participant_may(p, HOP_RIGHT_MODERATE);
    hop_session_event(p->session, "lobby",
                      json_pack("{s:o}", "waiting", may ? hop_lobby_json(p->room) : json_array()));
}

/* A crowd at the door is not told one by one. */
static void tell_moderators(struct hop_room *room)
{
    int64_t now = room->signaling->now_us;
    if (!room->lobby_news || (room->lobby_told_us != 0 && now - room->lobby_told_us < TELL_US))
        return;
    room->lobby_news = false;
    room->lobby_told_us = now;
    g_autoptr(GBytes) text =
        hop_event_text("lobby", json_pack("{s:o}", "waiting", hop_lobby_json(room)));
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->session != NULL && hop_participant_may(p, HOP_RIGHT_MODERATE))
            hop_session_notify(p->session, text);
    }
}

static void news(struct hop_room *room)
{
    room->lobby_news = true;
    tell_moderators(room);
}

static json_t *waiting_json(const struct hop_room *room, const struct hop_gate_case *c,
                            enum hop_gate gate)
{
    int64_t opens_us = hop_gate_opens_at(c);
    return json_pack("{s:s,s:s,s:o,s:o}", "reason", gate == HOP_GATE_CHAIR ? "chair" : "lobby",
                     "title", room->info.title, "starts_at", hop_time_json(room->info.starts_at_us),
                     "opens_at", hop_time_json(opens_us > c->wall_us ? opens_us : 0));
}

/* ---- coming and going ------------------------------------------------------------------------ */

static void leave_session(struct hop_session *session)
{
    session->lobby = 0;
    session->knock = 0;
    session->created_us = session->signaling->now_us; /* the time to join begins now */
}

/* Takes the knock out of the list; his session, if there is one, does not wait any more. */
static void drop(struct hop_room *room, struct hop_knock *knock)
{
    struct hop_session *session = session_of(room, knock);
    if (session != NULL)
        leave_session(session);
    g_ptr_array_remove(room->lobby, knock);
    news(room);
}

/* Nobody has to know any more that he was at the door. */
static void forget(struct hop_room *room, struct hop_knock *knock)
{
    const struct hop_participant_record *record = record_of(room, knock);
    if (record != NULL && record->mark == HOP_MARK_NONE && record->left_at_us == 0)
        g_hash_table_remove(room->records, GUINT_TO_POINTER(knock->number));
    drop(room, knock);
}

bool hop_lobby_wait(struct hop_room *room, struct hop_session *session, int64_t request,
                    struct hop_participant_record *record, hop_participant_number number,
                    const char *key, enum hop_role role)
{
    struct hop_knock *knock = find(room, number);
    if (knock == NULL && room->lobby->len >= HOP_MAX_WAITING)
        return false;
    if (knock == NULL) {
        knock = g_new0(struct hop_knock, 1);
        knock->number = number;
        knock->since_wall_us = room->signaling->wall_us;
        g_ptr_array_add(room->lobby, knock);
    } else if (session_of(room, knock) != NULL) {
        struct hop_session *old = session_of(room, knock);
        leave_session(old);
        hop_session_close(old, HOP_CLOSE_REPLACED);
    }
    knock->session = session->id;
    knock->role = role;
    session->lobby = room->id;
    session->knock = number;
    struct hop_gate_case c = hop_lobby_case(room, record, role);
    knock->told = hop_gate(&c);
    json_t *data = waiting_json(room, &c, knock->told);
    json_object_set_new(data, "status", json_string("waiting"));
    json_object_set_new(data, "key", json_string(key));
    hop_session_answer(session, request, data);
    news(room);
    hop_room_check(room);
    return true;
}

/* The knock of a session, with its room. */
static struct hop_knock *knock_of(const struct hop_session *session, struct hop_room **room)
{
    *room = session->lobby != 0 ? hop_room_by_id(session->signaling, session->lobby) : NULL;
    return *room != NULL ? find(*room, session->knock) : NULL;
}

void hop_lobby_lost(struct hop_session *session)
{
    struct hop_room *room;
    struct hop_knock *knock = knock_of(session, &room);
    leave_session(session);
    if (knock == NULL || knock->session != session->id)
        return;
    knock->session = 0;
    knock->lost_us = room->signaling->now_us;
    news(room);
}

void hop_lobby_give_up(struct hop_session *session)
{
    struct hop_room *room;
    struct hop_knock *knock = knock_of(session, &room);
    leave_session(session);
    if (knock == NULL)
        return;
    forget(room, knock);
    hop_room_check(room);
}

/* He may come in: his client joins again, with his key. */
static void let_in(struct hop_room *room, struct hop_knock *knock, const char *by)
{
    struct hop_participant_record *record = record_of(room, knock);
    struct hop_session *session = session_of(room, knock);
    if (record != NULL) {
        record->mark = HOP_MARK_ADMITTED;
        record->left_at_us = room->signaling->wall_us; /* he is not in yet */
        (void)g_strlcpy(record->admitted_by, by, sizeof record->admitted_by);
        pardon(room, record);
        hop_room_save_record(room, record);
    }
    drop(room, knock);
    if (session != NULL)
        hop_session_event(session, "opened", json_object());
}

void hop_lobby_check(struct hop_room *room)
{
    for (guint i = room->lobby->len; i > 0; i--) {
        struct hop_knock *knock = g_ptr_array_index(room->lobby, i - 1);
        const struct hop_participant_record *record = record_of(room, knock);
        struct hop_session *session = session_of(room, knock);
        if (record == NULL || session == NULL)
            continue;
        struct hop_gate_case c = hop_lobby_case(room, record, knock->role);
        enum hop_gate gate = hop_gate(&c);
        if (gate == HOP_GATE_IN) {
            let_in(room, knock, "");
        } else if (gate != knock->told) {
            knock->told = gate;
            hop_session_event(session, "waiting", waiting_json(room, &c, gate));
        }
    }
}

void hop_lobby_tick(struct hop_room *room)
{
    for (guint i = room->lobby->len; i > 0; i--) {
        struct hop_knock *knock = g_ptr_array_index(room->lobby, i - 1);
        bool ghost = knock->session == 0 && room->signaling->now_us - knock->lost_us >= GHOST_US;
        if (ghost || record_of(room, knock) == NULL)
            forget(room, knock);
    }
    hop_lobby_check(room);
    tell_moderators(room);
}

void hop_lobby_end(struct hop_room *room, const char *reason)
{
    while (room->lobby->len > 0) {
        struct hop_knock *knock = g_ptr_array_index(room->lobby, room->lobby->len - 1);
        struct hop_session *session = session_of(room, knock);
        if (session != NULL) {
            leave_session(session);
            hop_session_event(session, "room.ended", json_pack("{s:s}", "reason", reason));
            hop_session_close(session, HOP_CLOSE_ENDED);
        }
        g_ptr_array_remove(room->lobby, knock);
    }
}

/* ---- what moderators do ---------------------------------------------------------------------- */

static void audit(const struct hop_participant *actor, const char *action,
                  const struct hop_participant_record *record)
{
    hop_room_audit(actor, action,
                   json_pack("{s:s,s:s}", "participant", record->id, "name", record->name));
}

static void admit(const struct hop_participant *actor, struct hop_knock *knock)
{
    const struct hop_participant_record *record = record_of(actor->room, knock);
    if (record != NULL)
        audit(actor, "admit", record);
    let_in(actor->room, knock, actor->record->name);
}

void hop_handle_admit(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    struct hop_room *room = actor->room;
    struct hop_knock *knock = find(room, call->request.lobby.participant);
    if (!hop_participant_may(actor, HOP_RIGHT_MODERATE)) {
        hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
        return;
    }
    if (!call->request.lobby.all && knock == NULL) {
        hop_session_error(call->session, call->id, HOP_ERR_PARTICIPANT_UNKNOWN);
        return;
    }
    if (!call->request.lobby.all)
        admit(actor, knock);
    /* who was removed comes back only by his name */
    for (guint i = room->lobby->len; i > 0 && call->request.lobby.all; i--) {
        knock = g_ptr_array_index(room->lobby, i - 1);
        const struct hop_participant_record *record = record_of(room, knock);
        if (record != NULL && record->mark != HOP_MARK_REMOVED)
            admit(actor, knock);
    }
    hop_session_answer(call->session, call->id, json_object());
}

void hop_handle_refuse(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    struct hop_knock *knock = find(actor->room, call->request.lobby.participant);
    if (!hop_participant_may(actor, HOP_RIGHT_MODERATE)) {
        hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
        return;
    }
    const struct hop_participant_record *record =
        knock != NULL ? record_of(actor->room, knock) : NULL;
    if (record == NULL) {
        hop_session_error(call->session, call->id, HOP_ERR_PARTICIPANT_UNKNOWN);
        return;
    }
    audit(actor, "refuse", record);
    struct hop_session *session = session_of(actor->room, knock);
    const char *message = call->request.lobby.message;
    forget(actor->room, knock);
    if (session != NULL) {
        hop_session_event(
            session, "refused",
            json_pack("{s:o}", "message", message[0] != '\0' ? json_string(message) : json_null()));
        hop_session_close(session, HOP_CLOSE_REFUSED);
    }
    hop_session_answer(call->session, call->id, json_object());
}

/* Out of the meeting, into the lobby, over the same connection. */
static void put_back(struct hop_participant *p)
{
    struct hop_room *room = p->room;
    struct hop_session *session = p->session;
    struct hop_participant_record *record = p->record;
    struct hop_knock *knock = g_new0(struct hop_knock, 1);
    knock->number = p->number;
    knock->role = p->role;
    knock->since_wall_us = room->signaling->wall_us;
    knock->lost_us = room->signaling->now_us;
    knock->told = HOP_GATE_LOBBY;
    record->mark = HOP_MARK_HELD;
    g_ptr_array_add(room->lobby, knock);
    if (session != NULL) {
        knock->session = session->id;
        session->lobby = room->id;
        session->knock = p->number;
        struct hop_gate_case c = hop_lobby_case(room, record, p->role);
        hop_session_event(session, "waiting", waiting_json(room, &c, HOP_GATE_LOBBY));
    }
    hop_participant_leave(p, "lobby");
    news(room);
}

void hop_handle_send_back(struct hop_call *call)
{
    const struct hop_participant *actor = call->participant;
    struct hop_participant *p = hop_room_participant(actor->room, call->request.lobby.participant);
    bool may = hop_participant_may(actor, HOP_RIGHT_MODERATE) &&
               (p == NULL || (p != actor && hop_participant_may_over(actor, p) &&
                              !hop_participant_may(p, HOP_RIGHT_MODERATE)));
    if (!may || p == NULL || actor->room->lobby->len >= HOP_MAX_WAITING) {
        hop_session_error(call->session, call->id,
                          !may        ? HOP_ERR_PERMISSION
                          : p == NULL ? HOP_ERR_PARTICIPANT_UNKNOWN
                                      : HOP_ERR_ROOM_FULL);
        return;
    }
    audit(actor, "send_back", p->record);
    put_back(p);
    hop_session_answer(call->session, call->id, json_object());
}
