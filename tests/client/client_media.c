/* The participant's media: offers and answers become a transport, a sender and a receiver. */
#include "tests/client/client_private.h"

#include "media/rtp/rtcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the transport brings --------------------------------------------------------------- */

static void on_rtp(void *ctx, uint8_t *packet, size_t len, int64_t now_us)
{
    struct hop_client *c = ctx;
    if (c->config.rtp_tap)
        c->config.rtp_tap(c->config.rtp_tap_ctx, packet, len);
    hop_client_receiver_rtp(c->receiver, packet, len, now_us);
}

static void take_blocks(struct hop_client *c, const struct hop_rtcp_packet *p, int64_t now_us)
{
    struct hop_rtcp_block block;
    for (unsigned i = 0; i < p->count && hop_rtcp_read_block(p, i, &block); i++)
        hop_client_sender_report(c->sender, &block, now_us);
}

static void on_rtcp(void *ctx, const uint8_t *packet, size_t len, int64_t now_us)
{
    struct hop_client *c = ctx;
    struct hop_rtcp_iter iter = hop_rtcp_begin(packet, len);
    struct hop_rtcp_packet p;
    struct hop_rtcp_sr sr;
    struct hop_rtcp_fb fb;
    while (hop_rtcp_next(&iter, &p)) {
        if (hop_rtcp_read_sr(&p, &sr))
            hop_client_receiver_sr(c->receiver, &sr, now_us);
        if (p.type == HOP_RTCP_SR || p.type == HOP_RTCP_RR)
            take_blocks(c, &p, now_us);
        if (hop_rtcp_read_fb(&p, &fb))
            hop_client_sender_feedback(c->sender, &fb, now_us);
    }
}

static void on_connected(void *ctx, int64_t now_us)
{
    struct hop_client *c = ctx;
    if (!c->times.connected_us)
        c->times.connected_us = now_us;
    c->timer.due_us = 0;
}

/* ---- offer and answer ------------------------------------------------------------------------ */

static int make_media(struct hop_client *c)
{
    static const struct hop_client_transport_ops ops = { on_rtp, on_rtcp, on_connected };
    struct hop_client_sender_config config = {
        .tag = c->config.tag,
        .codec = c->config.codec,
        .video_bps = c->config.video_bps,
        .fps = c->config.fps,
        .height = c->config.height,
        .tone_hz = { [HOP_SOURCE_MICROPHONE] = c->config.tone_hz,
                     [HOP_SOURCE_SCREEN_AUDIO] = c->config.screen_tone_hz },
    };
    int err = hop_client_transport_new(c->loop, &c->config.transport, &ops, c, &c->transport);
    if (err == 0)
        err = hop_client_sender_new(&config, c->transport, &c->sender);
    return err;
}

static bool offers(const struct hop_client *c, enum hop_source source)
{
    switch (source) {
    case HOP_SOURCE_MICROPHONE:
        return !c->config.no_microphone;
    case HOP_SOURCE_CAMERA:
        return c->config.camera;
    case HOP_SOURCE_SCREEN:
        return c->config.screen;
    case HOP_SOURCE_SCREEN_AUDIO:
        return c->config.screen_audio;
    default:
        return false;
    }
}

char *hop_client_media_offer(struct hop_client *c, bool restart)
{
    if (!c->transport && make_media(c) != 0)
        return NULL;
    struct hop_client_offer offer = {
        .credentials = hop_client_transport_offer(c->transport, restart),
        .session = c->session_number,
        .version = ++c->offer_version,
        .mix = true,
        .slots = c->config.slots,
        .voices = c->config.voices,
        .red = c->config.red,
        .prefer = c->config.codec,
        .only_preferred = c->config.only_codec,
    };
    for (int i = 0; i < HOP_SOURCES; i++) {
        enum hop_source source = (enum hop_source)i;
        unsigned layers = source == HOP_SOURCE_CAMERA ? c->config.layers : 1;
        hop_client_sender_offer(c->sender, source, offers(c, source) ? (uint8_t)layers : 0,
                                &offer.tracks[i]);
    }
    char *text = hop_client_offer_write(&offer);
    char *changed = c->offer_hook && text ? c->offer_hook(c->offer_hook_ctx, text) : NULL;
    if (!changed)
        return text;
    free(text);
    return changed;
}

/* The n-th offered source has the n-th m-line. */
static void answer_tracks(struct hop_client *c, const struct hop_client_answer *answer)
{
    static const enum hop_source order[] = { HOP_SOURCE_MICROPHONE, HOP_SOURCE_CAMERA,
                                             HOP_SOURCE_SCREEN, HOP_SOURCE_SCREEN_AUDIO };
    size_t line = 0;
    for (size_t i = 0; i < HOP_SOURCES && line < answer->n_lines; i++) {
        bool offered = offers(c, order[i]);
        if (offered)
            hop_client_sender_answer(c->sender, order[i], &answer->lines[line], &answer->ext);
        line += offered || order[i] == HOP_SOURCE_MICROPHONE;
    }
}

