/* The picture size in a sequence parameter set: ITU-T H.264 §7.3.2.1.1 (syntax), §7.4.2.1.1
 * (cropping), §7.3.1 (emulation prevention), §9.1 (Exp-Golomb). Called by h264.c. */
#include "media/codec/h264.h"

/* Bits of a NAL unit's body. Past the end it delivers zeros and remembers it. */
struct bits {
    const uint8_t *at, *end;
    unsigned zeros; /* zero bytes in a row before *at */
    uint8_t byte;
    unsigned left; /* bits of byte not yet read */
    bool cut;
};

static unsigned read_bit(struct bits *b)
{
    if (b->left == 0) {
        if (b->zeros >= 2 && b->at < b->end && *b->at == 3) {
            b->at++;
            b->zeros = 0;
        }
        if (b->at >= b->end) {
            b->cut = true;
            return 0;
        }
        b->byte = *b->at++;
        b->zeros = b->byte ? 0 : b->zeros + 1;
        b->left = 8;
    }
    b->left--;
    return ((unsigned)b->byte >> b->left) & 1u;
}

static uint32_t read_bits(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 1 | read_bit(b);
    return v;
}

/* ue(v), up to 2^31 - 2; more is not in any field we read. */
static uint32_t read_ue(struct bits *b)
{
    unsigned zeros = 0;
    while (!b->cut && zeros < 32 && read_bit(b) == 0)
        zeros++;
    if (zeros > 30)
        b->cut = true;
    return b->cut ? 0 : (1u << zeros) - 1 + read_bits(b, zeros);
}

static int32_t read_se(struct bits *b)
{
    uint32_t v = read_ue(b);
    return v & 1 ? (int32_t)(v / 2 + 1) : -(int32_t)(v / 2);
}

static void skip_scaling_list(struct bits *b, unsigned size)
{
    int32_t last = 8, next = 8;
    for (unsigned i = 0; i < size && !b->cut; i++) {
        if (next != 0)
            next = (int32_t)(((int64_t)last + read_se(b) + 256) % 256);
        last = next == 0 ? last : next;
    }
}

/* Profiles that have the chroma fields (§7.3.2.1.1). */
static bool is_high(uint32_t profile)
{
    static const uint8_t high[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };
    for (unsigned i = 0; i < sizeof high; i++)
        if (high[i] == profile)
            return true;
    return false;
}

struct chroma {
    uint32_t format; /* chroma_format_idc */
    bool planes;     /* separate_colour_plane_flag */
};

static struct chroma read_high(struct bits *b)
{
    struct chroma c = { .format = read_ue(b) };
    if (c.format == 3)
        c.planes = read_bit(b);
    read_ue(b); /* bit_depth_luma_minus8 */
    read_ue(b); /* bit_depth_chroma_minus8 */
    read_bit(b);
    if (read_bit(b)) { /* seq_scaling_matrix_present_flag */
        for (unsigned i = 0; i < (c.format == 3 ? 12u : 8u); i++)
            if (read_bit(b))
                skip_scaling_list(b, i < 6 ? 16 : 64);
    }
    return c;
}

static void skip_poc(struct bits *b)
{
    uint32_t type = read_ue(b);
    if (type == 0) {
        read_ue(b);
    } else if (type == 1) {
        read_bit(b);
        read_se(b);
        read_se(b);
        uint32_t n = read_ue(b);
        for (uint32_t i = 0; i < n && i < 256 && !b->cut; i++)
            read_se(b);
    }
}

/* Luma samples that one unit of the cropping rectangle stands for (table 6-1, §7.4.2.1.1). */
static void crop_unit(struct chroma c, bool frame_mbs_only, uint32_t *x, uint32_t *y)
{
    bool halved = !c.planes && c.format != 0;
    *x = halved && c.format < 3 ? 2 : 1;
    *y = (halved && c.format == 1 ? 2u : 1u) * (frame_mbs_only ? 1u : 2u);
}

bool hop_h264_sps_size(const uint8_t *nal, size_t len, uint16_t *width, uint16_t *height)
{
    enum { MAX_MBS = 1024 }; /* 16384 pixels */
    if (len < 4)
        return false;
    struct bits b = { .at = nal + 1, .end = nal + len };
    uint32_t profile = read_bits(&b, 8);
    read_bits(&b, 16); /* constraint flags, level */
    read_ue(&b);       /* seq_parameter_set_id */
    struct chroma c = { .format = 1 };
    if (is_high(profile))
        c = read_high(&b);
    read_ue(&b); /* log2_max_frame_num_minus4 */
    skip_poc(&b);
    read_ue(&b); /* max_num_ref_frames */
    read_bit(&b);
    uint32_t mbs_x = read_ue(&b) + 1, units_y = read_ue(&b) + 1;
    bool frame_mbs_only = read_bit(&b);
    if (!frame_mbs_only)
        read_bit(&b);
    read_bit(&b); /* direct_8x8_inference_flag */
    if (b.cut || c.format > 3 || mbs_x > MAX_MBS || units_y > MAX_MBS)
        return false;
    uint32_t w = mbs_x * 16, h = units_y * 16 * (frame_mbs_only ? 1 : 2);
    if (read_bit(&b)) {
        uint32_t x, y;
        crop_unit(c, frame_mbs_only, &x, &y);
        uint64_t left = read_ue(&b), right = read_ue(&b), top = read_ue(&b), bottom = read_ue(&b);
        if ((left + right) * x >= w || (top + bottom) * y >= h)
            return false;
        w -= (uint32_t)(left + right) * x;
        h -= (uint32_t)(top + bottom) * y;
    }
    if (b.cut)
        return false;
    *width = (uint16_t)w;
    *height = (uint16_t)h;
    return true;
}
