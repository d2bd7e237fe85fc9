/* struct hop_host (signaling/host.h) on the store and the accounts: `host` is the hop_server.
 * Control thread. */
#include "server/server.h"

#include "media/base/clock.h"
#include "server/store/audit.h"
#include "server/store/chat.h"
#include "server/store/participants.h"
#include "server/store/rooms.h"

#include <errno.h>

struct lookup {
    struct hop_server *server;
    hop_room_cb cb;
    void *ctx;
};

static void looked_up(void *ctx, int error, const struct hop_store_room *room)
{
    struct lookup *lookup = ctx;
    struct hop_room_info info = { .status = HOP_ROOM_NONE };

    if (error == 0) {
        info.status = hop_server_room_status(lookup->server, room);
        info.room_key = room->id;
        g_strlcpy(info.code, room->code, sizeof(info.code));
        g_strlcpy(info.title, room->title, sizeof(info.title));
        info.opens_at_us = hop_schedule_opens_at(room, &lookup->server->rules);
        info.starts_at_us = room->starts_us;
        info.ends_at_us = room->ends_us;
    }
    lookup->cb(lookup->ctx, error == -ENOENT ? 0 : error, &info);
    g_free(lookup);
}

static void room_lookup(void *host, const char *code, hop_room_cb cb, void *ctx)
{
    struct hop_server *server = host;
    struct lookup *lookup;

    if (!hop_schedule_code_valid(code)) {
        cb(ctx, 0, &(struct hop_room_info){ .status = HOP_ROOM_NONE });
        return;
    }
    lookup = g_new0(struct lookup, 1);
    lookup->server = server;
    lookup->cb = cb;
    lookup->ctx = ctx;
    hop_store_room_find(server->store, code, looked_up, lookup);
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

static void audit(void *host, int64_t room_key, const char *who, const char *action,
                  const char *detail)
{
    hop_store_audit(((struct hop_server *)host)->store, hop_wall_us(), room_key, who, action,
                    detail);
}

struct hop_host hop_server_host(void)
{
    return (struct hop_host){ .room_lookup = room_lookup,
                              .participants_load = participants_load,
                              .participant_save = participant_save,
                              .chat_append = chat_append,
                              .chat_load = chat_load,
                              .room_end = room_end,
                              .identify = identify,
                              .audit = audit };
}
