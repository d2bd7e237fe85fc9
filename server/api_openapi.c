/* GET /api/v1/openapi.json: the description of this API, server/openapi.json as it was when hopd
 * was built. tests/unit/server/test_openapi.c holds it against the router, tests/mail against
 * answers. */
#include "server/api.h"

__asm__(".section .rodata,\"a\"\n"
        ".global hop_openapi_begin, hop_openapi_end\n"
        "hop_openapi_begin:\n"
        ".incbin \"" HOP_OPENAPI "\"\n"
        "hop_openapi_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const char hop_openapi_begin[], hop_openapi_end[];

void hop_api_openapi_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    (void)server;
    (void)param;
    hop_request_header(request, "cache-control", "max-age=300");
    hop_respond_bytes(request, 200, "application/json", hop_openapi_begin,
                      (size_t)(hop_openapi_end - hop_openapi_begin));
}
