/* RFC 4571 reader; see framing.h. */
#include "media/ice/framing.h"

#include <string.h>

/* Moves up to want bytes from the chunk; returns how many. */
static size_t take(uint8_t *to, size_t want, const uint8_t **data, size_t *len)
{
    size_t n = want < *len ? want : *len;
    memcpy(to, *data, n);
    *data += n;
    *len -= n;
    return n;
}

enum hop_framing_result hop_framing_read(struct hop_framing *reader, const uint8_t **data,
                                         size_t *len, uint8_t **frame, size_t *frame_len)
{
    while (*len) {
        if (reader->have < HOP_FRAMING_HEADER) {
            size_t missing = (size_t)(HOP_FRAMING_HEADER - reader->have);
            reader->have += (uint16_t)take(reader->header + reader->have, missing, data, len);
            if (reader->have < HOP_FRAMING_HEADER)
                break;
        }
        size_t whole = hop_get16(reader->header), got = reader->have - (size_t)HOP_FRAMING_HEADER;
        if (whole > HOP_MAX_TCP_FRAME)
            return HOP_FRAMING_OVERSIZE;
        got += take(reader->frame + got, whole - got, data, len);
        reader->have = (uint16_t)(HOP_FRAMING_HEADER + got);
        if (got < whole)
            break;
        reader->have = 0;
        if (whole) {
            *frame = reader->frame;
            *frame_len = whole;
            return HOP_FRAMING_FRAME;
        }
    }
    return HOP_FRAMING_MORE;
}
