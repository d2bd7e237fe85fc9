/* A participant in C: joins a meeting through the real signaling (docs/protocol.md), sends and
 * receives real media, and can misbehave on purpose. Integration tests and the load generator stand
 * on it.
 *
 *     hop_client_loop_new(&loop);
 *     hop_client_new(loop, &config, &client);     // connects and joins
 *     hop_client_wait_joined(client, 5000);       // runs the loop; all clients on it go on
 *     hop_client_wait_media(client, 5000);
 *     hop_client_hears_db(client, 440);
 *
 * One thread per loop. Nothing sleeps: the wait functions run the loop until something holds.
 */
#pragma once

#include "tests/client/loop.h"
#include "tests/client/receiver.h"
#include "tests/client/sender.h"
#include "tests/client/transport.h"

#include <jansson.h>

struct hop_client;

struct hop_client_config {
    const char *url;    /* "wss://host:port" (path added) or http, https, ws; any
                           certificate is taken */
    const char *cookie; /* "hop_session=…" or NULL */
    const char *room, *name;
    const char *key; /* participant key of an earlier join; NULL: none */
    int site;        /* 0: not said */
    bool no_ping;    /* else `ping` every 5 s */

    bool no_offer;                     /* joins without media */
    bool no_microphone;                /* m-line 0 only receives */
    bool camera, screen, screen_audio; /* m-lines offered; sources begin on, see no_autostart */
    bool no_autostart;                 /* sources begin off: hop_client_enable() */
    int slots;                         /* 0..HOP_MAX_SLOTS */
    int voices;                        /* voice slots, 0..HOP_MAX_VOICES */
    bool red;                          /* the microphone sends opus/red, if the server takes it */
    unsigned layers;                   /* of the camera; 0, 1: no simulcast */
    enum hop_codec codec;              /* preferred video codec; HOP_CODEC_NONE: VP8 */
    bool only_codec;                   /* the other is not offered */
    uint32_t video_bps;                /* of the highest layer; 0: 500000 */
    unsigned fps;                      /* 0: 30 */
    uint16_t height;                   /* 0: 360 */
    double tone_hz;                    /* microphone; 0: silence */
    double screen_tone_hz;             /* screen audio */
    uint32_t tag;                      /* stamped into video, to be found in hop_client_stream */
    struct hop_client_transport_config transport;
    /* Sees every unprotected RTP packet before the receiver does; NULL: nobody. */
    void (*rtp_tap)(void *ctx, const uint8_t *packet, size_t len);
    void *rtp_tap_ctx;
};

enum hop_client_state {
    HOP_CLIENT_CONNECTING,
    HOP_CLIENT_WAITING, /* the meeting has not begun; joins again by itself when it opens */
    HOP_CLIENT_JOINED,
    HOP_CLIENT_REFUSED, /* join, resume or offer was answered with an error: hop_client_error() */
    HOP_CLIENT_CLOSED,  /* the WebSocket is gone: hop_client_close_code() */
};

/* Begins to connect; strings are copied. -EINVAL, -ENOMEM, … */
int hop_client_new(struct hop_client_loop *loop, const struct hop_client_config *config,
                   struct hop_client **out);
/* Cuts everything without a word. NULL-safe. */
void hop_client_free(struct hop_client *c);

enum hop_client_state hop_client_state(const struct hop_client *c);
/* Code of the last error answer of join, resume, offer: "room.full"; "" none. */
const char *hop_client_error(const struct hop_client *c);
int hop_client_close_code(const struct hop_client *c);
const char *hop_client_close_why(const struct hop_client *c);
struct hop_client_loop *hop_client_loop_of(const struct hop_client *c);

/* ---- waiting: true if it came true within timeout_ms ------------------------------------------
 */

bool hop_client_wait_joined(struct hop_client *c, int timeout_ms);
bool hop_client_wait_media(struct hop_client *c, int timeout_ms); /* the line is connected */
bool hop_client_wait_closed(struct hop_client *c, int timeout_ms);
/* At least n events of that name since the beginning. */
bool hop_client_wait_events(struct hop_client *c, const char *name, size_t n, int timeout_ms);
/* The slot shows whole frames stamped with that tag and source. */
bool hop_client_wait_sees(struct hop_client *c, uint32_t tag, enum hop_source source,
                          int timeout_ms);
/* The tone is at least that loud, over the last 200 ms. */
bool hop_client_wait_hears(struct hop_client *c, double hz, double at_least_db, int timeout_ms);

/* ---- signaling --------------------------------------------------------------------------------
 */

