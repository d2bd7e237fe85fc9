/* A room in virtual time: the real media/route between synthetic clients over links that lose,
 * delay and reorder. Everything follows from the seed, which a failing test prints.
 *
 * Every forwarded picture packet carries a signature of what it is (publisher, layer, frame, place
 * in the frame), so that a receiver can tell whether what it got is complete, unmixed and
 * decodable.
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/bwe/twcc_recv.h"
#include "media/route/route.h"
#include "media/rtp/nack.h"
#include "media/rtp/source.h"

enum {
    SIM_MAX_CLIENTS = 52,
    SIM_HISTORY = 512,       /* sent packets a client can repeat, per layer */
    SIM_MAX_RECORDS = 65536, /* packets remembered per slot */
    SIM_MAX_WAITS = 1 << 18, /* packets whose queueing is remembered */
    SIM_STEP_US = 1000,
    SIM_FRAME_US = 33333,
    SIM_OBEY_US = 50000, /* from a demand to what the encoder does */
};

struct sim;

struct sim_link {
    int loss_permille;
    int delay_us;
    int jitter_us; /* added at random, so packets overtake each other */
    int rate_bps;  /* 0: any */
    int buffer_us; /* of queue at that rate, before packets are dropped */
};

/* A link's queue, and what was seen of it since sim_line_mark(). */
struct sim_queue {
    int64_t free_us; /* when it is empty */
    int64_t mark_us;
    uint64_t bytes, padding; /* that got through; padding among them */
    unsigned packets, dropped;
    uint32_t *waits_us; /* of each packet */
    unsigned n_waits;
};

struct sim_sent {
    uint16_t seq, len;
    uint8_t data[HOP_MAX_DATAGRAM];
};

/* One simulcast layer that a client sends. */
struct sim_layer {
    uint32_t ssrc, rtx_ssrc;
    uint16_t seq, rtx_seq, height;
    uint32_t bps; /* 0: a handful of small packets per frame */
    uint32_t timestamp, frame;
    uint32_t needs, base, middle; /* frames: what this one builds upon; the last of T0 and of T1 */
    uint8_t phase, tid;           /* place in T0 T2 T1 T2; of this frame */
    bool sync;                    /* it builds upon nothing but T0 */
    uint16_t picture;
    uint8_t tl0, index;
    bool enabled, key_wanted;
    unsigned plis, firs, nacks, keys; /* asked of us; key frames sent */
    unsigned sent_packets;            /* since the SSRC is in use */
    struct sim_sent *history;         /* by seq % SIM_HISTORY */
};

struct sim_source {
    bool offered, sending;
    enum hop_codec codec;
    uint8_t n_layers;
    bool
        temporal; /* three temporal layers (VP8): two fifths, a fifth and two fifths of the bytes */
    bool obeys;   /* it sends what is demanded, 50 ms later */
    struct sim_layer layers[HOP_MAX_LAYERS];
    int64_t next_us;
    int8_t demand, demand_before; /* as last told */
    int64_t demand_us;            /* when */
    unsigned demands;
};

/* One packet as a receiver got it. */
struct sim_record {
    int64_t at_us;
    uint16_t seq;
    uint32_t timestamp;
    bool marker, key;
    uint8_t publisher, source, layer;
    uint32_t frame;
    uint8_t at, of; /* place in the frame */
    uint32_t needs; /* frame */
    uint16_t picture;
    uint8_t tl0, tid;
    bool vp8;
    bool filler; /* padding under a number that turned out not to be needed */
};

struct sim_slot {
    uint32_t ssrc, rtx_ssrc;
    struct hop_recv_source recv;
    struct hop_nack nack;
    struct sim_record *records; /* by extended number - first */
    bool *have;
    uint64_t first, newest;
    bool any;
    unsigned repaired, plis;
    struct hop_slot_state told;  /* as the route reported */
    struct hop_slot_state shown; /* the same while pictures go, else empty */
    int64_t shown_us;            /* since when that participant */
    int64_t told_us;             /* the same of told, pauses apart */
    unsigned reports;
};

struct sim_client {
    struct sim *sim;
    uint32_t index;
    hop_peer_id id;
    bool in_room;
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    struct sim_link up, down;
    struct sim_queue queue;    /* of down */
    struct sim_client *behind; /* whose line down it shares; NULL: it has its own */
    struct hop_twcc_recv twcc;
    bool mute_twcc; /* it sends no transport-wide feedback */
    struct sim_source sources[HOP_SOURCES];
    struct sim_slot slots[HOP_MAX_SLOTS];
    uint16_t twcc_next; /* of what it sends */
    int64_t report_us;
    bool repairs;               /* it sends NACK */
    struct hop_line_state line; /* as last told */
    int64_t line_us;
    unsigned lines, decisions[HOP_DECIDED_PROBE + 1];
    /* what it saw */
    unsigned twcc_feedbacks, reports, byes, blocks;
    bool twcc_seen;
    uint16_t twcc_last;
    unsigned twcc_gaps;
    struct hop_recv_source mix;
    unsigned mix_packets, mix_gaps, mix_own, mix_wrong_csrc, mix_level_errors;
    uint16_t mix_seq;
    uint32_t mix_timestamp;
    bool active[HOP_SOURCES]; /* as the route reported */
};

