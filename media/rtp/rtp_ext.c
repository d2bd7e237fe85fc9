/* Elements of the RTP header extension block and what hop reads from them.
 * RFC 8285 §4.2 (one-byte), §4.3 (two-byte); RFC 6464, 6465, 8852, 9143. */
#include "media/rtp/rtp.h"

#include "media/base/bytes.h"

#include <string.h>

struct hop_rtp_ext_iter hop_rtp_ext_begin(const uint8_t *packet, const struct hop_rtp_view *view)
{
    struct hop_rtp_ext_iter iter = { 0 };
    bool one_byte = view->ext_profile == 0xbede;
    iter.two_byte = view->ext_profile >> 4 == 0x100;
    if (view->ext_len && (one_byte || iter.two_byte)) {
        iter.at = packet + view->ext_offset;
        iter.end = iter.at + view->ext_len;
    }
    return iter;
}

static bool end_here(struct hop_rtp_ext_iter *iter)
{
    iter->at = iter->end;
    return false;
}

bool hop_rtp_ext_next(struct hop_rtp_ext_iter *iter, struct hop_rtp_ext *out)
{
    while (iter->at < iter->end && *iter->at == 0)
        iter->at++;
    size_t left = (size_t)(iter->end - iter->at);
    size_t head = iter->two_byte ? 2 : 1;
    if (left < head)
        return end_here(iter);
    uint8_t id, len;
    if (iter->two_byte) {
        id = iter->at[0];
        len = iter->at[1];
    } else {
        id = iter->at[0] >> 4;
        len = (uint8_t)((iter->at[0] & 0x0f) + 1);
        /* Id 15 ends the block; id 0 with a length is malformed and ends it, too. */
        if (id == 15 || id == 0)
            return end_here(iter);
    }
    if (len > left - head)
        return end_here(iter);
    *out = (struct hop_rtp_ext){ .id = id, .len = len, .data = iter->at + head };
    iter->at += head + len;
    return true;
}

bool hop_rtp_ext_find(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                      struct hop_rtp_ext *out)
{
    if (id == 0)
        return false;
    struct hop_rtp_ext_iter iter = hop_rtp_ext_begin(packet, view);
    struct hop_rtp_ext ext;
    while (hop_rtp_ext_next(&iter, &ext)) {
        if (ext.id == id) {
            *out = ext;
            return true;
        }
    }
    return false;
}

/* ---- one element's content ---------------------------------------------------------------------
 */

static bool read_token(const struct hop_rtp_ext *ext, char out[HOP_MAX_MID + 1])
{
    /* Some senders fill up with NULs. */
    size_t len = strnlen((const char *)ext->data, ext->len);
    if (len == 0 || len > HOP_MAX_MID)
        return false;
    for (size_t i = 0; i < len; i++)
        if (ext->data[i] <= ' ' || ext->data[i] > '~')
            return false;
    memcpy(out, ext->data, len);
    out[len] = '\0';
    return true;
}

static bool read_level(const struct hop_rtp_ext *ext, bool *voice, uint8_t *level)
{
    if (ext->len < 1)
        return false;
    *voice = ext->data[0] >> 7;
    *level = ext->data[0] & 0x7f;
    return true;
}

static bool read_abs_send_time(const struct hop_rtp_ext *ext, uint32_t *out)
{
    if (ext->len != 3)
        return false;
    *out = hop_get24(ext->data);
    return true;
}

static bool read_twcc(const struct hop_rtp_ext *ext, uint16_t *out)
{
    /* Version 2 of the extension has two more bytes, a feedback request; the number is the same. */
    if (ext->len != 2 && ext->len != 4)
        return false;
    *out = hop_get16(ext->data);
    return true;
}

void hop_rtp_read_exts(const uint8_t *packet, const struct hop_rtp_view *view,
                       const struct hop_ext_ids *ids, struct hop_rtp_exts *out)
{
    *out = (struct hop_rtp_exts){ .audio_level = 127 };
    struct hop_rtp_ext_iter iter = hop_rtp_ext_begin(packet, view);
    struct hop_rtp_ext ext;
    /* An element's id is never 0, so what was not negotiated matches nothing. */
    while (hop_rtp_ext_next(&iter, &ext)) {
        if (ext.id == ids->twcc)
            out->has_twcc = read_twcc(&ext, &out->twcc_seq);
        else if (ext.id == ids->audio_level)
            out->has_audio_level = read_level(&ext, &out->voice, &out->audio_level);
        else if (ext.id == ids->abs_send_time)
            out->has_abs_send_time = read_abs_send_time(&ext, &out->abs_send_time);
        else if (ext.id == ids->mid)
            (void)read_token(&ext, out->mid);
        else if (ext.id == ids->rid)
            (void)read_token(&ext, out->rid);
        else if (ext.id == ids->rrid)
            (void)read_token(&ext, out->rrid);
    }
}

bool hop_rtp_get_token(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                       char out[HOP_MAX_MID + 1])
{
    struct hop_rtp_ext ext;
    return hop_rtp_ext_find(packet, view, id, &ext) && read_token(&ext, out);
}

bool hop_rtp_get_audio_level(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                             bool *voice, uint8_t *level)
{
    struct hop_rtp_ext ext;
    return hop_rtp_ext_find(packet, view, id, &ext) && read_level(&ext, voice, level);
}

bool hop_rtp_get_abs_send_time(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                               uint32_t *out)
{
    struct hop_rtp_ext ext;
    return hop_rtp_ext_find(packet, view, id, &ext) && read_abs_send_time(&ext, out);
}

bool hop_rtp_get_twcc(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                      uint16_t *out)
{
    struct hop_rtp_ext ext;
    return hop_rtp_ext_find(packet, view, id, &ext) && read_twcc(&ext, out);
}

size_t hop_rtp_get_mix_levels(const uint8_t *packet, const struct hop_rtp_view *view, uint8_t id,
                              uint8_t out[HOP_RTP_MAX_CSRC])
{
    struct hop_rtp_ext ext;
    if (!hop_rtp_ext_find(packet, view, id, &ext))
        return 0;
    size_t n = ext.len < HOP_RTP_MAX_CSRC ? ext.len : HOP_RTP_MAX_CSRC;
    for (size_t i = 0; i < n; i++)
        out[i] = ext.data[i] & 0x7f;
    return n;
}
