/* What an m-line says of its streams: header extensions, simulcast, SSRCs. See sdp_lines.h. Control
 * thread. RFC 8285 §5, 8853 §5.1, 8851 §4, 5576 §4. */
#include "signaling/sdp_lines.h"

#include <stdlib.h>
#include <string.h>

/* Which member of hop_ext_ids each URI sets, and whether slots and voices use it too. */
static const struct {
    const char *uri;
    size_t member;
    bool slots, voices;
} extensions[HOP_SDP_EXTS] = {
    { "urn:ietf:params:rtp-hdrext:sdes:mid", offsetof(struct hop_ext_ids, mid), true, true },
    { "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", offsetof(struct hop_ext_ids, rid), false,
      false },
    { "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", offsetof(struct hop_ext_ids, rrid),
      false, false },
    { "urn:ietf:params:rtp-hdrext:ssrc-audio-level", offsetof(struct hop_ext_ids, audio_level),
      false, true },
    { "urn:ietf:params:rtp-hdrext:csrc-audio-level", offsetof(struct hop_ext_ids, mix_levels),
      false, false },
    { "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
      offsetof(struct hop_ext_ids, abs_send_time), true, true },
    { "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
      offsetof(struct hop_ext_ids, twcc), true, true },
    { "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
      offsetof(struct hop_ext_ids, dependency_descriptor), true, false },
};

/* One-byte header extensions (RFC 8285 §4.2) end at 14. */
enum { MAX_EXT_ID = 14 };

const char *hop_sdp_ext_uri(size_t kind)
{
    return extensions[kind].uri;
}

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

static bool add_ext(struct hop_sdp_reader *r, size_t n, struct hop_sdp_line *line,
                    struct hop_sdp_ext ext)
{
    struct hop_ext_ids *ids = &r->offer->desc.ext;
    if (has_ext(line, ext.kind))
        return hop_sdp_malformed(r, n, "an extension twice");
    for (size_t k = 0; k < HOP_SDP_EXTS; k++) {
        uint8_t known = *ext_member(ids, k);
        if (known != 0 && (known == ext.id) != (k == ext.kind))
            return hop_sdp_malformed(r, n, "extension ids differ within the bundle");
    }
    *ext_member(ids, ext.kind) = ext.id;
    line->exts[line->n_exts++] = ext;
    return true;
}

/* Firefox sends it only, and says so on lines on which it only receives. */
static bool unused_direction(const struct hop_sdp_line *line, char direction)
{
    return direction == (line->use == HOP_SDP_SLOT ? 'r' : 's');
}

bool hop_sdp_read_extensions(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                             struct hop_sdp_line *line)
{
    line->mixed_exts = gst_sdp_media_get_attribute_val(media, "extmap-allow-mixed") != NULL;
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *a = gst_sdp_media_get_attribute(media, i);
        struct hop_sdp_ext ext;
        if (a->key == NULL || a->value == NULL || strcmp(a->key, "extmap") != 0 ||
            !parse_extmap(a->value, &ext))
            continue;
        if ((line->use == HOP_SDP_SLOT && !extensions[ext.kind].slots) ||
            (line->use == HOP_SDP_VOICE && !extensions[ext.kind].voices))
            continue;
        /* What comes with a key frame is longer than the one-byte form can tell. */
        bool descriptor =
            extensions[ext.kind].member == offsetof(struct hop_ext_ids, dependency_descriptor);
        if (descriptor &&
            ((!r->offer->mixed_exts && !line->mixed_exts) || unused_direction(line, ext.direction)))
            continue;
        if (!add_ext(r, n, line, ext))
            return false;
        if (descriptor && line->use == HOP_SDP_SLOT)
            r->offer->desc.slots[line->index].reads_descriptor = true;
    }
    return true;
}

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
bool hop_sdp_read_simulcast(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
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
            return hop_sdp_malformed(r, n, "simulcast");
        memcpy(rid, p, len);
        rid[len] = '\0';
        for (const char *c = rid; *c != '\0'; c++) {
            if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
                return hop_sdp_malformed(r, n, "simulcast");
        }
        for (size_t i = 0; i < track->n_rids; i++) {
            if (strcmp(track->rids[i], rid) == 0)
                return hop_sdp_malformed(r, n, "a rid twice");
        }
        if (!rid_declared(media, rid))
            return hop_sdp_malformed(r, n, "simulcast without its rid");
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
void hop_sdp_read_ssrcs(const GstSDPMedia *media, struct hop_track_desc *track)
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
