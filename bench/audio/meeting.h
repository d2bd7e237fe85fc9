/* Meetings of native clients: so many rooms of so many, in each some who talk, some whose open
 * microphones send silence, and the rest muted. The loop's thread. */
#pragma once

#include "tests/client/client.h"

struct bench_meeting_config {
    const char *url;
    char *const *rooms;           /* codes, NULL at the end */
    int members, talkers, silent; /* of each room */
    /* A talker's sound; `ctx` is made of the room's and the member's number by `voice_ctx`. NULL:
     * the loops of bench/mix/voices.h. */
    hop_client_voice voice;
    void *(*voice_ctx)(int room, int member);
    /* Sees what a listener gets; NULL: nobody looks. */
    void (*tap)(void *ctx, const uint8_t *packet, size_t len);
    void *(*tap_ctx)(int room, int member);
};

struct bench_meeting {
    struct hop_client_loop *loop;
    struct bench_meeting_config config;
    struct hop_client **clients; /* room by room */
    int n_rooms, n;
};

/* Joins all, some at a time, and begins to talk when everyone is there. Says on stderr what went
 * wrong. */
bool bench_meeting_open(struct bench_meeting *meeting, const struct bench_meeting_config *config);
void bench_meeting_close(struct bench_meeting *meeting);
