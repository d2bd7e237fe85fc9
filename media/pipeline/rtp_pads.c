/* The pads of hopmixer: RTP in (sink_%u), RTP or samples out (src_%u, shared, pcm). Called by
 * hopmixer.c on streaming threads and on the ticking thread.
 *
 * RFC 3550 §5.1, RFC 7587 (Opus), RFC 6464 (level in a header extension), RFC 8285.
 */
#include "media/pipeline/rtp_pads.h"

#include "media/mix/frame.h"

#include <gst/audio/audio.h>
#include <string.h>

#define LEVEL_URI "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

enum { DEFAULT_PT = 111 };

G_DEFINE_TYPE(HopMixerSink, hop_mixer_sink, GST_TYPE_PAD)
G_DEFINE_TYPE(HopMixerSrc, hop_mixer_src, GST_TYPE_PAD)

/* ---- sink_%u ----------------------------------------------------------------------------------
 */

enum { SINK_PROP_NONE, SINK_PROP_HALL, SINK_PROP_CHAIR };

static void sink_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HopMixerSink *sink = HOP_MIXER_SINK(object);
    GST_OBJECT_LOCK(sink);
    if (id == SINK_PROP_HALL)
        sink->hall = g_value_get_uint(value);
    else if (id == SINK_PROP_CHAIR)
        sink->chair = g_value_get_boolean(value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    GST_OBJECT_UNLOCK(sink);
}

static void sink_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HopMixerSink *sink = HOP_MIXER_SINK(object);
    GST_OBJECT_LOCK(sink);
    if (id == SINK_PROP_HALL)
        g_value_set_uint(value, sink->hall);
    else if (id == SINK_PROP_CHAIR)
        g_value_set_boolean(value, sink->chair);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    GST_OBJECT_UNLOCK(sink);
}

static void hop_mixer_sink_class_init(HopMixerSinkClass *class)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    GObjectClass *object = G_OBJECT_CLASS(class);
    object->set_property = sink_set_property;
    object->get_property = sink_get_property;
    g_object_class_install_property(
        object, SINK_PROP_HALL,
        g_param_spec_uint("hall", "Hall",
                          "Peers of the same hall do not hear each other; 0: of none", 0,
                          G_MAXUINT16, 0, flags));
    g_object_class_install_property(object, SINK_PROP_CHAIR,
                                    g_param_spec_boolean("chair", "Chair",
                                                         "Is preferred when not all can be mixed",
                                                         FALSE, flags));
}

static void hop_mixer_sink_init(HopMixerSink *sink)
{
    (void)sink;
}

/* An extmap is the URI alone, or an array of direction, URI and attributes. */
static gboolean is_level_extmap(const GValue *value)
{
    if (G_VALUE_HOLDS_STRING(value))
        return g_strcmp0(g_value_get_string(value), LEVEL_URI) == 0;
    if (!GST_VALUE_HOLDS_ARRAY(value) || gst_value_array_get_size(value) < 2)
        return FALSE;
    const GValue *uri = gst_value_array_get_value(value, 1);
    return G_VALUE_HOLDS_STRING(uri) && g_strcmp0(g_value_get_string(uri), LEVEL_URI) == 0;
}

void hop_mixer_sink_set_caps(HopMixerSink *sink, GstCaps *caps)
{
    const GstStructure *structure = gst_caps_get_structure(caps, 0);

    sink->level_id = 0;
    for (guint8 id = 1; id <= 14; id++) {
        char name[16];
        g_snprintf(name, sizeof(name), "extmap-%u", id);
        const GValue *value = gst_structure_get_value(structure, name);
        if (value && is_level_extmap(value))
            sink->level_id = id;
    }
}

static guint8 read_level(HopMixerSink *sink, GstRTPBuffer *rtp)
{
    gpointer data = NULL;
    guint size = 0;

    if (sink->level_id == 0 ||
        !gst_rtp_buffer_get_extension_onebyte_header(rtp, sink->level_id, 0, &data, &size) ||
        size < 1)
        return HOP_MIX_LEVEL_NONE;
    return *(const guint8 *)data & 0x7f;
}

gboolean hop_mixer_sink_parse(HopMixerSink *sink, GstRTPBuffer *rtp, struct hop_sink_packet *out)
{
    guint32 ssrc = gst_rtp_buffer_get_ssrc(rtp);
    guint16 seq = gst_rtp_buffer_get_seq(rtp);

    if (gst_rtp_buffer_get_payload_len(rtp) == 0)
        return FALSE;
    out->new_stream = sink->seen && sink->ssrc != ssrc;
    if (!sink->seen || out->new_stream)
        sink->ext_seq = 0x10000u | seq; /* leaves room for packets from before the first */
    else
        sink->ext_seq += (guint64)(gint64)(gint16)(seq - (guint16)sink->ext_seq);
    sink->seen = TRUE;
    sink->ssrc = ssrc;
    out->ext_seq = sink->ext_seq;
    out->timestamp = gst_rtp_buffer_get_timestamp(rtp);
    out->level = read_level(sink, rtp);
    return TRUE;
}

/* ---- src_%u, shared, pcm ----------------------------------------------------------------------
 */

