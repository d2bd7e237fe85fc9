/* Video frames that look like VP8 or H.264 to everything but a decoder: valid payload descriptors
 * and headers, filler behind, and in each packet a stamp that says who made it. No state. */
#pragma once

#include "media/base/types.h"

enum {
    HOP_CLIENT_PAYLOAD = 1100, /* most bytes of one packet's payload */
    HOP_CLIENT_STAMP = 16,     /* bytes at the end of each payload */
};

struct hop_client_stamp {
    uint32_t tag;    /* of the sending participant */
    uint8_t source;  /* enum hop_source */
    uint8_t layer;   /* simulcast layer */
    uint32_t number; /* of the frame */
};

struct hop_client_frame {
    enum hop_codec codec; /* VP8 or H264 */
    bool key;
    uint16_t picture; /* VP8 PictureID, 15 bits */
    uint8_t tl0;      /* VP8 TL0PICIDX */
    uint16_t width, height;
    struct hop_client_stamp stamp;
    size_t bytes; /* wanted size of all payloads */
};

/* How many packets the frame takes. */
unsigned hop_client_frame_packets(const struct hop_client_frame *frame);
/* The i-th payload; returns its length. */
size_t hop_client_frame_write(const struct hop_client_frame *frame, unsigned i,
                              uint8_t buf[HOP_CLIENT_PAYLOAD]);

/* False: the payload carries no stamp (not from a native client). */
bool hop_client_stamp_read(const uint8_t *payload, size_t len, struct hop_client_stamp *out);
