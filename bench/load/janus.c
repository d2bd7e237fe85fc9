/* See janus.h. */
#include "bench/load/janus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hop_load_janus *hop_load_janus_of(struct hop_load_member *m)
{
    if (!m->driver)
        m->driver = calloc(1, sizeof(struct hop_load_janus));
    if (!m->driver)
        abort();
    return m->driver;
}

json_int_t hop_load_janus_room(const struct hop_load_member *m)
{
    return HOP_LOAD_JANUS_ROOM + m->room;
}

/* ---- requests -------------------------------------------------------------------------------- */

void hop_load_janus_create(struct hop_load_member *m)
{
    hop_load_member_send(m, json_pack("{s:s, s:s}", "janus", "create", "transaction", "create"));
}

void hop_load_janus_attach(struct hop_load_member *m, const char *plugin, const char *transaction)
{
    hop_load_member_send(m, json_pack("{s:s, s:s, s:s, s:I}", "janus", "attach", "plugin", plugin,
                                      "transaction", transaction, "session_id",
                                      hop_load_janus_of(m)->session));
}

void hop_load_janus_request(struct hop_load_member *m, json_int_t handle, const char *transaction,
                            json_t *body, json_t *jsep)
{
    json_t *message =
        json_pack("{s:s, s:s, s:I, s:I, s:o}", "janus", "message", "transaction", transaction,
                  "session_id", hop_load_janus_of(m)->session, "handle_id", handle, "body", body);
    if (jsep)
        json_object_set_new(message, "jsep", jsep);
    hop_load_member_send(m, message);
}

const json_t *hop_load_janus_data(const json_t *message)
{
    return json_object_get(json_object_get(message, "plugindata"), "data");
}

json_int_t hop_load_janus_id(const json_t *message, const char *transaction)
{
    const char *kind = json_string_value(json_object_get(message, "janus"));
    const char *which = json_string_value(json_object_get(message, "transaction"));
    if (!kind || !which || strcmp(kind, "success") != 0 || strcmp(which, transaction) != 0)
        return 0;
    return json_integer_value(json_object_get(json_object_get(message, "data"), "id"));
}

bool hop_load_janus_refused(struct hop_load_member *m, const json_t *data)
{
    const char *error = json_string_value(json_object_get(data, "error"));
    if (error)
        hop_load_member_fail(m, error);
    return error != NULL;
}

/* ---- SDP ------------------------------------------------------------------------------------- */

static json_t *jsep(const char *type, const char *sdp)
{
    return json_pack("{s:s, s:s, s:b}", "type", type, "sdp", sdp, "trickle", 0);
}

static void write_candidate(GString *s, const struct hop_load_link *l)
{
    struct hop_addr own = hop_load_net_addr(l->world->net, l->index);
    char ip[HOP_ADDR_TEXT];
    g_string_append_printf(s, "a=candidate:1 1 udp 2113937151 %s %u typ host\r\n",
                           hop_addr_format_ip(&own, ip), own.port);
}

/* hop's own offers have no candidates; Janus wants one, in the first m-line. */
static json_t *with_candidate(const struct hop_load_link *l, const char *offer)
{
    static const char before[] = "a=rtcp-mux\r\n";
    const char *at = strstr(offer, before);
    GString *s = g_string_new_len(offer, at ? at - offer : (gssize)strlen(offer));
    write_candidate(s, l);
    g_string_append(s, at ? at : "");
    json_t *j = jsep("offer", s->str);
    g_string_free(s, TRUE);
    return j;
}

json_t *hop_load_janus_offer(struct hop_load_member *m)
{
    struct hop_client_credentials own;
    struct hop_client_offer offer = {
        .credentials = &own,
        .session = m->index + 1u,
        .version = 1,
        .mix = m->microphone,
        .prefer = m->play->world->scenario.codec,
        .only_preferred = true,
    };
    snprintf(own.ufrag, sizeof(own.ufrag), "%s", m->link->ufrag);
    snprintf(own.pwd, sizeof(own.pwd), "%s", m->link->pwd);
    snprintf(own.fingerprint, sizeof(own.fingerprint), "%s", hop_load_link_fingerprint(m->link));
    if (m->microphone)
        offer.tracks[HOP_SOURCE_MICROPHONE] = hop_load_sender_track(&m->sender, false);
    if (m->camera)
        offer.tracks[HOP_SOURCE_CAMERA] = hop_load_sender_track(&m->sender, true);
    char *sdp = hop_client_offer_write(&offer);
    json_t *j = with_candidate(m->link, sdp ? sdp : "");
    free(sdp);
    return j;
}

