/* The one door into the relay.
 *
 * Who calls it: signaling and server, on the control thread only (asserted in debug builds), except
 * where a function says otherwise. Nothing here blocks: calls are checked, ids and credentials are
 * made at once, and the work itself goes to the room's worker as a message. What happens there
 * comes back through hop_media_poll() as small value messages.
 *
 * Text formats stay outside: signaling turns an SDP offer into a hop_peer_desc and a hop_peer_local
 * into an answer.
 */
#pragma once

#include "media/base/types.h"

struct hop_media;

/* ---- the engine ------------------------------------------------------------------------------ */

/* One address that participants are told to send to. */
struct hop_media_address {
    struct hop_addr bind;      /* a local address; the port is ignored */
    struct hop_addr announced; /* family 0: the bound one; else the outside of a 1:1 NAT */
};

struct hop_media_config {
    const struct hop_media_address *addresses; /* copied */
    size_t n_addresses;                        /* 0: all addresses of all interfaces that are up */
    int workers;                               /* 0: one per core */
    uint16_t port;                             /* UDP and TCP; worker i uses port + i; 0: any */
    bool tcp;                                  /* ICE-TCP */
    /* somebody else listens for it, hop_media_share_tcp(); where browsers would not take that port
     * at that address (below 1024, private) the worker listens as well */
    bool tcp_shared;
    uint16_t tcp_shared_port;   /* 0: not known yet, above 1023 */
    int consent_timeout_ms;     /* 0: 30000 (RFC 7675 §5.1); also the time to come up */
    int dscp_audio, dscp_video; /* -1: none; RFC 8837: 46 and 34 */
    struct hop_audio_params audio;
    int socket_buffer_bytes; /* 0: 4 MiB */
    /* Called on any thread when hop_media_poll() has news; must only wake the control thread. */
    void (*wake)(void *ctx);
    void *wake_ctx;
};

/* Starts the relay: certificate, sockets, threads. `out` is untouched on failure. Errors:
 * -EADDRINUSE (a port is taken), -EADDRNOTAVAIL (a configured address is not this machine's),
 * -EINVAL, -ENOMEM.
 * `*detail` (may be NULL) then says which address or option in a static or thread-local text. */
int hop_media_new(const struct hop_media_config *config, struct hop_media **out,
                  const char **detail);

/* Sends every participant an RTCP BYE and DTLS close_notify, stops the threads, frees all.
 * NULL-safe. */
void hop_media_free(struct hop_media *media);

/* "sha-256" fingerprint in the form of RFC 8122: upper-case hex pairs with colons. */
const char *hop_media_fingerprint(const struct hop_media *media);

/* Where the port of ICE-TCP is shared with HTTPS (tcp_shared): participants of from now on are told
 * to connect to `port` of every address that is among those `listening` (none given: of all). How
 * many addresses that were. */
size_t hop_media_share_tcp(struct hop_media *media, const struct hop_addr *listening, size_t n,
                           uint16_t port);
/* Takes over a connection whose first frame (RFC 4571) is a binding request; `message` is a copy of
 * that request, the connection still has it to be read. The descriptor is owned from then on, and
 * closed on failure. -ENOENT (it names no participant), -EAGAIN. */
int hop_media_adopt_tcp(struct hop_media *media, int fd, const uint8_t *message, size_t len);

/* ---- rooms and participants ------------------------------------------------------------------ */

/* Errors: -ENOSPC. The room lives on the least loaded worker. */
int hop_media_room_new(struct hop_media *media, hop_room_id *out);
/* Removes the room and all who are in it. Unknown ids are ignored, here and below. */
void hop_media_room_free(struct hop_media *media, hop_room_id room);

/* The worker, as in HOP_MEDIA_WORKER_STATS, on which that room lives; 0: on which a new one would.
 */
uint32_t hop_media_room_worker(const struct hop_media *media, hop_room_id room);

/* Adds a participant: `desc` is copied, `local` filled at once. Errors: -ENOENT (no such room),
 * -ENOSPC, -EINVAL (a description that breaks a limit), -EAGAIN (the worker's ring is full). */
int hop_media_peer_new(struct hop_media *media, hop_room_id room, const struct hop_peer_desc *desc,
                       hop_peer_id *out, struct hop_peer_local *local);
void hop_media_peer_free(struct hop_media *media, hop_peer_id peer);

/* ICE restart (RFC 8445 §2.4): new credentials on both sides, the DTLS association and all streams
 * go on; the old ones stay valid until the new path is proven. `desc` is the new offer's
 * description; only its ICE part and, if they were appended, additional slots are taken. -ENOENT,
 * -EAGAIN, -EINVAL (the fingerprint or an m-line changed: the caller makes a new participant
 * instead). */
int hop_media_peer_restart(struct hop_media *media, hop_peer_id peer,
                           const struct hop_peer_desc *desc, struct hop_peer_local *local);

/* What the relay lets through from this participant (mute by the chair, rights). The first packet
 * after the message has reached the worker is dropped. */
void hop_media_set_allowed(struct hop_media *media, hop_peer_id peer, uint32_t source_mask);

/* Replaces the participant's view; the relay puts the first n_slots tiles that have a publication
 * into slots, keeping what is already shown in its slot, and reports HOP_MEDIA_SLOTS. */
