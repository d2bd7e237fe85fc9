/* Reads and bounds the data of requests: see request.h. Control thread. */
#include "signaling/request.h"

#include <string.h>

enum { MAX_SDP = 200000, MAX_TILE_HEIGHT = 8192 };

static const char *const source_names[] = {
    [HOP_SOURCE_MICROPHONE] = "microphone",
    [HOP_SOURCE_CAMERA] = "camera",
    [HOP_SOURCE_SCREEN] = "screen",
};

static const char *const policy_names[] = {
    [HOP_AUDIO_MIX] = "mix",
    [HOP_AUDIO_FORWARD] = "forward",
};

const char *hop_audio_policy_name(enum hop_audio_policy policy)
{
    return policy_names[policy];
}

bool hop_audio_policy_parse(const char *name, enum hop_audio_policy *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policy_names); i++) {
        if (strcmp(policy_names[i], name) == 0) {
            *out = (enum hop_audio_policy)i;
            return true;
        }
    }
    return false;
}

static bool bad(struct hop_refusal *why, const char *member)
{
    return hop_refuse(why, HOP_ERR_BAD_DATA, "%s", member);
}

/* ---- members --------------------------------------------------------------------------------- */

/* A string of 1..max bytes. */
static bool get_text(const json_t *data, const char *member, size_t max, const char **out,
                     struct hop_refusal *why)
{
    const json_t *value = json_object_get(data, member);
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len == 0 || len > max)
        return bad(why, member);
    *out = json_string_value(value);
    return true;
}

static bool get_bool(const json_t *data, const char *member, bool *out, struct hop_refusal *why)
{
    const json_t *value = json_object_get(data, member);
    if (!json_is_boolean(value))
        return bad(why, member);
    *out = json_is_true(value);
    return true;
}

/* Left out: `*out` stays. */
static bool get_int(const json_t *data, const char *member, int64_t min, int64_t max, int64_t *out,
                    struct hop_refusal *why)
{
    const json_t *value = json_object_get(data, member);
    if (value == NULL)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return bad(why, member);
    *out = json_integer_value(value);
    return true;
}

static bool get_number(const json_t *data, const char *member, double max, double *out,
                       struct hop_refusal *why)
{
    *out = -1;
    const json_t *value = json_object_get(data, member);
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_number(value) || !(json_number_value(value) >= 0) ||
        !(json_number_value(value) <= max))
        return bad(why, member);
    *out = json_number_value(value);
    return true;
}

static bool get_token(const json_t *data, const char *member, char out[HOP_TOKEN_CHARS + 1],
                      struct hop_refusal *why)
{
    const char *text;
    if (!get_text(data, member, HOP_TOKEN_CHARS, &text, why))
        return false;
    if (!hop_token_valid(text))
        return bad(why, member);
    memcpy(out, text, HOP_TOKEN_CHARS + 1);
    return true;
}

static bool get_participant(const json_t *data, hop_participant_number *out,
                            struct hop_refusal *why)
{
    const char *text;
    if (!get_text(data, "participant", 10, &text, why))
        return false;
    uint32_t n = 0;
    size_t digits = strspn(text + 1, "0123456789");
    if (text[0] != 'p' || digits == 0 || text[1] == '0' || text[1 + digits] != '\0')
        return bad(why, "participant");
    for (size_t i = 1; i <= digits; i++)
        n = n * 10 + (uint32_t)(text[i] - '0'); /* nine digits at most */
    *out = n;
    return true;
}

static bool get_source(const json_t *data, enum hop_source *out, struct hop_refusal *why)
{
    const char *text;
    if (!get_text(data, "source", 16, &text, why))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(source_names); i++) {
        if (strcmp(source_names[i], text) == 0) {
            *out = (enum hop_source)i;
            return true;
        }
    }
    return bad(why, "source");
}

static bool get_flags(const json_t *data, const char *prefix, struct hop_source_flags *out,
                      struct hop_refusal *why)
{
    *out = (struct hop_source_flags){ 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(source_names); i++) {
        const json_t *flag = json_object_get(data, source_names[i]);
        if (flag == NULL)
            continue;
        if (!json_is_boolean(flag))
            return hop_refuse(why, HOP_ERR_BAD_DATA, "%s%s", prefix, source_names[i]);
        out->given |= HOP_SOURCE_BIT(i);
        if (json_is_true(flag))
            out->value |= HOP_SOURCE_BIT(i);
    }
    return true;
}

