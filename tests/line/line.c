/* One direction of an impaired line; see line.h. Called by main.c for each packet and deadline. */
#include "tests/line/line.h"

#include "tests/line/chance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hop_line {
    struct hop_line_settings set;
    struct hop_line_loss loss;
    struct hop_line_dice jitter;
    uint64_t number;

    /* the queue: a ring; its head is being sent since sent_ns, bits_left are still to go */
    struct hop_line_packet *queue[HOP_LINE_PACKETS];
    unsigned first, queued;
    int64_t queued_bytes, sent_ns;
    double bits_left;

    /* on the way: a heap by due_ns, then by number */
    struct hop_line_packet *heap[HOP_LINE_PACKETS];
    unsigned under_way;
    int64_t last_due_ns;

    struct hop_line_packet *spare[HOP_LINE_PACKETS];
    unsigned spares, made;
    struct hop_line_packet *given; /* by the last pop */
    struct hop_line_counters counters;
};

int hop_line_new(uint64_t seed, int64_t now_ns, struct hop_line **out)
{
    struct hop_line *l = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    l->set = hop_line_settings_default();
    hop_line_dice_init(&l->loss.dice, 2 * seed);
    hop_line_dice_init(&l->jitter, 2 * seed + 1);
    hop_line_counters_begin(&l->counters, now_ns);
    *out = l;
    return 0;
}

void hop_line_free(struct hop_line *l)
{
    if (!l)
        return;
    for (unsigned i = 0; i < l->queued; i++)
        free(l->queue[(l->first + i) % HOP_LINE_PACKETS]);
    for (unsigned i = 0; i < l->under_way; i++)
        free(l->heap[i]);
    for (unsigned i = 0; i < l->spares; i++)
        free(l->spare[i]);
    free(l->given);
    free(l);
}

const struct hop_line_settings *hop_line_settings(const struct hop_line *l)
{
    return &l->set;
}

struct hop_line_counters *hop_line_counters(struct hop_line *l)
{
    return &l->counters;
}

/* ---- packets --------------------------------------------------------------------------------- */

static struct hop_line_packet *take(struct hop_line *l)
{
    if (l->spares)
        return l->spare[--l->spares];
    if (l->made == HOP_LINE_PACKETS)
        return NULL;
    struct hop_line_packet *p = malloc(sizeof(*p));
    l->made += p != NULL;
    return p;
}

static void give_back(struct hop_line *l, struct hop_line_packet *p)
{
    if (p)
        l->spare[l->spares++] = p;
}

/* ---- behind the queue: loss, delay, jitter --------------------------------------------------- */

