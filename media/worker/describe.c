/* What an offer may ask for and what an answer says; see control.h. Control thread.
 * RFC 8839 (credentials), RFC 3550 §8 (SSRCs), §6.5.1 (CNAME; RFC 7022). */
#include "media/worker/control.h"

#include "media/base/random.h"

#include <errno.h>
#include <string.h>

enum { PASSWORD_CHARS = 24, CNAME_CHARS = 16 };

static bool is_text(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);
    return len > 0 && len < cap;
}

static bool codecs_ok(const struct hop_codec_desc *codecs, uint8_t n)
{
    if (n > HOP_MAX_CODECS)
        return false;
    for (uint8_t i = 0; i < n; i++)
        if (codecs[i].pt > 127 || (codecs[i].rtx_pt > 127 && codecs[i].rtx_pt != 0xff))
            return false;
    return true;
}

static bool track_ok(const struct hop_track_desc *track)
{
    if ((unsigned)track->source >= HOP_SOURCES || track->n_rids > HOP_MAX_LAYERS ||
        !codecs_ok(track->codecs, track->n_codecs) || track->red_pt > 127 ||
        strnlen(track->mid, HOP_MAX_MID + 1) > HOP_MAX_MID)
        return false;
    for (uint8_t i = 0; i < track->n_rids; i++)
        if (!is_text(track->rids[i], sizeof(track->rids[i])))
            return false;
    return true;
}

int hop_media_check_desc(const struct hop_peer_desc *desc)
{
    if (!is_text(desc->remote_ufrag, sizeof(desc->remote_ufrag)) ||
        !is_text(desc->remote_pwd, sizeof(desc->remote_pwd)) ||
        !is_text(desc->fingerprint_hash, sizeof(desc->fingerprint_hash)))
        return -EINVAL;
    if (desc->fingerprint_len == 0 || desc->fingerprint_len > HOP_MAX_FINGERPRINT ||
        desc->n_tracks > HOP_MAX_TRACKS || desc->n_slots > HOP_MAX_SLOTS ||
        desc->n_voices > HOP_MAX_VOICES || desc->mix_pt > 127)
        return -EINVAL;
    for (uint8_t i = 0; i < desc->n_tracks; i++)
        if (!track_ok(&desc->tracks[i]))
            return -EINVAL;
    for (uint8_t i = 0; i < desc->n_slots; i++)
        if (!codecs_ok(desc->slots[i].codecs, desc->slots[i].n_codecs))
            return -EINVAL;
    for (uint8_t i = 0; i < desc->n_voices; i++)
        if (desc->voices[i].pt > 127)
            return -EINVAL;
    return 0;
}

static bool same_codecs(const struct hop_codec_desc *a, uint8_t n_a, const struct hop_codec_desc *b,
                        uint8_t n_b)
{
    if (n_a != n_b)
        return false;
    for (uint8_t i = 0; i < n_a; i++)
        if (a[i].codec != b[i].codec || a[i].pt != b[i].pt || a[i].rtx_pt != b[i].rtx_pt)
            return false;
    return true;
}

static bool same_track(const struct hop_track_desc *a, const struct hop_track_desc *b)
{
    if (a->source != b->source || strcmp(a->mid, b->mid) != 0 || a->n_rids != b->n_rids ||
        a->red_pt != b->red_pt || !same_codecs(a->codecs, a->n_codecs, b->codecs, b->n_codecs))
        return false;
    for (uint8_t i = 0; i < a->n_rids; i++)
        if (strcmp(a->rids[i], b->rids[i]) != 0)
            return false;
    return true;
}

int hop_media_check_restart(const struct hop_peer_desc *before, const struct hop_peer_desc *next)
{
    if (hop_media_check_desc(next) != 0 ||
        strcmp(before->fingerprint_hash, next->fingerprint_hash) != 0 ||
        before->fingerprint_len != next->fingerprint_len ||
        memcmp(before->fingerprint, next->fingerprint, next->fingerprint_len) != 0 ||
        before->n_tracks != next->n_tracks || before->n_slots > next->n_slots ||
        before->n_voices > next->n_voices)
        return -EINVAL;
    for (uint8_t i = 0; i < before->n_voices; i++)
        if (strcmp(before->voices[i].mid, next->voices[i].mid) != 0 ||
            before->voices[i].pt != next->voices[i].pt)
            return -EINVAL;
    for (uint8_t i = 0; i < before->n_tracks; i++)
        if (!same_track(&before->tracks[i], &next->tracks[i]))
            return -EINVAL;
    for (uint8_t i = 0; i < before->n_slots; i++)
        if (strcmp(before->slots[i].mid, next->slots[i].mid) != 0 ||
            !same_codecs(before->slots[i].codecs, before->slots[i].n_codecs, next->slots[i].codecs,
                         next->slots[i].n_codecs))
            return -EINVAL;
    return 0;
}

