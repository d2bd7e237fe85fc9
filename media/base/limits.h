/* Every bound that remote input runs into, in one place. Who raises one checks the memory it costs
 * (docs/architecture.md, "Memory"). */
#pragma once

enum {
    /* one datagram; also the size of a pool slot's payload area */
    HOP_MAX_DATAGRAM = 1500,
    /* what the relay sends itself never exceeds this many bytes of UDP payload */
    HOP_MTU = 1200,

    /* one participant's offer */
    HOP_MAX_TRACKS = 4, /* microphone, camera, screen, screen audio */
    HOP_MAX_SLOTS = 49, /* video receive m-lines */
    HOP_MAX_VOICES = 8, /* audio receive m-lines beside the mix */
    HOP_MAX_LAYERS = 3, /* simulcast rids of one publication */
    HOP_MAX_CODECS = 4, /* negotiated codecs of one m-line */
    HOP_MAX_MID = 16,   /* bytes of a mid or rid, without the NUL */
    HOP_MAX_UFRAG = 256,
    HOP_MAX_PWD = 256,
    HOP_MAX_FINGERPRINT = 64, /* bytes of the digest (SHA-512) */
    HOP_MAX_CANDIDATES = 16,  /* addresses in one answer */

    /* one participant's transport */
    HOP_MAX_PATHS = 8,          /* remote addresses remembered (ICE pairs) */
    HOP_MAX_TCP_FRAME = 2048,   /* RFC 4571 frame */
    HOP_MAX_TCP_QUEUE = 262144, /* bytes waiting for a slow ICE-TCP connection */
    HOP_MAX_UNAUTH_TCP = 256,   /* connections per worker that have not shown a valid STUN check */

    HOP_MAX_ROOMS = 1024, /* per worker */

    /* one room */
    HOP_MAX_PEERS = 1000, /* participants with media */
    HOP_MAX_VIEW = 64,    /* tiles that one client may ask for */
    HOP_MAX_CAP_KBPS = 1000000,
    HOP_MAX_TALKERS = 16, /* voices in one mix (overload guard) */

    /* signaling */
    HOP_MAX_MESSAGE =
        262144, /* bytes of one WebSocket message; an offer of 49 slots with few codecs: 100 kB */
    HOP_MAX_SEND_QUEUE = 1048576, /* bytes waiting for a slow WebSocket */
    HOP_MAX_NAME = 80,            /* characters of a display name or of a hall */
    HOP_MAX_WAITING = 500,        /* in the lobby of one meeting */
    HOP_MAX_TITLE = 200,
    HOP_MAX_CHAT = 4000, /* characters of one chat text */
    HOP_MAX_ROOM_CODE = 32,

    /* TURN servers that a participant is told */
    HOP_MAX_RELAY_URLS = 8,
    HOP_MAX_RELAY_URL = 300, /* bytes */
};
