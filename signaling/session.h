/* One WebSocket connection: bytes in, messages out, and every limit a client can run into. Knows
 * neither libwebsockets nor rooms: the transport is two functions, so that tests drive it with
 * text.
 *
 * Called by: ws (the transport), dispatch and all handlers. Control thread. RFC 6455.
 */
#pragma once

#include "signaling/core.h"
#include "signaling/outbox.h"

struct hop_participant;

/* What a session asks of its transport. Neither may call back before it has returned. */
struct hop_transport_ops {
    void (*want_write)(void *transport); /* hop_session_read() or a close has something */
    void (*kill)(void *transport);       /* drop the connection at once, unsent data too */
};

enum { /* close codes, RFC 6455 §7.4 and docs/protocol.md */
       HOP_CLOSE_LEFT = 1000,
       HOP_CLOSE_STOPPING = 1001,
       HOP_CLOSE_ABUSE = 1008,
       HOP_CLOSE_TOO_BIG = 1009,
       HOP_CLOSE_TRY_LATER = 1013,
       HOP_CLOSE_REPLACED = 4001,
       HOP_CLOSE_REMOVED = 4002,
       HOP_CLOSE_ENDED = 4003,
       HOP_CLOSE_REFUSED = 4004,
};

struct hop_session {
    struct hop_signaling *signaling;
    uint64_t id;
    const struct hop_transport_ops *ops;
    void *transport;
    struct hop_identity identity;
    struct hop_participant *participant; /* NULL: has not joined */
    bool joining;                        /* a join is on its way */
    char waiting[HOP_MAX_ROOM_CODE + 1]; /* the room that it waits for; "" none */
    uint64_t lobby;                      /* the room in whose lobby it is; 0: none */
    hop_participant_number knock;        /* who he would be there */

    struct hop_outbox outbox;
    GByteArray *in;  /* fragments of the current message */
    bool in_message; /* the outbox is within a message */
    uint64_t seq;    /* of the last notification */
    int close_code;  /* 0: open */
    bool killed;

    int64_t created_us, heard_us, pinged_us, close_by_us;
    int64_t tokens_at_us;
    int64_t tokens_us; /* flood limit: what is left, in µs of one message's share */
    unsigned malformed;
    unsigned chats; /* on their way to the store */
    bool want_ping;
};

/* A connection came up. `identity` is copied. The session lives until hop_session_gone(). */
struct hop_session *hop_session_new(struct hop_signaling *signaling,
                                    const struct hop_transport_ops *ops, void *transport,
                                    const struct hop_identity *identity);
/* The connection is gone: frees the session; its participant is kept for a while. */
void hop_session_gone(struct hop_session *session);

/* A piece of a text message arrived; `final`: it ends the message. */
void hop_session_receive(struct hop_session *session, const void *bytes, size_t len, bool final,
                         bool binary);
/* Anything arrived, a pong too: the client is alive. */
void hop_session_heard(struct hop_session *session);

/* The next piece to send; 0: nothing. */
size_t hop_session_read(struct hop_session *session, uint8_t *buf, size_t cap, bool *first,
                        bool *last);
/* True once: send a WebSocket ping now. */
bool hop_session_take_ping(struct hop_session *session);
/* All is sent and the connection shall be closed with this code; 0: not yet. */
int hop_session_close_now(const struct hop_session *session);

/* ---- for handlers ---------------------------------------------------------------------------- */

/* These take over `data`. After a close nothing is sent any more. */
void hop_session_answer(struct hop_session *session, int64_t request, json_t *data);
void hop_session_error(struct hop_session *session, int64_t request, enum hop_error error);
void hop_session_refuse(struct hop_session *session, int64_t request,
                        const struct hop_refusal *why);
void hop_session_event(struct hop_session *session, const char *event, json_t *data);
/* The same with the text of hop_event_text(), for many. */
void hop_session_notify(struct hop_session *session, GBytes *event);
/* Sends what waits and closes; a client that does not read it is dropped after 5 s. */
void hop_session_close(struct hop_session *session, int code);

struct hop_session *hop_session_find(struct hop_signaling *signaling, uint64_t id);
/* Pings, silence, unjoined connections. May call kill. */
void hop_session_tick(struct hop_session *session);
