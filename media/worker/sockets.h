/* Where the relay listens: the configured or discovered addresses, their sockets per worker, and
 * the candidates that an answer lists. Control thread, at start. RFC 8445 §5.1, RFC 6544 §4. */
#pragma once

#include "media/media.h"
#include "media/net/tcp.h"
#include "media/net/udp.h"

enum { HOP_SOCKET_BUFFER = 4 * 1024 * 1024 }; /* bytes, when none are configured */

/* The sockets of one worker and what participants are told of them. */
struct hop_worker_sockets {
    struct hop_udp *udp[HOP_MAX_CANDIDATES];
    size_t n_udp;
    struct hop_tcp_listener *listeners[HOP_MAX_CANDIDATES];
    size_t n_listeners;
    struct hop_candidate candidates[HOP_MAX_CANDIDATES];
    uint8_t n_candidates;
};

/* Room for a reason, "192.0.2.1:4000/udp: Address already in use". */
enum { HOP_DETAIL = 160 };

/* The configured addresses, checked, or those of the interfaces. Sets *n, at most
 * HOP_MAX_CANDIDATES (half of it with TCP). -EINVAL, -EADDRNOTAVAIL, with `detail` filled. */
int hop_worker_addresses(const struct hop_media_config *config,
                         struct hop_media_address out[HOP_MAX_CANDIDATES], size_t *n,
                         char detail[HOP_DETAIL]);

/* Opens worker `index`'s sockets on all of them. On failure nothing stays open and `detail` says
 * which one. */
int hop_worker_sockets_open(const struct hop_media_config *config,
                            const struct hop_media_address *addresses, size_t n, uint32_t index,
                            struct hop_worker_sockets *out, char detail[HOP_DETAIL]);
void hop_worker_sockets_close(struct hop_worker_sockets *sockets);

/* One more of them, for the rank-th address; `announced` of family 0: the bound one. Nothing
 * when the list is full. */
void hop_worker_add_candidate(struct hop_candidate list[HOP_MAX_CANDIDATES], uint8_t *n, bool tcp,
                              const struct hop_addr *bound, const struct hop_addr *announced,
                              size_t rank);
/* By priority, the highest first. */
void hop_worker_sort_candidates(struct hop_candidate *list, uint8_t n);
