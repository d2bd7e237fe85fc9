/* RFC 2198 section 3: block headers of four bytes, the last one of one, then the blocks; see red.h.
 */
#include "media/rtp/red.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <string.h>

enum { MORE = 0x80, HEAD = 4, LAST_HEAD = 1 };

/* Reads all block headers but the last one; returns where that is, `len` if nowhere. */
static size_t read_heads(const uint8_t *payload, size_t len, struct hop_red *red)
{
    size_t at = 0;

    for (; at < len && (payload[at] & MORE); at += HEAD) {
        if (len - at < HEAD || red->n_copies == HOP_RED_MAX)
            return len;
        uint32_t offset_and_length = hop_get32(payload + at) & 0xffffff;
        red->copies[red->n_copies++] = (struct hop_red_block){
            .pt = payload[at] & 0x7f,
            .back_rtp = (uint16_t)(offset_and_length >> 10),
            .len = (uint16_t)(offset_and_length & 0x3ff),
        };
    }
    return at;
}

int hop_red_parse(const uint8_t *payload, size_t len, struct hop_red *out)
{
    struct hop_red red = { 0 };
    size_t last = read_heads(payload, len, &red), at = last + LAST_HEAD;

    if (last >= len)
        return -EBADMSG;
    for (uint8_t i = 0; i < red.n_copies; i++) {
        struct hop_red_block *copy = &red.copies[i];
        if (copy->len > len - at)
            return -EBADMSG;
        copy->data = payload + at;
        copy->back_seq = (uint8_t)(red.n_copies - i);
        at += copy->len;
    }
    if (at == len || len - at > UINT16_MAX)
        return -EBADMSG;
    red.primary = (struct hop_red_block){ .data = payload + at,
                                          .len = (uint16_t)(len - at),
                                          .pt = payload[last] };
    *out = red;
    return 0;
}
