/* Reads an offer into a hop_peer_desc, m-line by m-line: see sdp.h. Control thread. RFC 8829 §5.8,
 * 9143 §7.2. */
#include "signaling/sdp_lines.h"

#include <string.h>

bool hop_sdp_token(const char *text, size_t max)
{
    if (text == NULL || text[0] == '\0' || strlen(text) > max)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("!#$%&'*+-.^_`{|}~/", *p) == NULL)
            return false;
    }
    return true;
}

bool hop_sdp_malformed(struct hop_sdp_reader *r, size_t line, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_MALFORMED, "m-line %zu: %s", line, what);
}

bool hop_sdp_unsupported(struct hop_sdp_reader *r, size_t line, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_UNSUPPORTED, "m-line %zu: %s", line, what);
}

static bool limit(struct hop_sdp_reader *r, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_LIMIT, "%s", what);
}

static void read_direction(struct hop_sdp_reader *r, const GstSDPMedia *media,
                           struct hop_sdp_line *line)
{
    static const struct {
        const char *name;
        bool sends, receives;
    } directions[] = {
        { "sendrecv", true, true },
        { "sendonly", true, false },
        { "recvonly", false, true },
        { "inactive", false, false },
    };
    line->sends = line->receives = true;
    for (int level = 0; level < 2; level++) {
        for (size_t i = 0; i < G_N_ELEMENTS(directions); i++) {
            const char *name = directions[i].name;
            const char *value = level == 0 ? gst_sdp_message_get_attribute_val(r->sdp, name)
                                           : gst_sdp_media_get_attribute_val(media, name);
            if (value == NULL)
                continue;
            line->sends = directions[i].sends;
            line->receives = directions[i].receives;
            break;
        }
    }
}

static void copy_codecs(const struct hop_sdp_line *line, struct hop_codec_desc *out, uint8_t *n)
{
    for (size_t i = 0; i < line->n_codecs; i++)
        out[i] = line->codecs[i].desc;
    *n = (uint8_t)line->n_codecs;
}

static bool add_track(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                      struct hop_sdp_line *line, enum hop_source source)
{
    struct hop_peer_desc *desc = &r->offer->desc;
    line->index = desc->n_tracks;
    struct hop_track_desc *track = &desc->tracks[desc->n_tracks++];
    track->source = source;
    (void)g_strlcpy(track->mid, line->mid, sizeof track->mid);
    track->red_pt = line->red_pt;
    copy_codecs(line, track->codecs, &track->n_codecs);
    if (source == HOP_SOURCE_CAMERA && !hop_sdp_read_simulcast(r, n, media, track))
        return false;
    hop_sdp_read_ssrcs(media, track);
    return true;
}

static bool add_voice(struct hop_sdp_reader *r, size_t n, struct hop_sdp_line *line)
{
    struct hop_peer_desc *desc = &r->offer->desc;
    if (desc->n_voices == HOP_MAX_VOICES)
        return limit(r, "too many voice slots");
    if (line->n_codecs == 0)
        return hop_sdp_unsupported(r, n, "a voice slot needs Opus");
    line->use = HOP_SDP_VOICE;
    line->index = desc->n_voices;
    struct hop_voice_desc *voice = &desc->voices[desc->n_voices++];
    (void)g_strlcpy(voice->mid, line->mid, sizeof voice->mid);
    voice->pt = line->codecs[0].desc.pt;
    return true;
}

static bool add_audio(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                      struct hop_sdp_line *line)
{
    bool stereo = false;
    hop_sdp_codecs(media, r->order, line, &stereo);
    if (r->audios > 0 && line->receives && !line->sends)
        return add_voice(r, n, line);
    size_t nth = r->audios++;
    if (nth == 0) {
        if (line->n_codecs == 0)
            return hop_sdp_unsupported(r, n, "Opus is required");
        if (!line->receives)
            return hop_sdp_unsupported(r, n, "the first audio must receive the mix");
        line->use = HOP_SDP_MIX;
        r->offer->desc.mix_pt = line->codecs[0].desc.pt;
        r->offer->desc.mix_stereo = stereo;
        return !line->sends || add_track(r, n, media, line, HOP_SOURCE_MICROPHONE);
    }
    if (nth > 1 || !line->sends || line->n_codecs == 0)
        return true;
    line->use = HOP_SDP_TRACK;
    line->red_pt = 0; /* for speech only */
    return add_track(r, n, media, line, HOP_SOURCE_SCREEN_AUDIO);
}

static const struct hop_codec_order all_codecs = {
    { HOP_CODEC_VP8, HOP_CODEC_H264, HOP_CODEC_VP9, HOP_CODEC_AV1 }, 4
};

static bool add_slot(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                     struct hop_sdp_line *line)
{
    struct hop_peer_desc *desc = &r->offer->desc;
    bool stereo;
    if (desc->n_slots == HOP_MAX_SLOTS)
        return limit(r, "too many slots");
    hop_sdp_codecs(media, &all_codecs, line, &stereo);
    if (line->n_codecs == 0)
        return hop_sdp_unsupported(r, n, "a slot needs VP8, H.264, VP9 or AV1");
    line->use = HOP_SDP_SLOT;
    line->index = desc->n_slots;
    struct hop_slot_desc *slot = &desc->slots[desc->n_slots++];
    (void)g_strlcpy(slot->mid, line->mid, sizeof slot->mid);
    copy_codecs(line, slot->codecs, &slot->n_codecs);
    return true;
}

static bool add_video(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                      struct hop_sdp_line *line)
{
    bool stereo;
    if (line->receives && !line->sends)
        return add_slot(r, n, media, line);
    size_t nth = r->senders++;
    hop_sdp_codecs(media, r->order, line, &stereo);
    if (nth > 1 || !line->sends || line->n_codecs == 0)
        return true;
    line->use = HOP_SDP_TRACK;
    return add_track(r, n, media, line, nth == 0 ? HOP_SOURCE_CAMERA : HOP_SOURCE_SCREEN);
}

