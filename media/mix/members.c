/* What the mixer is told of a room's participants; see members.h. Mix thread. */
#include "media/mix/members.h"

#include <stdlib.h>

enum { FIRST = 8 };

void hop_members_clear(struct hop_members *members)
{
    free(members->table);
    *members = (struct hop_members){ 0 };
}

struct hop_member hop_members_of(const struct hop_members *members, uint32_t peer)
{
    return peer < members->n ? members->table[peer] : (struct hop_member){ 0 };
}

struct hop_member *hop_members_at(struct hop_members *members, uint32_t peer)
{
    size_t n = members->n ? members->n : FIRST;

    if (peer >= HOP_MAX_PEERS)
        return NULL;
    while (n <= peer)
        n *= 2;
    if (n > members->n) {
        struct hop_member *table = realloc(members->table, n * sizeof(*table));
        if (!table)
            return NULL;
        for (size_t i = members->n; i < n; i++)
            table[i] = (struct hop_member){ 0 };
        members->table = table;
        members->n = n;
    }
    return &members->table[peer];
}

void hop_members_forget(struct hop_members *members, uint32_t peer)
{
    if (peer < members->n)
        members->table[peer] = (struct hop_member){ 0 };
}

uint16_t hop_members_loss(const struct hop_members *members, uint16_t hall, uint32_t peer)
{
    uint16_t worst = 0;

    if (hall == 0)
        return hop_members_of(members, peer).loss;
    for (size_t i = 0; i < members->n; i++)
        if (members->table[i].hall == hall && members->table[i].loss > worst)
            worst = members->table[i].loss;
    return worst;
}

unsigned hop_members_variants(const struct hop_members *members, uint16_t hall, uint32_t peer)
{
    unsigned mask = 0;

    if (hall == 0)
        return 1u << hop_variant_for(hop_members_of(members, peer).loss);
    for (size_t i = 0; i < members->n; i++)
        if (members->table[i].hall == hall)
            mask |= 1u << hop_variant_for(members->table[i].loss);
    return mask;
}

uint16_t hop_members_worst(const struct hop_members *members)
{
    uint16_t worst = 0;

    for (size_t i = 0; i < members->n; i++)
        if (members->table[i].loss > worst)
            worst = members->table[i].loss;
    return worst;
}
