/* The rooms' GStreamer graphs and the one thread that owns their states and buses.
 *
 * A room's graph is a pipeline around a driven `hopmixer`; recording, announcements and gateways
 * attach to its pads. The mix thread that owns the room makes and closes graphs and drives the
 * element; it never waits for a state change.
 */
#pragma once

#include "media/base/types.h"
#include "media/pipeline/hopmixer.h"

struct hop_supervisor;
struct hop_graph;

/* Starts the supervisor's thread. After gst_init(). -ENOMEM, -EAGAIN (no thread). */
int hop_supervisor_new(struct hop_supervisor **out);
/* Finishes what is queued and ends the thread. All graphs must have been closed. NULL-safe. */
void hop_supervisor_free(struct hop_supervisor *supervisor);

/* Makes the graph of a room; it is in PLAYING soon (hop_mixer_element_playing()). Until then its
 * mixer takes voice, but is not to be ticked. -ENOMEM. Any thread, does not block. */
int hop_graph_new(struct hop_supervisor *supervisor, hop_room_id room,
                  const struct hop_audio_params *params, struct hop_graph **out);
/* The caller does not touch the graph any more; the supervisor takes it down. Any thread. */
void hop_graph_close(struct hop_graph *graph);

/* Valid until hop_graph_close(). */
HopMixerElement *hop_graph_mixer(const struct hop_graph *graph);

/* Runs `visit` on the supervisor's thread with the room's pipeline and mixer, to link something to
 * its pads; with NULLs if no such room's graph is playing. Does not block. -ENOMEM. Any thread. */
typedef void (*hop_graph_visit)(void *ctx, GstElement *pipeline, HopMixerElement *mixer);
int hop_supervisor_visit(struct hop_supervisor *supervisor, hop_room_id room, hop_graph_visit visit,
                         void *ctx);
