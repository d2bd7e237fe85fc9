/* The dependency descriptor: read, written again, and refused where it is cut. */
#include "media/rtp/dependency.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two temporal layers, written by hand from the syntax of appendix A: bits in groups as they are
 * read. Chain 0 protects both targets. */
static const char l1t2[] = "1"
                           "1"
                           "000001"
                           "0000000000010001" /* start, end, template 1, frame 17 */
                           "1"
                           "0"
                           "0"
                           "0"
                           "0" /* a structure is attached */
                           "000001"
                           "00001" /* templates from 1, two targets */
                           "00"
                           "01"
                           "11" /* T0, T0, then T1, the end */
                           "10"
                           "10"
                           "10"
                           "10"
                           "00"
                           "01" /* SS, SS, -D */
                           "0"
                           "1"
                           "0001"
                           "0"
                           "1"
                           "0000"
                           "0"  /* nothing, 2 back, 1 back */
                           "10" /* ns(3) = 1 chain */
                           ""
                           "" /* ns(1): no bits */
                           "0000"
                           "0010"
                           "0001" /* since the chain's last */
                           "1"
                           "0000000100111111"
                           "0000000010110011"; /* 320 x 180 */

static size_t pack(const char *text, uint8_t out[HOP_DD_MAX_BYTES])
{
    size_t n = strlen(text);
    memset(out, 0, HOP_DD_MAX_BYTES);
    for (size_t i = 0; i < n; i++)
        out[i / 8] |= (uint8_t)((text[i] == '1') << (7 - i % 8));
    return (n + 7) / 8;
}

static struct hop_dd_structure structure;

static struct hop_dd read_l1t2(void)
{
    uint8_t bytes[HOP_DD_MAX_BYTES];
    struct hop_dd dd;
    size_t len = pack(l1t2, bytes);
    assert_int_equal(hop_dd_parse(bytes, len, NULL, &structure, &dd), 0);
    return dd;
}

static void a_structure_is_read(void **state)
{
    (void)state;
    struct hop_dd dd = read_l1t2();
    assert_true(dd.start && dd.end && dd.has_structure && !dd.has_active);
    assert_int_equal(dd.frame, 17);
    assert_int_equal(dd.n_fdiffs, 0);
    assert_int_equal(structure.n_templates, 3);
    assert_int_equal(structure.n_targets, 2);
    assert_int_equal(structure.n_chains, 1);
    assert_int_equal(structure.n_spatial, 1);
    assert_int_equal(structure.n_temporal, 2);
    assert_int_equal(structure.target_temporal[0], 0);
    assert_int_equal(structure.target_temporal[1], 1);
    assert_int_equal(hop_dd_dti(dd.dtis, 0), HOP_DTI_SWITCH);
    assert_int_equal(structure.templates[1].fdiffs[0], 2);
    assert_int_equal(structure.templates[2].temporal, 1);
    assert_int_equal(hop_dd_dti(structure.templates[2].dtis, 0), HOP_DTI_ABSENT);
    assert_int_equal(hop_dd_dti(structure.templates[2].dtis, 1), HOP_DTI_DISCARDABLE);
    assert_int_equal(structure.templates[1].chains[0], 2);
    assert_int_equal(structure.width[0], 320);
    assert_int_equal(structure.height[0], 180);
}

static void a_short_one_is_its_template(void **state)
{
    (void)state;
    read_l1t2();
    static const uint8_t bytes[] = { 0x83, 0x01, 0x00 };
    struct hop_dd dd, other;
    struct hop_dd_structure none;
    assert_int_equal(hop_dd_parse(bytes, 3, &structure, &none, &dd), 0);
    assert_true(dd.start && !dd.end);
    assert_int_equal(dd.frame, 256);
    assert_int_equal(dd.temporal, 1);
    assert_int_equal(dd.n_fdiffs, 1);
    assert_int_equal(dd.fdiffs[0], 1);
    assert_int_equal(dd.chains[0], 1);
    /* without its structure, or with one that has no such template */
    assert_int_equal(hop_dd_parse(bytes, 3, NULL, &none, &other), -ENOENT);
    assert_int_equal(other.frame, 256);
    structure.id_offset = 4;
    assert_int_equal(hop_dd_parse(bytes, 3, &structure, &none, &other), -ENOENT);
}

