/* See sdp.h. */
#include "tests/client/sdp.h"

#include "media/dtls/dtls.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct hop_ext_ids hop_client_ext_ids = {
    .audio_level = 1, .mix_levels = 2, .abs_send_time = 3, .twcc = 4, .mid = 5, .rid = 6, .rrid = 7
};

static const struct {
    const char *uri;
    size_t member; /* of hop_ext_ids */
    bool audio, video;
} extensions[] = {
    { "urn:ietf:params:rtp-hdrext:ssrc-audio-level", offsetof(struct hop_ext_ids, audio_level),
      true, false },
    { "urn:ietf:params:rtp-hdrext:csrc-audio-level", offsetof(struct hop_ext_ids, mix_levels), true,
      false },
    { "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
      offsetof(struct hop_ext_ids, abs_send_time), true, true },
    { "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
      offsetof(struct hop_ext_ids, twcc), true, true },
    { "urn:ietf:params:rtp-hdrext:sdes:mid", offsetof(struct hop_ext_ids, mid), true, true },
    { "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", offsetof(struct hop_ext_ids, rid), false,
      true },
    { "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", offsetof(struct hop_ext_ids, rrid),
      false, true },
};

const char *hop_client_rid(unsigned layer)
{
    static const char *rids[HOP_MAX_LAYERS] = { "q", "h", "f" };
    return rids[layer];
}

/* ---- the offer ------------------------------------------------------------------------------- */

static void write_head(GString *s, const struct hop_client_offer *o, unsigned lines)
{
    g_string_append_printf(
        s, "v=0\r\no=- %" G_GUINT64_FORMAT " %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE",
        o->session, o->version);
    for (unsigned i = 0; i < lines; i++)
        g_string_append_printf(s, " %u", i);
    g_string_append(s, "\r\na=msid-semantic: WMS *\r\n");
}

static void write_transport(GString *s, const struct hop_client_offer *o, unsigned mid, bool video,
                            const char *direction)
{
    const struct hop_client_credentials *c = o->credentials;
    g_string_append_printf(s,
                           "c=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                           "a=fingerprint:sha-256 %s\r\na=setup:actpass\r\na=mid:%u\r\n",
                           c->ufrag, c->pwd, c->fingerprint, mid);
    for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++) {
        if (video ? extensions[i].video : extensions[i].audio)
            g_string_append_printf(s, "a=extmap:%u %s\r\n",
                                   ((const uint8_t *)&hop_client_ext_ids)[extensions[i].member],
                                   extensions[i].uri);
    }
    g_string_append_printf(s, "a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", direction);
}

static void write_audio(GString *s, const struct hop_client_offer *o, unsigned mid,
                        const struct hop_client_offer_track *track, const char *direction)
{
    bool red = o->red && mid == 0;
    g_string_append_printf(s, "m=audio 9 UDP/TLS/RTP/SAVPF %d%s\r\n", HOP_CLIENT_PT_OPUS,
                           red ? " 63" : "");
    write_transport(s, o, mid, false, direction);
    g_string_append_printf(s,
                           "a=rtpmap:%d opus/48000/2\r\na=rtcp-fb:%d transport-cc\r\n"
                           "a=fmtp:%d minptime=10;useinbandfec=1\r\n",
                           HOP_CLIENT_PT_OPUS, HOP_CLIENT_PT_OPUS, HOP_CLIENT_PT_OPUS);
    if (red)
        g_string_append_printf(s, "a=rtpmap:%d red/48000/2\r\na=fmtp:%d %d/%d\r\n",
                               HOP_CLIENT_PT_RED, HOP_CLIENT_PT_RED, HOP_CLIENT_PT_OPUS,
                               HOP_CLIENT_PT_OPUS);
    if (track && track->offered)
        g_string_append_printf(s, "a=ssrc:%u cname:hop-client\r\n", track->ssrc);
}

static void write_video_codec(GString *s, int pt, int rtx, const char *name, const char *fmtp)
{
    static const char *feedback[] = { "goog-remb", "transport-cc", "ccm fir", "nack", "nack pli" };
    g_string_append_printf(s, "a=rtpmap:%d %s/90000\r\n", pt, name);
    for (size_t i = 0; i < G_N_ELEMENTS(feedback); i++)
        g_string_append_printf(s, "a=rtcp-fb:%d %s\r\n", pt, feedback[i]);
    if (fmtp)
        g_string_append_printf(s, "a=fmtp:%d %s\r\n", pt, fmtp);
    g_string_append_printf(s, "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n", rtx, rtx, pt);
}

