/* How long a sound is under way: in each meeting the first member sends a tone now and then, the
 * second one looks for it in what comes. Two beginnings are told apart: the first word after a
 * silence, and a change of tone in the midst of speech. */
#pragma once

#include "bench/audio/meeting.h"
#include "bench/audio/tone.h"

/* Sets talkers, voice and tap; every meeting has two members. Aborts without memory. */
void bench_onset_configure(struct bench_meeting_config *config, int rooms);
/* Runs for so long and prints one JSON object. */
int bench_onset_measure(struct bench_meeting *meeting, int seconds);
