/* See receiver.h. */
#include "tests/client/receiver.h"

#include "media/bwe/twcc_recv.h"
#include "media/rtp/nack.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"
#include "media/rtp/source.h"
#include "media/srtp/srtp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_US    ((int64_t)1000000)
#define TICK_US      ((int64_t)20000)
#define DEAF_TICK_US ((int64_t)100000)
#define PLI_US       ((int64_t)300000)
#define SILENCE_US   ((int64_t)100000)

enum {
    OPUS_FRAME = 960,
    MIX = HOP_MAX_SLOTS,
    VOICES,
    STREAMS = VOICES + HOP_MAX_VOICES,
};

struct slot {
    bool used;
    enum hop_codec codec;
    uint8_t pt, rtx_pt;
    uint32_t rtx_ssrc;
    struct hop_client_stream stats;
    struct hop_recv_source source;
    struct hop_nack nack;
    struct hop_client_frames *frames;
    bool want_key;
    int64_t pli_us;
    /* of sound */
    struct hop_client_meter *meter; /* owned by voice slots; of the mix: the receiver's */
    uint64_t next;                  /* extended number expected next */
    int64_t heard_us;               /* what the meter holds reaches to here */
};

struct hop_client_receiver {
    struct hop_client_transport *transport;
    uint32_t own_ssrc;
    struct hop_ext_ids ext;
    struct slot *slots[STREAMS];
    struct hop_client_meter *meter;
    struct hop_twcc_recv twcc;
    uint64_t strange;
    bool no_nack, mute, deaf;
    int64_t report_us, next_report_us;
};

int hop_client_receiver_new(struct hop_client_transport *transport, uint32_t own_ssrc,
                            struct hop_client_receiver **out)
{
    struct hop_client_receiver *r = calloc(1, sizeof(*r));
    if (!r || hop_client_meter_new(&r->meter) != 0) {
        free(r);
        return -ENOMEM;
    }
    r->transport = transport;
    r->own_ssrc = own_ssrc;
    r->report_us = REPORT_US;
    hop_twcc_recv_init(&r->twcc, own_ssrc);
    *out = r;
    return 0;
}

static void free_slot(const struct hop_client_receiver *r, struct slot *s)
{
    if (s) {
        free(s->frames);
        if (s->meter != r->meter)
            hop_client_meter_free(s->meter);
    }
    free(s);
}

void hop_client_receiver_free(struct hop_client_receiver *r)
{
    if (!r)
        return;
    for (int i = 0; i < STREAMS; i++)
        free_slot(r, r->slots[i]);
    hop_client_meter_free(r->meter);
    free(r);
}

/* ---- what is expected ------------------------------------------------------------------------ */

/* Which of the receiver's streams the line carries; STREAMS: none. */
static unsigned place_of(const struct hop_client_answer_line *line)
{
    unsigned at;
    if (strcmp(line->msid, "mix") == 0)
        return MIX;
    if (sscanf(line->msid, "slot-%u", &at) == 1)
        return at < HOP_MAX_SLOTS ? at : STREAMS;
    if (sscanf(line->msid, "voice-%u", &at) == 1)
        return at < HOP_MAX_VOICES ? VOICES + at : STREAMS;
    return STREAMS;
}

static struct slot *make_slot(const struct hop_client_receiver *r,
                              const struct hop_client_answer_line *line, unsigned at)
{
    struct slot *s = calloc(1, sizeof(*s));
    bool video = at < HOP_MAX_SLOTS;
    if (!s)
        return NULL;
    s->meter = at == MIX ? r->meter : NULL;
    if (at >= VOICES && hop_client_meter_new(&s->meter) != 0) {
        free(s);
        return NULL;
    }
    s->codec = line->codec;
    s->stats.ssrc = line->ssrc;
    hop_recv_source_init(&s->source, line->ssrc, video ? 90000 : 48000);
    hop_nack_init(&s->nack, 0);
    s->frames = video ? calloc(1, sizeof(*s->frames)) : NULL;
    return s;
}

