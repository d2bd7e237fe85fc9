/* What a TCP connection is, by its first bytes: TLS, or ICE-TCP, whose first frame (RFC 4571) is a
 * STUN binding request (RFC 8489 §5, RFC 6544 §4). Called by front.c. No I/O, no state.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    HOP_FIRST_FRAME_HEAD = 2,
    HOP_FIRST_BYTES = HOP_FIRST_FRAME_HEAD + 1280, /* longer ones are not waited for */
};

enum hop_first {
    HOP_FIRST_MORE,    /* not yet clear: *need bytes will tell more */
    HOP_FIRST_TLS,     /* a TLS record, or something that TLS may refuse in its own words */
    HOP_FIRST_MEDIA,   /* a whole frame with a binding request */
    HOP_FIRST_NEITHER, /* begins like a frame, but is no binding request */
};

/* `data`: the stream from its beginning, as far as it is there. *need is set with MORE only, and is
 * more than len, at most HOP_FIRST_BYTES. */
enum hop_first hop_first_bytes(const uint8_t *data, size_t len, size_t *need);
