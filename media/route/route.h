/* The RTP side of one room: who publishes what, who sees what in which slot, repair and feedback.
 *
 * Sans I/O: bytes and `now_us` go in, bytes come out through `struct hop_route_ops`. One instance
 * per room, called on that room's worker only; it never allocates per packet. The worker unprotects
 * what it passes in and protects what it is given; the simulator (tests/sim) runs the same code
 * over virtual links.
 *
 * RFC 3550 (RTP, RTCP), RFC 4585 and 5104 (feedback), RFC 4588 (RTX), RFC 8853 (simulcast),
 * RFC 6184 and 7741 (H.264, VP8), RFC 6464 and 6465 (levels), RFC 7667 §3.7 (the SFM topology).
 */
#pragma once

#include "media/base/types.h"

struct hop_route;
struct hop_audio_tick; /* media/base/audio_tick.h: plain data, one mixed frame of a room */

/* Priority class of an outgoing packet: decides its DSCP mark and, on a full queue, who yields. */
enum hop_tx_class { HOP_TX_AUDIO, HOP_TX_VIDEO, HOP_TX_RTCP };

/* What the route asks of its worker. Called synchronously from inside hop_route_*() functions. The
 * callee must not call back into the route. `peer` is the index given at hop_route_peer_add(). */
struct hop_route_ops {
    /* Room for one outgoing plain packet to that peer: at least `need` bytes plus what SRTP
     * appends. NULL when the peer has no keys yet or its queue is full (the drop is counted by the
     * worker). */
    uint8_t *(*tx_begin)(void *ctx, uint32_t peer, size_t need);
    /* Ends the last tx_begin: the first `len` bytes are a plain RTP or compound RTCP packet. */
    void (*tx_commit)(void *ctx, uint32_t peer, size_t len, enum hop_tx_class class);
    /* A voice packet to be mixed: payload is the Opus data; ext_seq the extended sequence number;
     * level is -dBov (RFC 6464) or 0xff when the client sends none. */
    void (*voice)(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                  uint32_t timestamp, const uint8_t *payload, size_t len, uint8_t level,
                  int64_t now_us);
    /* The copy of a voice packet that did not come, out of a later one (RED). */
    void (*voice_copy)(void *ctx, uint32_t peer, enum hop_source source, uint64_t ext_seq,
                       uint32_t timestamp, const uint8_t *payload, size_t len, int64_t now_us);
    /* The mix is to reckon with another loss on the line down to that peer: permille, 0 for a clean
     * one. May be NULL. */
    void (*listener_loss)(void *ctx, uint32_t peer, uint16_t permille);
    /* The stream of a source began anew or ended; the mix drops its jitter buffer. */
    void (*voice_reset)(void *ctx, uint32_t peer, enum hop_source source);
    void (*track)(void *ctx, uint32_t peer, enum hop_source source, bool active);
    void (*slots)(void *ctx, uint32_t peer, const struct hop_slot_state *slots, uint8_t n);
    /* What the participant's voice slots carry now, complete. May be NULL. */
    void (*voices)(void *ctx, uint32_t peer, const struct hop_voice_state *voices, uint8_t n);
    /* The highest layer of that source that anybody needs; -1: nobody looks. */
    void (*demand)(void *ctx, uint32_t peer, enum hop_source source, int8_t top);
    /* How that peer's line is now; at most once a second. */
    void (*line)(void *ctx, uint32_t peer, const struct hop_line_state *line);
    /* What was decided for that peer's pictures; at most five a second. */
    void (*decision)(void *ctx, uint32_t peer, const struct hop_decision *decision);
    void (*drop)(void *ctx, uint32_t peer, enum hop_drop reason);
    /* hop_route_tick() is wanted no later than that, sooner than it said last. May be NULL. */
    void (*due)(void *ctx, int64_t at_us);
};

int hop_route_new(const struct hop_route_ops *ops, void *ctx, uint64_t random_seed,
                  struct hop_route **out);
void hop_route_free(struct hop_route *route);

/* Adds a participant under the worker's index (0..HOP_MAX_PEERS-1, free at that moment). `id` is
 * what slot reports carry; `desc` and `local` are read during the call only. -ENOMEM, -EEXIST,
 * -EINVAL. Nothing is sent to the peer before hop_route_peer_connected(). */
int hop_route_peer_add(struct hop_route *route, uint32_t peer, hop_peer_id id,
                       const struct hop_peer_desc *desc, const struct hop_peer_local *local);
