/* modules: hop_doctor */
/* What the doctor reads of a TURN server's answers. */
#include "doctor/turn_message.h"
#include "tests/fuzz/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_turn_answer answer;
    struct hop_turn_login login;
    uint8_t out[HOP_TURN_MAX];

    if (size < 20 || !hop_turn_read(data, size, data + 8, &answer))
        return 0;
    CHECK(strlen(answer.realm) < sizeof(answer.realm));
    CHECK(strlen(answer.nonce) < sizeof(answer.nonce));
    memcpy(login.realm, answer.realm, sizeof(login.realm));
    memcpy(login.nonce, answer.nonce, sizeof(login.nonce));
    hop_turn_login(&login, "1795505465:p3", "password");
    CHECK(hop_turn_build(out, HOP_TURN_ALLOCATE, data + 8, "1795505465:p3", &login, NULL) <=
          sizeof(out));
    return 0;
}
