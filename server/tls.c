/* See tls.h. RFC 5280 for the certificate, RFC 6125 for the names in it. */
#include "server/tls.h"

#include "media/base/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 24 * 3600, MAX_NAMES = 100 };

static X509 *read_cert(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *cert;

    if (file == NULL)
        return NULL;
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    ERR_clear_error();
    return cert;
}

/* Never asks on the terminal for the password of a protected key. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key;

    if (file == NULL)
        return NULL;
    key = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    fclose(file);
    ERR_clear_error();
    return key;
}

long long hop_tls_seconds_left(const char *cert_path)
{
    X509 *cert = read_cert(cert_path);
    int days = 0, seconds = 0;
    long long left = INT64_MIN;

    if (cert != NULL && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1)
        left = (long long)days * DAY + seconds;
    X509_free(cert);
    return left;
}

static bool names_it(X509 *cert, const char *name)
{
    struct hop_addr addr;

    if (hop_addr_parse(name, 0, &addr) == 0)
        return X509_check_ip_asc(cert, name, 0) == 1;
    return X509_check_host(cert, name, 0, 0, NULL) == 1;
}

/* IPv6 addresses come and go (RFC 8981); a new certificate, and a new warning, for each of them
 * would teach people to click warnings away. */
static bool is_ipv6(const char *name)
{
    return strchr(name, ':') != NULL;
}

static bool still_good(const char *cert_path, const char *key_path, const char *const *names)
{
    X509 *cert = read_cert(cert_path);
    EVP_PKEY *key = read_key(key_path);
    bool good = cert != NULL && key != NULL && X509_check_private_key(cert, key) == 1 &&
                hop_tls_seconds_left(cert_path) > (long long)HOP_TLS_RENEW_DAYS * DAY;

    for (; good && *names != NULL; names++)
        good = is_ipv6(*names) || names_it(cert, *names);
    EVP_PKEY_free(key);
    X509_free(cert);
    return good;
}

static void add_name(GPtrArray *names, const char *name)
{
    if (name[0] == '\0' || names->len >= MAX_NAMES)
        return;
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return;
    g_ptr_array_add(names, g_strdup(name));
}

static void add_interfaces(GPtrArray *names)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) != 0)
        return;
    for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct hop_addr addr;
        char text[HOP_ADDR_TEXT];

        if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP) ||
            !hop_addr_from_sockaddr(i->ifa_addr, &addr) || addr.scope != 0)
            continue;
        add_name(names, hop_addr_format_ip(&addr, text));
    }
    freeifaddrs(all);
}

char **hop_tls_own_names(const char *const *more)
{
    GPtrArray *names = g_ptr_array_new();
    char host[256] = "";

    add_name(names, "localhost");
    if (gethostname(host, sizeof(host) - 1) == 0)
        add_name(names, host);
    for (; more != NULL && *more != NULL; more++)
        add_name(names, *more);
    add_interfaces(names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

/* A name that goes into OpenSSL's comma-separated text must not have a comma of its own. */
static bool plain_name(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_*") ==
           strlen(name);
}

static bool add_names(X509 *cert, const char *const *names)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (; *names != NULL; names++) {
        struct hop_addr addr;

        if (!plain_name(*names))
            continue;
        g_string_append_printf(text, "%s%s:%s", text->len > 0 ? "," : "",
                               hop_addr_parse(*names, 0, &addr) == 0 ? "IP" : "DNS", *names);
    }
    return add_extension(cert, NID_subject_alt_name, text->str);
}

static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *number;
    bool set;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f;
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return set;
}

static X509 *make_cert(EVP_PKEY *key, const char *const *names)
{
    X509 *cert = X509_new();
    X509_NAME *subject = cert != NULL ? X509_get_subject_name(cert) : NULL;
    bool made =
        subject != NULL && X509_set_version(cert, 2) == 1 && set_serial(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), (long)(HOP_TLS_OWN_DAYS - 2) * DAY) != NULL &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)"hop", -1,
                                   -1, 0) == 1 &&
        X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key) == 1 &&
        add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
        add_extension(cert, NID_ext_key_usage, "serverAuth") && add_names(cert, names) &&
        X509_sign(cert, key, EVP_sha256()) > 0;

    if (made)
        return cert;
    ERR_clear_error();
    X509_free(cert);
    return NULL;
}

/* Written beside and renamed, so that a crash leaves the old file or the new one. */
static int write_pem(const char *path, mode_t mode, EVP_PKEY *key, X509 *cert)
{
    g_autofree char *part = g_strconcat(path, ".new", NULL);
    int fd, error = 0;
    FILE *file;
    bool ok;

    unlink(part);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return -ENOMEM;
    }
    ok = key != NULL ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1
                     : PEM_write_X509(file, cert) == 1;
    if (!ok || fflush(file) != 0 || fsync(fd) != 0)
        error = errno != 0 ? -errno : -EIO;
    if (fclose(file) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(part, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(part);
    return error;
}

int hop_tls_own_ensure(const char *cert_path, const char *key_path, const char *const *names,
                       bool *made)
{
    EVP_PKEY *key;
    X509 *cert;
    int error = -ENOMEM;

    *made = false;
    if (still_good(cert_path, key_path, names))
        return 0;
    key = EVP_EC_gen("P-256");
    cert = key != NULL ? make_cert(key, names) : NULL;
    if (cert != NULL) {
        error = write_pem(key_path, 0600, key, NULL);
        if (error == 0)
            error = write_pem(cert_path, 0644, NULL, cert);
        *made = error == 0;
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return error;
}

char *hop_tls_check(const char *cert_path, const char *key_path)
{
    X509 *cert = read_cert(cert_path);
    EVP_PKEY *key = read_key(key_path);
    char *wrong = NULL;

    if (cert == NULL)
        wrong = g_strdup_printf("%s: no PEM certificate can be read from it", cert_path);
    else if (key == NULL)
        wrong = g_strdup_printf("%s: no PEM private key (without password) can be read from it",
                                key_path);
    else if (X509_check_private_key(cert, key) != 1)
        wrong = g_strdup_printf("%s and %s do not belong together", cert_path, key_path);
    else if (hop_tls_seconds_left(cert_path) <= 0)
        wrong = g_strdup_printf("%s: the certificate has expired", cert_path);
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(cert);
    return wrong;
}

int hop_tls_load(SSL_CTX *ctx, const char *cert_path, const char *key_path)
{
    g_autofree char *wrong = hop_tls_check(cert_path, key_path);

    if (wrong != NULL)
        return -EINVAL;
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1) {
        ERR_clear_error();
        return -EINVAL;
    }
    return 0;
}
