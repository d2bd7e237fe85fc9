/* The target rate of one receiver's line; see estimate.h. Probes are in probe.c. Called by
 * media/route. */
#include "media/bwe/estimate.h"

#include "media/bwe/probe.h"

#include <string.h>

enum {
    LONG_WINDOW_US = 500000,
    SHORT_WINDOW_US = 150000, /* what the line carries right now */
    STEADY_BINS = SHORT_WINDOW_US / HOP_BWE_BIN_US,
    MIN_WINDOW_US = 75000,
    SENT_WINDOW_US = 200000,
    RESPONSE_US = 100000, /* on top of the round trip: until a change shows */
    DELAY_EPOCH_US = 15000000,
    QUIET_QUEUE_US = 25000,
    REAL_QUEUE_US = 8000, /* less is jitter: one packet got through without waiting */
    KEYFRAME_QUEUE_US = 60000,
    LONG_QUEUE_US = 120000,
    LONGER_QUEUE_US = 200000,
    HUGE_QUEUE_US = 300000,
    LOSS_WINDOW_US = 250000,
    LOSS_MIN_PACKETS = 20,
    LOSS_LEARN_US = 500000,
    SILENCE_US = 1500000,
    FOLLOW_US = 1000000,
    PACKET_BITS = 9600,
    STALE_US = 1000000,
    REMB_US = 10000000,
    RIVAL_TEST_US = 2500000,
    RIVAL_LOOK_US = 1000000,
    RIVAL_GONE_US = 2000000,
    RIVAL_CUT_US = 500000,
};

static const double in_use = 0.8, gentle = 0.75, loss_limit = 0.10, loss_calm = 0.03,
                    rival_loss = 0.02, rival_fade = 0.003;

void hop_bwe_init(struct hop_bwe *b)
{
    memset(b, 0, sizeof(*b));
    hop_trend_init(&b->trend);
    b->target_bps = HOP_BWE_START_BPS;
    b->delay_min_us[0] = b->delay_min_us[1] = INT64_MAX;
    b->probe_gap_us = HOP_PROBE_FIRST_GAP_US;
}

static void set_target(struct hop_bwe *b, double bps, enum hop_why why)
{
    if (bps < HOP_BWE_MIN_BPS)
        bps = HOP_BWE_MIN_BPS;
    if (bps > HOP_BWE_MAX_BPS)
        bps = HOP_BWE_MAX_BPS;
    b->target_bps = (uint32_t)bps;
    b->why = why;
}

/* ---- what was delivered ---------------------------------------------------------------------- */

static int64_t bin_of(int64_t us)
{
    return us / HOP_BWE_BIN_US - (us % HOP_BWE_BIN_US < 0);
}

static void note_delivered(struct hop_bwe *b, const struct hop_twcc_sample *s)
{
    if (b->first_recv_us == 0 || s->recv_us - b->newest_recv_us > STALE_US ||
        b->newest_recv_us - s->recv_us > STALE_US) {
        memset(b->bins, 0, sizeof(b->bins));
        b->first_recv_us = b->newest_recv_us = s->recv_us;
    }
    if (s->recv_us > b->newest_recv_us)
        b->newest_recv_us = s->recv_us;
    int64_t bin = bin_of(s->recv_us);
    size_t i = (uint64_t)bin % HOP_BWE_BINS;
    if (b->bins[i].bin != bin) {
        b->bins[i].bin = bin;
        b->bins[i].bytes = 0;
    }
    b->bins[i].bytes += s->bytes;
}

uint32_t hop_bwe_delivered_bps(const struct hop_bwe *b, int64_t window_us)
{
    int64_t end = bin_of(b->newest_recv_us); /* not over yet: left out */
    int64_t begin = end - window_us / HOP_BWE_BIN_US, first = bin_of(b->first_recv_us) + 1;
    if (begin < first)
        begin = first;
    if ((end - begin) * HOP_BWE_BIN_US < MIN_WINDOW_US)
        return 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < HOP_BWE_BINS; i++)
        if (b->bins[i].bin >= begin && b->bins[i].bin < end)
            bytes += b->bins[i].bytes;
    return (uint32_t)(bytes * 8 * 1000000 / (uint64_t)((end - begin) * HOP_BWE_BIN_US));
}