int hop_client_media_answer(struct hop_client *c, const char *sdp)
{
    struct hop_client_answer answer;
    if (!c->transport || !hop_client_answer_read(sdp, &answer) || !answer.ice_lite ||
        !answer.passive)
        return -EINVAL;
    if (!c->receiver &&
        hop_client_receiver_new(c->transport, hop_client_sender_ssrc(c->sender), &c->receiver) != 0)
        return -ENOMEM;
    answer_tracks(c, &answer);
    hop_client_receiver_answer(c->receiver, &answer);
    if (!c->sources_set && !c->config.no_autostart)
        c->enabled = HOP_SOURCE_ALL;
    c->sources_set = true;
    for (int i = 0; i < HOP_SOURCES; i++)
        hop_client_sender_enable(c->sender, (enum hop_source)i, c->enabled & 1u << i);
    int err = hop_client_transport_answer(c->transport, &answer.remote, c->new_socket);
    c->new_socket = false;
    return err;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void note_first_media(struct hop_client *c)
{
    const struct hop_client_stream *mix = hop_client_mix(c);
    if (!c->times.first_audio_us && mix->packets)
        c->times.first_audio_us = mix->first_us;
    for (unsigned i = 0; !c->times.first_frame_us && i < (unsigned)c->config.slots; i++)
        c->times.first_frame_us = hop_client_slot(c, i)->video.first_us;
}

int64_t hop_client_media_tick(struct hop_client *c, int64_t now_us)
{
    if (!c->receiver)
        return INT64_MAX;
    int64_t sender = hop_client_sender_tick(c->sender, now_us);
    int64_t receiver = hop_client_receiver_tick(c->receiver, now_us);
    note_first_media(c);
    return sender < receiver ? sender : receiver;
}

void hop_client_media_close(struct hop_client *c)
{
    if (c->transport)
        hop_client_transport_close(c->transport);
}

void hop_client_media_drop(struct hop_client *c)
{
    hop_client_sender_free(c->sender);
    hop_client_receiver_free(c->receiver);
    hop_client_transport_free(c->transport);
    c->sender = NULL;
    c->receiver = NULL;
    c->transport = NULL;
    c->session_number++;
    c->offer_version = 0;
}

/* ---- public ---------------------------------------------------------------------------------- */

void hop_client_enable_quietly(struct hop_client *c, enum hop_source source, bool on)
{
    uint32_t bit = HOP_SOURCE_BIT(source);
    c->enabled = on ? c->enabled | bit : c->enabled & ~bit;
    c->sources_set = true;
    if (c->sender)
        hop_client_sender_enable(c->sender, source, on);
    c->timer.due_us = 0;
}

int hop_client_enable(struct hop_client *c, enum hop_source source, bool on)
{
    static const char *names[HOP_SOURCES] = { "microphone", "camera", "screen", NULL };
    hop_client_enable_quietly(c, source, on);
    if (!names[source])
        return 0;
    return hop_client_request(c, "media", json_pack("{s:b}", names[source], on));
}

enum hop_client_line hop_client_line(const struct hop_client *c)
{
    return c->transport ? hop_client_transport_state(c->transport) : HOP_CLIENT_LINE_NONE;
}

struct hop_client_sender *hop_client_sender_of(struct hop_client *c)
{
    return c->sender;
}

struct hop_client_receiver *hop_client_receiver_of(struct hop_client *c)
{
    return c->receiver;
}

struct hop_client_transport *hop_client_transport_of(struct hop_client *c)
{
    return c->transport;
}

double hop_client_hears_db(struct hop_client *c, double hz)
{
    return c->receiver ? hop_client_receiver_tone_db(c->receiver, hz, 24000) : -200;
}

const struct hop_client_stream *hop_client_voice_slot(const struct hop_client *c, unsigned slot)
{
    static const struct hop_client_stream none;
    const struct hop_client_stream *s =
        c->receiver ? hop_client_receiver_voice(c->receiver, slot) : NULL;
    return s ? s : &none;
}

const struct hop_client_stream *hop_client_mix(const struct hop_client *c)
{
    static const struct hop_client_stream none;
    const struct hop_client_stream *s = c->receiver ? hop_client_receiver_mix(c->receiver) : NULL;
    return s ? s : &none;
}

const struct hop_client_stream *hop_client_slot(const struct hop_client *c, unsigned slot)
{
    static const struct hop_client_stream none;
    const struct hop_client_stream *s =
        c->receiver ? hop_client_receiver_slot(c->receiver, slot) : NULL;
    return s ? s : &none;
}

int hop_client_sees(const struct hop_client *c, uint32_t tag, enum hop_source source)
{
    int64_t now_us = hop_client_loop_now(c->loop);
    for (int i = 0; i < c->config.slots; i++) {
        const struct hop_client_frames_stats *v = &hop_client_slot(c, (unsigned)i)->video;
        if (v->stamped && v->stamp.tag == tag && v->stamp.source == source &&
            now_us - v->newest_us < 1000000)
            return i;
    }
    return -1;
}

struct hop_client_times hop_client_times(const struct hop_client *c)
{
    return c->times;
}
