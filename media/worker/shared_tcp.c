/* ICE-TCP on a port that is somebody else's: its candidates, and the way of a connection to its
 * participant's worker; see media/media.h. Control thread. RFC 6544 §4, RFC 8445 §7.3. */
#include "media/worker/control.h"

#include "media/ice/stun.h"

#include <errno.h>
#include <string.h>

static bool listens_on(const struct hop_addr *listening, size_t n, const struct hop_addr *addr)
{
    for (size_t i = 0; i < n; i++)
        if (listening[i].family == addr->family &&
            memcmp(listening[i].ip, addr->ip, sizeof(addr->ip)) == 0)
            return true;
    return n == 0;
}

size_t hop_media_share_tcp(struct hop_media *m, const struct hop_addr *listening, size_t n,
                           uint16_t port)
{
    size_t told = 0;
    hop_thread_assert(&m->thread);
    for (size_t i = 0; i < m->n_addresses; i++) {
        struct hop_addr bound = m->addresses[i].bind;
        if (!listens_on(listening, n, &bound))
            continue;
        bound.port = port;
        /* after one of the worker's own: Chromium skips what follows a candidate that it refuses */
        for (uint32_t w = 0; w < m->n_workers; w++)
            hop_worker_add_candidate(m->workers[w].candidates, &m->workers[w].n_candidates, true,
                                     &bound, &m->addresses[i].announced,
                                     HOP_MAX_CANDIDATES / 2 + i);
        told++;
    }
    for (uint32_t w = 0; w < m->n_workers; w++)
        hop_worker_sort_candidates(m->workers[w].candidates, m->workers[w].n_candidates);
    return told;
}

/* The worker of the participant whom the request names; NULL: nobody's. Whether it really comes
 * from him the worker finds out. */
static struct hop_media_worker *worker_named(struct hop_media *m, const uint8_t *message,
                                             size_t len)
{
    struct hop_stun stun;
    struct hop_ufrag_name name;
    const char *receiver, *sender;
    size_t receiver_len, sender_len;
    if (hop_stun_parse(message, len, &stun) != HOP_STUN_OK ||
        !hop_stun_username_split(&stun, &receiver, &receiver_len, &sender, &sender_len) ||
        !hop_worker_ufrag_read(receiver, receiver_len, m->ufrag_key, &name) ||
        name.worker >= m->n_workers)
        return NULL;
    return &m->workers[name.worker];
}

int hop_media_adopt_tcp(struct hop_media *m, int fd, const uint8_t *message, size_t len)
{
    struct hop_worker_command command = { .type = HOP_COMMAND_TCP_ADOPT, .fd = fd };
    hop_thread_assert(&m->thread);
    struct hop_media_worker *w = worker_named(m, message, len);
    if (w && hop_worker_submit(w->worker, &command))
        return 0;
    hop_worker_command_discard(&command);
    return w ? -EAGAIN : -ENOENT;
}
