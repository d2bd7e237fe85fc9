/* Unwrapping of sequence numbers and timestamps, and the map from sources' numbers to one outgoing
 * stream's (seq.h). */
#include "media/rtp/seq.h"

#include <string.h>

/* ---- unwrapping ---------------------------------------------------------------------------------
 */

static uint64_t nearest16(uint64_t newest, uint16_t seq)
{
    if (newest == 0)
        return 0x10000u + (uint64_t)seq;
    int64_t diff = hop_seq_diff(seq, (uint16_t)newest);
    return newest + (uint64_t)diff;
}

static uint64_t nearest32(uint64_t newest, uint32_t timestamp)
{
    if (newest == 0)
        return 0x100000000u + (uint64_t)timestamp;
    int64_t diff = hop_ts_diff(timestamp, (uint32_t)newest);
    return newest + (uint64_t)diff;
}

uint64_t hop_seq_peek(const struct hop_seq_unwrap *u, uint16_t seq)
{
    return nearest16(u->newest, seq);
}

uint64_t hop_seq_unwrap(struct hop_seq_unwrap *u, uint16_t seq)
{
    uint64_t ext = nearest16(u->newest, seq);
    if (ext > u->newest)
        u->newest = ext;
    return ext;
}

uint64_t hop_ts_peek(const struct hop_ts_unwrap *u, uint32_t timestamp)
{
    return nearest32(u->newest, timestamp);
}

uint64_t hop_ts_unwrap(struct hop_ts_unwrap *u, uint32_t timestamp)
{
    uint64_t ext = nearest32(u->newest, timestamp);
    if (ext > u->newest)
        u->newest = ext;
    return ext;
}

/* ---- the map ------------------------------------------------------------------------------------
 */

static void set_usable(struct hop_seq_map *map, uint64_t in, bool usable)
{
    uint64_t bit = UINT64_C(1) << (in % 64);
    uint64_t *word = &map->unusable[in % HOP_SEQ_WINDOW / 64];
    *word = usable ? *word & ~bit : *word | bit;
}

static bool is_usable(const struct hop_seq_map *map, uint64_t in)
{
    return !(map->unusable[in % HOP_SEQ_WINDOW / 64] >> (in % 64) & 1);
}

/* Gives numbers to all of the source's packets before `end` that have none. */
static void number_until(struct hop_seq_map *map, uint64_t end)
{
    uint64_t n = end - map->next_in;
    uint64_t skip = n > HOP_SEQ_WINDOW ? n - HOP_SEQ_WINDOW : 0;
    for (uint64_t i = skip; i < n; i++) {
        uint64_t in = map->next_in + i;
        map->out[in % HOP_SEQ_WINDOW] = (uint16_t)(map->newest_out + 1 + i);
        set_usable(map, in, true);
    }
    map->newest_out = (uint16_t)(map->newest_out + n);
    map->next_in = end;
}

void hop_seq_map_init(struct hop_seq_map *map, uint16_t first_out)
{
    memset(map, 0, sizeof *map);
    map->newest_out = (uint16_t)(first_out - 1);
}

void hop_seq_map_switch(struct hop_seq_map *map, uint64_t first_in)
{
    map->bound = true;
    map->first_in = first_in;
    map->next_in = first_in;
}

/* Has a number been kept for it, and is it still known? */
static bool in_window(const struct hop_seq_map *map, uint64_t in)
{
    return in >= map->first_in && in < map->next_in && map->next_in - in <= HOP_SEQ_WINDOW;
}

bool hop_seq_map_in(struct hop_seq_map *map, uint64_t in, uint16_t *out)
{
    if (!map->bound)
        hop_seq_map_switch(map, in);
    if (in >= map->next_in)
        number_until(map, in + 1);
    if (!in_window(map, in) || !is_usable(map, in))
        return false;
    *out = map->out[in % HOP_SEQ_WINDOW];
    return true;
}

void hop_seq_map_drop(struct hop_seq_map *map, uint64_t in)
{
    if (!map->bound)
        return;
    if (in >= map->next_in) {
        number_until(map, in);
        map->next_in = in + 1;
    }
    if (in_window(map, in))
        set_usable(map, in, false);
}

uint16_t hop_seq_map_own(struct hop_seq_map *map)
{
    return ++map->newest_out;
}
