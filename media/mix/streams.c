/* The streams of a room by peer and source; see streams.h. Mix thread. */
#include "media/mix/streams.h"

#include "media/mix/talker.h"

#include <stdlib.h>

int hop_streams_index(uint32_t peer, enum hop_source source)
{
    if (peer >= HOP_MAX_PEERS)
        return -1;
    if (source == HOP_SOURCE_MICROPHONE)
        return (int)peer * HOP_STREAM_KINDS;
    if (source == HOP_SOURCE_SCREEN_AUDIO)
        return (int)peer * HOP_STREAM_KINDS + 1;
    return -1;
}

struct hop_talker *hop_streams_of(const struct hop_streams *streams, uint32_t peer, int kind)
{
    size_t index = (size_t)peer * HOP_STREAM_KINDS + (size_t)kind;
    return index < streams->n ? streams->table[index] : NULL;
}

struct hop_talker *hop_streams_at(const struct hop_streams *streams, int index)
{
    return (size_t)index < streams->n ? streams->table[index] : NULL;
}

static bool grow(struct hop_streams *streams, size_t need)
{
    size_t n = streams->n ? streams->n : 8;
    if (need <= streams->n)
        return true;
    while (n < need)
        n *= 2;
    struct hop_talker **table = realloc(streams->table, n * sizeof(struct hop_talker *));
    if (!table)
        return false;
    for (size_t i = streams->n; i < n; i++)
        table[i] = NULL;
    streams->table = table;
    streams->n = n;
    return true;
}

struct hop_talker *hop_streams_get(struct hop_streams *streams, int index)
{
    if (!grow(streams, (size_t)index + 1))
        return NULL;
    struct hop_talker **at = &streams->table[index];
    if (!*at && hop_talker_new(streams->jitter_ms, &streams->voices, at) < 0)
        return NULL;
    return *at;
}

void hop_streams_remove(struct hop_streams *streams, int index)
{
    if (index < 0 || (size_t)index >= streams->n)
        return;
    hop_talker_free(streams->table[index]);
    streams->table[index] = NULL;
}

void hop_streams_clear(struct hop_streams *streams)
{
    for (size_t i = 0; i < streams->n; i++)
        hop_talker_free(streams->table[i]);
    free(streams->table);
    streams->table = NULL;
    streams->n = 0;
    hop_voices_clear(&streams->voices);
}