static void its_own_beside_the_template(void **state)
{
    (void)state;
    read_l1t2();
    static const char text[] = "10"
                               "000010"
                               "0000000000010010"
                               "01111" /* template 2, all its own */
                               "10"    /* target 1 is produced */
                               "10"
                               "11" /* SR */
                               "01"
                               "0111"
                               "10"
                               "00010000"
                               "11"
                               "000100000000"
                               "00"
                               "00000111"; /* chain: 7 back */
    uint8_t bytes[HOP_DD_MAX_BYTES], again[HOP_DD_MAX_BYTES];
    size_t len = pack(text, bytes);
    struct hop_dd dd;
    struct hop_dd_structure none;
    assert_int_equal(hop_dd_parse(bytes, len, &structure, &none, &dd), 0);
    assert_int_equal(dd.active, 2);
    assert_int_equal(hop_dd_dti(dd.dtis, 1), HOP_DTI_REQUIRED);
    assert_int_equal(dd.n_fdiffs, 3);
    assert_int_equal(dd.fdiffs[0], 8);
    assert_int_equal(dd.fdiffs[1], 17);
    assert_int_equal(dd.fdiffs[2], 257);
    assert_int_equal(dd.chains[0], 7);
    assert_int_equal(hop_dd_write(&dd, &structure, again, sizeof(again)), len);
    assert_memory_equal(bytes, again, len);
}

static void what_is_written_is_what_was_read(void **state)
{
    (void)state;
    uint8_t bytes[HOP_DD_MAX_BYTES], again[HOP_DD_MAX_BYTES];
    size_t len = pack(l1t2, bytes);
    struct hop_dd dd = read_l1t2();
    assert_int_equal(hop_dd_write(&dd, &structure, again, sizeof(again)), len);
    assert_memory_equal(bytes, again, len);
    assert_int_equal(hop_dd_write(&dd, &structure, again, len - 1), 0);
    dd.frame = 0xfffe;
    dd.has_active = true;
    dd.active = 1;
    size_t longer = hop_dd_write(&dd, &structure, again, sizeof(again));
    struct hop_dd_structure s;
    struct hop_dd other;
    assert_int_equal(hop_dd_parse(again, longer, NULL, &s, &other), 0);
    assert_int_equal(other.frame, 0xfffe);
    assert_int_equal(other.active, 1);
    assert_memory_equal(&s, &structure, sizeof(s));
}

static void cut_ones_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[HOP_DD_MAX_BYTES];
    size_t len = pack(l1t2, bytes);
    for (size_t n = 0; n < len; n++) {
        if (n == HOP_DD_SHORT)
            continue; /* a short one of an unknown template */
        uint8_t *copy = malloc(n + 1);
        struct hop_dd dd;
        struct hop_dd_structure s;
        memcpy(copy, bytes, n);
        assert_int_equal(hop_dd_parse(copy, n, NULL, &s, &dd), -EINVAL);
        free(copy);
    }
}

static void more_than_is_held_is_refused(void **state)
{
    (void)state;
    char text[2100] = "11"
                      "000000"
                      "0000000000000000"
                      "10000"
                      "000000"
                      "00000";
    uint8_t bytes[HOP_DD_MAX_BYTES];
    struct hop_dd dd;
    struct hop_dd_structure s;
    /* five spatial layers */
    strcat(text, "10"
                 "10"
                 "10"
                 "10"
                 "11");
    assert_int_equal(hop_dd_parse(bytes, pack(text, bytes) + 40, NULL, &s, &dd), -EINVAL);
    /* 65 templates */
    text[strlen("11"
                "000000"
                "0000000000000000"
                "10000"
                "000000"
                "00000")] = '\0';
    for (int i = 0; i < 64; i++)
        strcat(text, "00");
    strcat(text, "11");
    assert_int_equal(hop_dd_parse(bytes, pack(text, bytes) + 60, NULL, &s, &dd), -EINVAL);
}

