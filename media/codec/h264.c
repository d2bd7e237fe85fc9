/* H.264 payload structures of RFC 6184 (h264.h). The sequence parameter set is read in
 * h264_sps.c. */
#include "media/codec/h264.h"

#include "media/base/bytes.h"

#include <errno.h>

enum { NAL_SLICE = 1, NAL_PARTITION_A = 2, NAL_IDR = 5, NAL_SEI = 6, NAL_SPS = 7, NAL_PPS = 8 };
enum { NAL_DELIMITER = 9, NAL_STAP_A = 24, NAL_FU_A = 28 };

/* One NAL unit, or its beginning: `type` may come from an FU header. `body` is what follows the
 * header byte. */
static void note_unit(struct hop_h264_info *info, uint8_t type, uint8_t ref_idc,
                      const uint8_t *body, size_t len, bool begins)
{
    /* first_mb_in_slice is the first Exp-Golomb number of a slice: one set bit says 0. */
    bool first_slice = begins && len > 0 && (body[0] & 0x80);
    if (ref_idc)
        info->disposable = false;
    switch (type) {
    case NAL_IDR:
        info->idr = true;
        info->idr_start |= first_slice;
        info->frame_start |= first_slice;
        break;
    case NAL_SLICE:
    case NAL_PARTITION_A:
        info->frame_start |= first_slice;
        break;
    case NAL_SPS:
        info->sps |= begins;
        info->frame_start |= begins;
        break;
    case NAL_PPS:
        info->pps |= begins;
        info->frame_start |= begins;
        break;
    case NAL_SEI:
    case NAL_DELIMITER:
        info->frame_start |= begins;
        break;
    default:
        break;
    }
}

static void note_whole(struct hop_h264_info *info, const uint8_t *nal, size_t len)
{
    note_unit(info, nal[0] & 0x1f, nal[0] >> 5 & 3, nal + 1, len - 1, true);
    if ((nal[0] & 0x1f) == NAL_SPS)
        (void)hop_h264_sps_size(nal, len, &info->width, &info->height);
}

static bool parse_stap(const uint8_t *p, size_t len, struct hop_h264_info *info)
{
    size_t at = 1;
    if (at >= len)
        return false;
    while (at < len) {
        if (len - at < 2)
            return false;
        size_t size = hop_get16(p + at);
        at += 2;
        if (size == 0 || size > len - at)
            return false;
        note_whole(info, p + at, size);
        at += size;
    }
    return true;
}

static bool parse_fu(const uint8_t *p, size_t len, struct hop_h264_info *info)
{
    if (len < 3)
        return false;
    bool begins = p[1] & 0x80, ends = p[1] & 0x40;
    /* §5.8: a unit in one fragment is not to be fragmented. */
    if (begins && ends)
        return false;
    note_unit(info, p[1] & 0x1f, p[0] >> 5 & 3, p + 2, len - 2, begins);
    return true;
}

int hop_h264_parse(const uint8_t *payload, size_t len, struct hop_h264_info *out)
{
    if (len == 0)
        return -EINVAL;
    struct hop_h264_info info = { .disposable = true };
    uint8_t type = payload[0] & 0x1f;
    bool good = true;
    if (type >= 1 && type < NAL_STAP_A)
        note_whole(&info, payload, len);
    else if (type == NAL_STAP_A)
        good = parse_stap(payload, len, &info);
    else if (type == NAL_FU_A)
        good = parse_fu(payload, len, &info);
    else
        good = false;
    if (!good)
        return -EINVAL;
    info.keyframe = info.sps || info.idr_start;
    *out = info;
    return 0;
}
