/* Randomness from the kernel. Any thread. Aborts when the kernel has none: nothing safe could
 * follow. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void hop_random_bytes(void *out, size_t len);
uint32_t hop_random32(void);
/* Fills out with len characters from the ICE alphabet [A-Za-z0-9+/] and a NUL (RFC 8839 §5.4). */
void hop_random_ice_chars(char *out, size_t len);