/* ---- as Chromium sends them --------------------------------------------------------------------
 * One packet a line: sequence number, marker, descriptor, the first bytes of the payload. */

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned value;
    while (n < cap && sscanf(text + 2 * n, "%2x", &value) == 1)
        out[n++] = (uint8_t)value;
    return n;
}

struct capture {
    unsigned packets, structures, masks, spatial, temporal;
    bool seen[65536]; /* frames by number */
};

/* Every dependency and every chain leads to a frame that came before. */
static void check_frame(struct capture *c, const struct hop_dd *dd)
{
    for (unsigned i = 0; i < dd->n_fdiffs; i++)
        assert_true(c->seen[(uint16_t)(dd->frame - dd->fdiffs[i])]);
    for (unsigned i = 0; i < structure.n_chains; i++)
        assert_true(dd->chains[i] == 0 || c->seen[(uint16_t)(dd->frame - dd->chains[i])]);
    c->seen[dd->frame] = true;
    if (dd->spatial > c->spatial)
        c->spatial = dd->spatial;
    if (dd->temporal > c->temporal)
        c->temporal = dd->temporal;
}

static struct capture *read_capture(const char *name)
{
    static struct capture c;
    char path[200], line[400], element[300];
    snprintf(path, sizeof(path), HOP_TESTS_DIR "/golden/rtp/dependency-%s.txt", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    memset(&c, 0, sizeof(c));
    memset(&structure, 0, sizeof(structure));
    while (fgets(line, sizeof(line), f)) {
        uint8_t bytes[HOP_DD_MAX_BYTES], again[HOP_DD_MAX_BYTES];
        struct hop_dd dd;
        struct hop_dd_structure attached;
        assert_int_equal(sscanf(line, "%*u %*u %299s", element), 1);
        size_t len = unhex(element, bytes, sizeof(bytes));
        assert_int_equal(hop_dd_parse(bytes, len, &structure, &attached, &dd), 0);
        if (dd.has_structure)
            structure = attached;
        c.structures += dd.has_structure;
        c.masks += dd.has_active;
        c.packets++;
        check_frame(&c, &dd);
        assert_int_equal(hop_dd_write(&dd, &structure, again, sizeof(again)), len);
        assert_memory_equal(bytes, again, len);
    }
    fclose(f);
    return &c;
}

static void chromium_l2t3_key_in_vp9(void **state)
{
    (void)state;
    const struct capture *c = read_capture("vp9");
    assert_int_equal(c->packets, 130);
    assert_int_equal(c->structures, 4);
    assert_int_equal(c->masks, 2);
    assert_int_equal(c->spatial, 1);
    assert_int_equal(c->temporal, 2);
    assert_int_equal(structure.n_targets, 6);
    assert_int_equal(structure.n_chains, 2);
    assert_int_equal(structure.height[0], 180);
    assert_int_equal(structure.height[1], 360);
    assert_int_equal(structure.target_spatial[5], 1);
    assert_int_equal(structure.target_temporal[5], 2);
}

static void chromium_l2t3_key_in_av1(void **state)
{
    (void)state;
    const struct capture *c = read_capture("av1");
    assert_true(c->structures >= 2 && c->spatial == 1 && c->temporal == 2);
}

static void chromium_l1t3_in_vp8(void **state)
{
    (void)state;
    const struct capture *c = read_capture("vp8");
    assert_true(c->structures >= 2 && c->spatial == 0 && c->temporal == 2);
}

static void chromium_h264_has_no_layers(void **state)
{
    (void)state;
    const struct capture *c = read_capture("h264");
    assert_true(c->structures >= 1 && c->spatial == 0 && c->temporal == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_structure_is_read),
        cmocka_unit_test(a_short_one_is_its_template),
        cmocka_unit_test(its_own_beside_the_template),
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(cut_ones_are_refused),
        cmocka_unit_test(more_than_is_held_is_refused),
        cmocka_unit_test(chromium_l2t3_key_in_vp9),
        cmocka_unit_test(chromium_l2t3_key_in_av1),
        cmocka_unit_test(chromium_l1t3_in_vp8),
        cmocka_unit_test(chromium_h264_has_no_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
