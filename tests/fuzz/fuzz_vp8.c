/* modules: hop_media_codec */
/* The input is a row of VP8 payloads, each behind a length byte: descriptor, rewriting and the
 * continuity of ids. */
#include "media/codec/vp8.h"

#include "media/codec/keyframe.h"

#include "tests/fuzz/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(struct hop_vp8_map *map, const uint8_t *payload, size_t len)
{
    struct hop_vp8_desc d, e;
    struct hop_codec_info info;
    int r = hop_vp8_parse(payload, len, &d);
    CHECK(hop_codec_probe(HOP_CODEC_VP8, payload, len, &info) == r);
    if (r != 0)
        return;
    CHECK(d.len < len && info.keyframe == d.keyframe);
    if (payload[0] == 0xff)
        hop_vp8_map_switch(map);
    if (payload[0] == 0xfe) {
        hop_vp8_map_drop(map, &d);
        return;
    }
    uint16_t picture;
    uint8_t tl0, copy[256];
    if (!hop_vp8_map_in(map, &d, &picture, &tl0))
        return;
    CHECK(picture <= 0x7fff);
    memcpy(copy, payload, len);
    hop_vp8_rewrite(copy, &d, picture, tl0);
    CHECK(hop_vp8_parse(copy, len, &e) == 0);
    CHECK(e.len == d.len && e.picture_bits == d.picture_bits && e.keyframe == d.keyframe);
    if (d.picture_bits == 15)
        CHECK(e.picture == picture);
    if (d.has_tl0)
        CHECK(e.tl0 == tl0);
    CHECK(memcmp(copy + d.len, payload + d.len, len - d.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_vp8_map map;
    hop_vp8_map_init(&map, 0x7ff0, 250);
    for (size_t at = 0; at < size;) {
        size_t len = data[at++];
        if (len > size - at)
            len = size - at;
        one(&map, data + at, len);
        at += len;
    }
    return 0;
}
