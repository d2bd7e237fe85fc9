/* Which stream of a participant an RTP packet belongs to: the table from SSRC to source, layer and
 * repair, and how it is learnt (RFC 8843 §9.2, RFC 8852, RFC 4588).
 *
 * One per participant; the room's worker thread. The table has one place per stream that was
 * negotiated, so it cannot grow: a new SSRC for a stream takes the old one's place.
 */
#pragma once

#include "media/base/types.h"

enum {
    HOP_SSRC_STREAMS = HOP_MAX_TRACKS * HOP_MAX_LAYERS * 2,
    /* a stream changes its SSRC at most once in this time, so that an attacker who alternates
     * SSRCs cannot keep the room busy with resets */
    HOP_SSRC_RELEARN_US = 500000,
};

struct hop_ssrc_stream {
    uint32_t ssrc; /* 0: not known yet */
    uint8_t track; /* index into the tracks of the description */
    uint8_t layer;
    bool repair; /* an RTX stream */
    int64_t learnt_us;
};

struct hop_ssrc_table {
    struct hop_ext_ids ext;
    struct hop_track_desc tracks[HOP_MAX_TRACKS];
    uint8_t n_tracks;
    struct hop_ssrc_stream streams[HOP_SSRC_STREAMS];
    uint8_t n_streams;
};

/* What the header of a packet says about itself. Texts: "" when absent. */
struct hop_ssrc_hints {
    uint32_t ssrc;
    uint8_t pt;
    const char *mid, *rid, *rrid;
};

enum hop_ssrc_result {
    HOP_SSRC_KNOWN,   /* the SSRC was in the table */
    HOP_SSRC_NEW,     /* first SSRC of that stream, or a new one: begin it anew */
    HOP_SSRC_UNKNOWN, /* belongs to nothing that was negotiated */
};

void hop_ssrc_table_init(struct hop_ssrc_table *table, const struct hop_peer_desc *desc);

/* Finds or learns the stream. `*out` is the table's entry, valid until the table goes. */
enum hop_ssrc_result hop_ssrc_find(struct hop_ssrc_table *table, const struct hop_ssrc_hints *hints,
                                   int64_t now_us, const struct hop_ssrc_stream **out);

/* The entry that has this SSRC, or NULL; learns nothing. */
const struct hop_ssrc_stream *hop_ssrc_lookup(const struct hop_ssrc_table *table, uint32_t ssrc);
