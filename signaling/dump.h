/* A room as text, for operators: who is in it, and what its worker knows of streams, estimates and
 * decisions. Called by signaling (events, ticks, end). Control thread.
 */
#pragma once

#include "signaling/core.h"

/* The worker's part has come. Takes over event->dump.text. */
void hop_dump_event(struct hop_signaling *signaling, const struct hop_media_event *event);
/* Answers those whose room is gone. */
void hop_dump_tick(struct hop_signaling *signaling);
/* Answers all, with nothing. */
void hop_dump_end(struct hop_signaling *signaling);
