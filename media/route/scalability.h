/* What the dependency descriptors of one received stream say of its layers: the structure that is
 * valid for each packet, which of its decode targets stands for which quality, and which of them
 * the sender produces.
 *
 * AV1 RTP payload specification, appendix A. Private to media/route; the room's worker thread;
 * memory is taken with the stream.
 */
#pragma once

#include "media/route/quality.h"
#include "media/rtp/dependency.h"

struct hop_scalability {
    struct hop_dd_structure structure;
    uint64_t since;  /* extended number of the packet that brought it */
    uint32_t active; /* decode targets that are produced */
    uint8_t target_of[HOP_QUALITIES];
};

/* The structures of a stream: the newest and the one before, for packets that come late. */
struct hop_structures {
    struct hop_scalability of[2];
    uint8_t newest, n;
    struct hop_dd_structure attached; /* of the packet that was read last */
    /* packets that came before the structure they need: bit per number from unread_from on */
    uint64_t unread_from, unread[2];
};

/* The one that is valid for that packet; NULL: none. */
const struct hop_scalability *hop_structures_find(const struct hop_structures *s, uint64_t seq);
/* The attached one is valid from that packet on. Returns it; NULL: the packet is older than those
 * that are kept. */
const struct hop_scalability *hop_structures_install(struct hop_structures *s, uint64_t seq);
/* The sender says which targets it produces from that packet on. */
void hop_structures_activate(struct hop_structures *s, uint64_t seq, uint32_t active);

void hop_structures_miss(struct hop_structures *s, uint64_t seq);
/* Takes the next such packet's number, oldest first; false: there is none. */
bool hop_structures_missed(struct hop_structures *s, uint64_t *seq);

/* The qualities that a frame belongs to. */
uint16_t hop_scalability_qualities(const struct hop_scalability *s, uint64_t dtis);
/* The targets of which somebody who is sent this one gets every frame. */
uint32_t hop_scalability_within(const struct hop_scalability *s, uint8_t target);
struct hop_quality hop_scalability_quality(const struct hop_scalability *s, uint8_t target);
