/* See first_bytes.h. */
#include "server/first_bytes.h"

#include "media/base/bytes.h"

enum {
    LONGEST_FRAME = HOP_FIRST_BYTES - HOP_FIRST_FRAME_HEAD,
    STUN_HEADER = 20,
    STUN_BINDING_REQUEST = 0x0001,
    TELLING = HOP_FIRST_FRAME_HEAD + 8, /* length, type, length, cookie */
};
#define STUN_COOKIE 0x2112a442u

static enum hop_first more(size_t wanted, size_t *need)
{
    *need = wanted;
    return HOP_FIRST_MORE;
}

enum hop_first hop_first_bytes(const uint8_t *data, size_t len, size_t *need)
{
    size_t frame;

    if (len == 0)
        return more(1, need);
    /* a handshake record's 22 would be a frame of more than 5,000 bytes, and so would be letters */
    if (data[0] > LONGEST_FRAME >> 8)
        return HOP_FIRST_TLS;
    if (len < TELLING)
        return more(TELLING, need);
    frame = hop_get16(data);
    if (frame < STUN_HEADER || frame > LONGEST_FRAME ||
        hop_get16(data + 2) != STUN_BINDING_REQUEST ||
        (size_t)hop_get16(data + 4) + STUN_HEADER != frame || hop_get32(data + 6) != STUN_COOKIE)
        return HOP_FIRST_NEITHER;
    if (len < HOP_FIRST_FRAME_HEAD + frame)
        return more(HOP_FIRST_FRAME_HEAD + frame, need);
    return HOP_FIRST_MEDIA;
}
