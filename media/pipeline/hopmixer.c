/* The element `hopmixer`; see hopmixer.h. Its kernel (media/mix) is guarded by `lock`, which is
 * never held while something is pushed downstream.
 *
 * Threads: sink pads on their streaming threads; ticks on the driver's thread or on the element's
 * own task; pads and states as GStreamer calls. A pthread mutex, so that thread checkers see it.
 */
#include "media/pipeline/hopmixer_private.h"

enum {
    PROP_NONE,
    PROP_BITRATE,
    PROP_COMPLEXITY,
    PROP_JITTER,
    PROP_MAX_TALKERS,
    PROP_APPLICATION,
    PROP_BANDWIDTH,
    PROP_LEVELLING
};

G_DEFINE_TYPE(HopMixerElement, hop_mixer_element, GST_TYPE_ELEMENT)

/* ---- the kernel under its lock ----------------------------------------------------------------
 */

bool hop_mixer_element_make_kernel(HopMixerElement *self)
{
    int rc = 0;
    pthread_mutex_lock(&self->lock);
    if (!self->kernel) {
        GST_OBJECT_LOCK(self);
        struct hop_audio_params params = self->params;
        bool levelling = self->levelling;
        GST_OBJECT_UNLOCK(self);
        rc = hop_mixer_new(&params, &self->kernel);
        if (rc == 0)
            hop_mixer_set_levelling(self->kernel, levelling);
    }
    pthread_mutex_unlock(&self->lock);
    return rc == 0;
}

gboolean hop_mixer_element_playing(HopMixerElement *self)
{
    return atomic_load_explicit(&self->playing, memory_order_acquire);
}

enum hop_mix_verdict hop_mixer_element_push(HopMixerElement *self, uint32_t peer,
                                            enum hop_source source, uint64_t ext_seq,
                                            uint32_t timestamp, const uint8_t *payload, size_t len,
                                            uint8_t level, int64_t now_us)
{
    pthread_mutex_lock(&self->lock);
    enum hop_mix_verdict verdict =
        hop_mixer_push(self->kernel, peer, source, ext_seq, timestamp, payload, len, level, now_us);
    pthread_mutex_unlock(&self->lock);
    return verdict;
}

enum hop_mix_verdict hop_mixer_element_push_copy(HopMixerElement *self, uint32_t peer,
                                                 enum hop_source source, uint64_t ext_seq,
                                                 uint32_t timestamp, const uint8_t *payload,
                                                 size_t len, int64_t now_us)
{
    pthread_mutex_lock(&self->lock);
    enum hop_mix_verdict verdict =
        hop_mixer_push_copy(self->kernel, peer, source, ext_seq, timestamp, payload, len, now_us);
    pthread_mutex_unlock(&self->lock);
    return verdict;
}

void hop_mixer_element_set_hall(HopMixerElement *self, uint32_t peer, uint16_t hall)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_set_hall(self->kernel, peer, hall);
    if (peer < HOP_MAX_PEERS)
        self->halls[peer] = hall;
    pthread_mutex_unlock(&self->lock);
}

void hop_mixer_element_set_chair(HopMixerElement *self, uint32_t peer, bool chair)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_set_chair(self->kernel, peer, chair);
    pthread_mutex_unlock(&self->lock);
}

void hop_mixer_element_set_loss(HopMixerElement *self, uint32_t peer, uint16_t permille)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_set_loss(self->kernel, peer, permille);
    pthread_mutex_unlock(&self->lock);
}

void hop_mixer_element_set_levelling(HopMixerElement *self, bool on)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_set_levelling(self->kernel, on);
    pthread_mutex_unlock(&self->lock);
}

void hop_mixer_element_stream_reset(HopMixerElement *self, uint32_t peer, enum hop_source source)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_stream_reset(self->kernel, peer, source);
    pthread_mutex_unlock(&self->lock);
}

void hop_mixer_element_peer_remove(HopMixerElement *self, uint32_t peer)
{
    pthread_mutex_lock(&self->lock);
    hop_mixer_peer_remove(self->kernel, peer);
    if (peer < HOP_MAX_PEERS)
        self->halls[peer] = 0;
    pthread_mutex_unlock(&self->lock);
}

bool hop_mixer_element_active(HopMixerElement *self)
{
    pthread_mutex_lock(&self->lock);
    bool active = hop_mixer_active(self->kernel);
    pthread_mutex_unlock(&self->lock);
    return active;
}

bool hop_mixer_element_sweep(HopMixerElement *self, int64_t before_us)
{
    pthread_mutex_lock(&self->lock);
    bool left = hop_mixer_sweep(self->kernel, before_us);
    pthread_mutex_unlock(&self->lock);
    return left;
}

/* ---- what goes out ----------------------------------------------------------------------------
 */

struct output {
    HopMixerSrc *src; /* a reference */
    GstBuffer *buffer;
};

/* When a tick's sound is said to have been made: so much earlier as it waited for the jitter. */
static GstClockTime stamp_of(const HopMixerElement *self, GstClockTime running)
{
    GstClockTime waited = (GstClockTime)self->params.jitter_ms * GST_MSECOND;
    return running > waited ? running - waited : 0;
}

