/* Our side of transport-wide congestion control towards one receiver: numbers for what we send, and
 * what the feedback says of it, as samples for an estimator. Rates here are measurements, not yet
 * decisions.
 *
 * draft-holmer-rmcat-transport-wide-cc-extensions-01, draft-ietf-rmcat-gcc-02 §4 (what samples are
 * for). Called by the route on its worker; virtual time. What is remembered grows with what is
 * under way (rate times round trip) by doubling, a few times at most; else no allocation.
 */
#pragma once

#include "media/rtp/twcc.h"

enum {
    HOP_TWCC_SEND_WINDOW = 4096,     /* packets remembered at most, a power of two */
    HOP_TWCC_SEND_FIRST = 256,       /* at first, the same */
    HOP_TWCC_SEND_WAIT_US = 2000000, /* what has not been told of after that never will */
    HOP_TWCC_RATE_WINDOW_US = 500000,
    HOP_TWCC_RATE_BINS = 10,
};

/* One sent packet that a feedback spoke of for the first time. */
struct hop_twcc_sample {
    uint64_t seq;    /* unwrapped */
    int64_t sent_us; /* our clock */
    int64_t recv_us; /* the receiver's clock (unwrapped); only differences mean anything */
    uint32_t bytes;
    bool received; /* false: reported lost; a later feedback may still correct that */
};

/* Change of one-way delay between two consecutive received packets. */
struct hop_twcc_delta {
    int64_t send_us;  /* sent apart */
    int64_t recv_us;  /* received apart */
    int64_t delay_us; /* recv - send: the queue grew by this */
};

struct hop_twcc_send {
    uint64_t next; /* unwrapped number of the next packet */
    struct hop_twcc_sent {
        uint32_t sent_us; /* low 32 bits */
        uint16_t bytes;
        uint8_t state;
    } * ring, first[HOP_TWCC_SEND_FIRST]; /* by number; ring: `first`, or of the heap */
    uint32_t n_ring;
    bool has_reference;
    int64_t reference; /* unwrapped, 64 ms */
    struct hop_twcc_bin {
        int64_t bin; /* number on the receiver's clock */
        uint32_t bytes;
    } bins[HOP_TWCC_RATE_BINS];            /* acknowledged bytes */
    int64_t first_recv_us, newest_recv_us; /* receiver's clock, of what the bins hold */
    int64_t ack_us;                        /* our clock, the last acknowledgement; 0: none yet */
    uint64_t acked, lost;                  /* packets since the start; lost may go down again */
    uint32_t recent_acked, recent_lost;    /* decaying counts of about the last second */
    int64_t recent_us;
    int64_t rtt_us; /* send to feedback, smallest of the last one; 0: unknown */
    uint64_t in_flight_bytes;
};

/* It must not be moved after that. */
void hop_twcc_send_init(struct hop_twcc_send *s);
/* Frees what it has grown by. */
void hop_twcc_send_deinit(struct hop_twcc_send *s);
/* The number for a packet that leaves now with that many bytes. */
uint16_t hop_twcc_send_packet(struct hop_twcc_send *s, size_t bytes, int64_t now_us);
/* Takes a feedback; writes up to max samples in the order of their numbers and returns how many;
 * what does not fit is still accounted for. 0 also when the feedback is malformed or tells nothing
 * new. */
size_t hop_twcc_send_feedback(struct hop_twcc_send *s, const struct hop_rtcp_fb *fb, int64_t now_us,
                              struct hop_twcc_sample *samples, size_t max);
/* Delay variation between consecutive received samples (lost ones are skipped). Returns how many,
 * at most n - 1. */
size_t hop_twcc_deltas(const struct hop_twcc_sample *samples, size_t n, struct hop_twcc_delta *out,
                       size_t max);
/* Rate at which packets reached the receiver, by its own clock, over the last half second that
 * feedback speaks of; 0: unknown (not enough yet, or no feedback for a second). */
uint32_t hop_twcc_send_acked_bps(const struct hop_twcc_send *s, int64_t now_us);
/* Share of lost packets in about the last second, of 1000. */
uint16_t hop_twcc_send_loss_permille(const struct hop_twcc_send *s);
