/* What the kernel says about this process. Any thread. */
#pragma once

#include <stdint.h>

int64_t hop_process_memory_bytes(void); /* resident */
double hop_process_cpu_seconds(void);   /* user and system, since start */
int hop_process_descriptors(void);      /* open ones */