struct sim_packet; /* on a link */

struct sim {
    uint64_t seed, random;
    int64_t now_us;
    struct hop_route *route;
    int64_t tick_us, mix_us;
    struct sim_client clients[SIM_MAX_CLIENTS];
    struct sim_packet *links; /* ascending by time */
    struct sim_packet **heap;
    size_t n_heap, heap_room;
    uint64_t order;
    uint8_t tx[2 * HOP_MAX_DATAGRAM];
    size_t tx_need;
    bool tx_open;
    bool talking[SIM_MAX_CLIENTS][HOP_SOURCES]; /* a voice packet came in this mix frame */
    unsigned voice_packets[SIM_MAX_CLIENTS], voice_resets[SIM_MAX_CLIENTS];
    unsigned voice_odd_levels;
    unsigned drops[HOP_DROPS];
    uint64_t rtcp_sent, rtp_sent;
    bool counting;
    void (*on_alloc)(struct sim *sim, bool inside); /* brackets every call of the route */
};

/* Prints the seed; aborts the test when the route cannot be made. */
struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);
uint32_t sim_random(struct sim *sim);
/* 0..n-1 */
uint32_t sim_below(struct sim *sim, uint32_t n);
void sim_run(struct sim *sim, int64_t us);

/* ---- clients: index 0..SIM_MAX_CLIENTS-1 -------------------------------------------------------
 */

struct sim_client_config {
    enum hop_codec camera, screen; /* NONE: not offered */
    uint8_t camera_layers;         /* 1..3 */
    uint8_t n_slots;
    bool microphone;
    bool vp8_only; /* its slots cannot play H.264 */
    struct sim_link up, down;
};

/* Joins the room and connects. */
struct sim_client *sim_join(struct sim *sim, uint32_t index,
                            const struct sim_client_config *config);
void sim_leave(struct sim_client *client);
void sim_send(struct sim_client *client, enum hop_source source, bool on);
/* Shows these clients' cameras, in this order; heights 0: any. Ends with -1. */
void sim_view(struct sim_client *client, int height, ...);
void sim_uplink(struct sim_client *client, const uint8_t *packet, size_t len);

/* Somebody else's packet on that line: what it waits; false: the queue was full. */
bool sim_line_cross(struct sim_client *client, size_t len, int64_t *wait_us);
/* Looks at the receiver's line from now on. */
void sim_line_mark(struct sim_client *client);
/* Bits per second that got through since, padding left out; share of packets dropped; 95th
 * percentile of the wait in its queue. */
double sim_line_bps(const struct sim_client *client);
double sim_line_loss(const struct sim_client *client);
int64_t sim_line_p95_us(struct sim_client *client);
/* The longest time without a new decodable frame in a slot, among those that came after since_us;
 * `until_us` ends it. */
int64_t sim_longest_freeze_us(const struct sim_slot *slot, int64_t since_us, int64_t until_us);

/* How much later than their timestamps say frames came, beside the most punctual one of the last
 * 2 s: what a receiver takes for jitter, and waits for. The 99th percentile since then, of frames
 * that nothing was lost of. */
int64_t sim_lateness_us(const struct sim_slot *slot, int64_t since_us);

/* ---- the two directions (sim_publish.c, sim_receive.c, sim_judge.c) --------------------------- */

void sim_publish_init(struct sim_client *client);
void sim_publish_poll(struct sim_client *client);
void sim_publish_rtcp(struct sim_client *client, const uint8_t *packet, size_t len);
void sim_publish_free(struct sim_client *client);
void sim_receive_init(struct sim_client *client);
void sim_receive_poll(struct sim_client *client);
void sim_receive_rtp(struct sim_client *client, const uint8_t *packet, size_t len);
void sim_receive_rtcp(struct sim_client *client, const uint8_t *packet, size_t len);
void sim_receive_free(struct sim_client *client);

/* What one slot's stream was, seen whole. */
struct sim_verdict {
    unsigned packets;    /* received, repaired ones included */
    unsigned missing;    /* numbers in between that never came; not those of `cut` */
    unsigned cut;        /* lost right before a switch: nobody repairs what nobody shows any more */
    unsigned cut_frames; /* frames that were not whole because of them */
    unsigned frames, complete, keys;
    unsigned decodable;   /* complete, and all they build upon was */
    unsigned switches;    /* another publisher or layer */
    unsigned cold;        /* a switch (or the start) that was no key frame */
    unsigned mixed;       /* a timestamp with packets of two frames */
    unsigned bad_time;    /* timestamps that went back or stood still */
    unsigned bad_picture; /* PictureID or TL0PICIDX not continued */
    unsigned foreign;     /* packets that were not the assigned source's */
};
/* The last `tail` packets are left out: nothing after them tells of their loss. */
struct sim_verdict sim_judge(const struct sim_slot *slot, unsigned tail);
/* Asserts that the stream is as it should be when repair works. */
void sim_assert_clean(const struct sim_slot *slot, unsigned least_frames);
