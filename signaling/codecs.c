/* Codecs by who is there: see codecs.h. Control thread. */
#include "signaling/codecs.h"

#include "signaling/events.h"

static const char *const names[] = {
    [HOP_CODEC_VP8] = "VP8",
    [HOP_CODEC_H264] = "H264",
    [HOP_CODEC_VP9] = "VP9",
    [HOP_CODEC_AV1] = "AV1",
};

enum { CODECS = G_N_ELEMENTS(names) };

static const struct hop_track_desc *track_of(const struct hop_participant *p,
                                             enum hop_source source)
{
    for (size_t i = 0; p->desc != NULL && i < p->desc->n_tracks; i++) {
        if (p->desc->tracks[i].source == source)
            return &p->desc->tracks[i];
    }
    return NULL;
}

static enum hop_codec first_of(const struct hop_track_desc *track)
{
    return track != NULL && track->n_codecs > 0 ? track->codecs[0].codec : HOP_CODEC_NONE;
}

static bool decodes(const struct hop_participant *p, enum hop_codec codec)
{
    for (size_t s = 0; p->desc != NULL && s < p->desc->n_slots; s++) {
        for (size_t c = 0; c < p->desc->slots[s].n_codecs; c++) {
            if (p->desc->slots[s].codecs[c].codec == codec)
                return true;
        }
    }
    return false;
}

void hop_codecs_reset(struct hop_participant *p)
{
    p->codecs[HOP_SOURCE_CAMERA] = first_of(track_of(p, HOP_SOURCE_CAMERA));
    p->codecs[HOP_SOURCE_SCREEN] = first_of(track_of(p, HOP_SOURCE_SCREEN));
}

/* `able`: how many of the room decode each codec. */
static enum hop_codec choose(const struct hop_participant *p, const struct hop_track_desc *track,
                             const int able[CODECS])
{
    enum hop_codec best = HOP_CODEC_NONE;
    int most = -1;
    for (size_t i = 0; i < track->n_codecs; i++) {
        enum hop_codec codec = track->codecs[i].codec;
        int others = able[codec] - (decodes(p, codec) ? 1 : 0);
        if (others > most) {
            best = codec;
            most = others;
        }
    }
    return best;
}

static void tell(const struct hop_participant *p, enum hop_source source)
{
    if (p->session != NULL)
        hop_session_event(p->session, "codec",
                          json_pack("{s:s,s:s}", "source", hop_source_name(source), "codec",
                                    names[p->codecs[source]]));
}

static void settle_one(struct hop_participant *p, enum hop_source source, const int able[CODECS])
{
    const struct hop_track_desc *track = track_of(p, source);
    if (first_of(track) == HOP_CODEC_NONE)
        return;
    enum hop_codec codec = choose(p, track, able);
    if (codec == p->codecs[source])
        return;
    p->codecs[source] = codec;
    tell(p, source);
}

void hop_codecs_settle(const struct hop_room *room)
{
    int able[CODECS] = { 0 };
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        for (int codec = HOP_CODEC_VP8; codec < CODECS; codec++)
            able[codec] += decodes(p, (enum hop_codec)codec);
    }
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        settle_one(p, HOP_SOURCE_CAMERA, able);
        settle_one(p, HOP_SOURCE_SCREEN, able);
    }
}

void hop_codecs_again(struct hop_participant *p)
{
    static const enum hop_source sources[] = { HOP_SOURCE_CAMERA, HOP_SOURCE_SCREEN };
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        enum hop_codec first = first_of(track_of(p, sources[i]));
        if (first != HOP_CODEC_NONE && p->codecs[sources[i]] != first)
            tell(p, sources[i]);
    }
}
