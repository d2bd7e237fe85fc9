/* What one PeerConnection of hop-load receives: told apart by SSRC, counted, and answered as a
 * browser answers: transport-wide feedback, receiver reports, NACK, PLI. RFC 3550, 4585, 4588. */
#pragma once

#include "bench/audio/tone.h"
#include "media/bwe/twcc_recv.h"
#include "media/rtp/nack.h"
#include "media/rtp/source.h"
#include "tests/client/sdp.h"

struct hop_load_link;

enum { HOP_LOAD_STREAMS = 64 };

enum hop_load_kind { HOP_LOAD_NOTHING, HOP_LOAD_SOUND, HOP_LOAD_PICTURE, HOP_LOAD_REPAIR };

struct hop_load_stream {
    uint32_t ssrc;
    uint8_t pt;
    bool audio, want_key;
    struct hop_recv_source source;
    struct hop_nack *nack; /* video */
    int64_t pli_us;
    /* the first key frame, until it is whole */
    bool has_key;
    uint64_t key_seq;
    uint32_t key_timestamp, key_packets, key_end; /* key_end: packets it has; 0: not known yet */
};

struct hop_load_receiver {
    struct hop_load_link *link;
    uint32_t own_ssrc;
    uint8_t twcc_id;
    uint8_t kinds[128];       /* enum hop_load_kind by payload type */
    uint8_t repaired_pt[128]; /* what an RTX payload type repairs */
    struct {
        uint32_t rtx, media;
    } pairs[HOP_LOAD_STREAMS]; /* SSRCs, as far as they were announced */
    uint8_t n_pairs;
    struct hop_load_stream *streams[HOP_LOAD_STREAMS];
    uint8_t n_streams, last;
    struct hop_twcc_recv twcc;
    int64_t report_us;
    struct bench_tone *timed; /* borrowed; tones that are waited for here, or NULL */
    bool counts;              /* in the steady part of the measurement */
    int64_t first_video_us, first_key_us, first_audio_us; /* monotonic; 0: not yet */
    uint64_t video, audio;                                /* packets in the window */
};

void hop_load_receiver_init(struct hop_load_receiver *r, struct hop_load_link *link);
void hop_load_receiver_deinit(struct hop_load_receiver *r);
/* Payload types and SSRCs as an answer (or the other side's offer) names them. */
void hop_load_receiver_describe(struct hop_load_receiver *r,
                                const struct hop_client_answer_line *line,
                                const struct hop_ext_ids *ext);
void hop_load_receiver_begin(struct hop_load_receiver *r, int64_t now_us);
/* One packet; `opened`: decrypted, so the stamp in it can be read. */
void hop_load_receiver_rtp(struct hop_load_receiver *r, const uint8_t *packet, size_t len,
                           bool opened, int64_t at_us, int64_t now_us);
void hop_load_receiver_sr(struct hop_load_receiver *r, const struct hop_rtcp_sr *sr,
                          int64_t now_us);
/* Sends what is due. */
void hop_load_receiver_tick(struct hop_load_receiver *r, int64_t now_us);
int64_t hop_load_receiver_due(const struct hop_load_receiver *r);
/* Packets that are missing, by sequence numbers, of all streams since their beginnings; video and
 * sound apart. Repaired ones are not missing. */
int64_t hop_load_receiver_lost(const struct hop_load_receiver *r, bool audio);
