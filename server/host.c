/* struct hop_host (signaling/host.h) on the store and the accounts: `host` is the hop_server.
 * Control thread. */
#include "server/server.h"

#include "media/base/clock.h"
#include "server/attendance.h"
#include "server/invite.h"
#include "server/store/audit.h"
#include "server/store/chat.h"
#include "server/store/door.h"
#include "server/store/participants.h"
#include "server/store/rooms.h"

#include <errno.h>

/* A look at a meeting's door: first the room behind the code, then what is known of it and of who
 * asks. */
struct lookup {
    struct hop_server *server;
    hop_room_cb room_cb; /* one of these */
    hop_welcome_cb welcome_cb;
    void *ctx;
    struct hop_store_door_query query;
    struct hop_room_info info;
    char *password; /* as typed; NULL: none */
};

static void answer(struct lookup *lookup, int error, const struct hop_welcome *welcome)
{
    if (lookup->room_cb != NULL)
        lookup->room_cb(lookup->ctx, error, &lookup->info);
    else
        lookup->welcome_cb(lookup->ctx, error, &lookup->info, welcome);
    g_free(lookup->password);
    g_free(lookup);
}

static void read_settings(struct hop_room_info *info, const struct hop_store_door *door)
{
    const struct hop_store_settings *s = &door->settings;

    info->occurrence_us = door->occurrence_us;
    info->settings = (struct hop_room_settings){
        .lobby = s->lobby,
        .waits = !s->opens_by_itself,
        .led = door->led,
        .muted = s->muted,
        .camera_off = s->camera_off,
        .moderators_share = s->share == HOP_ALLOWED_MODERATORS,
        .moderators_unmute = s->unmute == HOP_ALLOWED_MODERATORS,
        .password = s->password,
        .recording = s->recording,
    };
}

static void door_found(void *ctx, int error, const struct hop_store_door *door)
{
    struct lookup *lookup = ctx;
    struct hop_welcome welcome = { .bad_invite = door->bad_token,
                                   .invite_id = door->invite_id,
                                   .attendees = door->attendees };

    read_settings(&lookup->info, door);
    g_strlcpy(welcome.role, door->role, sizeof(welcome.role));
    g_strlcpy(welcome.name, door->name, sizeof(welcome.name));
    g_strlcpy(welcome.title, door->title, sizeof(welcome.title));
    g_strlcpy(welcome.unit, door->unit, sizeof(welcome.unit));
    if (lookup->password != NULL && door->settings.password)
        welcome.password = hop_invite_password_right(lookup->server->invite_secret, door->uid,
                                                     lookup->password, door->settings.password_hash)
                               ? HOP_PASSWORD_RIGHT
                               : HOP_PASSWORD_WRONG;
    if (error == -ENOENT)
        lookup->info.status = HOP_ROOM_NONE;
    answer(lookup, error == -ENOENT ? 0 : error, &welcome);
}

static void looked_up(void *ctx, int error, const struct hop_store_room *room)
{
    static const struct hop_welcome nobody;
    struct lookup *lookup = ctx;
    struct hop_room_info *info = &lookup->info;

    if (error != 0) {
        answer(lookup, error == -ENOENT ? 0 : error, &nobody);
        return;
    }
    info->status = hop_server_room_status(lookup->server, room);
    info->room_key = room->id;
    info->meeting_id = room->meeting_id;
    g_strlcpy(info->code, room->code, sizeof(info->code));
    g_strlcpy(info->title, room->title, sizeof(info->title));
    info->opens_at_us = hop_schedule_opens_at(room, &lookup->server->rules);
    info->starts_at_us = room->starts_us;
    info->ends_at_us = room->ends_us;
    lookup->query.room_id = room->id;
    lookup->query.meeting_id = room->meeting_id;
    lookup->query.starts_us = room->starts_us;
    hop_store_door_find(lookup->server->store, &lookup->query, door_found, lookup);
}

static void look(struct hop_server *server, const char *code, const struct lookup *with)
{
    static const struct hop_welcome nobody;
    struct hop_store_present present = hop_server_present(server);
    struct lookup *lookup = g_memdup2(with, sizeof(*with));

    lookup->server = server;
    lookup->info.status = HOP_ROOM_NONE;
    if (hop_schedule_code_valid(code))
        hop_store_room_find(server->store, code, &present, looked_up, lookup);
    else
        answer(lookup, 0, &nobody);
}

