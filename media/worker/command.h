/* What the control thread asks of a worker: one small value message each. Heap parts change owner
 * with the message; the worker frees what it does not keep. */
#pragma once

#include "media/worker/transport.h"

enum hop_worker_command_type {
    HOP_COMMAND_ROOM_ADD,
    HOP_COMMAND_ROOM_REMOVE,
    HOP_COMMAND_ROOM_AUDIO,
    HOP_COMMAND_ROOM_DUMP,
    HOP_COMMAND_PEER_ADD,
    HOP_COMMAND_PEER_RESTART,
    HOP_COMMAND_PEER_REMOVE,
    HOP_COMMAND_PEER_ALLOWED,
    HOP_COMMAND_PEER_VIEW,
    HOP_COMMAND_PEER_SEAT,
    HOP_COMMAND_PEER_CAP,
    HOP_COMMAND_DUMP,
    HOP_COMMAND_TCP_ADOPT,
};

/* A participant as agreed in offer and answer. */
struct hop_worker_peer_spec {
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    struct hop_transport *transport; /* PEER_ADD; NULL on a restart */
};

struct hop_worker_view {
    size_t n;
    struct hop_view_tile tiles[];
};

struct hop_worker_command {
    enum hop_worker_command_type type;
    hop_room_id room;
    hop_peer_id peer;
    union {
        struct hop_worker_peer_spec *spec; /* PEER_ADD, PEER_RESTART; owned */
        struct hop_worker_view *view;      /* PEER_VIEW; owned */
        uint32_t allowed;                  /* PEER_ALLOWED */
        struct hop_room_audio audio;       /* ROOM_AUDIO */
        struct {
            uint16_t hall;
            bool chair;
        } seat;            /* PEER_SEAT */
        uint32_t cap_kbps; /* PEER_CAP */
        uint64_t token;    /* ROOM_DUMP */
        int fd;            /* TCP_ADOPT; owned */
    };
};

/* Frees the heap parts of a command that nobody will execute. Any thread. */
void hop_worker_command_discard(struct hop_worker_command *command);
