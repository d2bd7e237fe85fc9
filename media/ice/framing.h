/* RFC 4571: packets on a TCP connection, each behind two bytes of length. Used for ICE-TCP
 * (RFC 6544) by the worker and the native client. Sans I/O, no allocation. */
#pragma once

#include "media/base/bytes.h"
#include "media/base/limits.h"

#include <stddef.h>
#include <stdint.h>

enum { HOP_FRAMING_HEADER = 2 };

/* One per connection; all zero is the start state. */
struct hop_framing {
    uint16_t have; /* bytes of header and frame collected so far */
    uint8_t header[HOP_FRAMING_HEADER];
    uint8_t frame[HOP_MAX_TCP_FRAME];
};

enum hop_framing_result {
    HOP_FRAMING_MORE,     /* the chunk is used up, the frame is not complete */
    HOP_FRAMING_FRAME,    /* a whole frame; call again with the rest of the chunk */
    HOP_FRAMING_OVERSIZE, /* longer than HOP_MAX_TCP_FRAME: close the connection */
};

/* Takes bytes from *data and moves *data and *len past them. On HOP_FRAMING_FRAME *frame points
 * into the reader: it may be changed in place and is valid until the next call. Empty frames
 * (legal) are skipped. */
enum hop_framing_result hop_framing_read(struct hop_framing *reader, const uint8_t **data,
                                         size_t *len, uint8_t **frame, size_t *frame_len);

/* Writes the header of a frame of that many bytes (at most 65535). */
static inline void hop_framing_write(uint8_t header[HOP_FRAMING_HEADER], size_t frame_len)
{
    hop_put16(header, (uint16_t)frame_len);
}
