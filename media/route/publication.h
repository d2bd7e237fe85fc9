/* One source that a participant publishes: the camera with its simulcast layers, the screen, the
 * microphone. Knows its codec, whether packets come, and whether they may pass.
 *
 * Private to media/route; the room's worker thread.
 */
#pragma once

#include "media/route/layer.h"

struct hop_route_peer;
struct hop_voice_source;

enum {
    /* a source without packets for this long has ended */
    HOP_PUBLICATION_SILENT_US = 2000000,
    /* the codec changes at most once in this time; other packets are refused meanwhile */
    HOP_PUBLICATION_CODEC_US = 1000000,
};

struct hop_publication {
    struct hop_route_peer *owner;
    enum hop_source source;
    const struct hop_track_desc *track; /* the owner's copy */
    enum hop_codec codec;               /* of the packets that come; NONE: none came */
    int64_t codec_us;                   /* since when */
    bool active;                        /* packets come */
    struct hop_voice_source *voice;     /* of sound, owned; NULL: of pictures */
    uint8_t n_layers;
    int8_t demand;              /* highest layer that it was asked to send, -1: none; demand.h */
    int64_t demand_low_us;      /* since when less would do; 0: it would not */
    int64_t demand_raised_us;   /* when more was asked for last; 0: never */
    uint8_t most_spatial;       /* layers that one of its streams was seen to have (SVC) */
    int8_t need_fits, need_may; /* highest layer that suits a tile; that a line carries, too */
    struct hop_layer layers[HOP_MAX_LAYERS];
};

/* -ENOMEM. `track` must outlive the publication. */
int hop_publication_new(struct hop_route_peer *owner, const struct hop_track_desc *track,
                        struct hop_publication **out);
/* NULL-safe. Its subscribers lose it. */
void hop_publication_free(struct hop_publication *publication);

/* One packet of that layer; `repaired`: it was unwrapped from RTX. `level`: RFC 6464 or 0xff. */
void hop_publication_packet(struct hop_publication *publication, uint8_t layer,
                            struct hop_uplink *packet, bool repaired, uint8_t level,
                            int64_t now_us);
/* The sender says that this layer ended (RTCP BYE). */
void hop_publication_bye(struct hop_publication *publication, uint8_t layer);
/* The owner's rights changed: what is in the mix's buffers of a muted voice is dropped. */
void hop_publication_allowed_changed(struct hop_publication *publication);
/* Notices layers and sources that fell silent. */
void hop_publication_age(struct hop_publication *publication, int64_t now_us);
/* True when receivers may be shown it: packets come and may pass. */
bool hop_publication_live(const struct hop_publication *publication);
/* The payload type of the original that an RTX packet with this one repairs; 0xff: none. */
uint8_t hop_publication_repaired_pt(const struct hop_publication *publication, uint8_t rtx_pt);
