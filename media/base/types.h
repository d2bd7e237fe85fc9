/* The relay's vocabulary as plain data: ids, sources, codecs, what was negotiated, what is counted.
 * Shared by every folder of media/ and, through media/media.h, by signaling. */
#pragma once

#include "media/base/addr.h"
#include "media/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of things inside the relay: slot and generation, so a late message about something that is
 * gone finds nothing. 0 is nobody. */
typedef uint64_t hop_room_id;
typedef uint64_t hop_peer_id;

/* The CSRC under which a participant is named in the mix (RFC 3550 §5.1): stable for its life and
 * never 0. A finalizer of splitmix64, so that ids that differ in a bit or two do not collide. */
static inline uint32_t hop_route_csrc(hop_peer_id id)
{
    uint64_t x = id + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (uint32_t)x != 0 ? (uint32_t)x : 1;
}

/* What a participant may publish. The values are bit numbers of a source mask. */
enum hop_source {
    HOP_SOURCE_MICROPHONE,
    HOP_SOURCE_CAMERA,
    HOP_SOURCE_SCREEN,
    HOP_SOURCE_SCREEN_AUDIO,
    HOP_SOURCES
};
#define HOP_SOURCE_BIT(source) (1u << (source))
#define HOP_SOURCE_ALL         0xfu

enum hop_codec {
    HOP_CODEC_NONE,
    HOP_CODEC_OPUS,
    HOP_CODEC_VP8,
    HOP_CODEC_H264,
    HOP_CODEC_VP9,
    HOP_CODEC_AV1,
};

enum hop_srtp_profile { /* RFC 5764 §4.1.2, RFC 7714 §14.2; the registered values */
                        HOP_SRTP_NONE = 0,
                        HOP_SRTP_AES128_CM_SHA1_80 = 0x0001,
                        HOP_SRTP_AEAD_AES_128_GCM = 0x0007,
                        HOP_SRTP_AEAD_AES_256_GCM = 0x0008,
};

/* ---- one participant's media, as negotiated -------------------------------------------------- */

/* One negotiated codec of an m-line: the payload type is the browser's own number, in both
 * directions. */
struct hop_codec_desc {
    enum hop_codec codec;
    uint8_t pt;     /* 0..127 */
    uint8_t rtx_pt; /* 0..127; 0xff: no RTX (RFC 4588) for this codec */
};

/* An m-line on which the participant may send. A source that was not offered is absent. */
struct hop_track_desc {
    enum hop_source source;
    char mid[HOP_MAX_MID + 1];
    struct hop_codec_desc codecs[HOP_MAX_CODECS];
    uint8_t n_codecs;
    char rids[HOP_MAX_LAYERS][HOP_MAX_MID + 1]; /* lowest layer first; n_rids 0: no simulcast */
    uint8_t n_rids;
    uint32_t ssrc, rtx_ssrc; /* announced by a=ssrc / FID, 0: to be learnt from mid and rid */
    uint8_t red_pt;          /* opus/red (RFC 2198); 0: not negotiated (0 is PCMU, RFC 3551) */
};

/* A video m-line on which the participant receives. */
struct hop_slot_desc {
    char mid[HOP_MAX_MID + 1];
    struct hop_codec_desc codecs[HOP_MAX_CODECS];
    uint8_t n_codecs;
    bool reads_descriptor; /* it takes the dependency descriptor beside what is sent here */
};

/* An audio m-line on which the participant receives one voice at a time, where voices are forwarded
 * instead of mixed. */
struct hop_voice_desc {
    char mid[HOP_MAX_MID + 1];
    uint8_t pt; /* its Opus payload type, 0..127 */
};

/* Ids of header extensions (RFC 8285), one map for the whole bundle; 0: not negotiated. */
struct hop_ext_ids {
    uint8_t mid;         /* RFC 9143 */
    uint8_t rid;         /* RFC 8852 */
    uint8_t rrid;        /* RFC 8852, on RTX */
    uint8_t audio_level; /* RFC 6464 */
    uint8_t mix_levels;  /* RFC 6465, towards the client */
    uint8_t abs_send_time;
    uint8_t twcc;                  /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    uint8_t dependency_descriptor; /* AV1 RTP payload specification, appendix A */
};

