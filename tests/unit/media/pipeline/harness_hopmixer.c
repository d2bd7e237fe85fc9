/* The element hopmixer on a test clock, with GstHarness. Built by media/pipeline/plugin.cmake, for
 * it needs gstreamer-check-1.0. */
#include "media/pipeline/hopmixer.h"
#include "tests/unit/media/mix/tones.h"

#include <gst/check/gstharness.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static GstBuffer *rtp_packet(const struct tone_source *source, guint32 ssrc, int level)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    GstBuffer *buffer = gst_rtp_buffer_new_allocate((guint)source->len, 0, 0);
    guint8 extension = (guint8)level;

    gst_rtp_buffer_map(buffer, GST_MAP_READWRITE, &rtp);
    gst_rtp_buffer_set_payload_type(&rtp, 111);
    gst_rtp_buffer_set_seq(&rtp, (guint16)source->seq);
    gst_rtp_buffer_set_timestamp(&rtp, source->timestamp);
    gst_rtp_buffer_set_ssrc(&rtp, ssrc);
    memcpy(gst_rtp_buffer_get_payload(&rtp), source->payload, (size_t)source->len);
    if (level >= 0)
        gst_rtp_buffer_add_extension_onebyte_header(&rtp, 3, &extension, 1);
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
}

static GstHarness *new_harness(const char *sink, const char *src)
{
    GstHarness *harness = gst_harness_new_with_padnames("hopmixer", sink, src);
    gst_harness_set_src_caps_str(
        harness, "application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,"
                 "extmap-3=(string)urn:ietf:params:rtp-hdrext:ssrc-audio-level");
    return harness;
}

/* Speaks for n frames of 20 ms on the harness' clock; negative level: none is claimed. */
static void speak(GstHarness *harness, struct tone_source *source, int n, guint32 ssrc, int level)
{
    for (int i = 0; i < n; i++) {
        tone_source_make(source);
        assert_int_equal(gst_harness_push(harness, rtp_packet(source, ssrc, level)), GST_FLOW_OK);
        tone_source_step(source);
        assert_true(gst_harness_crank_single_clock_wait(harness));
    }
}

static void test_delay_and_numbers_on_a_test_clock(void **state)
{
    struct tone_source source;
    GstHarness *harness = new_harness("sink_0", "shared");
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    guint16 seq = 0;
    guint32 timestamp = 0;
    GstClockTime pts = 0;
    (void)state;

    tone_source_open(&source, 660, 0.3, 960);
    speak(harness, &source, 20, 1, 14);
    /* the last crank's tick may still be under way: what has come is pulled with a deadline */
    for (int i = 0; i < 16; i++) {
        GstBuffer *buffer = gst_harness_pull(harness);
        assert_non_null(buffer);
        assert_true(gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp));
        if (i > 0) {
            assert_int_equal(gst_rtp_buffer_get_seq(&rtp), (guint16)(seq + 1));
            assert_int_equal(gst_rtp_buffer_get_timestamp(&rtp), timestamp + 960);
            assert_int_equal(GST_BUFFER_PTS(buffer), pts + 20 * GST_MSECOND);
        }
        assert_int_equal(gst_rtp_buffer_get_marker(&rtp), i == 0);
        seq = gst_rtp_buffer_get_seq(&rtp);
        timestamp = gst_rtp_buffer_get_timestamp(&rtp);
        pts = GST_BUFFER_PTS(buffer);
        gst_rtp_buffer_unmap(&rtp);
        gst_buffer_unref(buffer);
    }
    assert_int_equal(gst_harness_query_latency(harness), 60 * GST_MSECOND);
    tone_source_close(&source);
    gst_harness_teardown(harness);
}

static void test_claimed_silence_is_not_mixed(void **state)
{
    struct tone_source source;
    GstHarness *harness = new_harness("sink_0", "shared");
    (void)state;

    tone_source_open(&source, 660, 0.3, 960);
    speak(harness, &source, 20, 1, 127);
    assert_int_equal(gst_harness_buffers_received(harness), 0);
    tone_source_close(&source);
    gst_harness_teardown(harness);
}

static void test_what_is_no_rtp_is_dropped(void **state)
{
    GstHarness *harness = new_harness("sink_0", "shared");
    struct tone_source source;
    (void)state;

    for (gsize n = 1; n < 64; n++) {
        guint8 *junk = g_malloc(n);
        memset(junk, (int)(n * 37), n);
        assert_int_equal(gst_harness_push(harness, gst_buffer_new_wrapped(junk, n)), GST_FLOW_OK);
    }
    tone_source_open(&source, 660, 0.3, 960);
    speak(harness, &source, 10, 1, 14);
    source.seq += 30000; /* a new stream of the same sender */
    speak(harness, &source, 10, 2, 14);
    gst_buffer_unref(gst_harness_pull(harness));
    tone_source_close(&source);
    gst_harness_teardown(harness);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay_and_numbers_on_a_test_clock),
        cmocka_unit_test(test_claimed_silence_is_not_mixed),
        cmocka_unit_test(test_what_is_no_rtp_is_dropped),
    };
    gst_init(&argc, &argv);
    if (!hop_mixer_element_register(NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
