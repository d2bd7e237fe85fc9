/* Receive and send state of one SSRC for RTCP reports (source.h).
 * RFC 3550 §A.1, §A.3, §A.8, §6.4.1. */
#include "media/rtp/source.h"

#include <string.h>

enum {
    MAX_DROPOUT = 3000, /* RFC 3550 §A.1: a larger step forward is a jump, not loss */
    MAX_JITTER_STEP_S = 10,
};

/* ---- received: numbers --------------------------------------------------------------------------
 */

void hop_recv_source_init(struct hop_recv_source *s, uint32_t ssrc, uint32_t clock_hz)
{
    memset(s, 0, sizeof *s);
    s->ssrc = ssrc;
    s->clock_hz = clock_hz ? clock_hz : 90000;
}

static bool test_and_mark(struct hop_recv_source *s, uint64_t ext)
{
    uint64_t *word = &s->seen[ext % HOP_RECV_WINDOW / 64], bit = UINT64_C(1) << (ext % 64);
    bool seen = *word & bit;
    *word |= bit;
    return seen;
}

static void advance(struct hop_recv_source *s, uint64_t ext)
{
    if (ext - s->newest >= HOP_RECV_WINDOW)
        memset(s->seen, 0, sizeof s->seen);
    else
        for (uint64_t i = s->newest + 1; i < ext; i++)
            s->seen[i % HOP_RECV_WINDOW / 64] &= ~(UINT64_C(1) << (i % 64));
    /* Its own bit may be set from one window ago. */
    s->seen[ext % HOP_RECV_WINDOW / 64] |= UINT64_C(1) << (ext % 64);
    s->newest = ext;
}

static void start(struct hop_recv_source *s, uint64_t ext)
{
    memset(s->seen, 0, sizeof s->seen);
    s->started = true;
    s->first = s->newest = s->unwrap.newest = ext;
    test_and_mark(s, ext);
    s->bad_seq = 0;
    s->received = s->recovered = 0;
    s->expected_prior = s->received_prior = 0;
    s->jitter_q4 = 0;
    s->newest_us = 0;
}

/* Where the number belongs, with the newest and the bitmap brought up to date. */
static enum hop_recv_verdict place(struct hop_recv_source *s, uint16_t seq, uint64_t *ext)
{
    if (!s->started) {
        start(s, 0x10000u + (uint64_t)seq);
        *ext = s->newest;
        return HOP_RECV_NEW;
    }
    uint16_t ahead = (uint16_t)(seq - (uint16_t)s->newest);
    if (ahead > 0 && ahead < MAX_DROPOUT) {
        *ext = s->newest + ahead;
        advance(s, *ext);
        s->unwrap.newest = *ext;
        return HOP_RECV_NEW;
    }
    uint16_t behind = (uint16_t)-ahead;
    if (behind >= HOP_RECV_WINDOW)
        return HOP_RECV_JUMP;
    *ext = s->newest - behind;
    return test_and_mark(s, *ext) ? HOP_RECV_DUPLICATE : HOP_RECV_LATE;
}

/* A jump is believed when the next packet confirms it: one stray number must not end the stream. */
static enum hop_recv_verdict maybe_restart(struct hop_recv_source *s, uint16_t seq, uint64_t *ext)
{
    if (s->bad_seq != (UINT64_C(0x10000) | seq)) {
        s->bad_seq = UINT64_C(0x10000) | (uint16_t)(seq + 1);
        return HOP_RECV_JUMP;
    }
    /* One cycle up: extended numbers never come back. */
    start(s, (s->newest & ~UINT64_C(0xffff)) + 0x10000 + seq);
    *ext = s->newest;
    return HOP_RECV_RESTART;
}

/* ---- received: packets --------------------------------------------------------------------------
 */

static int64_t to_clock(int64_t us, uint32_t clock_hz)
{
    return us / 1000000 * clock_hz + us % 1000000 * clock_hz / 1000000;
}

static void update_jitter(struct hop_recv_source *s, uint32_t timestamp, int64_t now_us)
{
    if (s->newest_us) {
        int64_t d = to_clock(now_us - s->newest_us, s->clock_hz) -
                    hop_ts_diff(timestamp, s->newest_timestamp);
        if (d < 0)
            d = -d;
        /* A pause of the sender, or a timestamp that was reset, is not jitter. */
        if (d < (int64_t)MAX_JITTER_STEP_S * s->clock_hz)
            s->jitter_q4 += (uint32_t)d - ((s->jitter_q4 + 8) >> 4);
    }
    s->newest_timestamp = timestamp;
    s->newest_us = now_us;
}

enum hop_recv_verdict hop_recv_source_packet(struct hop_recv_source *s, uint16_t seq,
                                             uint32_t timestamp, size_t bytes, int64_t now_us,
                                             uint64_t *ext)
{
    enum hop_recv_verdict verdict = place(s, seq, ext);
    if (verdict == HOP_RECV_JUMP)
        verdict = maybe_restart(s, seq, ext);
    if (verdict == HOP_RECV_JUMP || verdict == HOP_RECV_DUPLICATE)
        return verdict;
    s->bad_seq = 0;
    s->received++;
    s->bytes += bytes;
    if (verdict != HOP_RECV_LATE)
        update_jitter(s, timestamp, now_us);
    return verdict;
}