/* The same participant's later offer (ICE restart): slots that were appended to those it has are
 * taken, all else stays as it is. -ENOMEM, -ENOENT, -EINVAL (fewer slots than before). */
int hop_route_peer_update(struct hop_route *route, uint32_t peer, const struct hop_peer_desc *desc,
                          const struct hop_peer_local *local, int64_t now_us);
/* Keys are there: sends may begin, key frames are asked for. */
void hop_route_peer_connected(struct hop_route *route, uint32_t peer, int64_t now_us);
/* The line is down or back: while down, nothing is sent to the peer. */
void hop_route_peer_suspended(struct hop_route *route, uint32_t peer, bool suspended,
                              int64_t now_us);
/* Forgets the participant; its slots elsewhere fall empty and are refilled. With `bye`, an RTCP BYE
 * goes to it first. */
void hop_route_peer_remove(struct hop_route *route, uint32_t peer, bool bye, int64_t now_us);

void hop_route_set_allowed(struct hop_route *route, uint32_t peer, uint32_t source_mask,
                           int64_t now_us);
/* Tiles carry peer ids as in media.h; ids that are not (or not yet) in the room are kept and served
 * when they appear. */
int hop_route_set_view(struct hop_route *route, uint32_t peer, const struct hop_view_tile *tiles,
                       size_t n, int64_t now_us);

/* The worker is overloaded: each receiver gets at most that percentage of the pictures that would
 * suit him, the least important ones go first. Sound is not touched. */
#define HOP_ROUTE_NO_RELIEF 100
void hop_route_set_relief(struct hop_route *route, int percent, int64_t now_us);
/* No more than that is sent to the peer, sound included; 0: no cap. */
void hop_route_set_cap(struct hop_route *route, uint32_t peer, uint32_t bps, int64_t now_us);

/* How the room sounds from now on (a new one mixes). Under HOP_AUDIO_FORWARD voices go to nobody's
 * mix but, `max_voices` (1..HOP_MAX_VOICES) of them at once, to the voice slots. A change is heard
 * by nobody: what the mix still has is played, and voices are forwarded until the mix has begun. */
void hop_route_set_audio(struct hop_route *route, const struct hop_room_audio *audio,
                         unsigned max_voices, int64_t now_us);
/* Where the participant sits (0: in no hall), and whether he leads. Those of one hall do not hear
 * each other's forwarded voices. */
void hop_route_set_seat(struct hop_route *route, uint32_t peer, uint16_t hall, bool chair,
                        int64_t now_us);
/* Whose turn it is to speak: the worker's index of the participant; UINT32_MAX: nobody's yet. */
uint32_t hop_route_dominant(const struct hop_route *route);
/* Who is heard now. False: the room mixes, and the mix says it. */
struct hop_route_speakers {
    uint8_t n;
    uint32_t peers[HOP_MAX_VOICES];
    uint8_t levels[HOP_MAX_VOICES]; /* -dBov */
};
bool hop_route_speaking(const struct hop_route *route, struct hop_route_speakers *out);

/* One unprotected RTP packet from that peer. The bytes are only read. */
void hop_route_rtp(struct hop_route *route, uint32_t peer, const uint8_t *packet, size_t len,
                   int64_t now_us);
/* One unprotected compound (or reduced-size, RFC 5506) RTCP packet from that peer. */
void hop_route_rtcp(struct hop_route *route, uint32_t peer, const uint8_t *packet, size_t len,
                    int64_t now_us);
/* One mixed frame: sent to all who listen, each talker gets his own (the mix without himself).
 * Ignored while the room forwards voices. */
void hop_route_audio(struct hop_route *route, const struct hop_audio_tick *tick, int64_t now_us);

/* Does what is due (NACKs, transport-cc feedback, SR/RR, key frame retries, silence of tracks) and
 * returns when it wants to be called next (absolute, at most 100 ms ahead,
 * a second where nothing flows; what comes meanwhile says so through ops.due). `wall_us` is the
 * wall clock, for the NTP stamps of sender reports. */
int64_t hop_route_tick(struct hop_route *route, int64_t now_us, int64_t wall_us);

/* Rates of the time since the last call for that peer. False: no such peer, or nothing moves and
 * that is known. */
bool hop_route_stats(struct hop_route *route, uint32_t peer, int64_t now_us,
                     struct hop_stream_stats *out);

/* Appends a human-readable dump of the room's streams to the text; for operators and failing
 * tests. Returns the bytes written (like snprintf). */
size_t hop_route_dump(const struct hop_route *route, char *buf, size_t cap);
