/* The TURN servers as a participant meets them: over UDP, TCP and TLS, with credentials that hop
 * makes, and with the way from there to hop. See doctor.h. RFC 8656 §7, §9; RFC 7065 (URLs). */
#include "doctor/doctor.h"

#include "doctor/turn_message.h"
#include "media/base/clock.h"
#include "media/base/random.h"
#include "server/turn.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 2, TRIES = 3 };

struct relay {
    char host[256];
    int port;
    bool udp, tls;
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

/* "turn:host:port?transport=tcp"; an IPv6 address in brackets. */
static bool read_url(const char *url, struct relay *out)
{
    g_autofree char *rest = NULL;
    char *query, *colon, *host;

    *out = (struct relay){ .fd = -1 };
    out->tls = g_str_has_prefix(url, "turns:");
    rest = g_strdup(strchr(url, ':') + 1);
    query = strchr(rest, '?');
    out->udp = !out->tls && (query == NULL || strcmp(query, "?transport=udp") == 0);
    if (query != NULL)
        *query = '\0';
    host = rest;
    out->port = out->tls ? 5349 : 3478;
    colon = strrchr(rest, ':');
    if (rest[0] == '[' && strchr(rest, ']') != NULL) {
        host = rest + 1;
        colon = strchr(rest, ']')[1] == ':' ? strchr(rest, ']') + 1 : NULL;
        *strchr(rest, ']') = '\0';
    } else if (colon != NULL) {
        *colon = '\0';
    }
    if (colon != NULL)
        out->port = atoi(colon + 1);
    g_strlcpy(out->host, host, sizeof(out->host));
    return out->host[0] != '\0';
}

static const char *open_socket(struct relay *r)
{
    struct addrinfo hints = { .ai_socktype = r->udp ? SOCK_DGRAM : SOCK_STREAM }, *list = NULL;
    struct timeval patience = { .tv_sec = PATIENCE_S };
    char port[8];
    const char *wrong = NULL;

    snprintf(port, sizeof(port), "%d", r->port & 0xffff);
    if (getaddrinfo(r->host, port, &hints, &list) != 0)
        return "the name is not known";
    r->fd = socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, 0);
    setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)); /* of connect(), too */
    if (connect(r->fd, list->ai_addr, list->ai_addrlen) != 0)
        wrong = errno == EINPROGRESS ? "no answer" : g_strerror(errno);
    freeaddrinfo(list);
    return wrong;
}

/* Browsers refuse what does not verify; here it is only told apart. */
static const char *begin_tls(struct relay *r, bool *verified)
{
    r->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_default_verify_paths(r->ctx);
    r->ssl = SSL_new(r->ctx);
    SSL_set_tlsext_host_name(r->ssl, r->host);
    if (!SSL_set_fd(r->ssl, r->fd) || SSL_connect(r->ssl) != 1)
        return "the TLS handshake fails";
    *verified = SSL_get_verify_result(r->ssl) == X509_V_OK;
    return NULL;
}

static void close_relay(struct relay *r)
{
    SSL_free(r->ssl);
    SSL_CTX_free(r->ctx);
    if (r->fd >= 0)
        close(r->fd);
}

static ssize_t receive(struct relay *r, uint8_t *buf, size_t cap)
{
    return r->ssl != NULL ? SSL_read(r->ssl, buf, (int)cap) : recv(r->fd, buf, cap, 0);
}

/* One message; of a stream as many bytes as its header says. */
static size_t receive_message(struct relay *r, uint8_t buf[HOP_TURN_MAX])
{
    size_t have = 0, want = r->udp ? 1 : 20;

    while (have < want) {
        ssize_t n = receive(r, buf + have, r->udp ? HOP_TURN_MAX : want - have);

        if (n <= 0)
            return 0;
        have += (size_t)n;
        if (!r->udp && have == 20)
            want = MIN(20 + ((size_t)buf[2] << 8 | buf[3]), (size_t)HOP_TURN_MAX);
    }
    return have;
}

/* False: no answer. */
static bool ask(struct relay *r, uint16_t method, const char *username,
                const struct hop_turn_login *login, const struct hop_addr *peer,
                struct hop_turn_answer *out)
{
    uint8_t request[HOP_TURN_MAX], answer[HOP_TURN_MAX], transaction[12];
    size_t len;

