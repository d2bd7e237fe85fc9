/* The page's files: scanned once at start, served with pre-compressed siblings (.br, .gz), entity
 * tags. A path that is no file but one of the page's own routes gets index.html.
 * Control thread.
 */
#pragma once

#include "server/request.h"

struct hop_static;

/* Scans `root`. -ENOENT: no index.html there. */
int hop_static_new(const char *root, struct hop_static **out);
void hop_static_free(struct hop_static *files);

/* Answers GET and HEAD of a file or of a route of the page; everything else 404 or 405. */
void hop_static_serve(struct hop_static *files, struct hop_request *request);

size_t hop_static_count(const struct hop_static *files);

/* Whether `encoding` ("br") may be sent to who says `accept` (RFC 9110 §12.5.3). */
bool hop_accepts_encoding(const char *accept, const char *encoding);
/* Whether If-None-Match names this entity tag (RFC 9110 §13.1.2). */
bool hop_etag_matches(const char *if_none_match, const char *etag);
