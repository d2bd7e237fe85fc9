/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for tables whose keys strangers choose,
 * so that they cannot pile them into one bucket. Any thread, no state. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hop_siphash(const void *data, size_t len, uint64_t k0, uint64_t k1);