static bool read_names(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                       struct hop_sdp_line *line)
{
    const char *kind = gst_sdp_media_get_media(media);
    const char *proto = gst_sdp_media_get_proto(media);
    const char *format =
        gst_sdp_media_formats_len(media) > 0 ? gst_sdp_media_get_format(media, 0) : NULL;
    if (!hop_sdp_token(kind, HOP_SDP_TOKEN) || !hop_sdp_token(proto, HOP_SDP_TOKEN) ||
        !hop_sdp_token(format, HOP_SDP_TOKEN))
        return hop_sdp_malformed(r, n, "m=");
    (void)g_strlcpy(line->media, kind, sizeof line->media);
    (void)g_strlcpy(line->proto, proto, sizeof line->proto);
    (void)g_strlcpy(line->format, format, sizeof line->format);
    const char *mid = gst_sdp_media_get_attribute_val(media, "mid");
    if (mid == NULL)
        return true;
    if (!hop_sdp_token(mid, HOP_MAX_MID))
        return hop_sdp_malformed(r, n, "mid");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(r->offer->lines[i].mid, mid) == 0)
            return hop_sdp_malformed(r, n, "a mid twice");
    }
    (void)g_strlcpy(line->mid, mid, sizeof line->mid);
    return true;
}

static bool has_flag(const GstSDPMedia *media, const char *name)
{
    return gst_sdp_media_get_attribute_val(media, name) != NULL;
}

static bool read_line(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media)
{
    struct hop_sdp_line *line = &r->offer->lines[n];
    if (!read_names(r, n, media, line))
        return false;
    r->offer->n_lines = n + 1;
    bool audio = strcmp(line->media, "audio") == 0;
    bool offered = gst_sdp_media_get_port(media) != 0 || has_flag(media, "bundle-only");
    if (!offered || (!audio && strcmp(line->media, "video") != 0))
        return true;
    if (strcmp(line->proto, "UDP/TLS/RTP/SAVPF") != 0 &&
        strcmp(line->proto, "TCP/DTLS/RTP/SAVPF") != 0)
        return hop_sdp_unsupported(r, n, "only UDP/TLS/RTP/SAVPF");
    read_direction(r, media, line);
    if (!(audio ? add_audio(r, n, media, line) : add_video(r, n, media, line)))
        return false;
    if (line->use == HOP_SDP_REJECTED)
        return true;
    if (line->mid[0] == '\0' || !hop_sdp_in_bundle(r, line->mid))
        return hop_sdp_unsupported(r, n, "not in the BUNDLE group");
    if (!has_flag(media, "rtcp-mux"))
        return hop_sdp_unsupported(r, n, "no rtcp-mux");
    return hop_sdp_read_transport(r, n, media) && hop_sdp_read_extensions(r, n, media, line);
}

static bool read_offer(struct hop_sdp_reader *r)
{
    const GstSDPOrigin *origin = gst_sdp_message_get_origin(r->sdp);
    const char *version = gst_sdp_message_get_version(r->sdp);
    guint n = gst_sdp_message_medias_len(r->sdp);
    if (version == NULL || strcmp(version, "0") != 0 || n == 0)
        return hop_refuse(r->why, HOP_ERR_SDP_MALFORMED, "no session description");
    if (n > HOP_SDP_LINES)
        return limit(r, "too many m-lines");
    if (origin != NULL && origin->sess_id != NULL)
        r->offer->session = g_ascii_strtoull(origin->sess_id, NULL, 10);
    r->offer->mixed_exts = gst_sdp_message_get_attribute_val(r->sdp, "extmap-allow-mixed") != NULL;
    for (guint i = 0; i < n; i++) {
        if (!read_line(r, i, gst_sdp_message_get_media(r->sdp, i)))
            return false;
    }
    if (r->audios == 0)
        return hop_refuse(r->why, HOP_ERR_SDP_UNSUPPORTED, "no audio m-line for the mix");
    r->offer->desc.allowed = HOP_SOURCE_ALL;
    return true;
}

bool hop_sdp_offer_parse(const char *text, size_t len, const struct hop_codec_order *order,
                         struct hop_sdp_offer **out, struct hop_refusal *why)
{
    GstSDPMessage *sdp = NULL;
    if (len > HOP_MAX_MESSAGE)
        return hop_refuse(why, HOP_ERR_SDP_LIMIT, "too long");
    if (len == 0 || memchr(text, '\0', len) != NULL || gst_sdp_message_new(&sdp) != GST_SDP_OK)
        return hop_refuse(why, HOP_ERR_SDP_MALFORMED, "no session description");
    struct hop_sdp_reader r = {
        .sdp = sdp, .order = order, .offer = g_new0(struct hop_sdp_offer, 1), .why = why
    };
    bool ok = gst_sdp_message_parse_buffer((const guint8 *)text, (guint)len, sdp) == GST_SDP_OK
                  ? read_offer(&r)
                  : hop_refuse(why, HOP_ERR_SDP_MALFORMED, "no session description");
    (void)gst_sdp_message_free(sdp);
    if (!ok) {
        hop_sdp_offer_free(r.offer);
        return false;
    }
    *out = r.offer;
    return true;
}

void hop_sdp_offer_free(struct hop_sdp_offer *offer)
{
    g_free(offer);
}

struct hop_peer_desc *hop_sdp_offer_desc(struct hop_sdp_offer *offer)
{
    return &offer->desc;
}

uint64_t hop_sdp_offer_session(const struct hop_sdp_offer *offer)
{
    return offer->session;
}
