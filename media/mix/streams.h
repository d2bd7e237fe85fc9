/* The streams of a room by peer and source. Owned by the mixer, called on the mix thread. */
#pragma once

#include "media/base/types.h"
#include "media/mix/voice.h"

struct hop_talker;

/* What a peer may say: microphone and screen audio. */
enum { HOP_STREAM_MICROPHONE, HOP_STREAM_SCREEN_AUDIO, HOP_STREAM_KINDS };

struct hop_streams {
    int jitter_ms;             /* of new ones */
    struct hop_voices voices;  /* that they take turns in using */
    struct hop_talker **table; /* [peer * HOP_STREAM_KINDS + kind], n entries, many NULL */
    size_t n;
};

/* Index of a stream, or -1 for what cannot be one. */
int hop_streams_index(uint32_t peer, enum hop_source source);
/* The peer's stream of that kind (0..HOP_STREAM_KINDS-1), or NULL. */
struct hop_talker *hop_streams_of(const struct hop_streams *streams, uint32_t peer, int kind);
/* The stream with that index (not -1), or NULL. */
struct hop_talker *hop_streams_at(const struct hop_streams *streams, int index);
/* The same, made if it is not there; NULL: no memory. */
struct hop_talker *hop_streams_get(struct hop_streams *streams, int index);
/* Frees that stream; index may be -1. */
void hop_streams_remove(struct hop_streams *streams, int index);
void hop_streams_clear(struct hop_streams *streams);
