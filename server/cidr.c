/* See cidr.h. */
#include "server/cidr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int hop_cidr_parse(const char *text, struct hop_cidr *out)
{
    struct hop_cidr cidr = { 0 };
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    char ip[HOP_ADDR_TEXT];
    char *end;
    long max, bits;

    if (len >= sizeof(ip))
        return -EINVAL;
    memcpy(ip, text, len);
    ip[len] = '\0';
    if (hop_addr_parse(ip, 0, &cidr.addr) != 0)
        return -EINVAL;
    max = cidr.addr.family == AF_INET ? 32 : 128;
    bits = max;
    if (slash != NULL) {
        if (slash[1] < '0' || slash[1] > '9')
            return -EINVAL;
        bits = strtol(slash + 1, &end, 10);
        if (*end != '\0' || bits > max)
            return -EINVAL;
    }
    cidr.bits = (int)bits;
    *out = cidr;
    return 0;
}

bool hop_cidr_contains(const struct hop_cidr *cidr, const struct hop_addr *addr)
{
    size_t bytes = (size_t)cidr->bits / 8;
    unsigned rest = (unsigned)cidr->bits % 8;

    if (cidr->addr.family != addr->family)
        return false;
    if (memcmp(cidr->addr.ip, addr->ip, bytes) != 0)
        return false;
    return rest == 0 || (cidr->addr.ip[bytes] ^ addr->ip[bytes]) >> (8 - rest) == 0;
}

bool hop_addr_is_loopback(const struct hop_addr *addr)
{
    static const uint8_t one[16] = { [15] = 1 };

    if (addr->family == AF_INET)
        return addr->ip[0] == 127;
    return addr->family == AF_INET6 && memcmp(addr->ip, one, sizeof(one)) == 0;
}