    hop_random_bytes(transaction, sizeof(transaction));
    len = hop_turn_build(request, method, transaction, username, login, peer);
    for (int i = 0; i < (r->udp ? TRIES : 1); i++) {
        ssize_t sent = r->ssl != NULL ? SSL_write(r->ssl, request, (int)len)
                                      : send(r->fd, request, len, MSG_NOSIGNAL);
        size_t got = sent == (ssize_t)len ? receive_message(r, answer) : 0;

        if (got > 0 && hop_turn_read(answer, got, transaction, out))
            return true;
    }
    return false;
}

/* From the first question to a permission towards hop. NULL, or what is wrong, and *mend. */
static const char *try_relay(struct relay *r, const struct hop_relay_access *access,
                             const struct hop_addr *peer, const char **mend)
{
    struct hop_turn_login login = { .realm = "" };
    struct hop_turn_answer answer;

    *mend = "start the TURN server and let its ports through; correct urls in [turn]";
    if (!ask(r, HOP_TURN_ALLOCATE, "", NULL, NULL, &answer))
        return "no answer";
    if (answer.code != 401 || answer.realm[0] == '\0')
        return "it wants no credentials; it has to use-auth-secret";
    g_strlcpy(login.realm, answer.realm, sizeof(login.realm));
    g_strlcpy(login.nonce, answer.nonce, sizeof(login.nonce));
    hop_turn_login(&login, access->username, access->credential);
    if (!ask(r, HOP_TURN_ALLOCATE, access->username, &login, NULL, &answer))
        return "no answer to the credentials";
    *mend =
        "the first line of [turn] secret-file has to be static-auth-secret of turnserver.conf, and "
        "both clocks right; reload both";
    if (answer.code == 401 || answer.code == 441)
        return "it refuses hop's credentials";
    *mend =
        "see the TURN server's log; user-quota, total-quota and its ports bound how many it takes";
    if (!answer.success)
        return "it gives no relay";
    *mend = "allowed-peer-ip in turnserver.conf has to be hop's media address";
    if (!ask(r, HOP_TURN_PERMISSION, access->username, &login, peer, &answer) || !answer.success)
        return "it does not let participants on to hop";
    ask(r, HOP_TURN_REFRESH, access->username, &login, NULL, &answer); /* done with it */
    return NULL;
}

static void check_url(struct hop_doctor *d, const char *url, const struct hop_relay_access *access,
                      const struct hop_addr *peer)
{
    struct relay r;
    const char *mend = "start the TURN server and let its ports through; correct urls in [turn]";
    const char *check, *wrong;
    bool verified = true;

    if (!read_url(url, &r))
        return;
    check = r.tls ? "turn-tls" : r.udp ? "turn-udp" : "turn-tcp";
    wrong = open_socket(&r);
    if (wrong == NULL && r.tls) {
        wrong = begin_tls(&r, &verified);
        mend = wrong != NULL ? "cert and pkey in turnserver.conf, readable for turnserver" : mend;
    }
    if (wrong == NULL)
        wrong = try_relay(&r, access, peer, &mend);
    if (wrong != NULL)
        hop_report_add(d->report, check, HOP_VERDICT_FAIL, mend, "%s: %s", url, wrong);
    else if (!verified)
        hop_report_add(d->report, check, HOP_VERDICT_WARN,
                       "a certificate of an authority that browsers know, with its chain",
                       "%s relays, but browsers will refuse its certificate", url);
    else
        hop_report_add(d->report, check, HOP_VERDICT_OK, NULL, "%s relays to hop", url);
    close_relay(&r);
}

void hop_doctor_relay(struct hop_doctor *d)
{
    struct hop_relay_access access;
    struct hop_addr peer;
    struct hop_turn *turn = NULL;
    char address[64];
    int error = hop_turn_new(d->config, &turn);

    hop_doctor_media_address(d, address);
    if (error != 0)
        hop_report_add(d->report, "turn", HOP_VERDICT_FAIL,
                       "its first line has to be the TURN server's static-auth-secret", "%s: %s",
                       d->config->turn_secret_file, g_strerror(-error));
    else if (turn == NULL)
        hop_report_add(
            d->report, "turn", HOP_VERDICT_NONE,
            "docs/operations.md, for networks that let neither UDP nor hop's TCP through",
            "no TURN server is configured");
    else if (hop_addr_parse(address, (uint16_t)d->config->media_port, &peer) == 0 &&
             hop_turn_access(turn, "doctor", hop_wall_us(), &access))
        for (const char *const *url = access.urls; *url != NULL; url++)
            check_url(d, *url, &access, &peer);
    hop_turn_free(turn);
}
