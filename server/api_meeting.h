/* What the handlers of /api/v1/meetings share. Control thread. */
#pragma once

#include "server/api.h"
#include "server/meeting_json.h"
#include "server/meeting_read.h"

/* Who asks, and when. */
struct hop_store_viewer hop_api_viewer(const struct hop_server *server,
                                       const struct hop_request *request);

/* A request about one meeting, from its reading to its answer. */
struct hop_meeting_call {
    struct hop_server *server;
    struct hop_request *request;
    json_t *body;                    /* NULL: none */
    int64_t id, part;                /* part: of the path's second parameter */
    struct hop_store_meeting before; /* a copy of what was read */
    bool made;                       /* it is a new one: 201 */
    /* What to do with it; calls hop_meeting_call_end() or hop_meeting_call_save(). */
    void (*then)(struct hop_meeting_call *call);
};

/* Reads the meeting that the request is about. Answers by itself when it is not there, when he may
 * not change it, and when it is not any more the one of If-Match. Takes `body`. */
void hop_meeting_call_begin(struct hop_server *server, struct hop_request *request, int64_t id,
                            int64_t part, json_t *body,
                            void (*then)(struct hop_meeting_call *call));
/* Answers with the meeting (error 0) or the error, and frees the call. */
void hop_meeting_call_end(struct hop_meeting_call *call, int error,
                          const struct hop_store_meeting *meeting);
/* Answers request.invalid, and frees the call. */
void hop_meeting_call_invalid(struct hop_meeting_call *call, const struct hop_fault *fault);
/* Stores it, tells everybody whom it concerns, answers, frees the call. `occurrences` as in
 * hop_store_save. */
void hop_meeting_call_save(struct hop_meeting_call *call, const struct hop_store_meeting *meeting,
                           const GArray *occurrences);
/* A new meeting's call has read nothing. Takes `body`. */
struct hop_meeting_call *hop_meeting_call_new(struct hop_server *server,
                                              struct hop_request *request, json_t *body);
/* A fresh uid and code. */
void hop_meeting_name(struct hop_store_meeting *meeting);
/* As at the end of hop_meeting_call_save(): what the store has answered to a change of another
 * kind. -ENODATA: it has no such time. */
void hop_meeting_call_stored(struct hop_meeting_call *call, int error,
                             const struct hop_store_meeting *meeting);
/* 204, and frees the call. */
void hop_meeting_call_empty(struct hop_meeting_call *call);
/* The request has been answered. */
void hop_meeting_call_free(struct hop_meeting_call *call);
