/* What the native client receives: the mix and the slots, counted and checked packet by packet;
 * receiver reports, NACK, PLI and transport-cc feedback go back. RFC 3550, 4585, 4588, 6465. The
 * loop's thread. */
#pragma once

#include "media/rtp/rtcp.h"
#include "tests/client/frames.h"
#include "tests/client/meter.h"
#include "tests/client/sdp.h"
#include "tests/client/transport.h"

struct hop_client_receiver;

struct hop_client_stream { /* one SSRC for life: the mix, a voice slot or a slot */
    uint32_t ssrc;
    uint64_t packets, bytes; /* without repairs */
    uint32_t repaired;       /* packets that came by RTX */
    uint32_t duplicates, late;
    uint32_t jumps; /* numbers that went somewhere else */
    int64_t lost;   /* expected and not there, repairs not counted as there */
    uint16_t first_seq, newest_seq;
    uint32_t newest_timestamp;
    uint32_t wrong_pt; /* not the payload type that was negotiated */
    int64_t first_us, newest_us;
    int64_t longest_gap_us; /* between two packets */
    /* the mix and voice slots */
    uint32_t timestamp_breaks; /* numbers one apart, timestamps not one frame apart, no marker */
    uint32_t markers;
    uint8_t n_csrc;
    uint32_t csrc[15];          /* of the newest packet */
    uint8_t csrc_level[15];     /* -dBov, RFC 6465; 127 when not sent */
    uint32_t concealed, broken; /* frames of the mix */
    /* a slot */
    struct hop_client_frames_stats video;
};

int hop_client_receiver_new(struct hop_client_transport *transport, uint32_t own_ssrc,
                            struct hop_client_receiver **out);
void hop_client_receiver_free(struct hop_client_receiver *r);

/* The answer's lines with msid mix, voice-N and slot-N. A repeated answer keeps the counters of
 * what has the same SSRC. */
void hop_client_receiver_answer(struct hop_client_receiver *r,
                                const struct hop_client_answer *answer);

void hop_client_receiver_rtp(struct hop_client_receiver *r, uint8_t *packet, size_t len,
                             int64_t now_us);
void hop_client_receiver_sr(struct hop_client_receiver *r, const struct hop_rtcp_sr *sr,
                            int64_t now_us);
/* Sends what is due; returns when it wants to be called next. */
int64_t hop_client_receiver_tick(struct hop_client_receiver *r, int64_t now_us);

const struct hop_client_stream *hop_client_receiver_mix(const struct hop_client_receiver *r);
const struct hop_client_stream *hop_client_receiver_slot(const struct hop_client_receiver *r,
                                                         unsigned slot);
const struct hop_client_stream *hop_client_receiver_voice(const struct hop_client_receiver *r,
                                                          unsigned slot);
/* The tone's power in what is played of the mix or of the voice slots, whichever is loudest. */
double hop_client_receiver_tone_db(const struct hop_client_receiver *r, double hz, size_t samples);
/* Of the mix. */
struct hop_client_meter *hop_client_receiver_meter(struct hop_client_receiver *r);
/* RTP packets of an SSRC that the answer did not name. */
uint64_t hop_client_receiver_strange(const struct hop_client_receiver *r);

/* What the client does not do: answer with NACK, or at all (a receiver that says nothing). */
void hop_client_receiver_set_nack(struct hop_client_receiver *r, bool on);
void hop_client_receiver_set_mute(struct hop_client_receiver *r, bool mute);
/* Counts the mix without decoding it, looks for holes in pictures five times less often: for many
 * clients on one processor. */
void hop_client_receiver_set_deaf(struct hop_client_receiver *r, bool deaf);
/* Time between two receiver reports, 1 s unless set; a browser that gets only sound takes 5. */
void hop_client_receiver_set_report_us(struct hop_client_receiver *r, int64_t us);
/* Asks for a key frame of a slot now. */
void hop_client_receiver_ask_keyframe(struct hop_client_receiver *r, unsigned slot);
