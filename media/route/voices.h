/* How a room sounds, as far as the route decides it: what goes to the mix, whose own packets are
 * forwarded where the room does not mix, who is heard, and whose turn it is.
 *
 * Under the policy `forward` the room has a few *places*. A microphone or a screen's sound that
 * becomes a voice (RFC 6464 level) takes one and keeps it until it has been silent for
 * HOP_VOICES_HANG_US; while all are taken a further voice waits for somebody's pause: nobody is cut
 * in mid-word. Who has fallen silent stays assigned to his place until another needs it, so the
 * same few talkers keep their slots. A listener hears all places but his own and those of his hall.
 *
 * Private to media/route; the room's worker thread; no allocation per packet.
 */
#pragma once

#include "media/route/dominant.h"
#include "media/route/voice.h"

struct hop_publication;
struct hop_route;
struct hop_route_peer;
struct hop_uplink;
struct hop_audio_tick;

enum {
    HOP_VOICE_OPEN_LEVEL = 55,      /* -dBov: as loud or louder is a voice */
    HOP_VOICES_HANG_US = 400000,    /* silence that ends a talk spurt */
    HOP_VOICES_PAUSE_US = 160000,   /* silence in which a place may be handed on */
    HOP_VOICES_HOG_US = 15000000,   /* a voice without any pause for so long is no speech */
    HOP_VOICES_DRAIN_US = 60000,    /* the mix plays what it has when forwarding begins */
    HOP_VOICES_OVERLAP_US = 300000, /* forwarding goes on so long when the mix says nothing */
    HOP_VOICES_PASS_US = 2000000,   /* after his last loud packet all of his still go to the mix; */
    HOP_VOICES_PASS_EVERY = 4,    /* then one in four: so it knows his line when he speaks again */
    HOP_VOICES_KEPT = 3,          /* packets kept of one who is silent, for his first syllable */
    HOP_VOICES_KEPT_BYTES = 240,  /* of each; longer ones are not kept */
    HOP_VOICES_SILENT_BYTES = 16, /* a packet of 20 ms that is no longer holds no speech */
    HOP_VOICES_NO_PLACE = 0xff,
};

/* What is kept of one voice, beside its publication. */
struct hop_voice_source {
    uint32_t clock;     /* name of its RTP clock: another one after every restart */
    uint64_t spurt;     /* name of its talk spurt */
    int64_t voiced_us;  /* the last packet that was loud enough; 0: none */
    int64_t waiting_us; /* since when it waits for a place; 0: it does not */
    uint8_t place;      /* HOP_VOICES_NO_PLACE: none */
    uint8_t level;      /* -dBov, of late */
    uint8_t silent;     /* packets since one went to the mix */
    uint8_t n_kept;
    struct {
        uint64_t seq;
        int64_t came_us;
        uint32_t timestamp;
        uint8_t level;
        uint8_t len;
        uint8_t data[HOP_VOICES_KEPT_BYTES];
    } kept[HOP_VOICES_KEPT]; /* oldest first */
};

struct hop_voices_place {
    struct hop_publication *publication; /* NULL: nobody had it yet */
    bool talking;
    int64_t since_us; /* of the talk spurt */
    int64_t pause_us; /* when it last paused; the beginning counts as one */
};

struct hop_voices {
    struct hop_room_audio audio;
    uint8_t max;         /* places in use, 1..HOP_MAX_VOICES */
    bool changed;        /* a report of the slots is due */
    uint64_t last_spurt; /* names given */
    uint32_t last_clock;
    int64_t drain_us;   /* forward: until then the mix's frames still go out; 0: it is drained */
    int64_t overlap_us; /* mix: until then voices are still forwarded; 0: they are not */
    struct hop_voices_place places[HOP_MAX_VOICES];
    uint32_t dominant; /* index of the participant; UINT32_MAX: nobody yet */
    int64_t decided_us;
};

/* A participant's voice slots and what he says himself. */
struct hop_voices_peer {
    uint8_t n_slots;
    struct hop_voice_slot *slots;    /* n_slots, owned */
    uint8_t carries[HOP_MAX_VOICES]; /* which place each slot carries */
    struct hop_voice_state told[HOP_MAX_VOICES];
    struct hop_speech speech;
    uint16_t hall; /* 0: none */
    bool chair;
};

void hop_voices_init(struct hop_voices *voices);

/* Slots that he does not have yet. -ENOMEM. */
int hop_voices_add_slots(struct hop_route_peer *peer, const struct hop_peer_desc *desc,
                         const struct hop_peer_local *local);
void hop_voices_free_slots(struct hop_route_peer *peer);
/* The voice slot's stream with that SSRC, or NULL. */
struct hop_send_source *hop_voices_sent(struct hop_route_peer *peer, uint32_t ssrc);

/* A source of sound is there. -ENOMEM. */
int hop_voices_begin(struct hop_publication *publication);
/* A packet of a source that may pass: to the mix, to the slots, or nowhere. */
void hop_voices_packet(struct hop_publication *publication, const struct hop_uplink *packet,
                       uint8_t level, int64_t now_us);
/* The same for a packet of opus/red, which holds copies of those before it (RFC 2198): what of them
 * did not come by itself takes its place first. */
bool hop_voices_is_red(const struct hop_publication *publication, uint8_t pt);
void hop_voices_red(struct hop_publication *publication, struct hop_recv_source *recv,
                    struct hop_uplink *packet, uint8_t level, int64_t now_us);
/* The stream of a source began anew, ended, or may no longer pass. */
void hop_voices_reset(struct hop_publication *publication);
/* A source goes. */
void hop_voices_forget(struct hop_publication *publication);

/* What a frame of the mix says about who talks. False: it is not for anybody, the room forwards. */
bool hop_voices_take_tick(struct hop_route *route, const struct hop_audio_tick *tick,
                          int64_t now_us);
/* What time does: ends talk spurts and changes of policy, decides whose turn it is, reports. */
void hop_voices_tick(struct hop_route *route, int64_t now_us);
