/* See recv.h. */
#include "bench/load/recv.h"

#include "bench/load/link.h"
#include "bench/load/send.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "media/codec/vp8.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"

#include <stdlib.h>
#include <string.h>

#define REPORT_US ((int64_t)1000000)
#define PLI_US    ((int64_t)300000)

void hop_load_receiver_init(struct hop_load_receiver *r, struct hop_load_link *link)
{
    r->link = link;
    r->own_ssrc = hop_random32() | 1;
    r->report_us = INT64_MAX;
    hop_twcc_recv_init(&r->twcc, r->own_ssrc);
}

void hop_load_receiver_deinit(struct hop_load_receiver *r)
{
    for (uint8_t i = 0; i < r->n_streams; i++) {
        free(r->streams[i]->nack);
        free(r->streams[i]);
    }
}

void hop_load_receiver_describe(struct hop_load_receiver *r,
                                const struct hop_client_answer_line *line,
                                const struct hop_ext_ids *ext)
{
    bool audio = line->codec == HOP_CODEC_OPUS;
    r->twcc_id = ext->twcc;
    r->kinds[line->pt & 127] = audio ? HOP_LOAD_SOUND : HOP_LOAD_PICTURE;
    if (line->rtx_pt < 128) {
        r->kinds[line->rtx_pt] = HOP_LOAD_REPAIR;
        r->repaired_pt[line->rtx_pt] = line->pt;
    }
    if (line->rtx_ssrc && r->n_pairs < HOP_LOAD_STREAMS) {
        r->pairs[r->n_pairs].rtx = line->rtx_ssrc;
        r->pairs[r->n_pairs++].media = line->ssrc;
    }
}

/* Everyone's reports at a time of his own. */
void hop_load_receiver_begin(struct hop_load_receiver *r, int64_t now_us)
{
    r->report_us = now_us + (int64_t)(hop_random32() % (uint32_t)REPORT_US);
}

/* ---- streams --------------------------------------------------------------------------------- */

static struct hop_load_stream *find(struct hop_load_receiver *r, uint32_t ssrc)
{
    if (r->n_streams > 0 && r->streams[r->last]->ssrc == ssrc)
        return r->streams[r->last];
    for (uint8_t i = 0; i < r->n_streams; i++)
        if (r->streams[i]->ssrc == ssrc)
            return r->streams[r->last = i];
    return NULL;
}

static struct hop_load_stream *find_or_make(struct hop_load_receiver *r, uint32_t ssrc, uint8_t pt)
{
    struct hop_load_stream *s = find(r, ssrc);
    if (s || r->n_streams == HOP_LOAD_STREAMS)
        return s;
    s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->ssrc = ssrc;
    s->pt = pt;
    s->audio = r->kinds[pt] == HOP_LOAD_SOUND;
    hop_recv_source_init(&s->source, ssrc, s->audio ? 48000 : 90000);
    if (!s->audio) {
        s->nack = calloc(1, sizeof(*s->nack));
        if (!s->nack)
            abort();
        hop_nack_init(s->nack, 0);
    }
    return r->streams[r->n_streams++] = s;
}

/* ---- packets --------------------------------------------------------------------------------- */

/* When the first key frame is whole; by then a decoder has something to show. */
static void look_for_key(struct hop_load_receiver *r, struct hop_load_stream *s,
                         const uint8_t *packet, const struct hop_rtp_view *v, uint64_t ext_seq,
                         int64_t now_us)
{
    struct hop_vp8_desc d;
    if (r->first_key_us)
        return;
    if (hop_vp8_parse(packet + v->payload_offset, v->payload_len, &d) == 0 && d.keyframe) {
        s->has_key = true;
        s->key_seq = ext_seq;
        s->key_timestamp = v->timestamp;
        s->key_packets = s->key_end = 0;
    }
    if (!s->has_key || v->timestamp != s->key_timestamp)
        return;
    s->key_packets++;
    if (v->marker)
        s->key_end = (uint32_t)(ext_seq - s->key_seq + 1);
    if (s->key_end && s->key_packets >= s->key_end)
        r->first_key_us = now_us;
}

