/* The handlers of the API, one file per resource. Each answers its request exactly once, now or
 * later. `param` is the path's variable part, valid during the call. Control thread. */
#pragma once

#include "server/server.h"

void hop_api_client_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_openapi_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_session_post(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_session_delete(struct hop_server *server, struct hop_request *request,
                            const char *param);

void hop_api_me_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_me_patch(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_me_password_post(struct hop_server *server, struct hop_request *request,
                              const char *param);
void hop_api_me_sessions_get(struct hop_server *server, struct hop_request *request,
                             const char *param);
void hop_api_me_session_delete(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_me_totp_post(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_me_totp_delete(struct hop_server *server, struct hop_request *request,
                            const char *param);

void hop_api_users_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_users_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_users_import_post(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_user_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_user_patch(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_user_password_post(struct hop_server *server, struct hop_request *request,
                                const char *param);

void hop_api_my_data_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_person_export_post(struct hop_server *server, struct hop_request *request,
                                const char *param);
void hop_api_person_erase_post(struct hop_server *server, struct hop_request *request,
                               const char *param);

void hop_api_units_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_units_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_unit_patch(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_unit_delete(struct hop_server *server, struct hop_request *request, const char *param);

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
void hop_api_meeting_send_post(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_meeting_duplicate_post(struct hop_server *server, struct hop_request *request,
                                    const char *param);
void hop_api_occurrence_patch(struct hop_server *server, struct hop_request *request,
                              const char *param);
void hop_api_occurrence_delete(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_invitee_link_post(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_invite_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_invitation_get(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_invitation_post(struct hop_server *server, struct hop_request *request,
                             const char *param);
void hop_api_itip_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_mail_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_mail_retry_post(struct hop_server *server, struct hop_request *request,
                             const char *param);
void hop_api_my_feed_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_my_feed_post(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_my_feed_delete(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_resource_feed_get(struct hop_server *server, struct hop_request *request,
                               const char *param);
void hop_api_resource_feed_post(struct hop_server *server, struct hop_request *request,
                                const char *param);
void hop_api_resource_feed_delete(struct hop_server *server, struct hop_request *request,
                                  const char *param);
void hop_api_feed_get(struct hop_server *server, struct hop_request *request, const char *param);

void hop_api_tokens_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_tokens_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_token_delete(struct hop_server *server, struct hop_request *request,
                          const char *param);

void hop_api_attendance_get(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_attendance_csv_get(struct hop_server *server, struct hop_request *request,
                                const char *param);
void hop_api_attendance_pdf_get(struct hop_server *server, struct hop_request *request,
                                const char *param);
void hop_api_attendance_patch(struct hop_server *server, struct hop_request *request,
                              const char *param);
void hop_api_line_test_post(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_ops_tests_get(struct hop_server *server, struct hop_request *request,
                           const char *param);
void hop_api_line_tests_get(struct hop_server *server, struct hop_request *request,
                            const char *param);

void hop_api_dashboard_get(struct hop_server *server, struct hop_request *request,
                           const char *param);
void hop_api_conflicts_post(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_freebusy_get(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_resources_get(struct hop_server *server, struct hop_request *request,
                           const char *param);
void hop_api_resources_post(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_resource_get(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_resource_patch(struct hop_server *server, struct hop_request *request,
                            const char *param);
void hop_api_resource_delete(struct hop_server *server, struct hop_request *request,
                             const char *param);
void hop_api_groups_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_groups_post(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_group_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_group_patch(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_group_delete(struct hop_server *server, struct hop_request *request,
                          const char *param);
void hop_api_me_room_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_me_room_post(struct hop_server *server, struct hop_request *request,
                          const char *param);

void hop_api_live_get(struct hop_server *server, struct hop_request *request, const char *param);
void hop_api_room_dump_get(struct hop_server *server, struct hop_request *request,
                           const char *param);
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
/* The path's parameter as an id; false: it is none, and the request has been answered with 404. */
bool hop_api_id(struct hop_request *request, const char *param, int64_t *id);
/* A time, or a number, of the query; left as it is when it is absent. False: it is wrong, and the
 * request has been answered. */
bool hop_api_query_time(struct hop_request *request, const char *name, int64_t *us);
bool hop_api_query_number(struct hop_request *request, const char *name, int64_t min, int64_t max,
                          int64_t *out);
/* "user:NAME" of who asks, into the audit log; takes the reference to `detail` (may be NULL). */
void hop_api_audit(struct hop_server *server, const struct hop_request *request, int64_t room_id,
                   const char *action, json_t *detail);

/* An account as the API shows it, and the part of it that everybody may know of himself. */
json_t *hop_api_user_json(const struct hop_store_user *user);
json_t *hop_api_roles_json(uint32_t roles);
/* False: it is no list of roles. */
bool hop_api_roles_read(const json_t *list, uint32_t *roles);
/* The text of one role, as above; false: there is none of that name. */
bool hop_api_role_parse(const char *name, uint32_t *role);

/* 400 request.invalid, naming the member. */
void hop_api_invalid(struct hop_request *request, const char *member, const char *what);
