/* What a client receives: slots with repair, the mix, and the judgement of what came; see sim.h. */
#include "tests/sim/sim.h"

#include "media/base/bytes.h"
#include "media/codec/vp8.h"
#include "media/rtp/rtcp_write.h"
#include "media/rtp/rtp.h"
#include "media/rtp/rtx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void sim_receive_init(struct sim_client *client)
{
    for (uint8_t i = 0; i < client->desc.n_slots; i++) {
        struct sim_slot *slot = &client->slots[i];
        slot->ssrc = client->local.slots[i].ssrc;
        slot->rtx_ssrc = client->local.slots[i].rtx_ssrc;
        hop_recv_source_init(&slot->recv, slot->ssrc, 90000);
        hop_nack_init(&slot->nack, 0);
        slot->records = calloc(SIM_MAX_RECORDS, sizeof(*slot->records));
        slot->have = calloc(SIM_MAX_RECORDS, sizeof(*slot->have));
        assert_true(slot->records && slot->have);
    }
    hop_recv_source_init(&client->mix, client->local.mix_ssrc, 48000);
    hop_twcc_recv_init(&client->twcc, 1);
}

void sim_receive_free(struct sim_client *client)
{
    for (int i = 0; i < HOP_MAX_SLOTS; i++) {
        free(client->slots[i].records);
        free(client->slots[i].have);
        client->slots[i].records = NULL;
        client->slots[i].have = NULL;
    }
    free(client->queue.waits_us);
    client->queue.waits_us = NULL;
}

/* ---- pictures -------------------------------------------------------------------------------- */

static const uint8_t *find_signature(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i + 12 <= len && i < 64; i++)
        if (p[i] == 0x5a && p[i + 11] == 0xa5)
            return p + i;
    return NULL;
}

static void complain(struct sim_client *client, struct sim_slot *slot)
{
    uint8_t packet[64];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_pli(&w, 1, slot->ssrc);
    sim_uplink(client, packet, w.len);
    slot->plis++;
}

static void record(struct sim_slot *slot, uint64_t ext, const uint8_t *packet,
                   const struct hop_rtp_view *view, bool vp8, int64_t now_us)
{
    const uint8_t *payload = packet + view->payload_offset;
    const uint8_t *s = find_signature(payload, view->payload_len);
    assert_true(s || view->payload_len == 0);
    if (!slot->any || ext < slot->first) {
        /* Only the very first packets may come in the wrong order. */
        uint64_t by = slot->any ? slot->first - ext : 0;
        assert_true(by < 1000);
        memmove(slot->records + by, slot->records, (SIM_MAX_RECORDS - by) * sizeof(*slot->records));
        memmove(slot->have + by, slot->have, (SIM_MAX_RECORDS - by) * sizeof(*slot->have));
        memset(slot->have, 0, by * sizeof(*slot->have));
        slot->first = ext;
    }
    if (!slot->any || ext > slot->newest)
        slot->newest = ext;
    slot->any = true;
    uint64_t at = ext - slot->first;
    assert_true(at < SIM_MAX_RECORDS && !slot->have[at]);
    struct sim_record *r = &slot->records[at];
    slot->have[at] = true;
    if (!s) {
        *r = (struct sim_record){ .at_us = now_us, .seq = view->seq, .filler = true };
        return;
    }
    *r = (struct sim_record){ .at_us = now_us,
                              .seq = view->seq,
                              .timestamp = view->timestamp,
                              .marker = view->marker,
                              .key = s[10],
                              .publisher = s[1],
                              .source = s[2],
                              .layer = s[3],
                              .frame = hop_get32(s + 4),
                              .needs = hop_get32(s + 12),
                              .at = s[8],
                              .of = s[9],
                              .vp8 = vp8 };
    if (!vp8)
        return;
    struct hop_vp8_desc desc;
    assert_int_equal(hop_vp8_parse(payload, view->payload_len, &desc), 0);
    assert_int_equal(desc.keyframe, s[10] && s[8] == 0);
    r->picture = desc.picture;
    r->tl0 = desc.tl0;
    r->tid = desc.tid;
}

static bool is_pt(const struct hop_slot_desc *desc, uint8_t pt, bool rtx, enum hop_codec *codec,
                  uint8_t *original)
{
    for (uint8_t c = 0; c < desc->n_codecs; c++)
        if ((rtx ? desc->codecs[c].rtx_pt : desc->codecs[c].pt) == pt) {
            *codec = desc->codecs[c].codec;
            *original = desc->codecs[c].pt;
            return true;
        }
    return false;
}