struct hop_peer_desc {
    char remote_ufrag[HOP_MAX_UFRAG + 1];
    char remote_pwd[HOP_MAX_PWD + 1];
    char fingerprint_hash[16]; /* "sha-256", "sha-384", "sha-512" */
    uint8_t fingerprint[HOP_MAX_FINGERPRINT];
    uint8_t fingerprint_len;
    struct hop_ext_ids ext;
    struct hop_track_desc tracks[HOP_MAX_TRACKS];
    uint8_t n_tracks;
    struct hop_slot_desc slots[HOP_MAX_SLOTS];
    uint8_t n_slots;
    struct hop_voice_desc voices[HOP_MAX_VOICES];
    uint8_t n_voices;
    uint8_t mix_pt;   /* the participant's Opus payload type on the mix (m-line 0) */
    bool mix_stereo;  /* fmtp stereo=1: it plays stereo */
    uint32_t allowed; /* source mask: what the relay forwards; the rest is dropped and counted */
};

struct hop_candidate {
    bool tcp; /* RFC 6544 passive TCP; else UDP */
    struct hop_addr addr;
    uint32_t priority; /* RFC 8445 §5.1.2 */
    uint32_t foundation;
};

/* The relay's side, ready to be written into an answer. */
struct hop_peer_local {
    char ufrag[32];
    char pwd[64];
    struct hop_candidate candidates[HOP_MAX_CANDIDATES];
    uint8_t n_candidates;
    uint32_t mix_ssrc; /* the one audio stream down */
    struct {
        uint32_t ssrc, rtx_ssrc;
    } slots[HOP_MAX_SLOTS];
    uint32_t voices[HOP_MAX_VOICES]; /* SSRCs */
    char cname[24];
};

/* ---- what a client shows, and what it is shown -------------------------------------------------
 */

/* One tile that the client shows, in order of importance. */
struct hop_view_tile {
    hop_peer_id peer;       /* whose */
    enum hop_source source; /* camera or screen */
    uint16_t height;        /* pixels of the tile on the client's screen; 0: any */
    bool pinned;
};

enum hop_slot_phase {
    HOP_SLOT_LIVE,    /* pictures go */
    HOP_SLOT_WAITING, /* none yet, or not at the moment */
    HOP_SLOT_PAUSED,  /* none is sent on purpose */
};

/* Why a slot shows nothing, or less than its tile could use. */
enum hop_slot_reason {
    HOP_SLOT_FINE,
    HOP_SLOT_LINE,      /* the receiver's line carries no more */
    HOP_SLOT_CAP,       /* he, the room or the server wants no more */
    HOP_SLOT_PUBLISHER, /* the sender does not send it */
    HOP_SLOT_KEY_FRAME, /* it begins with the next key frame */
};

struct hop_slot_state {
    hop_peer_id peer; /* 0: empty */
    enum hop_source source;
    uint8_t layer;    /* 0: lowest */
    uint8_t temporal; /* highest temporal layer sent; 2: all there are */
    enum hop_slot_phase phase;
    enum hop_slot_reason reason;
};

/* What a voice slot carries. */
struct hop_voice_state {
    hop_peer_id peer;       /* 0: empty */
    enum hop_source source; /* microphone or screen audio */
};

/* How a participant's line is, judged slowly enough to be told to people. */
enum hop_line_quality { HOP_LINE_UNKNOWN, HOP_LINE_GOOD, HOP_LINE_POOR, HOP_LINE_LOST };

struct hop_line_state {
    enum hop_line_quality quality;
    uint32_t down_kbps;     /* what it carries to him; 0: not known */
    uint16_t loss_permille; /* the worse of both directions */
    uint16_t rtt_ms;        /* 0: unknown */
    bool limited;           /* his pictures are smaller, slower or fewer because of it */
};

/* What the relay decided for a receiver's pictures, and why. */
enum hop_decision_what {
    HOP_DECIDED_ESTIMATE,  /* the line carries `kbps` */
    HOP_DECIDED_LAYER,     /* a slot takes another layer */
    HOP_DECIDED_PAUSE,     /* a slot is sent nothing any more */
    HOP_DECIDED_RESUME,    /* it is sent something again */
    HOP_DECIDED_KEY_FRAME, /* a key frame is asked of the sender */
    HOP_DECIDED_PROBE,     /* padding at `kbps` looks what the line carries */
};