static void write_video_codecs(GString *s, const struct hop_client_offer *o)
{
    static const char *h264 =
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    if (o->prefer != HOP_CODEC_H264 || !o->only_preferred)
        write_video_codec(s, HOP_CLIENT_PT_VP8, HOP_CLIENT_PT_VP8_RTX, "VP8", NULL);
    if (o->prefer == HOP_CODEC_H264 || !o->only_preferred)
        write_video_codec(s, HOP_CLIENT_PT_H264, HOP_CLIENT_PT_H264_RTX, "H264", h264);
}

static void write_video(GString *s, const struct hop_client_offer *o, unsigned mid,
                        const struct hop_client_offer_track *track, const char *direction)
{
    static const char *both[] = { "96 97 102 103", "102 103 96 97" },
                      *one[] = { "96 97", "102 103" };
    bool h264 = o->prefer == HOP_CODEC_H264;
    g_string_append_printf(s, "m=video 9 UDP/TLS/RTP/SAVPF %s\r\n",
                           (o->only_preferred ? one : both)[h264]);
    write_transport(s, o, mid, true, direction);
    write_video_codecs(s, o);
    if (!track)
        return;
    if (track->layers > 1) {
        for (unsigned i = 0; i < track->layers; i++)
            g_string_append_printf(s, "a=rid:%s send\r\n", hop_client_rid(i));
        for (unsigned i = 0; i < track->layers; i++)
            g_string_append_printf(s, "%s%s", i ? ";" : "a=simulcast:send ", hop_client_rid(i));
        g_string_append(s, "\r\n");
        return;
    }
    g_string_append_printf(s,
                           "a=ssrc-group:FID %u %u\r\na=ssrc:%u cname:hop-client\r\n"
                           "a=ssrc:%u cname:hop-client\r\n",
                           track->ssrc, track->rtx_ssrc, track->ssrc, track->rtx_ssrc);
}

