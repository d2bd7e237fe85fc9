/* Puts one received video stream's packets back into frames and says whether a decoder could have
 * shown them: whole, in order, beginning with a key frame, VP8 PictureIDs without a hole. */
#pragma once

#include "media/base/types.h"
#include "tests/client/shape.h"

enum { HOP_CLIENT_FRAME_WINDOW = 1024 }; /* packets waited for */

struct hop_client_frames_stats {
    uint32_t frames; /* that a decoder could show */
    uint32_t key_frames;
    uint32_t undecodable;      /* whole, but without the frames before */
    uint32_t freezes;          /* times a hole was not filled in time */
    uint32_t picture_gaps;     /* PictureID not the one after */
    uint32_t timestamp_breaks; /* a frame not newer than the one before */
    uint32_t malformed;        /* payloads that are none */
    uint32_t switches;         /* another sender, source or layer than before */
    uint32_t bad_switches;     /* of these, such as did not begin at a key frame */
    uint16_t width, height;    /* of the newest key frame */
    bool stamped;
    struct hop_client_stamp stamp; /* of the newest frame shown */
    int64_t first_us, newest_us;   /* when the first and the newest frame was whole; 0: none */
    int64_t longest_gap_us;        /* between two frames shown */
};

struct hop_client_frames_slot {
    uint64_t seq; /* extended; 0: empty */
    uint32_t timestamp;
    uint16_t picture;
    uint8_t picture_bits;
    bool start, marker, key, stamped;
    bool empty; /* padding only: a number without content */
    uint16_t width, height;
    struct hop_client_stamp stamp;
};

struct hop_client_frames {
    uint64_t next, newest; /* next: first packet not yet used; 0: waits for a key frame */
    bool decodable, has_last;
    uint32_t last_timestamp;
    uint16_t last_picture;
    uint8_t last_picture_bits;
    int64_t hole_us; /* since when the frame at `next` should be whole and is not; 0: it may come */
    struct hop_client_frames_stats stats;
    struct hop_client_frames_slot slots[HOP_CLIENT_FRAME_WINDOW];
};

/* One packet. True: a key frame is needed to go on. */
bool hop_client_frames_packet(struct hop_client_frames *f, enum hop_codec codec, uint64_t ext_seq,
                              uint32_t timestamp, bool marker, const uint8_t *payload, size_t len,
                              int64_t now_us);