enum hop_why {
    HOP_WHY_START,     /* nothing is known yet */
    HOP_WHY_GROWTH,    /* the line was quiet */
    HOP_WHY_PROBED,    /* a probe got through */
    HOP_WHY_QUEUE,     /* a queue grew */
    HOP_WHY_LOSS,      /* too much was lost */
    HOP_WHY_SILENCE,   /* no feedback */
    HOP_WHY_REMB,      /* the receiver said so */
    HOP_WHY_LINE,      /* what the line carries */
    HOP_WHY_CAP,       /* no more is wanted */
    HOP_WHY_VIEW,      /* the slot shows something else, or its tile has changed */
    HOP_WHY_PUBLISHER, /* layers began or ceased to come */
    HOP_WHY_DECODER,   /* the receiver cannot decode */
    HOP_WHYS
};

struct hop_decision {
    int64_t at_us; /* monotonic */
    enum hop_decision_what what;
    enum hop_why why, estimate; /* estimate: why the line's rate is what it is */
    uint32_t kbps;              /* the line's rate then, or the probe's */
    hop_peer_id peer;           /* whose picture; 0: it is about the line */
    enum hop_source source;
    uint8_t slot;
    int8_t from, to; /* layers; -1: nothing */
};

/* "layer", "queue", …: as they stand in messages and dumps. */
const char *hop_decision_name(enum hop_decision_what what);
const char *hop_why_name(enum hop_why why);

struct hop_stream_stats { /* rates over the last second */
    uint32_t rx_bps, tx_bps;
    uint32_t rx_packets, tx_packets;
    uint16_t rx_loss_permille; /* of what the participant sent to us */
    uint16_t tx_loss_permille; /* of what we sent, as it reports */
    uint16_t rtt_ms;           /* 0: unknown */
    uint16_t jitter_ms;
};

/* Named reasons why a packet was not used; docs/packet-path.md explains each. */
enum hop_drop {
    HOP_DROP_STRANGER,  /* from an address that no participant has proven */
    HOP_DROP_MALFORMED, /* not parseable as what its first bytes claim */
    HOP_DROP_STUN_AUTH, /* wrong or unknown ufrag, or MESSAGE-INTEGRITY failed */
    HOP_DROP_SRTP_AUTH,
    HOP_DROP_REPLAY,
    HOP_DROP_NO_KEYS, /* SRTP before DTLS was done */
    HOP_DROP_UNKNOWN_SSRC,
    HOP_DROP_MUTED,
    HOP_DROP_NOT_ALLOWED,
    HOP_DROP_DUPLICATE,
    HOP_DROP_LATE,
    HOP_DROP_QUEUE, /* an internal ring, or a TCP connection's queue, was full */
    HOP_DROP_SEND,  /* the kernel refused the datagram */
    HOP_DROPS
};
/* "stranger", "malformed", …: the label of the metric. */
const char *hop_drop_name(enum hop_drop drop);

/* ---- how a room sounds ------------------------------------------------------------------------
 */

enum hop_audio_policy {
    HOP_AUDIO_MIX,     /* everyone gets one stream: the mix of all others */
    HOP_AUDIO_FORWARD, /* the talkers' own streams go to the voice slots, nothing is decoded */
};

/* One room's settings; they may change while it runs. */
struct hop_room_audio {
    enum hop_audio_policy policy;
    bool levelling; /* the mix makes quiet and loud voices alike */
};

/* How someone's microphone suits the others, over his speech of the last half minute or so. */
enum hop_voice_verdict { HOP_VOICE_OK, HOP_VOICE_QUIET, HOP_VOICE_LOUD };

/* What the encoders of the clean mix are made for (RFC 6716 §2.1). */
enum hop_audio_application {
    HOP_AUDIO_APP_LOWDELAY, /* CELT alone: least work, 4 ms less delay */
    HOP_AUDIO_APP_AUDIO,    /* CELT at usual rates, speech modes at low ones */
    HOP_AUDIO_APP_VOIP,     /* speech modes */
};

/* The widest audio bandwidth of the mix; wideband is the least there is. */
enum hop_audio_bandwidth {
    HOP_AUDIO_FULLBAND,      /* 20 kHz */
    HOP_AUDIO_SUPERWIDEBAND, /* 12 kHz */
    HOP_AUDIO_WIDEBAND,      /* 8 kHz */
};

struct hop_audio_params {
    int bitrate_bps; /* 6000..128000, of each encoded mix; the lossy one has at least 24000 */
    int complexity;  /* 0..10 */
    int jitter_ms;   /* the delay a jitter buffer starts with; a quarter is the least, 20..200 */
    int max_talkers; /* 1..HOP_MAX_TALKERS */
    int max_voices;  /* at once where voices are forwarded, 1..HOP_MAX_VOICES */
    enum hop_audio_application application;
    enum hop_audio_bandwidth bandwidth;
};
