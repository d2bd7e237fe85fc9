/* The last step of a join: who he is, whether he may come in now, or has to wait, and his arrival.
 * The meeting is known and its room is loaded; nothing has been touched before.
 * docs/protocol.md, "Joining". Control thread. */
#include "signaling/arrival.h"

#include "signaling/codecs.h"
#include "signaling/events.h"
#include "signaling/lobby.h"
#include "signaling/negotiation.h"
#include "signaling/relay_access.h"

#include <string.h>

enum {
    GUESSES = 20,    /* wrong passwords a meeting hears in GUESSES_US before it hears none */
    TEST_PEOPLE = 2, /* who meet in a test: the page and itself */
};
#define GUESSES_US (60 * INT64_C(1000000))

/* One join in its last step. */
struct arrival {
    struct hop_session *session;
    int64_t id;
    struct hop_room *room;
    const struct hop_req_join *request;
    const struct hop_welcome *welcome;
    struct hop_participant_record *record; /* NULL: nobody who was here before */
    hop_participant_number number;         /* of the record */
    struct hop_participant *former;        /* he is still in the list */
    bool known_key;
    bool created; /* the record is new, and to be forgotten if nothing comes of it */
    char key[HOP_TOKEN_CHARS + 1];
    enum hop_role role;
    const char *name;
};

static bool choose_name(struct arrival *a)
{
    const struct hop_identity *identity = &a->session->identity;
    if (identity->user_id != 0 && identity->name[0] != '\0')
        a->name = identity->name;
    else if (a->welcome->name[0] != '\0')
        a->name = a->welcome->name;
    else if (a->request->name[0] != '\0')
        a->name = a->request->name;
    else
        a->name = a->record != NULL ? a->record->name : "";
    return a->name[0] != '\0';
}

/* A key that belongs to another account, or came with another invitation, is none. */
static bool is_his(const struct arrival *a, const struct hop_participant_record *record)
{
    int64_t user = a->session->identity.user_id;
    int64_t invite = a->welcome->invite_id;
    return (user == 0 || record->user_id == 0 || record->user_id == user) &&
           (invite == 0 || record->invite_id == 0 || record->invite_id == invite);
}

/* Who has lost his key is the same person if his account or his link says so; two at once, with one
 * link, are two. */
static void find_person(struct arrival *a)
{
    int64_t user = a->session->identity.user_id;
    int64_t invite = a->welcome->invite_id;
    GHashTableIter i;
    gpointer name;
    gpointer value;
    g_hash_table_iter_init(&i, a->room->records);
    while ((user != 0 || invite != 0) && g_hash_table_iter_next(&i, &name, &value)) {
        struct hop_participant_record *record = value;
        hop_participant_number number = GPOINTER_TO_UINT(name);
        const struct hop_participant *p = hop_room_participant(a->room, number);
        bool same = (user != 0 && record->user_id == user) ||
                    (user == 0 && invite != 0 && record->invite_id == invite);
        if (!same || number < a->number || (p != NULL && p->session != NULL))
            continue;
        a->record = record;
        a->number = number;
    }
}

static void find_record(struct arrival *a)
{
    if (a->request->key[0] != '\0')
        a->record = hop_room_record(a->room, a->request->key, &a->number);
    if (a->record != NULL && !is_his(a, a->record))
        a->record = NULL;
    a->known_key = a->record != NULL;
    if (a->record == NULL) {
        a->number = 0;
        find_person(a);
    }
    if (a->record != NULL)
        a->former = hop_room_participant(a->room, a->number);
}

/* Who opens a room that nobody is invited to lead leads it; else the invitation says it. */
static enum hop_role choose_role(const struct arrival *a)
{
    const struct hop_identity *identity = &a->session->identity;
    bool led = a->room->info.settings.led;
    enum hop_role role;
    if (hop_room_is_test(a->room))
        return HOP_ROLE_TECHNICIAN;
    if (a->record != NULL && hop_role_parse(a->record->role, &role))
        return role;
    bool invited = hop_role_parse(a->welcome->role, &role);
    if (!led && !a->room->had_chair && (!invited || hop_role_succession(role) >= 0))
        return HOP_ROLE_CHAIR;
    if (invited)
        return role;
    if (identity->administrator)
        return HOP_ROLE_ORGANIZER;
    return identity->user_id != 0 && !led ? HOP_ROLE_DELEGATE : HOP_ROLE_GUEST;
}