/* Sends a request; `data` is stolen (NULL: {}). Returns its id. */
int hop_client_request(struct hop_client *c, const char *op, json_t *data);
/* The whole answer, {"re":…,"data":…} or {"re":…,"error":…}; borrowed. NULL: not yet. */
json_t *hop_client_answer(const struct hop_client *c, int id);
/* Sends and waits. Borrowed; NULL: no answer in time. */
json_t *hop_client_call(struct hop_client *c, const char *op, json_t *data, int timeout_ms);
/* error.code of an answer, "" when it is none (or NULL). */
const char *hop_client_answer_code(const json_t *answer);

/* All notifications so far, oldest first, [{"seq","event","data"}, …]; borrowed. The last 5000. */
json_t *hop_client_events(const struct hop_client *c);
size_t hop_client_count(const struct hop_client *c, const char *event);
/* data of the newest of that name; borrowed, NULL: none. */
json_t *hop_client_last(const struct hop_client *c, const char *event);
/* Breaks in the sequence of notifications; must stay 0. */
unsigned hop_client_seq_gaps(const struct hop_client *c);

/* Own id, secrets of the session, and what the snapshot and the notifications since have said; all
 * borrowed; "" or NULL before the join. */
const char *hop_client_id(const struct hop_client *c);
const char *hop_client_key(const struct hop_client *c);
json_t *hop_client_participants(const struct hop_client *c); /* object: id → participant */
json_t *hop_client_participant(const struct hop_client *c, const char *id_or_name);
json_t *hop_client_slots(const struct hop_client *c);    /* array as in `slots` */
json_t *hop_client_snapshot(const struct hop_client *c); /* as it came */
const char *hop_client_answer_sdp(const struct hop_client *c);

/* Asks for tiles: participants (ids) in order of importance, all of one source and height. */
int hop_client_view(struct hop_client *c, const char *const *ids, size_t n, const char *source,
                    int height);
int hop_client_chat(struct hop_client *c, const char *text);
int hop_client_mute(struct hop_client *c, const char *participant, const char *source, bool muted);
/* `leave`, then closes. */
int hop_client_leave(struct hop_client *c);

/* Cuts the WebSocket; media goes on. */
void hop_client_drop_socket(struct hop_client *c);
/* Connects anew and resumes the session; wait for JOINED. */
int hop_client_resume(struct hop_client *c);
/* Connects anew and joins with the key, with new media: after a restart of the server. */
int hop_client_rejoin(struct hop_client *c);
/* ICE restart by an `offer`; new_socket: from another port, as after a change of network. */
int hop_client_restart_ice(struct hop_client *c, bool new_socket);
/* A new "RTCPeerConnection" on the same session. */
int hop_client_renew_media(struct hop_client *c);

/* ---- media ------------------------------------------------------------------------------------
 */

/* Sends the source or not, and says so by `media`, unless quiet. */
int hop_client_enable(struct hop_client *c, enum hop_source source, bool on);
void hop_client_enable_quietly(struct hop_client *c, enum hop_source source, bool on);

enum hop_client_line hop_client_line(const struct hop_client *c);
struct hop_client_sender *hop_client_sender_of(struct hop_client *c);       /* NULL: no media */
struct hop_client_receiver *hop_client_receiver_of(struct hop_client *c);   /* NULL: no media */
struct hop_client_transport *hop_client_transport_of(struct hop_client *c); /* NULL: no media */

/* dB of a full-scale sine in the mix or on a voice slot, last half second; a talker's own tone is
 * sent at -10.5. */
double hop_client_hears_db(struct hop_client *c, double hz);
/* The slot that shows frames of that tag and source within the last second; -1: none. */
int hop_client_sees(const struct hop_client *c, uint32_t tag, enum hop_source source);
/* Zeroed stats when there is no such stream. */
const struct hop_client_stream *hop_client_mix(const struct hop_client *c);
const struct hop_client_stream *hop_client_voice_slot(const struct hop_client *c, unsigned slot);
const struct hop_client_stream *hop_client_slot(const struct hop_client *c, unsigned slot);

struct hop_client_times { /* monotonic µs; 0: not yet */
    int64_t started_us, open_us, joined_us, connected_us, first_audio_us, first_frame_us;
};
struct hop_client_times hop_client_times(const struct hop_client *c);

/* ---- misbehaviour (more in transport.h and receiver.h) -----------------------------------------
 */

void hop_client_send_text(struct hop_client *c, const char *text, size_t len);
/* Reads nothing from the WebSocket any more (or again). */
void hop_client_set_deaf(struct hop_client *c, bool deaf);
/* The next offers go through this function; it returns a new text (free) or NULL to keep it. */
void hop_client_set_offer_hook(struct hop_client *c, char *(*hook)(void *ctx, const char *sdp),
                               void *ctx);
