/* The addresses of this machine that participants could reach. Control thread, at start. */
#pragma once

#include "media/base/addr.h"

/* Fills `out` with at most `cap` addresses (port 0) of interfaces that are up and running, IPv4
 * first. Link-local ones are left out; loopback ones are given only when there is nothing else.
 * Returns how many, or a negative errno. */
int hop_ifaddrs_list(struct hop_addr *out, size_t cap);
