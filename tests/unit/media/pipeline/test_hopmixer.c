/* The element hopmixer in real pipelines of stock elements, its pads and properties. */
#include "media/pipeline/hopmixer.h"
#include "tests/unit/media/mix/tones.h"

#include <gst/app/gstappsink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SPEAKER(hz, pad)                                                                           \
    "audiotestsrc is-live=true samplesperbuffer=960 volume=0.2 freq=" hz                           \
    " ! audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay ! mix." pad " "
#define LISTENER(pad, name)                                                                        \
    "mix." pad " ! queue ! rtpopusdepay ! opusdec ! audioconvert ! "                               \
    "audio/x-raw,format=F32LE,channels=1,rate=48000 ! appsink sync=false name=" name " "

enum { TAIL = 19200, FRAMES_MAX = 1000 };

static const double tones[] = { 660, 1540, 3000 };

/* Reads that appsink until 400 ms of it hold what they should: each tone at its loudness, but that
 * of `self` (-1: none) at least 40 dB below. Later ones count as well, for a busy machine may
 * stall. */
static bool hears_all_but(GstElement *pipeline, const char *name, int self)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), name);
    static float pcm[TAIL];

    for (int frame = 0; frame < FRAMES_MAX; frame++) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 10 * GST_SECOND);
        bool good = frame > TAIL / TONE_FRAME;
        if (!sample)
            return false;
        memmove(pcm, pcm + TONE_FRAME, (TAIL - TONE_FRAME) * sizeof(float));
        gst_buffer_extract(gst_sample_get_buffer(sample), 0, pcm + TAIL - TONE_FRAME,
                           TONE_FRAME * sizeof(float));
        gst_sample_unref(sample);
        for (int j = 0; good && j < 3; j++) {
            double db = tone_db(tone_amplitude(pcm, TAIL, tones[j]));
            good = j == self ? db < -14 - 40 : fabs(db + 14) < 3;
        }
        if (good)
            return true;
    }
    return false;
}

static void test_stock_elements_around_it(void **state)
{
    static const char *const names[] = { "own0", "own1", "own2", "all", "raw" };
    GError *error = NULL;
    (void)state;

    g_autoptr(GstElement) pipeline = gst_parse_launch(
        "hopmixer name=mix bitrate=64000 " SPEAKER("660", "sink_0") SPEAKER("1540", "sink_1")
            SPEAKER("3000", "sink_2") LISTENER("src_0", "own0") LISTENER("src_1", "own1")
                LISTENER("src_2", "own2")
                    LISTENER("shared", "all") "mix.pcm ! queue ! appsink sync=false name=raw",
        &error);
    assert_null(error);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 0; i < 5; i++)
        if (!hears_all_but(pipeline, names[i], i < 3 ? i : -1))
            fail_msg("%s does not hear what it should", names[i]);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

