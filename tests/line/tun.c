/* Makes the tun interfaces of the relay; called by main.c at its start. */
#include "tests/line/tun.h"

#include "tests/line/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TX_QUEUE = 2000 }; /* packets the kernel holds for the relay when it is late */

static void no_ipv6(const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* no IPv6 here */
    ssize_t ignored = write(fd, "1", 1);
    (void)ignored;
    close(fd);
}

static bool split_address(const char *text, struct in_addr *address, struct in_addr *mask)
{
    char host[INET_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    int bits = slash ? atoi(slash + 1) : 0;
    if (!slash || bits < 1 || bits > 32 || (size_t)(slash - text) >= sizeof(host))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
    mask->s_addr = htonl(~0U << (32 - bits));
    return inet_pton(AF_INET, host, address) == 1;
}

static int set_address(int s, struct ifreq *r, unsigned long request, struct in_addr value)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = value };
    memcpy(&r->ifr_addr, &a, sizeof(a));
    return ioctl(s, request, r);
}

/* Address, MTU, queue, up. */
static int bring_up(const char *name, const char *address, const char **what)
{
    struct in_addr host, mask;
    struct ifreq r = { 0 };
    if (!split_address(address, &host, &mask)) {
        *what = "address";
        return -EINVAL;
    }
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
    *what = "interface";
    if (s < 0 || set_address(s, &r, SIOCSIFADDR, host) || set_address(s, &r, SIOCSIFNETMASK, mask))
        err = -errno;
    r.ifr_mtu = HOP_LINE_MTU;
    if (!err && ioctl(s, SIOCSIFMTU, &r))
        err = -errno;
    r.ifr_qlen = TX_QUEUE;
    if (!err && ioctl(s, SIOCSIFTXQLEN, &r))
        err = -errno;
    no_ipv6(name);
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!err && ioctl(s, SIOCSIFFLAGS, &r))
        err = -errno;
    if (s >= 0)
        close(s);
    return err;
}

static int make(const char *name, const char *address, int *out, const char **what)
{
    struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    *what = "/dev/net/tun";
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    int err = ioctl(fd, TUNSETIFF, &r) ? -errno : bring_up(name, address, what);
    if (err)
        close(fd);
    else
        *out = fd;
    return err;
}

int hop_line_tun_open(const char *netns, const char *name, const char *address, int *fd,
                      const char **what)
{
    if (strcmp(netns, "-") == 0)
        return make(name, address, fd, what);
    *what = "namespace";
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int there = open(netns, O_RDONLY | O_CLOEXEC), err = 0;
    if (own < 0 || there < 0 || setns(there, CLONE_NEWNET))
        err = -errno;
    if (!err) {
        err = make(name, address, fd, what);
        if (setns(own, CLONE_NEWNET)) /* to go on in the wrong one would be worse */
            abort();
    }
    if (own >= 0)
        close(own);
    if (there >= 0)
        close(there);
    return err;
}
