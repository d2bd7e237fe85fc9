/* The recorder behind transport-cc feedback for one participant's uplink (twcc_recv.h). */
#include "media/bwe/twcc_recv.h"

#include "media/rtp/seq.h"
#include "media/rtp/twcc.h"

#include <string.h>

enum {
    MIN_INTERVAL_US = 50000,
    MAX_INTERVAL_US = 100000,
    RUSH_US = 10000,      /* when many wait */
    FEEDBACK_BYTES = 100, /* of a typical one, with UDP, IP and SRTCP around it */
    SHARE = 20,           /* feedback may take one twentieth of what comes in */
    MANY = HOP_TWCC_RECV_WINDOW / 4,
    MAX_STALE = 50,
};

void hop_twcc_recv_init(struct hop_twcc_recv *r, uint32_t sender_ssrc)
{
    memset(r, 0, sizeof *r);
    r->sender_ssrc = sender_ssrc;
    r->due_us = INT64_MAX;
    r->interval_us = MAX_INTERVAL_US;
}

static int64_t *slot(struct hop_twcc_recv *r, uint64_t seq)
{
    return &r->arrival_us[seq % HOP_TWCC_RECV_WINDOW];
}

static void start(struct hop_twcc_recv *r, uint64_t seq, int64_t now_us)
{
    for (size_t i = 0; i < HOP_TWCC_RECV_WINDOW; i++)
        r->arrival_us[i] = INT64_MIN;
    r->started = true;
    r->stale = 0;
    r->next = r->newest = seq;
    *slot(r, seq) = now_us;
}

/* Moves the window up to seq; what falls out unreported stays unreported. */
static void advance(struct hop_twcc_recv *r, uint64_t seq)
{
    uint64_t from = r->newest + 1;
    if (seq - from >= HOP_TWCC_RECV_WINDOW)
        from = seq - HOP_TWCC_RECV_WINDOW + 1;
    for (uint64_t i = from; i <= seq; i++)
        *slot(r, i) = INT64_MIN;
    r->newest = seq;
    if (seq - r->next >= HOP_TWCC_RECV_WINDOW)
        r->next = seq - HOP_TWCC_RECV_WINDOW + 1;
}

/* False: a duplicate, or too old. */
static bool record(struct hop_twcc_recv *r, uint64_t seq, int64_t now_us)
{
    if (seq > r->newest)
        advance(r, seq);
    else if (*slot(r, seq) != INT64_MIN)
        return false;
    *slot(r, seq) = now_us;
    /* It was reported lost: report again from here on, so that the sender learns better. */
    if (seq < r->next)
        r->next = seq;
    return true;
}

void hop_twcc_recv_packet(struct hop_twcc_recv *r, uint16_t seq16, uint32_t media_ssrc,
                          size_t bytes, int64_t now_us)
{
    r->media_ssrc = media_ssrc;
    r->bytes += (uint32_t)bytes;
    if (!r->started) {
        start(r, 0x10000u + (uint64_t)seq16, now_us);
        r->last_us = now_us;
        r->due_us = now_us + MIN_INTERVAL_US;
        return;
    }
    struct hop_seq_unwrap unwrap = { .newest = r->newest };
    uint64_t seq = hop_seq_peek(&unwrap, seq16);
    if (seq + HOP_TWCC_RECV_WINDOW <= r->newest) {
        if (++r->stale < MAX_STALE)
            return;
        /* So many old ones in a row are a sender that began anew. */
        start(r, (r->newest & ~UINT64_C(0xffff)) + 0x10000 + seq16, now_us);
    } else {
        r->stale = 0;
        if (!record(r, seq, now_us))
            return;
    }
    if (r->due_us == INT64_MAX)
        r->due_us = r->last_us + r->interval_us;
    /* Not at once for each: a sender who reorders wildly must not get a feedback per packet. */
    if (r->newest - r->next >= MANY && r->due_us > r->last_us + RUSH_US)
        r->due_us = r->last_us + RUSH_US;
}

int64_t hop_twcc_recv_deadline(const struct hop_twcc_recv *r)
{
    return r->due_us;
}

/* So often that feedback stays within its share, and browsers' estimators still get enough. */
static int64_t next_interval(const struct hop_twcc_recv *r, int64_t now_us)
{
    int64_t elapsed = now_us - r->last_us;
    if (elapsed <= 0 || r->bytes == 0)
        return r->interval_us;
    int64_t interval = (int64_t)FEEDBACK_BYTES * SHARE * elapsed / r->bytes;
    if (interval < MIN_INTERVAL_US)
        return MIN_INTERVAL_US;
    return interval > MAX_INTERVAL_US ? MAX_INTERVAL_US : interval;
}

size_t hop_twcc_recv_poll(struct hop_twcc_recv *r, int64_t now_us, uint8_t *out, size_t cap)
{
    if (now_us < r->due_us || !r->started)
        return 0;
    int64_t arrivals[HOP_TWCC_RECV_WINDOW];
    size_t n = 0;
    for (uint64_t seq = r->next; seq <= r->newest && n < HOP_TWCC_RECV_WINDOW; seq++)
        arrivals[n++] = *slot(r, seq);
    struct hop_rtcp_writer w = hop_rtcp_writer(out, cap);
    size_t done = hop_twcc_write(&w, r->sender_ssrc, r->media_ssrc, r->fb_count, (uint16_t)r->next,
                                 arrivals, n);
    r->fb_count = (uint8_t)(r->fb_count + (done > 0));
    r->next += done;
    if (done == 0 || r->next > r->newest) {
        r->interval_us = next_interval(r, now_us);
        r->last_us = now_us;
        r->bytes = 0;
        r->due_us = INT64_MAX;
    }
    return w.len;
}
