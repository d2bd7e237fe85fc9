/* The last step of every outgoing RTP packet: the extensions that belong to the line rather than to
 * the stream (abs-send-time, transport-wide number), room from the worker, the header. Private to
 * media/route; the room's worker thread.
 */
#pragma once

#include "media/route/route.h"
#include "media/rtp/rtp.h"

struct hop_route_peer;

/* Writes the header into room for payload_len bytes more; returns where the payload goes, NULL when
 * the worker has no room (the packet is lost, as on the wire). Ends with hop_transmit_commit(). */
uint8_t *hop_transmit_begin(struct hop_route_peer *peer, struct hop_rtp_header *header,
                            size_t payload_len, int64_t now_us);
/* `packet_len` is header and payload together: hop_rtp_header_size() + payload. */
void hop_transmit_commit(struct hop_route_peer *peer, size_t packet_len, enum hop_tx_class class);

/* A finished RTCP packet; copied. Nothing when len is 0 or the peer cannot be sent to. */
void hop_transmit_rtcp(struct hop_route_peer *peer, const uint8_t *packet, size_t len);
