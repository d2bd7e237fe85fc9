/* modules: hop_server */
/* Everything that the server reads out of header values, queries and JSON texts by itself. */
#include "server/cidr.h"
#include "server/request.h"
#include "server/schedule.h"
#include "server/static.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = g_strndup((const char *)data, size);
    struct hop_request *request = hop_request_new();
    struct hop_cidr cidr;
    int64_t us;
    GString *head;

    g_free(hop_cookie_get(text, "hop_session"));
    hop_origin_matches(text, "hop.vn:8443");
    hop_origin_matches("https://hop.vn:8443", text);
    hop_accepts_encoding(text, "br");
    hop_etag_matches(text, "\"0123\"");
    hop_time_parse(text, &us);
    hop_cidr_parse(text, &cidr);
    hop_schedule_code_valid(text);
    g_free(hop_text_clean(text, 80, false, false));
    g_free(hop_text_clean(text, 4000, true, true));
    request->query = g_strdup(text);
    g_free(hop_request_query(request, "from"));
    request->host = g_strdup(text);
    hop_respond_empty(request, 204);
    head = hop_response_head(request, false, false);
    if (strstr(head->str, "\r\n\r\n") != head->str + head->len - 4)
        __builtin_trap(); /* a header of the client's making */
    g_string_free(head, TRUE);
    hop_request_unref(request);
    g_free(text);
    return 0;
}