/* Left out: "". One line, cleaned like a name, but longer. */
static bool get_word(const json_t *data, const char *member, char out[HOP_MAX_WORD * 4 + 1],
                     struct hop_refusal *why)
{
    out[0] = '\0';
    const json_t *value = json_object_get(data, member);
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return bad(why, member);
    size_t chars;
    g_autofree char *text = hop_text_chat(json_string_value(value), &chars);
    if (text == NULL || chars > HOP_MAX_WORD)
        return bad(why, member);
    g_strdelimit(text, "\n\t", ' ');
    (void)g_strlcpy(out, text, HOP_MAX_WORD * 4 + 1);
    return true;
}

/* Left out: "". */
static bool get_secret(const json_t *data, const char *member, const char **out,
                       struct hop_refusal *why)
{
    *out = "";
    const json_t *value = json_object_get(data, member);
    return value == NULL || json_is_null(value) || get_text(data, member, HOP_MAX_SECRET, out, why);
}

/* Left out: "". */
static bool get_name(const json_t *data, char out[HOP_NAME_BYTES], struct hop_refusal *why)
{
    out[0] = '\0';
    const json_t *value = json_object_get(data, "name");
    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return bad(why, "name");
    if (!hop_text_name(json_string_value(value), out))
        return hop_refuse(why, HOP_ERR_NAME_INVALID, "%s", "");
    return true;
}

/* null, or left out: "". */
static bool get_hall(const json_t *data, char out[HOP_NAME_BYTES], struct hop_refusal *why)
{
    out[0] = '\0';
    const json_t *value = json_object_get(data, "hall");
    if (value == NULL || json_is_null(value))
        return true;
    return (json_is_string(value) && hop_text_name(json_string_value(value), out)) ||
           bad(why, "hall");
}

