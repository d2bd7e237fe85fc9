/* The pads of hopmixer: what comes in by them, what is asked of them, how they come and go.
 * Streaming threads; pads are requested and released on any thread. */
#include "media/pipeline/hopmixer_private.h"

#include "media/base/clock.h"

#include <gst/audio/audio.h>
#include <string.h>

#define RTP_CAPS                                                                                   \
    "application/x-rtp, media = (string) audio, clock-rate = (int) 48000, "                        \
    "encoding-name = (string) { OPUS, X-GST-OPUS-DRAFT-SPITTKA-00 }"
#define RTP_OUT_CAPS                                                                               \
    "application/x-rtp, media = (string) audio, clock-rate = (int) 48000, "                        \
    "encoding-name = (string) OPUS"
#define PCM_CAPS                                                                                   \
    "audio/x-raw, format = (string) " GST_AUDIO_NE(F32) ", layout = (string) interleaved, "        \
                                                        "rate = (int) 48000, channels = (int) 1"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(RTP_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(RTP_OUT_CAPS));
static GstStaticPadTemplate shared_template =
    GST_STATIC_PAD_TEMPLATE("shared", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(RTP_OUT_CAPS));
static GstStaticPadTemplate pcm_template =
    GST_STATIC_PAD_TEMPLATE("pcm", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(PCM_CAPS));

/* ---- sink pads --------------------------------------------------------------------------------
 */

static int64_t arrival_us(HopMixerElement *self)
{
    return self->driven ? hop_now_us() : (int64_t)(hop_mixer_element_running_time(self) / 1000);
}

static GstFlowReturn sink_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(parent);
    HopMixerSink *sink = HOP_MIXER_SINK(pad);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    struct hop_sink_packet packet = { 0 };

    if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp)) {
        gst_buffer_unref(buffer); /* no RTP: a network may bring anything */
        return GST_FLOW_OK;
    }
    if (hop_mixer_sink_parse(sink, &rtp, &packet)) {
        if (packet.new_stream)
            hop_mixer_element_stream_reset(self, sink->peer, HOP_SOURCE_MICROPHONE);
        hop_mixer_element_push(self, sink->peer, HOP_SOURCE_MICROPHONE, packet.ext_seq,
                               packet.timestamp, gst_rtp_buffer_get_payload(&rtp),
                               gst_rtp_buffer_get_payload_len(&rtp), packet.level,
                               arrival_us(self));
    }
    gst_rtp_buffer_unmap(&rtp);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static void set_eos(HopMixerElement *self, HopMixerSink *sink, gboolean eos)
{
    pthread_mutex_lock(&self->lock);
    if (sink->eos != eos)
        self->n_eos += eos ? 1u : -1u;
    sink->eos = eos;
    pthread_mutex_unlock(&self->lock);
}

static gboolean sink_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(parent);
    HopMixerSink *sink = HOP_MIXER_SINK(pad);
    GstCaps *caps = NULL;

    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
        gst_event_parse_caps(event, &caps);
        hop_mixer_sink_set_caps(sink, caps);
        break;
    case GST_EVENT_EOS:
        set_eos(self, sink, TRUE);
        break;
    case GST_EVENT_FLUSH_STOP:
        hop_mixer_element_stream_reset(self, sink->peer, HOP_SOURCE_MICROPHONE);
        set_eos(self, sink, FALSE);
        break;
    default: /* one input's segment, tags or flush mean nothing to the mix */
        break;
    }
    gst_event_unref(event);
    return TRUE;
}

/* ---- source pads ------------------------------------------------------------------------------
 */

static gboolean src_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    gboolean known = GST_EVENT_TYPE(event) == GST_EVENT_LATENCY;
    (void)pad;
    (void)parent;
    gst_event_unref(event);
    return known; /* nobody upstream can do anything about one listener */
}

static gboolean src_query(GstPad *pad, GstObject *parent, GstQuery *query)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(parent);

    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return gst_pad_query_default(pad, parent, query);
    GstClockTime waited = (GstClockTime)self->params.jitter_ms * GST_MSECOND;
    gst_query_set_latency(query, TRUE, waited + HOP_MIXER_TICK_NS, GST_CLOCK_TIME_NONE);
    return TRUE;
}

/* ---- pads come and go -------------------------------------------------------------------------
 */

/* A pad's properties changed; `user` is the element, which outlives its pads' signals. */
static void on_seat(GObject *pad, GParamSpec *spec, gpointer user)
{
    HopMixerSink *sink = HOP_MIXER_SINK(pad);
    GST_OBJECT_LOCK(sink);
    guint16 hall = (guint16)sink->hall;
    gboolean chair = sink->chair;
    GST_OBJECT_UNLOCK(sink);
    (void)spec;
    hop_mixer_element_set_hall(user, sink->peer, hall);
    hop_mixer_element_set_chair(user, sink->peer, chair);
}

static void on_loss(GObject *pad, GParamSpec *spec, gpointer user)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(user);
    HopMixerSrc *src = HOP_MIXER_SRC(pad);
    GST_OBJECT_LOCK(src);
    guint16 loss = (guint16)src->loss;
    GST_OBJECT_UNLOCK(src);
    (void)spec;
    if (src->kind != HOP_MIXER_SRC_OWN)
        return;
    pthread_mutex_lock(&self->lock);
    hop_mixer_set_loss(self->kernel, src->peer, loss);
    src->choice.told = loss;
    src->choice.wanted = loss > 0 ? HOP_AUDIO_LOSSY : HOP_AUDIO_CLEAN;
    pthread_mutex_unlock(&self->lock);
}

