/* Rooms and participants as JSON: see events.h. Control thread. */
#include "signaling/events.h"

#include "signaling/lobby.h"
#include "signaling/pictures.h"

#include <string.h>

enum { SNAPSHOT_CHAT_BYTES = 65536 };

json_t *hop_json_sources(uint32_t mask)
{
    return json_pack("{s:b,s:b,s:b}", "microphone",
                     (mask & HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE)) != 0, "camera",
                     (mask & HOP_SOURCE_BIT(HOP_SOURCE_CAMERA)) != 0, "screen",
                     (mask & HOP_SOURCE_BIT(HOP_SOURCE_SCREEN)) != 0);
}

uint32_t hop_source_bits(uint32_t mask)
{
    bool screen = (mask & HOP_SOURCE_BIT(HOP_SOURCE_SCREEN)) != 0;
    return screen ? mask | HOP_SOURCE_BIT(HOP_SOURCE_SCREEN_AUDIO) : mask;
}

const char *hop_source_name(enum hop_source source)
{
    static const char *const names[HOP_SOURCES] = { "microphone", "camera", "screen", "screen" };
    return names[source];
}

const char *hop_srtp_name(enum hop_srtp_profile profile)
{
    switch (profile) {
    case HOP_SRTP_AEAD_AES_128_GCM:
        return "AEAD_AES_128_GCM";
    case HOP_SRTP_AEAD_AES_256_GCM:
        return "AEAD_AES_256_GCM";
    case HOP_SRTP_AES128_CM_SHA1_80:
        return "AES_CM_128_HMAC_SHA1_80";
    case HOP_SRTP_NONE:
        break;
    }
    return "";
}

const char *hop_gone_name(enum hop_gone_reason reason)
{
    static const char *const names[] = {
        [HOP_GONE_CONSENT] = "consent", [HOP_GONE_FINGERPRINT] = "fingerprint",
        [HOP_GONE_DTLS] = "dtls",       [HOP_GONE_CLOSED] = "closed",
        [HOP_GONE_TIMEOUT] = "timeout",
    };
    return names[reason];
}

const char *hop_signed_name(const struct hop_participant_record *record)
{
    if (record->user_id != 0)
        return "account";
    return record->invite_id != 0 ? "invitation" : "none";
}

static void identity(json_t *out, const struct hop_participant_record *record)
{
    json_object_set_new(out, "name", json_string(record->name));
    json_object_set_new(out, "title", json_string(record->title));
    json_object_set_new(out, "unit", json_string(record->unit));
    json_object_set_new(out, "signed", json_string(hop_signed_name(record)));
}

json_t *hop_json_participant(const struct hop_participant *p, uint32_t what)
{
    json_t *out = json_pack("{s:s}", "id", p->record->id);
    if ((what & HOP_CHANGED_NAME) != 0)
        identity(out, p->record);
    if ((what & HOP_CHANGED_ROLE) != 0) {
        json_object_set_new(out, "role", json_string(hop_role_name(p->role)));
        json_object_set_new(out, "acting", json_boolean(p->acting));
    }
    if ((what & HOP_CHANGED_SITE) != 0)
        json_object_set_new(out, "site", json_integer(p->record->site));
    if ((what & HOP_CHANGED_HALL) != 0)
        json_object_set_new(out, "hall", p->hall != 0 ? json_string(p->record->hall) : json_null());
    if (what == HOP_CHANGED_ALL)
        json_object_set_new(out, "guest", json_boolean(p->record->user_id == 0));
    if ((what & HOP_CHANGED_CSRC) != 0)
        json_object_set_new(out, "csrc", json_integer(p->peer != 0 ? hop_route_csrc(p->peer) : 0));
    if ((what & HOP_CHANGED_MEDIA) != 0)
        json_object_set_new(out, "media", hop_json_sources(p->said));
    if ((what & HOP_CHANGED_ACTIVE) != 0)
        json_object_set_new(out, "active", hop_json_sources(p->active));
    if ((what & HOP_CHANGED_MUTED) != 0)
        json_object_set_new(out, "muted", hop_json_sources(p->record->muted));
    if ((what & HOP_CHANGED_HAND) != 0)
        json_object_set_new(out, "hand", hop_time_json(p->hand_wall_us));
    if ((what & HOP_CHANGED_LINE) != 0)
        json_object_set_new(out, "line", json_string(hop_line_name(p->line)));
    if (what == HOP_CHANGED_ALL) /* not everyone's business; see pictures.h */
        json_object_set_new(out, "quality", json_null());
    if (what == HOP_CHANGED_ALL)
        json_object_set_new(out, "joined_at", hop_time_json(p->record->joined_at_us));
    return out;
}

