/* One WebSocket connection: see session.h. Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/session.h"

#include "media/base/log.h"
#include "signaling/dispatch.h"
#include "signaling/lobby.h"
#include "signaling/participant.h"
#include "signaling/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SECOND_US = 1000000,
    MESSAGE_US = SECOND_US / 50, /* one message's share: 50 a second */
    BURST_US = 200 * MESSAGE_US,
    PING_US = 5 * SECOND_US,  /* of silence */
    DEAD_US = 15 * SECOND_US, /* of silence */
    /* the same while his media line is up, which is heard to break within seconds */
    VOUCHED_PING_US = 15 * SECOND_US,
    VOUCHED_DEAD_US = 30 * SECOND_US,
    UNJOINED_US = 60 * SECOND_US,
    CLOSE_US = 5 * SECOND_US,
    MAX_MALFORMED = 3,
    KEEP_BYTES = 4096, /* of the assembly buffer between messages */
};

struct hop_session *hop_session_new(struct hop_signaling *signaling,
                                    const struct hop_transport_ops *ops, void *transport,
                                    const struct hop_identity *identity)
{
    struct hop_session *s = g_new0(struct hop_session, 1);
    s->signaling = signaling;
    s->id = ++signaling->next_id;
    s->ops = ops;
    s->transport = transport;
    s->identity = *identity;
    s->in = g_byte_array_new();
    hop_outbox_init(&s->outbox);
    s->created_us = s->heard_us = s->tokens_at_us = signaling->now_us;
    s->tokens_us = BURST_US;
    g_hash_table_insert(signaling->sessions, &s->id, s);
    if (g_hash_table_size(signaling->sessions) >
        (guint)signaling->config.limits.max_participants * 2 + 64)
        hop_session_close(s, HOP_CLOSE_TRY_LATER);
    return s;
}

void hop_session_gone(struct hop_session *session)
{
    g_hash_table_remove(session->signaling->sessions, &session->id);
    hop_waiting_leave(session);
    hop_lobby_lost(session);
    if (session->participant != NULL)
        hop_participant_lost(session->participant);
    hop_outbox_clear(&session->outbox);
    g_byte_array_unref(session->in);
    g_free(session);
}

