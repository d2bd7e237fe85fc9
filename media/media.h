/* The one door into the relay.
 *
 * Who calls it: signaling and server, on the control thread only (asserted in debug builds), except
 * where a function says otherwise. Nothing here blocks: calls are checked, ids and credentials are
 * made at once, and the work itself goes to the room's worker as a message. What happens there comes
 * back through hop_media_poll() as small value messages.
 *
 * Text formats stay outside: signaling turns an SDP offer into a hop_peer_desc and a hop_peer_local
 * into an answer.
 */
#pragma once

#include "media/base/addr.h"
#include "media/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_media;

/* Names of things inside the relay: slot and generation, so a late message about something that is
 * gone finds nothing. 0 is nobody. */
typedef uint64_t hop_room_id;
typedef uint64_t hop_peer_id;

/* What a participant may publish. The values are bit numbers of a source mask. */
enum hop_source {
    HOP_SOURCE_MICROPHONE,
    HOP_SOURCE_CAMERA,
    HOP_SOURCE_SCREEN,
    HOP_SOURCE_SCREEN_AUDIO,
    HOP_SOURCES
};
#define HOP_SOURCE_BIT(source) (1u << (source))
#define HOP_SOURCE_ALL 0xfu

enum hop_codec { HOP_CODEC_NONE, HOP_CODEC_OPUS, HOP_CODEC_VP8, HOP_CODEC_H264 };

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
};

/* A video m-line on which the participant receives. */
struct hop_slot_desc {
    char mid[HOP_MAX_MID + 1];
    struct hop_codec_desc codecs[HOP_MAX_CODECS];
    uint8_t n_codecs;
};

/* Ids of header extensions (RFC 8285), one map for the whole bundle; 0: not negotiated. */
struct hop_ext_ids {
    uint8_t mid;         /* RFC 9143 */
    uint8_t rid;         /* RFC 8852 */
    uint8_t rrid;        /* RFC 8852, on RTX */
    uint8_t audio_level; /* RFC 6464 */
    uint8_t mix_levels;  /* RFC 6465, towards the client */
    uint8_t abs_send_time;
    uint8_t twcc; /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
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
    uint8_t mix_pt;      /* the participant's Opus payload type on the mix (m-line 0) */
    bool mix_stereo;     /* fmtp stereo=1: it plays stereo */
    uint32_t allowed;    /* source mask: what the relay forwards; the rest is dropped and counted */
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
    char cname[24];
};

/* ---- the engine ------------------------------------------------------------------------------ */

/* One address that participants are told to send to. */
struct hop_media_address {
    struct hop_addr bind;      /* a local address; the port is ignored */
    struct hop_addr announced; /* family 0: the bound one; else the outside of a 1:1 NAT */
};

struct hop_audio_params {
    int bitrate_bps;   /* 6000..128000, of the shared mix */
    int complexity;    /* 0..10 */
    int jitter_ms;     /* fixed delay of the first jitter buffer, 20..200 */
    int max_talkers;   /* 1..HOP_MAX_TALKERS */
};

struct hop_media_config {
    const struct hop_media_address *addresses; /* copied */
    size_t n_addresses;                        /* 0: all addresses of all interfaces that are up */
    int workers;                               /* 0: one per core */
    uint16_t port;                             /* UDP and TCP; worker i uses port + i; 0: any */
    bool tcp;                                  /* ICE-TCP listeners */
    int consent_timeout_ms;                    /* 0: 30000 (RFC 7675 §5.1) */
    int dscp_audio, dscp_video;                /* -1: none; RFC 8837: 46 and 34 */
    struct hop_audio_params audio;
    int socket_buffer_bytes;                   /* 0: 4 MiB */
    /* Called on any thread when hop_media_poll() has news; must only wake the control thread. */
    void (*wake)(void *ctx);
    void *wake_ctx;
};

/* Starts the relay: certificate, sockets, threads. `out` is untouched on failure. Errors: -EADDRINUSE
 * (a port is taken), -EADDRNOTAVAIL (a configured address is not this machine's), -EINVAL, -ENOMEM.
 * `*detail` (may be NULL) then says which address or option in a static or thread-local text. */
int hop_media_new(const struct hop_media_config *config, struct hop_media **out,
                  const char **detail);

/* Sends every participant an RTCP BYE and DTLS close_notify, stops the threads, frees all.
 * NULL-safe. */
void hop_media_free(struct hop_media *media);

/* "sha-256" fingerprint in the form of RFC 8122: upper-case hex pairs with colons. */
const char *hop_media_fingerprint(const struct hop_media *media);

/* ---- rooms and participants ------------------------------------------------------------------ */

/* Errors: -ENOSPC. The room lives on the least loaded worker. */
int hop_media_room_new(struct hop_media *media, hop_room_id *out);
/* Removes the room and all who are in it. Unknown ids are ignored, here and below. */
void hop_media_room_free(struct hop_media *media, hop_room_id room);

