/* A jitter buffer of fixed delay; see jitter.h. Called on the mix thread. */
#include "media/mix/jitter.h"

#include "media/base/limits.h"

#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

enum {
    PER_MS = HOP_MIX_RATE / 1000,
    CONCEAL_MAX = 60 * PER_MS, /* after that an invented voice sounds like a robot */
    WILD_US = 1000000,         /* a lead beyond this is a new stream */
    WINDOW_US = 1000000,       /* over which the shortest lead is taken */
    EXCESS_US = 30000,         /* a shortest lead this far over the delay is too long */
    MARGIN_US = 10000,         /* the lead that the latest packet gets when all move back */
    LATE_MANY = 3,             /* late packets of one window that move the playing time */
    SLOT_BYTES = 128,          /* first size of a slot's memory */
    SEQ_WILD = 1000,           /* while stopped: a jump that far is a new stream */
};

struct slot {
    uint64_t seq;
    int64_t ts;
    int samples;
    uint16_t len, cap;
    uint8_t level;
    uint8_t *data;
};

struct hop_jitter {
    struct slot slots[HOP_JITTER_SLOTS]; /* n by rising seq, then spare memory */
    int n;
    int delay_us;
    bool running;

    bool seen; /* last_ts is valid */
    uint32_t last_rtp;
    int64_t last_ts; /* last_rtp, unwrapped */

    int64_t next_ts;   /* next sample to decode */
    uint64_t next_seq; /* next packet, if nothing is lost */
    int64_t out_ts, out_us;
    int64_t missing; /* samples made without a packet since the last one */

    int64_t window_us; /* end of the window */
    int64_t min_lead_us;
    int late; /* in the window */
    int excess;
    struct hop_jitter_stats stats;
};

int hop_jitter_new(int delay_ms, struct hop_jitter **out)
{
    struct hop_jitter *jitter = calloc(1, sizeof(*jitter));
    if (!jitter)
        return -ENOMEM;
    jitter->delay_us = delay_ms * 1000;
    *out = jitter;
    return 0;
}

void hop_jitter_free(struct hop_jitter *jitter)
{
    if (!jitter)
        return;
    for (int i = 0; i < HOP_JITTER_SLOTS; i++)
        free(jitter->slots[i].data);
    free(jitter);
}

/* ---- slots ------------------------------------------------------------------------------------
 */

static int64_t unwrap(struct hop_jitter *jitter, uint32_t timestamp)
{
    if (!jitter->seen) {
        jitter->seen = true;
        jitter->last_ts = timestamp;
    } else {
        jitter->last_ts += (int32_t)(timestamp - jitter->last_rtp);
    }
    jitter->last_rtp = timestamp;
    return jitter->last_ts;
}

/* Takes slot i out; its memory goes to the spare ones and stays readable until the next push. */
static void remove_slot(struct hop_jitter *jitter, int i)
{
    struct slot gone = jitter->slots[i];
    jitter->n--;
    memmove(&jitter->slots[i], &jitter->slots[i + 1],
            (size_t)(jitter->n - i) * sizeof(jitter->slots[0]));
    jitter->slots[jitter->n] = gone;
}

static void flush(struct hop_jitter *jitter)
{
    jitter->n = 0;
}

static bool reserve(struct slot *slot, size_t len)
{
    size_t cap = SLOT_BYTES;
    if (slot->cap >= len)
        return true;
    while (cap < len)
        cap *= 2;
    uint8_t *data = realloc(slot->data, cap);
    if (!data)
        return false;
    slot->data = data;
    slot->cap = (uint16_t)cap;
    return true;
}

/* Where a packet with this number belongs, or -1 if it is here already. */
static int find_place(const struct hop_jitter *jitter, uint64_t seq)
{
    int i = jitter->n;
    while (i > 0 && jitter->slots[i - 1].seq > seq)
        i--;
    return i > 0 && jitter->slots[i - 1].seq == seq ? -1 : i;
}

