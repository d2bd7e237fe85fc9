/* One end of the line: a tun interface in a network namespace. Linux; needs CAP_SYS_ADMIN. */
#pragma once

/* Makes the interface `name` with the IPv4 address "10.97.1.1/24" in the namespace of that path
 * ("-": the caller's own), up, without IPv6. *fd reads and writes whole IP packets without
 * blocking; the interface goes with it. Negative errno; then *what says which step failed. */
int hop_line_tun_open(const char *netns, const char *name, const char *address, int *fd,
                      const char **what);
