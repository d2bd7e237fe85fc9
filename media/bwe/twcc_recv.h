/* Transport-wide feedback about what one participant sends us: notes when each packet came and says
 * so every 50 to 100 ms. Without it Chromium sinks to 30–90 kbit/s.
 *
 * draft-holmer-rmcat-transport-wide-cc-extensions-01. Called by the route on its worker (and by the
 * native client); virtual time, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOP_TWCC_RECV_WINDOW = 1024 }; /* packets remembered, a power of two */

struct hop_twcc_recv {
    uint32_t sender_ssrc;
    uint32_t media_ssrc; /* of the newest packet */
    bool started;
    uint8_t fb_count;
    uint8_t stale;   /* packets in a row that were too old: the sender began anew */
    uint64_t next;   /* unwrapped: the first one not yet reported */
    uint64_t newest; /* unwrapped */
    int64_t due_us;  /* next feedback; INT64_MAX: nothing to say */
    int64_t last_us; /* last feedback */
    uint32_t bytes;  /* received since then */
    int64_t interval_us;
    int64_t arrival_us[HOP_TWCC_RECV_WINDOW]; /* by number % window; INT64_MIN: not received */
};

/* sender_ssrc: what the feedback comes from (any SSRC of ours). */
void hop_twcc_recv_init(struct hop_twcc_recv *r, uint32_t sender_ssrc);
/* A packet with that transport-wide number came; `bytes` of it, media_ssrc its RTP SSRC. */
void hop_twcc_recv_packet(struct hop_twcc_recv *r, uint16_t seq, uint32_t media_ssrc, size_t bytes,
                          int64_t now_us);
/* Absolute; INT64_MAX when there is nothing to report. */
int64_t hop_twcc_recv_deadline(const struct hop_twcc_recv *r);
/* Writes one RTCP packet (reduced size, RFC 5506) if feedback is due; returns its length, 0 when
 * not. Call again until 0: a long list takes several. cap of at least 100. */
size_t hop_twcc_recv_poll(struct hop_twcc_recv *r, int64_t now_us, uint8_t *out, size_t cap);
