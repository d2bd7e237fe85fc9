/* The element hopmixer from inside: what hopmixer.c (kernel, states, object), hopmixer_pads.c and
 * hopmixer_task.c share. Private to these.
 */
#pragma once

#include "media/mix/frame.h"
#include "media/pipeline/hopmixer.h"
#include "media/pipeline/rtp_pads.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HOP_MIXER_TICK_NS = HOP_MIX_FRAME_US * 1000 };

struct _HopMixerElement {
    GstElement parent;
    struct hop_audio_params params; /* before the kernel is made: object lock */
    bool driven;

    pthread_mutex_t lock;
    struct hop_mixer *kernel; /* made with the first state change or, if driven, at once */
    GPtrArray *outputs;       /* of HopMixerSrc, borrowed from the element's pads */
    guint n_sinks, n_eos;
    guint16 halls[HOP_MAX_PEERS]; /* of the peers, as told to the kernel */
    gboolean levelling;           /* property; object lock, told to the kernel when it is made */

    _Atomic bool playing;
    /* stand-alone */
    GstTask *task;
    GRecMutex task_lock;
    GstClockID wait;             /* object lock */
    GstClockTime next;           /* running time of the next tick; the task's */
    bool stopping;               /* object lock */
    struct hop_audio_tick *tick; /* the task's */
};

/* Makes the kernel from the properties as they are now, unless it is there. False: no memory. */
bool hop_mixer_element_make_kernel(HopMixerElement *self);
/* Time since the pipeline plays; 0 without a clock. Any thread. */
GstClockTime hop_mixer_element_running_time(HopMixerElement *self);

/* hopmixer_task.c: the element's own task, stand-alone only. State changes call these. */
void hop_mixer_task_init(HopMixerElement *self);
void hop_mixer_task_clear(HopMixerElement *self);
void hop_mixer_task_start(HopMixerElement *self);
void hop_mixer_task_stop(HopMixerElement *self);
void hop_mixer_task_join(HopMixerElement *self);

/* hopmixer_pads.c: class methods. */
void hop_mixer_pads_class_init(GstElementClass *class);
