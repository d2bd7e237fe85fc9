/* Outgoing packets of one participant; see transmit.h. Called by slots, the listener and reports.
 */
#include "media/route/transmit.h"

#include "media/base/bytes.h"
#include "media/route/state.h"

#include <string.h>

uint8_t *hop_transmit_begin(struct hop_route_peer *peer, struct hop_rtp_header *header,
                            size_t payload_len, int64_t now_us)
{
    hop_rtp_header_add_abs_send_time(header, peer->ext.abs_send_time, now_us);
    bool numbered = peer->twcc_send != NULL && hop_rtp_header_add_twcc(header, peer->ext.twcc, 0);
    size_t size = hop_rtp_header_size(header);
    uint8_t *packet = peer->route->ops.tx_begin(peer->route->ctx, peer->index, size + payload_len);
    if (!packet)
        return NULL;
    if (numbered) {
        /* Only what really leaves takes a number: a gap would read as loss on the line. */
        uint16_t number = hop_twcc_send_packet(peer->twcc_send, size + payload_len, now_us);
        hop_put16(&header->store[header->ext[header->n_ext - 1].at], number);
    }
    hop_rtp_header_write(header, packet, size);
    return packet + size;
}

void hop_transmit_commit(struct hop_route_peer *peer, size_t packet_len, enum hop_tx_class class)
{
    peer->now.tx_packets++;
    peer->now.tx_bytes += packet_len;
    if (class == HOP_TX_VIDEO)
        hop_pace_spent(peer, packet_len);
    peer->route->ops.tx_commit(peer->route->ctx, peer->index, packet_len, class);
}

void hop_transmit_rtcp(struct hop_route_peer *peer, const uint8_t *packet, size_t len)
{
    if (len == 0 || !hop_route_peer_sending(peer))
        return;
    uint8_t *out = peer->route->ops.tx_begin(peer->route->ctx, peer->index, len);
    if (!out)
        return;
    memcpy(out, packet, len);
    peer->route->ops.tx_commit(peer->route->ctx, peer->index, len, HOP_TX_RTCP);
}
