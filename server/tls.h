/* The own certificate: made at the first start, kept in the state directory, renewed before it
 * ends. For networks without a certification authority; browsers warn once and then remember it.
 * Called at start and on SIGHUP, control thread.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

enum {
    HOP_TLS_OWN_DAYS = 825,  /* the most that Apple's browsers take */
    HOP_TLS_RENEW_DAYS = 30, /* before its end */
};

/* Makes sure that `cert_path` and `key_path` hold a P-256 certificate that is valid for
 * HOP_TLS_RENEW_DAYS more and names `names` (host names and IP addresses; a missing IPv6 one is let
 * pass); else makes a new pair.
 * The key gets mode 0600. *made tells whether it did. 0 or a negative errno. */
int hop_tls_own_ensure(const char *cert_path, const char *key_path, const char *const *names,
                       bool *made);

/* "localhost", this machine's names, all addresses of its interfaces, and `more` (may be NULL):
 * what an own certificate is made for. Free with g_strfreev(). */
char **hop_tls_own_names(const char *const *more);

/* Checks that a certificate and its key can be used together. NULL, or what is wrong (g_free()). */
char *hop_tls_check(const char *cert_path, const char *key_path);

/* Puts certificate chain and key into a running context: new connections use them. 0 or -EINVAL
 * with the old ones kept. */
int hop_tls_load(SSL_CTX *ctx, const char *cert_path, const char *key_path);

/* Seconds until the certificate ends; negative: it has. INT64_MIN: unreadable. */
long long hop_tls_seconds_left(const char *cert_path);
