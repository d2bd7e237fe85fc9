/* An address or network as in "10.0.0.0/8", for lists of who may. Any thread; no state. */
#pragma once

#include "media/base/addr.h"

struct hop_cidr {
    struct hop_addr addr;
    int bits; /* of the prefix, 0..32 or 0..128 */
};

/* 0 or -EINVAL. */
int hop_cidr_parse(const char *text, struct hop_cidr *out);
bool hop_cidr_contains(const struct hop_cidr *cidr, const struct hop_addr *addr);
bool hop_addr_is_loopback(const struct hop_addr *addr);
