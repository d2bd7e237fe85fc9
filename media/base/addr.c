/* Transport addresses; see addr.h. Any thread, no state. */
#include "media/base/addr.h"

#include "media/base/hash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void set_ipv4(struct hop_addr *a, const void *ip)
{
    a->family = AF_INET;
    memset(a->ip, 0, sizeof(a->ip));
    memcpy(a->ip, ip, 4);
    a->scope = 0;
}

static void set_ipv6(struct hop_addr *a, const struct in6_addr *ip, uint32_t scope)
{
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        set_ipv4(a, ip->s6_addr + 12);
        return;
    }
    a->family = AF_INET6;
    memcpy(a->ip, ip->s6_addr, 16);
    a->scope = IN6_IS_ADDR_LINKLOCAL(ip) ? scope : 0;
}

bool hop_addr_from_sockaddr(const struct sockaddr *sa, struct hop_addr *out)
{
    struct hop_addr a = { 0 };
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        set_ipv4(&a, &in.sin_addr);
        a.port = ntohs(in.sin_port);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        set_ipv6(&a, &in6.sin6_addr, in6.sin6_scope_id);
        a.port = ntohs(in6.sin6_port);
    } else {
        return false;
    }
    *out = a;
    return true;
}

socklen_t hop_addr_to_sockaddr(const struct hop_addr *a, struct sockaddr_storage *out)
{
    if (a->family == AF_INET6) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(a->port),
                                    .sin6_scope_id = a->scope };
        memcpy(&in6.sin6_addr, a->ip, 16);
        memcpy(out, &in6, sizeof(in6));
        return sizeof(in6);
    }
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
    memcpy(&in.sin_addr, a->ip, 4);
    memcpy(out, &in, sizeof(in));
    return sizeof(in);
}

/* "fe80::1%eth0" or "fe80::1%2" */
static int parse_scoped(const char *ip, const char *percent, struct hop_addr *a)
{
    char bare[INET6_ADDRSTRLEN];
    struct in6_addr in6;
    size_t len = (size_t)(percent - ip);
    if (len >= sizeof(bare))
        return -EINVAL;
    memcpy(bare, ip, len);
    bare[len] = '\0';
    unsigned scope = if_nametoindex(percent + 1);
    if (scope == 0 && (sscanf(percent + 1, "%9u", &scope) != 1 || scope == 0))
        return -EINVAL;
    if (inet_pton(AF_INET6, bare, &in6) != 1 || !IN6_IS_ADDR_LINKLOCAL(&in6))
        return -EINVAL;
    set_ipv6(a, &in6, scope);
    return 0;
}

int hop_addr_parse(const char *ip, uint16_t port, struct hop_addr *out)
{
    struct hop_addr a = { .port = port };
    struct in_addr in;
    struct in6_addr in6;
    const char *percent = strchr(ip, '%');
    if (percent) {
        if (parse_scoped(ip, percent, &a) != 0)
            return -EINVAL;
    } else if (inet_pton(AF_INET, ip, &in) == 1) {
        set_ipv4(&a, &in);
    } else if (inet_pton(AF_INET6, ip, &in6) == 1) {
        set_ipv6(&a, &in6, 0);
    } else {
        return -EINVAL;
    }
    *out = a;
    return 0;
}

const char *hop_addr_format_ip(const struct hop_addr *a, char buf[HOP_ADDR_TEXT])
{
    if (a->family != AF_INET && a->family != AF_INET6) {
        snprintf(buf, HOP_ADDR_TEXT, "none");
        return buf;
    }
    inet_ntop(a->family, a->ip, buf, HOP_ADDR_TEXT);
    if (a->scope != 0) {
        size_t len = strlen(buf);
        snprintf(buf + len, HOP_ADDR_TEXT - len, "%%%u", a->scope);
    }
    return buf;
}

const char *hop_addr_format(const struct hop_addr *a, char buf[HOP_ADDR_TEXT])
{
    char ip[HOP_ADDR_TEXT];
    hop_addr_format_ip(a, ip);
    /* 57 characters are the longest scoped IPv6 address; the bound tells the compiler. */
    snprintf(buf, HOP_ADDR_TEXT, a->family == AF_INET6 ? "[%.55s]:%u" : "%.55s:%u", ip,
             (unsigned)a->port);
    return buf;
}

bool hop_addr_equal(const struct hop_addr *a, const struct hop_addr *b)
{
    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

uint64_t hop_addr_hash(const struct hop_addr *a, uint64_t seed)
{
    uint8_t key[24] = { a->family, 0, (uint8_t)(a->port >> 8), (uint8_t)a->port };
    memcpy(key + 4, &a->scope, 4);
    memcpy(key + 8, a->ip, 16);
    return hop_siphash(key, sizeof(key), seed, ~seed);
}
