/* A jitter buffer whose delay follows the line; see jitter.h. Called on the mix thread. */
#include "media/mix/jitter.h"

#include "media/base/limits.h"
#include "media/mix/delay.h"
#include "media/mix/waiting.h"

#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>

enum {
    PER_MS = HOP_MIX_RATE / 1000,
    CONCEAL_MAX = 60 * PER_MS, /* after that an invented voice sounds like a robot */
    WILD_US = 1000000,         /* a lead beyond this is a new stream */
    STAY_US = 2000,            /* shrinking stops this far above what the line needs */
    LEAST_PART = 4,            /* the delay never falls below this part of the first one */
    COPIED_FOR = 100,          /* packets for which a sender of copies is known as one */
    SEQ_WILD = 1000,           /* while stopped: a jump that far is a new stream */
    CELT_ONLY = 0x80,          /* in a packet's first byte (RFC 6716 section 3.1) */
};

#define TS_FAR (INT64_C(1) << 48) /* only a sender who keeps jumping comes here; then anew */

/* Of packets lost: where waiting for the copy in the next packet begins and ends to be worth it. */
static const float loss_many = 0.02f, loss_few = 0.008f;
static const float loss_weight = 1.0f / 128.0f;

struct hop_jitter {
    struct hop_waiting waiting;
    int64_t least_us; /* delay */
    struct hop_delay delay;
    bool running;
    bool fresh;   /* anchored, and no tick since */
    bool warming; /* packets that are not to be heard still go to the decoder */

    bool seen; /* last_ts is valid */
    uint32_t last_rtp;
    int64_t last_ts;     /* last_rtp, unwrapped */
    int packet;          /* samples of the packet that came last */
    int64_t relative_us; /* its relative delay */

    int64_t next_ts;   /* next sample to decode */
    uint64_t next_seq; /* next packet, if nothing is lost */
    int64_t out_ts, out_us;
    int64_t missing; /* samples made without a packet since the last one */
    int64_t stalled; /* of these, the ones at the end for which next_ts waits */

    uint64_t played_seq; /* the last one */
    float loss;          /* share of the packets */
    bool speech;         /* the last one was of a mode that may carry copies */
    uint8_t copied;      /* packets left for which the sender counts as sending copies */
    bool await_copy;
    struct hop_jitter_stats stats;
};

int hop_jitter_new(int delay_ms, struct hop_jitter **out)
{
    struct hop_jitter *jitter = calloc(1, sizeof(*jitter));
    if (!jitter)
        return -ENOMEM;
    jitter->least_us = (int64_t)delay_ms * 1000 / LEAST_PART;
    hop_delay_init(&jitter->delay, (int64_t)delay_ms * 1000);
    *out = jitter;
    return 0;
}

void hop_jitter_free(struct hop_jitter *jitter)
{
    if (!jitter)
        return;
    hop_waiting_clear(&jitter->waiting);
    free(jitter);
}

static int64_t unwrap(struct hop_jitter *jitter, uint32_t timestamp)
{
    if (!jitter->seen || jitter->last_ts > TS_FAR || jitter->last_ts < -TS_FAR) {
        jitter->seen = true;
        jitter->last_ts = timestamp;
    } else {
        jitter->last_ts += (int32_t)(timestamp - jitter->last_rtp);
    }
    jitter->last_rtp = timestamp;
    return jitter->last_ts;
}

/* ---- the playing time -------------------------------------------------------------------------
 */

static int64_t to_us(int64_t samples)
{
    return samples * 1000 / PER_MS;
}

static int64_t lead_us(const struct hop_jitter *jitter, int64_t ts, int64_t now_us)
{
    return to_us(ts - jitter->out_ts) + (jitter->out_us - now_us);
}

int64_t hop_jitter_target_us(const struct hop_jitter *jitter)
{
    int64_t target_us = hop_delay_target_us(&jitter->delay);
    if (jitter->await_copy)
        target_us += to_us(jitter->packet);
    return target_us > jitter->least_us ? target_us : jitter->least_us;
}

