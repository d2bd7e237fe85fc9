/* What people's browsers and the mails need: name, certificate, mail server. See doctor.h. */
#include "doctor/doctor.h"

#include "server/tls.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CONNECT_S = 3, EXPIRES_SOON_D = 14, DAY_S = 86400 };

/* ---- name ------------------------------------------------------------------------------------ */

static void check_dns(struct hop_doctor *d)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    char text[INET6_ADDRSTRLEN] = "?";
    g_autofree char *mend = NULL;
    int error;

    if (d->host == NULL) {
        hop_report_add(d->report, "dns", HOP_VERDICT_NONE,
                       "give url in [server], so that links in mails lead here",
                       "no name is configured");
        return;
    }
    error = getaddrinfo(d->host, NULL, &hints, &list);
    mend = g_strdup_printf("an A record for %s in your DNS, or correct url in [server]", d->host);
    if (error != 0) {
        hop_report_add(d->report, "dns", HOP_VERDICT_FAIL, mend, "%s: %s", d->host,
                       gai_strerror(error));
        return;
    }
    getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
    hop_report_add(d->report, "dns", HOP_VERDICT_OK, NULL, "%s is %s", d->host, text);
    freeaddrinfo(list);
}

/* ---- certificate ----------------------------------------------------------------------------- */

/* The files, as the next start will read them. */
static void check_files(struct hop_doctor *d)
{
    const struct hop_config *c = d->config;
    g_autofree char *wrong = NULL;
    long long days;

    if (c->certificate[0] == '\0')
        return;
    wrong = hop_tls_check(c->certificate, c->private_key);
    days = hop_tls_seconds_left(c->certificate) / DAY_S;
    if (wrong != NULL)
        hop_report_add(d->report, "certificate-file", HOP_VERDICT_FAIL,
                       "put the new certificate with its chain there (certbot renew), then "
                       "systemctl reload hop",
                       "%s", wrong);
    else
        hop_report_add(d->report, "certificate-file",
                       days < EXPIRES_SOON_D ? HOP_VERDICT_WARN : HOP_VERDICT_OK,
                       days < EXPIRES_SOON_D ? "renew it: certbot renew, then systemctl reload hop"
                                             : NULL,
                       "%s ends in %lld days", c->certificate, days);
}

/* The connection, with its handshake done, to be freed with BIO_free_all(); NULL: none. */
static BIO *handshake(const char *host, const char *name, int port, SSL_CTX *ctx)
{
    g_autofree char *to =
        g_strdup_printf(strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, port);
    BIO *bio = BIO_new_ssl_connect(ctx);
    struct timeval patience = { .tv_sec = CONNECT_S };
    SSL *ssl = NULL;
    int fd = -1;

    if (bio == NULL)
        return NULL;
    BIO_set_conn_hostname(bio, to);
    BIO_get_ssl(bio, &ssl);
    SSL_set_tlsext_host_name(ssl, name);
    if (BIO_do_connect_retry(bio, CONNECT_S, 100) > 0 && BIO_get_fd(bio, &fd) >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (BIO_do_handshake(bio) > 0)
            return bio;
    }
    BIO_free_all(bio);
    return NULL;
}

static void judge_certificate(struct hop_doctor *d, SSL *ssl, const char *name)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    long verified = SSL_get_verify_result(ssl);
    bool own = d->config->certificate[0] == '\0';
    bool named =
        X509_check_host(cert, name, 0, 0, NULL) == 1 || X509_check_ip_asc(cert, name, 0) == 1;
    bool ended = X509_cmp_current_time(X509_get0_notAfter(cert)) < 0;

    if (ended)
        hop_report_add(d->report, "certificate", HOP_VERDICT_FAIL,
                       "renew it (certbot renew), then systemctl reload hop", "has ended");
    else if (!named)
        hop_report_add(d->report, "certificate", HOP_VERDICT_FAIL,
                       "get one for that name, or put the name into host-names", "is not for %s",
                       name);
    else if (verified != X509_V_OK && !own)
        hop_report_add(d->report, "certificate", HOP_VERDICT_FAIL,
                       "the file has to hold the certificate and its chain (fullchain.pem); the "
                       "authority has to be known to this machine (update-ca-certificates)",
                       "%s", X509_verify_cert_error_string(verified));
    else if (own)
        hop_report_add(d->report, "certificate", HOP_VERDICT_WARN,
                       "a certificate that browsers know: certificate and private-key in [server]",
                       "is hop's own; browsers warn of it");
    else
        hop_report_add(d->report, "certificate", HOP_VERDICT_OK, NULL, "for %s, its chain is whole",
                       name);
    X509_free(cert);
}