char *hop_client_offer_write(const struct hop_client_offer *o)
{
    const struct hop_client_offer_track *t = o->tracks;
    unsigned lines = (unsigned)(o->slots + o->voices) + o->mix + t[HOP_SOURCE_CAMERA].offered +
                     t[HOP_SOURCE_SCREEN].offered + t[HOP_SOURCE_SCREEN_AUDIO].offered;
    GString *s = g_string_sized_new(1000 * (lines + 1));
    unsigned mid = 0;
    write_head(s, o, lines);
    if (o->mix)
        write_audio(s, o, mid++, &t[HOP_SOURCE_MICROPHONE],
                    t[HOP_SOURCE_MICROPHONE].offered ? "sendrecv" : "recvonly");
    if (t[HOP_SOURCE_CAMERA].offered)
        write_video(s, o, mid++, &t[HOP_SOURCE_CAMERA], "sendonly");
    if (t[HOP_SOURCE_SCREEN].offered)
        write_video(s, o, mid++, &t[HOP_SOURCE_SCREEN], "sendonly");
    if (t[HOP_SOURCE_SCREEN_AUDIO].offered)
        write_audio(s, o, mid++, &t[HOP_SOURCE_SCREEN_AUDIO], "sendonly");
    for (int i = 0; i < o->slots; i++)
        write_video(s, o, mid++, NULL, "recvonly");
    for (int i = 0; i < o->voices; i++)
        write_audio(s, o, mid++, NULL, "recvonly");
    char *text = strdup(s->str);
    g_string_free(s, TRUE);
    return text;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const char *after(const char *line, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(line, prefix, n) == 0 ? line + n : NULL;
}

/* "F 1 udp PRIORITY IP PORT typ host …" */
static void read_candidate(const char *v, struct hop_client_remote *r)
{
    char protocol[8], ip[64], type[16];
    unsigned foundation, component, priority, port;
    if (r->n_candidates == HOP_MAX_CANDIDATES ||
        sscanf(v, "%u %u %7s %u %63s %u typ %15s", &foundation, &component, protocol, &priority, ip,
               &port, type) != 7 ||
        port > 65535)
        return;
    struct hop_candidate c = { .tcp = strcasecmp(protocol, "tcp") == 0,
                               .priority = priority,
                               .foundation = foundation };
    if (hop_addr_parse(ip, (uint16_t)port, &c.addr) == 0)
        r->candidates[r->n_candidates++] = c;
}

static void read_fingerprint(const char *v, struct hop_client_remote *r)
{
    char hash[16], digest[200];
    if (sscanf(v, "%15s %199s", hash, digest) != 2)
        return;
    r->fingerprint_len = hop_dtls_fingerprint_parse(digest, r->fingerprint);
    g_strlcpy(r->fingerprint_hash, hash, sizeof(r->fingerprint_hash));
}

static void read_extmap(const char *v, struct hop_ext_ids *ids)
{
    unsigned id = (unsigned)atoi(v);
    const char *uri = strchr(v, ' ');
    for (size_t i = 0; uri && id < 15 && i < G_N_ELEMENTS(extensions); i++) {
        if (strcmp(uri + 1, extensions[i].uri) == 0)
            ((uint8_t *)ids)[extensions[i].member] = (uint8_t)id;
    }
}

static void read_rtpmap(const char *v, struct hop_client_answer_line *line)
{
    char name[32];
    unsigned pt;
    if (sscanf(v, "%u %31[^/]", &pt, name) != 2)
        return;
    if (strcasecmp(name, "red") == 0 && pt < 128 && line->codec == HOP_CODEC_OPUS)
        line->red_pt = (uint8_t)pt;
    if (pt != line->pt)
        return;
    line->codec = strcasecmp(name, "opus") == 0   ? HOP_CODEC_OPUS
                  : strcasecmp(name, "VP8") == 0  ? HOP_CODEC_VP8
                  : strcasecmp(name, "H264") == 0 ? HOP_CODEC_H264
                                                  : HOP_CODEC_NONE;
}

static void read_line_attribute(const char *a, struct hop_client_answer_line *line)
{
    const char *v;
    unsigned pt, apt, ssrc, rtx;
    if ((v = after(a, "mid:")))
        g_strlcpy(line->mid, v, sizeof(line->mid));
    else if ((v = after(a, "msid:")))
        sscanf(v, "%31s", line->msid);
    else if ((v = after(a, "rtpmap:")))
        read_rtpmap(v, line);
    else if (sscanf(a, "fmtp:%u apt=%u", &pt, &apt) == 2 && apt == line->pt)
        line->rtx_pt = (uint8_t)pt;
    else if (sscanf(a, "ssrc-group:FID %u %u", &ssrc, &rtx) == 2) {
        line->ssrc = ssrc;
        line->rtx_ssrc = rtx;
    } else if (sscanf(a, "ssrc:%u", &ssrc) == 1 && !line->ssrc)
        line->ssrc = ssrc;
    else if (after(a, "rid:"))
        line->n_rids++;
    else if (strcmp(a, "sendonly") == 0)
        line->sends = true;
    else if (strcmp(a, "recvonly") == 0)
        line->receives = true;
    else if (strcmp(a, "sendrecv") == 0)
        line->sends = line->receives = true;
}

static void read_attribute(const char *a, struct hop_client_answer *out)
{
    const char *v;
    if ((v = after(a, "ice-ufrag:")))
        g_strlcpy(out->remote.ufrag, v, sizeof(out->remote.ufrag));
    else if ((v = after(a, "ice-pwd:")))
        g_strlcpy(out->remote.pwd, v, sizeof(out->remote.pwd));
    else if ((v = after(a, "fingerprint:")))
        read_fingerprint(v, &out->remote);
    else if ((v = after(a, "candidate:")))
        read_candidate(v, &out->remote);
    else if ((v = after(a, "extmap:")))
        read_extmap(v, &out->ext);
    else if (strcmp(a, "ice-lite") == 0)
        out->ice_lite = true;
    else if (strcmp(a, "setup:passive") == 0)
        out->passive = true;
    else if (out->n_lines)
        read_line_attribute(a, &out->lines[out->n_lines - 1]);
}

static bool read_media(const char *v, struct hop_client_answer *out)
{
    unsigned port, pt;
    if (out->n_lines == HOP_CLIENT_LINES || sscanf(v, "%*s %u %*s %u", &port, &pt) != 2 || pt > 127)
        return false;
    out->lines[out->n_lines++] =
        (struct hop_client_answer_line){ .rejected = port == 0, .pt = (uint8_t)pt, .rtx_pt = 0xff };
    return true;
}

bool hop_client_answer_read(const char *sdp, struct hop_client_answer *out)
{
    memset(out, 0, sizeof(*out));
    gchar **lines = g_strsplit_set(sdp, "\r\n", -1);
    bool ok = true;
    for (gchar **l = lines; *l && ok; l++) {
        const char *v;
        if ((v = after(*l, "m=")))
            ok = read_media(v, out);
        else if ((v = after(*l, "a=")))
            read_attribute(v, out);
    }
    g_strfreev(lines);
    return ok && out->n_lines && out->remote.ufrag[0] && out->remote.pwd[0] &&
           out->remote.fingerprint_len && out->remote.n_candidates;
}
