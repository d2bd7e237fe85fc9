/* Offers: see negotiation.h. Control thread. RFC 8829 §5.3, RFC 8445 §2.4 (ICE restart). */
#include "signaling/negotiation.h"

#include "signaling/codecs.h"
#include "signaling/events.h"
#include "signaling/handlers.h"
#include "signaling/view.h"

#include <errno.h>
#include <string.h>

static bool relay_refuses(struct hop_refusal *why, int error)
{
    if (error == -EINVAL)
        return hop_refuse(why, HOP_ERR_SDP_LIMIT, "the relay does not take it");
    return hop_refuse(why, HOP_ERR_SERVER_BUSY, "%s", "");
}

static void remember(struct hop_participant *p, struct hop_sdp_offer *offer,
                     const struct hop_peer_local *local)
{
    g_free(p->desc);
    p->desc = g_memdup2(hop_sdp_offer_desc(offer), sizeof *p->desc);
    p->local = *local;
    p->sdp_session = hop_sdp_offer_session(offer);
}

static int open_media_room(struct hop_room *room)
{
    struct hop_signaling *signaling = room->signaling;
    if (room->media != 0)
        return 0;
    int error = hop_media_room_new(signaling->media, &room->media);
    if (error != 0)
        return error;
    g_hash_table_insert(signaling->media_rooms, &room->media, room);
    hop_media_room_set_audio(signaling->media, room->media, &room->audio);
    return 0;
}

static bool begin(struct hop_participant *p, struct hop_sdp_offer *offer, struct hop_refusal *why)
{
    struct hop_signaling *signaling = p->room->signaling;
    struct hop_peer_local local = { 0 };
    hop_peer_id peer = 0;
    int error = open_media_room(p->room);
    if (error == 0)
        error = hop_media_peer_new(signaling->media, p->room->media, hop_sdp_offer_desc(offer),
                                   &peer, &local);
    if (error != 0)
        return relay_refuses(why, error);
    hop_participant_drop_media(p);
    p->peer = peer;
    p->media = HOP_MEDIA_STARTING;
    p->untold = false;
    g_hash_table_insert(signaling->peers, &p->peer, p);
    remember(p, offer, &local);
    hop_codecs_reset(p);
    hop_participant_enforce(p);
    hop_view_changed(p);
    return true;
}

static bool changed(struct hop_refusal *why, const char *what)
{
    return hop_refuse(why, HOP_ERR_SDP_CHANGED, "%s", what);
}

static bool restart(struct hop_participant *p, struct hop_sdp_offer *offer, struct hop_refusal *why)
{
    struct hop_peer_local local = p->local;
    int error = hop_media_peer_restart(p->room->signaling->media, p->peer,
                                       hop_sdp_offer_desc(offer), &local);
    if (error == 0) {
        remember(p, offer, &local);
        return true;
    }
    if (error == -EAGAIN)
        return relay_refuses(why, error);
    /* the same RTCPeerConnection cannot begin a new DTLS association; another one can */
    if (error == -EINVAL && hop_sdp_offer_session(offer) == p->sdp_session)
        return changed(why, "m-lines differ from the former offer");
    return begin(p, offer, why);
}

static bool same_fingerprint(const struct hop_peer_desc *a, const struct hop_peer_desc *b)
{
    return a->fingerprint_len == b->fingerprint_len &&
           memcmp(a->fingerprint, b->fingerprint, a->fingerprint_len) == 0;
}

static bool apply(struct hop_participant *p, struct hop_sdp_offer *offer, bool fresh,
                  struct hop_refusal *why)
{
    struct hop_peer_desc *desc = hop_sdp_offer_desc(offer);
    desc->allowed = hop_participant_allowed(p);
    if (p->peer == 0 || fresh || !same_fingerprint(p->desc, desc))
        return begin(p, offer, why);
    if (strcmp(p->desc->remote_ufrag, desc->remote_ufrag) != 0)
        return restart(p, offer, why);
    if (p->desc->n_slots != desc->n_slots || p->desc->n_tracks != desc->n_tracks ||
        p->desc->n_voices != desc->n_voices)
        return changed(why, "m-lines without an ICE restart");
    return true; /* said twice: answered twice */
}

bool hop_negotiate(struct hop_participant *p, const char *sdp, bool fresh, char **answer,
                   struct hop_refusal *why)
{
    struct hop_signaling *signaling = p->room->signaling;
    struct hop_sdp_offer *offer = NULL;
    if (!hop_sdp_offer_parse(sdp, strlen(sdp), &signaling->codecs, &offer, why))
        return false;
    bool ok = apply(p, offer, fresh, why);
    if (ok)
        *answer =
            hop_sdp_answer(offer, &p->local, hop_media_fingerprint(signaling->media), ++p->answers);
    hop_sdp_offer_free(offer);
    return ok;
}

void hop_handle_offer(struct hop_call *call)
{
    struct hop_participant *p = call->participant;
    struct hop_refusal why = { 0 };
    hop_peer_id before = p->peer;
    uint32_t active = p->active;
    g_autofree char *answer = NULL;
    if (!hop_negotiate(p, call->request.offer.sdp, false, &answer, &why)) {
        hop_session_refuse(call->session, call->id, &why);
        return;
    }
    hop_session_answer(call->session, call->id, json_pack("{s:s}", "answer", answer));
    if (p->peer != before)
        hop_participant_changed(p, HOP_CHANGED_CSRC | (active != 0 ? HOP_CHANGED_ACTIVE : 0));
    hop_codecs_settle(p->room);
    hop_participant_check_line(p);
}
