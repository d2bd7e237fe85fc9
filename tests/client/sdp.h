/* The native client's SDP: writes an offer in the layout of docs/protocol.md ("The offer"), reads
 * the server's answer. RFC 8866, 8829, 8839, 9143, 8853. No state. */
#pragma once

#include "media/base/types.h"
#include "tests/client/transport.h"

enum { HOP_CLIENT_LINES = HOP_MAX_TRACKS + HOP_MAX_SLOTS + HOP_MAX_VOICES };

/* Payload types and extension ids of every offer. */
enum {
    HOP_CLIENT_PT_OPUS = 111,
    HOP_CLIENT_PT_RED = 63,
    HOP_CLIENT_PT_VP8 = 96,
    HOP_CLIENT_PT_VP8_RTX = 97,
    HOP_CLIENT_PT_H264 = 102,
    HOP_CLIENT_PT_H264_RTX = 103,
};

/* A stream that the client sends, as offered. */
struct hop_client_offer_track {
    bool offered;
    uint32_t ssrc, rtx_ssrc;
    uint8_t layers; /* 1: no simulcast; else that many rids, see hop_client_rid() */
};

struct hop_client_offer {
    const struct hop_client_credentials *credentials;
    uint64_t session;
    unsigned version;
    bool mix; /* m-line 0 is there */
    struct hop_client_offer_track tracks[HOP_SOURCES];
    int slots, voices;
    bool red;              /* on m-line 0 */
    enum hop_codec prefer; /* HOP_CODEC_VP8 or _H264, listed first */
    bool only_preferred;   /* the other one is not offered */
};

const char *hop_client_rid(unsigned layer); /* "q", "h", "f": lowest first */
extern const struct hop_ext_ids hop_client_ext_ids;

/* The text is the caller's (free). NULL: out of memory. */
char *hop_client_offer_write(const struct hop_client_offer *offer);

struct hop_client_answer_line {
    bool rejected;
    bool sends, receives; /* the server */
    enum hop_codec codec; /* the first one listed */
    uint8_t pt, rtx_pt;   /* rtx_pt 0xff: none */
    uint32_t ssrc, rtx_ssrc;
    uint8_t red_pt; /* 0: not taken */
    uint8_t n_rids;
    char msid[32];
    char mid[HOP_MAX_MID + 1];
};

struct hop_client_answer {
    struct hop_client_remote remote;
    bool ice_lite, passive;
    struct hop_ext_ids ext;
    struct hop_client_answer_line lines[HOP_CLIENT_LINES];
    size_t n_lines;
};

/* False: not an answer that the client could use. */
bool hop_client_answer_read(const char *sdp, struct hop_client_answer *out);
