/* Which packets of one stream go to one receiver, and when that may change: he is sent one quality
 * (quality.h), down as soon as what is left decodes by itself, up only where the stream says that
 * what follows can be decoded by somebody who did not get what was before.
 *
 * RFC 7741 §4.2 (TID and Y of VP8), RFC 9628 §3 and §4.2 (VP9), AV1 RTP payload specification,
 * appendix A (decode targets and chains). Called by slot.c; the room's worker thread; no
 * allocation.
 */
#pragma once

#include "media/route/quality.h"

struct hop_uplink;

enum {
    /* frames after which a point to go up is no longer waited for: a key frame is asked for */
    HOP_SELECT_PATIENCE = 75,
    HOP_SELECT_TURNS = 6,
    HOP_SELECT_FRAMES = 128, /* remembered as sent */
};

/* By what a stream is chosen from. */
enum hop_select_kind {
    HOP_SELECT_ALL, /* it tells nothing of layers */
    HOP_SELECT_VP8,
    HOP_SELECT_VP9,
    HOP_SELECT_TARGETS, /* the dependency descriptor's decode targets */
};

/* A change of quality: it holds from that packet on. */
struct hop_select_turn {
    uint64_t since; /* extended number */
    uint8_t target; /* decode target, or index of a quality */
};

struct hop_selector {
    enum hop_select_kind kind;
    struct hop_quality want;
    struct hop_quality now;                         /* the newest turn's */
    struct hop_select_turn turns[HOP_SELECT_TURNS]; /* newest first; late packets follow theirs */
    uint64_t newest;                                /* extended number of the packets seen */
    uint16_t waiting; /* frames since more was wanted than could be given */
    bool stuck;       /* only a key frame helps */

    /* VP8: since the newest frame of the lowest temporal layer */
    uint8_t dropped; /* lowest temporal layer of which something was left out; 0xff: nothing */
    bool gap;        /* a packet is missing */

    /* VP9: spatial layers of which something was left out since they last began anew (bits), and
     * those of which the picture that is coming was sent */
    uint8_t broken, picture_has;
    uint16_t picture;

    /* decode targets */
    uint32_t chains_broken;             /* bit per chain: something of it was not sent */
    uint32_t within;                    /* those of which everything is sent */
    uint16_t frames[HOP_SELECT_FRAMES]; /* sent lately, by number */
};

void hop_selector_init(struct hop_selector *s);
/* What is wanted from now on, of this or any later stream. */
void hop_selector_want(struct hop_selector *s, struct hop_quality want);
/* Another stream, or the same anew, which begins with this packet of a key frame. */
void hop_selector_begin(struct hop_selector *s, const struct hop_uplink *first);
/* True: send it. `*marker`: it ends the picture that the receiver gets. */
bool hop_selector_take(struct hop_selector *s, const struct hop_uplink *packet, bool *marker);
/* What is wanted cannot be had without a key frame: true once for each frame that shows it. */
bool hop_selector_stuck(struct hop_selector *s);