/* The end of all who speak is the end of what comes out, after the last word. */
static void test_ends_when_all_have_ended(void **state)
{
    g_autoptr(GstElement) pipeline =
        gst_parse_launch("hopmixer name=mix "
                         "audiotestsrc is-live=true samplesperbuffer=960 num-buffers=25 freq=660 ! "
                         "audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay ! mix.sink_0 "
                         "mix.pcm ! fakesink sync=false name=out",
                         NULL);
    (void)state;

    assert_non_null(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
        bus, 20 * GST_SECOND, (GstMessageType)(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    assert_non_null(message);
    assert_int_equal(GST_MESSAGE_TYPE(message), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

/* ---- pads and properties ------------------------------------------------------------------------
 */

static void test_pads_come_and_go(void **state)
{
    g_autoptr(GstElement) mixer = gst_object_ref_sink(gst_element_factory_make("hopmixer", NULL));
    (void)state;

    assert_non_null(mixer);
    GstPad *first = gst_element_request_pad_simple(mixer, "sink_%u");
    GstPad *named = gst_element_request_pad_simple(mixer, "sink_7");
    GstPad *own = gst_element_request_pad_simple(mixer, "src_7");
    GstPad *shared = gst_element_request_pad_simple(mixer, "shared");
    assert_string_equal(GST_PAD_NAME(first), "sink_0");
    assert_string_equal(GST_PAD_NAME(named), "sink_7");
    assert_string_equal(GST_PAD_NAME(own), "src_7");
    assert_string_equal(GST_PAD_NAME(shared), "shared");
    assert_null(gst_element_request_pad_simple(mixer, "sink_1000"));
    GstPad *pads[] = { first, named, own, shared };
    for (size_t i = 0; i < G_N_ELEMENTS(pads); i++) {
        gst_element_release_request_pad(mixer, pads[i]);
        gst_object_unref(pads[i]);
    }
    assert_int_equal(mixer->numpads, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(gst_element_set_state(mixer, GST_STATE_PAUSED),
                             GST_STATE_CHANGE_FAILURE);
        gst_element_set_state(mixer, GST_STATE_NULL);
    }
}

static void test_properties(void **state)
{
    g_autoptr(GstElement) mixer =
        gst_object_ref_sink(gst_element_factory_make_full("hopmixer", "jitter", 60, NULL));
    gint jitter = 0, talkers = 0;
    (void)state;

    g_object_get(mixer, "jitter", &jitter, "max-talkers", &talkers, NULL);
    assert_int_equal(jitter, 60);
    assert_int_equal(talkers, HOP_MAX_TALKERS);
    gboolean levelling = FALSE;
    gint application = -1, bandwidth = -1;
    gst_util_set_object_arg(G_OBJECT(mixer), "application", "voip");
    gst_util_set_object_arg(G_OBJECT(mixer), "bandwidth", "wideband");
    g_object_get(mixer, "levelling", &levelling, "application", &application, "bandwidth",
                 &bandwidth, NULL);
    assert_true(levelling);
    assert_int_equal(application, HOP_AUDIO_APP_VOIP);
    assert_int_equal(bandwidth, HOP_AUDIO_WIDEBAND);
    g_object_set(mixer, "levelling", FALSE, NULL);
    g_object_get(mixer, "levelling", &levelling, NULL);
    assert_false(levelling);
}

/* Two speakers of one hall do not hear each other; the third hears both. */
static void test_one_hall(void **state)
{
    GError *error = NULL;
    (void)state;

    g_autoptr(GstElement) pipeline =
        gst_parse_launch("hopmixer name=mix bitrate=64000 levelling=false " SPEAKER("660", "sink_0")
                             SPEAKER("1540", "sink_1") SPEAKER("3000", "sink_2")
                                 LISTENER("src_0", "own0") LISTENER("src_2", "own2"),
                         &error);
    assert_null(error);
    g_autoptr(GstElement) mix = gst_bin_get_by_name(GST_BIN(pipeline), "mix");
    static const char *const names[] = { "sink_0", "sink_1", "src_2" };
    for (int i = 0; i < 3; i++) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(mix, names[i]);
        if (i < 2)
            g_object_set(pad, "hall", 3, NULL);
        else
            g_object_set(pad, "loss", 100, NULL);
    }
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "own0");
    static float pcm[TAIL];
    bool good = false;
    for (int frame = 0; frame < FRAMES_MAX && !good; frame++) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 10 * GST_SECOND);
        assert_non_null(sample);
        memmove(pcm, pcm + TONE_FRAME, (TAIL - TONE_FRAME) * sizeof(float));
        gst_buffer_extract(gst_sample_get_buffer(sample), 0, pcm + TAIL - TONE_FRAME,
                           TONE_FRAME * sizeof(float));
        gst_sample_unref(sample);
        good = frame > TAIL / TONE_FRAME && tone_db(tone_amplitude(pcm, TAIL, 3000)) > -17 &&
               tone_db(tone_amplitude(pcm, TAIL, 1540)) < -54 &&
               tone_db(tone_amplitude(pcm, TAIL, 660)) < -54;
    }
    assert_true(good);
    assert_true(hears_all_but(pipeline, "own2", 2));
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stock_elements_around_it),
        cmocka_unit_test(test_ends_when_all_have_ended),
        cmocka_unit_test(test_pads_come_and_go),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_one_hall),
    };
    gst_init(&argc, &argv);
    if (!hop_mixer_element_register(NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
