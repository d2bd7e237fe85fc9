/* What a run has shown: put together at its end, as a table for people and JSON for machines. */
#pragma once

#include "bench/load/member.h"
#include "bench/load/process.h"

struct hop_load_run { /* beside what the world has counted */
    const char *server;
    struct hop_load_cost before, after;   /* of the server, around the window */
    uint64_t own_cpu_ns;                  /* of hop-load in the window */
    int64_t lost_video[2], lost_audio[2]; /* by sequence numbers, up to its ends */
    uint64_t overflows[2];
    double seconds;
};

/* Packets missing by sequence numbers, of those who were there before the window. */
int64_t hop_load_lost(const struct hop_load_play *play, bool audio);
json_t *hop_load_result(const struct hop_load_play *play, const struct hop_load_run *run);
void hop_load_result_print(const json_t *result);
