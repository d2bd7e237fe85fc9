/* The RTP header: reading it into a view of offsets, writing a fresh one, padding.
 * RFC 3550 §5.1, §5.3.1; RFC 8285 §4.2, §4.3. Called by the route, the client and the tests. */
#include "media/rtp/rtp.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <string.h>

enum { ONE_BYTE = 0xbede, TWO_BYTE = 0x1000 };

int hop_rtp_parse(const uint8_t *packet, size_t len, struct hop_rtp_view *out)
{
    if (len < HOP_RTP_FIXED || len > UINT16_MAX || packet[0] >> 6 != 2)
        return -EINVAL;
    struct hop_rtp_view v = {
        .pt = packet[1] & 0x7f,
        .marker = packet[1] >> 7,
        .seq = hop_get16(packet + 2),
        .timestamp = hop_get32(packet + 4),
        .ssrc = hop_get32(packet + 8),
        .csrc_count = packet[0] & 0x0f,
    };
    size_t at = HOP_RTP_FIXED + 4u * v.csrc_count;
    if (packet[0] & 0x10) {
        if (at + 4 > len)
            return -EINVAL;
        v.ext_profile = hop_get16(packet + at);
        size_t ext_len = 4u * hop_get16(packet + at + 2);
        at += 4;
        if (ext_len > len - at)
            return -EINVAL;
        v.ext_offset = (uint16_t)at;
        v.ext_len = (uint16_t)ext_len;
        at += ext_len;
    }
    if (at > len)
        return -EINVAL;
    if (packet[0] & 0x20) {
        v.padding = packet[len - 1];
        if (v.padding == 0 || v.padding > len - at)
            return -EINVAL;
    }
    v.payload_offset = (uint16_t)at;
    v.payload_len = (uint16_t)(len - at - v.padding);
    *out = v;
    return 0;
}

uint32_t hop_rtp_csrc(const uint8_t *packet, const struct hop_rtp_view *view, unsigned i)
{
    return i < view->csrc_count ? hop_get32(packet + HOP_RTP_FIXED + 4u * i) : 0;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

void hop_rtp_header_init(struct hop_rtp_header *h, uint8_t pt, bool marker, uint16_t seq,
                         uint32_t timestamp, uint32_t ssrc)
{
    h->pt = pt & 0x7f;
    h->marker = marker;
    h->seq = seq;
    h->timestamp = timestamp;
    h->ssrc = ssrc;
    h->n_csrc = 0;
    h->n_ext = 0;
    h->store_len = 0;
}

bool hop_rtp_header_add(struct hop_rtp_header *h, uint8_t id, const void *data, size_t len)
{
    if (id == 0)
        return true;
    if (len == 0 || h->n_ext >= HOP_RTP_MAX_EXT || len > (size_t)HOP_RTP_EXT_STORE - h->store_len)
        return false;
    h->ext[h->n_ext].id = id;
    h->ext[h->n_ext].len = (uint8_t)len;
    h->ext[h->n_ext].at = h->store_len;
    h->n_ext++;
    memcpy(h->store + h->store_len, data, len);
    h->store_len = (uint8_t)(h->store_len + len);
    return true;
}

bool hop_rtp_header_add_token(struct hop_rtp_header *h, uint8_t id, const char *token)
{
    return hop_rtp_header_add(h, id, token, strlen(token));
}

bool hop_rtp_header_add_audio_level(struct hop_rtp_header *h, uint8_t id, bool voice, uint8_t level)
{
    uint8_t data = (uint8_t)((voice ? 0x80 : 0) | (level & 0x7f));
    return hop_rtp_header_add(h, id, &data, 1);
}

bool hop_rtp_header_add_abs_send_time(struct hop_rtp_header *h, uint8_t id, int64_t now_us)
{
    /* Split before shifting: a monotonic time in µs times 2^18 would overflow after a year. */
    uint64_t s = (uint64_t)now_us / 1000000, us = (uint64_t)now_us % 1000000;
    uint8_t data[3];
    hop_put24(data, (uint32_t)((s << 18) + (us << 18) / 1000000) & 0xffffff);
    return hop_rtp_header_add(h, id, data, sizeof data);
}

bool hop_rtp_header_add_twcc(struct hop_rtp_header *h, uint8_t id, uint16_t seq)
{
    uint8_t data[2];
    hop_put16(data, seq);
    return hop_rtp_header_add(h, id, data, sizeof data);
}

static bool needs_two_byte(const struct hop_rtp_header *h)
{
    for (unsigned i = 0; i < h->n_ext; i++)
        if (h->ext[i].id > 14 || h->ext[i].len > 16)
            return true;
    return false;
}

/* Bytes of the block's elements, before it is padded to words. */
static size_t elements_size(const struct hop_rtp_header *h, bool two_byte)
{
    return h->store_len + (two_byte ? 2u : 1u) * h->n_ext;
}

static size_t header_size(const struct hop_rtp_header *h, bool two_byte)
{
    size_t size = HOP_RTP_FIXED + 4u * h->n_csrc;
    if (h->n_ext)
        size += 4 + ((elements_size(h, two_byte) + 3) & ~(size_t)3);
    return size;
}

size_t hop_rtp_header_size(const struct hop_rtp_header *h)
{
    return header_size(h, needs_two_byte(h));
}

static void write_elements(const struct hop_rtp_header *h, bool two_byte, uint8_t *out)
{
    size_t raw = elements_size(h, two_byte), padded = (raw + 3) & ~(size_t)3;
    hop_put16(out, two_byte ? TWO_BYTE : ONE_BYTE);
    hop_put16(out + 2, (uint16_t)(padded / 4));
    out += 4;
    memset(out + raw, 0, padded - raw);
    for (unsigned i = 0; i < h->n_ext; i++) {
        uint8_t len = h->ext[i].len;
        if (two_byte) {
            *out++ = h->ext[i].id;
            *out++ = len;
        } else {
            *out++ = (uint8_t)(h->ext[i].id << 4 | (len - 1));
        }
        memcpy(out, h->store + h->ext[i].at, len);
        out += len;
    }
}

size_t hop_rtp_header_write(const struct hop_rtp_header *h, uint8_t *out, size_t cap)
{
    if (h->n_csrc > HOP_RTP_MAX_CSRC)
        return 0;
    bool two_byte = needs_two_byte(h);
    size_t size = header_size(h, two_byte);
    if (size > cap)
        return 0;
    out[0] = (uint8_t)(0x80 | (h->n_ext ? 0x10 : 0) | h->n_csrc);
    out[1] = (uint8_t)((h->marker ? 0x80 : 0) | (h->pt & 0x7f));
    hop_put16(out + 2, h->seq);
    hop_put32(out + 4, h->timestamp);
    hop_put32(out + 8, h->ssrc);
    uint8_t *at = out + HOP_RTP_FIXED;
    for (unsigned i = 0; i < h->n_csrc; i++, at += 4)
        hop_put32(at, h->csrc[i]);
    if (h->n_ext)
        write_elements(h, two_byte, at);
    return size;
}

size_t hop_rtp_pad(uint8_t *packet, size_t len, size_t cap, size_t target)
{
    if (target <= len || target > cap || len < HOP_RTP_FIXED)
        return len;
    size_t padding = target - len;
    if (packet[0] & 0x20)
        padding += packet[len - 1];
    if (padding > HOP_RTP_MAX_PADDING)
        return len;
    memset(packet + len, 0, target - len);
    packet[target - 1] = (uint8_t)padding;
    packet[0] |= 0x20;
    return target;
}
