/* Randomness from getrandom(2); see random.h. Any thread. */
#include "media/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void hop_random_bytes(void *out, size_t len)
{
    uint8_t *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            abort();
        }
        p += n;
        len -= (size_t)n;
    }
}

uint32_t hop_random32(void)
{
    uint32_t v;
    hop_random_bytes(&v, sizeof(v));
    return v;
}

void hop_random_ice_chars(char *out, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    hop_random_bytes(out, len);
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[(unsigned char)out[i] & 63];
    out[len] = '\0';
}
