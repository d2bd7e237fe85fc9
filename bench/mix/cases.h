/* The benchmark's cases print one JSON object per figure on a line of its own. */
#pragma once

#include "media/base/types.h"

#include <stdint.h>

enum { BENCH_TICK_US = 20000 };

extern const struct hop_audio_params bench_params;

/* `bar` < 0: none. */
void bench_report(const char *name, const char *metric, double value, const char *unit, double bar);

/* CPU time of the calling thread. */
int64_t bench_cpu_us(void);

/* Cases on the kernel alone, as fast as it goes (kernel.c), and on hopd's mix threads in real time
 * (threads.c). */
void bench_kernel_cases(void);
/* Real speech over bad lines in virtual time: how long it is under way (lines.c). */
void bench_line_cases(void);
void bench_thread_cases(int seconds);
