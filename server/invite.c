/* See invite.h. */
#include "server/invite.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static int write_secret(const char *path, uint8_t secret[HOP_INVITE_SECRET])
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = 0;

    if (fd < 0)
        return -errno;
    randombytes_buf(secret, HOP_INVITE_SECRET);
    errno = EIO;
    if (write(fd, secret, HOP_INVITE_SECRET) != HOP_INVITE_SECRET || fsync(fd) != 0)
        error = -errno;
    close(fd);
    if (error != 0)
        unlink(path);
    return error;
}

int hop_invite_secret_load(const char *path, uint8_t secret[HOP_INVITE_SECRET])
{
    uint8_t bytes[HOP_INVITE_SECRET + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return errno == ENOENT ? write_secret(path, secret) : -errno;
    n = read(fd, bytes, sizeof(bytes));
    close(fd);
    if (n != HOP_INVITE_SECRET)
        return n < 0 ? -EIO : -EILSEQ;
    memcpy(secret, bytes, HOP_INVITE_SECRET);
    return 0;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void token_bytes(const uint8_t *secret, const uint8_t nonce[HOP_INVITE_NONCE],
                        uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    static const char purpose[] = "hop invitation";
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, secret, HOP_INVITE_SECRET);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose, sizeof(purpose));
    crypto_auth_hmacsha256_update(&state, nonce, HOP_INVITE_NONCE);
    crypto_auth_hmacsha256_final(&state, out);
}

void hop_invite_token(const uint8_t secret[HOP_INVITE_SECRET],
                      const uint8_t nonce[HOP_INVITE_NONCE], char out[HOP_INVITE_TOKEN_TEXT])
{
    uint8_t bytes[crypto_auth_hmacsha256_BYTES];

    token_bytes(secret, nonce, bytes);
    sodium_bin2base64(out, HOP_INVITE_TOKEN_TEXT, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool hop_invite_token_hash(const char *token, uint8_t hash[HOP_HASH])
{
    uint8_t bytes[crypto_auth_hmacsha256_BYTES];
    size_t len = strlen(token), n = 0;

    if (len != HOP_INVITE_TOKEN_TEXT - 1 ||
        sodium_base642bin(bytes, sizeof(bytes), token, len, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n != sizeof(bytes))
        return false;
    crypto_hash_sha256(hash, bytes, sizeof(bytes));
    return true;
}

static void mint(const void *secret, uint8_t nonce[HOP_INVITE_NONCE], uint8_t token_hash[HOP_HASH])
{
    uint8_t bytes[crypto_auth_hmacsha256_BYTES];

    randombytes_buf(nonce, HOP_INVITE_NONCE);
    token_bytes(secret, nonce, bytes);
    crypto_hash_sha256(token_hash, bytes, sizeof(bytes));
}

struct hop_store_minter hop_invite_minter(const uint8_t *secret)
{
    return (struct hop_store_minter){ .mint = mint, .ctx = secret };
}

char *hop_invite_link(const char *room_url, const uint8_t secret[HOP_INVITE_SECRET],
                      const uint8_t nonce[HOP_INVITE_NONCE])
{
    char token[HOP_INVITE_TOKEN_TEXT];

    hop_invite_token(secret, nonce, token);
    return g_strdup_printf("%s#t=%s", room_url, token);
}

/* ---- passwords ------------------------------------------------------------------------------- */

void hop_invite_password_hash(const uint8_t secret[HOP_INVITE_SECRET], const char *uid,
                              const char *password, uint8_t hash[HOP_HASH])
{
    static const char purpose[] = "hop meeting password";
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, secret, HOP_INVITE_SECRET);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose, sizeof(purpose));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)uid, strlen(uid) + 1);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)password, strlen(password));
    crypto_auth_hmacsha256_final(&state, hash);
}

bool hop_invite_password_right(const uint8_t secret[HOP_INVITE_SECRET], const char *uid,
                               const char *password, const uint8_t hash[HOP_HASH])
{
    uint8_t mine[HOP_HASH];

    hop_invite_password_hash(secret, uid, password, mine);
    return sodium_memcmp(mine, hash, HOP_HASH) == 0;
}
