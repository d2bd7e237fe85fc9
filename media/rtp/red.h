/* Redundant audio (RFC 2198): one payload that holds the frame of its packet, the *primary*, and
 * copies of the frames before it. Browsers call it opus/red. Any thread, no state.
 *
 * Opus inside: every block is one Opus packet; the timestamp runs at 48 kHz.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HOP_RED_MAX = 8 }; /* copies in one payload; a browser sends one or two */

struct hop_red_block {
    const uint8_t *data; /* in the payload */
    uint16_t len;        /* bytes, 0..1023; a copy may be empty: the sender had none, skip it */
    uint8_t pt;          /* 0..127 */
    uint16_t back_rtp;   /* the copy's timestamp is the packet's less this, 0..16383 */
    uint8_t back_seq;    /* and its sequence number the packet's less this, 1..HOP_RED_MAX. The
                          * format does not say it: senders copy the packets just before */
};

struct hop_red {
    struct hop_red_block copies[HOP_RED_MAX]; /* oldest first */
    uint8_t n_copies;
    struct hop_red_block primary; /* back_rtp and back_seq 0; len up to 65535 and at least 1 */
};

/* Reads the blocks of a payload. 0, or -EBADMSG: cut off, without a primary, or too many copies;
 * then `out` is untouched. */
int hop_red_parse(const uint8_t *payload, size_t len, struct hop_red *out);
