/* The GStreamer element `hopmixer`: the mixing kernel (media/mix) with pads around it.
 *
 * Stand-alone it ticks on a task of its own by the pipeline's clock. Driven (hopd), a mix thread
 * calls the functions below; they are what its pads call, too. docs/hopmixer.md shows it in use.
 *
 *   sink_%u  request, application/x-rtp OPUS  the voice of peer %u
 *   src_%u   request, application/x-rtp OPUS  the mix without peer %u
 *   shared   request, application/x-rtp OPUS  the mix of all
 *   pcm      request, audio/x-raw F32LE 48 kHz mono, the mix of all
 */
#pragma once

#include "media/base/audio_tick.h"
#include "media/base/types.h"
#include "media/mix/mixer.h"

#include <gst/gst.h>

#define HOP_TYPE_MIXER_ELEMENT (hop_mixer_element_get_type())
G_DECLARE_FINAL_TYPE(HopMixerElement, hop_mixer_element, HOP, MIXER_ELEMENT, GstElement)

/* Registers the factory "hopmixer" with that plugin, or with the application itself (NULL). After
 * gst_init(); any thread. */
gboolean hop_mixer_element_register(GstPlugin *plugin);

/* A driven element; a floating reference. NULL if there is no memory. Any thread. */
HopMixerElement *hop_mixer_element_new(const struct hop_audio_params *params);

/* True while the element's state is PLAYING. Any thread. */
gboolean hop_mixer_element_playing(HopMixerElement *self);

/* As the functions of the same name in media/mix/mixer.h, under the element's lock. Any thread. */
enum hop_mix_verdict hop_mixer_element_push(HopMixerElement *self, uint32_t peer,
                                            enum hop_source source, uint64_t ext_seq,
                                            uint32_t timestamp, const uint8_t *payload, size_t len,
                                            uint8_t level, int64_t now_us);
enum hop_mix_verdict hop_mixer_element_push_copy(HopMixerElement *self, uint32_t peer,
                                                 enum hop_source source, uint64_t ext_seq,
                                                 uint32_t timestamp, const uint8_t *payload,
                                                 size_t len, int64_t now_us);
void hop_mixer_element_set_hall(HopMixerElement *self, uint32_t peer, uint16_t hall);
void hop_mixer_element_set_chair(HopMixerElement *self, uint32_t peer, bool chair);
void hop_mixer_element_set_loss(HopMixerElement *self, uint32_t peer, uint16_t permille);
void hop_mixer_element_set_levelling(HopMixerElement *self, bool on);
void hop_mixer_element_stream_reset(HopMixerElement *self, uint32_t peer, enum hop_source source);
void hop_mixer_element_peer_remove(HopMixerElement *self, uint32_t peer);
bool hop_mixer_element_active(HopMixerElement *self);
bool hop_mixer_element_sweep(HopMixerElement *self, int64_t before_us);

/* One tick of the kernel, then a buffer on each source pad that is linked. The driver's thread, or
 * the element's own task. Whatever is linked must not block: put a leaky queue behind the pad. */
bool hop_mixer_element_tick(HopMixerElement *self, int64_t now_us, struct hop_audio_tick *out);
