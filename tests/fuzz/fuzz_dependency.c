/* modules: hop_media_rtp */
/* The input is a row of dependency descriptors, each behind a length byte: what was read is written
 * again and must read the same. */
#include "media/rtp/dependency.h"

#include "tests/fuzz/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct hop_dd *a, const struct hop_dd *b, unsigned n_chains)
{
    return a->start == b->start && a->end == b->end && a->frame == b->frame && a->dtis == b->dtis &&
           a->n_fdiffs == b->n_fdiffs &&
           memcmp(a->fdiffs, b->fdiffs, a->n_fdiffs * sizeof(a->fdiffs[0])) == 0 &&
           memcmp(a->chains, b->chains, n_chains) == 0 && a->spatial == b->spatial &&
           a->temporal == b->temporal && (!a->has_active || a->active == b->active);
}

static void one(struct hop_dd_structure *known, bool *any, const uint8_t *data, size_t len)
{
    struct hop_dd dd, again;
    struct hop_dd_structure attached, other;
    if (hop_dd_parse(data, len, *any ? known : NULL, &attached, &dd) != 0)
        return;
    if (dd.has_structure) {
        *known = attached;
        *any = true;
    }
    CHECK(*any && known->n_templates > 0 && known->n_targets > 0);
    CHECK(dd.n_fdiffs <= HOP_DD_FDIFFS && dd.spatial < HOP_DD_SPATIAL);
    CHECK(known->n_chains <= known->n_targets);
    for (unsigned d = 0; known->n_chains > 0 && d < known->n_targets; d++)
        CHECK(known->protected_by[d] < known->n_chains);
    uint8_t out[HOP_DD_MAX_BYTES];
    size_t written = hop_dd_write(&dd, known, out, sizeof(out));
    CHECK(written > 0 && written <= len);
    CHECK(hop_dd_parse(out, written, known, &other, &again) == 0);
    CHECK(same(&dd, &again, known->n_chains));
    CHECK(!dd.has_structure || memcmp(&other, known, sizeof(other)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hop_dd_structure known;
    bool any = false;
    while (size > 0) {
        size_t len = data[0] < size - 1 ? data[0] : size - 1;
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, data + 1, len);
        one(&known, &any, copy, len);
        free(copy);
        data += 1 + len;
        size -= 1 + len;
    }
    return 0;
}
