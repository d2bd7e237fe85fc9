/* modules: hop_media_rtp */
/* One input is one packet from the network: everything that reads RTP, and what is then done with a
 * packet that parses (retransmission, padding, rewriting, numbering). */
#include "media/rtp/cache.h"
#include "media/rtp/demux.h"
#include "media/rtp/rtx.h"
#include "media/rtp/source.h"

#include "tests/fuzz/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void extensions(const uint8_t *p, const struct hop_rtp_view *v)
{
    static const struct hop_ext_ids ids = { 1, 2, 3, 4, 5, 6, 7, 8 };
    struct hop_rtp_ext_iter it = hop_rtp_ext_begin(p, v);
    struct hop_rtp_ext e;
    const uint8_t *end = p + v->ext_offset + v->ext_len;
    unsigned sum = 0;
    while (hop_rtp_ext_next(&it, &e)) {
        CHECK(e.id != 0 && e.data + e.len <= end);
        for (unsigned i = 0; i < e.len; i++)
            sum += e.data[i];
    }
    struct hop_rtp_exts x;
    hop_rtp_read_exts(p, v, &ids, &x);
    CHECK(strlen(x.mid) <= HOP_MAX_MID && strlen(x.rid) <= HOP_MAX_MID);
    uint8_t levels[HOP_RTP_MAX_CSRC];
    sum += (unsigned)hop_rtp_get_mix_levels(p, v, (uint8_t)sum, levels);
    (void)sum;
}

static void retransmission(const uint8_t *p, size_t len, const struct hop_rtp_view *v)
{
    uint8_t rtx[2048], back[2048];
    struct hop_rtp_view r, b;
    size_t n = hop_rtx_wrap(p, v, 97, 5, 6, rtx, sizeof rtx);
    if (n == 0)
        return;
    CHECK(n <= len + HOP_RTX_OSN && hop_rtp_parse(rtx, n, &r) == 0);
    n = hop_rtx_unwrap(rtx, &r, v->pt, v->ssrc, back, sizeof back);
    if (v->payload_len == 0) {
        CHECK(n == 0);
        return;
    }
    CHECK(hop_rtp_parse(back, n, &b) == 0);
    CHECK(b.seq == v->seq && b.payload_len == v->payload_len);
    CHECK(memcmp(back + b.payload_offset, p + v->payload_offset, b.payload_len) == 0);
    n = hop_rtx_unwrap(p, v, 96, 1, back, sizeof back);
    CHECK(n == 0 || hop_rtp_parse(back, n, &b) == 0);
}

static void padding(const uint8_t *p, size_t len, const struct hop_rtp_view *v)
{
    uint8_t copy[2048];
    struct hop_rtp_view w;
    memcpy(copy, p, len);
    size_t n = hop_rtp_pad(copy, len, sizeof copy, len + v->seq % 300u);
    CHECK(hop_rtp_parse(copy, n, &w) == 0);
    CHECK(w.payload_len == v->payload_len && w.payload_offset == v->payload_offset);
}

/* The input as a row of packets (number, timestamp): state must stay within its bounds. */
static void numbers(const uint8_t *data, size_t size)
{
    struct hop_recv_source s;
    struct hop_seq_map map;
    struct hop_rtcp_block block;
    int64_t now = 0;
    uint64_t newest = 0;
    hop_recv_source_init(&s, 1, 90000);
    hop_seq_map_init(&map, 100);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint64_t ext = 0;
        uint16_t seq = (uint16_t)(data[i] << 8 | data[i + 1]), out;
        now += data[i + 2] * 1000;
        enum hop_recv_verdict v =
            hop_recv_source_packet(&s, seq, data[i + 3] * 1000u, 100, now, &ext);
        if (v == HOP_RECV_JUMP)
            continue;
        CHECK((uint16_t)ext == seq);
        if (v == HOP_RECV_NEW || v == HOP_RECV_RESTART) {
            CHECK(ext > newest);
            newest = ext;
        }
        if (v == HOP_RECV_RESTART)
            hop_seq_map_switch(&map, ext);
        if (data[i + 3] & 1)
            hop_seq_map_drop(&map, ext);
        else if (v != HOP_RECV_DUPLICATE)
            (void)hop_seq_map_in(&map, ext, &out);
    }
    (void)hop_recv_source_report(&s, now, &block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1500)
        return 0;
    numbers(data, size);
    struct hop_rtp_view v;
    if (hop_rtp_parse(data, size, &v) != 0)
        return 0;
    enum hop_demux kind = hop_demux(data, size);
    CHECK(kind == HOP_DEMUX_RTP || kind == HOP_DEMUX_RTCP);
    CHECK((size_t)v.payload_offset + v.payload_len + v.padding == size);
    for (unsigned i = 0; i <= v.csrc_count; i++)
        (void)hop_rtp_csrc(data, &v, i);
    extensions(data, &v);
    retransmission(data, size, &v);
    padding(data, size, &v);
    return 0;
}