static bool get_offer(const json_t *data, const char **out, struct hop_refusal *why)
{
    *out = NULL;
    return json_object_get(data, "offer") == NULL || get_text(data, "offer", MAX_SDP, out, why);
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool decode_join(const json_t *data, struct hop_req_join *out, struct hop_refusal *why)
{
    const char *room;
    if (!get_text(data, "room", HOP_MAX_ROOM_CODE, &room, why))
        return false;
    for (const char *p = room; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-')
            return bad(why, "room");
    }
    (void)g_strlcpy(out->room, room, sizeof out->room);
    out->key[0] = '\0';
    if (json_object_get(data, "key") != NULL && !get_token(data, "key", out->key, why))
        return false;
    const json_t *media = json_object_get(data, "media");
    if (media != NULL && !json_is_object(media))
        return bad(why, "media");
    int64_t site = 0;
    out->test[0] = '\0';
    if (!get_flags(media, "media.", &out->media, why) ||
        !get_int(data, "site", 1, HOP_MAX_SITE, &site, why) ||
        !get_secret(data, "invite", &out->invite, why) ||
        !get_secret(data, "password", &out->password, why))
        return false;
    if (json_object_get(data, "test") != NULL && !get_token(data, "test", out->test, why))
        return false;
    out->site = (uint32_t)site;
    out->names_hall = json_object_get(data, "hall") != NULL;
    return get_offer(data, &out->offer, why) && get_name(data, out->name, why) &&
           get_hall(data, out->hall, why);
}

static bool decode_resume(const json_t *data, struct hop_req_resume *out, struct hop_refusal *why)
{
    return get_token(data, "session", out->session, why) &&
           get_token(data, "secret", out->secret, why) && get_offer(data, &out->offer, why);
}

static bool decode_tile(const json_t *tile, struct hop_req_tile *out, struct hop_refusal *why)
{
    int64_t height = 0;
    out->pinned = false;
    if (!json_is_object(tile))
        return bad(why, "");
    if (!get_participant(tile, &out->participant, why) || !get_source(tile, &out->source, why) ||
        !get_int(tile, "height", 0, MAX_TILE_HEIGHT, &height, why))
        return false;
    if (out->source == HOP_SOURCE_MICROPHONE)
        return bad(why, "source");
    if (json_object_get(tile, "pinned") != NULL && !get_bool(tile, "pinned", &out->pinned, why))
        return false;
    out->height = (uint16_t)height;
    return true;
}

static bool decode_view(const json_t *data, struct hop_req_view *out, struct hop_refusal *why)
{
    const json_t *tiles = json_object_get(data, "tiles");
    int64_t max_kbps = 0;
    if (!get_int(data, "max_kbps", 0, HOP_MAX_CAP_KBPS, &max_kbps, why))
        return false;
    out->max_kbps = (uint32_t)max_kbps;
    if (!json_is_array(tiles) || json_array_size(tiles) > HOP_MAX_VIEW)
        return bad(why, "tiles");
    out->n = json_array_size(tiles);
    for (size_t i = 0; i < out->n; i++) {
        struct hop_refusal inner = { 0 };
        if (!decode_tile(json_array_get(tiles, i), &out->tiles[i], &inner))
            return hop_refuse(why, HOP_ERR_BAD_DATA, "tiles.%zu%s%s", i,
                              inner.where[0] != '\0' ? "." : "", inner.where);
    }
    return true;
}

static bool decode_target(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    out->target.participant = 0;
    bool own = out->op == HOP_OP_HAND && json_object_get(data, "participant") == NULL;
    if (!own && !get_participant(data, &out->target.participant, why))
        return false;
    if (out->op == HOP_OP_HAND)
        return get_bool(data, "raised", &out->target.raised, why);
    if (out->op != HOP_OP_ROLE)
        return true;
    const char *role;
    if (!get_text(data, "role", 16, &role, why))
        return false;
    return hop_role_parse(role, &out->target.role) || bad(why, "role");
}

static bool decode_mute(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    out->mute.participant = 0;
    if (out->op == HOP_OP_MUTE && !get_participant(data, &out->mute.participant, why))
        return false;
    return get_source(data, &out->mute.source, why) &&
           get_bool(data, "muted", &out->mute.muted, why);
}

static bool decode_chat(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    const json_t *text = json_object_get(data, "text");
    if (!json_is_string(text))
        return bad(why, "text");
    out->chat.text = json_string_value(text);
    out->chat.ref[0] = '\0';
    if (json_object_get(data, "ref") == NULL)
        return true;
    const char *ref;
    if (!get_text(data, "ref", HOP_CHAT_REF, &ref, why))
        return false;
    for (const char *p = ref; *p != '\0'; p++) {
        if (!g_ascii_isgraph(*p))
            return bad(why, "ref");
    }
    (void)g_strlcpy(out->chat.ref, ref, sizeof out->chat.ref);
    return true;
}

static bool decode_history(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    int64_t limit = 50;
    out->history.before = 0;
    if (json_object_get(data, "before") == NULL)
        return bad(why, "before");
    if (!get_int(data, "before", 0, INT64_MAX, &out->history.before, why) ||
        !get_int(data, "limit", 1, HOP_MAX_HISTORY, &limit, why))
        return false;
    out->history.limit = (size_t)limit;
    return true;
}

static bool get_policy(const json_t *data, struct hop_req_room *out, struct hop_refusal *why)
{
    const char *text;
    out->has_policy = json_object_get(data, "audio_policy") != NULL;
    if (!out->has_policy)
        return true;
    return get_text(data, "audio_policy", 16, &text, why) &&
           (hop_audio_policy_parse(text, &out->audio.policy) || bad(why, "audio_policy"));
}

static bool decode_room(const json_t *data, struct hop_req_room *out, struct hop_refusal *why)
{
    out->has_chat = json_object_get(data, "chat_open") != NULL;
    out->has_levelling = json_object_get(data, "levelling") != NULL;
    if (!get_policy(data, out, why))
        return false;
    if (!out->has_chat && !out->has_policy && !out->has_levelling)
        return bad(why, "chat_open");
    return (!out->has_chat || get_bool(data, "chat_open", &out->chat_open, why)) &&
           (!out->has_levelling || get_bool(data, "levelling", &out->audio.levelling, why));
}

static bool decode_hall(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    out->hall.participant = 0;
    if (json_object_get(data, "hall") == NULL)
        return bad(why, "hall");
    if (json_object_get(data, "participant") != NULL &&
        !get_participant(data, &out->hall.participant, why))
        return false;
    return get_hall(data, out->hall.name, why);
}

static bool decode_lobby(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    out->lobby.participant = 0;
    out->lobby.all = false;
    out->lobby.message[0] = '\0';
    if (out->op == HOP_OP_ADMIT && json_object_get(data, "participant") == NULL)
        return get_bool(data, "all", &out->lobby.all, why) &&
               (out->lobby.all || bad(why, "participant"));
    if (!get_participant(data, &out->lobby.participant, why))
        return false;
    return out->op != HOP_OP_REFUSE || get_word(data, "message", out->lobby.message, why);
}

static bool decode_site(const json_t *data, struct hop_request *out, struct hop_refusal *why)
{
    int64_t site = 0;
    out->site.participant = 0;
    if (!get_int(data, "site", 1, HOP_MAX_SITE, &site, why))
        return false;
    if (site == 0)
        return bad(why, "site");
    out->site.site = (uint32_t)site;
    return json_object_get(data, "participant") == NULL ||
           get_participant(data, &out->site.participant, why);
}

static bool decode_mark(const json_t *data, struct hop_req_mark *out, struct hop_refusal *why)
{
    static const char *const states[] = { "present_room", "present_online", "absent",
                                          "not_marked" };
    const char *text;
    int64_t attendees = 0;
    if (!get_text(data, "person", HOP_MAX_PERSON, &text, why))
        return false;
    if (strchr("iup", text[0]) == NULL || text[1] == '\0' ||
        strspn(text + 1, "0123456789") != strlen(text + 1))
        return bad(why, "person");
    (void)g_strlcpy(out->person, text, sizeof out->person);
    if (!get_word(data, "reason", out->reason, why) ||
        !get_int(data, "attendees", 0, HOP_MAX_SITE, &attendees, why))
        return false;
    out->attendees = (int)attendees;
    out->state = "";
    const json_t *state = json_object_get(data, "state");
    if (state == NULL || json_is_null(state))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(states) && json_is_string(state); i++) {
        if (strcmp(states[i], json_string_value(state)) == 0)
            out->state = states[i];
    }
    return out->state[0] != '\0' || bad(why, "state");
}

