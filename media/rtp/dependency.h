/* The dependency descriptor: a header extension that tells, beside any codec, which frame a packet
 * belongs to, what the frame depends on, and who needs it.
 *
 * A sender describes its frames once, by templates, in the structure that comes with a key frame;
 * each packet names a template and, where it differs, what is its own. *Decode targets* are the
 * qualities that a receiver may be sent; *chains* are frames of which none may be missing.
 *
 * AV1 RTP payload specification, appendix A. Called by the route on its worker; pure, no
 * allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_DD_TARGETS = 32,
    HOP_DD_TEMPLATES = 64,
    HOP_DD_FDIFFS = 8,  /* more dependencies of one frame are refused */
    HOP_DD_SPATIAL = 4, /* more layers are refused */
    HOP_DD_TEMPORAL = 8,
    HOP_DD_MAX_BYTES = 255, /* of one extension element */
    HOP_DD_SHORT = 3,       /* bytes of one without anything of its own */
};

/* What a frame is to a decode target. */
enum hop_dti {
    HOP_DTI_ABSENT,      /* not part of it */
    HOP_DTI_DISCARDABLE, /* nobody depends on it */
    HOP_DTI_SWITCH,      /* who can decode this one can decode all that follow */
    HOP_DTI_REQUIRED,
};

struct hop_dd_template {
    uint8_t spatial, temporal;
    uint8_t n_fdiffs;
    uint8_t fdiffs[HOP_DD_FDIFFS];  /* 1..16 */
    uint64_t dtis;                  /* two bits per target, hop_dd_dti() */
    uint8_t chains[HOP_DD_TARGETS]; /* 0..15: frames since the chain's last one, 0: it begins */
};

struct hop_dd_structure {
    uint8_t id_offset; /* template id of the first template */
    uint8_t n_templates, n_targets, n_chains;
    uint8_t n_spatial, n_temporal;
    uint8_t protected_by[HOP_DD_TARGETS]; /* chain of each target; valid if n_chains > 0 */
    uint8_t target_spatial[HOP_DD_TARGETS], target_temporal[HOP_DD_TARGETS];
    bool has_resolutions;
    uint16_t width[HOP_DD_SPATIAL], height[HOP_DD_SPATIAL]; /* pixels; 0: 65536 */
    struct hop_dd_template templates[HOP_DD_TEMPLATES];
};

/* One packet's descriptor, resolved: what it took from its template is filled in. */
struct hop_dd {
    bool start, end; /* first, last packet of the frame */
    uint8_t template_id;
    uint16_t frame;
    bool has_structure; /* one is attached: a coded video sequence begins */
    bool has_active;
    uint32_t active; /* bit per target: those that the sender produces; valid if has_active */
    bool own_dtis, own_fdiffs, own_chains; /* not the template's */
    uint8_t spatial, temporal;
    uint8_t n_fdiffs;
    uint16_t fdiffs[HOP_DD_FDIFFS]; /* frames back, 1..4096 */
    uint64_t dtis;
    uint8_t chains[HOP_DD_TARGETS];
};

static inline enum hop_dti hop_dd_dti(uint64_t dtis, unsigned target)
{
    return (enum hop_dti)(dtis >> (2 * target) & 3);
}

/* Reads one element. `known`: the structure that is valid for the packet, NULL: none came yet.
 * `attached` is written when one is attached (and then the packet is read by it).
 * 0; -EINVAL: malformed; -ENOENT: its template is not known: only start, end, template_id and frame
 * of *out are valid then. */
int hop_dd_parse(const uint8_t *data, size_t len, const struct hop_dd_structure *known,
                 struct hop_dd_structure *attached, struct hop_dd *out);

/* Writes it. `structure`: the one by which it was read; attached if dd->has_structure. Returns the
 * bytes, 0: they do not fit into cap. */
size_t hop_dd_write(const struct hop_dd *dd, const struct hop_dd_structure *structure, uint8_t *out,
                    size_t cap);
