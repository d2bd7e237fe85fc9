/* Meetings as the API shows them. Control thread. */
#pragma once

#include "server/server.h"
#include "server/store/calendar.h"

/* As a whole. Who may only read it gets neither links nor what was told about others. */
json_t *hop_meeting_json(const struct hop_server *server, const struct hop_request *request,
                         const struct hop_store_meeting *meeting);
/* One line of a list. */
json_t *hop_meeting_listed_json(const struct hop_server *server, const struct hop_request *request,
                                const struct hop_store_listed *listed);
/* `room_url` of the meeting; `all`: with what only those may see who may change it. */
json_t *hop_invitee_json(const struct hop_server *server, const char *room_url,
                         const struct hop_store_invitee *invitee, bool all);

/* What the audit log and the mails care about: without the parts that change by themselves. */
bool hop_meeting_same(const struct hop_store_meeting *a, const struct hop_store_meeting *b);
/* Whether calendars have to be told: other times, texts or places (RFC 5546 §2.1.4). */
bool hop_meeting_same_event(const struct hop_store_meeting *a, const struct hop_store_meeting *b);
