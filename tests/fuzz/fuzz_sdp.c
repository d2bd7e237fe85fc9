/* modules: hop_signaling */
/* Any bytes as an offer: parsed, and what is taken is answered. The answer must hold one m-line for
 * each of the offer's and no line that the offer smuggled in. */
#include "signaling/sdp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const char *answer)
{
    for (const char *p = answer; *p != '\0';) {
        const char *end = strstr(p, "\r\n");
        if (end == NULL || strchr("vosctam", p[0]) == NULL || p[1] != '=')
            abort();
        for (const char *c = p; c < end; c++) {
            if ((unsigned char)*c < ' ')
                abort();
        }
        p = end + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hop_codec_order order;
    struct hop_sdp_offer *offer = NULL;
    struct hop_refusal why = { 0 };
    if (hop_codec_order_parse("VP8,H264", &order) != 0)
        abort();
    if (!hop_sdp_offer_parse((const char *)data, size, &order, &offer, &why)) {
        if (why.error < HOP_ERR_SDP_MALFORMED || why.error > HOP_ERR_SDP_CHANGED)
            abort();
        return 0;
    }
    const struct hop_peer_desc *desc = hop_sdp_offer_desc(offer);
    if (desc->n_slots > HOP_MAX_SLOTS || desc->n_tracks > HOP_MAX_TRACKS || desc->mix_pt > 127)
        abort();
    struct hop_peer_local local = { .ufrag = "u", .pwd = "p", .cname = "c", .n_candidates = 1 };
    local.candidates[0].addr.family = AF_INET;
    char *answer = hop_sdp_answer(offer, &local, "AB:CD", 1);
    check_answer(answer);
    g_free(answer);
    hop_sdp_offer_free(offer);
    return 0;
}