void hop_client_receiver_answer(struct hop_client_receiver *r,
                                const struct hop_client_answer *answer)
{
    r->ext = answer->ext;
    for (size_t i = 0; i < answer->n_lines; i++) {
        const struct hop_client_answer_line *line = &answer->lines[i];
        unsigned at = place_of(line);
        if (line->rejected || !line->sends || at == STREAMS)
            continue;
        if (!r->slots[at] || r->slots[at]->stats.ssrc != line->ssrc) {
            free_slot(r, r->slots[at]);
            r->slots[at] = make_slot(r, line, at);
        }
        if (!r->slots[at])
            continue;
        r->slots[at]->pt = line->pt;
        r->slots[at]->rtx_pt = line->rtx_pt;
        r->slots[at]->rtx_ssrc = line->rtx_ssrc;
    }
}

/* A slot may carry any codec that the offer had: its payload type tells. */
static enum hop_codec codec_of(uint8_t pt)
{
    switch (pt) {
    case HOP_CLIENT_PT_VP8:
        return HOP_CODEC_VP8;
    case HOP_CLIENT_PT_H264:
        return HOP_CODEC_H264;
    case HOP_CLIENT_PT_OPUS:
        return HOP_CODEC_OPUS;
    default:
        return HOP_CODEC_NONE;
    }
}

/* ---- packets --------------------------------------------------------------------------------- */

static void note_arrival(struct hop_client_stream *st, const struct hop_rtp_view *v, size_t len,
                         int64_t now_us)
{
    if (!st->packets) {
        st->first_us = now_us;
        st->first_seq = v->seq;
    } else if (now_us - st->newest_us > st->longest_gap_us) {
        st->longest_gap_us = now_us - st->newest_us;
    }
    st->packets++;
    st->bytes += len;
    st->newest_us = now_us;
    st->markers += v->marker;
}

static void note_csrcs(struct hop_client_receiver *r, struct hop_client_stream *st,
                       const uint8_t *packet, const struct hop_rtp_view *v)
{
    st->n_csrc = v->csrc_count;
    memset(st->csrc_level, 127, sizeof(st->csrc_level));
    for (unsigned i = 0; i < v->csrc_count; i++)
        st->csrc[i] = hop_rtp_csrc(packet, v, i);
    hop_rtp_get_mix_levels(packet, v, r->ext.mix_levels, st->csrc_level);
}

/* Sound is played as it comes; a packet that is late has been concealed already. */
static void take_sound(struct hop_client_receiver *r, struct slot *s, const uint8_t *packet,
                       const struct hop_rtp_view *v, uint64_t ext_seq)
{
    struct hop_client_stream *st = &s->stats;
    if (s->next && ext_seq < s->next)
        return;
    uint64_t missing = s->next ? ext_seq - s->next : 0;
    int32_t step = hop_ts_diff(v->timestamp, st->newest_timestamp);
    if (s->next && !v->marker && step != (int32_t)(missing + 1) * OPUS_FRAME)
        st->timestamp_breaks++;
    s->next = ext_seq + 1;
    st->newest_timestamp = v->timestamp;
    s->heard_us = st->newest_us;
    note_csrcs(r, st, packet, v);
    if (r->deaf)
        return;
    hop_client_meter_packet(s->meter, packet + v->payload_offset, v->payload_len,
                            v->marker ? 0 : (unsigned)(missing < 100 ? missing : 100));
    uint32_t decoded;
    hop_client_meter_counts(s->meter, &decoded, &st->concealed, &st->broken);
}

static void take_video(struct slot *s, const uint8_t *packet, const struct hop_rtp_view *v,
                       uint64_t ext_seq, int64_t now_us)
{
    uint32_t keys = s->frames->stats.key_frames;
    if (hop_client_frames_packet(s->frames, codec_of(v->pt), ext_seq, v->timestamp, v->marker,
                                 packet + v->payload_offset, v->payload_len, now_us))
        s->want_key = true;
    if (s->frames->stats.key_frames != keys)
        s->want_key = false;
    s->stats.newest_timestamp = v->timestamp;
    s->stats.video = s->frames->stats;
}

static void take_media(struct hop_client_receiver *r, struct slot *s, const uint8_t *packet,
                       size_t len, const struct hop_rtp_view *v, int64_t now_us)
{
    uint64_t ext_seq = 0;
    note_arrival(&s->stats, v, len, now_us);
    enum hop_recv_verdict verdict =
        hop_recv_source_packet(&s->source, v->seq, v->timestamp, len, now_us, &ext_seq);
    s->stats.duplicates += verdict == HOP_RECV_DUPLICATE;
    s->stats.late += verdict == HOP_RECV_LATE;
    s->stats.jumps += verdict == HOP_RECV_JUMP || verdict == HOP_RECV_RESTART;
    if (verdict == HOP_RECV_DUPLICATE || verdict == HOP_RECV_JUMP)
        return;
    s->stats.newest_seq = v->seq;
    s->stats.lost = hop_recv_source_lost(&s->source);
    if (s->frames ? codec_of(v->pt) == HOP_CODEC_NONE || v->pt == HOP_CLIENT_PT_OPUS
                  : v->pt != s->pt) {
        s->stats.wrong_pt++;
        return;
    }
    if (!s->frames) {
        take_sound(r, s, packet, v, ext_seq);
        return;
    }
    hop_nack_packet(&s->nack, ext_seq, false, now_us);
    take_video(s, packet, v, ext_seq, now_us);
}

