/* Which of his negotiated video codecs each publisher is to send: one that all who are there can
 * decode, the server's order deciding. Where there is none, the one that most can decode.
 *
 * Called by: join, negotiation, participant. Control thread.
 */
#pragma once

#include "signaling/participant.h"

/* His answer is new: he sends its first codec. */
void hop_codecs_reset(struct hop_participant *participant);
/* Somebody's media is new or gone: tells those publishers whose codec changes. After the answers.
 */
void hop_codecs_settle(const struct hop_room *room);
/* He was away: tells him again what is not the answer's first. */
void hop_codecs_again(struct hop_participant *participant);
