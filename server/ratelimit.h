/* Token buckets per remote address: how often someone may ask for what is costly. Bounded: when the
 * table is full the least recently used entry makes room. Control thread.
 */
#pragma once

#include "media/base/addr.h"

struct hop_ratelimit;

/* `burst` at once, then one every `interval_us`. */
struct hop_ratelimit *hop_ratelimit_new(unsigned burst, int64_t interval_us, unsigned max_entries);
void hop_ratelimit_free(struct hop_ratelimit *limit);

/* Takes a token: 0, or the µs until the next one is there. An IPv6 address counts as its /64. */
int64_t hop_ratelimit_take(struct hop_ratelimit *limit, const struct hop_addr *who, int64_t now_us);
unsigned hop_ratelimit_entries(const struct hop_ratelimit *limit);