int64_t hop_jitter_delay_us(const struct hop_jitter *jitter)
{
    if (!jitter->running || jitter->delay.base_us == INT64_MAX)
        return 0;
    return jitter->out_us - to_us(jitter->out_ts) - jitter->delay.base_us;
}

/* The packet that begins at `ts` came last: it is due when a fast packet would have waited for the
 * target, but not before now. The next tick settles where exactly. */
static void anchor(struct hop_jitter *jitter, int64_t ts, int64_t now_us)
{
    int64_t wait_us = hop_jitter_target_us(jitter) - jitter->relative_us;
    jitter->out_ts = ts;
    jitter->out_us = now_us + (wait_us > 0 ? wait_us : 0);
    jitter->next_ts = ts - (jitter->out_us - now_us) * PER_MS / 1000;
    jitter->fresh = true;
    jitter->missing = 0;
    jitter->stalled = 0;
}

static void resync(struct hop_jitter *jitter, const struct hop_packet *in, int64_t now_us)
{
    jitter->waiting.n = 0;
    hop_delay_rebase(&jitter->delay);
    jitter->relative_us = hop_delay_note(&jitter->delay, to_us(in->ts), to_us(in->samples), now_us);
    anchor(jitter, in->ts, now_us);
    jitter->next_seq = in->seq;
    jitter->played_seq = in->seq;
    jitter->stats.resyncs++;
}

/* Checks a packet against the playing time; resynchronises if it shows a new beginning. */
static enum hop_jitter_verdict place_in_time(struct hop_jitter *jitter, const struct hop_packet *in,
                                             int64_t now_us)
{
    int64_t lead = lead_us(jitter, in->ts, now_us);
    bool passed = in->ts + in->samples <= jitter->next_ts;
    bool restarted = in->seq < jitter->next_seq && !passed;
    bool wild = lead > WILD_US || lead < -WILD_US;

    if (wild || restarted) {
        resync(jitter, in, now_us);
        return HOP_JITTER_OK;
    }
    jitter->relative_us = hop_delay_note(&jitter->delay, to_us(in->ts), to_us(in->samples), now_us);
    if (in->seq < jitter->next_seq || passed) {
        jitter->stats.late++;
        return HOP_JITTER_LATE;
    }
    if (jitter->waiting.n == 0 && jitter->missing >= CONCEAL_MAX) {
        anchor(jitter, in->ts, now_us); /* in silence the delay may jump */
        jitter->next_seq = in->seq;
    }
    return HOP_JITTER_OK;
}

/* While stopped: what does not go on from the packets that wait begins a new stream. */
static void place_idle(struct hop_jitter *jitter, const struct hop_packet *in, int64_t now_us)
{
    if (jitter->waiting.n > 0) {
        uint64_t newest = jitter->waiting.packets[jitter->waiting.n - 1].seq;
        if (in->seq + SEQ_WILD < newest || newest + SEQ_WILD < in->seq)
            jitter->waiting.n = 0;
    }
    jitter->relative_us = hop_delay_note(&jitter->delay, to_us(in->ts), to_us(in->samples), now_us);
}

/* Samples of a packet; 0: it is not one Opus packet. */
static int length_of(struct hop_jitter *jitter, const uint8_t *payload, size_t len)
{
    int samples = len > 0 && len <= HOP_MAX_DATAGRAM
                      ? opus_packet_get_nb_samples(payload, (opus_int32)len, HOP_MIX_RATE)
                      : 0;
    if (samples > 0 && samples <= HOP_MIX_OPUS_MAX)
        return samples;
    jitter->stats.malformed++;
    return 0;
}

static enum hop_jitter_verdict insert(struct hop_jitter *jitter, const struct hop_packet *in,
                                      const uint8_t *payload)
{
    int rc = hop_waiting_insert(&jitter->waiting, in, payload,
                                jitter->running ? HOP_JITTER_SLOTS : HOP_JITTER_IDLE);
    return rc == 0 ? HOP_JITTER_OK : rc == -ENOSPC ? HOP_JITTER_LATE : HOP_JITTER_NO_MEMORY;
}