enum { SRC_PROP_NONE, SRC_PROP_LOSS };

static void src_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HopMixerSrc *src = HOP_MIXER_SRC(object);
    if (id != SRC_PROP_LOSS) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    GST_OBJECT_LOCK(src);
    src->loss = g_value_get_uint(value);
    GST_OBJECT_UNLOCK(src);
}

static void src_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HopMixerSrc *src = HOP_MIXER_SRC(object);
    if (id != SRC_PROP_LOSS) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    GST_OBJECT_LOCK(src);
    g_value_set_uint(value, src->loss);
    GST_OBJECT_UNLOCK(src);
}

static void hop_mixer_src_class_init(HopMixerSrcClass *class)
{
    GObjectClass *object = G_OBJECT_CLASS(class);
    object->set_property = src_set_property;
    object->get_property = src_get_property;
    g_object_class_install_property(
        object, SRC_PROP_LOSS,
        g_param_spec_uint("loss", "Loss",
                          "Permille of packets that this listener's line loses (src_%u only); "
                          "above 0 he gets the variant with in-band redundancy",
                          0, 1000, 0,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
}

static void hop_mixer_src_init(HopMixerSrc *src)
{
    src->pt = DEFAULT_PT;
    src->ssrc = g_random_int();
    src->seq = (guint16)g_random_int_range(0, 1 << 15);
    src->resumed = TRUE;
}

static const struct hop_audio_payload *choose_payload(HopMixerSrc *src, guint16 hall,
                                                      const struct hop_audio_tick *tick)
{
    if (src->kind != HOP_MIXER_SRC_OWN)
        return &tick->shared[HOP_AUDIO_CLEAN];
    return hop_audio_choice_take(&src->choice, tick, src->peer, hall);
}

static GstBuffer *make_rtp(HopMixerSrc *src, const struct hop_audio_payload *payload,
                           guint32 timestamp)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    GstBuffer *buffer = gst_rtp_buffer_new_allocate(payload->len, 0, 0);

    if (!gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &rtp)) {
        gst_buffer_unref(buffer);
        return NULL;
    }
    gst_rtp_buffer_set_payload_type(&rtp, src->pt);
    gst_rtp_buffer_set_seq(&rtp, src->seq++);
    gst_rtp_buffer_set_timestamp(&rtp, timestamp);
    gst_rtp_buffer_set_ssrc(&rtp, src->ssrc);
    gst_rtp_buffer_set_marker(&rtp, src->resumed);
    memcpy(gst_rtp_buffer_get_payload(&rtp), payload->data, payload->len);
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
}

GstBuffer *hop_mixer_src_make(HopMixerSrc *src, const struct hop_audio_tick *tick, guint16 hall,
                              const float *pcm, GstClockTime pts)
{
    const struct hop_audio_payload *payload = choose_payload(src, hall, tick);
    GstBuffer *buffer = NULL;

    if (payload->len == 0)
        src->resumed = TRUE;
    else if (src->kind == HOP_MIXER_SRC_PCM)
        buffer = gst_buffer_new_memdup(pcm, HOP_MIX_FRAME * sizeof(*pcm));
    else
        buffer = make_rtp(src, payload, tick->timestamp);
    if (!buffer)
        return NULL;
    if (src->resumed)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_RESYNC);
    src->resumed = FALSE;
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = HOP_MIX_FRAME_US * GST_USECOND;
    return buffer;
}

static GstCaps *make_caps(const HopMixerSrc *src)
{
    if (src->kind == HOP_MIXER_SRC_PCM)
        return gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE(F32),
                                   "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT,
                                   HOP_MIX_RATE, "channels", G_TYPE_INT, 1, NULL);
    return gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "audio",
                               "encoding-name", G_TYPE_STRING, "OPUS", "clock-rate", G_TYPE_INT,
                               HOP_MIX_RATE, "payload", G_TYPE_INT, (gint)src->pt, "ssrc",
                               G_TYPE_UINT, src->ssrc, NULL);
}

static void begin(HopMixerSrc *src)
{
    GstPad *pad = GST_PAD(src);
    GstSegment segment;
    g_autofree gchar *id = g_strdup_printf("hopmixer/%08x/%s", src->ssrc, GST_PAD_NAME(pad));
    g_autoptr(GstCaps) caps = make_caps(src);

    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad, gst_event_new_stream_start(id));
    gst_pad_push_event(pad, gst_event_new_caps(caps));
    gst_pad_push_event(pad, gst_event_new_segment(&segment));
    src->begun = TRUE;
}

GstFlowReturn hop_mixer_src_push(HopMixerSrc *src, GstBuffer *buffer)
{
    if (!src->begun)
        begin(src);
    return gst_pad_push(GST_PAD(src), buffer);
}

void hop_mixer_src_gap(HopMixerSrc *src, GstClockTime pts)
{
    if (src->kind != HOP_MIXER_SRC_PCM)
        return;
    if (!src->begun)
        begin(src);
    src->resumed = TRUE;
    gst_pad_push_event(GST_PAD(src), gst_event_new_gap(pts, HOP_MIX_FRAME_US * GST_USECOND));
}
