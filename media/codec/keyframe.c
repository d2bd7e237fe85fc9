/* The forwarder's view of a payload, whatever its codec (keyframe.h). */
#include "media/codec/keyframe.h"

#include "media/codec/av1.h"
#include "media/codec/h264.h"
#include "media/codec/opus.h"
#include "media/codec/vp8.h"
#include "media/codec/vp9.h"

#include <errno.h>

static int probe_vp8(const uint8_t *payload, size_t len, struct hop_codec_info *out)
{
    struct hop_vp8_desc d;
    if (hop_vp8_parse(payload, len, &d) != 0)
        return -EINVAL;
    *out = (struct hop_codec_info){
        .keyframe = d.keyframe,
        .frame_start = d.frame_start,
        .discardable = d.non_reference,
        .tid = d.tid,
        .width = d.width,
        .height = d.height,
    };
    return 0;
}

static int probe_h264(const uint8_t *payload, size_t len, struct hop_codec_info *out)
{
    struct hop_h264_info i;
    if (hop_h264_parse(payload, len, &i) != 0)
        return -EINVAL;
    *out = (struct hop_codec_info){
        .keyframe = i.keyframe,
        .frame_start = i.frame_start,
        .discardable = i.disposable,
        .width = i.width,
        .height = i.height,
    };
    return 0;
}

static int probe_vp9(const uint8_t *payload, size_t len, struct hop_codec_info *out)
{
    struct hop_vp9_desc d;
    if (hop_vp9_parse(payload, len, &d) != 0)
        return -EINVAL;
    *out = (struct hop_codec_info){ .keyframe = d.keyframe, .frame_start = d.begins, .tid = d.tid };
    if (d.n_spatial > 0) {
        out->width = d.width[d.n_spatial - 1];
        out->height = d.height[d.n_spatial - 1];
    }
    return 0;
}

static int probe_av1(const uint8_t *payload, size_t len, struct hop_codec_info *out)
{
    struct hop_av1_info i;
    if (hop_av1_parse(payload, len, &i) != 0)
        return -EINVAL;
    *out = (struct hop_codec_info){ .keyframe = i.keyframe,
                                    .frame_start = !i.continues,
                                    .tid = i.tid,
                                    .width = i.width,
                                    .height = i.height };
    return 0;
}

static int probe_opus(const uint8_t *payload, size_t len, struct hop_codec_info *out)
{
    struct hop_opus_info i;
    if (hop_opus_parse(payload, len, &i) != 0)
        return -EINVAL;
    *out = (struct hop_codec_info){ .keyframe = true, .frame_start = true };
    return 0;
}

int hop_codec_probe(enum hop_codec codec, const uint8_t *payload, size_t len,
                    struct hop_codec_info *out)
{
    switch (codec) {
    case HOP_CODEC_VP8:
        return probe_vp8(payload, len, out);
    case HOP_CODEC_H264:
        return probe_h264(payload, len, out);
    case HOP_CODEC_OPUS:
        return probe_opus(payload, len, out);
    case HOP_CODEC_VP9:
        return probe_vp9(payload, len, out);
    case HOP_CODEC_AV1:
        return probe_av1(payload, len, out);
    case HOP_CODEC_NONE:
        break;
    }
    return -EINVAL;
}

uint32_t hop_codec_clock_hz(enum hop_codec codec)
{
    return codec == HOP_CODEC_OPUS ? 48000 : 90000;
}
