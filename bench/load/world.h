/* What all parts of hop-load share: the loop, the socket, the scenario, the window that is
 * measured, and what was counted. One thread. */
#pragma once

#include "bench/audio/delays.h"
#include "bench/forward/histogram.h"
#include "bench/load/loop.h"
#include "bench/load/net.h"
#include "bench/load/scenario.h"
#include "media/dtls/dtls.h"

struct hop_load_link;

struct hop_load_counts {
    uint64_t video, video_bytes; /* packets of the window that came, opened or counted unopened */
    uint64_t unopened;
    uint64_t audio;                      /* packets of sound in the window */
    uint64_t late, duplicates, repaired; /* since the beginning, as all below */
    uint64_t bad;                        /* not authentic, not RTP, of nobody's SSRC */
    uint64_t strange;                    /* video without this program's stamp */
    uint64_t feedback, nacked, pli;      /* sent by receivers */
    uint64_t asked;                      /* key frames asked of senders */
};

struct hop_load_world {
    struct hop_load_loop *loop;
    struct hop_load_net *net;
    struct hop_dtls_cert *cert;
    struct hop_load_scenario scenario;
    int64_t from_us, until_us; /* the window, by wall clock of sending; 0: not yet */
    struct hop_load_counts counts;
    struct hop_histogram delays;   /* of video, from before protecting to the kernel's arrival */
    struct hop_histogram lateness; /* how long what had arrived waited for this program */
    struct bench_delays tones;     /* of timed tones */
    struct bench_tone **timed;     /* one for each room, or NULL */
    struct hop_load_link **links;  /* by index */
    uint32_t n_links, cap_links;
};

static inline bool hop_load_in_window(const struct hop_load_world *w, int64_t wall_us)
{
    return w->from_us != 0 && wall_us >= w->from_us && wall_us < w->until_us;
}
