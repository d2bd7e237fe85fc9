/* What an answer must repeat of an offer, m-line by m-line. Shared by sdp_offer.c, which fills it
 * with the help of sdp_codecs.c, sdp_transport.c and sdp_streams.c, and sdp_answer.c, which writes
 * from it. Control thread. */
#pragma once

#include "signaling/sdp.h"

#include <gst/sdp/gstsdpmessage.h>

enum {
    HOP_SDP_LINES = HOP_MAX_TRACKS + HOP_MAX_SLOTS + HOP_MAX_VOICES + 3,
    HOP_SDP_TOKEN = 24,
    HOP_SDP_EXTS = 8
};

enum hop_sdp_fb { /* RFC 4585 §4.2 and what WebRTC added */
                  HOP_FB_NACK = 1u << 0,
                  HOP_FB_PLI = 1u << 1,
                  HOP_FB_FIR = 1u << 2,
                  HOP_FB_TRANSPORT_CC = 1u << 3,
                  HOP_FB_REMB = 1u << 4,
};

struct hop_sdp_codec {
    struct hop_codec_desc desc;
    uint32_t fb;     /* of enum hop_sdp_fb, as offered */
    char profile[7]; /* H.264 profile-level-id, as offered */
};

enum hop_sdp_use { HOP_SDP_REJECTED, HOP_SDP_TRACK, HOP_SDP_MIX, HOP_SDP_SLOT, HOP_SDP_VOICE };

struct hop_sdp_ext {
    uint8_t id;
    uint8_t kind;   /* index into the table of sdp_streams.c */
    char direction; /* as answered: 'b' both, 's' sendonly, 'r' recvonly */
};

struct hop_sdp_line {
    enum hop_sdp_use use;
    char media[HOP_SDP_TOKEN + 1]; /* "audio", "video", … */
    char proto[HOP_SDP_TOKEN + 1];
    char format[HOP_SDP_TOKEN + 1]; /* the first one, for a rejected line */
    char mid[HOP_MAX_MID + 1];      /* "": a rejected line without */
    bool sends, receives;           /* the client */
    size_t index; /* of its track, slot or voice; of a mix: of its track, if it sends */
    struct hop_sdp_codec codecs[HOP_MAX_CODECS];
    size_t n_codecs;
    uint8_t red_pt; /* opus/red; 0: none */
    bool red_first; /* offered before Opus itself */
    struct hop_sdp_ext exts[HOP_SDP_EXTS];
    size_t n_exts;
    /* two-byte header extensions may come beside one-byte ones (RFC 8285 §6) */
    bool mixed_exts;
};

struct hop_sdp_offer {
    struct hop_peer_desc desc;
    struct hop_sdp_line lines[HOP_SDP_LINES];
    size_t n_lines;
    bool mixed_exts; /* as below, for all lines */
    uint64_t session;
};

/* The URI of an extension kind. */
const char *hop_sdp_ext_uri(size_t kind);

/* Chooses the codecs of an m-line: Opus for audio, perhaps with RED; for video one of each kind,
 * those of `order` in its order. Fills codecs and n_codecs. `*stereo`: the chosen Opus plays
 * stereo. */
void hop_sdp_codecs(const GstSDPMedia *media, const struct hop_codec_order *order,
                    struct hop_sdp_line *line, bool *stereo);

/* True: text is 1..max characters of an SDP token (RFC 8866 §9). */
bool hop_sdp_token(const char *text, size_t max);

/* An offer while it is read. */
struct hop_sdp_reader {
    const GstSDPMessage *sdp;
    const struct hop_codec_order *order;
    struct hop_sdp_offer *offer;
    struct hop_refusal *why;
    bool have_transport;
    size_t audios, senders; /* m-lines of that kind so far; recvonly ones but the mix not counted */
};

/* Fill the refusal with "m-line N: what" and return false. */
bool hop_sdp_malformed(struct hop_sdp_reader *r, size_t line, const char *what);
bool hop_sdp_unsupported(struct hop_sdp_reader *r, size_t line, const char *what);

/* The transport of the n-th m-line: the first one's is everyone's. */
bool hop_sdp_read_transport(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media);
bool hop_sdp_in_bundle(struct hop_sdp_reader *r, const char *mid);

/* Header extensions that hop knows, into the line and the bundle's map of ids. */
bool hop_sdp_read_extensions(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                             struct hop_sdp_line *line);
/* Simulcast rids that it sends, lowest first as offered. */
bool hop_sdp_read_simulcast(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media,
                            struct hop_track_desc *track);
/* SSRCs of a single stream; those of simulcast are learnt from the rids. */
void hop_sdp_read_ssrcs(const GstSDPMedia *media, struct hop_track_desc *track);