static void check_https(struct hop_doctor *d)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char address[64];
    const char *name = d->host, *to = d->host;
    SSL *ssl = NULL;
    BIO *bio;

    hop_doctor_media_address(d, address);
    if (name == NULL || !hop_report_passed(d->report, "dns"))
        to = address;
    if (name == NULL)
        name = address;
    SSL_CTX_set_default_verify_paths(ctx);
    bio = handshake(to, name, d->told_port, ctx);
    if (bio == NULL) {
        g_autofree char *mend = g_strdup_printf(
            "let TCP %d through (nft list ruleset; the firewall in front), and pass it on behind a "
            "NAT; announced-tcp-port, if it is another one outside",
            d->told_port);

        hop_report_add(d->report, "https", HOP_VERDICT_FAIL, mend, "no TLS at %s port %d", to,
                       d->told_port);
    } else {
        BIO_get_ssl(bio, &ssl);
        hop_report_add(d->report, "https", HOP_VERDICT_OK, NULL, "%s at %s port %d",
                       SSL_get_version(ssl), to, d->told_port);
        judge_certificate(d, ssl, name);
    }
    BIO_free_all(bio);
    SSL_CTX_free(ctx);
}

/* ---- mail ------------------------------------------------------------------------------------ */

static char *first_line(const char *path)
{
    g_autofree char *text = NULL;

    if (path[0] == '\0' || !g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("");
    text[strcspn(text, "\r\n")] = '\0';
    return g_steal_pointer(&text);
}

/* As far as a mail's sender: TLS, and signing in, without a mail. */
static CURLcode greet(const struct hop_config *c, char *why)
{
    bool tls = strcmp(c->mail_security, "tls") == 0;
    g_autofree char *url =
        g_strdup_printf("%s://%s:%d", tls ? "smtps" : "smtp", c->mail_server, c->mail_port);
    g_autofree char *password = first_line(c->mail_password_file);
    CURL *curl = curl_easy_init();
    CURLcode result;

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (strcmp(c->mail_security, "starttls") == 0)
        curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (c->mail_ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, c->mail_ca_file);
    if (c->mail_user[0] != '\0') {
        curl_easy_setopt(curl, CURLOPT_USERNAME, c->mail_user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
    }
    result = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return result;
}

static void check_smtp(struct hop_doctor *d)
{
    const struct hop_config *c = d->config;
    char why[CURL_ERROR_SIZE] = "";
    CURLcode result;

    if (c->mail_server[0] == '\0') {
        hop_report_add(d->report, "smtp", HOP_VERDICT_WARN,
                       "[mail] server and from, so that invitations go out",
                       "no mail server is configured");
        return;
    }
    result = greet(c, why);
    if (result == CURLE_OK)
        hop_report_add(d->report, "smtp", HOP_VERDICT_OK, NULL, "%s port %d takes mails (%s)",
                       c->mail_server, c->mail_port, c->mail_security);
    else
        hop_report_add(d->report, "smtp", HOP_VERDICT_FAIL,
                       result == CURLE_LOGIN_DENIED
                           ? "correct user and password-file in [mail]"
                           : "correct server, port, security and ca-file in [mail]; let that port "
                             "out to it",
                       "%s port %d: %s", c->mail_server, c->mail_port,
                       why[0] != '\0' ? why : curl_easy_strerror(result));
}

void hop_doctor_network(struct hop_doctor *d)
{
    check_dns(d);
    check_files(d);
    if (d->runs && d->config->https_port > 0)
        check_https(d);
    check_smtp(d);
}
