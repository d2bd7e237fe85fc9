/* Listening TCP sockets, with errors that say what to do. Called at start, control thread. */
#pragma once

#include "media/base/addr.h"

/* Binds and listens, non-blocking; port 0 takes a free one. Returns the descriptor or a negative
 * errno (-EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT), with *port the one in use. An IPv6
 * address takes IPv6 only, except the any address with `dual`. */
int hop_listen(const struct hop_addr *addr, bool dual, int *port);

/* Takes the next connection, non-blocking, and who it is. A descriptor or a negative errno. */
int hop_listen_accept(int fd, struct hop_addr *peer);