static void count_video(struct hop_load_receiver *r, const uint8_t *payload, size_t len,
                        bool opened, int64_t at_us)
{
    struct hop_load_world *w = r->link->world;
    int64_t sent_us = at_us;
    if (opened && !hop_load_stamp_read(payload, len, at_us, &sent_us)) {
        w->counts.strange++;
        return;
    }
    if (!hop_load_in_window(w, sent_us))
        return;
    r->video++;
    if (!r->counts)
        return;
    w->counts.video++;
    w->counts.video_bytes += len;
    w->counts.unopened += !opened;
    if (opened)
        hop_histogram_add(&w->delays, at_us - sent_us);
}

static void listen_for(struct hop_load_receiver *r, const uint8_t *payload, size_t len)
{
    struct bench_tone_delay delay;
    if (len > 0 && bench_tone_hear(r->timed, payload, len, hop_now_us(), &delay))
        bench_delays_add(&r->link->world->tones, &delay);
}

static void take_media(struct hop_load_receiver *r, const uint8_t *packet, size_t len,
                       const struct hop_rtp_view *v, bool opened, int64_t at_us, int64_t now_us)
{
    struct hop_load_world *w = r->link->world;
    struct hop_load_stream *s = find_or_make(r, v->ssrc, v->pt);
    uint64_t ext_seq = 0;
    if (!s)
        return;
    enum hop_recv_verdict verdict =
        hop_recv_source_packet(&s->source, v->seq, v->timestamp, len, now_us, &ext_seq);
    w->counts.duplicates += verdict == HOP_RECV_DUPLICATE;
    w->counts.late += verdict == HOP_RECV_LATE;
    if (verdict == HOP_RECV_DUPLICATE || verdict == HOP_RECV_JUMP)
        return;
    if (s->audio) {
        r->first_audio_us = r->first_audio_us ? r->first_audio_us : now_us;
        if (hop_load_in_window(w, at_us)) {
            r->audio++;
            w->counts.audio += r->counts;
        }
        if (r->timed && opened)
            listen_for(r, packet + v->payload_offset, v->payload_len);
        return;
    }
    r->first_video_us = r->first_video_us ? r->first_video_us : now_us;
    hop_nack_packet(s->nack, ext_seq, false, now_us);
    if (opened)
        look_for_key(r, s, packet, v, ext_seq, now_us);
    count_video(r, packet + v->payload_offset, v->payload_len, opened, at_us);
}

static void take_repair(struct hop_load_receiver *r, const uint8_t *packet,
                        const struct hop_rtp_view *v, bool opened, int64_t at_us, int64_t now_us)
{
    struct hop_load_stream *s = NULL;
    struct hop_rtp_view view;
    uint8_t original[HOP_MAX_DATAGRAM];
    uint64_t ext_seq;
    for (uint8_t i = 0; i < r->n_pairs && !s; i++)
        if (r->pairs[i].rtx == v->ssrc)
            s = find(r, r->pairs[i].media);
    size_t len = !s || !opened ? 0
                               : hop_rtx_unwrap(packet, v, r->repaired_pt[v->pt], s->ssrc, original,
                                                sizeof(original));
    if (!len || hop_rtp_parse(original, len, &view) != 0)
        return; /* padding, as probes are */
    enum hop_recv_verdict verdict = hop_recv_source_recovered(&s->source, view.seq, &ext_seq);
    if (verdict != HOP_RECV_LATE && verdict != HOP_RECV_NEW)
        return;
    r->link->world->counts.repaired++;
    hop_nack_packet(s->nack, ext_seq, false, now_us);
    look_for_key(r, s, original, &view, ext_seq, now_us);
    count_video(r, original + view.payload_offset, view.payload_len, true, at_us);
}

void hop_load_receiver_rtp(struct hop_load_receiver *r, const uint8_t *packet, size_t len,
                           bool opened, int64_t at_us, int64_t now_us)
{
    struct hop_rtp_view v;
    uint16_t twcc;
    if (hop_rtp_parse(packet, len, &v) != 0) {
        r->link->world->counts.bad++;
        return;
    }
    if (hop_rtp_get_twcc(packet, &v, r->twcc_id, &twcc))
        hop_twcc_recv_packet(&r->twcc, twcc, v.ssrc, len, now_us - (hop_wall_us() - at_us));
    if (r->kinds[v.pt] == HOP_LOAD_REPAIR)
        take_repair(r, packet, &v, opened, at_us, now_us);
    else if (r->kinds[v.pt] != HOP_LOAD_NOTHING)
        take_media(r, packet, len, &v, opened, at_us, now_us);
    else
        r->link->world->counts.bad++;
}

