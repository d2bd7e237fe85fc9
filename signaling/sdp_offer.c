/* Reads an offer into a hop_peer_desc: see sdp.h. Control thread. RFC 8829 §5.8, 9143 §7.2. */
#include "signaling/sdp_lines.h"

#include <stdlib.h>
#include <string.h>

/* Which member of hop_ext_ids each URI sets, and whether slots use it too. */
static const struct {
    const char *uri;
    size_t member;
    bool slots;
} extensions[HOP_SDP_EXTS] = {
    { "urn:ietf:params:rtp-hdrext:sdes:mid", offsetof(struct hop_ext_ids, mid), true },
    { "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", offsetof(struct hop_ext_ids, rid), false },
    { "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", offsetof(struct hop_ext_ids, rrid),
      false },
    { "urn:ietf:params:rtp-hdrext:ssrc-audio-level", offsetof(struct hop_ext_ids, audio_level),
      false },
    { "urn:ietf:params:rtp-hdrext:csrc-audio-level", offsetof(struct hop_ext_ids, mix_levels),
      false },
    { "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
      offsetof(struct hop_ext_ids, abs_send_time), true },
    { "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
      offsetof(struct hop_ext_ids, twcc), true },
};

/* One-byte header extensions (RFC 8285 §4.2) end at 14. */
enum { MAX_EXT_ID = 14 };

struct reader {
    const GstSDPMessage *sdp;
    const struct hop_codec_order *order;
    struct hop_sdp_offer *offer;
    struct hop_refusal *why;
    bool have_transport;
    size_t audios, senders; /* m-lines of that kind so far */
};

const char *hop_sdp_ext_uri(size_t kind)
{
    return extensions[kind].uri;
}

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

static bool malformed(struct reader *r, size_t line, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_MALFORMED, "m-line %zu: %s", line, what);
}

static bool unsupported(struct reader *r, size_t line, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_UNSUPPORTED, "m-line %zu: %s", line, what);
}

static bool limit(struct reader *r, const char *what)
{
    return hop_refuse(r->why, HOP_ERR_SDP_LIMIT, "%s", what);
}

/* ---- transport: one for all ------------------------------------------------------------------ */

/* An attribute of the m-line, else of the session. */
static const char *attribute(struct reader *r, const GstSDPMedia *media, const char *name)
{
    const char *value = gst_sdp_media_get_attribute_val(media, name);
    return value != NULL ? value : gst_sdp_message_get_attribute_val(r->sdp, name);
}

static bool ice_chars(const char *text, size_t min, size_t max)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len < min || len > max)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '+' && *p != '/')
            return false;
    }
    return true;
}

/* "sha-256 AB:CD:…" (RFC 8122 §5); false: another hash, or no digest of its length. */
static bool read_fingerprint(const char *value, struct hop_peer_desc *desc)
{
    static const struct {
        const char *name;
        uint8_t len;
    } hashes[] = { { "sha-256", 32 }, { "sha-384", 48 }, { "sha-512", 64 } };
    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++) {
        size_t name_len = strlen(hashes[i].name);
        size_t len = hashes[i].len;
        const char *hex = value + name_len + 1;
        if (g_ascii_strncasecmp(value, hashes[i].name, name_len) != 0 || value[name_len] != ' ' ||
            strlen(hex) != len * 3 - 1)
            continue;
        for (size_t b = 0; b < len; b++) {
            int high = g_ascii_xdigit_value(hex[3 * b]);
            int low = g_ascii_xdigit_value(hex[3 * b + 1]);
            if (high < 0 || low < 0 || (b + 1 < len && hex[3 * b + 2] != ':'))
                return false;
            desc->fingerprint[b] = (uint8_t)(high << 4 | low);
        }
        desc->fingerprint_len = hashes[i].len;
        (void)g_strlcpy(desc->fingerprint_hash, hashes[i].name, sizeof desc->fingerprint_hash);
        return true;
    }
    return false;
}

/* The first fingerprint that hop can check. */
static bool find_fingerprint(struct reader *r, const GstSDPMedia *media, struct hop_peer_desc *out)
{
    const char *value;
    for (guint i = 0; i < 8; i++) {
        value = gst_sdp_media_get_attribute_val_n(media, "fingerprint", i);
        if (value == NULL)
            break;
        if (read_fingerprint(value, out))
            return true;
    }
    for (guint i = 0; i < 8; i++) {
        value = gst_sdp_message_get_attribute_val_n(r->sdp, "fingerprint", i);
        if (value != NULL && read_fingerprint(value, out))
            return true;
    }
    return false;
}

