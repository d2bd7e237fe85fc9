/* modules: hop_media_ice */
/* STUN parser, the answers to what it lets through, and RFC 4571 framing. The first byte chooses
 * whether the message is signed with the agent's password, so that mutations get past
 * MESSAGE-INTEGRITY. */
#include "media/base/bytes.h"
#include "media/ice/agent.h"
#include "media/ice/checker.h"
#include "media/ice/framing.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static const char password[] = "password";

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* Replaces the HMAC in place when the message has one. */
static void sign(uint8_t *data, size_t len)
{
    struct hop_stun msg;
    if (len > HOP_STUN_MAX_MESSAGE || hop_stun_parse(data, len, &msg) != HOP_STUN_OK ||
        !msg.integrity_at)
        return;
    uint8_t text[HOP_STUN_MAX_MESSAGE];
    unsigned mac_len = 20;
    memcpy(text, data, msg.integrity_at);
    hop_put16(text + 2, (uint16_t)(msg.integrity_at + 24 - HOP_STUN_HEADER));
    HMAC(EVP_sha1(), password, sizeof(password) - 1, text, msg.integrity_at,
         data + msg.integrity_at + 4, &mac_len);
    must(!msg.fingerprint || hop_stun_parse(data, len, &msg) != HOP_STUN_NOT_STUN);
}

static void fuzz_agents(const uint8_t *data, size_t len)
{
    struct hop_ice *ice;
    struct hop_checker *checker;
    struct hop_ice_result result;
    uint8_t answer[HOP_STUN_MAX_BUILT];
    struct hop_path path = { .remote = { .family = AF_INET, .port = 1, .ip = { 192, 0, 2, 1 } } };
    struct hop_checker_config config = {
        .local_ufrag = "local", .local_pwd = password, .remote_ufrag = "remote", .remote_pwd = "x"
    };
    must(hop_ice_new("local", password, "remote", 0, &ice) == 0);
    must(hop_checker_new(&config, &checker) == 0);
    hop_ice_receive(ice, &path, data, len, 1, answer, &result);
    if (result.answer_len) {
        struct hop_stun reply;
        must(hop_stun_parse(answer, result.answer_len, &reply) == HOP_STUN_OK);
        must(reply.cls == HOP_STUN_SUCCESS || reply.error_code != 0);
    }
    must((result.verdict == HOP_ICE_ACCEPTED) == hop_ice_has_path(ice, &path));
    must(hop_checker_receive(checker, &path, data, len, 1, answer) <= HOP_STUN_MAX_BUILT);
    hop_checker_free(checker);
    hop_ice_free(ice);
}

static void fuzz_framing(const uint8_t *data, size_t len)
{
    static struct hop_framing reader;
    memset(&reader, 0, sizeof(reader));
    for (size_t at = 0; at < len;) {
        const uint8_t *chunk = data + at;
        size_t left = len - at < 1u + data[at] ? len - at : 1u + data[at], frame_len;
        at += left;
        uint8_t *frame;
        enum hop_framing_result r;
        while ((r = hop_framing_read(&reader, &chunk, &left, &frame, &frame_len)) ==
               HOP_FRAMING_FRAME)
            must(frame_len > 0 && frame_len <= HOP_MAX_TCP_FRAME);
        if (r == HOP_FRAMING_OVERSIZE)
            return;
        must(left == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t copy[4096];
    if (len < 1 || len > sizeof(copy))
        return 0;
    fuzz_framing(data, len);
    bool signed_by_us = data[0] & 1;
    memcpy(copy, data + 1, len - 1);
    if (signed_by_us)
        sign(copy, len - 1);
    fuzz_agents(copy, len - 1);
    return 0;
}
