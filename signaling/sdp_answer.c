/* Writes the answer to an offer: see sdp.h. Control thread. RFC 8829 §5.3, 8839 §5.1, 9143 §7.3. */
#include "signaling/sdp_lines.h"

#include <string.h>

static void write_candidates(GString *out, const struct hop_peer_local *local)
{
    char ip[HOP_ADDR_TEXT];
    for (size_t i = 0; i < local->n_candidates; i++) {
        const struct hop_candidate *c = &local->candidates[i];
        if (c->addr.scope != 0)
            continue; /* a link-local address means nothing on the client's machine */
        g_string_append_printf(out, "a=candidate:%u 1 %s %u %s %u typ host%s\r\n", c->foundation,
                               c->tcp ? "tcp" : "udp", c->priority,
                               hop_addr_format_ip(&c->addr, ip), c->addr.port,
                               c->tcp ? " tcptype passive" : "");
    }
    g_string_append(out, "a=end-of-candidates\r\n");
}

static void write_feedback(GString *out, unsigned pt, uint32_t fb)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } all[] = {
        { HOP_FB_NACK, "nack" },
        { HOP_FB_PLI, "nack pli" },
        { HOP_FB_FIR, "ccm fir" },
        { HOP_FB_REMB, "goog-remb" },
        { HOP_FB_TRANSPORT_CC, "transport-cc" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if ((fb & all[i].bit) != 0)
            g_string_append_printf(out, "a=rtcp-fb:%u %s\r\n", pt, all[i].text);
    }
}

static void write_codec(GString *out, const struct hop_sdp_codec *c)
{
    unsigned pt = c->desc.pt;
    switch (c->desc.codec) {
    case HOP_CODEC_OPUS:
        g_string_append_printf(out, "a=rtpmap:%u opus/48000/2\r\n", pt);
        write_feedback(out, pt, c->fb & HOP_FB_TRANSPORT_CC);
        g_string_append_printf(out, "a=fmtp:%u minptime=10;useinbandfec=1\r\n", pt);
        return;
    case HOP_CODEC_VP8:
        g_string_append_printf(out, "a=rtpmap:%u VP8/90000\r\n", pt);
        break;
    case HOP_CODEC_H264:
        g_string_append_printf(out, "a=rtpmap:%u H264/90000\r\n", pt);
        g_string_append_printf(
            out, "a=fmtp:%u level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%s\r\n",
            pt, c->profile);
        break;
    case HOP_CODEC_VP9:
        g_string_append_printf(out, "a=rtpmap:%u VP9/90000\r\n", pt);
        g_string_append_printf(out, "a=fmtp:%u profile-id=0\r\n", pt);
        break;
    case HOP_CODEC_AV1:
        g_string_append_printf(out, "a=rtpmap:%u AV1/90000\r\n", pt);
        g_string_append_printf(out, "a=fmtp:%u level-idx=5;profile=0;tier=0\r\n", pt);
        break;
    case HOP_CODEC_NONE:
        return;
    }
    write_feedback(out, pt, c->fb);
    if (c->desc.rtx_pt != 0xff)
        g_string_append_printf(out, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", c->desc.rtx_pt,
                               c->desc.rtx_pt, pt);
}

/* Redundancy for what the client sends (RFC 2198); its own wish is whether to use it first. */
static bool takes_red(const struct hop_sdp_line *line)
{
    return line->red_pt != 0 && line->use == HOP_SDP_MIX && line->sends;
}

static void write_red(GString *out, const struct hop_sdp_line *line)
{
    unsigned opus = line->codecs[0].desc.pt;
    if (takes_red(line))
        g_string_append_printf(out, "a=rtpmap:%u red/48000/2\r\na=fmtp:%u %u/%u\r\n", line->red_pt,
                               line->red_pt, opus, opus);
}

static void write_extensions(GString *out, const struct hop_sdp_line *line)
{
    if (line->mixed_exts)
        g_string_append(out, "a=extmap-allow-mixed\r\n");
    for (size_t i = 0; i < line->n_exts; i++) {
        const struct hop_sdp_ext *e = &line->exts[i];
        const char *direction = e->direction == 's'   ? "/sendonly"
                                : e->direction == 'r' ? "/recvonly"
                                                      : "";
        g_string_append_printf(out, "a=extmap:%u%s %s\r\n", e->id, direction,
                               hop_sdp_ext_uri(e->kind));
    }
}

static void write_simulcast(GString *out, const struct hop_track_desc *track)
{
    for (size_t i = 0; i < track->n_rids; i++)
        g_string_append_printf(out, "a=rid:%s recv\r\n", track->rids[i]);
    for (size_t i = 0; i < track->n_rids; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "a=simulcast:recv " : ";", track->rids[i]);
    if (track->n_rids > 0)
        g_string_append(out, "\r\n");
}