json_t *hop_json_settings(const struct hop_room_settings *s)
{
    static const char *const lobbies[] = { "off", "guests", "all" };
    return json_pack("{s:s,s:b,s:b,s:s,s:s,s:b}", "lobby", lobbies[s->lobby], "muted", s->muted,
                     "camera_off", s->camera_off, "share",
                     s->moderators_share ? "moderators" : "all", "unmute",
                     s->moderators_unmute ? "moderators" : "all", "recording", s->recording);
}

json_t *hop_json_room(const struct hop_room *room)
{
    const struct hop_room_info *info = &room->info;
    json_t *meeting = info->meeting_id != 0 ? json_integer(info->meeting_id) : json_null();
    return json_pack(
        "{s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:o,s:o}", "code", info->code, "title", info->title,
        "meeting", meeting, "occurrence", hop_time_json(info->occurrence_us), "started_at",
        hop_time_json(room->started_wall_us), "ends_at", hop_time_json(info->ends_at_us),
        "chat_open", room->chat_open, "settings", hop_json_settings(&info->settings), "audio",
        hop_json_room_audio(&room->audio));
}

json_t *hop_json_room_audio(const struct hop_room_audio *audio)
{
    return json_pack("{s:s,s:b}", "policy", hop_audio_policy_name(audio->policy), "levelling",
                     audio->levelling);
}

json_t *hop_json_voices(const struct hop_participant *p)
{
    json_t *out = json_array();
    for (size_t i = 0; i < p->n_voices; i++) {
        const struct hop_carried *carried = &p->voices[i];
        const struct hop_participant *other = hop_room_participant(p->room, carried->participant);
        if (carried->participant == 0 || other == NULL)
            continue;
        json_array_append_new(
            out,
            json_pack("{s:i,s:s,s:s}", "voice", (int)i, "participant", other->record->id, "source",
                      carried->source == HOP_SOURCE_SCREEN_AUDIO ? "screen_audio" : "microphone"));
    }
    return out;
}

json_t *hop_json_chat(const struct hop_chat_text *chat)
{
    return json_pack("{s:I,s:s,s:s,s:s,s:o}", "id", (json_int_t)chat->id, "from", chat->from,
                     "name", chat->name, "text", chat->text, "at", hop_time_json(chat->at_us));
}

/* The newest that fit, oldest first. */
static json_t *snapshot_chat(const struct hop_room *room, bool *more)
{
    const GList *first = NULL;
    size_t bytes = 0;
    for (const GList *l = room->chat.tail; l != NULL; l = l->prev) {
        const struct hop_chat_text *chat = l->data;
        bytes += strlen(chat->text);
        if (bytes > SNAPSHOT_CHAT_BYTES)
            break;
        first = l;
    }
    *more = room->chat_more || first != room->chat.head;
    json_t *out = json_array();
    for (const GList *l = first; l != NULL; l = l->next)
        json_array_append_new(out, hop_json_chat(l->data));
    return out;
}

json_t *hop_json_snapshot(const struct hop_participant *p)
{
    const struct hop_room *room = p->room;
    json_t *participants = json_array();
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *other = g_ptr_array_index(room->present, i);
        json_t *one = hop_json_participant(other, HOP_CHANGED_ALL);
        json_object_set_new(one, "quality", hop_json_quality(other, p));
        json_array_append_new(participants, one);
    }
    bool more;
    json_t *chat = snapshot_chat(room, &more);
    json_t *lobby =
        hop_participant_may(p, HOP_RIGHT_MODERATE) ? hop_lobby_json(room) : json_array();
    return json_pack("{s:I,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "seq",
                     (json_int_t)(p->session != NULL ? p->session->seq : p->seq), "time",
                     hop_time_json(room->signaling->wall_us), "room", hop_json_room(room), "you",
                     p->record->id, "participants", participants, "lobby", lobby, "slots",
                     hop_json_slots(p), "voices", hop_json_voices(p), "demand", hop_json_demand(p),
                     "line", hop_json_line(p), "chat", chat, "chat_more", more);
}
