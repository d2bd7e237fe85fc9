/* The world: time, links, the route and its worker, a mix that knows who is in it; see sim.h. */
#include "tests/sim/sim.h"

#include "media/rtp/demux.h"
#include "media/rtp/rtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sim_packet {
    int64_t at_us;
    uint64_t order;
    uint32_t client;
    bool up;
    size_t len;
    uint8_t data[HOP_MAX_DATAGRAM];
};

enum { CANARY = 0xa5 };

/* ---- randomness ------------------------------------------------------------------------------ */

uint32_t sim_random(struct sim *sim)
{
    uint64_t x = (sim->random += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((x ^ (x >> 31)) >> 16);
}

uint32_t sim_below(struct sim *sim, uint32_t n)
{
    return sim_random(sim) % n;
}

/* ---- links: a heap by time ------------------------------------------------------------------- */

static bool earlier(const struct sim_packet *a, const struct sim_packet *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void push(struct sim *sim, struct sim_packet *p)
{
    if (sim->n_heap == sim->heap_room) {
        sim->heap_room = sim->heap_room ? 2 * sim->heap_room : 1024;
        sim->heap = realloc(sim->heap, sim->heap_room * sizeof(struct sim_packet *));
        assert_non_null(sim->heap);
    }
    size_t i = sim->n_heap++;
    while (i > 0 && earlier(p, sim->heap[(i - 1) / 2])) {
        sim->heap[i] = sim->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    sim->heap[i] = p;
}

static struct sim_packet *pop(struct sim *sim)
{
    struct sim_packet *top = sim->heap[0], *last = sim->heap[--sim->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= sim->n_heap)
            break;
        if (child + 1 < sim->n_heap && earlier(sim->heap[child + 1], sim->heap[child]))
            child++;
        if (!earlier(sim->heap[child], last))
            break;
        sim->heap[i] = sim->heap[child];
        i = child;
    }
    sim->heap[i] = last;
    return top;
}

/* Whether the packet is padding only. */
static bool is_padding(const uint8_t *packet, size_t len)
{
    struct hop_rtp_view view;
    return hop_demux(packet, len) == HOP_DEMUX_RTP && hop_rtp_parse(packet, len, &view) == 0 &&
           view.payload_len == 0;
}

/* Waits in the queue of a link with a rate. False: it was full. */
static bool enqueue(struct sim_client *client, const struct sim_link *link, const uint8_t *packet,
                    size_t len, int64_t *wait_us)
{
    if (client->behind) { /* the line is that one's */
        link = &client->behind->down;
        client = client->behind;
    }
    struct sim_queue *q = &client->queue;
    int64_t now_us = client->sim->now_us;
    int64_t start_us = q->free_us > now_us ? q->free_us : now_us;
    *wait_us = start_us - now_us;
    if (*wait_us > link->buffer_us) {
        q->dropped++;
        return false;
    }
    if (!q->waits_us) {
        q->waits_us = calloc(SIM_MAX_WAITS, sizeof(*q->waits_us));
        assert_non_null(q->waits_us);
    }
    q->waits_us[q->n_waits++ % SIM_MAX_WAITS] = (uint32_t)*wait_us;
    q->free_us = start_us + (int64_t)len * 8000000 / link->rate_bps;
    *wait_us = q->free_us - now_us;
    q->packets++;
    q->bytes += len;
    q->padding += is_padding(packet, len) ? len : 0;
    return true;
}

bool sim_line_cross(struct sim_client *client, size_t len, int64_t *wait_us)
{
    static const uint8_t other[HOP_MAX_DATAGRAM] = { 0 };
    return enqueue(client, &client->down, other, len, wait_us);
}

void sim_line_mark(struct sim_client *client)
{
    struct sim_queue *q = &client->queue;
    q->mark_us = client->sim->now_us;
    q->bytes = q->padding = 0;
    q->packets = q->dropped = q->n_waits = 0;
}

double sim_line_bps(const struct sim_client *client)
{
    const struct sim_queue *q = &client->queue;
    return (double)(q->bytes - q->padding) * 8e6 / (double)(client->sim->now_us - q->mark_us);
}

double sim_line_loss(const struct sim_client *client)
{
    const struct sim_queue *q = &client->queue;
    unsigned all = q->packets + q->dropped;
    return all ? (double)q->dropped / all : 0;
}

static int compare_waits(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int64_t sim_line_p95_us(struct sim_client *client)
{
    struct sim_queue *q = &client->queue;
    unsigned n = q->n_waits < SIM_MAX_WAITS ? q->n_waits : SIM_MAX_WAITS;
    if (n == 0)
        return 0;
    qsort(q->waits_us, n, sizeof(*q->waits_us), compare_waits);
    return q->waits_us[n * 95ul / 100];
}

static void put_on_link(struct sim_client *client, const struct sim_link *link, bool up,
                        const uint8_t *packet, size_t len, int64_t later_us)
{
    struct sim *sim = client->sim;
    int64_t wait_us = 0;
    if (!up && client->behind && !enqueue(client, link, packet, len, &wait_us))
        return;
    if (!up && !client->behind && link->rate_bps > 0 &&
        !enqueue(client, link, packet, len, &wait_us))
        return;
    if (link->loss_permille > 0 && sim_below(sim, 1000) < (uint32_t)link->loss_permille)
        return;
    assert_true(len <= HOP_MAX_DATAGRAM);
    struct sim_packet *p = malloc(sizeof(*p));
    assert_non_null(p);
    p->at_us = sim->now_us + later_us + wait_us + link->delay_us;
    if (link->jitter_us > 0)
        p->at_us += sim_below(sim, (uint32_t)link->jitter_us);
    p->order = sim->order++;
    p->client = client->index;
    p->up = up;
    p->len = len;
    memcpy(p->data, packet, len);
    push(sim, p);
}

void sim_uplink(struct sim_client *client, const uint8_t *packet, size_t len)
{
    put_on_link(client, &client->up, true, packet, len, 0);
}

/* ---- the worker's side of the route ---------------------------------------------------------- */

static uint8_t *tx_begin(void *ctx, uint32_t peer, size_t need)
{
    struct sim *sim = ctx;
    assert_true(peer < SIM_MAX_CLIENTS && sim->clients[peer].in_room);
    assert_true(need <= HOP_MAX_DATAGRAM);
    assert_false(sim->tx_open && sim->tx_need > sizeof(sim->tx));
    sim->tx_open = true;
    sim->tx_need = need;
    memset(sim->tx + need, CANARY, sizeof(sim->tx) - need);
    return sim->tx;
}

static void tx_commit(void *ctx, uint32_t peer, size_t len, enum hop_tx_class class)
{
    struct sim *sim = ctx;
    assert_true(sim->tx_open);
    sim->tx_open = false;
    assert_true(len > 0 && len <= sim->tx_need);
    assert_int_equal(sim->tx[sim->tx_need], CANARY);
    enum hop_demux kind = hop_demux(sim->tx, len);
    assert_int_equal(kind, class == HOP_TX_RTCP ? HOP_DEMUX_RTCP : HOP_DEMUX_RTP);
    if (class == HOP_TX_RTCP)
        sim->rtcp_sent++;
    else
        sim->rtp_sent++;
    bool counting = sim->counting;
    if (counting)
        sim->on_alloc(sim, false);
    put_on_link(&sim->clients[peer], &sim->clients[peer].down, false, sim->tx, len, 0);
    if (counting)
        sim->on_alloc(sim, true);
}

static void voice(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                  uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                  int64_t now_us)
{
    struct sim *sim = ctx;
    (void)ext_seq, (void)timestamp, (void)payload, (void)now_us;
    assert_true(len > 0);
    sim->voice_odd_levels += level != 20; /* what our clients say */
    sim->talking[peer][source] = true;
    sim->voice_packets[peer]++;
}

static void voice_reset(void *ctx, uint32_t peer, enum hop_source source)
{
    struct sim *sim = ctx;
    sim->talking[peer][source] = false;
    sim->voice_resets[peer]++;
}

static void track(void *ctx, uint32_t peer, enum hop_source source, bool active)
{
    struct sim *sim = ctx;
    assert_true(sim->clients[peer].active[source] != active);
    sim->clients[peer].active[source] = active;
}

static void slots(void *ctx, uint32_t peer, const struct hop_slot_state *states, uint8_t n)
{
    struct sim *sim = ctx;
    struct sim_client *client = &sim->clients[peer];
    assert_int_equal(n, client->desc.n_slots);
    for (uint8_t i = 0; i < n; i++) {
        struct hop_slot_state now = states[i], before = client->slots[i].told;
        bool was = before.peer != 0 && before.phase != HOP_SLOT_PAUSED;
        if (!was || before.peer != now.peer)
            client->slots[i].told_us = sim->now_us;
        client->slots[i].told = now;
        if (now.phase != HOP_SLOT_LIVE)
            now = (struct hop_slot_state){ 0 };
        if (client->slots[i].shown.peer != now.peer)
            client->slots[i].shown_us = sim->now_us;
        client->slots[i].shown = now;
        client->slots[i].reports++;
    }
}

static void demand(void *ctx, uint32_t peer, enum hop_source source, int8_t top)
{
    struct sim *sim = ctx;
    struct sim_source *s = &sim->clients[peer].sources[source];
    assert_true(top >= -1 && top < s->n_layers);
    s->demand_before = s->demands++ ? s->demand : (int8_t)(s->n_layers - 1);
    s->demand = top;
    s->demand_us = sim->now_us;
}

static void line(void *ctx, uint32_t peer, const struct hop_line_state *state)
{
    struct sim_client *client = &((struct sim *)ctx)->clients[peer];
    int64_t now_us = client->sim->now_us;
    assert_true(client->lines == 0 || now_us - client->line_us >= 1000000);
    client->line = *state;
    client->line_us = now_us;
    client->lines++;
}

static void decision(void *ctx, uint32_t peer, const struct hop_decision *d)
{
    ((struct sim *)ctx)->clients[peer].decisions[d->what]++;
}

static void due(void *ctx, int64_t at_us)
{
    struct sim *sim = ctx;
    assert_true(at_us > sim->now_us);
    sim->tick_us = at_us < sim->tick_us ? at_us : sim->tick_us;
}

static void drop(void *ctx, uint32_t peer, enum hop_drop reason)
{
    struct sim *sim = ctx;
    (void)peer;
    sim->drops[reason]++;
}

static const struct hop_route_ops ops = {
    .tx_begin = tx_begin,
    .tx_commit = tx_commit,
    .voice = voice,
    .voice_reset = voice_reset,
    .track = track,
    .slots = slots,
    .demand = demand,
    .line = line,
    .decision = decision,
    .due = due,
    .drop = drop,
};

static void into_route(struct sim *sim, bool inside)
{
    if (sim->counting)
        sim->on_alloc(sim, inside);
}

/* ---- the mix: its payload names who is in it ---------------------------------------------------
 */

static void mix(struct sim *sim)
{
    static struct hop_audio_tick tick;
    memset(&tick, 0, sizeof(tick));
    tick.timestamp = (uint32_t)(sim->mix_us * 48 / 1000);
    tick.samples = 960;
    for (uint32_t c = 0; c < SIM_MAX_CLIENTS; c++) {
        if (!sim->talking[c][HOP_SOURCE_MICROPHONE])
            continue;
        tick.talkers[tick.n_talkers++] =
            (struct hop_audio_talker){ .peer = c, .level = (uint8_t)(20 + c) };
        tick.owns[tick.n_owns++].peer = c;
        sim->talking[c][HOP_SOURCE_MICROPHONE] = false;
    }
    for (uint8_t i = 0; i < tick.n_talkers; i++) {
        uint8_t who = (uint8_t)tick.talkers[i].peer;
        tick.shared[0].data[tick.shared[0].len++] = who;
        for (uint8_t k = 0; k < tick.n_talkers; k++)
            if (k != i)
                tick.owns[k].payload.data[tick.owns[k].payload.len++] = who;
    }
    if (tick.n_talkers == 0)
        return;
    into_route(sim, true);
    hop_route_audio(sim->route, &tick, sim->now_us);
    into_route(sim, false);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void deliver(struct sim *sim, const struct sim_packet *p)
{
    struct sim_client *client = &sim->clients[p->client];
    if (!client->in_room)
        return;
    bool rtcp = hop_demux(p->data, p->len) == HOP_DEMUX_RTCP;
    if (p->up) {
        into_route(sim, true);
        if (rtcp)
            hop_route_rtcp(sim->route, p->client, p->data, p->len, sim->now_us);
        else
            hop_route_rtp(sim->route, p->client, p->data, p->len, sim->now_us);
        into_route(sim, false);
    } else if (rtcp) {
        sim_publish_rtcp(client, p->data, p->len);
        sim_receive_rtcp(client, p->data, p->len);
    } else {
        sim_receive_rtp(client, p->data, p->len);
    }
}

static void step(struct sim *sim, int64_t until_us)
{
    while (sim->n_heap > 0 && sim->heap[0]->at_us <= until_us) {
        struct sim_packet *p = pop(sim);
        if (p->at_us > sim->now_us)
            sim->now_us = p->at_us;
        deliver(sim, p);
        free(p);
    }
    sim->now_us = until_us;
    if (sim->now_us >= sim->mix_us) {
        mix(sim);
        sim->mix_us += 20000;
    }
    if (sim->now_us >= sim->tick_us) {
        into_route(sim, true);
        sim->tick_us = hop_route_tick(sim->route, sim->now_us, sim->now_us + 1700000000000000);
        into_route(sim, false);
        assert_true(sim->tick_us > sim->now_us && sim->tick_us <= sim->now_us + 100000);
    }
    for (uint32_t c = 0; c < SIM_MAX_CLIENTS; c++)
        if (sim->clients[c].in_room) {
            sim_publish_poll(&sim->clients[c]);
            sim_receive_poll(&sim->clients[c]);
        }
}

void sim_run(struct sim *sim, int64_t us)
{
    int64_t until = sim->now_us + us;
    while (sim->now_us < until)
        step(sim, sim->now_us + SIM_STEP_US);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = calloc(1, sizeof(*sim));
    assert_non_null(sim);
    sim->seed = sim->random = seed;
    sim->now_us = 5000000;
    sim->tick_us = sim->mix_us = sim->now_us;
    print_message("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(hop_route_new(&ops, sim, seed, &sim->route), 0);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t c = 0; c < SIM_MAX_CLIENTS; c++)
        sim_leave(&sim->clients[c]);
    while (sim->n_heap > 0)
        free(pop(sim));
    free(sim->heap);
    hop_route_free(sim->route);
    for (uint32_t c = 0; c < SIM_MAX_CLIENTS; c++) {
        sim_publish_free(&sim->clients[c]);
        sim_receive_free(&sim->clients[c]);
    }
    free(sim);
}
