/* The mixing kernel of one room: Opus packets of many streams in, one struct hop_audio_tick per
 * 20 ms out. Sans I/O, plain C, no GStreamer: time is passed in. Called by media/pipeline (the
 * element hopmixer) under its lock, on the mix thread.
 *
 * Everyone who talks is mixed, and hears the mix without himself; those who sit in one hall do not
 * hear each other; all others share one encode, or two, when some of them are on lossy lines. A
 * participant's microphone and screen audio are two streams of one peer: neither is in what that
 * peer hears. A room in which nobody talks is not active and needs no ticks.
 *
 * A peer who talks has a *seat* (seats.h): his voice of this tick. His group has a *booth*
 * (booth.h): the mix without that group. Both are kept for some frames after he fell silent, in
 * which that mix equals the shared one, and then the group goes back to it unnoticed.
 *
 * docs/audio.md, docs/hopmixer.md; RFC 7587 (clock and silence), RFC 6465 (levels), RFC 2198.
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"
#include "media/mix/jitter.h"

struct hop_mixer;

enum hop_mix_verdict {
    HOP_MIX_OK, /* kept: to be played, or held while the stream is idle */
    HOP_MIX_LATE,
    HOP_MIX_DUPLICATE,
    HOP_MIX_MALFORMED, /* not one Opus packet, or no such peer or source can be */
    HOP_MIX_FULL,      /* wanted to talk, but as many as may talk are talking already */
    HOP_MIX_NO_MEMORY,
};

struct hop_mixer_stats { /* since the beginning */
    uint64_t ticks, decoded_frames, encoded_frames;
    uint64_t full;                  /* packets of those for whom there was no seat */
    struct hop_jitter_stats jitter; /* of the streams that are there now */
};

/* Parameters out of range are set to the nearest value in it; see hop_mixer_clamp(). -ENOMEM,
 * -EINVAL. */
int hop_mixer_new(const struct hop_audio_params *params, struct hop_mixer **out);
void hop_mixer_free(struct hop_mixer *mixer);

struct hop_audio_params hop_mixer_clamp(const struct hop_audio_params *params);

/* One packet of a peer's stream (0 <= peer < HOP_MAX_PEERS; source: microphone or screen audio),
 * which came at `now_us`. Copies the payload. `level`: -dBov, or 0xff for none. */
enum hop_mix_verdict hop_mixer_push(struct hop_mixer *mixer, uint32_t peer, enum hop_source source,
                                    uint64_t ext_seq, uint32_t timestamp, const uint8_t *payload,
                                    size_t len, uint8_t level, int64_t now_us);
/* A copy of an earlier packet that came with a later one (RED, RFC 2198): used only where its
 * original is missing, and opens no stream. HOP_MIX_DUPLICATE: it is here, or was played already;
 * HOP_MIX_LATE: its time has passed. */
enum hop_mix_verdict hop_mixer_push_copy(struct hop_mixer *mixer, uint32_t peer,
                                         enum hop_source source, uint64_t ext_seq,
                                         uint32_t timestamp, const uint8_t *payload, size_t len,
                                         int64_t now_us);
/* The stream begins anew (another SSRC): what waits is dropped. */
void hop_mixer_stream_reset(struct hop_mixer *mixer, uint32_t peer, enum hop_source source);
/* Ends all streams of a peer and forgets what was told of him. */
void hop_mixer_peer_remove(struct hop_mixer *mixer, uint32_t peer);

/* What the mixer is told of a participant, whether he talks or not. Peers out of range are ignored.
 * Hall: a number of this room's halls, 0 for none; those of one hall are left out of what each of
 * them hears. Loss: what his line loses, permille, 0 for a clean one (hop_audio_choice_report());
 * the lossy variant is made from the next tick on. Chair: prefers him when not all can be mixed. */
void hop_mixer_set_hall(struct hop_mixer *mixer, uint32_t peer, uint16_t hall);
void hop_mixer_set_loss(struct hop_mixer *mixer, uint32_t peer, uint16_t permille);
void hop_mixer_set_chair(struct hop_mixer *mixer, uint32_t peer, bool chair);
/* Whether microphones are brought to the same loudness; on at the beginning. */
void hop_mixer_set_levelling(struct hop_mixer *mixer, bool on);

/* Whether hop_mixer_tick() has anything to do. */
bool hop_mixer_active(const struct hop_mixer *mixer);

/* Makes the frame that is due at `now_us`; to be called every 20 ms while active. False: there is
 * nothing to send (no payload has a length); the rest of `out` is filled all the same, except
 * `room`, which is left alone. */
bool hop_mixer_tick(struct hop_mixer *mixer, int64_t now_us, struct hop_audio_tick *out);

/* The mix of all of the last tick, after the limiter; valid until the next tick. */
const float *hop_mixer_pcm(const struct hop_mixer *mixer);

/* Frees the decoders and encoders that nobody used since `before_us`. True: some are left, call
 * again later. */
bool hop_mixer_sweep(struct hop_mixer *mixer, int64_t before_us);

void hop_mixer_stats(const struct hop_mixer *mixer, struct hop_mixer_stats *out);