static void take_repair(struct slot *s, const uint8_t *packet, const struct hop_rtp_view *v,
                        int64_t now_us)
{
    uint8_t original[HOP_MAX_DATAGRAM];
    struct hop_rtp_view view;
    uint64_t ext_seq;
    uint8_t pt = v->pt == HOP_CLIENT_PT_H264_RTX ? HOP_CLIENT_PT_H264 : HOP_CLIENT_PT_VP8;
    size_t len = hop_rtx_unwrap(packet, v, pt, s->stats.ssrc, original, sizeof(original));
    if (!len || hop_rtp_parse(original, len, &view) != 0)
        return; /* padding: a probe */
    enum hop_recv_verdict verdict = hop_recv_source_recovered(&s->source, view.seq, &ext_seq);
    if (verdict != HOP_RECV_LATE && verdict != HOP_RECV_NEW)
        return;
    s->stats.repaired++;
    hop_nack_packet(&s->nack, ext_seq, false, now_us);
    take_video(s, original, &view, ext_seq, now_us);
}

void hop_client_receiver_rtp(struct hop_client_receiver *r, uint8_t *packet, size_t len,
                             int64_t now_us)
{
    struct hop_rtp_view v;
    uint16_t twcc;
    if (hop_rtp_parse(packet, len, &v) != 0) {
        r->strange++;
        return;
    }
    if (hop_rtp_get_twcc(packet, &v, r->ext.twcc, &twcc))
        hop_twcc_recv_packet(&r->twcc, twcc, v.ssrc, len, now_us);
    for (int i = 0; i < STREAMS; i++) {
        struct slot *s = r->slots[i];
        if (!s)
            continue;
        if (s->stats.ssrc == v.ssrc) {
            take_media(r, s, packet, len, &v, now_us);
            return;
        }
        if (s->frames && s->rtx_ssrc == v.ssrc) {
            take_repair(s, packet, &v, now_us);
            return;
        }
    }
    r->strange++;
}

void hop_client_receiver_sr(struct hop_client_receiver *r, const struct hop_rtcp_sr *sr,
                            int64_t now_us)
{
    for (int i = 0; i < STREAMS; i++) {
        if (r->slots[i] && r->slots[i]->stats.ssrc == sr->ssrc)
            hop_recv_source_sr(&r->slots[i]->source, sr, now_us);
    }
}

/* ---- feedback -------------------------------------------------------------------------------- */

static void send_rtcp(struct hop_client_receiver *r, uint8_t *buf, size_t len, size_t cap)
{
    if (len && !r->mute)
        hop_client_transport_send_rtcp(r->transport, buf, len, cap);
}

static void send_reports(struct hop_client_receiver *r, int64_t now_us)
{
    struct hop_rtcp_block blocks[STREAMS];
    size_t n = 0;
    uint8_t buf[HOP_MTU + HOP_SRTP_OVERHEAD];
    for (int i = 0; i < STREAMS; i++) {
        if (r->slots[i] && hop_recv_source_report(&r->slots[i]->source, now_us, &blocks[n]))
            n++;
    }
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, HOP_MTU);
    if (hop_rtcp_write_rr(&w, r->own_ssrc, blocks, n) &&
        hop_rtcp_write_cname(&w, r->own_ssrc, "hop-client"))
        send_rtcp(r, buf, w.len, sizeof(buf));
}

