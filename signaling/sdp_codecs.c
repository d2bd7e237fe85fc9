/* Which codecs of an offered m-line are taken: see sdp_lines.h. Control thread. RFC 8866 §6.6
 * (rtpmap), §6.15 (fmtp), 6184 §8.2.2 (H.264), 9628 §6 (VP9), AV1 RTP payload specification §7,
 * 4588 §8 (RTX), 5761 §4 (payload types). */
#include "signaling/sdp_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_TYPES = 128 };

/* Everything an m-line says of one payload type. */
struct payload {
    enum hop_codec codec;
    bool rtx;
    bool red;       /* opus/red */
    bool listed;    /* in the m= line */
    bool stereo;    /* Opus */
    uint8_t red_of; /* RED: the payload type of all its blocks; 0: none or different ones */
    uint8_t place;  /* in the m= line */
    bool mode1;     /* H.264 packetization-mode=1 */
    char profile[7];
    bool other; /* a profile of VP9 or AV1 that not every browser decodes: not 0 */
    int apt;    /* of RTX; -1 none */
    uint32_t fb;
};

static const struct {
    const char *name;
    enum hop_codec codec;
    const char *encoding; /* as in rtpmap */
} codecs[] = {
    { "OPUS", HOP_CODEC_OPUS, "opus/48000/2" }, { "VP8", HOP_CODEC_VP8, "VP8/90000" },
    { "H264", HOP_CODEC_H264, "H264/90000" },   { "VP9", HOP_CODEC_VP9, "VP9/90000" },
    { "AV1", HOP_CODEC_AV1, "AV1/90000" },
};

int hop_codec_order_parse(const char *text, struct hop_codec_order *out)
{
    struct hop_codec_order order = { 0 };
    g_auto(GStrv) names = g_strsplit(text, ",", HOP_MAX_CODECS + 1);
    for (char **name = names; *name != NULL; name++) {
        enum hop_codec codec = HOP_CODEC_NONE;
        for (size_t i = 1; i < G_N_ELEMENTS(codecs); i++) {
            if (g_ascii_strcasecmp(g_strstrip(*name), codecs[i].name) == 0)
                codec = codecs[i].codec;
        }
        for (size_t i = 0; i < order.n; i++) {
            if (order.codecs[i] == codec)
                return -EINVAL;
        }
        if (codec == HOP_CODEC_NONE || order.n == HOP_MAX_CODECS)
            return -EINVAL;
        order.codecs[order.n++] = codec;
    }
    if (order.n == 0)
        return -EINVAL;
    *out = order;
    return 0;
}

/* "96 …" → 96 and what follows the space; -1: no usable payload type. With rtcp-mux 64–95 would be
 * taken for RTCP. */
static int payload_type(const char *value, const char **rest)
{
    char *end;
    errno = 0;
    long pt = strtol(value, &end, 10);
    if (end == value || !g_ascii_isdigit(value[0]) || pt < 0 || pt >= PAYLOAD_TYPES ||
        (pt >= 64 && pt <= 95) || (*end != ' ' && *end != '\0'))
        return -1;
    *rest = *end == ' ' ? end + 1 : end;
    return (int)pt;
}

static void read_rtpmap(const char *encoding, struct payload *p)
{
    if (g_ascii_strcasecmp(encoding, "rtx/90000") == 0)
        p->rtx = true;
    if (g_ascii_strcasecmp(encoding, "red/48000/2") == 0)
        p->red = true;
    for (size_t i = 0; i < G_N_ELEMENTS(codecs); i++) {
        if (g_ascii_strcasecmp(encoding, codecs[i].encoding) == 0)
            p->codec = codecs[i].codec;
    }
}

static void read_parameter(const char *name, const char *value, struct payload *p)
{
    if (g_ascii_strcasecmp(name, "apt") == 0) {
        const char *rest;
        p->apt = payload_type(value, &rest);
    } else if (g_ascii_strcasecmp(name, "packetization-mode") == 0) {
        p->mode1 = strcmp(value, "1") == 0;
    } else if (g_ascii_strcasecmp(name, "stereo") == 0) {
        p->stereo = strcmp(value, "1") == 0;
    } else if (g_ascii_strcasecmp(name, "profile-id") == 0 ||
               g_ascii_strcasecmp(name, "profile") == 0) {
        p->other = strcmp(value, "0") != 0;
    } else if (g_ascii_strcasecmp(name, "profile-level-id") == 0 && strlen(value) == 6 &&
               strspn(value, "0123456789abcdefABCDEF") == 6) {
        (void)g_strlcpy(p->profile, value, sizeof p->profile);
    }
}

/* "111/111": what the blocks of a RED packet are (RFC 2198 §5). */
static void read_red(const char *blocks, struct payload *p)
{
    g_auto(GStrv) parts = g_strsplit(blocks, "/", 32);
    const char *rest;
    int pt = parts[0] != NULL ? payload_type(parts[0], &rest) : -1;
    for (char **part = parts; *part != NULL; part++)
        if (strcmp(*part, parts[0]) != 0)
            pt = -1;
    p->red_of = pt > 0 ? (uint8_t)pt : 0;
}