/* What the server sends on this line: the mix, a voice, or a slot's stream with its repair. */
static void write_sources(GString *out, const struct hop_sdp_line *line,
                          const struct hop_peer_local *local)
{
    if (line->use == HOP_SDP_MIX) {
        g_string_append_printf(out, "a=msid:mix mix\r\na=ssrc:%u cname:%s\r\n", local->mix_ssrc,
                               local->cname);
        return;
    }
    if (line->use == HOP_SDP_VOICE) {
        g_string_append_printf(out, "a=msid:voice-%zu voice-%zu\r\na=ssrc:%u cname:%s\r\n",
                               line->index, line->index, local->voices[line->index], local->cname);
        return;
    }
    uint32_t ssrc = local->slots[line->index].ssrc;
    uint32_t rtx = local->slots[line->index].rtx_ssrc;
    bool repaired = false;
    for (size_t i = 0; i < line->n_codecs; i++)
        repaired = repaired || line->codecs[i].desc.rtx_pt != 0xff;
    g_string_append_printf(out, "a=msid:slot-%zu slot-%zu\r\n", line->index, line->index);
    if (repaired)
        g_string_append_printf(out, "a=ssrc-group:FID %u %u\r\n", ssrc, rtx);
    g_string_append_printf(out, "a=ssrc:%u cname:%s\r\n", ssrc, local->cname);
    if (repaired)
        g_string_append_printf(out, "a=ssrc:%u cname:%s\r\n", rtx, local->cname);
}

static void write_formats(GString *out, const struct hop_sdp_line *line)
{
    g_string_append_printf(out, "m=%s 9 %s", line->media, line->proto);
    if (takes_red(line) && line->red_first)
        g_string_append_printf(out, " %u", line->red_pt);
    for (size_t i = 0; i < line->n_codecs; i++)
        g_string_append_printf(out, " %u", line->codecs[i].desc.pt);
    for (size_t i = 0; i < line->n_codecs; i++) {
        if (line->codecs[i].desc.rtx_pt != 0xff)
            g_string_append_printf(out, " %u", line->codecs[i].desc.rtx_pt);
    }
    if (takes_red(line) && !line->red_first)
        g_string_append_printf(out, " %u", line->red_pt);
    g_string_append(out, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static const char *direction(const struct hop_sdp_line *line)
{
    if (line->use == HOP_SDP_TRACK)
        return "recvonly";
    return line->use == HOP_SDP_MIX && line->sends ? "sendrecv" : "sendonly";
}

static void write_rejected(GString *out, const struct hop_sdp_line *line)
{
    g_string_append_printf(out, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\n", line->media, line->proto,
                           line->format);
    if (line->mid[0] != '\0')
        g_string_append_printf(out, "a=mid:%s\r\n", line->mid);
    g_string_append(out, "a=inactive\r\n");
}

static void write_line(GString *out, const struct hop_sdp_offer *offer,
                       const struct hop_sdp_line *line, const struct hop_peer_local *local,
                       const char *fingerprint)
{
    write_formats(out, line);
    g_string_append_printf(out, "a=mid:%s\r\na=%s\r\n", line->mid, direction(line));
    g_string_append_printf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", local->ufrag, local->pwd);
    g_string_append_printf(out, "a=fingerprint:sha-256 %s\r\na=setup:passive\r\n", fingerprint);
    g_string_append(out, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    write_extensions(out, line);
    for (size_t i = 0; i < line->n_codecs; i++)
        write_codec(out, &line->codecs[i]);
    write_red(out, line);
    if (line->use == HOP_SDP_TRACK)
        write_simulcast(out, &offer->desc.tracks[line->index]);
    else
        write_sources(out, line, local);
}

char *hop_sdp_answer(const struct hop_sdp_offer *offer, const struct hop_peer_local *local,
                     const char *fingerprint, uint32_t version)
{
    GString *out = g_string_sized_new(1024 * (offer->n_lines + 1));
    bool candidates = false;
    g_string_append_printf(out, "v=0\r\no=- %u %u IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
                           local->mix_ssrc, version);
    g_string_append(out, "a=group:BUNDLE");
    for (size_t i = 0; i < offer->n_lines; i++) {
        if (offer->lines[i].use != HOP_SDP_REJECTED)
            g_string_append_printf(out, " %s", offer->lines[i].mid);
    }
    g_string_append(out, "\r\na=ice-lite\r\na=msid-semantic: WMS *\r\n");
    if (offer->mixed_exts)
        g_string_append(out, "a=extmap-allow-mixed\r\n");
    for (size_t i = 0; i < offer->n_lines; i++) {
        const struct hop_sdp_line *line = &offer->lines[i];
        if (line->use == HOP_SDP_REJECTED) {
            write_rejected(out, line);
            continue;
        }
        write_line(out, offer, line, local, fingerprint);
        if (!candidates)
            write_candidates(out, local);
        candidates = true;
    }
    return g_string_free(out, FALSE);
}
