/* Interface discovery; see ifaddrs.h. Control thread. */
#include "media/net/ifaddrs.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>

static bool is_link_local(const struct hop_addr *a)
{
    if (a->family == AF_INET)
        return a->ip[0] == 169 && a->ip[1] == 254;
    return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

static bool usable(const struct ifaddrs *i, bool loopback, uint8_t family, struct hop_addr *out)
{
    /* RUNNING: a bridge without a port (an idle container network) is UP but leads nowhere. */
    unsigned needed = IFF_UP | IFF_RUNNING;
    if (!i->ifa_addr || (i->ifa_flags & needed) != needed)
        return false;
    if (((i->ifa_flags & IFF_LOOPBACK) != 0) != loopback)
        return false;
    struct hop_addr a;
    if (!hop_addr_from_sockaddr(i->ifa_addr, &a) || a.family != family || is_link_local(&a))
        return false;
    *out = a;
    out->port = 0;
    return true;
}

static size_t collect(const struct ifaddrs *list, bool loopback, struct hop_addr *out, size_t cap)
{
    static const uint8_t families[] = { AF_INET, AF_INET6 };
    size_t n = 0;
    for (size_t f = 0; f < 2; f++)
        for (const struct ifaddrs *i = list; i && n < cap; i = i->ifa_next)
            if (usable(i, loopback, families[f], &out[n]))
                n++;
    return n;
}

int hop_ifaddrs_list(struct hop_addr *out, size_t cap)
{
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0)
        return -errno;
    size_t n = collect(list, false, out, cap);
    if (n == 0)
        n = collect(list, true, out, cap);
    freeifaddrs(list);
    return (int)n;
}