static enum hop_jitter_verdict insert(struct hop_jitter *jitter, const struct slot *in,
                                      const uint8_t *payload)
{
    int limit = jitter->running ? HOP_JITTER_SLOTS : HOP_JITTER_IDLE;
    int place = find_place(jitter, in->seq);
    if (place < 0) {
        jitter->stats.duplicate++;
        return HOP_JITTER_DUPLICATE;
    }
    while (jitter->n >= limit) {
        if (place == 0)
            return HOP_JITTER_LATE;
        remove_slot(jitter, 0);
        place--;
    }
    struct slot spare = jitter->slots[jitter->n];
    if (!reserve(&spare, in->len)) {
        return HOP_JITTER_NO_MEMORY;
    }
    memmove(&jitter->slots[place + 1], &jitter->slots[place],
            (size_t)(jitter->n - place) * sizeof(jitter->slots[0]));
    struct slot *slot = &jitter->slots[place];
    *slot = *in;
    slot->data = spare.data;
    slot->cap = spare.cap;
    memcpy(slot->data, payload, in->len);
    jitter->n++;
    return HOP_JITTER_OK;
}

/* ---- the playing time -------------------------------------------------------------------------
 */

static void open_window(struct hop_jitter *jitter, int64_t now_us)
{
    jitter->window_us = now_us + WINDOW_US;
    jitter->min_lead_us = INT64_MAX;
    jitter->late = 0;
}

static int64_t lead_us(const struct hop_jitter *jitter, int64_t ts, int64_t now_us)
{
    return (ts - jitter->out_ts) * 1000 / PER_MS + (jitter->out_us - now_us);
}

/* Moves the playing time of everything back (later) by so many samples. */
static void move_back(struct hop_jitter *jitter, int64_t samples, int64_t now_us)
{
    jitter->next_ts -= samples;
    jitter->out_ts -= samples;
    jitter->excess = 0;
    jitter->stats.moved_back++;
    open_window(jitter, now_us);
}

static void note_lead(struct hop_jitter *jitter, int64_t lead, int64_t now_us)
{
    if (lead < jitter->min_lead_us)
        jitter->min_lead_us = lead;
    if (lead < 0 && ++jitter->late >= LATE_MANY) {
        move_back(jitter, (MARGIN_US - jitter->min_lead_us) * PER_MS / 1000, now_us);
        return;
    }
    if (now_us < jitter->window_us || jitter->excess > 0)
        return;
    int64_t over = jitter->min_lead_us - jitter->delay_us;
    if (over > EXCESS_US)
        jitter->excess = (int)(over * PER_MS / 1000);
    open_window(jitter, now_us);
}

/* The sample `ts`, which came now, is due one delay from now; what is older than that is dropped.
 */
static void anchor(struct hop_jitter *jitter, int64_t ts, int64_t now_us)
{
    jitter->out_ts = jitter->next_ts = ts - (int64_t)jitter->delay_us * PER_MS / 1000;
    jitter->out_us = now_us;
    jitter->missing = 0;
    jitter->excess = 0;
    open_window(jitter, now_us);
}

static void resync(struct hop_jitter *jitter, uint64_t seq, int64_t ts, int64_t now_us)
{
    flush(jitter);
    anchor(jitter, ts, now_us);
    jitter->next_seq = seq;
    jitter->stats.resyncs++;
}

/* Checks a packet against the playing time; resynchronises if it shows a new beginning. */
static enum hop_jitter_verdict place_in_time(struct hop_jitter *jitter, const struct slot *in,
                                             int64_t now_us)
{
    int64_t lead = lead_us(jitter, in->ts, now_us);
    bool passed = in->ts + in->samples <= jitter->next_ts;
    bool restarted = in->seq < jitter->next_seq && !passed;
    bool paused = jitter->n == 0 && jitter->missing >= CONCEAL_MAX &&
                  (lead < 0 || lead > jitter->delay_us + EXCESS_US);

    if (lead > WILD_US || lead < -WILD_US || restarted || paused) {
        resync(jitter, in->seq, in->ts, now_us);
        return HOP_JITTER_OK;
    }
    note_lead(jitter, lead, now_us);
    if (in->seq < jitter->next_seq || in->ts + in->samples <= jitter->next_ts) {
        jitter->stats.late++;
        return HOP_JITTER_LATE;
    }
    return HOP_JITTER_OK;
}