static void room_lookup(void *host, const char *code, hop_room_cb cb, void *ctx)
{
    look(host, code, &(struct lookup){ .room_cb = cb, .ctx = ctx });
}

static void join_lookup(void *host, const struct hop_join_query *query, hop_welcome_cb cb,
                        void *ctx)
{
    struct lookup with = { .welcome_cb = cb, .ctx = ctx };

    with.query.user_id = query->user_id;
    /* what has not the form of a token is looked for too, and found to be nobody's */
    with.query.has_token = query->invite[0] != '\0';
    if (with.query.has_token)
        (void)hop_invite_token_hash(query->invite, with.query.token_hash);
    with.password = query->password[0] != '\0' ? g_strdup(query->password) : NULL;
    look(host, query->code, &with);
}

static void attendance_save(void *host, const struct hop_attendance_record *record, hop_done_cb cb,
                            void *ctx)
{
    hop_store_stay_save(((struct hop_server *)host)->store, record, cb, ctx);
}

struct list {
    hop_text_cb cb;
    void *ctx;
};

static void list_found(void *ctx, int error, const struct hop_store_attendance *found)
{
    struct list *list = ctx;
    struct hop_attendance attendance;
    char *text = NULL;

    if (error == 0) {
        json_t *json;

        hop_attendance_compute(found, hop_wall_us(), &attendance);
        json = hop_attendance_json(&attendance);
        text = json_dumps(json, JSON_COMPACT);
        json_decref(json);
        hop_attendance_clear(&attendance);
    }
    list->cb(list->ctx, error, text);
    free(text);
    g_free(list);
}

static void attendance_load(void *host, int64_t room_key, int64_t occurrence_us, hop_text_cb cb,
                            void *ctx)
{
    struct hop_store_attendance_query query = { .room_id = room_key,
                                                .occurrence_us = occurrence_us,
                                                .now_us = hop_wall_us() };
    struct list *list = g_new0(struct list, 1);

    list->cb = cb;
    list->ctx = ctx;
    hop_store_attendance_get(((struct hop_server *)host)->store, &query, list_found, list);
}

static void attendance_mark(void *host, const struct hop_attendance_mark *mark, hop_done_cb cb,
                            void *ctx)
{
    hop_store_attendance_mark(((struct hop_server *)host)->store, mark, hop_wall_us(), cb, ctx);
}

static void participants_load(void *host, int64_t room_key, hop_participants_cb cb, void *ctx)
{
    hop_store_participants_load(((struct hop_server *)host)->store, room_key, cb, ctx);
}

static void participant_save(void *host, const struct hop_participant_record *record,
                             hop_done_cb cb, void *ctx)
{
    hop_store_participant_save(((struct hop_server *)host)->store, record, cb, ctx);
}

static void chat_append(void *host, int64_t room_key, const struct hop_chat_record *record,
                        hop_chat_stored_cb cb, void *ctx)
{
    hop_store_chat_append(((struct hop_server *)host)->store, room_key, record, cb, ctx);
}

static void chat_load(void *host, int64_t room_key, int64_t before, size_t limit,
                      hop_chat_list_cb cb, void *ctx)
{
    hop_store_chat_load(((struct hop_server *)host)->store, room_key, before, limit, cb, ctx);
}

static void room_end(void *host, int64_t room_key, hop_done_cb cb, void *ctx)
{
    hop_store_room_end(((struct hop_server *)host)->store, room_key, hop_wall_us(), cb, ctx);
}

static bool identify(void *host, const char *cookie, struct hop_identity *out)
{
    return hop_auth_identify(((struct hop_server *)host)->auth, cookie, out);
}

static bool relay_access(void *host, const char *who, struct hop_relay_access *out)
{
    return hop_turn_access(((struct hop_server *)host)->turn, who, hop_wall_us(), out);
}

static void audit(void *host, int64_t room_key, const char *who, const char *action,
                  const char *detail)
{
    hop_store_audit(((struct hop_server *)host)->store, hop_wall_us(), room_key, who, action,
                    detail);
}

struct hop_host hop_server_host(void)
{
    return (struct hop_host){ .room_lookup = room_lookup,
                              .join_lookup = join_lookup,
                              .attendance_save = attendance_save,
                              .attendance_load = attendance_load,
                              .attendance_mark = attendance_mark,
                              .participants_load = participants_load,
                              .participant_save = participant_save,
                              .chat_append = chat_append,
                              .chat_load = chat_load,
                              .room_end = room_end,
                              .identify = identify,
                              .relay_access = relay_access,
                              .audit = audit };
}
