/* modules: hop_media_rtp */
/* RFC 2198: every block lies inside the payload, in order, and nothing is left over. */
#include "media/rtp/red.h"

#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_red red;
    if (hop_red_parse(data, size, &red) < 0)
        return 0;
    CHECK(red.n_copies <= HOP_RED_MAX);
    const uint8_t *at = data + 4 * red.n_copies + 1;
    for (int i = 0; i < red.n_copies; i++) {
        const struct hop_red_block *copy = &red.copies[i];
        CHECK(copy->data == at && copy->len <= 1023 && copy->pt <= 127);
        CHECK(copy->back_rtp <= 16383 && copy->back_seq == red.n_copies - i);
        at += copy->len;
    }
    CHECK(red.primary.data == at && red.primary.len > 0 && red.primary.pt <= 127);
    CHECK(at + red.primary.len == data + size);
    return 0;
}
