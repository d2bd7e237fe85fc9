/* modules: hop_media_codec */
/* VP9 (first byte even) and AV1 (odd): descriptors and headers of one payload. */
#include "media/codec/av1.h"
#include "media/codec/keyframe.h"
#include "media/codec/vp9.h"

#include "tests/fuzz/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void vp9(const uint8_t *payload, size_t len)
{
    struct hop_vp9_desc d, e;
    if (hop_vp9_parse(payload, len, &d) != 0)
        return;
    CHECK(d.len < len && d.n_spatial <= HOP_VP9_SPATIAL && d.n_diffs <= 3);
    uint8_t *copy = malloc(len);
    memcpy(copy, payload, len);
    hop_vp9_rewrite(copy, &d, 0x2b5a, 0x77);
    CHECK(hop_vp9_parse(copy, len, &e) == 0);
    CHECK(e.len == d.len && e.keyframe == d.keyframe && e.picture_bits == d.picture_bits);
    CHECK(d.picture_bits != 15 || e.picture == 0x2b5a);
    CHECK(d.picture_bits != 7 || e.picture == 0x5a);
    CHECK(!d.has_tl0 || e.tl0 == 0x77);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_av1_info info;
    struct hop_codec_info probe;
    if (size == 0)
        return 0;
    bool av1 = data[0] & 1;
    uint8_t *payload = malloc(size);
    memcpy(payload, data + 1, size - 1);
    if (av1) {
        int r = hop_av1_parse(payload, size - 1, &info);
        CHECK(hop_codec_probe(HOP_CODEC_AV1, payload, size - 1, &probe) == r);
        CHECK(r != 0 || !info.keyframe || !info.continues);
    } else {
        vp9(payload, size - 1);
    }
    free(payload);
    return 0;
}