enum hop_jitter_verdict hop_jitter_push(struct hop_jitter *jitter, uint64_t seq, uint32_t timestamp,
                                        const uint8_t *payload, size_t len, uint8_t level,
                                        int64_t now_us)
{
    int samples = len > 0 && len <= HOP_MAX_DATAGRAM
                      ? opus_packet_get_nb_samples(payload, (opus_int32)len, HOP_MIX_RATE)
                      : 0;
    if (samples <= 0 || samples > HOP_MIX_OPUS_MAX) {
        jitter->stats.malformed++;
        return HOP_JITTER_MALFORMED;
    }
    struct slot in = { .seq = seq,
                       .ts = unwrap(jitter, timestamp),
                       .samples = samples,
                       .len = (uint16_t)len,
                       .level = level };
    if (jitter->running) {
        enum hop_jitter_verdict verdict = place_in_time(jitter, &in, now_us);
        if (verdict != HOP_JITTER_OK)
            return verdict;
    } else if (jitter->n > 0) {
        uint64_t newest = jitter->slots[jitter->n - 1].seq;
        if (seq + SEQ_WILD < newest || newest + SEQ_WILD < seq)
            flush(jitter);
    }
    return insert(jitter, &in, payload);
}

void hop_jitter_start(struct hop_jitter *jitter, int64_t now_us)
{
    if (jitter->n == 0)
        return;
    const struct slot *newest = &jitter->slots[jitter->n - 1];
    anchor(jitter, newest->ts, now_us);
    jitter->running = true;
    while (jitter->slots[0].ts < jitter->next_ts ||
           jitter->slots[0].ts > jitter->slots[jitter->n - 1].ts)
        remove_slot(jitter, 0);
    jitter->next_seq = jitter->slots[0].seq;
}

void hop_jitter_stop(struct hop_jitter *jitter)
{
    jitter->running = false;
    while (jitter->n > HOP_JITTER_IDLE)
        remove_slot(jitter, 0);
    for (int i = HOP_JITTER_IDLE; i < HOP_JITTER_SLOTS; i++) {
        free(jitter->slots[i].data);
        jitter->slots[i].data = NULL;
        jitter->slots[i].cap = 0;
    }
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

static struct hop_jitter_item play(struct hop_jitter *jitter)
{
    struct slot slot = jitter->slots[0];
    int64_t skip = jitter->next_ts - slot.ts;

    remove_slot(jitter, 0);
    jitter->next_seq = slot.seq + 1;
    jitter->next_ts = slot.ts + slot.samples;
    jitter->missing = 0;
    jitter->stats.played++;
    return (struct hop_jitter_item){ .kind = HOP_JITTER_PLAY,
                                     .samples = slot.samples,
                                     .skip = (int)skip,
                                     .data = slot.data,
                                     .len = slot.len,
                                     .level = slot.level };
}

/* Packets are missing before the first one that is here, `gap` samples long. */
static struct hop_jitter_item bridge(struct hop_jitter *jitter, int64_t gap)
{
    struct slot *head = &jitter->slots[0];
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

struct hop_jitter_item hop_jitter_next(struct hop_jitter *jitter)
{
    while (jitter->n > 0) {
        const struct slot *head = &jitter->slots[0];
        if (head->ts + head->samples <= jitter->next_ts) {
            jitter->next_seq = head->seq + 1;
            jitter->stats.late++;
            remove_slot(jitter, 0);
            continue;
        }
        int64_t gap = head->ts - jitter->next_ts;
        if (gap <= 0)
            return play(jitter);
        if (head->seq == jitter->next_seq)
            return make_up(jitter, HOP_JITTER_SILENCE, gap);
        jitter->stats.lost += jitter->missing == 0;
        return bridge(jitter, gap);
    }
    return make_up(jitter, jitter->missing < CONCEAL_MAX ? HOP_JITTER_CONCEAL : HOP_JITTER_SILENCE,
                   HOP_MIX_FRAME);
}

int hop_jitter_begin_tick(struct hop_jitter *jitter, int left, int64_t now_us)
{
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

int hop_jitter_excess(const struct hop_jitter *jitter)
{
    return jitter->excess;
}

void hop_jitter_shorten(struct hop_jitter *jitter, int samples)
{
    jitter->excess -= samples < jitter->excess ? samples : jitter->excess;
    jitter->stats.moved_forward++;
}

int64_t hop_jitter_underrun(const struct hop_jitter *jitter)
{
    return jitter->n > 0 ? 0 : jitter->missing;
}

const struct hop_jitter_stats *hop_jitter_stats(const struct hop_jitter *jitter)
{
    return &jitter->stats;
}
