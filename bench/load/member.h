/* A participant of hop-load: one WebSocket, one or two PeerConnections, what he sends. How he
 * speaks with the server is a driver's business: hop.c, janus_video.c, janus_audio.c. */
#pragma once

#include "bench/load/link.h"
#include "bench/load/send.h"
#include "bench/load/ws.h"

#include <jansson.h>

struct hop_load_member;

struct hop_load_play {
    struct hop_load_world *world;
    const struct hop_load_driver *driver;
    const char *address; /* of the server's signaling, an IPv4 literal */
    uint16_t port;
    char **rooms;       /* codes, as many as the scenario has rooms; a driver may not need them */
    GPtrArray *members; /* of struct hop_load_member, owned; those who left stay */
};

struct hop_load_driver {
    const char *name, *path, *protocol;
    void (*opened)(struct hop_load_member *m);
    void (*message)(struct hop_load_member *m, char *text, size_t len);
    /* Everybody is there: who is to be seen is known. */
    void (*settle)(struct hop_load_member *m);
    void (*leave)(struct hop_load_member *m);
};

enum hop_load_state { HOP_LOAD_JOINING, HOP_LOAD_JOINED, HOP_LOAD_FAILED, HOP_LOAD_LEFT };

struct hop_load_member {
    struct hop_load_play *play;
    uint32_t index; /* in play->members */
    int room;
    bool camera, microphone, late;
    bool down_wanted;                /* `down` is on its way */
    int tone;                        /* 0: says nothing */
    struct bench_tone *says, *hears; /* timed tones, borrowed; NULL: not he */
    enum hop_load_state state;
    char why[80]; /* FAILED */
    char id[40];  /* the server's name for him; "" not known yet */
    struct hop_load_ws *ws;
    struct hop_load_link *link; /* sends, and with hop receives */
    struct hop_load_link *down; /* Janus VideoRoom: receives; else NULL */
    struct hop_load_sender sender;
    struct hop_client_answer answer; /* of `link` */
    GArray *sees;                    /* uint32_t: indexes of members whose video he asked for */
    int64_t begun_us, open_us, joined_us, left_us;
    int64_t connected_us, first_video_us, first_key_us; /* kept when the links are gone */
    void *driver;                                       /* the driver's own, freed with free() */
};

/* Connects; -ENOMEM or the socket's errno. */
int hop_load_member_new(struct hop_load_play *play, int room, bool sends, bool late,
                        struct hop_load_member **out);
void hop_load_member_free(struct hop_load_member *m);
/* Says goodbye; what he holds is freed by hop_load_member_release(), a moment later. */
void hop_load_member_leave(struct hop_load_member *m);
void hop_load_member_release(struct hop_load_member *m);
void hop_load_member_fail(struct hop_load_member *m, const char *why);
/* All his PeerConnections are connected. */
bool hop_load_member_ready(const struct hop_load_member *m);
/* What he receives by. */
struct hop_load_receiver *hop_load_member_receiver(const struct hop_load_member *m);

/* ---- for drivers ------------------------------------------------------------------------------ */

/* `link` and what it sends. */
bool hop_load_member_open_link(struct hop_load_member *m);
/* Fills `sees` with the indexes of those whose video he shall see: joined senders of his room, at
 * most scenario.view and `most`, beginning behind himself so that all are seen by equally many. */
void hop_load_member_choose(struct hop_load_member *m, unsigned most);
/* Steals `data`. */
void hop_load_member_send(struct hop_load_member *m, json_t *data);

extern const struct hop_load_driver hop_load_hop, hop_load_janus_video, hop_load_janus_audio;
