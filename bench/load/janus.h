/* What hop-load's two Janus drivers share: sessions and handles of Janus' WebSocket API, its SDP.
 * https://janus.conf.meetecho.com/docs/rest.html */
#pragma once

#include "bench/load/member.h"

#include <glib.h>

struct hop_load_janus {           /* a member's `driver` */
    json_int_t session, up, down; /* 0: not yet */
    bool subscribed;
};

enum { HOP_LOAD_JANUS_ROOM = 1000 }; /* number of the first room */

struct hop_load_janus *hop_load_janus_of(struct hop_load_member *m);
json_int_t hop_load_janus_room(const struct hop_load_member *m);
/* Makes a session; the driver's `attach` is next. */
void hop_load_janus_create(struct hop_load_member *m);
/* A handle of that plugin; the answer has that transaction. */
void hop_load_janus_attach(struct hop_load_member *m, const char *plugin, const char *transaction);
/* Steals body and jsep (NULL: none). */
void hop_load_janus_request(struct hop_load_member *m, json_int_t handle, const char *transaction,
                            json_t *body, json_t *jsep);
/* What the plugin says in a message; NULL: nothing. */
const json_t *hop_load_janus_data(const json_t *message);
/* The id that "create" and "attach" are answered with; 0: it is no such answer. */
json_int_t hop_load_janus_id(const json_t *message, const char *transaction);
/* {"type", "sdp"} of an offer of what the member sends. */
json_t *hop_load_janus_offer(struct hop_load_member *m);
/* Reads Janus' answer to it and starts the link. False: failed. */
bool hop_load_janus_take_answer(struct hop_load_member *m, const json_t *message);
/* Takes Janus' offer, starts `down`, and returns {"type", "sdp"} of the answer; NULL: failed. */
json_t *hop_load_janus_answer(struct hop_load_member *m, const json_t *message);
/* Fails the member if the plugin reports an error. */
bool hop_load_janus_refused(struct hop_load_member *m, const json_t *data);
