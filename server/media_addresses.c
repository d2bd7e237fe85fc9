/* See media_addresses.h. */
#include "server/media_addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

static bool is_usable(const struct ifaddrs *i, struct hop_addr *addr)
{
    if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
        return false;
    if (!hop_addr_from_sockaddr(i->ifa_addr, addr))
        return false;
    return !(addr->family == AF_INET6 && addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80);
}

char **hop_interface_addresses(void)
{
    GPtrArray *list = g_ptr_array_new();
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) == 0) {
        for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
            struct hop_addr addr;
            char text[HOP_ADDR_TEXT];

            if (is_usable(i, &addr))
                g_ptr_array_add(list, g_strdup(hop_addr_format_ip(&addr, text)));
        }
        freeifaddrs(all);
    }
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

static bool same_ip(const struct hop_addr *a, const struct hop_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* "inside=outside" or "outside". How many addresses it was for. */
static int announce(const char *rule, struct hop_media_address *list, int n)
{
    const char *equals = strchr(rule, '=');
    g_autofree char *inside_text = equals ? g_strndup(rule, (gsize)(equals - rule)) : NULL;
    struct hop_addr inside = { 0 }, outside;
    int matched = 0;

    if (hop_addr_parse(equals ? equals + 1 : rule, 0, &outside) != 0)
        return 0;
    if (inside_text != NULL && hop_addr_parse(inside_text, 0, &inside) != 0)
        return 0;
    for (int i = 0; i < n; i++) {
        if (inside_text != NULL ? !same_ip(&list[i].bind, &inside)
                                : list[i].bind.family != outside.family)
            continue;
        list[i].announced = outside;
        matched++;
    }
    return matched;
}

int hop_media_addresses(const struct hop_config *config, struct hop_media_address *out, int max,
                        char **wrong)
{
    g_auto(GStrv) found = NULL;
    char **list = config->media_addresses;
    int n = 0;

    if (list[0] == NULL && config->announced_addresses[0] == NULL)
        return 0;
    if (list[0] == NULL) {
        found = hop_interface_addresses();
        list = found;
    }
    for (; *list != NULL && n < max; list++) {
        out[n] = (struct hop_media_address){ 0 };
        if (hop_addr_parse(*list, 0, &out[n].bind) == 0)
            n++;
    }
    for (char **rule = config->announced_addresses; *rule != NULL; rule++) {
        if (announce(*rule, out, n) > 0)
            continue;
        *wrong = g_strdup_printf("announced-address=%s fits none of this machine's media addresses",
                                 *rule);
        return -EINVAL;
    }
    return n;
}