static void note_sent(struct hop_bwe *b, int64_t at_us, uint32_t bytes)
{
    b->sent[b->n_sent++ % HOP_BWE_SENT] = (struct hop_bwe_sent){ at_us, bytes };
}

/* At which rate the packets left of which the last feedbacks spoke; 0: unknown. */
static double sent_bps(const struct hop_bwe *b)
{
    if (b->n_sent < 2)
        return 0;
    int64_t newest_us = b->sent[(b->n_sent - 1) % HOP_BWE_SENT].at_us, oldest_us = newest_us;
    uint64_t bytes = 0;
    for (unsigned back = 1; back < HOP_BWE_SENT && back < b->n_sent; back++) {
        if (newest_us - oldest_us >= SENT_WINDOW_US)
            break;
        bytes += b->sent[(b->n_sent - back) % HOP_BWE_SENT].bytes;
        oldest_us = b->sent[(b->n_sent - back - 1) % HOP_BWE_SENT].at_us;
    }
    return newest_us > oldest_us ? (double)bytes * 8e6 / (double)(newest_us - oldest_us) : 0;
}

/* ---- the queue on the way -------------------------------------------------------------------- */

static void note_delay(struct hop_bwe *b, int64_t batch_min_us, int64_t now_us)
{
    if (now_us - b->delay_epoch_us > DELAY_EPOCH_US) {
        b->delay_min_us[1] = b->delay_min_us[0];
        b->delay_min_us[0] = INT64_MAX;
        b->delay_epoch_us = now_us;
    }
    if (batch_min_us < b->delay_min_us[0])
        b->delay_min_us[0] = batch_min_us;
    int64_t least =
        b->delay_min_us[1] < b->delay_min_us[0] ? b->delay_min_us[1] : b->delay_min_us[0];
    b->queue_us = batch_min_us - least;
}

/* ---- delay: AIMD ----------------------------------------------------------------------------- */

static void learn_capacity(struct hop_bwe *b, double delivered)
{
    double off = delivered - b->capacity_bps;
    off = off < 0 ? -off : off;
    if (b->capacity_bps <= 0 || off > 4 * b->capacity_dev) {
        b->capacity_bps = delivered;
        b->capacity_dev = 0.1 * delivered;
        return;
    }
    b->capacity_bps += 0.1 * (delivered - b->capacity_bps);
    b->capacity_dev += 0.1 * (off - b->capacity_dev);
    if (b->capacity_dev < 0.03 * b->capacity_bps)
        b->capacity_dev = 0.03 * b->capacity_bps;
}

/* A full line delivers steadily, and less than we send. Otherwise it may be a moment's trouble of
 * the receiver (a busy machine, a radio that slept), which tells little of the line: step by step,
 * then. */
static bool hiccup(const struct hop_bwe *b, double delivered)
{
    double sent = sent_bps(b);
    int64_t end = bin_of(b->newest_recv_us);
    unsigned busy = 0;
    for (size_t i = 0; i < HOP_BWE_BINS; i++)
        busy += b->bins[i].bin >= end - STEADY_BINS && b->bins[i].bin < end && b->bins[i].bytes > 0;
    return delivered > 0.85 * sent || sent < 0.5 * b->target_bps || busy <= STEADY_BINS / 2;
}

