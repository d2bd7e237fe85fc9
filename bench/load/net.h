/* One UDP socket for all participants of hop-load. Each has an address of his own in 127.0.0.0/8
 * (base + index, one port), so the server sees as many remote ends as there are participants, while
 * one system call here reads for all of them. Arrival is the kernel's time stamp: how late this
 * program is itself does not count as the server's delay. */
#pragma once

#include "media/base/addr.h"

#include <stdint.h>

enum { HOP_LOAD_DATAGRAM = 1600 };

struct hop_load_net;

/* `base` is an IPv4 address of 127.0.0.0/8, or of a range that is routed to this host. */
int hop_load_net_open(const char *base, struct hop_load_net **out);
void hop_load_net_close(struct hop_load_net *net);
int hop_load_net_fd(const struct hop_load_net *net);
struct hop_addr hop_load_net_addr(const struct hop_load_net *net, uint32_t index);

struct hop_load_datagram {
    uint32_t index; /* whom it is for */
    uint8_t *data;  /* until the next call */
    size_t len;
    int64_t at_us; /* arrival, wall clock */
    struct hop_addr from;
};
/* What is there, at most a batch; 0: nothing. */
size_t hop_load_net_recv(struct hop_load_net *net, struct hop_load_datagram **out);

/* Room for one datagram of HOP_LOAD_DATAGRAM bytes; then it is appended to what flush() sends. */
uint8_t *hop_load_net_slot(struct hop_load_net *net);
void hop_load_net_commit(struct hop_load_net *net, size_t len, uint32_t from,
                         const struct hop_addr *to);
void hop_load_net_flush(struct hop_load_net *net);

/* What was lost in this program's own socket: dropped on arrival, not taken when sending. */
uint64_t hop_load_net_overflows(const struct hop_load_net *net);
uint64_t hop_load_net_refused(const struct hop_load_net *net);
