/* modules: hop_server_mail */
/* Answers from mail gateways: whatever comes in, what is taken from it is bounded, valid UTF-8, and
 * safe to compare and to show. */
#include "server/mail/itip.h"

#include "server/mail/address.h"
#include "tests/fuzz/check.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_itip_reply reply;

    if (hop_itip_parse((const char *)data, size, &reply) != 0)
        return 0;
    CHECK(reply.uid[0] != '\0' && strlen(reply.uid) <= HOP_ITIP_UID);
    CHECK(hop_mail_address_valid(reply.attendee));
    CHECK(g_utf8_validate(reply.uid, -1, NULL) && g_utf8_validate(reply.comment, -1, NULL));
    CHECK(strpbrk(reply.comment, "\r\n") == NULL);
    return 0;
}