static void decrease(struct hop_bwe *b, int64_t rtt_us, int64_t now_us)
{
    if (b->decrease_us != 0 && now_us - b->decrease_us < rtt_us + RESPONSE_US)
        return;
    double delivered = hop_bwe_delivered_bps(b, SHORT_WINDOW_US);
    if (delivered <= 0)
        return;
    /* The deeper the queue, the further below the line's rate, so that it empties. A key frame's
     * own queue is none to fear. */
    bool fell = sent_bps(b) > 2 * delivered;
    double factor = b->queue_us > HUGE_QUEUE_US                              ? 0.6
                    : b->queue_us > (fell ? LONG_QUEUE_US : LONGER_QUEUE_US) ? 0.75
                                                                             : 0.88;
    learn_capacity(b, delivered);
    if (b->decrease_us == 0 || now_us - b->decrease_us > 3000000)
        b->before_bps = b->target_bps;
    b->decrease_us = now_us;
    b->increase_us = 0;
    b->known = b->limited = true;
    double bps = factor * delivered;
    if (bps < gentle * b->target_bps && hiccup(b, delivered))
        bps = gentle * b->target_bps;
    if (bps < b->target_bps)
        set_target(b, bps, HOP_WHY_QUEUE);
    hop_probe_after_decrease(b, now_us);
}

static void increase(struct hop_bwe *b, int64_t rtt_us, int64_t now_us)
{
    int64_t step_us = b->increase_us ? now_us - b->increase_us : 0;
    b->increase_us = now_us;
    if (step_us <= 0)
        return;
    if (step_us > 1000000)
        step_us = 1000000;
    double delivered = hop_bwe_delivered_bps(b, LONG_WINDOW_US), target = b->target_bps;
    if (delivered > b->capacity_bps + 3 * b->capacity_dev)
        b->capacity_bps = 0; /* it carries more than when it was full last */
    /* What is not used is not known to be there: only a probe can tell. */
    if (delivered < in_use * target)
        return;
    if (b->capacity_bps > 0 && target > b->capacity_bps - 3 * b->capacity_dev) {
        int64_t response_us = rtt_us + RESPONSE_US;
        target += PACKET_BITS * (double)step_us / (double)response_us;
    } else {
        target *= 1 + 0.08 * (double)step_us / 1000000;
    }
    if (target > b->target_bps)
        set_target(b, target, HOP_WHY_GROWTH);
}

/* ---- rivals: senders that fill the queue until it overflows (TCP) ------------------------------
 */

/* We send less and less, and the queue stays: giving way further only feeds the other. It is gone
 * when the queue is. */
static void consider_rival(struct hop_bwe *b, int64_t now_us)
{
    double delivered = hop_bwe_delivered_bps(b, LONG_WINDOW_US);
    b->rival_bps -= rival_fade * b->rival_bps;
    b->rival_bps = delivered > b->rival_bps ? delivered : b->rival_bps;
    if (b->queue_us > QUIET_QUEUE_US) {
        b->rival_seen_us = now_us;
    } else {
        if (now_us - b->rival_seen_us > RIVAL_GONE_US)
            b->rival = false;
        b->rival_us = 0;
        return;
    }
    if (b->rival_us == 0) {
        b->rival_us = b->rival_look_us = now_us;
        b->rival_queue_us = b->queue_us;
        return;
    }
    if (now_us - b->rival_look_us < RIVAL_LOOK_US)
        return;
    /* Our own queue would shrink. */
    bool holds = b->queue_us > b->rival_queue_us - b->rival_queue_us / 8;
    b->rival_look_us = now_us;
    b->rival_queue_us = b->queue_us;
    double sent = sent_bps(b);
    if (holds && now_us - b->rival_us > RIVAL_TEST_US && sent > 0 && sent < 0.7 * b->rival_bps)
        b->rival = true;
}

/* Beside a rival: up by a packet per response, down by a seventh when the queue overflows. */
static void keep_up(struct hop_bwe *b, int64_t rtt_us, int64_t now_us)
{
    int64_t step_us = b->increase_us ? now_us - b->increase_us : 0;
    b->increase_us = now_us;
    step_us = step_us < 0 ? 0 : step_us > 1000000 ? 1000000 : step_us;
    if (b->loss > b->own_loss + rival_loss && now_us - b->rival_cut_us > RIVAL_CUT_US) {
        b->rival_cut_us = now_us;
        set_target(b, b->target_bps * 6.0 / 7, HOP_WHY_LOSS);
        return;
    }
    if (hop_bwe_delivered_bps(b, LONG_WINDOW_US) < in_use * b->target_bps)
        return;
    set_target(b, b->target_bps + PACKET_BITS * (double)step_us / (double)(rtt_us + RESPONSE_US),
               HOP_WHY_GROWTH);
}

