/* The rooms' GStreamer graphs and their supervisor; see graph.h.
 *
 * Jobs are queued in a list under a mutex: they are rare, and a graph carries the memory of both of
 * its own, so that closing cannot fail.
 */
#define HOP_LOG_MODULE "graph"
#include "media/pipeline/graph.h"

#include "media/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

enum job_kind { JOB_BUILD, JOB_CLOSE, JOB_VISIT, JOB_STOP };

struct job {
    struct job *next;
    enum job_kind kind;
    struct hop_graph *graph; /* BUILD, CLOSE */
    hop_room_id room;        /* VISIT, which frees its job */
    hop_graph_visit visit;
    void *ctx;
};

struct hop_graph {
    struct hop_supervisor *supervisor;
    hop_room_id room;
    HopMixerElement *mixer; /* a reference */
    GstElement *pipeline;   /* the supervisor's */
    struct hop_graph *next; /* the supervisor's list */
    struct job build, close;
};

struct hop_supervisor {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *first, *last;
    struct job stop;
    /* the thread's own */
    GstBus *bus; /* one for all pipelines: a bus has a descriptor */
    struct hop_graph *graphs;
};

static void enqueue(struct hop_supervisor *supervisor, struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&supervisor->lock);
    if (supervisor->last)
        supervisor->last->next = job;
    else
        supervisor->first = job;
    supervisor->last = job;
    pthread_cond_signal(&supervisor->more);
    pthread_mutex_unlock(&supervisor->lock);
}

static struct job *dequeue(struct hop_supervisor *supervisor)
{
    pthread_mutex_lock(&supervisor->lock);
    while (!supervisor->first)
        pthread_cond_wait(&supervisor->more, &supervisor->lock);
    struct job *job = supervisor->first;
    supervisor->first = job->next;
    if (!supervisor->first)
        supervisor->last = NULL;
    pthread_mutex_unlock(&supervisor->lock);
    return job;
}

/* ---- on the supervisor's thread ---------------------------------------------------------------
 */

/* Called by GStreamer on the thread that posts; logging is all that is done with a message. */
static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree gchar *debug = NULL;
    (void)bus;
    (void)data;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, &error, &debug);
        hop_error("%s: %s (%s)", GST_MESSAGE_SRC_NAME(message), error->message,
                  debug ? debug : "no details");
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
        gst_message_parse_warning(message, &error, &debug);
        hop_warn("%s: %s", GST_MESSAGE_SRC_NAME(message), error->message);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

static void build(struct hop_supervisor *supervisor, struct hop_graph *graph)
{
    char name[32];

    g_snprintf(name, sizeof(name), "room-%" PRIx64, graph->room);
    graph->pipeline = gst_object_ref_sink(gst_pipeline_new(name));
    gst_element_set_bus(graph->pipeline, supervisor->bus);
    gst_bin_add(GST_BIN(graph->pipeline), GST_ELEMENT(graph->mixer));
    graph->next = supervisor->graphs;
    supervisor->graphs = graph;
    if (gst_element_set_state(graph->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        hop_error("%s: cannot play", name);
}

static void take_down(struct hop_supervisor *supervisor, struct hop_graph *graph)
{
    struct hop_graph **at = &supervisor->graphs;

    while (*at != graph)
        at = &(*at)->next;
    *at = graph->next;
    gst_element_set_state(graph->pipeline, GST_STATE_NULL);
    gst_element_set_bus(graph->pipeline, NULL);
    gst_object_unref(graph->pipeline);
    gst_object_unref(graph->mixer);
    free(graph);
}

static void visit(struct hop_supervisor *supervisor, struct job *job)
{
    struct hop_graph *graph = supervisor->graphs;

    while (graph && graph->room != job->room)
        graph = graph->next;
    job->visit(job->ctx, graph ? graph->pipeline : NULL, graph ? graph->mixer : NULL);
    free(job);
}

static void *supervise(void *data)
{
    struct hop_supervisor *supervisor = data;

    pthread_setname_np(pthread_self(), "hop-graphs");
    for (;;) {
        struct job *job = dequeue(supervisor);
        switch (job->kind) {
        case JOB_BUILD:
            build(supervisor, job->graph);
            break;
        case JOB_CLOSE:
            take_down(supervisor, job->graph);
            break;
        case JOB_VISIT:
            visit(supervisor, job);
            break;
        case JOB_STOP:
            return NULL;
        }
    }
}

/* ---- from other threads -----------------------------------------------------------------------
 */

int hop_supervisor_new(struct hop_supervisor **out)
{
    struct hop_supervisor *supervisor = calloc(1, sizeof(*supervisor));
    if (!supervisor)
        return -ENOMEM;
    pthread_mutex_init(&supervisor->lock, NULL);
    pthread_cond_init(&supervisor->more, NULL);
    supervisor->bus = gst_bus_new();
    gst_bus_set_sync_handler(supervisor->bus, on_message, NULL, NULL);
    int rc = pthread_create(&supervisor->thread, NULL, supervise, supervisor);
    if (rc) {
        gst_object_unref(supervisor->bus);
        free(supervisor);
        return -rc;
    }
    *out = supervisor;
    return 0;
}

void hop_supervisor_free(struct hop_supervisor *supervisor)
{
    if (!supervisor)
        return;
    supervisor->stop.kind = JOB_STOP;
    enqueue(supervisor, &supervisor->stop);
    pthread_join(supervisor->thread, NULL);
    gst_object_unref(supervisor->bus);
    pthread_cond_destroy(&supervisor->more);
    pthread_mutex_destroy(&supervisor->lock);
    free(supervisor);
}

int hop_graph_new(struct hop_supervisor *supervisor, hop_room_id room,
                  const struct hop_audio_params *params, struct hop_graph **out)
{
    struct hop_graph *graph = calloc(1, sizeof(*graph));
    if (!graph)
        return -ENOMEM;
    HopMixerElement *mixer = hop_mixer_element_new(params);
    if (!mixer) {
        free(graph);
        return -ENOMEM;
    }
    graph->supervisor = supervisor;
    graph->room = room;
    graph->mixer = gst_object_ref_sink(mixer);
    graph->build = (struct job){ .kind = JOB_BUILD, .graph = graph };
    graph->close = (struct job){ .kind = JOB_CLOSE, .graph = graph };
    enqueue(supervisor, &graph->build);
    *out = graph;
    return 0;
}

void hop_graph_close(struct hop_graph *graph)
{
    enqueue(graph->supervisor, &graph->close);
}

HopMixerElement *hop_graph_mixer(const struct hop_graph *graph)
{
    return graph->mixer;
}

int hop_supervisor_visit(struct hop_supervisor *supervisor, hop_room_id room,
                         hop_graph_visit visitor, void *ctx)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return -ENOMEM;
    *job = (struct job){ .kind = JOB_VISIT, .room = room, .visit = visitor, .ctx = ctx };
    enqueue(supervisor, job);
    return 0;
}