static void send_slot_feedback(struct hop_client_receiver *r, struct slot *s, int64_t now_us)
{
    uint8_t buf[HOP_MTU + HOP_SRTP_OVERHEAD];
    uint16_t seqs[HOP_NACK_MAX];
    struct hop_rtcp_writer w = hop_rtcp_writer(buf, HOP_MTU);
    size_t n = hop_nack_poll(&s->nack, now_us, seqs, HOP_NACK_MAX, &s->want_key);
    if (n && !r->no_nack)
        hop_rtcp_write_nack(&w, r->own_ssrc, s->stats.ssrc, seqs, n);
    if (s->want_key && now_us - s->pli_us >= PLI_US) {
        hop_rtcp_write_pli(&w, r->own_ssrc, s->stats.ssrc);
        s->pli_us = now_us;
    }
    send_rtcp(r, buf, w.len, sizeof(buf));
}

/* While nobody talks nothing comes: what is heard then is silence, not the last word. */
static void hear_silence(struct slot *s, int64_t now_us)
{
    if (s->heard_us && now_us - s->heard_us < SILENCE_US)
        return;
    if (s->heard_us)
        hop_client_meter_silence(s->meter, (size_t)(now_us - s->heard_us) * 48 / 1000);
    s->heard_us = now_us;
}

int64_t hop_client_receiver_tick(struct hop_client_receiver *r, int64_t now_us)
{
    uint8_t buf[HOP_MTU + HOP_SRTP_OVERHEAD];
    size_t len;
    for (int i = MIX; i < STREAMS && !r->deaf; i++)
        if (r->slots[i])
            hear_silence(r->slots[i], now_us);
    if (hop_client_transport_state(r->transport) != HOP_CLIENT_LINE_CONNECTED)
        return INT64_MAX;
    for (int i = 0; i < STREAMS; i++) {
        struct slot *s = r->slots[i];
        if (!s || !s->frames)
            continue;
        if (s->want_key || hop_nack_deadline(&s->nack) <= now_us)
            send_slot_feedback(r, s, now_us);
    }
    while ((len = hop_twcc_recv_poll(&r->twcc, now_us, buf, HOP_MTU)) > 0)
        send_rtcp(r, buf, len, sizeof(buf));
    if (now_us >= r->next_report_us) {
        send_reports(r, now_us);
        r->next_report_us = now_us + r->report_us;
    }
    /* looks again soon: a gap that shows meanwhile does not move the timer */
    int64_t due = hop_twcc_recv_deadline(&r->twcc);
    int64_t soon = now_us + (r->deaf ? DEAF_TICK_US : TICK_US);
    due = r->next_report_us < due ? r->next_report_us : due;
    return due < soon ? due : soon;
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct hop_client_stream *hop_client_receiver_mix(const struct hop_client_receiver *r)
{
    return r->slots[MIX] ? &r->slots[MIX]->stats : NULL;
}

const struct hop_client_stream *hop_client_receiver_slot(const struct hop_client_receiver *r,
                                                         unsigned slot)
{
    return slot < HOP_MAX_SLOTS && r->slots[slot] ? &r->slots[slot]->stats : NULL;
}

const struct hop_client_stream *hop_client_receiver_voice(const struct hop_client_receiver *r,
                                                          unsigned slot)
{
    return slot < HOP_MAX_VOICES && r->slots[VOICES + slot] ? &r->slots[VOICES + slot]->stats
                                                            : NULL;
}

double hop_client_receiver_tone_db(const struct hop_client_receiver *r, double hz, size_t samples)
{
    double best = hop_client_meter_tone_db(r->meter, hz, samples);
    for (int i = VOICES; i < STREAMS; i++) {
        double db = r->slots[i] ? hop_client_meter_tone_db(r->slots[i]->meter, hz, samples) : -200;
        best = db > best ? db : best;
    }
    return best;
}

struct hop_client_meter *hop_client_receiver_meter(struct hop_client_receiver *r)
{
    return r->meter;
}

uint64_t hop_client_receiver_strange(const struct hop_client_receiver *r)
{
    return r->strange;
}

void hop_client_receiver_set_nack(struct hop_client_receiver *r, bool on)
{
    r->no_nack = !on;
}

void hop_client_receiver_set_mute(struct hop_client_receiver *r, bool mute)
{
    r->mute = mute;
}

void hop_client_receiver_set_deaf(struct hop_client_receiver *r, bool deaf)
{
    r->deaf = deaf;
}

void hop_client_receiver_set_report_us(struct hop_client_receiver *r, int64_t us)
{
    r->report_us = us;
}

void hop_client_receiver_ask_keyframe(struct hop_client_receiver *r, unsigned slot)
{
    if (slot < HOP_MAX_SLOTS && r->slots[slot])
        r->slots[slot]->want_key = true;
}