enum hop_jitter_verdict hop_jitter_push(struct hop_jitter *jitter, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us)
{
    int samples = length_of(jitter, payload, len);
    if (samples == 0)
        return HOP_JITTER_MALFORMED;
    struct hop_packet in = { .seq = seq,
                             .ts = unwrap(jitter, timestamp),
                             .samples = samples,
                             .len = (uint16_t)len,
                             .level = level };
    if (hop_waiting_has(&jitter->waiting, seq)) {
        jitter->stats.duplicate++;
        return HOP_JITTER_DUPLICATE;
    }
    if (jitter->running) {
        enum hop_jitter_verdict verdict = place_in_time(jitter, &in, now_us);
        if (verdict != HOP_JITTER_OK)
            return verdict;
    } else {
        place_idle(jitter, &in, now_us);
    }
    jitter->packet = samples;
    jitter->speech = (payload[0] & CELT_ONLY) == 0;
    if (jitter->copied > 0)
        jitter->copied--;
    return insert(jitter, &in, payload);
}

enum hop_jitter_verdict hop_jitter_push_copy(struct hop_jitter *jitter, uint64_t seq,
                                             uint32_t timestamp, const uint8_t *payload, size_t len,
                                             int64_t now_us)
{
    int samples = length_of(jitter, payload, len);
    if (samples == 0)
        return HOP_JITTER_MALFORMED;
    struct hop_packet in = { .seq = seq,
                             .ts = jitter->last_ts + (int32_t)(timestamp - jitter->last_rtp),
                             .samples = samples,
                             .len = (uint16_t)len,
                             .level = HOP_MIX_LEVEL_NONE,
                             .copy = true };
    jitter->copied = COPIED_FOR;
    if (!jitter->seen || !hop_waiting_fits(&jitter->waiting, seq, in.ts, samples))
        return HOP_JITTER_DUPLICATE;
    if (jitter->running) {
        int64_t lead = lead_us(jitter, in.ts, now_us);
        if (seq < jitter->next_seq || in.ts + samples <= jitter->next_ts || lead > WILD_US)
            return HOP_JITTER_LATE;
    } else if (jitter->waiting.n == 0 || seq < jitter->waiting.packets[0].seq ||
               seq > jitter->waiting.packets[jitter->waiting.n - 1].seq + HOP_JITTER_IDLE) {
        return HOP_JITTER_LATE; /* it adds nothing to what is kept */
    }
    return insert(jitter, &in, payload);
}

void hop_jitter_start(struct hop_jitter *jitter, int64_t now_us)
{
    if (jitter->waiting.n == 0)
        return;
    hop_waiting_keep_unbroken(&jitter->waiting);
    anchor(jitter, jitter->waiting.packets[jitter->waiting.n - 1].ts, now_us);
    jitter->running = true;
    jitter->warming = true;
    jitter->next_seq = jitter->waiting.packets[0].seq;
    jitter->played_seq = jitter->next_seq - 1;
}

void hop_jitter_stop(struct hop_jitter *jitter)
{
    jitter->running = false;
    while (jitter->waiting.n > HOP_JITTER_IDLE)
        hop_waiting_remove(&jitter->waiting, 0);
    hop_waiting_trim(&jitter->waiting, HOP_JITTER_IDLE);
}

/* ---- what comes out ---------------------------------------------------------------------------
 */

static struct hop_jitter_item make_up(struct hop_jitter *jitter, enum hop_jitter_kind kind,
                                      int64_t samples)
{
    if (samples > HOP_MIX_FRAME)
        samples = HOP_MIX_FRAME;
    if (kind == HOP_JITTER_CONCEAL) {
        samples -= samples % HOP_MIX_OPUS_STEP;
        if (samples < HOP_MIX_OPUS_STEP)
            samples = HOP_MIX_OPUS_STEP;
        jitter->stats.concealed++;
    }
    jitter->next_ts += samples;
    jitter->missing += samples;
    return (struct hop_jitter_item){ .kind = kind, .samples = (int)samples };
}

