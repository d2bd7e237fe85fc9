/* The handlers of the API, one file per resource. Each answers its request exactly once, now or
 * later. `param` is the path's variable part, valid during the call. Control thread. */
#pragma once

#include "server/server.h"

void hop_api_client_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_session_post(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_session_delete(struct hop_server *server, struct hop_request *request,
                            const char *param);

void hop_api_rooms_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_room_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_meetings_get(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_meetings_post(struct hop_server *server, struct hop_request *request,
                           const char *param);
void hop_api_meeting_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_meeting_patch(struct hop_server *server, struct hop_request *request,
                           const char *param);
void hop_api_meeting_delete(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_invite_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_live_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_healthz_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_readyz_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_metrics_get(struct hop_server *server, struct hop_request *request, const char *param);

/* What waits for the store while a request is open: hold it, and let go of it when answered. */
struct hop_api_pending {
    struct hop_server *server;
    struct hop_request *request;
};
struct hop_api_pending *hop_api_pending_new(struct hop_server *server, struct hop_request *request);
void hop_api_pending_free(struct hop_api_pending *pending);

/* The body as a JSON object; NULL: it is none, and the request has been answered. */
json_t *hop_api_body(struct hop_request *request);
/* A member as cleaned text (hop_text_clean()); NULL when it is absent or wrong; *wrong then says
 * which. Free with g_free(). */
char *hop_api_text(const json_t *body, const char *member, size_t max, bool lines, bool empty,
                   bool *wrong);
/* 400 request.invalid, naming the member. */
void hop_api_invalid(struct hop_request *request, const char *member, const char *what);
