/* /api/v1/me/room: the personal room, a link of one's own that never runs out. */
#include "server/api.h"

#include "media/base/clock.h"

#include <errno.h>

static json_t *room_json(const struct hop_api_pending *pending, const struct hop_store_room *room)
{
    g_autofree char *url = hop_server_room_url(pending->request, room->code);

    return json_pack("{s:s,s:s,s:s}", "code", room->code, "url", url, "title", room->title);
}

static void got(void *ctx, int error, const struct hop_store_room *room)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:o}", "room", room_json(pending, room)));
    else if (error == -ENOENT)
        hop_respond_json(pending->request, 200, json_pack("{s:n}", "room"));
    else
        hop_respond_errno(pending->request, error);
    hop_api_pending_free(pending);
}

void hop_api_me_room_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)param;
    hop_store_room_of(server->store, request->account.user_id, got,
                      hop_api_pending_new(server, request));
}

static void made(void *ctx, int error, const struct hop_store_room *room)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        hop_api_audit(pending->server, pending->request, room->id, "room.own", NULL);
        hop_respond_json(pending->request, 201,
                         json_pack("{s:o}", "room", room_json(pending, room)));
    } else {
        hop_respond_errno(pending->request, error == -EEXIST ? -EAGAIN : error);
    }
    hop_api_pending_free(pending);
}

/* The first one, or another code: who has the old one stays outside. */
void hop_api_me_room_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    char code[HOP_CODE_TEXT];
    bool wrong = false;
    json_t *body = request->body->len > 0 ? hop_api_body(request) : json_object();
    g_autofree char *title = hop_api_text(body, "title", HOP_MAX_TITLE, false, false, &wrong);

    (void)param;
    if (body == NULL)
        return;
    hop_schedule_code(code);
    if (wrong)
        hop_api_invalid(request, "title", "must be a text of 1 to 200 characters");
    else
        hop_store_room_own(server->store, request->account.user_id, code,
                           title != NULL ? title : request->account.name, hop_wall_us(), made,
                           hop_api_pending_new(server, request));
    json_decref(body);
}
