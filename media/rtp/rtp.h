/* RTP packets as bytes: a view of offsets over a received packet, typed header extensions, and a
 * writer for the fresh header that a forwarder puts before a copied payload.
 *
 * RFC 3550 §5.1 (header, padding), §5.3.1 (extension block); RFC 8285 (one- and two-byte elements);
 * RFC 6464 and 6465 (levels), RFC 8852 (rid), RFC 9143 (mid),
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 §2, abs-send-time.
 * Pure functions over the caller's memory; any thread; no allocation.
 */
#pragma once

#include "media/base/types.h"

enum {
    HOP_RTP_FIXED = 12, /* bytes of a header without CSRCs and extensions */
    HOP_RTP_MAX_CSRC = 15,
    HOP_RTP_MAX_EXT = 8,     /* elements in a header that we write */
    HOP_RTP_EXT_STORE = 250, /* bytes of their data together */
    HOP_RTP_MAX_PADDING = 255,
};

/* Where things are in one packet. All offsets are from the packet's first byte. */
struct hop_rtp_view {
    uint8_t pt; /* 0..127 */
    bool marker;
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t csrc_count;      /* 0..15; the list is at HOP_RTP_FIXED */
    uint8_t padding;         /* bytes at the end, the count byte included; 0: none */
    uint16_t ext_profile;    /* "defined by profile" word of the block; 0 with ext_len 0: none */
    uint16_t ext_offset;     /* first element */
    uint16_t ext_len;        /* bytes of the block without its four-byte head */
    uint16_t payload_offset; /* also the size of the header */
    uint16_t payload_len;    /* without padding; may be 0 */
};

/* Fills *out when the bytes are one well-formed RTP packet: version 2, CSRC list, extension block
 * and padding within len (at most 65535). 0 or -EINVAL with *out untouched. The content of the
 * extension block is not judged here. */
int hop_rtp_parse(const uint8_t *packet, size_t len, struct hop_rtp_view *out);

/* The i-th contributing source, i < view->csrc_count. */
uint32_t hop_rtp_csrc(const uint8_t *packet, const struct hop_rtp_view *view, unsigned i);

/* ---- header extensions --------------------------------------------------------------------------
 * A block with an unknown profile word has no elements. A malformed element ends the iteration. */

struct hop_rtp_ext {
    uint8_t id;          /* 1..14 one-byte form, 1..255 two-byte form */
    uint8_t len;         /* bytes; 1..16 one-byte form, 0..255 two-byte form */
    const uint8_t *data; /* inside the packet */
};

struct hop_rtp_ext_iter {
    const uint8_t *at, *end;
    bool two_byte;
};

struct hop_rtp_ext_iter hop_rtp_ext_begin(const uint8_t *packet, const struct hop_rtp_view *view);
bool hop_rtp_ext_next(struct hop_rtp_ext_iter *iter, struct hop_rtp_ext *out);
/* The first element with that id. Id 0 (not negotiated) is never found. */
bool hop_rtp_ext_find(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                      struct hop_rtp_ext *out);

/* The extensions that hop knows, read in one pass. */
struct hop_rtp_exts {
    char mid[HOP_MAX_MID + 1];   /* "" when absent, empty, longer than HOP_MAX_MID or not a token */
    char rid[HOP_MAX_MID + 1];   /* the same, for all three */
    char rrid[HOP_MAX_MID + 1];  /* rid of the stream that this RTX packet repairs */
    bool has_audio_level, voice; /* voice: the V flag of RFC 6464 */
    uint8_t audio_level;         /* -dBov, 0 loudest .. 127 silent; 127 when absent */
    bool has_abs_send_time, has_twcc;
    uint32_t abs_send_time; /* 24 bits, 6.18 fixed-point seconds */
    uint16_t twcc_seq;
};

/* Reads those whose id in `ids` is not 0. Never fails: what is malformed counts as absent. */
void hop_rtp_read_exts(const uint8_t *packet, const struct hop_rtp_view *view,
                       const struct hop_ext_ids *ids, struct hop_rtp_exts *out);

/* The same one by one; false and *out untouched when absent or malformed. */
bool hop_rtp_get_token(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                       char out[HOP_MAX_MID + 1]); /* mid, rid, rrid */
bool hop_rtp_get_audio_level(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                             bool *voice, uint8_t *level);
bool hop_rtp_get_abs_send_time(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                               uint32_t *out);
bool hop_rtp_get_twcc(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                      uint16_t *out);
/* RFC 6465: levels of the CSRCs in their order; returns how many (≤ 15), 0 when absent. */
size_t hop_rtp_get_mix_levels(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                              uint8_t out[HOP_RTP_MAX_CSRC]);

/* ---- writing -----------------------------------------------------------------------------------
 */

/* A header to be written. Plain data, owns what was added; may be copied. */
struct hop_rtp_header {
    uint8_t pt; /* 0..127 */
    bool marker;
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t n_csrc; /* 0..15 */
    uint8_t n_ext;
    uint8_t store_len; /* bytes used of store */
    uint32_t csrc[HOP_RTP_MAX_CSRC];
    struct {
        uint8_t id, len, at; /* at: offset of the data in store */
    } ext[HOP_RTP_MAX_EXT];
    uint8_t store[HOP_RTP_EXT_STORE];
};

/* A header without CSRCs and extensions. (Cheaper than zeroing the whole struct.) */
void hop_rtp_header_init(struct hop_rtp_header *h, uint8_t pt, bool marker, uint16_t seq,
                         uint32_t timestamp, uint32_t ssrc);
/* Copies one element in. True also when id is 0 (not negotiated: nothing is added). False: no room,
 * or empty data. */
bool hop_rtp_header_add(struct hop_rtp_header *h, uint8_t id, const void *data, size_t len);
bool hop_rtp_header_add_token(struct hop_rtp_header *h, uint8_t id, const char *token);
bool hop_rtp_header_add_audio_level(struct hop_rtp_header *h, uint8_t id, bool voice,
                                    uint8_t level);
bool hop_rtp_header_add_abs_send_time(struct hop_rtp_header *h, uint8_t id, int64_t now_us);
bool hop_rtp_header_add_twcc(struct hop_rtp_header *h, uint8_t id, uint16_t seq);

/* Bytes that hop_rtp_header_write() will write. */
size_t hop_rtp_header_size(const struct hop_rtp_header *h);
/* Writes the header, the elements in one-byte form unless one of them has id > 14 or more than 16
 * bytes. Returns the bytes written (a multiple of four; the payload goes there), 0 when cap is too
 * small or n_csrc is out of range. */
size_t hop_rtp_header_write(const struct hop_rtp_header *h, uint8_t *out, size_t cap);

/* Grows the packet of len bytes to `target` bytes with RTP padding (P bit set; padding that is
 * there already is merged). Returns target; or len, packet untouched, when target <= len, target >
 * cap or the padding would exceed 255 bytes. The packet must be one that hop_rtp_parse() takes. */
size_t hop_rtp_pad(uint8_t *packet, size_t len, size_t cap, size_t target);
