/* What RTCP reports need to know of one SSRC, received or sent.
 *
 * RFC 3550 §6.4 (SR, RR), §A.1 (sequence), §A.3 (loss), §A.8 (jitter). Called by the route on its
 * worker (and by the native client); virtual time, plain data, no allocation.
 */
#pragma once

#include "media/rtp/rtcp.h"
#include "media/rtp/seq.h"

/* ---- received -----------------------------------------------------------------------------------
 */

enum hop_recv_verdict {
    HOP_RECV_NEW,       /* next or newer than all before */
    HOP_RECV_LATE,      /* older, not seen before */
    HOP_RECV_DUPLICATE, /* seen before, or too old to tell */
    HOP_RECV_JUMP,      /* far from the others: not used; the next one in its sequence restarts */
    HOP_RECV_RESTART, /* the sender began anew: forget caches and maps; this packet is the first */
};

enum { HOP_RECV_WINDOW = 1024 }; /* packets behind the newest that are told from duplicates */

struct hop_recv_source {
    uint32_t ssrc;
    uint32_t clock_hz;
    bool started;
    struct hop_seq_unwrap unwrap;
    uint64_t first, newest; /* extended numbers */
    uint64_t bad_seq;       /* after a jump: 0x10000 | the number that would confirm it */
    uint64_t seen[HOP_RECV_WINDOW / 64];
    uint32_t received;  /* without duplicates and repairs, since the (re)start */
    uint32_t recovered; /* by retransmission, since the (re)start */
    uint64_t bytes;
    uint32_t expected_prior, received_prior; /* at the last report */
    uint32_t jitter_q4;                      /* timestamp units, times 16 */
    uint32_t newest_timestamp;
    int64_t newest_us; /* arrival of the newest packet */
    uint64_t sr_ntp;   /* of the last SR; 0: none */
    uint32_t sr_timestamp;
    int64_t sr_us; /* its arrival */
};

void hop_recv_source_init(struct hop_recv_source *s, uint32_t ssrc, uint32_t clock_hz);
/* A packet came by its own way. `*ext` gets its extended number, except with JUMP. */
enum hop_recv_verdict hop_recv_source_packet(struct hop_recv_source *s, uint16_t seq,
                                             uint32_t timestamp, size_t bytes, int64_t now_us,
                                             uint64_t *ext);
/* A packet came by retransmission: it is known from now on, but stays lost in reports (the sender
 * wants to know what the path does). NEW is possible (the repair overtook). */
enum hop_recv_verdict hop_recv_source_recovered(struct hop_recv_source *s, uint16_t seq,
                                                uint64_t *ext);
void hop_recv_source_sr(struct hop_recv_source *s, const struct hop_rtcp_sr *sr, int64_t now_us);
/* Fills a report block and begins a new interval. False: nothing received yet. */
bool hop_recv_source_report(struct hop_recv_source *s, int64_t now_us, struct hop_rtcp_block *out);
/* Lost packets and expected ones since the start, for statistics. */
int64_t hop_recv_source_lost(const struct hop_recv_source *s);
/* The sender's wall clock (Unix µs) at that RTP timestamp, for lip sync and layer switches. False:
 * no SR yet. */
bool hop_recv_source_wall(const struct hop_recv_source *s, uint32_t timestamp, int64_t *wall_us);
/* The RTP timestamp at that wall clock of the sender; the inverse. */
bool hop_recv_source_timestamp(const struct hop_recv_source *s, int64_t wall_us,
                               uint32_t *timestamp);

/* ---- sent ---------------------------------------------------------------------------------------
 */

enum { HOP_SEND_SR_HISTORY = 4 };

struct hop_send_source {
    uint32_t ssrc;
    uint32_t clock_hz;
    uint32_t packets, octets; /* RTP payload octets, as SR counts */
    uint64_t bytes;           /* whole packets, for statistics */
    uint32_t newest_timestamp;
    int64_t newest_us;
    struct {
        uint32_t lsr;
        int64_t sent_us;
    } sr[HOP_SEND_SR_HISTORY]; /* to compute the RTT without trusting the wall clock */
    uint8_t sr_at;
    int64_t rtt_us; /* smoothed; 0: unknown */
    int64_t rtt_last_us;
    /* from the receiver's last report */
    uint8_t fraction_lost;
    int32_t lost;
    uint32_t jitter;   /* timestamp units */
    int64_t report_us; /* 0: none yet */
};

void hop_send_source_init(struct hop_send_source *s, uint32_t ssrc, uint32_t clock_hz);
void hop_send_source_packet(struct hop_send_source *s, uint32_t timestamp, size_t payload_len,
                            size_t packet_len, int64_t now_us);
/* Fills an SR for now; its NTP stamp is remembered for the RTT. False: nothing sent yet. */
bool hop_send_source_sr(struct hop_send_source *s, int64_t now_us, int64_t wall_us,
                        struct hop_rtcp_sr *out);
/* Takes a report block about this SSRC. True when it gave an RTT. */
bool hop_send_source_report(struct hop_send_source *s, const struct hop_rtcp_block *block,
                            int64_t now_us);