/* ---- loss ------------------------------------------------------------------------------------ */

/* We send less, and as much is lost as before. */
static bool stays(const struct hop_bwe *b, double loss, double sent_bps)
{
    double left = sent_bps / b->cut_sent_bps;
    if (left > 0.75 || left <= 0 || b->queue_us > QUIET_QUEUE_US)
        return false;
    /* What would be lost now if all of it had been too much for the line. */
    double overflow = 1 - (1 - b->cut_loss) / left;
    return loss > 0.75 * b->cut_loss + 0.25 * (overflow > 0 ? overflow : 0);
}

static void cut_for_loss(struct hop_bwe *b, double loss, double sent_bps, int64_t now_us)
{
    /* The last cut has not been followed yet. */
    if (b->decrease_us != 0 && now_us - b->decrease_us < FOLLOW_US &&
        sent_bps > 1.2 * b->target_bps)
        return;
    if (b->cut_loss <= 0) {
        b->cut_loss = loss;
        b->cut_target_bps = b->target_bps;
        b->cut_sent_bps = (uint32_t)sent_bps;
        b->cut_us = now_us;
    } else if (now_us - b->cut_us > LOSS_LEARN_US && stays(b, loss, sent_bps)) {
        /* Sending less did not help: it is not us who fill the line. */
        b->own_loss = loss;
        b->cut_loss = 0;
        set_target(b, b->cut_target_bps, HOP_WHY_LOSS);
        return;
    }
    if (b->before_bps < b->target_bps || now_us - b->decrease_us > 3000000)
        b->before_bps = b->target_bps;
    b->decrease_us = now_us;
    b->increase_us = 0;
    b->known = b->limited = true;
    double base = sent_bps < b->target_bps ? sent_bps : b->target_bps;
    if (base * (1 - 0.5 * loss) < b->target_bps)
        set_target(b, base * (1 - 0.5 * loss), HOP_WHY_LOSS);
    hop_probe_after_decrease(b, now_us);
}

/* By more than chance would do among so few packets (two standard deviations). */
static bool exceeds(double loss, double limit, uint32_t packets)
{
    double over = loss - limit;
    return over > 0 && over * over > 4 * loss * (1 - loss) / packets;
}

static void loss_window(struct hop_bwe *b, int64_t now_us)
{
    if (b->loss_us == 0)
        b->loss_us = now_us;
    int64_t elapsed_us = now_us - b->loss_us;
    if (elapsed_us < LOSS_WINDOW_US || b->loss_count < LOSS_MIN_PACKETS)
        return;
    uint32_t packets = b->loss_count;
    double loss = (double)b->loss_lost / packets;
    double sent_bps = (double)b->loss_bytes * 8e6 / (double)elapsed_us;
    b->loss_lost = b->loss_count = b->loss_bytes = 0;
    b->loss_us = now_us;
    b->loss = (b->loss + loss) / 2;
    if (exceeds(loss, b->own_loss + loss_limit, packets)) {
        cut_for_loss(b, loss, sent_bps, now_us);
        return;
    }
    if (loss < b->own_loss)
        b->own_loss += 0.1 * (loss - b->own_loss);
    if (b->cut_loss > 0 && loss < 0.5 * b->cut_loss && now_us - b->cut_us > LOSS_LEARN_US)
        b->cut_loss = 0;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static int64_t take_samples(struct hop_bwe *b, const struct hop_twcc_sample *samples, size_t n)
{
    int64_t least_us = INT64_MAX, sent_us = 0;
    uint32_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const struct hop_twcc_sample *s = &samples[i];
        bool probing = hop_probe_sample(b, s);
        if (s->seq < b->newest_seq) {
            /* It was reported lost before, and had only been overtaken. */
            b->loss_lost -= !probing && b->loss_lost > 0;
            continue;
        }
        b->newest_seq = s->seq;
        sent_us = s->sent_us;
        bytes += s->bytes;
        if (!probing) {
            b->loss_count++;
            b->loss_lost += !s->received;
            b->loss_bytes += s->bytes;
        }
        if (!s->received)
            continue;
        note_delivered(b, s);
        /* A probe's own queue is what it is for. */
        if (!probing)
            hop_trend_packet(&b->trend, s->sent_us, s->recv_us);
        if (s->recv_us - s->sent_us < least_us)
            least_us = s->recv_us - s->sent_us;
    }
    if (bytes > 0)
        note_sent(b, sent_us, bytes);
    return least_us;
}

