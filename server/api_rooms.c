/* /api/v1/rooms: a meeting that begins now, and what a link leads to. */
#include "server/api.h"

#include "media/base/clock.h"

#include <errno.h>

char *hop_server_room_url(const struct hop_request *request, const char *code)
{
    g_autofree char *origin = hop_request_origin(request);

    return g_strdup_printf("%s/m/%s", origin, code);
}

struct hop_store_present hop_server_present(const struct hop_server *server)
{
    return (struct hop_store_present){ .now_us = hop_wall_us(),
                                       .early_us = server->rules.open_early_us,
                                       .late_us = server->rules.close_late_us };
}

enum hop_room_status hop_server_room_status(const struct hop_server *server,
                                            const struct hop_store_room *room)
{
    bool occupied = hop_signaling_room_count(server->signaling, room->code) > 0;

    return hop_schedule_status(room, &server->rules, occupied, hop_wall_us());
}

static void room_made(void *ctx, int error, const struct hop_store_room *room)
{
    struct hop_api_pending *pending = ctx;
    g_autofree char *url = hop_server_room_url(pending->request, room->code);

    if (error == 0)
        hop_respond_json(
            pending->request, 201,
            json_pack("{s:s,s:s,s:s}", "code", room->code, "url", url, "title", room->title));
    else
        hop_respond_errno(pending->request, error == -EEXIST ? -EAGAIN : error);
    hop_api_pending_free(pending);
}

static void make_room(struct hop_server *server, struct hop_request *request, const char *title)
{
    char code[HOP_CODE_TEXT];

    hop_schedule_code(code);
    hop_store_room_add(server->store, code, title, hop_wall_us(), room_made,
                       hop_api_pending_new(server, request));
}

/* Whoever is signed in may make as many as he likes; others a few. */
static bool may_make_room(struct hop_server *server, struct hop_request *request)
{
    int64_t wait_us;

    if (request->account.user_id != 0)
        return true;
    if (!server->config->anonymous_rooms) {
        hop_respond_error(request, 401, "auth.required", "sign in to start a meeting");
        return false;
    }
    wait_us = hop_ratelimit_take(server->room_limit, &request->peer, hop_now_us());
    if (wait_us == 0)
        return true;
    hop_request_header(request, "retry-after", "%d", (int)(wait_us / 1000000 + 1));
    hop_respond_error(request, 429, "server.busy", "too many meetings from your address");
    return false;
}

void hop_api_rooms_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    bool wrong = false;
    json_t *body;

    (void)param;
    if (!may_make_room(server, request))
        return;
    body = request->body->len > 0 ? hop_api_body(request) : json_object();
    if (body != NULL) {
        g_autofree char *title = hop_api_text(body, "title", HOP_MAX_TITLE, false, true, &wrong);

        if (wrong)
            hop_api_invalid(request, "title", "must be a text of at most 200 characters");
        else
            make_room(server, request, title != NULL ? title : "");
    }
    json_decref(body);
}

static json_t *time_or_null(int64_t us)
{
    char text[HOP_TIME_TEXT];

    return us != 0 ? json_string(hop_time_format(us, text)) : json_null();
}

static const char *status_name(enum hop_room_status status)
{
    switch (status) {
    case HOP_ROOM_EARLY:
        return "early";
    case HOP_ROOM_ENDED:
        return "ended";
    case HOP_ROOM_CANCELLED:
        return "cancelled";
    default:
        return "open";
    }
}

static json_t *room_json(const struct hop_server *server, const struct hop_store_room *room)
{
    int count = hop_signaling_room_count(server->signaling, room->code);

    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:i}", "code", room->code, "title", room->title,
                     "status", status_name(hop_server_room_status(server, room)), "opens_at",
                     time_or_null(hop_schedule_opens_at(room, &server->rules)), "starts_at",
                     time_or_null(room->starts_us), "ends_at", time_or_null(room->ends_us),
                     "time_zone",
                     room->meeting_id != 0 ? json_string(room->time_zone) : json_null(),
                     "participants", count > 0 ? count : 0);
}

static void room_found(void *ctx, int error, const struct hop_store_room *room)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200, room_json(pending->server, room));
    else if (error == -ENOENT)
        hop_respond_error(pending->request, 404, "room.not_found", "there is no such meeting");
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_room_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_present present = hop_server_present(server);

    if (!hop_schedule_code_valid(param))
        hop_respond_error(request, 404, "room.not_found", "there is no such meeting");
    else
        hop_store_room_find(server->store, param, &present, room_found,
                            hop_api_pending_new(server, request));
}
