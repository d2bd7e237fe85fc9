/* The Opus TOC byte and packet framing (opus.h). */
#include "media/codec/opus.h"

#include <errno.h>

enum { MAX_FRAME = 1275, MAX_SAMPLES = 5760 };

/* ---- TOC ----------------------------------------------------------------------------------------
 */

static enum hop_opus_mode toc_mode(uint8_t config)
{
    if (config < 12)
        return HOP_OPUS_SILK;
    return config < 16 ? HOP_OPUS_HYBRID : HOP_OPUS_CELT;
}

/* RFC 6716 §3.1, table 2. */
static uint16_t toc_samples(uint8_t config)
{
    static const uint16_t silk[] = { 480, 960, 1920, 2880 };
    if (config < 12)
        return silk[config % 4];
    if (config < 16)
        return config % 2 ? 960 : 480;
    return (uint16_t)(120u << (config % 4));
}

/* ---- framing ------------------------------------------------------------------------------------
 */

struct frames {
    uint8_t count;
    const uint8_t *first; /* bytes of the first frame */
    size_t first_len;
};

/* A frame length of one or two bytes (RFC 6716 §3.2.1). Moves *p on; false: cut. */
static bool read_length(const uint8_t **p, const uint8_t *end, size_t *len)
{
    if (*p >= end)
        return false;
    *len = *(*p)++;
    if (*len < 252)
        return true;
    if (*p >= end)
        return false;
    *len += 4u * *(*p)++;
    return true;
}

static bool split_two(const uint8_t *p, const uint8_t *end, bool equal, struct frames *out)
{
    size_t left = (size_t)(end - p), len = left / 2;
    if (equal) {
        if (left % 2)
            return false;
    } else {
        if (!read_length(&p, end, &len))
            return false;
        left = (size_t)(end - p);
        if (len > left || left - len > MAX_FRAME)
            return false;
    }
    *out = (struct frames){ .count = 2, .first = p, .first_len = len };
    return len <= MAX_FRAME;
}

/* Takes the padding of a code 3 packet off *end (RFC 6716 §3.2.5). */
static bool strip_padding(const uint8_t **p, const uint8_t **end)
{
    uint8_t byte;
    do {
        if (*p >= *end)
            return false;
        byte = *(*p)++;
        size_t bytes = byte == 255 ? 254 : byte;
        if (bytes > (size_t)(*end - *p))
            return false;
        *end -= bytes;
    } while (byte == 255);
    return true;
}

static bool split_many(const uint8_t *p, const uint8_t *end, struct frames *out)
{
    if (p >= end)
        return false;
    uint8_t head = *p++;
    uint8_t count = head & 0x3f;
    if (count == 0 || count > 48 || ((head & 0x40) && !strip_padding(&p, &end)))
        return false;
    size_t first_len;
    if (head & 0x80) {
        size_t sum = 0, len = 0;
        first_len = 0;
        for (uint8_t i = 0; i + 1 < count; i++) {
            if (!read_length(&p, end, &len))
                return false;
            sum += len;
            if (i == 0)
                first_len = len;
        }
        size_t left = (size_t)(end - p);
        if (sum > left || left - sum > MAX_FRAME)
            return false;
        if (count == 1)
            first_len = left;
    } else {
        size_t left = (size_t)(end - p);
        if (left % count)
            return false;
        first_len = left / count;
    }
    *out = (struct frames){ .count = count, .first = p, .first_len = first_len };
    return first_len <= MAX_FRAME;
}

static bool split(const uint8_t *payload, size_t len, struct frames *out)
{
    const uint8_t *p = payload + 1, *end = payload + len;
    switch (payload[0] & 3) {
    case 0:
        *out = (struct frames){ .count = 1, .first = p, .first_len = len - 1 };
        return len - 1 <= MAX_FRAME;
    case 1:
        return split_two(p, end, true, out);
    case 2:
        return split_two(p, end, false, out);
    default:
        return split_many(p, end, out);
    }
}

/* The first bits of a SILK frame are a VAD flag for each 20 ms, then the LBRR flag, per channel;
 * all are coded with probability one half, so they stand as plain bits (RFC 6716 §4.2.3). */
static bool has_lbrr(const struct frames *f, uint16_t frame_samples, bool stereo)
{
    if (f->first_len == 0)
        return false;
    unsigned vads = frame_samples > 960 ? frame_samples / 960u : 1;
    bool mid = f->first[0] >> (7 - vads) & 1;
    bool side = stereo && f->first[0] >> (6 - 2 * vads) & 1;
    return mid || side;
}

int hop_opus_parse(const uint8_t *payload, size_t len, struct hop_opus_info *out)
{
    struct frames frames;
    if (len == 0 || !split(payload, len, &frames))
        return -EINVAL;
    uint8_t config = payload[0] >> 3;
    struct hop_opus_info info = {
        .mode = toc_mode(config),
        .stereo = payload[0] >> 2 & 1,
        .dtx = len <= 2,
        .frames = frames.count,
        .frame_samples = toc_samples(config),
    };
    unsigned samples = (unsigned)info.frames * info.frame_samples;
    if (samples > MAX_SAMPLES)
        return -EINVAL;
    info.samples = (uint16_t)samples;
    if (info.mode != HOP_OPUS_CELT)
        info.fec = has_lbrr(&frames, info.frame_samples, info.stereo);
    *out = info;
    return 0;
}
