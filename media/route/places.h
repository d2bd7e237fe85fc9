/* Forwarded voices: the places of a room, who gets one, and his packets on their way to everyone's
 * voice slots. The rules stand in voices.h.
 *
 * Private to media/route; the room's worker thread; no allocation.
 */
#pragma once

#include "media/route/voices.h"

/* A packet of a source while the room forwards: takes a place if it is a voice and may have one,
 * goes out if it has one, else is kept for the first syllable. */
void hop_places_packet(struct hop_publication *publication, const struct hop_uplink *packet,
                       uint8_t level, int64_t now_us);
/* The copy of one that did not come: goes out if the source is talking. */
void hop_places_copy(const struct hop_publication *publication, const struct hop_voice_packet *copy,
                     int64_t now_us);
/* Keeps a packet of one who is silent, and forgets the oldest. */
void hop_places_keep(struct hop_voice_source *voice, const struct hop_uplink *packet, uint8_t level,
                     int64_t now_us);

/* Its place is nobody's any more. */
void hop_places_leave(struct hop_publication *publication);
/* Who has it has stopped talking; it stays his until another needs it. */
void hop_places_end_spurt(struct hop_voices_place *place);
/* Whether the listener is to hear it: it is neither his own nor of his hall. */
bool hop_places_hears(const struct hop_route_peer *listener, const struct hop_publication *voice);