enum hop_recv_verdict hop_recv_source_recovered(struct hop_recv_source *s, uint16_t seq,
                                                uint64_t *ext)
{
    if (!s->started)
        return HOP_RECV_JUMP;
    enum hop_recv_verdict verdict = place(s, seq, ext);
    if (verdict == HOP_RECV_NEW || verdict == HOP_RECV_LATE)
        s->recovered++;
    return verdict;
}

/* ---- received: reports --------------------------------------------------------------------------
 */

void hop_recv_source_sr(struct hop_recv_source *s, const struct hop_rtcp_sr *sr, int64_t now_us)
{
    s->sr_ntp = sr->ntp;
    s->sr_timestamp = sr->timestamp;
    s->sr_us = now_us;
}

static uint32_t expected(const struct hop_recv_source *s)
{
    return (uint32_t)(s->newest - s->first + 1);
}

int64_t hop_recv_source_lost(const struct hop_recv_source *s)
{
    return s->started ? (int64_t)expected(s) - s->received : 0;
}

bool hop_recv_source_report(struct hop_recv_source *s, int64_t now_us, struct hop_rtcp_block *out)
{
    if (!s->started)
        return false;
    int64_t lost = hop_recv_source_lost(s);
    uint32_t expected_now = expected(s);
    uint32_t interval = expected_now - s->expected_prior;
    int64_t interval_lost = (int64_t)interval - (int32_t)(s->received - s->received_prior);
    s->expected_prior = expected_now;
    s->received_prior = s->received;
    int64_t fraction = interval && interval_lost > 0 ? interval_lost * 256 / interval : 0;
    *out = (struct hop_rtcp_block){
        .ssrc = s->ssrc,
        .fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction),
        .lost = (int32_t)(lost > 0x7fffff    ? 0x7fffff
                          : lost < -0x800000 ? -0x800000
                                             : lost),
        .highest_seq = (uint32_t)(s->newest - 0x10000),
        .jitter = s->jitter_q4 >> 4,
    };
    if (s->sr_ntp) {
        int64_t since = now_us - s->sr_us;
        out->lsr = hop_ntp_middle(s->sr_ntp);
        out->dlsr = since > 0 ? (uint32_t)(((uint64_t)since << 16) / 1000000) : 0;
    }
    return true;
}

bool hop_recv_source_wall(const struct hop_recv_source *s, uint32_t timestamp, int64_t *wall_us)
{
    if (!s->sr_ntp)
        return false;
    int64_t units = hop_ts_diff(timestamp, s->sr_timestamp);
    *wall_us = hop_ntp_to_wall(s->sr_ntp) + units * 1000000 / s->clock_hz;
    return true;
}

bool hop_recv_source_timestamp(const struct hop_recv_source *s, int64_t wall_us,
                               uint32_t *timestamp)
{
    if (!s->sr_ntp)
        return false;
    int64_t since = wall_us - hop_ntp_to_wall(s->sr_ntp);
    *timestamp = s->sr_timestamp + (uint32_t)to_clock(since, s->clock_hz);
    return true;
}

/* ---- sent ---------------------------------------------------------------------------------------
 */

void hop_send_source_init(struct hop_send_source *s, uint32_t ssrc, uint32_t clock_hz)
{
    memset(s, 0, sizeof *s);
    s->ssrc = ssrc;
    s->clock_hz = clock_hz ? clock_hz : 90000;
}

void hop_send_source_packet(struct hop_send_source *s, uint32_t timestamp, size_t payload_len,
                            size_t packet_len, int64_t now_us)
{
    s->packets++;
    s->octets += (uint32_t)payload_len;
    s->bytes += packet_len;
    s->newest_timestamp = timestamp;
    s->newest_us = now_us;
}

bool hop_send_source_sr(struct hop_send_source *s, int64_t now_us, int64_t wall_us,
                        struct hop_rtcp_sr *out)
{
    if (s->packets == 0)
        return false;
    *out = (struct hop_rtcp_sr){
        .ssrc = s->ssrc,
        .ntp = hop_ntp_from_wall(wall_us),
        .timestamp = s->newest_timestamp + (uint32_t)to_clock(now_us - s->newest_us, s->clock_hz),
        .packets = s->packets,
        .octets = s->octets,
    };
    s->sr[s->sr_at].lsr = hop_ntp_middle(out->ntp);
    s->sr[s->sr_at].sent_us = now_us;
    s->sr_at = (uint8_t)((s->sr_at + 1) % HOP_SEND_SR_HISTORY);
    return true;
}

bool hop_send_source_report(struct hop_send_source *s, const struct hop_rtcp_block *block,
                            int64_t now_us)
{
    s->fraction_lost = block->fraction_lost;
    s->lost = block->lost;
    s->jitter = block->jitter;
    s->report_us = now_us;
    if (block->lsr == 0)
        return false;
    for (int i = 0; i < HOP_SEND_SR_HISTORY; i++) {
        if (s->sr[i].lsr != block->lsr)
            continue;
        int64_t held = (int64_t)(((uint64_t)block->dlsr * 1000000) >> 16);
        int64_t rtt = now_us - s->sr[i].sent_us - held;
        /* A receiver whose clock is coarse may seem to have answered before we asked. */
        if (rtt < 1)
            rtt = 1;
        s->rtt_last_us = rtt;
        s->rtt_us = s->rtt_us ? (7 * s->rtt_us + rtt) / 8 : rtt;
        return true;
    }
    return false;
}
