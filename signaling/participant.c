/* A person in a room: see participant.h. Control thread. */
#include "signaling/participant.h"

#include "signaling/attendance.h"
#include "signaling/codecs.h"
#include "signaling/events.h"
#include "signaling/lobby.h"
#include "signaling/pictures.h"

#include <string.h>

static struct hop_signaling *service(const struct hop_participant *p)
{
    return p->room->signaling;
}

enum hop_role hop_participant_power(const struct hop_participant *p)
{
    return p->acting ? HOP_ROLE_CHAIR : p->role;
}

bool hop_participant_may(const struct hop_participant *p, enum hop_right right)
{
    return hop_role_may(hop_participant_power(p), right);
}

bool hop_participant_may_over(const struct hop_participant *actor,
                              const struct hop_participant *target)
{
    if (actor->acting && hop_role_leads(target->role))
        return false;
    return hop_role_may_over(hop_participant_power(actor), hop_participant_power(target));
}

/* The number of his hall: that of those who sit there already, else one that nobody has. */
static uint16_t hall_number(const struct hop_participant *p)
{
    const GPtrArray *present = p->room->present;
    bool taken[HOP_MAX_PEERS + 2] = { false };
    for (guint i = 0; i < present->len; i++) {
        const struct hop_participant *other = g_ptr_array_index(present, i);
        if (other == p || other->hall == 0)
            continue;
        if (strcmp(other->hall_key, p->hall_key) == 0)
            return other->hall;
        taken[other->hall] = true;
    }
    uint16_t number = 1;
    while (taken[number])
        number++;
    return number;
}

/* As his record says. */
static void take_seat(struct hop_participant *p)
{
    g_clear_pointer(&p->hall_key, g_free);
    p->hall = 0;
    if (p->record->hall[0] == '\0')
        return;
    p->hall_key = g_utf8_casefold(p->record->hall, -1);
    p->hall = hall_number(p);
}

void hop_participant_set_hall(struct hop_participant *p, const char *name)
{
    (void)g_strlcpy(p->record->hall, name, sizeof p->record->hall);
    take_seat(p);
    hop_participant_enforce(p);
}

static void forget(struct hop_participant *p)
{
    g_free(p->hall_key);
    g_free(p);
}

struct hop_participant *hop_participant_new(struct hop_room *room,
                                            struct hop_participant_record *record)
{
    struct hop_participant *p = g_new0(struct hop_participant, 1);
    p->room = room;
    p->record = record;
    p->number = (hop_participant_number)g_ascii_strtoull(record->id + 1, NULL, 10);
    if (!hop_role_parse(record->role, &p->role))
        p->role = HOP_ROLE_GUEST;
    p->arrived_us = room->signaling->now_us;
    p->line = HOP_LINE_CONNECTING;
    hop_pictures_reset(p);
    p->client_stats = (struct hop_client_stats){ -1, -1, -1, -1, -1 };
    take_seat(p);
    g_ptr_array_add(room->present, p);
    g_hash_table_insert(room->numbers, GUINT_TO_POINTER(p->number), p);
    room->signaling->participants++;
    return p;
}

void hop_participant_drop_media(struct hop_participant *p)
{
    if (p->peer == 0)
        return;
    g_hash_table_remove(service(p)->peers, &p->peer);
    hop_media_peer_free(service(p)->media, p->peer);
    p->peer = 0;
    p->media = HOP_MEDIA_NONE;
    p->active = 0;
    p->n_slots = 0;
    p->n_voices = 0;
    p->have_path = false;
    memset(&p->stats, 0, sizeof p->stats);
    hop_pictures_reset(p);
    g_clear_pointer(&p->desc, g_free);
}

static void forget_token(struct hop_participant *p)
{
    if (p->token[0] != '\0')
        g_hash_table_remove(service(p)->tokens, p->token);
}

void hop_participant_new_token(struct hop_participant *p)
{
    forget_token(p);
    hop_token_new(p->token);
    hop_token_new(p->secret);
    g_hash_table_insert(service(p)->tokens, p->token, p);
}

void hop_participant_attach(struct hop_participant *p, struct hop_session *session)
{
    if (p->session != NULL) {
        struct hop_session *old = p->session;
        p->seq = old->seq;
        old->participant = NULL;
        hop_session_close(old, HOP_CLOSE_REPLACED);
    }
    session->seq = MAX(session->seq, p->seq);
    session->participant = p;
    p->session = session;
    p->lost_us = 0;
}

void hop_participant_lost(struct hop_participant *p)
{
    p->seq = p->session->seq;
    p->session->participant = NULL;
    p->session = NULL;
    p->lost_us = service(p)->now_us;
    p->lost_wall_us = service(p)->wall_us;
    hop_participant_check_line(p);
    hop_room_check(p->room);
}