int hop_media_set_view(struct hop_media *media, hop_peer_id peer, const struct hop_view_tile *tiles,
                       size_t n);

/* How the room sounds from now on; kept until the room goes. A new room mixes, with levelling. */
void hop_media_room_set_audio(struct hop_media *media, hop_room_id room,
                              const struct hop_room_audio *audio);
/* Who sits in one hall (the same number in the room, 0: none) does not hear the others of it. */
void hop_media_set_hall(struct hop_media *media, hop_peer_id peer, uint16_t hall);
/* Who leads the meeting is heard first when more talk than can be. */
void hop_media_set_chair(struct hop_media *media, hop_peer_id peer, bool chair);
/* No more than that is sent to the participant, sound included; 0: no cap. -ENOENT, -EAGAIN,
 * -EINVAL (more than HOP_MAX_CAP_KBPS). */
int hop_media_set_cap(struct hop_media *media, hop_peer_id peer, uint32_t kbps);

/* ---- what comes back ------------------------------------------------------------------------- */

enum hop_media_event_type {
    HOP_MEDIA_CONNECTED, /* ICE and DTLS are up; media may flow */
    HOP_MEDIA_PATH,      /* the selected path changed (ICE restart, roaming, UDP to TCP) */
    HOP_MEDIA_SUSPENDED, /* nothing heard for 7 s, or no path: the line is down, the participant is
                          * kept; a PATH says that it is back */
    HOP_MEDIA_GONE,      /* consent lost, DTLS failed or closed: call hop_media_peer_free() */
    HOP_MEDIA_TRACK,     /* packets of a source began or stopped to come (2 s without) */
    HOP_MEDIA_SLOTS,     /* what the slots show now, complete */
    HOP_MEDIA_DEMAND,    /* the highest layer of a source that anybody needs has changed */
    HOP_MEDIA_LINE,      /* how the participant's line is; at most once a second */
    HOP_MEDIA_DECISION,  /* what was decided for his pictures; at most five a second */
    HOP_MEDIA_SPEAKING,  /* who is heard in the room now, complete; at most 5 a second */
    HOP_MEDIA_VOICES,    /* what the voice slots carry now, complete */
    HOP_MEDIA_VOICE_LEVEL,  /* another verdict on a microphone's level */
    HOP_MEDIA_PEER_STATS,   /* once a second */
    HOP_MEDIA_WORKER_STATS, /* once a second */
    HOP_MEDIA_DUMP,         /* the answer to hop_media_room_dump() */
};

enum hop_gone_reason {
    HOP_GONE_CONSENT,     /* nothing heard for the consent timeout */
    HOP_GONE_FINGERPRINT, /* the DTLS certificate is not the one that signaling announced */
    HOP_GONE_DTLS,        /* handshake failed, or no common SRTP profile */
    HOP_GONE_CLOSED,      /* DTLS close_notify */
    HOP_GONE_TIMEOUT,     /* never came up within 30 s */
};

struct hop_worker_stats {
    uint32_t index;
    uint32_t rooms, peers;
    uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes; /* since start */
    uint64_t cpu_us;                                     /* thread CPU time since start */
    uint64_t mix_cpu_us;                                 /* of the mix threads, on worker 0 */
    uint64_t mix_late_ticks;                             /* of the mix, on worker 0 */
    uint16_t busy_permille; /* of the time its loop was not waiting, over about 3 s */
    uint8_t relief_percent; /* of the wished pictures that it carries; below 100: overloaded */
    uint32_t lag_us;        /* how long a packet may have waited for its turn lately */
    uint64_t drops[HOP_DROPS];
    uint64_t socket_overflows;
    uint64_t udp_runs, udp_runs_refused; /* of several datagrams; see media/net/udp.h */
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
            enum hop_source source;
            int8_t top; /* -1: nobody looks */
        } demand;
        struct hop_line_state line;
        struct hop_decision decision;
        struct {
            hop_peer_id peers[HOP_MAX_TALKERS];
            uint8_t levels[HOP_MAX_TALKERS]; /* -dBov, 0 loudest .. 127 */
            uint8_t n;
            hop_peer_id dominant; /* whose turn it is; 0: nobody's yet */
        } speaking;
        struct {
            struct hop_voice_state voices[HOP_MAX_VOICES];
            uint8_t n;
        } voices;
        struct {
            int8_t dbov; /* of his speech, over the long term */
            enum hop_voice_verdict verdict;
        } voice_level;
        struct hop_stream_stats stats;
        struct hop_worker_stats worker;
        struct {
            uint64_t token;
            char *text; /* the taker's to free() */
        } dump;
    };
};

/* Takes the next event; false when there is none. */
bool hop_media_poll(struct hop_media *media, struct hop_media_event *out);

/* A readable dump of one room's streams, estimates and decisions. It is made on the room's worker
 * and comes back as HOP_MEDIA_DUMP with the same token; nothing comes when the room goes meanwhile.
 * -ENOENT, -EAGAIN. */
int hop_media_room_dump(struct hop_media *media, hop_room_id room, uint64_t token);

/* Writes a JSON-free, human-readable dump of everything the workers know to the log, for
 * operators. The dump itself is made on the workers. */
void hop_media_dump(struct hop_media *media);