/* The number that the name asks for, or the first that no pad of this kind has. */
static bool choose_number(HopMixerElement *self, const char *prefix, const char *name, guint32 *out)
{
    char text[16];
    guint64 number = 0;

    if (name && g_str_has_prefix(name, prefix) && name[strlen(prefix)] != '%') {
        if (!g_ascii_string_to_unsigned(name + strlen(prefix), 10, 0, HOP_MAX_PEERS - 1, &number,
                                        NULL))
            return false;
        *out = (guint32)number;
        return true;
    }
    for (guint32 i = 0; i < HOP_MAX_PEERS; i++) {
        g_snprintf(text, sizeof(text), "%s%u", prefix, i);
        g_autoptr(GstPad) taken = gst_element_get_static_pad(GST_ELEMENT(self), text);
        if (!taken) {
            *out = i;
            return true;
        }
    }
    return false;
}

static GstPad *request_sink(HopMixerElement *self, GstPadTemplate *template, const char *name)
{
    char text[16];
    guint32 peer = 0;

    if (!choose_number(self, "sink_", name, &peer))
        return NULL;
    g_snprintf(text, sizeof(text), "sink_%u", peer);
    HopMixerSink *sink = g_object_new(HOP_TYPE_MIXER_SINK, "name", text, "direction", GST_PAD_SINK,
                                      "template", template, NULL);
    sink->peer = peer;
    g_signal_connect_object(sink, "notify::hall", G_CALLBACK(on_seat), self, 0);
    g_signal_connect_object(sink, "notify::chair", G_CALLBACK(on_seat), self, 0);
    gst_pad_set_chain_function(GST_PAD(sink), sink_chain);
    gst_pad_set_event_function(GST_PAD(sink), sink_event);
    gst_pad_set_active(GST_PAD(sink), TRUE);
    if (!gst_element_add_pad(GST_ELEMENT(self), GST_PAD(sink)))
        return NULL;
    pthread_mutex_lock(&self->lock);
    self->n_sinks++;
    pthread_mutex_unlock(&self->lock);
    return GST_PAD(sink);
}

static GstPad *request_src(HopMixerElement *self, GstPadTemplate *template, const char *name)
{
    const char *kind = GST_PAD_TEMPLATE_NAME_TEMPLATE(template);
    char text[16];
    guint32 peer = 0;

    g_strlcpy(text, kind, sizeof(text));
    if (g_str_equal(kind, "src_%u")) {
        if (!choose_number(self, "src_", name, &peer))
            return NULL;
        g_snprintf(text, sizeof(text), "src_%u", peer);
    }
    HopMixerSrc *src = g_object_new(HOP_TYPE_MIXER_SRC, "name", text, "direction", GST_PAD_SRC,
                                    "template", template, NULL);
    src->peer = peer;
    src->kind = g_str_equal(kind, "pcm")      ? HOP_MIXER_SRC_PCM
                : g_str_equal(kind, "shared") ? HOP_MIXER_SRC_SHARED
                                              : HOP_MIXER_SRC_OWN;
    g_signal_connect_object(src, "notify::loss", G_CALLBACK(on_loss), self, 0);
    gst_pad_set_event_function(GST_PAD(src), src_event);
    gst_pad_set_query_function(GST_PAD(src), src_query);
    gst_pad_set_active(GST_PAD(src), TRUE);
    if (!gst_element_add_pad(GST_ELEMENT(self), GST_PAD(src)))
        return NULL;
    pthread_mutex_lock(&self->lock);
    g_ptr_array_add(self->outputs, src);
    pthread_mutex_unlock(&self->lock);
    return GST_PAD(src);
}

static GstPad *request_new_pad(GstElement *element, GstPadTemplate *template, const gchar *name,
                               const GstCaps *caps)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(element);
    (void)caps;
    if (!hop_mixer_element_make_kernel(self))
        return NULL;
    if (GST_PAD_TEMPLATE_DIRECTION(template) == GST_PAD_SINK)
        return request_sink(self, template, name);
    return request_src(self, template, name);
}

static void release_pad(GstElement *element, GstPad *pad)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(element);

    if (GST_PAD_IS_SINK(pad)) {
        HopMixerSink *sink = HOP_MIXER_SINK(pad);
        set_eos(self, sink, FALSE);
        pthread_mutex_lock(&self->lock);
        self->n_sinks--;
        hop_mixer_peer_remove(self->kernel, sink->peer);
        self->halls[sink->peer] = 0;
        pthread_mutex_unlock(&self->lock);
    } else {
        pthread_mutex_lock(&self->lock);
        g_ptr_array_remove_fast(self->outputs, pad);
        pthread_mutex_unlock(&self->lock);
    }
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element, pad);
}

void hop_mixer_pads_class_init(GstElementClass *class)
{
    class->request_new_pad = request_new_pad;
    class->release_pad = release_pad;
    gst_element_class_add_static_pad_template_with_gtype(class, &sink_template,
                                                         HOP_TYPE_MIXER_SINK);
    gst_element_class_add_static_pad_template_with_gtype(class, &src_template, HOP_TYPE_MIXER_SRC);
    gst_element_class_add_static_pad_template_with_gtype(class, &shared_template,
                                                         HOP_TYPE_MIXER_SRC);
    gst_element_class_add_static_pad_template_with_gtype(class, &pcm_template, HOP_TYPE_MIXER_SRC);
}
