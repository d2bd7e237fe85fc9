/* Where a packet came from, and so where an answer goes: one local socket and one remote address,
 * or one TCP connection. Plain data, comparable, any thread. */
#pragma once

#include "media/base/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct hop_path {
    uint16_t socket;        /* the owner's index of the local UDP socket; 0 for TCP */
    bool tcp;               /* RFC 4571 frames on a TCP connection; else UDP */
    uint32_t tcp_conn;      /* the owner's id of the TCP connection, never reused soon; UDP: 0 */
    struct hop_addr remote; /* with TCP: for information, the connection is the identity */
};

/* A TCP path is its connection; a UDP path is socket and remote address. */
static inline bool hop_path_equal(const struct hop_path *a, const struct hop_path *b)
{
    if (a->tcp != b->tcp)
        return false;
    if (a->tcp)
        return a->tcp_conn == b->tcp_conn;
    return a->socket == b->socket && hop_addr_equal(&a->remote, &b->remote);
}
