/* RTCP that we send to a participant by the clock: sender and receiver reports, transport-cc
 * feedback or REMB, BYE. NACK and PLI leave from the layers (layer.h). RFC 3550 §6.2–6.6. Private
 * to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hop_route_peer;

enum {
    HOP_REPORT_VOICE_US = 5000000,    /* after its last packet a voice slot is reported no more */
    HOP_REPORT_INTERVAL_US = 1000000, /* ± a quarter, so that rooms do not beat in time */
    HOP_REPORT_RESTING_US = 10000000, /* likewise, when no packet has gone either way */
};

/* One compound: SRs of the mix and of the slots, report blocks about what it sends, its CNAME. */
void hop_report_send(struct hop_route_peer *peer, int64_t now_us, int64_t wall_us);
/* The first one is due within the usual time. */
void hop_report_begin(struct hop_route_peer *peer, int64_t now_us);
/* Whether one is due now; then the next one is arranged. */
bool hop_report_due(struct hop_route_peer *peer, int64_t now_us);
/* What is due of transport-wide feedback. */
void hop_report_twcc(struct hop_route_peer *peer, int64_t now_us);
/* What a participant without it may send (REMB). */
void hop_report_remb(struct hop_route_peer *peer, int64_t now_us);
/* All our streams to it end. */
void hop_report_bye(struct hop_route_peer *peer);
