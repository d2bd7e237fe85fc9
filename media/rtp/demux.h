/* What a datagram is, from its first two bytes (RFC 7983 §7, RFC 5761 §4). Called by the worker and
 * the native client for each datagram; any thread, no state. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum hop_demux { HOP_DEMUX_OTHER, HOP_DEMUX_STUN, HOP_DEMUX_DTLS, HOP_DEMUX_RTP, HOP_DEMUX_RTCP };

/* Classifies only: a packet named RTP may still be malformed (hop_rtp_parse()). ZRTP, TURN channel
 * data and QUIC, which we do not speak, are OTHER, and so is what is too short to be anything. */
static inline enum hop_demux hop_demux(const uint8_t *packet, size_t len)
{
    if (len < 2)
        return HOP_DEMUX_OTHER;
    uint8_t first = packet[0];
    if (first <= 3)
        return HOP_DEMUX_STUN;
    if (first >= 20 && first <= 63)
        return HOP_DEMUX_DTLS;
    if (first < 128 || first > 191)
        return HOP_DEMUX_OTHER;
    /* Payload types 64..95 are not to be used beside RTCP: with the marker bit they are its types.
     */
    uint8_t type = packet[1];
    return type >= 192 && type <= 223 ? HOP_DEMUX_RTCP : HOP_DEMUX_RTP;
}
