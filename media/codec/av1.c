/* What a forwarder must know of AV1 (av1.h). */
#include "media/codec/av1.h"

#include <errno.h>

enum { OBU_SEQUENCE = 1, OBU_DELIMITER = 2 };

/* ---- the sequence header ----------------------------------------------------------------------- */

struct bits {
    const uint8_t *p;
    size_t n, at; /* bits */
    bool cut;
};

static uint32_t get(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    if (n > b->n - b->at) {
        b->cut = true;
        b->at = b->n;
        return 0;
    }
    for (unsigned i = 0; i < n; i++, b->at++)
        v = v << 1 | (uint32_t)(b->p[b->at / 8] >> (7 - b->at % 8) & 1);
    return v;
}

/* False: it has timing information, which WebRTC never sends, or it is cut. */
static bool skip_operating_points(struct bits *b)
{
    if (get(b, 1))
        return false;
    bool delays = get(b, 1);
    unsigned n = get(b, 5) + 1;
    for (unsigned i = 0; i < n && !b->cut; i++) {
        get(b, 12);
        if (get(b, 5) > 7)
            get(b, 1);
        if (delays && get(b, 1))
            get(b, 4);
    }
    return !b->cut;
}

static void read_sequence(const uint8_t *p, size_t len, struct hop_av1_info *info)
{
    struct bits b = { .p = p, .n = len * 8 };
    get(&b, 4); /* seq_profile, still_picture */
    if (get(&b, 1))
        get(&b, 5); /* reduced: seq_level_idx */
    else if (!skip_operating_points(&b))
        return;
    unsigned width_bits = get(&b, 4) + 1, height_bits = get(&b, 4) + 1;
    uint32_t width = get(&b, width_bits) + 1, height = get(&b, height_bits) + 1;
    if (b.cut || width > UINT16_MAX || height > UINT16_MAX)
        return;
    info->width = (uint16_t)width;
    info->height = (uint16_t)height;
}

/* ---- OBUs -------------------------------------------------------------------------------------- */

/* leb128; 0: cut or longer than any packet. Returns its bytes. */
static size_t get_length(const uint8_t *p, size_t len, size_t *out)
{
    size_t value = 0;
    for (size_t i = 0; i < len && i < 4; i++) {
        value |= (size_t)(p[i] & 0x7f) << (7 * i);
        if (!(p[i] & 0x80)) {
            *out = value;
            return i + 1;
        }
    }
    return 0;
}

/* One element that begins here; it may go on in the next packet. True: it is a sequence header. */
static bool note_obu(const uint8_t *p, size_t len, struct hop_av1_info *info)
{
    unsigned type = p[0] >> 3 & 15;
    bool extended = p[0] & 4, sized = p[0] & 2;
    size_t at = 1;
    if (extended) {
        if (len < 2)
            return false;
        if (!info->has_layers && type != OBU_SEQUENCE && type != OBU_DELIMITER) {
            info->has_layers = true;
            info->tid = p[1] >> 5;
            info->sid = p[1] >> 3 & 3;
        }
        at = 2;
    }
    if (type != OBU_SEQUENCE)
        return false;
    size_t size;
    if (sized)
        at += get_length(p + at, len - at, &size);
    read_sequence(p + at, len - at, info);
    return true;
}

int hop_av1_parse(const uint8_t *payload, size_t len, struct hop_av1_info *out)
{
    if (len < 2)
        return -EINVAL;
    struct hop_av1_info info = { .continues = payload[0] & 0x80, .unended = payload[0] & 0x40 };
    unsigned elements = payload[0] >> 4 & 3;
    bool fresh = payload[0] & 8, sequence = false;
    if (fresh && info.continues)
        return -EINVAL;
    size_t at = 1;
    for (unsigned i = 0; at < len; i++) {
        size_t size = len - at;
        if (elements == 0 || i + 1 < elements) {
            size_t head = get_length(payload + at, len - at, &size);
            at += head;
            if (head == 0 || size > len - at)
                return -EINVAL;
        }
        if (size > 0 && (i > 0 || !info.continues))
            sequence |= note_obu(payload + at, size, &info);
        at += size;
        if (elements != 0 && i + 1 == elements)
            break;
    }
    info.keyframe = fresh && sequence;
    *out = info;
    return 0;
}