static bool before(const struct hop_line_packet *a, const struct hop_line_packet *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

static void heap_push(struct hop_line *l, struct hop_line_packet *p)
{
    unsigned i = l->under_way++;
    for (unsigned up; i > 0 && before(p, l->heap[up = (i - 1) / 2]); i = up)
        l->heap[i] = l->heap[up];
    l->heap[i] = p;
}

static struct hop_line_packet *heap_pop(struct hop_line *l)
{
    struct hop_line_packet *top = l->heap[0], *last = l->heap[--l->under_way];
    unsigned i = 0;
    for (unsigned down; (down = 2 * i + 1) < l->under_way; i = down) {
        if (down + 1 < l->under_way && before(l->heap[down + 1], l->heap[down]))
            down++;
        if (!before(l->heap[down], last))
            break;
        l->heap[i] = l->heap[down];
    }
    l->heap[i] = last;
    return top;
}

/* The link has sent it. Lost packets have used the link like all others, as on a radio. */
static void leave(struct hop_line *l, struct hop_line_packet *p, int64_t at_ns)
{
    int64_t jitter_ns = hop_line_jitter_next(&l->jitter, &l->set);
    if (hop_line_loss_next(&l->loss, &l->set)) {
        hop_line_counters_packet(&l->counters, HOP_LINE_LOST, p->len, at_ns);
        give_back(l, p);
        return;
    }
    p->due_ns = at_ns + l->set.delay_ns + jitter_ns;
    if (!l->set.reorder && p->due_ns < l->last_due_ns)
        p->due_ns = l->last_due_ns;
    if (p->due_ns > l->last_due_ns)
        l->last_due_ns = p->due_ns;
    heap_push(l, p);
}

/* ---- the queue and the link ------------------------------------------------------------------ */

static int64_t head_done_ns(const struct hop_line *l)
{
    return l->sent_ns + (int64_t)(l->bits_left * 1e9 / (double)l->set.rate_bps);
}

static void begin_head(struct hop_line *l, int64_t now_ns)
{
    if (!l->queued)
        return;
    const struct hop_line_packet *head = l->queue[l->first];
    l->sent_ns = now_ns;
    l->bits_left = (double)head->len * 8;
    hop_line_counters_wait(&l->counters, now_ns - head->in_ns, now_ns);
}

/* Sends what the link could send by now. */
static void advance(struct hop_line *l, int64_t now_ns)
{
    while (l->queued) {
        int64_t done_ns = l->set.rate_bps ? head_done_ns(l) : now_ns;
        if (done_ns > now_ns)
            return;
        struct hop_line_packet *head = l->queue[l->first];
        l->first = (l->first + 1) % HOP_LINE_PACKETS;
        l->queued--;
        l->queued_bytes -= head->len;
        begin_head(l, done_ns);
        leave(l, head, done_ns);
    }
}

void hop_line_set(struct hop_line *l, const struct hop_line_settings *s, int64_t now_ns)
{
    advance(l, now_ns);
    if (l->queued && l->set.rate_bps) {
        l->bits_left -= (double)(now_ns - l->sent_ns) * (double)l->set.rate_bps / 1e9;
        l->bits_left = l->bits_left > 0 ? l->bits_left : 0;
        l->sent_ns = now_ns;
    }
    l->set = *s;
    advance(l, now_ns);
}

/* One packet always has room, as in a real interface. */
static bool has_room(const struct hop_line *l, size_t len)
{
    int64_t limit = l->set.buffer_ns
                        ? (int64_t)((double)l->set.buffer_ns * (double)l->set.rate_bps / 8e9)
                        : l->set.buffer_bytes;
    return !l->queued || !l->set.rate_bps || l->queued_bytes + (int64_t)len <= limit;
}

void hop_line_push(struct hop_line *l, const uint8_t *data, size_t len, int64_t now_ns)
{
    struct hop_line_packet *p = NULL;
    advance(l, now_ns);
    hop_line_counters_packet(&l->counters, HOP_LINE_IN, (uint32_t)len, now_ns);
    if (len > HOP_LINE_MTU || (has_room(l, len) && !(p = take(l)))) {
        hop_line_counters_packet(&l->counters, HOP_LINE_REFUSED, (uint32_t)len, now_ns);
        return;
    }
    if (!p) {
        hop_line_counters_packet(&l->counters, HOP_LINE_OVERFLOW, (uint32_t)len, now_ns);
        return;
    }
    p->in_ns = now_ns;
    p->number = l->number++;
    p->len = (uint32_t)len;
    memcpy(p->data, data, len);
    l->queue[(l->first + l->queued++) % HOP_LINE_PACKETS] = p;
    l->queued_bytes += (int64_t)len;
    if (l->queued == 1)
        begin_head(l, now_ns);
    advance(l, now_ns);
}

const struct hop_line_packet *hop_line_pop(struct hop_line *l, int64_t now_ns)
{
    give_back(l, l->given);
    l->given = NULL;
    advance(l, now_ns);
    if (!l->under_way || l->heap[0]->due_ns > now_ns)
        return NULL;
    l->given = heap_pop(l);
    hop_line_counters_packet(&l->counters, HOP_LINE_OUT, l->given->len, l->given->due_ns);
    return l->given;
}

int64_t hop_line_next_ns(const struct hop_line *l)
{
    int64_t next = l->under_way ? l->heap[0]->due_ns : INT64_MAX;
    if (l->queued && l->set.rate_bps && head_done_ns(l) < next)
        next = head_done_ns(l);
    return next;
}