static bool check_limits(const struct arrival *a, struct hop_refusal *why)
{
    struct hop_admission_now now = { .in_room = (int)a->room->present->len,
                                     .leader = hop_role_may(a->role, HOP_RIGHT_MODERATE) };
    if (hop_room_is_test(a->room) && a->room->present->len >= TEST_PEOPLE)
        return hop_refuse(why, HOP_ERR_ROOM_FULL, "%s", "");
    return a->former != NULL || hop_join_admit(a->room->signaling, a->room->media, &now, why);
}

/* Nobody tries a dictionary: after some wrong ones the meeting listens to none for a while. Who is
 * invited, or was in, needs none. */
static bool check_password(const struct arrival *a, struct hop_refusal *why)
{
    struct hop_room *room = a->room;
    int64_t now = room->signaling->now_us;
    bool was_in = a->record != NULL && a->record->mark == HOP_MARK_ADMITTED && a->known_key;
    if (!room->info.settings.password || a->welcome->invite_id != 0 || was_in ||
        hop_role_may(a->role, HOP_RIGHT_MODERATE))
        return true;
    if (now - room->wrong_us >= GUESSES_US) {
        room->wrong_us = now;
        room->wrong_passwords = 0;
    }
    if (room->wrong_passwords >= GUESSES)
        return hop_refuse(why, HOP_ERR_SERVER_BUSY, "%s", "");
    if (a->welcome->password == HOP_PASSWORD_RIGHT)
        return true;
    room->wrong_passwords += a->welcome->password == HOP_PASSWORD_WRONG;
    return hop_refuse(why, HOP_ERR_ROOM_PASSWORD, "%s",
                      a->welcome->password == HOP_PASSWORD_WRONG ? "wrong" : "");
}

static bool check(struct arrival *a, struct hop_refusal *why)
{
    if (a->room->signaling->stopping)
        return hop_refuse(why, HOP_ERR_SERVER_STOPPING, "%s", "");
    if (a->welcome->bad_invite)
        return hop_refuse(why, HOP_ERR_INVITE_UNKNOWN, "%s", "");
    if (!choose_name(a))
        return hop_refuse(why, HOP_ERR_NAME_INVALID, "%s", "");
    return check_password(a, why) && check_limits(a, why);
}

/* His record, a new one if he has none, with what is known of him now. */
static void take_record(struct arrival *a)
{
    if (a->record == NULL) {
        a->created = true;
        a->record = hop_room_new_record(a->room);
        a->number = a->room->last_number;
    }
    if (a->known_key)
        memcpy(a->key, a->request->key, sizeof a->key);
    else
        hop_token_new(a->key);
    struct hop_participant_record *record = a->record;
    hop_token_hash(a->key, record->key_hash);
    if (a->session->identity.user_id != 0)
        record->user_id = a->session->identity.user_id;
    if (a->welcome->invite_id != 0)
        record->invite_id = a->welcome->invite_id;
    (void)g_strlcpy(record->name, a->name, sizeof record->name);
    (void)g_strlcpy(record->title, a->welcome->title, sizeof record->title);
    (void)g_strlcpy(record->unit, a->welcome->unit, sizeof record->unit);
    if (a->request->site != 0)
        record->site = a->request->site;
    else if (record->site == 0)
        record->site = MAX(a->welcome->attendees, 1);
    if (a->created && hop_lobby_removed(a->room, record->invite_id, a->session->identity.user_id))
        record->mark = HOP_MARK_REMOVED;
}

