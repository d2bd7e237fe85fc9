/* How long a sound is under way: in each meeting the first member sends a tone now and then, the
 * second one looks for it in what comes. tone.h tells three kinds of
 * beginnings apart. */
#pragma once

#include "bench/audio/meeting.h"
#include "bench/audio/tone.h"

/* Sets talkers, voice and tap; every meeting has two members. Aborts without memory. */
void bench_onset_configure(struct bench_meeting_config *config, int rooms);
/* Runs for so long and prints one JSON object. */
int bench_onset_measure(struct bench_meeting *meeting, int seconds);
