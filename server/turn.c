/* See turn.h. */
#include "server/turn.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum { DIGEST = 20, MAX_SECRET = 512 };
#define SECOND_US ((int64_t)1000000)

struct hop_turn {
    char **urls;
    char *secret;
    int64_t ttl_us;
};

static int read_secret(const char *path, char **out)
{
    char line[MAX_SECRET];
    FILE *file = fopen(path, "re");
    bool read;

    if (file == NULL)
        return -errno;
    read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    if (!read || g_strstrip(line)[0] == '\0')
        return -EINVAL;
    *out = g_strdup(line);
    explicit_bzero(line, sizeof(line));
    return 0;
}

int hop_turn_new(const struct hop_config *config, struct hop_turn **out)
{
    char *secret = NULL;
    int error;

    if (config->turn_urls[0] == NULL) {
        *out = NULL;
        return 0;
    }
    error = read_secret(config->turn_secret_file, &secret);
    if (error != 0)
        return error;
    *out = g_new0(struct hop_turn, 1);
    (*out)->urls = g_strdupv(config->turn_urls);
    (*out)->secret = secret;
    (*out)->ttl_us = config->turn_ttl_min * 60 * SECOND_US;
    return 0;
}

void hop_turn_free(struct hop_turn *turn)
{
    if (turn == NULL)
        return;
    g_strfreev(turn->urls);
    explicit_bzero(turn->secret, strlen(turn->secret));
    g_free(turn->secret);
    g_free(turn);
}

bool hop_turn_access(const struct hop_turn *turn, const char *who, int64_t wall_us,
                     struct hop_relay_access *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (turn == NULL)
        return false;
    out->urls = (const char *const *)turn->urls;
    out->lifetime_us = turn->ttl_us;
    g_snprintf(out->username, sizeof(out->username), "%lld:%s",
               (long long)((wall_us + turn->ttl_us) / SECOND_US), who);
    HMAC(EVP_sha1(), turn->secret, (int)strlen(turn->secret), (const uint8_t *)out->username,
         strlen(out->username), digest, &len);
    g_assert(len == DIGEST);
    EVP_EncodeBlock((uint8_t *)out->credential, digest, DIGEST);
    return true;
}
