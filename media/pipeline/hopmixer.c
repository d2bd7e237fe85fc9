/* The GStreamer element `hopmixer`; see hopmixer.h. Its kernel (media/mix) is guarded by `lock`,
 * which is never held while something is pushed downstream.
 *
 * Threads: sink pads on their streaming threads; ticks on the driver's thread or on the element's
 * own task; pads and states as GStreamer calls. A pthread mutex, so that thread checkers see it.
 */
#include "media/pipeline/hopmixer.h"

#include "media/base/clock.h"
#include "media/mix/frame.h"
#include "media/pipeline/rtp_pads.h"

#include <gst/audio/audio.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TICK_NS = HOP_MIX_FRAME_US * 1000, LATE_TICKS = 10 };

enum { PROP_NONE, PROP_BITRATE, PROP_COMPLEXITY, PROP_JITTER, PROP_MAX_TALKERS };

struct _HopMixerElement {
    GstElement parent;
    struct hop_audio_params params; /* before the kernel is made: object lock */
    bool driven;

    pthread_mutex_t lock;
    struct hop_mixer *kernel; /* made with the first state change or, if driven, at once */
    GPtrArray *outputs;       /* of HopMixerSrc, borrowed from the element's pads */
    guint n_sinks, n_eos;

    _Atomic bool playing;
    /* stand-alone */
    GstTask *task;
    GRecMutex task_lock;
    GstClockID wait;             /* object lock */
    GstClockTime next;           /* running time of the next tick; the task's */
    bool stopping;               /* object lock */
    struct hop_audio_tick *tick; /* the task's */
};

G_DEFINE_TYPE(HopMixerElement, hop_mixer_element, GST_TYPE_ELEMENT)

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

/* ---- the kernel under its lock ----------------------------------------------------------------
 */

static bool make_kernel(HopMixerElement *self)
{
    int rc = 0;
    pthread_mutex_lock(&self->lock);
    if (!self->kernel) {
        GST_OBJECT_LOCK(self);
        struct hop_audio_params params = self->params;
        GST_OBJECT_UNLOCK(self);
        rc = hop_mixer_new(&params, &self->kernel);
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

static GstClockTime running_time(HopMixerElement *self)
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
        out[n].buffer = hop_mixer_src_make(src, tick, hop_mixer_pcm(self->kernel), pts);
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
        push_outputs(self, out, running_time(self));
    return any;
}

/* ---- the own task, when stand-alone -----------------------------------------------------------
 */

/* Waits for the running time `self->next`; false when the task shall end. */
static bool wait_for_tick(HopMixerElement *self)
{
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(self));
    if (!clock)
        return false;
    GstClockTime at = gst_element_get_base_time(GST_ELEMENT(self)) + self->next;
    GST_OBJECT_LOCK(self);
    if (self->stopping) {
        GST_OBJECT_UNLOCK(self);
        return false;
    }
    GstClockID id = self->wait = gst_clock_new_single_shot_id(clock, at);
    GST_OBJECT_UNLOCK(self);
    GstClockReturn result = gst_clock_id_wait(id, NULL);
    GST_OBJECT_LOCK(self);
    self->wait = NULL;
    bool go_on = !self->stopping && result != GST_CLOCK_UNSCHEDULED;
    GST_OBJECT_UNLOCK(self);
    gst_clock_id_unref(id);
    return go_on;
}

/* All who could speak have ended, and what they said is out. */
static bool is_finished(HopMixerElement *self)
{
    pthread_mutex_lock(&self->lock);
    bool finished =
        self->n_sinks > 0 && self->n_eos == self->n_sinks && !hop_mixer_active(self->kernel);
    pthread_mutex_unlock(&self->lock);
    return finished;
}

static void push_eos(HopMixerElement *self)
{
    pthread_mutex_lock(&self->lock);
    guint n = self->outputs->len;
    GstPad **pads = g_new(GstPad *, n);
    for (guint i = 0; i < n; i++)
        pads[i] = gst_object_ref(g_ptr_array_index(self->outputs, i));
    pthread_mutex_unlock(&self->lock);
    for (guint i = 0; i < n; i++) {
        gst_pad_push_event(pads[i], gst_event_new_eos());
        gst_object_unref(pads[i]);
    }
    g_free(pads);
}

/* The task itself wants to rest. Not while it is being stopped: a pause would undo that. */
static void pause_task(HopMixerElement *self)
{
    GST_OBJECT_LOCK(self);
    if (!self->stopping)
        gst_task_pause(self->task);
    GST_OBJECT_UNLOCK(self);
}

static void run_task(gpointer data)
{
    HopMixerElement *self = data;

    if (!wait_for_tick(self)) {
        pause_task(self);
        return;
    }
    GstClockTime now = running_time(self);
    if (now >
        self->next + (GstClockTime)LATE_TICKS * TICK_NS) /* the machine slept: no catching up */
        self->next += (now - self->next) / TICK_NS * TICK_NS;
    hop_mixer_element_tick(self, (int64_t)(self->next / 1000), self->tick);
    self->next += TICK_NS;
    if (is_finished(self)) {
        push_eos(self);
        pause_task(self);
    }
}

static void start_task(HopMixerElement *self)
{
    GST_OBJECT_LOCK(self);
    self->stopping = false;
    GST_OBJECT_UNLOCK(self);
    GstClockTime now = running_time(self);
    self->next = (now / TICK_NS + 1) * TICK_NS;
    if (!self->tick)
        self->tick = g_new0(struct hop_audio_tick, 1);
    gst_task_start(self->task);
}