/* `copy`: the packet itself was lost, too. */
static void note_loss(struct hop_jitter *jitter, uint64_t seq, bool copy)
{
    uint64_t missed = seq - jitter->played_seq - 1 + copy;
    for (uint64_t i = 0; i < missed && i < 4; i++)
        jitter->loss += (1.0f - jitter->loss) * loss_weight;
    jitter->loss -= jitter->loss * loss_weight;
    jitter->played_seq = seq;
    jitter->await_copy = (jitter->speech || jitter->copied > 0) &&
                         jitter->loss > (jitter->await_copy ? loss_few : loss_many);
}

static struct hop_jitter_item play(struct hop_jitter *jitter)
{
    struct hop_packet slot = jitter->waiting.packets[0];
    int64_t skip = jitter->next_ts - slot.ts;

    hop_waiting_remove(&jitter->waiting, 0);
    note_loss(jitter, slot.seq, slot.copy);
    jitter->next_seq = slot.seq + 1;
    if (skip < slot.samples) {
        jitter->next_ts = slot.ts + slot.samples;
        jitter->warming = false;
    }
    jitter->missing = 0;
    jitter->stats.played++;
    jitter->stats.copies += slot.copy;
    return (struct hop_jitter_item){ .kind = HOP_JITTER_PLAY,
                                     .samples = slot.samples,
                                     .skip = skip < slot.samples ? (int)skip : slot.samples,
                                     .data = slot.data,
                                     .len = slot.len,
                                     .level = slot.level };
}

/* Packets are missing before the first one that is here, `gap` samples long. */
static struct hop_jitter_item bridge(struct hop_jitter *jitter, int64_t gap)
{
    struct hop_packet *head = &jitter->waiting.packets[0];
    bool copied = gap <= head->samples && gap % HOP_MIX_OPUS_STEP == 0;

    if (!copied && gap > head->samples)
        return make_up(jitter,
                       jitter->missing < CONCEAL_MAX ? HOP_JITTER_CONCEAL : HOP_JITTER_SILENCE,
                       gap - head->samples);
    if (!copied)
        return make_up(jitter, HOP_JITTER_CONCEAL, gap);
    jitter->stats.fec++;
    jitter->next_ts = head->ts;
    jitter->next_seq = head->seq;
    return (struct hop_jitter_item){ .kind = HOP_JITTER_FEC,
                                     .samples = (int)gap,
                                     .data = head->data,
                                     .len = head->len,
                                     .level = head->level };
}

/* Nothing is here. Whether a packet is lost or only late is not known yet, so the stream's time
 * waits: a late one will be played after this, and the delay has grown by so much. */
static struct hop_jitter_item stall(struct hop_jitter *jitter)
{
    struct hop_jitter_item item =
        make_up(jitter, jitter->missing < CONCEAL_MAX ? HOP_JITTER_CONCEAL : HOP_JITTER_SILENCE,
                HOP_MIX_FRAME);
    jitter->next_ts -= item.samples;
    jitter->stalled += item.samples;
    return item;
}

/* A packet ends the wait: what was invented counts for the gap before it, if there is one. */
static void end_stall(struct hop_jitter *jitter, const struct hop_packet *head)
{
    int64_t gap = head->ts - jitter->next_ts;
    if (gap > 0 && jitter->stalled > 0) {
        jitter->next_ts += gap < jitter->stalled ? gap : jitter->stalled;
        jitter->stats.lost += head->seq != jitter->next_seq;
    }
    jitter->stalled = 0;
}

struct hop_jitter_item hop_jitter_next(struct hop_jitter *jitter)
{
    while (jitter->waiting.n > 0) {
        const struct hop_packet *head = &jitter->waiting.packets[0];
        if (head->ts + head->samples <= jitter->next_ts) {
            if (jitter->warming)
                return play(jitter);
            jitter->next_seq = head->seq + 1;
            jitter->stats.late++;
            hop_waiting_remove(&jitter->waiting, 0);
            continue;
        }
        end_stall(jitter, head);
        int64_t gap = head->ts - jitter->next_ts;
        if (gap <= 0)
            return play(jitter);
        if (head->seq == jitter->next_seq)
            return make_up(jitter, HOP_JITTER_SILENCE, gap);
        jitter->stats.lost += jitter->missing == 0;
        return bridge(jitter, gap);
    }
    return stall(jitter);
}