GstClockTime hop_mixer_element_running_time(HopMixerElement *self)
{
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(self));
    if (!clock)
        return 0;
    GstClockTime now = gst_clock_get_time(clock),
                 base = gst_element_get_base_time(GST_ELEMENT(self));
    return now > base ? now - base : 0;
}

/* Makes the buffers under the lock; the outputs are referenced, for pads may be released at any
 * time. */
static guint make_outputs(HopMixerElement *self, const struct hop_audio_tick *tick,
                          GstClockTime pts, struct output *out)
{
    guint n = 0;
    for (guint i = 0; i < self->outputs->len; i++) {
        HopMixerSrc *src = g_ptr_array_index(self->outputs, i);
        if (!gst_pad_is_linked(GST_PAD(src)))
            continue;
        guint16 hall = src->kind == HOP_MIXER_SRC_OWN ? self->halls[src->peer] : 0;
        out[n].buffer = hop_mixer_src_make(src, tick, hall, hop_mixer_pcm(self->kernel), pts);
        out[n++].src = gst_object_ref(src);
    }
    return n;
}

static void push_outputs(HopMixerElement *self, const struct hop_audio_tick *tick,
                         GstClockTime running)
{
    GstClockTime pts = stamp_of(self, running);

    pthread_mutex_lock(&self->lock);
    struct output *out = g_new(struct output, self->outputs->len);
    guint n = make_outputs(self, tick, pts, out);
    pthread_mutex_unlock(&self->lock);
    for (guint i = 0; i < n; i++) {
        if (out[i].buffer)
            hop_mixer_src_push(out[i].src, out[i].buffer);
        else
            hop_mixer_src_gap(out[i].src, pts);
        gst_object_unref(out[i].src);
    }
    g_free(out);
}

static bool tick_kernel(HopMixerElement *self, int64_t now_us, struct hop_audio_tick *out,
                        guint *n_outputs)
{
    pthread_mutex_lock(&self->lock);
    bool any = hop_mixer_tick(self->kernel, now_us, out);
    *n_outputs = self->outputs->len;
    pthread_mutex_unlock(&self->lock);
    return any;
}

bool hop_mixer_element_tick(HopMixerElement *self, int64_t now_us, struct hop_audio_tick *out)
{
    guint n_outputs = 0;
    bool any = tick_kernel(self, now_us, out, &n_outputs);
    if (n_outputs > 0)
        push_outputs(self, out, hop_mixer_element_running_time(self));
    return any;
}

/* ---- states -----------------------------------------------------------------------------------
 */

static GstStateChangeReturn change_state(GstElement *element, GstStateChange transition)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(element);
    GstElementClass *parent = GST_ELEMENT_CLASS(hop_mixer_element_parent_class);

    if (transition == GST_STATE_CHANGE_NULL_TO_READY && !hop_mixer_element_make_kernel(self))
        return GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) {
        atomic_store_explicit(&self->playing, false, memory_order_release);
        if (!self->driven)
            hop_mixer_task_stop(self);
    }
    GstStateChangeReturn result = parent->change_state(element, transition);
    if (result == GST_STATE_CHANGE_FAILURE)
        return result;
    switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
        return GST_STATE_CHANGE_NO_PREROLL; /* live: what comes out depends on the clock */
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
        if (!self->driven)
            hop_mixer_task_start(self);
        atomic_store_explicit(&self->playing, true, memory_order_release);
        return result;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
        return GST_STATE_CHANGE_NO_PREROLL;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
        hop_mixer_task_join(self);
        return result;
    default:
        return result;
    }
}

/* ---- the object -------------------------------------------------------------------------------
 */

static int *param_of(HopMixerElement *self, guint id)
{
    switch (id) {
    case PROP_BITRATE:
        return &self->params.bitrate_bps;
    case PROP_COMPLEXITY:
        return &self->params.complexity;
    case PROP_JITTER:
        return &self->params.jitter_ms;
    case PROP_MAX_TALKERS:
        return &self->params.max_talkers;
    default:
        return NULL;
    }
}

static void set_levelling(HopMixerElement *self, gboolean on)
{
    GST_OBJECT_LOCK(self);
    self->levelling = on;
    GST_OBJECT_UNLOCK(self);
    pthread_mutex_lock(&self->lock);
    if (self->kernel)
        hop_mixer_set_levelling(self->kernel, on);
    pthread_mutex_unlock(&self->lock);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);
    int *param = param_of(self, id);

    if (id == PROP_LEVELLING) {
        set_levelling(self, g_value_get_boolean(value));
        return;
    }
    GST_OBJECT_LOCK(self);
    if (param)
        *param = g_value_get_int(value);
    else if (id == PROP_APPLICATION)
        self->params.application = (enum hop_audio_application)g_value_get_enum(value);
    else if (id == PROP_BANDWIDTH)
        self->params.bandwidth = (enum hop_audio_bandwidth)g_value_get_enum(value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);
    const int *param = param_of(self, id);

    GST_OBJECT_LOCK(self);
    if (param)
        g_value_set_int(value, *param);
    else if (id == PROP_APPLICATION)
        g_value_set_enum(value, (gint)self->params.application);
    else if (id == PROP_BANDWIDTH)
        g_value_set_enum(value, (gint)self->params.bandwidth);
    else if (id == PROP_LEVELLING)
        g_value_set_boolean(value, self->levelling);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    GST_OBJECT_UNLOCK(self);
}

