/* The data of every request of hop.v1, checked member by member: what a handler gets needs no
 * further check against its bounds. docs/protocol.md, "Requests".
 *
 * Called by: dispatch. Control thread; no state.
 */
#pragma once

#include "media/base/types.h"
#include "signaling/protocol.h"
#include "signaling/rights.h"
#include "signaling/text.h"

enum {
    HOP_CHAT_REF = 64,
    HOP_MAX_SITE = 9999,
    HOP_MAX_HISTORY = 200,
    HOP_MAX_SECRET = 128, /* bytes of an invitation's token, or of a password */
    HOP_MAX_PERSON = 20,  /* of an attendance list's person */
    HOP_MAX_WORD = 200,   /* characters of a word of refusal, or of a reason */
};

/* Flags that a message names (`given`) and their values, as source masks. */
struct hop_source_flags {
    uint32_t given, value;
};

/* Number N of a participant "pN". */
typedef uint32_t hop_participant_number;

struct hop_req_join {
    char room[HOP_MAX_ROOM_CODE + 1];
    char name[HOP_NAME_BYTES];     /* "": left out */
    char key[HOP_TOKEN_CHARS + 1]; /* "": left out */
    const char *offer;             /* NULL: none; belongs to the frame */
    struct hop_source_flags media;
    uint32_t site;                  /* 1..HOP_MAX_SITE; 0: left out */
    const char *invite, *password;  /* "" none; belong to the frame */
    char test[HOP_TOKEN_CHARS + 1]; /* of the test in which he meets himself; "": none */
    bool names_hall;                /* false: as before */
    char hall[HOP_NAME_BYTES];      /* "": in none */
};

struct hop_req_resume {
    char session[HOP_TOKEN_CHARS + 1];
    char secret[HOP_TOKEN_CHARS + 1];
    const char *offer; /* NULL: none; belongs to the frame */
};

struct hop_req_tile {
    hop_participant_number participant;
    enum hop_source source; /* camera or screen */
    uint16_t height;        /* pixels; 0: any */
    bool pinned;
};

struct hop_req_view {
    struct hop_req_tile tiles[HOP_MAX_VIEW];
    size_t n;
    uint32_t max_kbps; /* 0: no cap */
};

struct hop_req_room { /* what the room shall be like; only what was given */
    bool has_chat, chat_open;
    bool has_policy, has_levelling;
    struct hop_room_audio audio;
};

struct hop_req_mark { /* of the attendance list */
    char person[HOP_MAX_PERSON + 1];
    const char *state; /* "": as the server saw it */
    char reason[HOP_MAX_WORD * 4 + 1];
    int attendees;
};

struct hop_client_stats { /* what a client measures itself; negative: not said */
    double rtt_ms, jitter_ms, loss_up, loss_down, fps;
};

/* One request; the union's member is the op's. */
struct hop_request {
    enum hop_op op;
    union {
        struct hop_req_join join;
        struct hop_req_resume resume;
        struct {
            const char *sdp; /* belongs to the frame */
        } offer;
        struct hop_req_view view;
        struct hop_source_flags media;
        struct {
            hop_participant_number participant; /* 0 in mute_all */
            enum hop_source source;
            bool muted;
        } mute; /* and mute_all */
        struct {
            hop_participant_number participant; /* of hand: 0 means oneself */
            bool raised;
            enum hop_role role;
        } target; /* ask_unmute, hand, role, remove */
        struct {
            const char *text; /* belongs to the frame; not yet normalised */
            char ref[HOP_CHAT_REF + 1];
        } chat;
        struct {
            int64_t before;
            size_t limit;
        } history;
        char name[HOP_NAME_BYTES]; /* rename */
        struct hop_req_room room;
        struct {
            hop_participant_number participant; /* 0: oneself */
            char name[HOP_NAME_BYTES];          /* "": none */
        } hall;
        struct {
            hop_participant_number participant; /* 0: all */
            bool all;
            char message[HOP_MAX_WORD * 4 + 1]; /* "" none */
        } lobby;                                /* admit, refuse, send_back */
        struct {
            hop_participant_number participant; /* 0: oneself */
            uint32_t site;
        } site;
        struct hop_req_mark mark;
        struct hop_client_stats stats;
    };
};

/* "mix", "forward"; and back, false: no such policy. */
const char *hop_audio_policy_name(enum hop_audio_policy policy);
bool hop_audio_policy_parse(const char *name, enum hop_audio_policy *out);

/* Reads the frame's data into `out`, which borrows from the frame. False: `why` says what to
 * answer. */
bool hop_request_decode(const struct hop_frame *frame, struct hop_request *out,
                        struct hop_refusal *why);