void hop_load_receiver_sr(struct hop_load_receiver *r, const struct hop_rtcp_sr *sr, int64_t now_us)
{
    struct hop_load_stream *s = find(r, sr->ssrc);
    if (s)
        hop_recv_source_sr(&s->source, sr, now_us);
}

/* ---- feedback -------------------------------------------------------------------------------- */

static void send_rtcp(struct hop_load_receiver *r, uint8_t *slot, size_t len)
{
    if (len > 0 && hop_load_link_send(r->link, slot, len, true))
        r->link->world->counts.feedback++;
}

static void send_reports(struct hop_load_receiver *r, int64_t now_us)
{
    struct hop_rtcp_block blocks[HOP_RTCP_MAX_BLOCKS];
    size_t n = 0;
    for (uint8_t i = 0; i < r->n_streams && n < HOP_RTCP_MAX_BLOCKS; i++)
        n += hop_recv_source_report(&r->streams[i]->source, now_us, &blocks[n]);
    uint8_t *slot = hop_load_net_slot(r->link->world->net);
    struct hop_rtcp_writer w = hop_rtcp_writer(slot, HOP_MTU);
    if (hop_rtcp_write_rr(&w, r->own_ssrc, blocks, n) &&
        hop_rtcp_write_cname(&w, r->own_ssrc, "hop-load"))
        send_rtcp(r, slot, w.len);
}

static void complain(struct hop_load_receiver *r, struct hop_load_stream *s, int64_t now_us)
{
    struct hop_load_counts *counts = &r->link->world->counts;
    uint16_t seqs[HOP_NACK_MAX];
    size_t n = hop_nack_poll(s->nack, now_us, seqs, HOP_NACK_MAX, &s->want_key);
    uint8_t *slot = hop_load_net_slot(r->link->world->net);
    struct hop_rtcp_writer w = hop_rtcp_writer(slot, HOP_MTU);
    if (n > 0) {
        hop_rtcp_write_nack(&w, r->own_ssrc, s->ssrc, seqs, n);
        counts->nacked += n;
    }
    if (s->want_key && now_us - s->pli_us >= PLI_US) {
        hop_rtcp_write_pli(&w, r->own_ssrc, s->ssrc);
        s->pli_us = now_us;
        s->want_key = false;
        counts->pli++;
    }
    send_rtcp(r, slot, w.len);
}

void hop_load_receiver_tick(struct hop_load_receiver *r, int64_t now_us)
{
    for (uint8_t i = 0; i < r->n_streams; i++) {
        struct hop_load_stream *s = r->streams[i];
        if (s->nack && (s->want_key || hop_nack_deadline(s->nack) <= now_us))
            complain(r, s, now_us);
    }
    for (;;) {
        uint8_t *slot = hop_load_net_slot(r->link->world->net);
        size_t len = hop_twcc_recv_poll(&r->twcc, now_us, slot, HOP_MTU);
        if (len == 0)
            break;
        send_rtcp(r, slot, len);
    }
    if (now_us >= r->report_us) {
        r->report_us = now_us + REPORT_US;
        send_reports(r, now_us);
    }
}

int64_t hop_load_receiver_due(const struct hop_load_receiver *r)
{
    int64_t due = hop_twcc_recv_deadline(&r->twcc);
    due = r->report_us < due ? r->report_us : due;
    for (uint8_t i = 0; i < r->n_streams; i++) {
        const struct hop_load_stream *s = r->streams[i];
        int64_t nack = !s->nack      ? INT64_MAX
                       : s->want_key ? s->pli_us + PLI_US
                                     : hop_nack_deadline(s->nack);
        due = nack < due ? nack : due;
    }
    return due;
}

int64_t hop_load_receiver_lost(const struct hop_load_receiver *r, bool audio)
{
    int64_t lost = 0;
    for (uint8_t i = 0; i < r->n_streams; i++) {
        const struct hop_recv_source *s = &r->streams[i]->source;
        if (r->streams[i]->audio == audio)
            lost += hop_recv_source_lost(s) - (int64_t)s->recovered;
    }
    return lost;
}
