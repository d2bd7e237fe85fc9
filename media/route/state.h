/* One room and one participant as the files of media/route see them. Private to this folder.
 *
 * Ownership: hop_route > hop_route_peer > {publications > layers, slots, listener}. A layer names
 * the slots that subscribe to it and a slot names its layers; whoever goes first cuts both ends
 * (hop_slot_clear(), hop_layer_clear()). All on the room's worker thread.
 */
#pragma once

#include "media/bwe/twcc_recv.h"
#include "media/bwe/twcc_send.h"
#include "media/bwe/uplink_bwe.h"
#include "media/route/budget.h"
#include "media/route/line.h"
#include "media/route/listener.h"
#include "media/route/pace.h"
#include "media/route/publication.h"
#include "media/route/route.h"
#include "media/route/slot.h"
#include "media/route/ssrc_table.h"
#include "media/route/voices.h"

enum {
    /* a room of the largest size fills half of the table that finds a peer by its id */
    HOP_ROUTE_ID_BUCKETS = 2048,
};

struct hop_route_counters { /* since the participant came */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

struct hop_route_peer {
    struct hop_route *route;
    uint32_t index; /* the worker's */
    hop_peer_id id;
    struct hop_ext_ids ext;
    uint32_t allowed, ever_allowed; /* source masks */
    bool connected, suspended;
    bool slots_changed; /* a report is due */

    struct hop_ssrc_table ssrcs;
    struct hop_publication *publications[HOP_SOURCES]; /* NULL: not offered */
    struct hop_slot *slots[HOP_MAX_SLOTS];
    uint8_t n_slots;
    uint8_t n_view;
    struct hop_view_tile view[HOP_MAX_VIEW];
    struct hop_listener listener;
    struct hop_voices_peer voices;
    struct hop_twcc_recv *twcc_recv; /* NULL: no numbered packet has come yet */
    struct hop_twcc_send *twcc_send; /* NULL: transport-cc was not negotiated */
    struct hop_uplink_bwe *uplink;   /* NULL: he takes transport-wide feedback, or tells no times */
    struct hop_budget budget;        /* of its line down */
    struct hop_line line;            /* as it is told */
    struct hop_pace pace;

    char cname[24];
    uint32_t feedback_ssrc;              /* what our RTCP comes from: the mix */
    int64_t report_us;                   /* next SR/RR; 0: not connected yet */
    uint64_t reported_packets;           /* of now, both ways, at the last one */
    bool resting;                        /* the last one had nothing to tell */
    int64_t rtt_us;                      /* 0: unknown */
    struct hop_route_counters now, last; /* last: at the last hop_route_stats() */
    int64_t stats_us;                    /* when that was; 0: never */
    bool still;                          /* nothing had moved then */
};

struct hop_route {
    struct hop_route_ops ops;
    void *ctx;
    uint64_t random;
    int64_t now_us;      /* of the public call that is under way */
    int64_t slow_us;     /* next round of the slow work */
    int64_t stirred_us;  /* last call that may make work for the ticks */
    bool idle;           /* nothing flows: ticks are rare */
    int relief;          /* percent of the wished pictures that may be sent; 0: all */
    uint32_t generation; /* for tags of layers */
    struct hop_voices voices;

    struct hop_route_peer *peers[HOP_MAX_PEERS]; /* by the worker's index */
    uint16_t active[HOP_MAX_PEERS];              /* indexes in use */
    uint16_t n_active;
    uint16_t by_id[HOP_ROUTE_ID_BUCKETS]; /* index + 1; 0: free */
    uint16_t changed[HOP_MAX_PEERS];      /* peers with slots_changed */
    uint16_t n_changed;
    uint16_t pacing[HOP_MAX_PEERS]; /* peers with something that waits */
    uint16_t n_pacing;
    int64_t fast_us;                   /* next round of what is due more often */
    uint8_t scratch[HOP_MAX_DATAGRAM]; /* an unwrapped retransmission */
};

static inline bool hop_route_peer_sending(const struct hop_route_peer *peer)
{
    return peer->connected && !peer->suspended;
}

static inline bool hop_route_peer_allowed(const struct hop_route_peer *peer, enum hop_source source)
{
    return (peer->allowed & HOP_SOURCE_BIT(source)) != 0;
}

static inline bool hop_source_is_video(enum hop_source source)
{
    return source == HOP_SOURCE_CAMERA || source == HOP_SOURCE_SCREEN;
}

/* The participant with that id, or NULL. */
struct hop_route_peer *hop_route_find(const struct hop_route *route, hop_peer_id id);
/* Tags name a layer's stream in what may outlive it (logs of sent packets). The tag that was given
 * last finds the layer; earlier ones find NULL. */
uint32_t hop_route_new_tag(const struct hop_layer *layer);
const struct hop_layer *hop_route_layer_by_tag(const struct hop_route *route, uint32_t tag);
uint32_t hop_route_random32(struct hop_route *route);
/* Notes that the slot report of that peer is due; it is made at the end of the public call. */
void hop_route_slots_changed(struct hop_route_peer *peer);
/* Tells the worker what has changed in the slots since it was told last. */
void hop_route_report_slots(struct hop_route *route);
/* After views, rights or participants changed: asks publishers for the key frames that this has
 * made necessary, and reports the slots. */
void hop_route_settle(struct hop_route *route, int64_t now_us);
/* Something happens: the ticks of a room that was idle are frequent again. */
void hop_route_stir(struct hop_route *route, int64_t now_us);
void hop_route_drop(struct hop_route_peer *peer, enum hop_drop reason);
