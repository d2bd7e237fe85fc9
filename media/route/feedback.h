/* RTCP that participants send to us: reports, requests for repair and key frames, congestion
 * feedback. RFC 3550 §6.4, RFC 4585 §6, RFC 5104 §4.3.1, RFC 5506. Private to media/route; the
 * room's worker thread; no allocation.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hop_route_peer;

/* One compound or reduced-size packet. What is malformed or about nothing we know is ignored; a
 * packet that is no RTCP at all is counted as malformed. */
void hop_feedback_read(struct hop_route_peer *peer, const uint8_t *packet, size_t len,
                       int64_t now_us);
