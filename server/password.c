/* See password.h. */
#include "server/password.h"

#include "server/store/fold.h"

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

int hop_password_hash_random(const char *password, char out[HOP_MAX_PASSWORD_HASH + 1])
{
    int error = crypto_pwhash_str(out, password, strlen(password), crypto_pwhash_OPSLIMIT_MIN,
                                  crypto_pwhash_MEMLIMIT_MIN);

    return error == 0 ? 0 : -ENOMEM;
}

/* Found in every list of stolen passwords; those below ten characters are too short anyway. */
static bool is_common(const char *folded)
{
    static const char *const common[] = {
        "1234567890",  "0123456789",   "9876543210",   "0987654321",   "1q2w3e4r5t",
        "qwertyuiop",  "password12",   "password123",  "password1234", "administrator",
        "iloveyou12",  "matkhau123",   "matkhau1234",  "vietnam123",   "vietnam1234",
        "hanoi12345",  "abc123456789", "1234567890a",  "a1234567890",  "12345678910",
        "123456789a",  "123456789abc", "abcd123456",   "qwerty1234",   "qwerty12345",
        "welcome123",  "changeme123",  "letmein123",   "admin12345",   "admin123456",
        "1111111111a", "asdfghjkl123", "1qaz2wsx3edc", "zaq12wsx123",  "passw0rd123",
        "anhyeuem123",
    };
    size_t n = strlen(folded);

    for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
        if (strcmp(folded, common[i]) == 0)
            return true;
    return strspn(folded, (const char[]){ folded[0], '\0' }) == n;
}

/* Without his names, not much is left of it. */
static bool is_personal(const char *folded, const char *names)
{
    g_auto(GStrv) words = g_strsplit_set(names, " .@_-", -1);
    size_t left = strlen(folded);

    for (char **word = words; *word != NULL; word++)
        if (strlen(*word) >= 3 && strstr(folded, *word) != NULL)
            left -= MIN(left, strlen(*word));
    return left < 5;
}

const char *hop_password_rule(const char *password, const char *username, const char *name)
{
    g_autofree char *both = g_strjoin(" ", username, name, NULL);
    g_autofree char *names = hop_fold(both), *folded = hop_fold(password);

    if (!g_utf8_validate(password, -1, NULL) ||
        g_utf8_strlen(password, -1) < HOP_PASSWORD_CHARACTERS)
        return "short";
    if (strlen(password) > HOP_MAX_PASSWORD)
        return "long";
    if (is_common(folded))
        return "common";
    return is_personal(folded, names) ? "personal" : NULL;
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