static void receive_slot(struct sim_client *client, uint8_t index, const uint8_t *packet,
                         size_t len, struct hop_rtp_view *view)
{
    struct sim_slot *slot = &client->slots[index];
    bool rtx = view->ssrc == slot->rtx_ssrc;
    enum hop_codec codec = HOP_CODEC_NONE;
    uint8_t pt = 0;
    assert_true(is_pt(&client->desc.slots[index], view->pt, rtx, &codec, &pt));
    char mid[HOP_MAX_MID + 1];
    assert_true(hop_rtp_get_token(packet, view, client->desc.ext.mid, mid));
    assert_string_equal(mid, client->desc.slots[index].mid);
    uint8_t unwrapped[HOP_MAX_DATAGRAM];
    if (rtx) {
        if (view->payload_len == 0)
            return; /* padding: a probe */
        len = hop_rtx_unwrap(packet, view, pt, slot->ssrc, unwrapped, sizeof(unwrapped));
        assert_true(len > 0);
        packet = unwrapped;
        assert_int_equal(hop_rtp_parse(packet, len, view), 0);
    }
    uint64_t ext;
    enum hop_recv_verdict verdict =
        rtx ? hop_recv_source_recovered(&slot->recv, view->seq, &ext)
            : hop_recv_source_packet(&slot->recv, view->seq, view->timestamp, len,
                                     client->sim->now_us, &ext);
    if (verdict == HOP_RECV_DUPLICATE) {
        assert_true(rtx); /* the same number twice under one key would be a broken cipher */
        return;
    }
    assert_true(verdict == HOP_RECV_NEW || verdict == HOP_RECV_LATE);
    slot->repaired += rtx;
    hop_nack_packet(&slot->nack, ext, false, client->sim->now_us);
    bool first = !slot->any;
    bool overtaken = slot->any && ext < slot->first;
    record(slot, ext, packet, view, codec == HOP_CODEC_VP8, client->sim->now_us);
    if (first && slot->records[0].at != 0)
        complain(client, slot); /* the beginning was lost, and cannot be asked for */
    if (overtaken) {
        hop_nack_reset(&slot->nack);
        for (uint64_t at = 0; at <= slot->newest - slot->first; at++)
            if (slot->have[at])
                hop_nack_packet(&slot->nack, slot->first + at, false, client->sim->now_us);
    }
}

/* ---- sound ----------------------------------------------------------------------------------- */

static void check_contributors(struct sim_client *client, const uint8_t *packet,
                               const struct hop_rtp_view *view)
{
    uint8_t levels[HOP_RTP_MAX_CSRC];
    size_t n = hop_rtp_get_mix_levels(packet, view, client->desc.ext.mix_levels, levels);
    client->mix_wrong_csrc += view->csrc_count != view->payload_len;
    client->mix_level_errors += n != view->csrc_count;
    for (unsigned i = 0; i < view->csrc_count && i < view->payload_len; i++) {
        uint8_t who = packet[view->payload_offset + i];
        assert_true(who < SIM_MAX_CLIENTS);
        client->mix_wrong_csrc +=
            hop_rtp_csrc(packet, view, i) != hop_route_csrc(client->sim->clients[who].id);
        client->mix_level_errors += i < n && levels[i] != 20 + who;
    }
}

static void receive_mix(struct sim_client *client, const uint8_t *packet,
                        const struct hop_rtp_view *view)
{
    assert_int_equal(view->pt, client->desc.mix_pt);
    for (unsigned i = 0; i < view->payload_len; i++)
        client->mix_own += packet[view->payload_offset + i] == client->index;
    if (client->mix_packets > 0 && view->seq != (uint16_t)(client->mix_seq + 1))
        client->mix_gaps++;
    if (client->mix_packets > 0 && hop_ts_diff(view->timestamp, client->mix_timestamp) <= 0)
        client->mix_gaps++;
    client->mix_seq = view->seq;
    client->mix_timestamp = view->timestamp;
    client->mix_packets++;
    check_contributors(client, packet, view);
    uint64_t ext;
    hop_recv_source_packet(&client->mix, view->seq, view->timestamp, view->payload_len,
                           client->sim->now_us, &ext);
}