void hop_bwe_feedback(struct hop_bwe *b, const struct hop_twcc_sample *samples, size_t n,
                      int64_t rtt_us, int64_t now_us)
{
    if (n == 0)
        return;
    if (b->feedback_us == 0)
        b->next_probe_us = now_us;
    b->feedback_us = now_us;
    int64_t least_us = take_samples(b, samples, n);
    if (least_us != INT64_MAX)
        note_delay(b, least_us, now_us);
    loss_window(b, now_us);
    bool over = b->trend.state == HOP_TREND_OVER && b->queue_us > REAL_QUEUE_US;
    /* A key frame fills the line for a moment: a small queue counts when it is still there. */
    bool stays_over = over && (b->was_over || b->queue_us > KEYFRAME_QUEUE_US);
    b->was_over = over;
    consider_rival(b, now_us);
    if (b->rival && b->queue_us < HUGE_QUEUE_US)
        keep_up(b, rtt_us, now_us);
    else if (stays_over || b->queue_us > HUGE_QUEUE_US)
        decrease(b, rtt_us, now_us);
    else if (b->trend.state == HOP_TREND_NORMAL && b->queue_us < QUIET_QUEUE_US &&
             b->loss < b->own_loss + loss_calm)
        increase(b, rtt_us, now_us);
    else
        b->increase_us = now_us;
    if (b->probe.state != HOP_PROBE_NONE)
        hop_probe_judge(b, now_us);
}

void hop_bwe_tick(struct hop_bwe *b, bool sending, int64_t now_us)
{
    if (b->probe.state == HOP_PROBE_WAITING)
        hop_probe_judge(b, now_us);
    if (!sending || b->feedback_us == 0 || now_us - b->feedback_us < SILENCE_US)
        return;
    if (b->decrease_us == 0 || now_us - b->decrease_us > 3000000)
        b->before_bps = b->target_bps;
    set_target(b, b->target_bps / 2.0, HOP_WHY_SILENCE);
    b->decrease_us = now_us;
    b->feedback_us = now_us - SILENCE_US / 2;
    hop_probe_after_decrease(b, now_us);
}

/* ---- receivers that tell less ---------------------------------------------------------------- */

void hop_bwe_remb(struct hop_bwe *b, uint64_t bps, int64_t now_us)
{
    b->remb_us = now_us;
    if (b->feedback_us != 0)
        return;
    b->known = b->limited = true;
    set_target(b, (double)bps, HOP_WHY_REMB);
}

void hop_bwe_report(struct hop_bwe *b, unsigned fraction_lost, uint32_t sent_bps, int64_t now_us)
{
    bool told = b->remb_us != 0 && now_us - b->remb_us < REMB_US;
    if (b->feedback_us != 0 || told || now_us - b->report_us < STALE_US)
        return;
    b->report_us = now_us;
    double loss = fraction_lost / 256.0;
    if (loss > loss_limit) {
        b->known = b->limited = true;
        set_target(b, (1 - 0.5 * loss) * (sent_bps < b->target_bps ? sent_bps : b->target_bps),
                   HOP_WHY_LOSS);
    } else if (loss < 0.02 && 1.5 * sent_bps + 100000 > b->target_bps) {
        set_target(b, 1.08 * b->target_bps, HOP_WHY_GROWTH);
    }
}
