/* A transport address as plain data: comparable, hashable, printable. No sockets here. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct hop_addr {
    uint8_t family; /* AF_INET or AF_INET6; 0: unset */
    uint16_t port;  /* host order */
    uint8_t ip[16]; /* network order; IPv4 in the first four, the rest zero */
    uint32_t scope; /* IPv6 scope id of a link-local address, else 0 */
};

enum { HOP_ADDR_TEXT = 64 }; /* room for "[ipv6%scope]:port" */

/* From and to the kernel's form. A v4-mapped IPv6 address becomes IPv4. */
bool hop_addr_from_sockaddr(const struct sockaddr *sa, struct hop_addr *out);
socklen_t hop_addr_to_sockaddr(const struct hop_addr *a, struct sockaddr_storage *out);

/* Parses an IP literal without port ("192.0.2.1", "2001:db8::1"). 0 or -EINVAL. */
int hop_addr_parse(const char *ip, uint16_t port, struct hop_addr *out);

/* "192.0.2.1:5000", "[2001:db8::1]:5000"; returns buf. */
const char *hop_addr_format(const struct hop_addr *a, char buf[HOP_ADDR_TEXT]);
/* The IP alone. */
const char *hop_addr_format_ip(const struct hop_addr *a, char buf[HOP_ADDR_TEXT]);

bool hop_addr_equal(const struct hop_addr *a, const struct hop_addr *b);
uint64_t hop_addr_hash(const struct hop_addr *a, uint64_t seed);
