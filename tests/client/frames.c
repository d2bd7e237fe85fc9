/* See frames.h. */
#include "tests/client/frames.h"

#include "media/codec/h264.h"
#include "media/codec/vp8.h"
#include "media/rtp/seq.h"

#define PATIENCE_US ((int64_t)1000000)

static struct hop_client_frames_slot *slot_at(struct hop_client_frames *f, uint64_t seq)
{
    struct hop_client_frames_slot *s = &f->slots[seq % HOP_CLIENT_FRAME_WINDOW];
    return s->seq == seq ? s : NULL;
}

static bool read_vp8(struct hop_client_frames_slot *s, const uint8_t *payload, size_t len)
{
    struct hop_vp8_desc d;
    if (hop_vp8_parse(payload, len, &d) != 0)
        return false;
    s->start = d.frame_start;
    s->key = d.keyframe;
    s->picture = d.picture;
    s->picture_bits = d.picture_bits;
    s->width = d.width;
    s->height = d.height;
    return true;
}

static bool read_h264(struct hop_client_frames_slot *s, const uint8_t *payload, size_t len)
{
    struct hop_h264_info i;
    if (hop_h264_parse(payload, len, &i) != 0)
        return false;
    s->start = i.frame_start;
    s->key = i.keyframe;
    s->width = i.width;
    s->height = i.height;
    return true;
}

static bool store(struct hop_client_frames *f, enum hop_codec codec, uint64_t seq,
                  uint32_t timestamp, bool marker, const uint8_t *payload, size_t len)
{
    struct hop_client_frames_slot s = { .seq = seq, .timestamp = timestamp, .marker = marker };
    s.empty = len == 0;
    bool ok = s.empty                   ? true
              : codec == HOP_CODEC_H264 ? read_h264(&s, payload, len)
                                        : read_vp8(&s, payload, len);
    if (!ok) {
        f->stats.malformed++;
        return false;
    }
    s.stamped = hop_client_stamp_read(payload, len, &s.stamp);
    f->slots[seq % HOP_CLIENT_FRAME_WINDOW] = s;
    return true;
}

static void note_source(struct hop_client_frames *f, const struct hop_client_frames_slot *s,
                        bool key)
{
    struct hop_client_stamp *was = &f->stats.stamp;
    if (f->stats.stamped && (was->tag != s->stamp.tag || was->source != s->stamp.source ||
                             was->layer != s->stamp.layer)) {
        f->stats.switches++;
        f->stats.bad_switches += !key;
    }
    f->stats.stamped = true;
    *was = s->stamp;
}

static void note_continuity(struct hop_client_frames *f, const struct hop_client_frames_slot *s)
{
    uint16_t mask = s->picture_bits == 15 ? 0x7fff : 0x7f;
    if (f->has_last) {
        if (s->picture_bits && f->last_picture_bits == s->picture_bits &&
            ((f->last_picture + 1) & mask) != s->picture)
            f->stats.picture_gaps++;
        if (hop_ts_diff(s->timestamp, f->last_timestamp) <= 0)
            f->stats.timestamp_breaks++;
    }
    f->has_last = true;
    f->last_timestamp = s->timestamp;
    f->last_picture = s->picture;
    f->last_picture_bits = s->picture_bits;
}

/* A whole frame from `first` to the packet with the marker. */
static void show(struct hop_client_frames *f, const struct hop_client_frames_slot *first,
                 const struct hop_client_frames_slot *last, int64_t now_us)
{
    struct hop_client_frames_stats *st = &f->stats;
    if (first->key)
        f->decodable = true;
    if (!f->decodable) {
        st->undecodable++;
        return;
    }
    note_continuity(f, first);
    if (last->stamped)
        note_source(f, last, first->key);
    if (first->key) {
        st->key_frames++;
        st->width = first->width;
        st->height = first->height;
    }
    st->frames++;
    if (!st->first_us)
        st->first_us = now_us;
    if (st->newest_us && now_us - st->newest_us > st->longest_gap_us)
        st->longest_gap_us = now_us - st->newest_us;
    st->newest_us = now_us;
}

/* Shows the frame that begins at f->next if it is whole. */
static bool advance(struct hop_client_frames *f, int64_t now_us)
{
    const struct hop_client_frames_slot *first = slot_at(f, f->next), *s = first;
    if (first && first->empty) {
        f->next++;
        return true;
    }
    if (!first || !first->start)
        return false;
    while (!s->marker || s->empty) {
        s = slot_at(f, s->seq + 1);
        if (!s || (!s->empty && s->timestamp != first->timestamp))
            return false;
    }
    show(f, first, s, now_us);
    f->next = s->seq + 1;
    return true;
}

/* Gives the hole up: goes on at the newest key frame behind it, else waits for one. */
static void give_up(struct hop_client_frames *f)
{
    f->stats.freezes++;
    f->decodable = false;
    f->has_last = false;
    f->hole_us = 0;
    for (uint64_t seq = f->next + 1; seq <= f->newest; seq++) {
        const struct hop_client_frames_slot *s = slot_at(f, seq);
        if (s && s->key && s->start) {
            f->next = seq;
            return;
        }
    }
    f->next = 0;
}

/* A packet of a later frame is here, so what is missing of the next one should be too. */
static bool hole_shows(struct hop_client_frames *f, uint32_t timestamp)
{
    const struct hop_client_frames_slot *first = slot_at(f, f->next);
    return f->newest > f->next && (!first || first->timestamp != timestamp);
}

bool hop_client_frames_packet(struct hop_client_frames *f, enum hop_codec codec, uint64_t ext_seq,
                              uint32_t timestamp, bool marker, const uint8_t *payload, size_t len,
                              int64_t now_us)
{
    if (f->next && ext_seq < f->next)
        return false;
    if (!store(f, codec, ext_seq, timestamp, marker, payload, len))
        return false;
    if (ext_seq > f->newest)
        f->newest = ext_seq;
    if (!f->next) {
        const struct hop_client_frames_slot *s = slot_at(f, ext_seq);
        if (!s->key || !s->start)
            return true;
        f->next = ext_seq;
    }
    while (advance(f, now_us))
        f->hole_us = 0;
    if (!f->hole_us && hole_shows(f, timestamp))
        f->hole_us = now_us;
    if (f->newest < f->next + HOP_CLIENT_FRAME_WINDOW / 2 &&
        (!f->hole_us || now_us - f->hole_us < PATIENCE_US))
        return false;
    give_up(f);
    return f->next == 0;
}
