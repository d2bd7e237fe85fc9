/* Takes a client's request to its handler, if he may ask for it at this time.
 *
 * Called by: session. Control thread.
 */
#pragma once

#include "signaling/session.h"

/* A request on its way through its handler. A handler answers exactly once, now or later. */
struct hop_call {
    struct hop_session *session;
    struct hop_participant *participant; /* NULL in join and resume */
    int64_t id;
    struct hop_frame *frame; /* a handler that needs it later steals its root */
    struct hop_request request;
};

void hop_dispatch(struct hop_session *session, struct hop_frame *frame);
