/* modules: hop_media_codec */
/* One input is one H.264 payload, and again one sequence parameter set, and one Opus packet. */
#include "media/codec/h264.h"
#include "media/codec/opus.h"

#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_h264_info i;
    if (hop_h264_parse(data, size, &i) == 0) {
        CHECK(!i.keyframe || i.frame_start);
        CHECK(!i.idr_start || i.idr);
        CHECK((i.width == 0) == (i.height == 0) && (i.width == 0 || i.sps));
    }
    uint16_t w, h;
    if (hop_h264_sps_size(data, size, &w, &h))
        CHECK(w > 0 && w <= 16384 && h > 0 && h <= 32768);
    struct hop_opus_info o;
    if (hop_opus_parse(data, size, &o) == 0)
        CHECK(o.frames > 0 && o.samples > 0 && o.samples <= 5760 &&
              o.samples == o.frames * o.frame_samples);
    return 0;
}