static bool decode_stats(const json_t *data, struct hop_client_stats *out, struct hop_refusal *why)
{
    return get_number(data, "rtt_ms", 60000, &out->rtt_ms, why) &&
           get_number(data, "jitter_ms", 60000, &out->jitter_ms, why) &&
           get_number(data, "loss_up", 1, &out->loss_up, why) &&
           get_number(data, "loss_down", 1, &out->loss_down, why) &&
           get_number(data, "fps", 1000, &out->fps, why);
}

bool hop_request_decode(const struct hop_frame *frame, struct hop_request *out,
                        struct hop_refusal *why)
{
    const json_t *data = frame->data;
    out->op = frame->op;
    switch (frame->op) {
    case HOP_OP_JOIN:
        return decode_join(data, &out->join, why);
    case HOP_OP_RESUME:
        return decode_resume(data, &out->resume, why);
    case HOP_OP_OFFER:
        return get_text(data, "sdp", MAX_SDP, &out->offer.sdp, why);
    case HOP_OP_VIEW:
        return decode_view(data, &out->view, why);
    case HOP_OP_MEDIA:
        return get_flags(data, "", &out->media, why);
    case HOP_OP_MUTE:
    case HOP_OP_MUTE_ALL:
        return decode_mute(data, out, why);
    case HOP_OP_ASK_UNMUTE:
    case HOP_OP_HAND:
    case HOP_OP_ROLE:
    case HOP_OP_REMOVE:
        return decode_target(data, out, why);
    case HOP_OP_CHAT:
        return decode_chat(data, out, why);
    case HOP_OP_CHAT_HISTORY:
        return decode_history(data, out, why);
    case HOP_OP_RENAME:
        return get_name(data, out->name, why) && (out->name[0] != '\0' || bad(why, "name"));
    case HOP_OP_ROOM:
        return decode_room(data, &out->room, why);
    case HOP_OP_HALL:
        return decode_hall(data, out, why);
    case HOP_OP_ADMIT:
    case HOP_OP_REFUSE:
    case HOP_OP_SEND_BACK:
        return decode_lobby(data, out, why);
    case HOP_OP_SITE:
        return decode_site(data, out, why);
    case HOP_OP_MARK:
        return decode_mark(data, &out->mark, why);
    case HOP_OP_STATS:
        return decode_stats(data, &out->stats, why);
    case HOP_OP_ATTENDANCE:
    case HOP_OP_END:
    case HOP_OP_LEAVE:
    case HOP_OP_PING:
    case HOP_OPS:
        break;
    }
    return true;
}