/* ---- the relay's side ------------------------------------------------------------------------ */

static bool ssrc_taken(const struct hop_peer_desc *desc, const struct hop_peer_local *local,
                       uint32_t ssrc)
{
    if (ssrc == 0 || ssrc == local->mix_ssrc)
        return true;
    for (uint8_t i = 0; i < HOP_MAX_SLOTS; i++)
        if (ssrc == local->slots[i].ssrc || ssrc == local->slots[i].rtx_ssrc)
            return true;
    for (uint8_t i = 0; i < HOP_MAX_VOICES; i++)
        if (ssrc == local->voices[i])
            return true;
    for (uint8_t i = 0; i < desc->n_tracks; i++)
        if (ssrc == desc->tracks[i].ssrc || ssrc == desc->tracks[i].rtx_ssrc)
            return true;
    return false;
}

static uint32_t new_ssrc(const struct hop_peer_desc *desc, const struct hop_peer_local *local)
{
    uint32_t ssrc;
    do
        ssrc = hop_random32();
    while (ssrc_taken(desc, local, ssrc));
    return ssrc;
}

static void new_credentials(const struct hop_media *m, hop_peer_id peer,
                            struct hop_peer_local *local)
{
    struct hop_ufrag_name name = { .worker = hop_slots_tag(peer), .index = hop_slots_index(peer) };
    hop_worker_ufrag(name, m->ufrag_key, local->ufrag);
    hop_random_ice_chars(local->pwd, PASSWORD_CHARS);
}

static void new_slots(const struct hop_peer_desc *desc, uint8_t slots, uint8_t voices,
                      struct hop_peer_local *local)
{
    for (uint8_t i = voices; i < desc->n_voices; i++)
        local->voices[i] = new_ssrc(desc, local);
    for (uint8_t i = slots; i < desc->n_slots; i++) {
        local->slots[i].ssrc = new_ssrc(desc, local);
        local->slots[i].rtx_ssrc = new_ssrc(desc, local);
    }
}

void hop_media_describe(const struct hop_media *m, const struct hop_media_worker *w,
                        hop_peer_id peer, const struct hop_peer_desc *desc,
                        struct hop_peer_local *out)
{
    *out = (struct hop_peer_local){ .n_candidates = w->n_candidates };
    new_credentials(m, peer, out);
    memcpy(out->candidates, w->candidates, sizeof(out->candidates));
    out->mix_ssrc = new_ssrc(desc, out);
    new_slots(desc, 0, 0, out);
    hop_random_ice_chars(out->cname, CNAME_CHARS);
}

/* A client weighs the pairs of the new generation against the selected one of the old. Chromium
 * stays with an old pair of higher priority for seconds after its line has died; so each restart's
 * candidates outrank all earlier ones. RFC 8445 §5.1.2.1 leaves the local preference to us. */
static void outrank_earlier(struct hop_candidate *c)
{
    uint32_t local = c->priority >> 8 & 0xffff;
    uint32_t most = c->tcp ? local | 8191 : 32000; /* RFC 6544 §4.2: the direction stays */
    if (local + HOP_MAX_CANDIDATES <= most)
        c->priority += (uint32_t)HOP_MAX_CANDIDATES << 8;
}

void hop_media_describe_restart(const struct hop_media *m, hop_peer_id peer,
                                const struct hop_peer_desc *before,
                                const struct hop_peer_desc *next, struct hop_peer_local *local)
{
    new_credentials(m, peer, local);
    for (uint8_t i = 0; i < local->n_candidates; i++)
        outrank_earlier(&local->candidates[i]);
    new_slots(next, before->n_slots, before->n_voices, local);
}
