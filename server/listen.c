/* See listen.h. */
#include "server/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static int set_options(int fd, const struct hop_addr *addr, bool dual)
{
    int one = 1, v6only = dual ? 0 : 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0)
        return -errno;
    if (addr->family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) != 0)
        return -errno;
    return 0;
}

static int bind_and_listen(int fd, const struct hop_addr *addr, bool dual, int *port)
{
    struct sockaddr_storage sa;
    socklen_t len = hop_addr_to_sockaddr(addr, &sa);
    struct hop_addr bound;
    int error = set_options(fd, addr, dual);

    if (error != 0)
        return error;
    if (bind(fd, (struct sockaddr *)&sa, len) != 0 || listen(fd, BACKLOG) != 0)
        return -errno;
    len = sizeof(sa);
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        return -errno;
    hop_addr_from_sockaddr((struct sockaddr *)&sa, &bound);
    *port = bound.port;
    return 0;
}

int hop_listen(const struct hop_addr *addr, bool dual, int *port)
{
    int fd = socket(addr->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    error = bind_and_listen(fd, addr, dual, port);
    if (error != 0) {
        close(fd);
        return error;
    }
    return fd;
}

int hop_listen_accept(int fd, struct hop_addr *peer)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    int one = 1, taken = accept4(fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (taken < 0)
        return -errno;
    setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (!hop_addr_from_sockaddr((struct sockaddr *)&sa, peer))
        *peer = (struct hop_addr){ 0 };
    return taken;
}
