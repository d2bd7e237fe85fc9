/* What one sender of hop-load sends: frames in the shape of VP8 or H.264 in one to three simulcast
 * layers, paced or in bursts, key frames when asked, retransmissions, reports; and a tone or
 * silence as Opus with its level. In each video packet stand its time of sending and a counter. RFC
 * 3550, 4585, 4588, 6464, 7741, 6184, 8852. */
#pragma once

#include "bench/audio/tone.h"
#include "bench/load/link.h"
#include "media/rtp/cache.h"
#include "tests/client/shape.h"

struct hop_load_layer {
    uint32_t ssrc, rtx_ssrc;
    uint16_t seq, rtx_seq, height, picture;
    uint8_t tl0;
    bool key_wanted;
    uint32_t bps;
    size_t credit; /* bytes that the rate allows still */
    struct hop_seq_unwrap unwrap;
    struct hop_cache *cache;
    struct hop_send_source source;
    struct hop_client_frame frame; /* under way */
    unsigned packets, next;
};

struct hop_load_sender {
    struct hop_load_link *link;
    uint32_t tag; /* stamped into each packet */
    /* video */
    uint8_t n_layers, layer; /* layer: whose packet is next */
    struct hop_load_layer layers[HOP_MAX_LAYERS];
    struct hop_client_answer_line video; /* as answered */
    struct hop_ext_ids ext;
    uint32_t timestamp, counter;
    int64_t frame_us, pace_us;
    struct hop_load_timer timer, report_timer;
    uint64_t sent; /* packets of the window, repairs apart */
    /* sound */
    uint32_t audio_ssrc, audio_timestamp;
    uint16_t audio_seq;
    struct hop_client_answer_line audio;
    int tone;                 /* 0: silence, else its number */
    struct bench_tone *timed; /* borrowed; instead of it: tones that somebody waits for */
    unsigned frame;
    bool talking;
    int64_t audio_us;
    struct hop_load_timer audio_timer;
    struct hop_send_source audio_source;
    uint64_t audio_sent;
};

void hop_load_sender_init(struct hop_load_sender *s, struct hop_load_link *link, uint32_t tag);
void hop_load_sender_deinit(struct hop_load_sender *s);
/* SSRCs for an offer. */
struct hop_client_offer_track hop_load_sender_track(const struct hop_load_sender *s, bool video);
/* Begins to send, at a random phase, what the answer's lines say; NULL: not that. */
void hop_load_sender_start(struct hop_load_sender *s, const struct hop_client_answer_line *video,
                           const struct hop_client_answer_line *audio,
                           const struct hop_ext_ids *ext);
void hop_load_sender_feedback(struct hop_load_sender *s, const struct hop_rtcp_fb *fb);

/* The time of sending (wall clock, µs) in a payload that came at `at_us`. False: no stamp. */
bool hop_load_stamp_read(const uint8_t *payload, size_t len, int64_t at_us, int64_t *sent_us);
