/* Reaching a room's GStreamer graph while it runs: recording, streaming and gateways link their
 * elements to hopmixer's pads here. Apart from audio.h, so that only those who do so see GStreamer.
 */
#pragma once

#include "media/pipeline/audio.h"
#include "media/pipeline/graph.h"

/* Runs `visit` on the supervisor's thread, once; NULLs if the room is not there (any more). Returns
 * at once. What is linked to a pad must begin with a leaky queue: a mix thread does not wait. Any
 * thread. -ENOMEM. */
int hop_audio_visit(struct hop_audio *audio, hop_room_id room, hop_graph_visit visit, void *ctx);
