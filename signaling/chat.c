/* Chat: see chat.h and docs/protocol.md, "Requests". A text is answered and told to others only
 * once the host has stored it. Control thread. */
#include "signaling/chat.h"

#include "signaling/events.h"
#include "signaling/handlers.h"

#include <string.h>

enum {
    MAX_UNDER_WAY = 64,     /* texts of one connection that are not stored yet */
    HISTORY_BYTES = 262144, /* of text in one answer */
};

static void chat_free(struct hop_chat_text *chat)
{
    g_free(chat->name);
    g_free(chat->text);
    g_free(chat);
}

void hop_chat_forget(struct hop_room *room)
{
    g_queue_clear_full(&room->chat, (GDestroyNotify)chat_free);
}

bool hop_chat_remember(struct hop_room *room, const struct hop_chat_record *record)
{
    GList *after = room->chat.tail;
    while (after != NULL && ((struct hop_chat_text *)after->data)->id > record->id)
        after = after->prev;
    if (after != NULL && ((struct hop_chat_text *)after->data)->id == record->id)
        return false;
    if (after == NULL && room->chat.length >= HOP_MAX_HISTORY)
        return false;
    struct hop_chat_text *chat = g_new0(struct hop_chat_text, 1);
    chat->id = record->id;
    chat->at_us = record->at_us;
    (void)g_strlcpy(chat->from, record->from, sizeof chat->from);
    chat->name = g_utf8_make_valid(record->name != NULL ? record->name : "", -1);
    chat->text = g_utf8_make_valid(record->text != NULL ? record->text : "", -1);
    g_queue_insert_after(&room->chat, after, chat);
    if (room->chat.length > HOP_MAX_HISTORY) {
        chat_free(g_queue_pop_head(&room->chat));
        room->chat_more = true;
    }
    return true;
}

static void tell(struct hop_room *room, const struct hop_pending *pending, int64_t id,
                 int64_t at_us)
{
    struct hop_chat_record record = {
        .id = id, .at_us = at_us, .name = pending->name, .text = pending->text
    };
    (void)g_snprintf(record.from, sizeof record.from, "p%u", pending->participant);
    /* a repeated `ref` comes back with the id of the first one, which everyone has */
    if (!hop_chat_remember(room, &record))
        return;
    struct hop_chat_text chat = {
        .id = id, .at_us = at_us, .name = pending->name, .text = pending->text
    };
    (void)g_strlcpy(chat.from, record.from, sizeof chat.from);
    hop_room_broadcast(room, "chat", hop_json_chat(&chat), NULL);
}

static void stored(void *ctx, int error, int64_t id, int64_t at_us)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_session *session = hop_session_find(pending->signaling, pending->session);
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    if (session != NULL) {
        session->chats--;
        if (error != 0)
            hop_session_error(session, pending->request, hop_host_error(error));
        else
            hop_session_answer(
                session, pending->request,
                json_pack("{s:I,s:o}", "id", (json_int_t)id, "at", hop_time_json(at_us)));
    }
    if (error == 0 && room != NULL)
        tell(room, pending, id, at_us);
    hop_pending_free(pending);
}

static bool check(const struct hop_call *call, const char *text, size_t chars, enum hop_error *why)
{
    const struct hop_participant *p = call->participant;
    if (!hop_participant_may(p, HOP_RIGHT_CHAT) || hop_room_is_test(p->room))
        *why = HOP_ERR_PERMISSION;
    else if (!p->room->chat_open && !hop_participant_may(p, HOP_RIGHT_MODERATE))
        *why = HOP_ERR_CHAT_CLOSED;
    else if (text == NULL || chars == 0)
        *why = HOP_ERR_CHAT_EMPTY;
    else if (chars > HOP_MAX_CHAT)
        *why = HOP_ERR_CHAT_TOO_LONG;
    else if (call->session->chats >= MAX_UNDER_WAY)
        *why = HOP_ERR_SERVER_BUSY;
    else
        return true;
    return false;
}

void hop_handle_chat(struct hop_call *call)
{
    const struct hop_participant *p = call->participant;
    const struct hop_signaling_config *config = &p->room->signaling->config;
    size_t chars = 0;
    g_autofree char *text = hop_text_chat(call->request.chat.text, &chars);
    enum hop_error why;
    if (!check(call, text, chars, &why)) {
        hop_session_error(call->session, call->id, why);
        return;
    }
    struct hop_pending *pending = hop_pending_new(p->room->signaling);
    pending->session = call->session->id;
    pending->room = p->room->id;
    pending->request = call->id;
    pending->participant = p->number;
    pending->name = g_strdup(p->record->name);
    pending->text = g_steal_pointer(&text);
    struct hop_chat_record record = { .at_us = p->room->signaling->wall_us,
                                      .name = pending->name,
                                      .text = pending->text };
    (void)g_strlcpy(record.from, p->record->id, sizeof record.from);
    (void)g_strlcpy(record.ref, call->request.chat.ref, sizeof record.ref);
    call->session->chats++;
    config->host->chat_append(config->host_ctx, p->room->info.room_key, &record, stored, pending);
}

/* ---- history --------------------------------------------------------------------------------- */

static void history_loaded(void *ctx, int error, const struct hop_chat_record *chat, size_t n,
                           bool more)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_session *session = hop_session_find(pending->signaling, pending->session);
    int64_t request = pending->request;
    hop_pending_free(pending);
    if (session == NULL)
        return;
    session->chats--;
    if (error != 0) {
        hop_session_error(session, request, hop_host_error(error));
        return;
    }
    size_t first = n;
    for (size_t bytes = 0; first > 0; first--) {
        bytes += strlen(chat[first - 1].text);
        if (bytes > HISTORY_BYTES)
            break;
    }
    json_t *list = json_array();
    for (size_t i = first; i < n; i++) {
        struct hop_chat_text text = { .id = chat[i].id, .at_us = chat[i].at_us };
        (void)g_strlcpy(text.from, chat[i].from, sizeof text.from);
        g_autofree char *name = g_utf8_make_valid(chat[i].name, -1);
        g_autofree char *body = g_utf8_make_valid(chat[i].text, -1);
        text.name = name;
        text.text = body;
        json_array_append_new(list, hop_json_chat(&text));
    }
    hop_session_answer(session, request,
                       json_pack("{s:o,s:b}", "chat", list, "more", more || first > 0));
}

void hop_handle_chat_history(struct hop_call *call)
{
    const struct hop_room *room = call->participant->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    if (call->session->chats >= MAX_UNDER_WAY) {
        hop_session_error(call->session, call->id, HOP_ERR_SERVER_BUSY);
        return;
    }
    struct hop_pending *pending = hop_pending_new(room->signaling);
    pending->session = call->session->id;
    pending->request = call->id;
    call->session->chats++;
    config->host->chat_load(config->host_ctx, room->info.room_key, call->request.history.before,
                            call->request.history.limit, history_loaded, pending);
}
