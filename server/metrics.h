/* /metrics in the Prometheus text format, version 0.0.4. Control thread. */
#pragma once

#include "server/server.h"

/* Free with g_string_free(). */
GString *hop_metrics_text(struct hop_server *server);