void sim_receive_rtp(struct sim_client *client, const uint8_t *packet, size_t len)
{
    struct hop_rtp_view view;
    assert_int_equal(hop_rtp_parse(packet, len, &view), 0);
    uint16_t number;
    uint32_t abs;
    assert_true(hop_rtp_get_twcc(packet, &view, client->desc.ext.twcc, &number));
    assert_true(hop_rtp_get_abs_send_time(packet, &view, client->desc.ext.abs_send_time, &abs));
    if (client->twcc_seen && number != (uint16_t)(client->twcc_last + 1))
        client->twcc_gaps++;
    hop_twcc_recv_packet(&client->twcc, number, view.ssrc, len, client->sim->now_us);
    client->twcc_seen = true;
    client->twcc_last = number;
    if (view.ssrc == client->local.mix_ssrc) {
        receive_mix(client, packet, &view);
        return;
    }
    for (uint8_t i = 0; i < client->desc.n_slots; i++)
        if (view.ssrc == client->slots[i].ssrc || view.ssrc == client->slots[i].rtx_ssrc) {
            receive_slot(client, i, packet, len, &view);
            return;
        }
    fail_msg("packet with an SSRC that was never announced");
}

/* ---- feedback -------------------------------------------------------------------------------- */

void sim_receive_rtcp(struct sim_client *client, const uint8_t *packet, size_t len)
{
    struct hop_rtcp_iter iter = hop_rtcp_begin(packet, len);
    struct hop_rtcp_packet one;
    struct hop_rtcp_sr sr;
    while (hop_rtcp_next(&iter, &one)) {
        client->reports += one.type == HOP_RTCP_SR || one.type == HOP_RTCP_RR;
        if (!hop_rtcp_read_sr(&one, &sr))
            continue;
        if (sr.ssrc == client->local.mix_ssrc)
            hop_recv_source_sr(&client->mix, &sr, client->sim->now_us);
        for (uint8_t i = 0; i < client->desc.n_slots; i++)
            if (sr.ssrc == client->slots[i].ssrc)
                hop_recv_source_sr(&client->slots[i].recv, &sr, client->sim->now_us);
    }
}

static void ask_repair(struct sim_client *client, struct sim_slot *slot)
{
    int64_t now_us = client->sim->now_us;
    if (!client->repairs || now_us < hop_nack_deadline(&slot->nack))
        return;
    uint16_t missing[HOP_NACK_MAX];
    uint8_t packet[HOP_MTU];
    bool hopeless = false;
    size_t n = hop_nack_poll(&slot->nack, now_us, missing, HOP_NACK_MAX, &hopeless);
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    if (n > 0)
        hop_rtcp_write_nack(&w, 1, slot->ssrc, missing, n);
    if (w.len > 0)
        sim_uplink(client, packet, w.len);
    if (hopeless)
        complain(client, slot);
}

void sim_receive_poll(struct sim_client *client)
{
    int64_t now_us = client->sim->now_us;
    for (uint8_t i = 0; i < client->desc.n_slots; i++)
        ask_repair(client, &client->slots[i]);
    uint8_t feedback[HOP_MTU];
    size_t len;
    while (!client->mute_twcc &&
           (len = hop_twcc_recv_poll(&client->twcc, now_us, feedback, sizeof(feedback))) > 0)
        sim_uplink(client, feedback, len);
    if (now_us < client->report_us)
        return;
    client->report_us = now_us + 1000000;
    struct hop_rtcp_block blocks[HOP_RTCP_MAX_BLOCKS];
    size_t n = 0;
    if (hop_recv_source_report(&client->mix, now_us, &blocks[n]))
        n++;
    /* more slots than blocks (RFC 3550 §6.4.2): the first ones are told of */
    for (uint8_t i = 0; i < client->desc.n_slots && n < HOP_RTCP_MAX_BLOCKS; i++)
        if (hop_recv_source_report(&client->slots[i].recv, now_us, &blocks[n]))
            n++;
    uint8_t packet[HOP_MTU];
    struct hop_rtcp_writer w = hop_rtcp_writer(packet, sizeof(packet));
    hop_rtcp_write_rr(&w, 1, blocks, n);
    hop_rtcp_write_cname(&w, 1, "sim");
    sim_uplink(client, packet, w.len);
}