const struct hop_packet *hop_jitter_kept(const struct hop_jitter *jitter, int *n)
{
    *n = jitter->waiting.n;
    return jitter->waiting.packets;
}

bool hop_jitter_ready(const struct hop_jitter *jitter)
{
    return jitter->waiting.n > 0 && jitter->waiting.packets[0].ts <= jitter->next_ts;
}

/* ---- ticks ------------------------------------------------------------------------------------
 */

/* Packets and ticks share a grid of this many samples. */
static int64_t grid(const struct hop_jitter *jitter)
{
    return jitter->packet < HOP_MIX_FRAME ? jitter->packet : HOP_MIX_FRAME;
}

/* The first tick after an anchor: a packet shall begin with a tick, for in the middle of one it
 * would be needed as early and heard later. */
static void settle(struct hop_jitter *jitter, int left, int64_t now_us)
{
    int64_t step = grid(jitter);
    int64_t due = (jitter->out_us - now_us) * PER_MS / 1000;
    if (due <= -HOP_MIX_FRAME) { /* ticks were left out */
        jitter->next_ts = jitter->out_ts - due / step * step;
    } else {
        int64_t begin = due > left ? due : left;
        jitter->next_ts = jitter->out_ts - ((begin + step - 1) / step * step - left);
    }
    jitter->fresh = false;
}

int hop_jitter_begin_tick(struct hop_jitter *jitter, int left, int64_t now_us)
{
    if (jitter->fresh) {
        settle(jitter, left, now_us);
        return 0;
    }
    int64_t missed = (now_us - jitter->out_us) / HOP_MIX_FRAME_US * HOP_MIX_FRAME;
    if (missed <= 0)
        return 0;
    int passed = missed < left ? (int)missed : left;
    jitter->next_ts += missed - passed;
    return passed;
}

void hop_jitter_ticked(struct hop_jitter *jitter, int left, int64_t next_us)
{
    jitter->out_ts = jitter->next_ts - left;
    jitter->out_us = next_us;
}

/* The shortest delay that gives packets `need_us`, in steps of the grid from `aligned_us` on. */
static int64_t next_aligned(int64_t aligned_us, int64_t need_us, int64_t step_us)
{
    int64_t off = need_us - aligned_us;
    int64_t steps = off > 0 ? (off + step_us - 1) / step_us : -(-off / step_us);
    return aligned_us + steps * step_us;
}

int hop_jitter_excess(const struct hop_jitter *jitter)
{
    if (!jitter->running || jitter->fresh || jitter->stalled > 0)
        return 0;
    int64_t step = grid(jitter), step_us = to_us(step);
    int64_t phase = (jitter->last_ts - jitter->out_ts) % step;
    int64_t delay_us = hop_jitter_delay_us(jitter);
    int64_t aligned_us = delay_us - to_us(phase < 0 ? phase + step : phase);
    int64_t need_us = hop_jitter_target_us(jitter) + HOP_MIX_FRAME_US - step_us;

    if (aligned_us < need_us)
        return (int)((delay_us - next_aligned(aligned_us, need_us, step_us)) * PER_MS / 1000);
    int64_t over_us = delay_us - next_aligned(aligned_us, need_us + STAY_US, step_us);
    return over_us > 0 ? (int)(over_us * PER_MS / 1000) : 0;
}

void hop_jitter_stretched(struct hop_jitter *jitter, int samples)
{
    if (samples > 0)
        jitter->stats.moved_back++;
    else
        jitter->stats.moved_forward++;
}

uint64_t hop_jitter_played(const struct hop_jitter *jitter)
{
    return jitter->played_seq;
}

int64_t hop_jitter_underrun(const struct hop_jitter *jitter)
{
    return jitter->waiting.n > 0 ? 0 : jitter->missing;
}

const struct hop_jitter_stats *hop_jitter_stats(const struct hop_jitter *jitter)
{
    return &jitter->stats;
}