static void finalize(GObject *object)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);

    hop_mixer_task_clear(self);
    g_ptr_array_unref(self->outputs);
    hop_mixer_free(self->kernel);
    pthread_mutex_destroy(&self->lock);
    G_OBJECT_CLASS(hop_mixer_element_parent_class)->finalize(object);
}

static GType application_type(void)
{
    static const GEnumValue values[] = {
        { HOP_AUDIO_APP_LOWDELAY, "Least work and delay (CELT)", "lowdelay" },
        { HOP_AUDIO_APP_AUDIO, "CELT at usual rates, speech modes at low ones", "audio" },
        { HOP_AUDIO_APP_VOIP, "Speech modes", "voip" },
        { 0, NULL, NULL },
    };
    static gsize type = 0;
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("HopMixerApplication", values));
    return (GType)type;
}

static GType bandwidth_type(void)
{
    static const GEnumValue values[] = {
        { HOP_AUDIO_FULLBAND, "20 kHz", "fullband" },
        { HOP_AUDIO_SUPERWIDEBAND, "12 kHz", "superwideband" },
        { HOP_AUDIO_WIDEBAND, "8 kHz", "wideband" },
        { 0, NULL, NULL },
    };
    static gsize type = 0;
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("HopMixerBandwidth", values));
    return (GType)type;
}

static void install_properties(GObjectClass *class)
{
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

    class->set_property = set_property;
    class->get_property = get_property;
    g_object_class_install_property(class, PROP_BITRATE,
                                    g_param_spec_int("bitrate", "Bit rate",
                                                     "Of each encoded mix, in bit/s", 6000, 128000,
                                                     32000, flags));
    g_object_class_install_property(
        class, PROP_COMPLEXITY,
        g_param_spec_int("complexity", "Complexity", "Of the Opus encoders", 0, 10, 5, flags));
    g_object_class_install_property(
        class, PROP_JITTER,
        g_param_spec_int("jitter", "Jitter",
                         "Milliseconds that a voice waits at first; then the line decides", 20, 200,
                         40, flags));
    g_object_class_install_property(
        class, PROP_MAX_TALKERS,
        g_param_spec_int("max-talkers", "Talkers", "Voices in one mix, as a guard against overload",
                         1, HOP_MAX_TALKERS, HOP_MAX_TALKERS, flags));
    g_object_class_install_property(
        class, PROP_APPLICATION,
        g_param_spec_enum("application", "Application", "What the encoders of clean lines are for",
                          application_type(), HOP_AUDIO_APP_LOWDELAY, flags));
    g_object_class_install_property(class, PROP_BANDWIDTH,
                                    g_param_spec_enum("bandwidth", "Bandwidth",
                                                      "The widest that is coded", bandwidth_type(),
                                                      HOP_AUDIO_FULLBAND, flags));
    g_object_class_install_property(
        class, PROP_LEVELLING,
        g_param_spec_boolean(
            "levelling", "Levelling", "Makes quiet and loud voices alike, slowly", TRUE,
            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
}

static void hop_mixer_element_class_init(HopMixerElementClass *class)
{
    GstElementClass *element = GST_ELEMENT_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = finalize;
    install_properties(G_OBJECT_CLASS(class));
    element->change_state = change_state;
    hop_mixer_pads_class_init(element);
    gst_element_class_set_static_metadata(
        element, "hop conference mixer", "Filter/Network/Audio/Mixer",
        "Mixes Opus voices so that everyone hears all the others and never himself", "hop");
}

static void hop_mixer_element_init(HopMixerElement *self)
{
    self->params = (struct hop_audio_params){
        .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40, .max_talkers = HOP_MAX_TALKERS
    };
    self->levelling = TRUE;
    pthread_mutex_init(&self->lock, NULL);
    atomic_init(&self->playing, false);
    self->outputs = g_ptr_array_new();
    hop_mixer_task_init(self);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_REQUIRE_CLOCK);
}

HopMixerElement *hop_mixer_element_new(const struct hop_audio_params *params)
{
    HopMixerElement *self = g_object_new(HOP_TYPE_MIXER_ELEMENT, NULL);

    self->driven = true;
    self->params = hop_mixer_clamp(params);
    if (!hop_mixer_element_make_kernel(self)) {
        gst_object_unref(gst_object_ref_sink(self));
        return NULL;
    }
    return self;
}

gboolean hop_mixer_element_register(GstPlugin *plugin)
{
    return gst_element_register(plugin, "hopmixer", GST_RANK_NONE, HOP_TYPE_MIXER_ELEMENT);
}