static const char *sdp_of(const json_t *message)
{
    return json_string_value(json_object_get(json_object_get(message, "jsep"), "sdp"));
}

static void describe(struct hop_load_link *link, const struct hop_client_answer *sdp)
{
    for (size_t i = 0; i < sdp->n_lines; i++)
        if (!sdp->lines[i].rejected)
            hop_load_receiver_describe(&link->receiver, &sdp->lines[i], &sdp->ext);
}

bool hop_load_janus_take_answer(struct hop_load_member *m, const json_t *message)
{
    const char *sdp = sdp_of(message);
    if (!sdp || !hop_client_answer_read(sdp, &m->answer)) {
        hop_load_member_fail(m, "no usable answer");
        return false;
    }
    describe(m->link, &m->answer);
    if (hop_load_link_start(m->link, &m->answer.remote, m->answer.passive) == 0)
        return true;
    hop_load_member_fail(m, "no candidate");
    return false;
}

static void write_line(GString *s, const struct hop_load_link *l,
                       const struct hop_client_answer_line *line, const struct hop_ext_ids *ext)
{
    bool audio = line->codec == HOP_CODEC_OPUS;
    const char *name = audio                           ? "opus/48000/2"
                       : line->codec == HOP_CODEC_H264 ? "H264/90000"
                                                       : "VP8/90000";
    bool rtx = line->rtx_pt < 128;
    g_string_append_printf(s, "m=%s 9 UDP/TLS/RTP/SAVPF %u", audio ? "audio" : "video", line->pt);
    if (rtx)
        g_string_append_printf(s, " %u", line->rtx_pt);
    g_string_append_printf(s,
                           "\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\na=mid:%s\r\na=rtcp-mux\r\n"
                           "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"
                           "a=setup:active\r\na=rtpmap:%u %s\r\na=rtcp-fb:%u transport-cc\r\n",
                           line->mid, l->ufrag, l->pwd, hop_load_link_fingerprint(l), line->pt,
                           name, line->pt);
    write_candidate(s, l);
    if (!audio)
        g_string_append_printf(s, "a=rtcp-fb:%u nack\r\na=rtcp-fb:%u nack pli\r\n", line->pt,
                               line->pt);
    if (rtx)
        g_string_append_printf(s, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", line->rtx_pt,
                               line->rtx_pt, line->pt);
    if (ext->twcc)
        g_string_append_printf(s,
                               "a=extmap:%u http://www.ietf.org/id/"
                               "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n",
                               ext->twcc);
    if (ext->mid)
        g_string_append_printf(s, "a=extmap:%u urn:ietf:params:rtp-hdrext:sdes:mid\r\n", ext->mid);
}

static char *write_answer(const struct hop_load_link *l, const struct hop_client_answer *offer)
{
    GString *s = g_string_new("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
    for (size_t i = 0; i < offer->n_lines; i++)
        g_string_append_printf(s, " %s", offer->lines[i].mid);
    g_string_append(s, "\r\n");
    for (size_t i = 0; i < offer->n_lines; i++)
        write_line(s, l, &offer->lines[i], &offer->ext);
    return g_string_free(s, FALSE);
}

json_t *hop_load_janus_answer(struct hop_load_member *m, const json_t *message)
{
    struct hop_client_answer offer;
    const char *sdp = sdp_of(message);
    if (!sdp || !hop_client_answer_read(sdp, &offer) ||
        hop_load_link_new(m->play->world, &m->down) != 0) {
        hop_load_member_fail(m, "no usable offer");
        return NULL;
    }
    describe(m->down, &offer);
    char *answer = write_answer(m->down, &offer);
    json_t *j = jsep("answer", answer);
    g_free(answer);
    if (hop_load_link_start(m->down, &offer.remote, true) != 0)
        hop_load_member_fail(m, "no candidate");
    return j;
}
