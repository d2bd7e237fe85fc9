/* What hop-load plays: a key file (bench/scenarios/NAME.conf), overridden by --set group.key=value.
 * bench/scenarios/README.md lists the keys. */
#pragma once

#include "media/base/types.h"

#include <glib.h>

enum hop_load_microphones { HOP_LOAD_MIC_NONE, HOP_LOAD_MIC_SENDERS, HOP_LOAD_MIC_ALL };

struct hop_load_scenario {
    char *title;
    /* [run] */
    int seconds, warm_up_s;
    int join_rate;   /* per second */
    int check_every; /* 1: every packet is opened; n: one in n, the others are counted unopened */
    /* [rooms] */
    int rooms, senders, receivers; /* in each room; receivers send nothing but feedback */
    int slots, view, height;       /* video slots, tiles asked for, their height */
    int late, late_rate;           /* receivers that join during the window, per second */
    /* [video] of the senders; kbps 0: no camera */
    enum hop_codec codec;
    int kbps, fps, layers, video_height;
    bool burst; /* a frame leaves at once; else a packet every pace_us */
    int pace_us;
    /* [audio] */
    enum hop_load_microphones microphones;
    int talkers; /* in each room; the others' microphones send silence */
    int tones; /* 1: each room's first sender sends tones now and then, its second one times them */
    /* [lines] */
    int bad, loss_permille; /* receivers of each room on a bad line, and what it loses */
    /* [churn] further receivers that come, per second and room, and how long they stay */
    int churn, stay_ms;
    int janus_prebuffer; /* [janus] packets that AudioBridge holds back */
};

/* False: *error says why. `overrides` is NULL-terminated, or NULL. */
bool hop_load_scenario_read(const char *path, char **overrides, struct hop_load_scenario *out,
                            GError **error);
void hop_load_scenario_clear(struct hop_load_scenario *s);
