/* The router of the HTTP API, the operators' pages and the page's files (docs/rest-api.md).
 * Control thread. */
#pragma once

#include "server/server.h"

/* Answers, now or later. `ctx` is the hop_server. */
void hop_rest_handle(void *ctx, struct hop_request *request);
/* hop_http_config.max_body. */
size_t hop_rest_max_body(void *ctx, const struct hop_request *request);
/* The routes by number from 0, for what describes them; false: there is none of that number. */
bool hop_rest_route(size_t index, enum hop_method *method, const char **path, bool *everybody);