/* After this he is only memory. */
static void take_out(struct hop_participant *p)
{
    struct hop_room *room = p->room;
    if (p->session != NULL)
        p->session->participant = NULL;
    hop_participant_drop_media(p);
    forget_token(p);
    g_hash_table_remove(room->numbers, GUINT_TO_POINTER(p->number));
    g_ptr_array_remove(room->present, p);
    room->signaling->participants--;
}

void hop_participant_withdraw(struct hop_participant *p)
{
    take_out(p);
    forget(p);
}

void hop_participant_leave(struct hop_participant *p, const char *reason)
{
    struct hop_room *room = p->room;
    /* who does not come back was here until his line broke */
    p->record->left_at_us = p->session != NULL ? room->signaling->wall_us : p->lost_wall_us;
    take_out(p);
    hop_participant_save(p);
    hop_codecs_settle(room);
    if (reason != NULL) {
        hop_room_broadcast(room, "participant.left",
                           json_pack("{s:s,s:s}", "participant", p->record->id, "reason", reason),
                           NULL);
        hop_room_check(room);
    }
    forget(p);
}

uint32_t hop_participant_allowed(const struct hop_participant *p)
{
    uint32_t shut = p->record->muted | p->held;
    return hop_participant_may(p, HOP_RIGHT_SEND) ? HOP_SOURCE_ALL & ~shut : 0;
}

void hop_participant_enforce(const struct hop_participant *p)
{
    struct hop_media *media = service(p)->media;
    if (p->peer == 0)
        return;
    hop_media_set_allowed(media, p->peer, hop_participant_allowed(p));
    hop_media_set_hall(media, p->peer, p->hall);
    hop_media_set_chair(media, p->peer, hop_role_leads(hop_participant_power(p)));
}

void hop_participant_save(const struct hop_participant *p)
{
    hop_room_save_record(p->room, p->record);
    hop_attendance_save(p);
}

/* What moderators are told, when he has become one, or is one no more. */
static void tell_moderator(struct hop_participant *p, bool before)
{
    bool now = hop_participant_may(p, HOP_RIGHT_MODERATE);
    if (now && !before)
        hop_pictures_tell_qualities(p);
    if (now != before)
        hop_lobby_tell(p);
}

void hop_participant_set_acting(struct hop_participant *p, bool acting)
{
    bool moderated = hop_participant_may(p, HOP_RIGHT_MODERATE);
    p->acting = acting;
    hop_participant_enforce(p);
    hop_participant_changed(p, HOP_CHANGED_ROLE);
    tell_moderator(p, moderated);
}

void hop_participant_set_role(struct hop_participant *p, enum hop_role role)
{
    uint32_t changed = HOP_CHANGED_ROLE;
    bool moderated = hop_participant_may(p, HOP_RIGHT_MODERATE);
    p->role = role;
    (void)g_strlcpy(p->record->role, hop_role_name(role), sizeof p->record->role);
    p->room->had_chair = p->room->had_chair || hop_role_leads(role);
    if (!moderated && hop_role_may(role, HOP_RIGHT_MODERATE) && p->record->muted != 0) {
        p->record->muted = 0; /* nobody has to allow him anything now */
        changed |= HOP_CHANGED_MUTED;
    }
    if ((p->said & ~hop_participant_allowed(p)) != 0) {
        p->said &= hop_participant_allowed(p);
        changed |= HOP_CHANGED_MEDIA;
    }
    if (p->hand_wall_us != 0 && !hop_role_may(role, HOP_RIGHT_HAND)) {
        p->hand_wall_us = 0;
        changed |= HOP_CHANGED_HAND;
    }
    hop_participant_enforce(p);
    hop_participant_save(p);
    hop_participant_changed(p, changed);
    tell_moderator(p, moderated);
    hop_room_check(p->room);
}

void hop_participant_changed(const struct hop_participant *p, uint32_t what)
{
    json_t *data = json_pack("{s:o}", "participant", hop_json_participant(p, what));
    hop_room_broadcast(p->room, "participant.changed", data, NULL);
}

enum hop_line hop_participant_line(const struct hop_participant *p)
{
    if (p->session == NULL)
        return HOP_LINE_DOWN;
    switch (p->media) {
    case HOP_MEDIA_STARTING:
        return HOP_LINE_CONNECTING;
    case HOP_MEDIA_DOWN:
        return HOP_LINE_DOWN;
    case HOP_MEDIA_NONE:
    case HOP_MEDIA_UP:
        break;
    }
    return HOP_LINE_UP;
}

void hop_participant_check_line(struct hop_participant *p)
{
    enum hop_line line = hop_participant_line(p);
    if (line == p->line)
        return;
    p->line = line;
    hop_participant_changed(p, HOP_CHANGED_LINE);
}

const char *hop_line_name(enum hop_line line)
{
    static const char *const names[] = { "connecting", "up", "down" };
    return names[line];
}