/* The meeting's settings, for one who comes in for the first time. */
static void apply_settings(struct hop_participant *p)
{
    const struct hop_room_settings *s = &p->room->info.settings;
    if (hop_role_may(p->role, HOP_RIGHT_MODERATE))
        return;
    if (s->muted)
        p->held |= HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE);
    if (s->camera_off)
        p->held |= HOP_SOURCE_BIT(HOP_SOURCE_CAMERA);
    if (s->moderators_unmute)
        p->record->muted |= HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE);
    if (s->moderators_share)
        p->record->muted |= hop_source_bits(HOP_SOURCE_BIT(HOP_SOURCE_SCREEN));
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

static void welcome(const struct arrival *a, struct hop_participant *p, const char *answer)
{
    json_t *data = json_pack("{s:s,s:s,s:s,s:s,s:o}", "status", "joined", "session", p->token,
                             "secret", p->secret, "key", a->key, "snapshot", hop_json_snapshot(p));
    if (answer != NULL)
        json_object_set_new(data, "answer", json_string(answer));
    hop_relay_access_add(p, data);
    hop_session_answer(a->session, a->id, data);
}

static void forget_record(const struct arrival *a)
{
    if (a->created)
        g_hash_table_remove(a->room->records, GUINT_TO_POINTER(a->number));
}

/* Nobody has seen him yet. */
static void undo(const struct arrival *a, struct hop_participant *p)
{
    hop_participant_withdraw(p);
    forget_record(a);
    hop_room_check(a->room);
}

/* What he was before he came in this time is over. */
static void begin_stay(const struct arrival *a, struct hop_participant *p)
{
    bool first = a->record->role[0] == '\0';
    p->role = a->role;
    (void)g_strlcpy(a->record->role, hop_role_name(a->role), sizeof a->record->role);
    a->record->mark = HOP_MARK_ADMITTED;
    a->record->left_at_us = 0;
    if (a->former == NULL)
        p->came_wall_us = a->room->signaling->wall_us;
    if (first)
        apply_settings(p);
    a->room->had_chair = a->room->had_chair || hop_role_leads(a->role);
}

static void arrive(struct arrival *a)
{
    struct hop_refusal why = { 0 };
    g_autofree char *answer = NULL;
    struct hop_participant *p =
        a->former != NULL ? a->former : hop_participant_new(a->room, a->record);
    p->role = a->role;
    if (a->request->offer != NULL && !hop_negotiate(p, a->request->offer, true, &answer, &why)) {
        if (a->former == NULL)
            undo(a, p);
        hop_session_refuse(a->session, a->id, &why);
        return;
    }
    if (a->request->offer == NULL)
        hop_participant_drop_media(p);
    begin_stay(a, p);
    if (a->request->names_hall)
        hop_participant_set_hall(p, a->request->hall);
    else
        hop_participant_enforce(p);
    p->said = a->request->media.value & hop_participant_allowed(p);
    p->view.n = 0;
    p->view.max_kbps = 0;
    p->untold = false;
    hop_participant_attach(p, a->session);
    hop_participant_new_token(p);
    p->line = hop_participant_line(p);
    hop_participant_save(p);
    welcome(a, p, answer);
    announce(a, p);
    hop_codecs_settle(a->room);
    hop_room_check(a->room);
}

static bool must_wait(const struct arrival *a)
{
    if (a->former != NULL || hop_room_is_test(a->room))
        return false;
    struct hop_gate_case c = hop_lobby_case(a->room, a->record, a->role);
    return hop_gate(&c) != HOP_GATE_IN;
}

void hop_arrival_finish(struct hop_room *room, const struct hop_pending *pending)
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
    struct arrival a = { .session = session,
                         .id = pending->request,
                         .room = room,
                         .request = &request.join,
                         .welcome = pending->welcome };
    find_record(&a);
    a.role = choose_role(&a);
    if (!check(&a, &why)) {
        hop_session_refuse(session, pending->request, &why);
        return;
    }
    take_record(&a);
    if (!must_wait(&a)) {
        arrive(&a);
    } else if (!hop_lobby_wait(room, session, a.id, a.record, a.number, a.key, a.role)) {
        forget_record(&a);
        hop_session_error(session, a.id, HOP_ERR_ROOM_FULL);
    }
}
