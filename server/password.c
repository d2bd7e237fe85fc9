/* See password.h. */
#include "server/password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { OPS = 3 }; /* with 64 MiB: RFC 9106 §4, the second recommended choice */
#define MEMORY ((size_t)64 * 1024 * 1024)

G_STATIC_ASSERT(HOP_MAX_PASSWORD_HASH + 1 >= crypto_pwhash_STRBYTES);

int hop_password_hash(const char *password, char out[HOP_MAX_PASSWORD_HASH + 1])
{
    return crypto_pwhash_str(out, password, strlen(password), OPS, MEMORY) == 0 ? 0 : -ENOMEM;
}

bool hop_password_fits(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

char *hop_password_random(void)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    GString *password = g_string_new(NULL);

    for (int i = 0; i < 20; i++) {
        if (i > 0 && i % 5 == 0)
            g_string_append_c(password, '-');
        g_string_append_c(password, letters[randombytes_uniform(sizeof(letters) - 1)]);
    }
    return g_string_free(password, FALSE);
}
