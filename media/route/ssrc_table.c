/* SSRC table of one participant; see ssrc_table.h. Called for every packet by route.c, on the
 * room's worker thread. */
#include "media/route/ssrc_table.h"

#include <string.h>

static bool is_video(enum hop_source source)
{
    return source == HOP_SOURCE_CAMERA || source == HOP_SOURCE_SCREEN;
}

static uint8_t layers_of(const struct hop_track_desc *track)
{
    if (!is_video(track->source) || track->n_rids == 0)
        return 1;
    return track->n_rids < HOP_MAX_LAYERS ? track->n_rids : HOP_MAX_LAYERS;
}

static void add_stream(struct hop_ssrc_table *table, uint8_t track, uint8_t layer, bool repair,
                       uint32_t ssrc)
{
    table->streams[table->n_streams++] = (struct hop_ssrc_stream){
        .ssrc = ssrc,
        .track = track,
        .layer = layer,
        .repair = repair,
    };
}

void hop_ssrc_table_init(struct hop_ssrc_table *table, const struct hop_peer_desc *desc)
{
    memset(table, 0, sizeof(*table));
    table->ext = desc->ext;
    table->n_tracks = desc->n_tracks < HOP_MAX_TRACKS ? desc->n_tracks : HOP_MAX_TRACKS;
    for (uint8_t t = 0; t < table->n_tracks; t++) {
        table->tracks[t] = desc->tracks[t];
        const struct hop_track_desc *track = &table->tracks[t];
        uint8_t layers = layers_of(track);
        for (uint8_t l = 0; l < layers; l++) {
            bool announced = layers == 1;
            add_stream(table, t, l, false, announced ? track->ssrc : 0);
            if (is_video(track->source))
                add_stream(table, t, l, true, announced ? track->rtx_ssrc : 0);
        }
    }
}

static struct hop_ssrc_stream *by_ssrc(struct hop_ssrc_table *table, uint32_t ssrc)
{
    for (uint8_t i = 0; i < table->n_streams; i++)
        if (table->streams[i].ssrc == ssrc)
            return &table->streams[i];
    return NULL;
}

static int track_by_mid(const struct hop_ssrc_table *table, const char *mid)
{
    for (uint8_t t = 0; t < table->n_tracks; t++)
        if (strcmp(table->tracks[t].mid, mid) == 0)
            return t;
    return -1;
}

static int layer_by_rid(const struct hop_track_desc *track, const char *rid)
{
    if (rid[0] == '\0')
        return -1;
    for (uint8_t l = 0; l < layers_of(track); l++)
        if (strcmp(track->rids[l], rid) == 0)
            return l;
    return -1;
}

enum pt_use { PT_NONE, PT_MEDIA, PT_REPAIR };

static enum pt_use use_of_pt(const struct hop_track_desc *track, uint8_t pt)
{
    for (uint8_t c = 0; c < track->n_codecs; c++) {
        if (track->codecs[c].pt == pt)
            return PT_MEDIA;
        if (track->codecs[c].rtx_pt == pt && track->codecs[c].rtx_pt != 0xff)
            return PT_REPAIR;
    }
    return track->red_pt != 0 && track->red_pt == pt ? PT_MEDIA : PT_NONE;
}

/* The only track that uses this payload type; -1: none or several (RFC 8843 §9.2, last resort). */
static int track_by_pt(const struct hop_ssrc_table *table, uint8_t pt)
{
    int found = -1;
    for (uint8_t t = 0; t < table->n_tracks; t++) {
        if (use_of_pt(&table->tracks[t], pt) == PT_NONE)
            continue;
        if (found >= 0)
            return -1;
        found = t;
    }
    return found;
}

static struct hop_ssrc_stream *place_of(struct hop_ssrc_table *table, int track, int layer,
                                        bool repair)
{
    for (uint8_t i = 0; i < table->n_streams; i++) {
        struct hop_ssrc_stream *s = &table->streams[i];
        if (s->track == track && s->layer == layer && s->repair == repair)
            return s;
    }
    return NULL;
}

/* Which place of the table a packet with an unknown SSRC claims; NULL: none. */
static struct hop_ssrc_stream *claimed(struct hop_ssrc_table *table, const struct hop_ssrc_hints *h)
{
    int track = h->mid[0] ? track_by_mid(table, h->mid) : track_by_pt(table, h->pt);
    if (track < 0)
        return NULL;
    const struct hop_track_desc *desc = &table->tracks[track];
    enum pt_use use = use_of_pt(desc, h->pt);
    if (use == PT_NONE)
        return NULL;
    int layer = 0;
    if (layers_of(desc) > 1) {
        layer = layer_by_rid(desc, h->rrid[0] ? h->rrid : h->rid);
        if (layer < 0)
            return NULL;
    }
    return place_of(table, track, layer, use == PT_REPAIR);
}

enum hop_ssrc_result hop_ssrc_find(struct hop_ssrc_table *table, const struct hop_ssrc_hints *hints,
                                   int64_t now_us, const struct hop_ssrc_stream **out)
{
    if (hints->ssrc == 0)
        return HOP_SSRC_UNKNOWN;
    struct hop_ssrc_stream *stream = by_ssrc(table, hints->ssrc);
    if (stream) {
        *out = stream;
        return HOP_SSRC_KNOWN;
    }
    stream = claimed(table, hints);
    if (!stream)
        return HOP_SSRC_UNKNOWN;
    if (stream->learnt_us != 0 && now_us - stream->learnt_us < HOP_SSRC_RELEARN_US)
        return HOP_SSRC_UNKNOWN;
    stream->ssrc = hints->ssrc;
    stream->learnt_us = now_us;
    *out = stream;
    return HOP_SSRC_NEW;
}

const struct hop_ssrc_stream *hop_ssrc_lookup(const struct hop_ssrc_table *table, uint32_t ssrc)
{
    for (uint8_t i = 0; i < table->n_streams; i++)
        if (ssrc != 0 && table->streams[i].ssrc == ssrc)
            return &table->streams[i];
    return NULL;
}