static bool read_transport(struct reader *r, size_t n, const GstSDPMedia *media)
{
    const char *ufrag = attribute(r, media, "ice-ufrag");
    const char *pwd = attribute(r, media, "ice-pwd");
    struct hop_peer_desc *desc = &r->offer->desc;
    if (r->have_transport) {
        /* within a bundle a later line may leave it out, but not have its own */
        if ((ufrag != NULL && strcmp(ufrag, desc->remote_ufrag) != 0) ||
            (pwd != NULL && strcmp(pwd, desc->remote_pwd) != 0))
            return unsupported(r, n, "a transport of its own");
        return true;
    }
    if (!ice_chars(ufrag, 4, HOP_MAX_UFRAG))
        return malformed(r, n, "ice-ufrag");
    if (!ice_chars(pwd, 22, HOP_MAX_PWD))
        return malformed(r, n, "ice-pwd");
    const char *setup = attribute(r, media, "setup");
    if (setup == NULL || (strcmp(setup, "actpass") != 0 && strcmp(setup, "active") != 0))
        return unsupported(r, n, "setup must be actpass or active");
    if (!find_fingerprint(r, media, desc))
        return unsupported(r, n, "fingerprint must be sha-256, sha-384 or sha-512");
    (void)g_strlcpy(desc->remote_ufrag, ufrag, sizeof desc->remote_ufrag);
    (void)g_strlcpy(desc->remote_pwd, pwd, sizeof desc->remote_pwd);
    r->have_transport = true;
    return true;
}

