/* media/ice/framing: the same frames whatever chunks TCP delivers. */
#include "media/ice/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static const uint16_t lengths[] = { 1, 0, 0, 1200, 2, HOP_MAX_TCP_FRAME, 0, 257, 3 };
enum { FRAMES = sizeof(lengths) / sizeof(lengths[0]) };

/* Frame i is filled with the byte i. */
static size_t write_stream(uint8_t *out)
{
    size_t at = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        hop_framing_write(out + at, lengths[i]);
        memset(out + at + HOP_FRAMING_HEADER, (int)i, lengths[i]);
        at += HOP_FRAMING_HEADER + (size_t)lengths[i];
    }
    return at;
}

static void any_chunking_gives_the_same_frames(void **state)
{
    (void)state;
    static uint8_t stream[8192];
    size_t total = write_stream(stream);
    static const size_t chunks[] = { 1, 2, 3, 7, 100, 1201, 2050, 8192 };
    for (size_t c = 0; c < sizeof(chunks) / sizeof(chunks[0]); c++) {
        static struct hop_framing reader;
        memset(&reader, 0, sizeof(reader));
        size_t next = 0;
        for (size_t at = 0; at < total; at += chunks[c]) {
            const uint8_t *data = stream + at;
            size_t len = total - at < chunks[c] ? total - at : chunks[c], frame_len;
            uint8_t *frame;
            while (hop_framing_read(&reader, &data, &len, &frame, &frame_len) ==
                   HOP_FRAMING_FRAME) {
                while (lengths[next] == 0)
                    next++;
                assert_int_equal(frame_len, lengths[next]);
                for (size_t i = 0; i < frame_len; i++)
                    assert_int_equal(frame[i], next);
                next++;
            }
            assert_int_equal(len, 0);
        }
        assert_int_equal(next, FRAMES);
    }
}

static void oversize_is_an_error_at_once(void **state)
{
    (void)state;
    static struct hop_framing reader;
    uint8_t header[HOP_FRAMING_HEADER];
    hop_framing_write(header, HOP_MAX_TCP_FRAME + 1);
    for (int split = 0; split < 2; split++) {
        memset(&reader, 0, sizeof(reader));
        const uint8_t *data = header;
        size_t len = split ? 1 : 2, frame_len;
        uint8_t *frame;
        if (split) {
            assert_int_equal(hop_framing_read(&reader, &data, &len, &frame, &frame_len),
                             HOP_FRAMING_MORE);
            len = 1;
        }
        assert_int_equal(hop_framing_read(&reader, &data, &len, &frame, &frame_len),
                         HOP_FRAMING_OVERSIZE);
        /* and stays one */
        len = 1;
        assert_int_equal(hop_framing_read(&reader, &data, &len, &frame, &frame_len),
                         HOP_FRAMING_OVERSIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_chunking_gives_the_same_frames),
        cmocka_unit_test(oversize_is_an_error_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
