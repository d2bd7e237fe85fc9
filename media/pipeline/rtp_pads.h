/* The pads of hopmixer: RTP in and out of the kernel. Private to media/pipeline/hopmixer.
 *
 * Properties: `hall` and `chair` of sink_%u, `loss` of src_%u; what they change they tell the
 * element by "notify", which it listens to (hopmixer_pads.c). */
#pragma once

#include "media/base/audio_choice.h"
#include "media/base/audio_tick.h"

#include <gst/gst.h>
#include <gst/rtp/gstrtpbuffer.h>

/* ---- sink_%u ----------------------------------------------------------------------------------
 */

#define HOP_TYPE_MIXER_SINK (hop_mixer_sink_get_type())
G_DECLARE_FINAL_TYPE(HopMixerSink, hop_mixer_sink, HOP, MIXER_SINK, GstPad)

struct _HopMixerSink {
    GstPad parent;
    guint32 peer;
    guint hall;     /* property; object lock */
    gboolean chair; /* property; object lock */
    gboolean eos;
    /* the streaming thread's */
    gboolean seen;
    guint32 ssrc;
    guint64 ext_seq;
    guint8 level_id; /* header extension id of RFC 6464, 0: none */
};

/* What the mixer wants to know of one RTP packet. */
struct hop_sink_packet {
    guint64 ext_seq;
    guint32 timestamp;
    guint8 level; /* -dBov, 0xff: none */
    gboolean new_stream;
};

/* Takes a mapped packet apart. FALSE: padding or nothing but header. Streaming thread. */
gboolean hop_mixer_sink_parse(HopMixerSink *sink, GstRTPBuffer *rtp, struct hop_sink_packet *out);
/* What caps say about header extensions. Streaming thread. */
void hop_mixer_sink_set_caps(HopMixerSink *sink, GstCaps *caps);

/* ---- src_%u, shared, pcm ----------------------------------------------------------------------
 */

#define HOP_TYPE_MIXER_SRC (hop_mixer_src_get_type())
G_DECLARE_FINAL_TYPE(HopMixerSrc, hop_mixer_src, HOP, MIXER_SRC, GstPad)

enum hop_mixer_src_kind { HOP_MIXER_SRC_OWN, HOP_MIXER_SRC_SHARED, HOP_MIXER_SRC_PCM };

struct _HopMixerSrc {
    GstPad parent;
    enum hop_mixer_src_kind kind;
    guint32 peer;                   /* OWN */
    guint loss;                     /* property of OWN; object lock */
    struct hop_audio_choice choice; /* under the element's lock */
    /* the ticking thread's */
    gboolean begun;   /* stream-start, caps and segment are sent */
    gboolean resumed; /* the next buffer follows a silence */
    guint8 pt;
    guint32 ssrc;
    guint16 seq;
};

/* The buffer that this pad gets for a tick (a reference for the caller), or NULL for none. `hall`:
 * of its peer; `pcm`: 960 samples. Ticking thread. */
GstBuffer *hop_mixer_src_make(HopMixerSrc *src, const struct hop_audio_tick *tick, guint16 hall,
                              const float *pcm, GstClockTime pts);
/* Pushes it, after what must go before the first one. */
GstFlowReturn hop_mixer_src_push(HopMixerSrc *src, GstBuffer *buffer);
/* Announces that there is no sound for one frame (pcm pads only). */
void hop_mixer_src_gap(HopMixerSrc *src, GstClockTime pts);