static void read_fmtp(const char *parameters, struct payload *p)
{
    char one[64];
    if (g_ascii_isdigit(parameters[0]) && strchr(parameters, '=') == NULL)
        read_red(parameters, p);
    while (*parameters != '\0') {
        size_t len = strcspn(parameters, ";");
        if (len < sizeof one) {
            memcpy(one, parameters, len);
            one[len] = '\0';
            char *value = strchr(one, '=');
            if (value != NULL) {
                *value++ = '\0';
                read_parameter(g_strstrip(one), g_strstrip(value), p);
            }
        }
        parameters += len + (parameters[len] == ';');
    }
}

static uint32_t read_fb(const char *what)
{
    static const struct {
        const char *text;
        uint32_t bit;
    } known[] = {
        { "nack", HOP_FB_NACK },      { "nack pli", HOP_FB_PLI },
        { "ccm fir", HOP_FB_FIR },    { "transport-cc", HOP_FB_TRANSPORT_CC },
        { "goog-remb", HOP_FB_REMB },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(what, known[i].text) == 0)
            return known[i].bit;
    }
    return 0;
}

static void read_attribute(const GstSDPAttribute *a, struct payload payloads[PAYLOAD_TYPES],
                           uint32_t *fb_all)
{
    if (a->key == NULL || a->value == NULL)
        return;
    bool fb = strcmp(a->key, "rtcp-fb") == 0;
    if (fb && strncmp(a->value, "* ", 2) == 0) {
        *fb_all |= read_fb(a->value + 2);
        return;
    }
    bool rtpmap = strcmp(a->key, "rtpmap") == 0;
    if (!fb && !rtpmap && strcmp(a->key, "fmtp") != 0)
        return;
    const char *rest;
    int pt = payload_type(a->value, &rest);
    if (pt < 0)
        return;
    if (fb)
        payloads[pt].fb |= read_fb(rest);
    else if (rtpmap)
        read_rtpmap(rest, &payloads[pt]);
    else
        read_fmtp(rest, &payloads[pt]);
}

/* How much hop wants this H.264: constrained baseline, baseline, nothing else: the slots of others
 * must be able to decode it. */
static int h264_score(const struct payload *p)
{
    if (!p->mode1 || strncmp(p->profile, "42", 2) != 0)
        return 0;
    char flags[3] = { p->profile[2], p->profile[3], '\0' };
    return (strtoul(flags, NULL, 16) & 0x40u) != 0 ? 2 : 1;
}

static int score(const struct payload *p, enum hop_codec codec)
{
    if (!p->listed || p->codec != codec || p->other)
        return 0;
    return codec == HOP_CODEC_H264 ? h264_score(p) : 1;
}

static void take(struct hop_sdp_line *line, const struct payload payloads[PAYLOAD_TYPES],
                 enum hop_codec codec, uint32_t fb_all)
{
    int best = -1;
    for (int pt = 0; pt < PAYLOAD_TYPES; pt++) {
        if (score(&payloads[pt], codec) > (best < 0 ? 0 : score(&payloads[best], codec)))
            best = pt;
    }
    if (best < 0 || line->n_codecs == HOP_MAX_CODECS)
        return;
    struct hop_sdp_codec *c = &line->codecs[line->n_codecs++];
    c->desc = (struct hop_codec_desc){ .codec = codec, .pt = (uint8_t)best, .rtx_pt = 0xff };
    c->fb = payloads[best].fb | fb_all;
    memcpy(c->profile, payloads[best].profile, sizeof c->profile);
    for (int pt = 0; pt < PAYLOAD_TYPES && codec != HOP_CODEC_OPUS; pt++) {
        if (payloads[pt].rtx && payloads[pt].listed && payloads[pt].apt == best)
            c->desc.rtx_pt = (uint8_t)pt;
    }
}

static void take_red(struct hop_sdp_line *line, const struct payload payloads[PAYLOAD_TYPES])
{
    uint8_t opus = line->codecs[0].desc.pt;
    for (uint8_t pt = 1; pt < PAYLOAD_TYPES; pt++) {
        const struct payload *p = &payloads[pt];
        if (!p->listed || !p->red || p->red_of != opus || pt == opus)
            continue;
        line->red_pt = pt;
        line->red_first = p->place < payloads[opus].place;
        return;
    }
}

void hop_sdp_codecs(const GstSDPMedia *media, const struct hop_codec_order *order,
                    struct hop_sdp_line *line, bool *stereo)
{
    struct payload payloads[PAYLOAD_TYPES];
    memset(payloads, 0, sizeof payloads);
    for (size_t i = 0; i < PAYLOAD_TYPES; i++)
        payloads[i].apt = -1;
    for (guint i = 0; i < gst_sdp_media_formats_len(media); i++) {
        const char *rest;
        int pt = payload_type(gst_sdp_media_get_format(media, i), &rest);
        if (pt < 0 || payloads[pt].listed)
            continue;
        payloads[pt].listed = true;
        payloads[pt].place = (uint8_t)MIN(i, UINT8_MAX);
    }
    uint32_t fb_all = 0;
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++)
        read_attribute(gst_sdp_media_get_attribute(media, i), payloads, &fb_all);
    line->n_codecs = 0;
    line->red_pt = 0;
    if (strcmp(line->media, "audio") == 0) {
        take(line, payloads, HOP_CODEC_OPUS, fb_all);
        if (line->n_codecs > 0)
            take_red(line, payloads);
        *stereo = line->n_codecs > 0 && payloads[line->codecs[0].desc.pt].stereo;
        return;
    }
    for (size_t i = 0; i < order->n; i++)
        take(line, payloads, order->codecs[i], fb_all);
}
