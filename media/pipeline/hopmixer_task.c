/* The task of a stand-alone hopmixer: ticks by the pipeline's clock. Started and stopped by state
 * changes; the task's thread runs the rest. */
#include "media/pipeline/hopmixer_private.h"

enum { LATE_TICKS = 10 };

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
    GstClockTime now = hop_mixer_element_running_time(self);
    if (now > self->next + (GstClockTime)LATE_TICKS *
                               HOP_MIXER_TICK_NS) /* the machine slept: no catching up */
        self->next += (now - self->next) / HOP_MIXER_TICK_NS * HOP_MIXER_TICK_NS;
    hop_mixer_element_tick(self, (int64_t)(self->next / 1000), self->tick);
    self->next += HOP_MIXER_TICK_NS;
    if (is_finished(self)) {
        push_eos(self);
        pause_task(self);
    }
}

void hop_mixer_task_start(HopMixerElement *self)
{
    GST_OBJECT_LOCK(self);
    self->stopping = false;
    GST_OBJECT_UNLOCK(self);
    GstClockTime now = hop_mixer_element_running_time(self);
    self->next = (now / HOP_MIXER_TICK_NS + 1) * HOP_MIXER_TICK_NS;
    if (!self->tick)
        self->tick = g_new0(struct hop_audio_tick, 1);
    gst_task_start(self->task);
}

void hop_mixer_task_stop(HopMixerElement *self)
{
    GST_OBJECT_LOCK(self);
    self->stopping = true;
    if (self->wait)
        gst_clock_id_unschedule(self->wait);
    GST_OBJECT_UNLOCK(self);
    gst_task_pause(self->task);
}

void hop_mixer_task_join(HopMixerElement *self)
{
    gst_task_join(self->task);
}

void hop_mixer_task_init(HopMixerElement *self)
{
    g_rec_mutex_init(&self->task_lock);
    self->task = gst_task_new(run_task, self, NULL);
    gst_task_set_lock(self->task, &self->task_lock);
}

void hop_mixer_task_clear(HopMixerElement *self)
{
    gst_object_unref(self->task);
    g_rec_mutex_clear(&self->task_lock);
    g_free(self->tick);
}