static void stop_task(HopMixerElement *self)
{
    GST_OBJECT_LOCK(self);
    self->stopping = true;
    if (self->wait)
        gst_clock_id_unschedule(self->wait);
    GST_OBJECT_UNLOCK(self);
    gst_task_pause(self->task);
}

/* ---- sink pads --------------------------------------------------------------------------------
 */

static int64_t arrival_us(HopMixerElement *self)
{
    return self->driven ? hop_now_us() : (int64_t)(running_time(self) / 1000);
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
    gst_query_set_latency(query, TRUE, waited + TICK_NS, GST_CLOCK_TIME_NONE);
    return TRUE;
}

/* ---- pads come and go -------------------------------------------------------------------------
 */

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
    if (!make_kernel(self))
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
        pthread_mutex_unlock(&self->lock);
    } else {
        pthread_mutex_lock(&self->lock);
        g_ptr_array_remove_fast(self->outputs, pad);
        pthread_mutex_unlock(&self->lock);
    }
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element, pad);
}

/* ---- states -----------------------------------------------------------------------------------
 */

static GstStateChangeReturn change_state(GstElement *element, GstStateChange transition)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(element);
    GstElementClass *parent = GST_ELEMENT_CLASS(hop_mixer_element_parent_class);

    if (transition == GST_STATE_CHANGE_NULL_TO_READY && !make_kernel(self))
        return GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) {
        atomic_store_explicit(&self->playing, false, memory_order_release);
        if (!self->driven)
            stop_task(self);
    }
    GstStateChangeReturn result = parent->change_state(element, transition);
    if (result == GST_STATE_CHANGE_FAILURE)
        return result;
    switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
        return GST_STATE_CHANGE_NO_PREROLL; /* live: what comes out depends on the clock */
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
        if (!self->driven)
            start_task(self);
        atomic_store_explicit(&self->playing, true, memory_order_release);
        return result;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
        return GST_STATE_CHANGE_NO_PREROLL;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
        gst_task_join(self->task);
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

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);
    int *param = param_of(self, id);

    if (!param) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    GST_OBJECT_LOCK(self);
    *param = g_value_get_int(value);
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);
    const int *param = param_of(self, id);

    if (!param) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    GST_OBJECT_LOCK(self);
    g_value_set_int(value, *param);
    GST_OBJECT_UNLOCK(self);
}

static void finalize(GObject *object)
{
    HopMixerElement *self = HOP_MIXER_ELEMENT(object);

    gst_object_unref(self->task);
    g_ptr_array_unref(self->outputs);
    g_free(self->tick);
    g_rec_mutex_clear(&self->task_lock);
    hop_mixer_free(self->kernel);
    pthread_mutex_destroy(&self->lock);
    G_OBJECT_CLASS(hop_mixer_element_parent_class)->finalize(object);
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
        g_param_spec_int("jitter", "Jitter", "Milliseconds that a voice waits for late packets", 20,
                         200, 40, flags));
    g_object_class_install_property(
        class, PROP_MAX_TALKERS,
        g_param_spec_int("max-talkers", "Talkers", "Voices in one mix, as a guard against overload",
                         1, HOP_MAX_TALKERS, HOP_MAX_TALKERS, flags));
}

static void hop_mixer_element_class_init(HopMixerElementClass *class)
{
    GstElementClass *element = GST_ELEMENT_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = finalize;
    install_properties(G_OBJECT_CLASS(class));
    element->change_state = change_state;
    element->request_new_pad = request_new_pad;
    element->release_pad = release_pad;
    gst_element_class_add_static_pad_template_with_gtype(element, &sink_template,
                                                         HOP_TYPE_MIXER_SINK);
    gst_element_class_add_static_pad_template_with_gtype(element, &src_template,
                                                         HOP_TYPE_MIXER_SRC);
    gst_element_class_add_static_pad_template_with_gtype(element, &shared_template,
                                                         HOP_TYPE_MIXER_SRC);
    gst_element_class_add_static_pad_template_with_gtype(element, &pcm_template,
                                                         HOP_TYPE_MIXER_SRC);
    gst_element_class_set_static_metadata(
        element, "hop conference mixer", "Filter/Network/Audio/Mixer",
        "Mixes Opus voices so that everyone hears all the others and never himself", "hop");
}

static void hop_mixer_element_init(HopMixerElement *self)
{
    self->params = (struct hop_audio_params){
        .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 40, .max_talkers = HOP_MAX_TALKERS
    };
    pthread_mutex_init(&self->lock, NULL);
    atomic_init(&self->playing, false);
    self->outputs = g_ptr_array_new();
    g_rec_mutex_init(&self->task_lock);
    self->task = gst_task_new(run_task, self, NULL);
    gst_task_set_lock(self->task, &self->task_lock);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_REQUIRE_CLOCK);
}

HopMixerElement *hop_mixer_element_new(const struct hop_audio_params *params)
{
    HopMixerElement *self = g_object_new(HOP_TYPE_MIXER_ELEMENT, NULL);

    self->driven = true;
    self->params = hop_mixer_clamp(params);
    if (!make_kernel(self)) {
        gst_object_unref(gst_object_ref_sink(self));
        return NULL;
    }
    return self;
}

gboolean hop_mixer_element_register(GstPlugin *plugin)
{
    return gst_element_register(plugin, "hopmixer", GST_RANK_NONE, HOP_TYPE_MIXER_ELEMENT);
}
