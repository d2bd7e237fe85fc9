/* What a participant says about himself: his media, his name, his figures; and ping.
 * docs/protocol.md, "Requests". Control thread. */
#include "signaling/events.h"
#include "signaling/handlers.h"

#include <string.h>

static const uint32_t shown = HOP_SOURCE_BIT(HOP_SOURCE_MICROPHONE) |
                              HOP_SOURCE_BIT(HOP_SOURCE_CAMERA) | HOP_SOURCE_BIT(HOP_SOURCE_SCREEN);

void hop_handle_media(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    const struct hop_source_flags *flags = &call->request.media;
    uint32_t said = (p->said & ~flags->given) | flags->value;
    if ((flags->value & p->record->muted) != 0) {
        hop_session_error(call->session, call->id, HOP_ERR_MEDIA_MUTED);
        return;
    }
    if (flags->value != 0 && !hop_participant_may(p, HOP_RIGHT_SEND)) {
        hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
        return;
    }
    if ((flags->value & p->held) != 0) {
        p->held &= ~hop_source_bits(flags->value);
        hop_participant_enforce(p);
    }
    if (((said ^ p->said) & shown) != 0) {
        p->said = said;
        hop_participant_changed(p, HOP_CHANGED_MEDIA);
    }
    hop_session_answer(call->session, call->id, json_object());
}

void hop_handle_rename(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    if (p->record->user_id != 0 || p->record->invite_id != 0) {
        hop_session_error(call->session, call->id, HOP_ERR_PERMISSION);
        return;
    }
    if (strcmp(p->record->name, call->request.name) != 0) {
        (void)g_strlcpy(p->record->name, call->request.name, sizeof p->record->name);
        hop_participant_save(p);
        hop_participant_changed(p, HOP_CHANGED_NAME);
    }
    hop_session_answer(call->session, call->id, json_object());
}

void hop_handle_ping(struct hop_call *call)
{
    hop_session_answer(
        call->session, call->id,
        json_pack("{s:o}", "time", hop_time_json(call->session->signaling->wall_us)));
}

void hop_handle_stats(struct hop_call *call)
{
    call->participant->client_stats = call->request.stats;
    hop_session_answer(call->session, call->id, json_object());
}