/* Adds a participant: `desc` is copied, `local` filled at once. Errors: -ENOENT (no such room),
 * -ENOSPC, -EINVAL (a description that breaks a limit), -EAGAIN (the worker's ring is full). */
int hop_media_peer_new(struct hop_media *media, hop_room_id room, const struct hop_peer_desc *desc,
                       hop_peer_id *out, struct hop_peer_local *local);
void hop_media_peer_free(struct hop_media *media, hop_peer_id peer);

/* ICE restart (RFC 8445 §2.4): new credentials on both sides, the DTLS association and all streams
 * go on; the old ones stay valid until the new path is proven. `desc` is the new offer's description;
 * only its ICE part and, if they were appended, additional slots are taken. -ENOENT, -EAGAIN, -EINVAL
 * (the fingerprint or an m-line changed: the caller makes a new participant instead). */
int hop_media_peer_restart(struct hop_media *media, hop_peer_id peer,
                           const struct hop_peer_desc *desc, struct hop_peer_local *local);

/* What the relay lets through from this participant (mute by the chair, rights). The first packet
 * after the message has reached the worker is dropped. */
void hop_media_set_allowed(struct hop_media *media, hop_peer_id peer, uint32_t source_mask);

/* One tile that the client shows, in order of importance. */
struct hop_view_tile {
    hop_peer_id peer; /* whose */
    enum hop_source source; /* camera or screen */
    uint16_t height;  /* pixels of the tile on the client's screen; 0: any */
    bool pinned;
};

/* Replaces the participant's view; the relay puts the first n_slots tiles that have a publication
 * into slots, keeping what is already shown in its slot, and reports HOP_MEDIA_SLOTS. */
int hop_media_set_view(struct hop_media *media, hop_peer_id peer, const struct hop_view_tile *tiles,
                       size_t n);

/* ---- what comes back ------------------------------------------------------------------------- */

enum hop_media_event_type {
    HOP_MEDIA_CONNECTED, /* ICE and DTLS are up; media may flow */
    HOP_MEDIA_PATH,      /* the selected path changed (ICE restart, roaming, UDP to TCP) */
    HOP_MEDIA_SUSPENDED, /* no consent check for 5 s: the line is down, the participant is kept */
    HOP_MEDIA_GONE,      /* consent lost, DTLS failed or closed: call hop_media_peer_free() */
    HOP_MEDIA_TRACK,     /* packets of a source began or stopped to come (2 s without) */
    HOP_MEDIA_SLOTS,     /* what the slots show now, complete */
    HOP_MEDIA_SPEAKING,  /* who is heard in the room now, complete; at most 5 a second */
    HOP_MEDIA_PEER_STATS,   /* once a second */
    HOP_MEDIA_WORKER_STATS, /* once a second */
};

enum hop_gone_reason {
    HOP_GONE_CONSENT,     /* nothing heard for the consent timeout */
    HOP_GONE_FINGERPRINT, /* the DTLS certificate is not the one that signaling announced */
    HOP_GONE_DTLS,        /* handshake failed, or no common SRTP profile */
    HOP_GONE_CLOSED,      /* DTLS close_notify */
    HOP_GONE_TIMEOUT,     /* never came up within 30 s */
};

struct hop_slot_state {
    hop_peer_id peer; /* 0: empty */
    enum hop_source source;
    uint8_t layer;    /* 0: lowest */
};

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

struct hop_worker_stats {
    uint32_t index;
    uint32_t rooms, peers;
    uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes; /* since start */
    uint64_t cpu_us;                                     /* thread CPU time since start */
    uint64_t mix_cpu_us;                                 /* of the mix threads, on worker 0 */
    uint64_t drops[HOP_DROPS];
    uint64_t socket_overflows;
};

struct hop_media_event {
    enum hop_media_event_type type;
    hop_room_id room;
    hop_peer_id peer; /* 0 for room and worker events */
    union {
        struct {
            enum hop_srtp_profile profile;
            bool tcp;
            struct hop_addr remote;
        } path; /* CONNECTED, PATH */
        enum hop_gone_reason gone;
        struct {
            enum hop_source source;
            bool active;
        } track;
        struct {
            struct hop_slot_state slots[HOP_MAX_SLOTS];
            uint8_t n;
        } slots;
        struct {
            hop_peer_id peers[HOP_MAX_TALKERS];
            uint8_t levels[HOP_MAX_TALKERS]; /* -dBov, 0 loudest .. 127 */
            uint8_t n;
        } speaking;
        struct hop_stream_stats stats;
        struct hop_worker_stats worker;
    };
};

/* Takes the next event; false when there is none. */
bool hop_media_poll(struct hop_media *media, struct hop_media_event *out);

/* Writes a JSON-free, human-readable dump of everything the workers know to the log, for
 * operators. The dump itself is made on the workers. */
void hop_media_dump(struct hop_media *media);
