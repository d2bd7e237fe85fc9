/* modules: hop_media_bwe hop_media_rtp */
/* One input is one compound RTCP packet from the network: every reader on every packet of it, and
 * the state that transport-cc feedback and reports change. */
#include "media/bwe/twcc_send.h"
#include "media/rtp/source.h"
#include "media/rtp/twcc.h"

#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feedback(const struct hop_rtcp_fb *fb, struct hop_twcc_send *send)
{
    uint16_t seqs[64];
    uint32_t ssrcs[8], ssrc;
    uint64_t bps;
    size_t n;
    uint8_t seq;
    CHECK(hop_rtcp_read_nack(fb, seqs, 64) <= 64);
    for (unsigned i = 0; hop_rtcp_read_fir(fb, i, &ssrc, &seq); i++)
        CHECK(i < fb->fci_len / 8);
    if (hop_rtcp_read_remb(fb, &bps, ssrcs, 8, &n))
        CHECK(n <= 8);
    struct hop_twcc_iter it;
    struct hop_twcc_status s;
    if (hop_twcc_begin(fb, &it)) {
        unsigned count = 0;
        while (hop_twcc_next(&it, &s))
            count++;
        CHECK(count == it.header.count);
        CHECK(it.delta == it.delta_end && it.chunk <= it.chunk_end);
    }
    struct hop_twcc_sample samples[64];
    CHECK(hop_twcc_send_feedback(send, fb, 9000000, samples, 64) <= 64);
    CHECK(send->acked + send->lost <= 1000);
    (void)hop_twcc_send_acked_bps(send, 9000000);
    CHECK(hop_twcc_send_loss_permille(send) <= 1000);
}

static void reports(const struct hop_rtcp_packet *p, struct hop_send_source *send,
                    struct hop_recv_source *recv)
{
    struct hop_rtcp_sr sr;
    struct hop_rtcp_block block;
    uint32_t ssrc, timestamp;
    int64_t wall;
    (void)hop_rtcp_read_rr(p, &ssrc);
    if (hop_rtcp_read_sr(p, &sr)) {
        hop_recv_source_sr(recv, &sr, 5000000);
        (void)hop_recv_source_wall(recv, sr.packets, &wall);
        (void)hop_recv_source_timestamp(recv, 1700000000000000, &timestamp);
    }
    for (unsigned i = 0; hop_rtcp_read_block(p, i, &block); i++) {
        (void)hop_send_source_report(send, &block, 7000000);
        CHECK(send->rtt_us >= 0 && block.lost >= -0x800000 && block.lost <= 0x7fffff);
    }
    for (unsigned i = 0; hop_rtcp_read_bye(p, i, &ssrc); i++)
        CHECK(i < 31);
    size_t offset = 0;
    const uint8_t *cname;
    uint8_t len;
    while (hop_rtcp_read_cname(p, &offset, &ssrc, &cname, &len))
        CHECK(cname >= p->body && cname + len < p->body + p->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hop_twcc_send twcc;
    struct hop_send_source send;
    struct hop_recv_source recv;
    struct hop_rtcp_sr sr;
    uint64_t ext;
    hop_twcc_send_init(&twcc);
    for (int i = 0; i < 1000; i++)
        (void)hop_twcc_send_packet(&twcc, 1000, 8000000 + i);
    hop_send_source_init(&send, 1, 48000);
    hop_send_source_packet(&send, 0, 1, 1, 1000000);
    (void)hop_send_source_sr(&send, 1000000, 1700000000000000, &sr);
    hop_recv_source_init(&recv, 1, 90000);
    (void)hop_recv_source_packet(&recv, 1, 1, 1, 1000000, &ext);
    struct hop_rtcp_iter it = hop_rtcp_begin(data, size);
    struct hop_rtcp_packet p;
    struct hop_rtcp_fb fb;
    bool any = false;
    while (hop_rtcp_next(&it, &p)) {
        any = true;
        CHECK(p.body + p.len <= data + size);
        reports(&p, &send, &recv);
        if (hop_rtcp_read_fb(&p, &fb))
            feedback(&fb, &twcc);
    }
    CHECK(hop_rtcp_check(data, size) == (any && !it.malformed));
    hop_twcc_send_deinit(&twcc);
    return 0;
}
