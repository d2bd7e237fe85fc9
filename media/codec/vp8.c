/* The VP8 payload descriptor and the continuity of its ids (vp8.h). */
#include "media/codec/vp8.h"

#include "media/base/bytes.h"

#include <errno.h>
#include <string.h>

/* ---- descriptor ---------------------------------------------------------------------------------
 */

/* Reads the optional fields behind the X bit; returns the descriptor's length, 0 when it is cut. */
static size_t parse_extension(const uint8_t *p, size_t len, struct hop_vp8_desc *d)
{
    size_t at = 2;
    if (len < at)
        return 0;
    uint8_t x = p[1];
    if (x & 0x80) { /* I */
        if (len <= at)
            return 0;
        d->picture_at = (uint8_t)at;
        d->picture_bits = p[at] & 0x80 ? 15 : 7;
        if (d->picture_bits == 15) {
            if (len < at + 2)
                return 0;
            d->picture = hop_get16(p + at) & 0x7fff;
            at++;
        } else {
            d->picture = p[at];
        }
        at++;
    }
    if (x & 0x40) { /* L */
        if (len <= at)
            return 0;
        d->has_tl0 = true;
        d->tl0_at = (uint8_t)at;
        d->tl0 = p[at++];
    }
    if (x & 0x30) { /* T, K */
        if (len <= at)
            return 0;
        d->has_tid = x & 0x20;
        d->has_keyidx = x & 0x10;
        d->tid = d->has_tid ? p[at] >> 6 : 0;
        d->layer_sync = d->has_tid && (p[at] & 0x20);
        d->keyidx = d->has_keyidx ? p[at] & 0x1f : 0;
        at++;
    }
    return at;
}

/* RFC 6386 §9.1: three bytes of frame tag; in a key frame the start code and the size follow. */
static void parse_frame(const uint8_t *p, size_t len, struct hop_vp8_desc *d)
{
    if (len < 10 || (p[0] & 1) || p[3] != 0x9d || p[4] != 0x01 || p[5] != 0x2a)
        return;
    d->keyframe = true;
    d->width = (uint16_t)((p[6] | p[7] << 8) & 0x3fff);
    d->height = (uint16_t)((p[8] | p[9] << 8) & 0x3fff);
}

int hop_vp8_parse(const uint8_t *payload, size_t len, struct hop_vp8_desc *out)
{
    if (len < 1)
        return -EINVAL;
    struct hop_vp8_desc d = {
        .non_reference = payload[0] & 0x20,
        .start = payload[0] & 0x10,
        .partition = payload[0] & 0x07,
    };
    size_t at = payload[0] & 0x80 ? parse_extension(payload, len, &d) : 1;
    if (at == 0 || at >= len)
        return -EINVAL;
    d.len = (uint8_t)at;
    d.frame_start = d.start && d.partition == 0;
    if (d.frame_start)
        parse_frame(payload + at, len - at, &d);
    *out = d;
    return 0;
}

void hop_vp8_rewrite(uint8_t *payload, const struct hop_vp8_desc *desc, uint16_t picture,
                     uint8_t tl0)
{
    if (desc->picture_bits == 15)
        hop_put16(payload + desc->picture_at, (uint16_t)(0x8000 | (picture & 0x7fff)));
    else if (desc->picture_bits == 7)
        payload[desc->picture_at] = picture & 0x7f;
    if (desc->has_tl0)
        payload[desc->tl0_at] = tl0;
}

/* ---- continuity ---------------------------------------------------------------------------------
 */

enum { CYCLE = 0x8000 };

/* The PictureID without wrap, nearest to the newest; the first is lifted by one cycle. */
static uint64_t unwrap(const struct hop_vp8_map *map, const struct hop_vp8_desc *desc)
{
    if (!map->bound)
        return CYCLE + (uint64_t)desc->picture;
    uint32_t cycle = 1u << desc->picture_bits;
    uint64_t newest = map->next_in - 1;
    uint32_t ahead = (desc->picture - (uint32_t)newest) & (cycle - 1);
    if (ahead < cycle / 2)
        return newest + ahead;
    uint32_t behind = cycle - ahead;
    return newest > behind ? newest - behind : 0;
}

static void set_usable(struct hop_vp8_map *map, uint64_t in, bool usable)
{
    uint64_t bit = UINT64_C(1) << (in % HOP_VP8_WINDOW);
    map->unusable = usable ? map->unusable & ~bit : map->unusable | bit;
}

/* Gives ids to all of the source's frames before `end` that have none. */
static void number_until(struct hop_vp8_map *map, uint64_t end)
{
    uint64_t n = end - map->next_in;
    uint64_t skip = n > HOP_VP8_WINDOW ? n - HOP_VP8_WINDOW : 0;
    for (uint64_t i = skip; i < n; i++) {
        uint64_t in = map->next_in + i;
        map->out[in % HOP_VP8_WINDOW] = (uint16_t)((map->newest_out + 1 + i) & 0x7fff);
        set_usable(map, in, true);
    }
    map->newest_out = (uint16_t)((map->newest_out + n) & 0x7fff);
    map->next_in = end;
}

static void bind(struct hop_vp8_map *map, const struct hop_vp8_desc *desc)
{
    map->first_in = map->next_in = unwrap(map, desc);
    map->tl0_shift = (uint8_t)(map->newest_tl0 + 1 - desc->tl0);
    map->bound = true;
}

void hop_vp8_map_init(struct hop_vp8_map *map, uint16_t first_picture, uint8_t first_tl0)
{
    memset(map, 0, sizeof *map);
    map->newest_out = (uint16_t)(first_picture - 1) & 0x7fff;
    map->newest_tl0 = (uint8_t)(first_tl0 - 1);
}

void hop_vp8_map_switch(struct hop_vp8_map *map)
{
    map->bound = false;
}

static bool in_window(const struct hop_vp8_map *map, uint64_t in)
{
    return in >= map->first_in && in < map->next_in && map->next_in - in <= HOP_VP8_WINDOW;
}

bool hop_vp8_map_in(struct hop_vp8_map *map, const struct hop_vp8_desc *desc, uint16_t *picture,
                    uint8_t *tl0)
{
    if (!map->bound)
        bind(map, desc);
    uint8_t tl0_out = (uint8_t)(desc->tl0 + map->tl0_shift);
    uint16_t picture_out = 0;
    if (desc->picture_bits) {
        uint64_t in = unwrap(map, desc);
        if (in >= map->next_in)
            number_until(map, in + 1);
        if (!in_window(map, in) || (map->unusable >> (in % HOP_VP8_WINDOW) & 1))
            return false;
        picture_out = map->out[in % HOP_VP8_WINDOW];
    }
    if (desc->has_tl0 && (uint8_t)(tl0_out - map->newest_tl0) < 0x80)
        map->newest_tl0 = tl0_out;
    *picture = picture_out;
    *tl0 = tl0_out;
    return true;
}

void hop_vp8_map_drop(struct hop_vp8_map *map, const struct hop_vp8_desc *desc)
{
    if (!map->bound || !desc->picture_bits)
        return;
    uint64_t in = unwrap(map, desc);
    if (in >= map->next_in) {
        number_until(map, in);
        map->next_in = in + 1;
    }
    if (in_window(map, in))
        set_usable(map, in, false);
}