struct hop_session *hop_session_find(struct hop_signaling *signaling, uint64_t id)
{
    return g_hash_table_lookup(signaling->sessions, &id);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void kill_connection(struct hop_session *session)
{
    if (session->killed)
        return;
    session->killed = true;
    if (session->close_code == 0)
        session->close_code = HOP_CLOSE_ABUSE;
    hop_outbox_clear(&session->outbox);
    session->ops->kill(session->transport);
}

static void push(struct hop_session *session, const char *prefix, GBytes *body)
{
    if (session->close_code != 0)
        return;
    if (hop_outbox_push(&session->outbox, prefix, body, HOP_MAX_SEND_QUEUE) != 0) {
        hop_debug("session %" PRIu64 " does not read: dropped", session->id);
        kill_connection(session);
        return;
    }
    session->ops->want_write(session->transport);
}

void hop_session_answer(struct hop_session *session, int64_t request, json_t *data)
{
    g_autoptr(GBytes) text = hop_answer_text(request, data);
    push(session, "", text);
}

void hop_session_refuse(struct hop_session *session, int64_t request, const struct hop_refusal *why)
{
    g_autoptr(GBytes) text = hop_error_text(request, why);
    push(session, "", text);
}

void hop_session_error(struct hop_session *session, int64_t request, enum hop_error error)
{
    struct hop_refusal why = { .error = error };
    hop_session_refuse(session, request, &why);
}

void hop_session_notify(struct hop_session *session, GBytes *event)
{
    char prefix[32];
    if (session->close_code != 0)
        return;
    (void)snprintf(prefix, sizeof prefix, "{\"seq\":%" PRIu64 ",", ++session->seq);
    push(session, prefix, event);
}

void hop_session_event(struct hop_session *session, const char *event, json_t *data)
{
    g_autoptr(GBytes) text = hop_event_text(event, data);
    hop_session_notify(session, text);
}

void hop_session_close(struct hop_session *session, int code)
{
    if (session->close_code != 0)
        return;
    session->close_code = code;
    session->close_by_us = session->signaling->now_us + CLOSE_US;
    session->ops->want_write(session->transport);
}

size_t hop_session_read(struct hop_session *session, uint8_t *buf, size_t cap, bool *first,
                        bool *last)
{
    size_t n = hop_outbox_read(&session->outbox, buf, cap, first, last);
    if (n > 0)
        session->in_message = !*last;
    return n;
}

bool hop_session_take_ping(struct hop_session *session)
{
    bool now = session->want_ping && !session->in_message;
    if (now)
        session->want_ping = false;
    return now;
}

int hop_session_close_now(const struct hop_session *session)
{
    return session->outbox.bytes == 0 ? session->close_code : 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* False: too many; the connection closes. */
static bool spend(struct hop_session *session)
{
    int64_t now = session->signaling->now_us;
    session->tokens_us = MIN(BURST_US, session->tokens_us + now - session->tokens_at_us);
    session->tokens_at_us = now;
    if (session->tokens_us >= MESSAGE_US) {
        session->tokens_us -= MESSAGE_US;
        return true;
    }
    hop_session_error(session, 0, HOP_ERR_FLOOD);
    hop_session_close(session, HOP_CLOSE_ABUSE);
    return false;
}

static void malformed(struct hop_session *session)
{
    hop_session_error(session, 0, HOP_ERR_MALFORMED);
    if (++session->malformed == MAX_MALFORMED)
        hop_session_close(session, HOP_CLOSE_ABUSE);
}

static void handle_message(struct hop_session *session, const char *text, size_t len)
{
    struct hop_frame frame = { 0 };
    enum hop_error error = hop_frame_parse(text, len, &frame);
    if (error == HOP_ERR_MALFORMED) {
        malformed(session);
        return;
    }
    if (error != HOP_OK) {
        struct hop_refusal why = { .error = error };
        if (error == HOP_ERR_BAD_DATA)
            (void)g_strlcpy(why.where, "data", sizeof why.where);
        hop_session_refuse(session, frame.id, &why);
        return;
    }
    hop_dispatch(session, &frame);
    hop_frame_clear(&frame);
}

static void message_done(struct hop_session *session)
{
    /* taken out first: a handler must not find a half-read message behind itself */
    GByteArray *message = session->in;
    session->in = g_byte_array_new();
    handle_message(session, (const char *)message->data, message->len);
    if (message->len <= KEEP_BYTES) {
        g_byte_array_unref(session->in);
        session->in = g_byte_array_set_size(message, 0);
    } else {
        g_byte_array_unref(message);
    }
}

void hop_session_receive(struct hop_session *session, const void *bytes, size_t len, bool final,
                         bool binary)
{
    session->heard_us = session->signaling->now_us;
    if (session->close_code != 0)
        return;
    if (binary) {
        hop_session_error(session, 0, HOP_ERR_MALFORMED);
        hop_session_close(session, HOP_CLOSE_ABUSE);
        return;
    }
    if ((final || len == 0) && !spend(session))
        return;
    if (session->in->len + len > HOP_MAX_MESSAGE) {
        hop_session_error(session, 0, HOP_ERR_TOO_BIG);
        hop_session_close(session, HOP_CLOSE_TOO_BIG);
        return;
    }
    if (len > 0)
        g_byte_array_append(session->in, bytes, (guint)len);
    if (final)
        message_done(session);
}

void hop_session_heard(struct hop_session *session)
{
    session->heard_us = session->signaling->now_us;
}

/* ---- time ------------------------------------------------------------------------------------ */

void hop_session_tick(struct hop_session *session)
{
    int64_t now = session->signaling->now_us;
    if (session->close_code != 0) {
        if (now >= session->close_by_us)
            kill_connection(session);
        return;
    }
    bool vouched = session->participant != NULL && session->participant->media == HOP_MEDIA_UP;
    int64_t ping_us = vouched ? VOUCHED_PING_US : PING_US;
    if (now - session->heard_us >= (vouched ? VOUCHED_DEAD_US : DEAD_US)) {
        kill_connection(session);
        return;
    }
    if (session->participant == NULL && session->waiting[0] == '\0' && session->lobby == 0 &&
        !session->joining && now - session->created_us >= UNJOINED_US) {
        hop_session_close(session, HOP_CLOSE_ABUSE);
        return;
    }
    if (now - session->heard_us >= ping_us && now - session->pinged_us >= PING_US) {
        session->pinged_us = now;
        session->want_ping = true;
        session->ops->want_write(session->transport);
    }
}
