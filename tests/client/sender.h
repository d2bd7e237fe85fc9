/* What the native client sends: tones as Opus, frames in the shape of VP8 or H.264, repairs, sender
 * reports. RFC 3550, 4585, 4588, 6464, 7587, 8852. The loop's thread. */
#pragma once

#include "media/rtp/rtcp.h"
#include "tests/client/sdp.h"
#include "tests/client/transport.h"

struct hop_client_sender;

struct hop_client_sender_config {
    uint32_t tag; /* stamped into video */
    enum hop_codec codec;
    uint32_t video_bps; /* of the highest layer; each lower one a quarter */
    unsigned fps;
    uint16_t height;             /* of the highest layer */
    double tone_hz[HOP_SOURCES]; /* microphone, screen audio; 0: silence */
};

struct hop_client_sent { /* per source, all layers together; repairs apart */
    uint64_t packets, bytes;
    uint32_t frames, key_frames;
    uint32_t pli, fir, nacked, repaired; /* asked of us, and what we did */
    uint8_t fraction_lost;               /* of 256, of the newest report */
    int64_t rtt_us;                      /* 0: unknown */
};

int hop_client_sender_new(const struct hop_client_sender_config *config,
                          struct hop_client_transport *transport, struct hop_client_sender **out);
void hop_client_sender_free(struct hop_client_sender *s);

/* SSRCs for the offer; `layers` 0: not offered. */
void hop_client_sender_offer(struct hop_client_sender *s, enum hop_source source, uint8_t layers,
                             struct hop_client_offer_track *out);
/* The answer's line for that source: payload types, mid. */
void hop_client_sender_answer(struct hop_client_sender *s, enum hop_source source,
                              const struct hop_client_answer_line *line,
                              const struct hop_ext_ids *ext);

/* Sends or does not; a source begins off. */
void hop_client_sender_enable(struct hop_client_sender *s, enum hop_source source, bool on);
/* 0: silence goes on being sent, with level 127. */
void hop_client_sender_set_tone(struct hop_client_sender *s, enum hop_source source, double hz);
/* What a microphone sends instead of a tone: the n-th packet of 20 ms. Returns its bytes (0:
 * nothing is sent, as with DTX), `*level` in -dBov. Called right before it is sent. */
typedef size_t (*hop_client_voice)(void *ctx, uint64_t n, uint8_t *out, size_t cap, uint8_t *level);
void hop_client_sender_set_voice(struct hop_client_sender *s, enum hop_source source,
                                 hop_client_voice voice, void *ctx);
/* Which simulcast layers are sent, a bit each; all at first. What begins anew begins with a key
 * frame. */
void hop_client_sender_set_layers(struct hop_client_sender *s, uint32_t mask);
void hop_client_sender_set_video_bps(struct hop_client_sender *s, uint32_t bps);

/* Sends what is due; returns when it wants to be called next. Before the line is connected
 * nothing happens. */
int64_t hop_client_sender_tick(struct hop_client_sender *s, int64_t now_us);

void hop_client_sender_feedback(struct hop_client_sender *s, const struct hop_rtcp_fb *fb,
                                int64_t now_us);
void hop_client_sender_report(struct hop_client_sender *s, const struct hop_rtcp_block *block,
                              int64_t now_us);

const struct hop_client_sent *hop_client_sender_stats(const struct hop_client_sender *s,
                                                      enum hop_source source);
/* Acknowledged rate and loss by transport-cc; 0: no feedback. */
uint32_t hop_client_sender_acked_bps(const struct hop_client_sender *s, int64_t now_us);
uint64_t hop_client_sender_twcc_acked(const struct hop_client_sender *s);
/* An SSRC of ours, for the receiver's RTCP. */
uint32_t hop_client_sender_ssrc(const struct hop_client_sender *s);