static bool in_bundle(struct reader *r, const char *mid)
{
    const char *group = NULL;
    for (guint i = 0; i < 8; i++) {
        group = gst_sdp_message_get_attribute_val_n(r->sdp, "group", i);
        if (group == NULL || strncmp(group, "BUNDLE ", 7) == 0)
            break;
    }
    if (group == NULL || strncmp(group, "BUNDLE ", 7) != 0)
        return false;
    size_t len = strlen(mid);
    for (const char *p = group + 7; *p != '\0';) {
        size_t n = strcspn(p, " ");
        if (n == len && memcmp(p, mid, len) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

/* ---- header extensions ----------------------------------------------------------------------- */

static bool parse_extmap(const char *value, struct hop_sdp_ext *out)
{
    char *end;
    unsigned long id = strtoul(value, &end, 10);
    if (!g_ascii_isdigit(value[0]) || id == 0 || id > MAX_EXT_ID)
        return false;
    out->direction = 'b';
    if (*end == '/') {
        const char *direction = end + 1;
        size_t len = strcspn(direction, " ");
        if (len == 8 && strncmp(direction, "sendonly", len) == 0)
            out->direction = 'r'; /* the answer is in the server's words */
        else if (len == 8 && (strncmp(direction, "recvonly", len) == 0))
            out->direction = 's';
        else if (len != 8 || strncmp(direction, "sendrecv", len) != 0)
            return false;
        end = (char *)direction + len;
    }
    if (*end != ' ')
        return false;
    const char *uri = end + 1;
    size_t len = strcspn(uri, " ");
    for (size_t i = 0; i < HOP_SDP_EXTS; i++) {
        if (strlen(extensions[i].uri) == len && strncmp(uri, extensions[i].uri, len) == 0) {
            out->id = (uint8_t)id;
            out->kind = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static uint8_t *ext_member(struct hop_ext_ids *ids, size_t kind)
{
    return (uint8_t *)ids + extensions[kind].member;
}

static bool has_ext(const struct hop_sdp_line *line, uint8_t kind)
{
    for (size_t i = 0; i < line->n_exts; i++) {
        if (line->exts[i].kind == kind)
            return true;
    }
    return false;
}

static bool add_ext(struct reader *r, size_t n, struct hop_sdp_line *line, struct hop_sdp_ext ext)
{
    struct hop_ext_ids *ids = &r->offer->desc.ext;
    if (has_ext(line, ext.kind))
        return malformed(r, n, "an extension twice");
    for (size_t k = 0; k < HOP_SDP_EXTS; k++) {
        uint8_t known = *ext_member(ids, k);
        if (known != 0 && (known == ext.id) != (k == ext.kind))
            return malformed(r, n, "extension ids differ within the bundle");
    }
    *ext_member(ids, ext.kind) = ext.id;
    line->exts[line->n_exts++] = ext;
    return true;
}

static bool read_extensions(struct reader *r, size_t n, const GstSDPMedia *media,
                            struct hop_sdp_line *line)
{
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *a = gst_sdp_media_get_attribute(media, i);
        struct hop_sdp_ext ext;
        if (a->key == NULL || a->value == NULL || strcmp(a->key, "extmap") != 0 ||
            !parse_extmap(a->value, &ext))
            continue;
        if (line->use == HOP_SDP_SLOT && !extensions[ext.kind].slots)
            continue;
        if (!add_ext(r, n, line, ext))
            return false;
    }
    return true;
}

/* ---- simulcast and SSRCs --------------------------------------------------------------------- */

static bool rid_declared(const GstSDPMedia *media, const char *rid)
{
    size_t len = strlen(rid);
    for (guint i = 0; i < 16; i++) {
        const char *value = gst_sdp_media_get_attribute_val_n(media, "rid", i);
        if (value == NULL)
            break;
        if (strncmp(value, rid, len) == 0 && strncmp(value + len, " send", 5) == 0 &&
            (value[len + 5] == '\0' || value[len + 5] == ' '))
            return true;
    }
    return false;
}

/* "send l;m;h": of alternatives ("h,x") the first; a paused one ("~h") may be resumed. */
static bool read_simulcast(struct reader *r, size_t n, const GstSDPMedia *media,
                           struct hop_track_desc *track)
{
    const char *value = gst_sdp_media_get_attribute_val(media, "simulcast");
    if (value == NULL || strncmp(value, "send ", 5) != 0)
        return true;
    for (const char *p = value + 5; *p != '\0' && *p != ' ';) {
        size_t stream = strcspn(p, "; ");
        const char *next = p + stream + (p[stream] == ';');
        if (*p == '~')
            p++;
        size_t len = strcspn(p, ",; ");
        if (track->n_rids == HOP_MAX_LAYERS)
            break;
        char *rid = track->rids[track->n_rids];
        if (len == 0 || len > HOP_MAX_MID)
            return malformed(r, n, "simulcast");
        memcpy(rid, p, len);
        rid[len] = '\0';
        for (const char *c = rid; *c != '\0'; c++) {
            if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
                return malformed(r, n, "simulcast");
        }
        for (size_t i = 0; i < track->n_rids; i++) {
            if (strcmp(track->rids[i], rid) == 0)
                return malformed(r, n, "a rid twice");
        }
        if (!rid_declared(media, rid))
            return malformed(r, n, "simulcast without its rid");
        track->n_rids++;
        p = next;
    }
    return true;
}

static uint32_t parse_ssrc(const char *text, char **end)
{
    unsigned long long value = g_ascii_isdigit(text[0]) ? strtoull(text, end, 10) : 0;
    return value > UINT32_MAX ? 0 : (uint32_t)value;
}

/* SSRCs of a single stream; those of simulcast are learnt from the rids. */
static void read_ssrcs(const GstSDPMedia *media, struct hop_track_desc *track)
{
    char *end = NULL;
    if (track->n_rids > 0)
        return;
    const char *group = gst_sdp_media_get_attribute_val(media, "ssrc-group");
    if (group != NULL && strncmp(group, "FID ", 4) == 0) {
        uint32_t ssrc = parse_ssrc(group + 4, &end);
        uint32_t rtx = end != NULL && *end == ' ' ? parse_ssrc(end + 1, &end) : 0;
        if (ssrc != 0 && rtx != 0 && ssrc != rtx) {
            track->ssrc = ssrc;
            track->rtx_ssrc = rtx;
            return;
        }
    }
    const char *ssrc = gst_sdp_media_get_attribute_val(media, "ssrc");
    if (ssrc != NULL)
        track->ssrc = parse_ssrc(ssrc, &end);
}

/* ---- m-lines --------------------------------------------------------------------------------- */

static void read_direction(struct reader *r, const GstSDPMedia *media, struct hop_sdp_line *line)
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

static bool add_track(struct reader *r, size_t n, const GstSDPMedia *media,
                      struct hop_sdp_line *line, enum hop_source source)
{
    struct hop_peer_desc *desc = &r->offer->desc;
    line->index = desc->n_tracks;
    struct hop_track_desc *track = &desc->tracks[desc->n_tracks++];
    track->source = source;
    (void)g_strlcpy(track->mid, line->mid, sizeof track->mid);
    copy_codecs(line, track->codecs, &track->n_codecs);
    if (source == HOP_SOURCE_CAMERA && !read_simulcast(r, n, media, track))
        return false;
    read_ssrcs(media, track);
    return true;
}

static bool add_audio(struct reader *r, size_t n, const GstSDPMedia *media,
                      struct hop_sdp_line *line)
{
    bool stereo = false;
    size_t nth = r->audios++;
    hop_sdp_codecs(media, r->order, line, &stereo);
    if (nth == 0) {
        if (line->n_codecs == 0)
            return unsupported(r, n, "Opus is required");
        if (!line->receives)
            return unsupported(r, n, "the first audio must receive the mix");
        line->use = HOP_SDP_MIX;
        r->offer->desc.mix_pt = line->codecs[0].desc.pt;
        r->offer->desc.mix_stereo = stereo;
        return !line->sends || add_track(r, n, media, line, HOP_SOURCE_MICROPHONE);
    }
    if (nth > 1 || !line->sends || line->n_codecs == 0)
        return true;
    line->use = HOP_SDP_TRACK;
    return add_track(r, n, media, line, HOP_SOURCE_SCREEN_AUDIO);
}

static const struct hop_codec_order all_codecs = { { HOP_CODEC_VP8, HOP_CODEC_H264 }, 2 };

static bool add_slot(struct reader *r, size_t n, const GstSDPMedia *media,
                     struct hop_sdp_line *line)
{
    struct hop_peer_desc *desc = &r->offer->desc;
    bool stereo;
    if (desc->n_slots == HOP_MAX_SLOTS)
        return limit(r, "too many slots");
    hop_sdp_codecs(media, &all_codecs, line, &stereo);
    if (line->n_codecs == 0)
        return unsupported(r, n, "a slot needs VP8 or H.264");
    line->use = HOP_SDP_SLOT;
    line->index = desc->n_slots;
    struct hop_slot_desc *slot = &desc->slots[desc->n_slots++];
    (void)g_strlcpy(slot->mid, line->mid, sizeof slot->mid);
    copy_codecs(line, slot->codecs, &slot->n_codecs);
    return true;
}

static bool add_video(struct reader *r, size_t n, const GstSDPMedia *media,
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

static bool read_names(struct reader *r, size_t n, const GstSDPMedia *media,
                       struct hop_sdp_line *line)
{
    const char *kind = gst_sdp_media_get_media(media);
    const char *proto = gst_sdp_media_get_proto(media);
    const char *format =
        gst_sdp_media_formats_len(media) > 0 ? gst_sdp_media_get_format(media, 0) : NULL;
    if (!hop_sdp_token(kind, HOP_SDP_TOKEN) || !hop_sdp_token(proto, HOP_SDP_TOKEN) ||
        !hop_sdp_token(format, HOP_SDP_TOKEN))
        return malformed(r, n, "m=");
    (void)g_strlcpy(line->media, kind, sizeof line->media);
    (void)g_strlcpy(line->proto, proto, sizeof line->proto);
    (void)g_strlcpy(line->format, format, sizeof line->format);
    const char *mid = gst_sdp_media_get_attribute_val(media, "mid");
    if (mid == NULL)
        return true;
    if (!hop_sdp_token(mid, HOP_MAX_MID))
        return malformed(r, n, "mid");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(r->offer->lines[i].mid, mid) == 0)
            return malformed(r, n, "a mid twice");
    }
    (void)g_strlcpy(line->mid, mid, sizeof line->mid);
    return true;
}

static bool has_flag(const GstSDPMedia *media, const char *name)
{
    return gst_sdp_media_get_attribute_val(media, name) != NULL;
}

static bool read_line(struct reader *r, size_t n, const GstSDPMedia *media)
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
        return unsupported(r, n, "only UDP/TLS/RTP/SAVPF");
    read_direction(r, media, line);
    if (!(audio ? add_audio(r, n, media, line) : add_video(r, n, media, line)))
        return false;
    if (line->use == HOP_SDP_REJECTED)
        return true;
    if (line->mid[0] == '\0' || !in_bundle(r, line->mid))
        return unsupported(r, n, "not in the BUNDLE group");
    if (!has_flag(media, "rtcp-mux"))
        return unsupported(r, n, "no rtcp-mux");
    return read_transport(r, n, media) && read_extensions(r, n, media, line);
}

static bool read_offer(struct reader *r)
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
    struct reader r = {
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
