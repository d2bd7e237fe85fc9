/* From a request to its handler: see dispatch.h. Control thread. */
#include "signaling/dispatch.h"

#include "signaling/handlers.h"

static const struct {
    void (*handle)(struct hop_call *call);
    enum { FIRST, JOINED, JOINED_OR_WAITING, ANY } when;
} handlers[HOP_OPS] = {
    [HOP_OP_JOIN] = { hop_handle_join, FIRST },
    [HOP_OP_RESUME] = { hop_handle_resume, FIRST },
    [HOP_OP_OFFER] = { hop_handle_offer, JOINED },
    [HOP_OP_VIEW] = { hop_handle_view, JOINED },
    [HOP_OP_MEDIA] = { hop_handle_media, JOINED },
    [HOP_OP_MUTE] = { hop_handle_mute, JOINED },
    [HOP_OP_MUTE_ALL] = { hop_handle_mute_all, JOINED },
    [HOP_OP_ASK_UNMUTE] = { hop_handle_ask_unmute, JOINED },
    [HOP_OP_HAND] = { hop_handle_hand, JOINED },
    [HOP_OP_CHAT] = { hop_handle_chat, JOINED },
    [HOP_OP_CHAT_HISTORY] = { hop_handle_chat_history, JOINED },
    [HOP_OP_RENAME] = { hop_handle_rename, JOINED },
    [HOP_OP_ROLE] = { hop_handle_role, JOINED },
    [HOP_OP_REMOVE] = { hop_handle_remove, JOINED },
    [HOP_OP_ROOM] = { hop_handle_room, JOINED },
    [HOP_OP_HALL] = { hop_handle_hall, JOINED },
    [HOP_OP_ADMIT] = { hop_handle_admit, JOINED },
    [HOP_OP_REFUSE] = { hop_handle_refuse, JOINED },
    [HOP_OP_SEND_BACK] = { hop_handle_send_back, JOINED },
    [HOP_OP_SITE] = { hop_handle_site, JOINED },
    [HOP_OP_ATTENDANCE] = { hop_handle_attendance, JOINED },
    [HOP_OP_MARK] = { hop_handle_mark, JOINED },
    [HOP_OP_END] = { hop_handle_end, JOINED },
    [HOP_OP_LEAVE] = { hop_handle_leave, JOINED_OR_WAITING },
    [HOP_OP_PING] = { hop_handle_ping, ANY },
    [HOP_OP_STATS] = { hop_handle_stats, JOINED },
};

void hop_dispatch(struct hop_session *session, struct hop_frame *frame)
{
    struct hop_call call = {
        .session = session, .participant = session->participant, .id = frame->id, .frame = frame
    };
    struct hop_refusal why = { 0 };
    if (!hop_request_decode(frame, &call.request, &why)) {
        hop_session_refuse(session, frame->id, &why);
        return;
    }
    bool waits = handlers[frame->op].when == JOINED_OR_WAITING && session->lobby != 0;
    if (handlers[frame->op].when != FIRST && handlers[frame->op].when != ANY && !waits &&
        session->participant == NULL) {
        hop_session_error(session, frame->id, HOP_ERR_NOT_JOINED);
        return;
    }
    if (handlers[frame->op].when == FIRST && (session->participant != NULL || session->joining)) {
        hop_session_error(session, frame->id, HOP_ERR_ALREADY_JOINED);
        return;
    }
    handlers[frame->op].handle(&call);
}
