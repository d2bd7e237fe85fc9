/* The loadable plugin libgsthop.so, which brings `hopmixer` to gst-inspect-1.0 and gst-launch-1.0.
 * hopd does not load it: it registers the element itself (media/pipeline/audio.c). */
#include "media/pipeline/hopmixer.h"

#define PACKAGE "hop"

static gboolean init(GstPlugin *plugin)
{
    return hop_mixer_element_register(plugin);
}

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, hop, "Conference mixing of hop", init,
                  HOP_VERSION, GST_LICENSE_UNKNOWN, "hop", "https://example.org/hop")
