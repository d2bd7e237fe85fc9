/* RFC 4588 §4: a packet into its retransmission and back (rtx.h). */
#include "media/rtp/rtx.h"

#include "media/base/bytes.h"

#include <string.h>

size_t hop_rtx_wrap(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t rtx_pt,
                    uint32_t rtx_ssrc, uint16_t rtx_seq, uint8_t *out, size_t cap)
{
    size_t head = view->payload_offset, len = head + HOP_RTX_OSN + view->payload_len;
    if (len > cap)
        return 0;
    memcpy(out, packet, head);
    out[0] &= (uint8_t)~0x20;
    out[1] = (uint8_t)((out[1] & 0x80) | (rtx_pt & 0x7f));
    hop_put16(out + 2, rtx_seq);
    hop_put32(out + 8, rtx_ssrc);
    hop_put16(out + head, view->seq);
    memcpy(out + head + HOP_RTX_OSN, packet + head, view->payload_len);
    return len;
}

size_t hop_rtx_unwrap(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t pt,
                      uint32_t ssrc, uint8_t *out, size_t cap)
{
    if (view->payload_len <= HOP_RTX_OSN)
        return 0;
    size_t head = view->payload_offset, len = view->payload_len - (size_t)HOP_RTX_OSN;
    if (head + len > cap)
        return 0;
    memcpy(out, packet, head);
    out[0] &= (uint8_t)~0x20;
    out[1] = (uint8_t)((out[1] & 0x80) | (pt & 0x7f));
    memcpy(out + 2, packet + head, HOP_RTX_OSN);
    hop_put32(out + 8, ssrc);
    memcpy(out + head, packet + head + HOP_RTX_OSN, len);
    return head + len;
}
