/* The SRTP keys of one participant, as they leave the DTLS handshake and enter the SRTP context.
 * Plain data; whoever holds a copy wipes it (explicit_bzero) when done. */
#pragma once

#include "media/base/types.h"

#include <stdint.h>

struct hop_srtp_keys {
    enum hop_srtp_profile profile; /* decides the lengths below */
    uint8_t key_len;               /* bytes: 16 or 32 */
    uint8_t salt_len;              /* bytes: 12 (GCM) or 14 (AES-CM) */
    uint8_t local_key[32];         /* what we send is protected with these */
    uint8_t local_salt[14];
    uint8_t remote_key[32]; /* what the participant sends is protected with these */
    uint8_t remote_salt[14];
};
