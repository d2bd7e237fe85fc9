/* One DTLS-SRTP connection; see dtls.h. RFC 6347 (DTLS 1.2), RFC 5764 (use_srtp and the exporter),
 * RFC 8122 (the peer's fingerprint), RFC 7983 (only records reach us). */
#include "media/dtls/dtls.h"

#include "media/dtls/cert.h"
#include "media/dtls/record.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SRTP_PROFILES      "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"
#define FIRST_TIMEOUT_US   100000u
#define LONGEST_TIMEOUT_US 3000000u
#define REPEAT_INTERVAL_US ((int64_t)30000)
#define REPEAT_FOR_US      ((int64_t)60000000)

enum {
    MAX_QUEUED = 32,  /* datagrams waiting for hop_dtls_next(); more are lost, as on a line */
    MAX_REPEATS = 20, /* times the last flight is sent again */
};

struct datagram {
    struct datagram *next;
    size_t len;
    uint8_t data[];
};

struct queue {
    struct datagram *head;
    unsigned n;
};

struct hop_dtls {
    const struct hop_dtls_cert *cert;
    SSL *ssl; /* NULL before the first datagram and after the handshake */
    enum hop_dtls_role role;
    enum hop_dtls_state state;
    enum hop_dtls_error error;
    const EVP_MD *hash;
    uint8_t fingerprint[HOP_MAX_FINGERPRINT];
    char *srtp_profiles;
    uint32_t first_timeout_us;
    int64_t started_us; /* -1: not yet */
    const uint8_t *in;  /* the datagram that OpenSSL is to read; during a call only */
    size_t in_len;
    struct queue out;
    struct queue flight;   /* our last flight, for a peer that did not get it */
    struct queue farewell; /* our close_notify, made while OpenSSL was there */
    int64_t connected_us, repeated_us;
    unsigned repeats;
    bool keys_there, read_key_there;
    struct hop_srtp_keys keys;
    struct hop_dtls_read_key read_key;
};

/* ---- datagram queues ------------------------------------------------------------------------- */

static void queue_push(struct queue *q, const uint8_t *data, size_t len)
{
    if (q->n >= MAX_QUEUED)
        return;
    struct datagram *d = malloc(sizeof(*d) + len);
    if (!d)
        return; /* as if the line had lost it: it will be retransmitted */
    d->next = NULL;
    d->len = len;
    memcpy(d->data, data, len);
    struct datagram **end = &q->head;
    while (*end)
        end = &(*end)->next;
    *end = d;
    q->n++;
}

static void queue_clear(struct queue *q)
{
    while (q->head) {
        struct datagram *d = q->head;
        q->head = d->next;
        free(d);
    }
    q->n = 0;
}

static void queue_copy(struct queue *to, const struct queue *from)
{
    for (const struct datagram *d = from->head; d; d = d->next)
        queue_push(to, d->data, d->len);
}

/* ---- OpenSSL's view of the line: one datagram per read and per write --------------------------
 */

static int bio_write(BIO *bio, const char *data, int len)
{
    struct hop_dtls *dtls = BIO_get_data(bio);
    if (len > 0 && len <= HOP_MTU)
        queue_push(&dtls->out, (const uint8_t *)data, (size_t)len);
    return len;
}

static int bio_read(BIO *bio, char *buf, int cap)
{
    struct hop_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!dtls->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = dtls->in_len < (size_t)cap ? dtls->in_len : (size_t)cap;
    memcpy(buf, dtls->in, n);
    dtls->in = NULL;
    return (int)n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *line_method;
static pthread_once_t line_once = PTHREAD_ONCE_INIT;

static void make_line_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hop datagrams");
    if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
        BIO_meth_set_ctrl(m, bio_ctrl))
        line_method = m; /* lives as long as the process */
}

static BIO *make_line(struct hop_dtls *dtls)
{
    pthread_once(&line_once, make_line_method);
    BIO *bio = line_method ? BIO_new(line_method) : NULL;
    if (bio) {
        BIO_set_data(bio, dtls);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* ---- the handshake --------------------------------------------------------------------------- */

/* The chain is not verified: the certificate is the right one if signaling announced its digest.
 * Checked inside the handshake so that the peer is told by an alert. */
int hop_dtls_verify(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct hop_dtls *dtls = SSL_get_app_data(ssl);
    X509 *cert = X509_STORE_CTX_get0_cert(store);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (cert && X509_digest(cert, dtls->hash, digest, &len) &&
        memcmp(digest, dtls->fingerprint, len) == 0)
        return 1;
    dtls->error = HOP_DTLS_ERROR_FINGERPRINT;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static unsigned next_timeout_us(SSL *ssl, unsigned last_us)
{
    const struct hop_dtls *dtls = SSL_get_app_data(ssl);
    if (last_us == 0)
        return dtls->first_timeout_us;
    return last_us * 2 < LONGEST_TIMEOUT_US ? last_us * 2 : LONGEST_TIMEOUT_US;
}

static bool open_ssl(struct hop_dtls *dtls)
{
    SSL *ssl = SSL_new(dtls->cert->ctx);
    BIO *line = ssl ? make_line(dtls) : NULL;
    const char *profiles = dtls->srtp_profiles ? dtls->srtp_profiles : SRTP_PROFILES;
    /* SSL_set_tlsext_use_srtp() is the odd one: 0 is success */
    if (!line || SSL_set_tlsext_use_srtp(ssl, profiles) != 0) {
        BIO_free(line);
        SSL_free(ssl);
        return false;
    }
    SSL_set_bio(ssl, line, line);
    SSL_set_app_data(ssl, dtls);
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_set_mtu(ssl, HOP_MTU);
    DTLS_set_timer_cb(ssl, next_timeout_us);
    if (dtls->role == HOP_DTLS_SERVER)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    dtls->ssl = ssl;
    return true;
}

static void fail(struct hop_dtls *dtls, enum hop_dtls_error error)
{
    dtls->state = HOP_DTLS_FAILED;
    if (dtls->error == HOP_DTLS_ERROR_NONE)
        dtls->error = error;
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
}

static bool profile_lengths(struct hop_srtp_keys *keys)
{
    switch (keys->profile) {
    case HOP_SRTP_AEAD_AES_128_GCM:
        keys->key_len = 16;
        keys->salt_len = 12;
        return true;
    case HOP_SRTP_AEAD_AES_256_GCM:
        keys->key_len = 32;
        keys->salt_len = 12;
        return true;
    case HOP_SRTP_AES128_CM_SHA1_80:
        keys->key_len = 16;
        keys->salt_len = 14;
        return true;
    case HOP_SRTP_NONE:
        break;
    }
    return false;
}

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
static enum hop_dtls_error export_keys(struct hop_dtls *dtls)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
    struct hop_srtp_keys *k = &dtls->keys;
    k->profile = profile ? (enum hop_srtp_profile)profile->id : HOP_SRTP_NONE;
    if (!profile_lengths(k))
        return HOP_DTLS_ERROR_NO_PROFILE;
    uint8_t material[2 * (sizeof(k->local_key) + sizeof(k->local_salt))];
    size_t len = 2u * k->key_len + 2u * k->salt_len;
    if (SSL_export_keying_material(dtls->ssl, material, len, label, sizeof(label) - 1, NULL, 0,
                                   0) != 1)
        return HOP_DTLS_ERROR_PROTOCOL;
    const uint8_t *client_key = material, *server_key = client_key + k->key_len;
    const uint8_t *client_salt = server_key + k->key_len, *server_salt = client_salt + k->salt_len;
    bool server = dtls->role == HOP_DTLS_SERVER;
    memcpy(k->local_key, server ? server_key : client_key, k->key_len);
    memcpy(k->local_salt, server ? server_salt : client_salt, k->salt_len);
    memcpy(k->remote_key, server ? client_key : server_key, k->key_len);
    memcpy(k->remote_salt, server ? client_salt : server_salt, k->salt_len);
    explicit_bzero(material, sizeof(material));
    dtls->keys_there = true;
    return HOP_DTLS_ERROR_NONE;
}

/* The handshake is done: takes out all that will ever be needed and lets OpenSSL go. `flight_from`
 * is how many datagrams waited before the last step, the rest is our last flight. */
static void finish(struct hop_dtls *dtls, unsigned flight_from, int64_t now_us)
{
    enum hop_dtls_error error = export_keys(dtls);
    const struct datagram *d = dtls->out.head;
    for (unsigned i = 0; d && i < flight_from; i++)
        d = d->next;
    if (dtls->role == HOP_DTLS_SERVER) {
        for (; d; d = d->next)
            queue_push(&dtls->flight, d->data, d->len);
    }
    dtls->read_key_there =
        hop_dtls_read_key(dtls->ssl, dtls->role == HOP_DTLS_SERVER, &dtls->read_key);

    /* OpenSSL writes its close_notify into the queue: catch it there. */
    struct queue waiting = dtls->out;
    dtls->out = (struct queue){ 0 };
    SSL_shutdown(dtls->ssl);
    dtls->farewell = dtls->out;
    dtls->out = waiting;

    if (error != HOP_DTLS_ERROR_NONE) {
        queue_copy(&dtls->out, &dtls->farewell);
        fail(dtls, error);
        return;
    }
    dtls->state = HOP_DTLS_CONNECTED;
    dtls->connected_us = now_us;
    dtls->repeated_us = now_us;
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
}

static enum hop_dtls_error openssl_error(void)
{
    unsigned long e = ERR_peek_error();
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) >= SSL_AD_REASON_OFFSET)
        return HOP_DTLS_ERROR_ALERT;
    return HOP_DTLS_ERROR_PROTOCOL;
}

static void step(struct hop_dtls *dtls, int64_t now_us)
{
    unsigned waiting = dtls->out.n;
    ERR_clear_error();
    int ret = SSL_do_handshake(dtls->ssl);
    if (ret == 1)
        finish(dtls, waiting, now_us);
    else if (SSL_get_error(dtls->ssl, ret) != SSL_ERROR_WANT_READ)
        fail(dtls, openssl_error());
    ERR_clear_error();
}

/* ---- after the handshake --------------------------------------------------------------------- */

/* The peer repeats its last flight: ours was lost. The ready bytes do: a record that the peer has
 * is dropped by its replay check, one that it lacks is taken. */
static void repeat_flight(struct hop_dtls *dtls, int64_t now_us)
{
    if (now_us - dtls->connected_us > REPEAT_FOR_US || dtls->repeats >= MAX_REPEATS) {
        queue_clear(&dtls->flight);
        return;
    }
    if (dtls->repeats && now_us - dtls->repeated_us < REPEAT_INTERVAL_US)
        return; /* one answer for the several records of its flight */
    dtls->repeats++;
    dtls->repeated_us = now_us;
    queue_copy(&dtls->out, &dtls->flight);
}

static void receive_connected(struct hop_dtls *dtls, const uint8_t *data, size_t len,
                              int64_t now_us)
{
    struct hop_dtls_record record;
    while (hop_dtls_record_next(&data, &len, &record)) {
        if (record.type == HOP_DTLS_HANDSHAKE_RECORD)
            repeat_flight(dtls, now_us);
        else if (dtls->read_key_there && hop_dtls_record_closes(&record, &dtls->read_key))
            dtls->state = HOP_DTLS_CLOSED;
    }
}

/* ---- public ---------------------------------------------------------------------------------- */

int hop_dtls_new(const struct hop_dtls_config *config, int64_t now_us, struct hop_dtls **out)
{
    (void)now_us;
    const EVP_MD *hash = hop_dtls_hash(config->fingerprint_hash);
    if (!hash || config->fingerprint_len != (size_t)EVP_MD_get_size(hash))
        return -EINVAL;
    struct hop_dtls *dtls = calloc(1, sizeof(*dtls));
    if (!dtls)
        return -ENOMEM;
    dtls->cert = config->cert;
    dtls->role = config->role;
    dtls->hash = hash;
    memcpy(dtls->fingerprint, config->fingerprint, config->fingerprint_len);
    dtls->first_timeout_us = config->first_timeout_us ? config->first_timeout_us : FIRST_TIMEOUT_US;
    dtls->started_us = -1;
    if (config->srtp_profiles && !(dtls->srtp_profiles = strdup(config->srtp_profiles))) {
        free(dtls);
        return -ENOMEM;
    }
    *out = dtls;
    return 0;
}

void hop_dtls_free(struct hop_dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    queue_clear(&dtls->out);
    queue_clear(&dtls->flight);
    queue_clear(&dtls->farewell);
    free(dtls->srtp_profiles);
    explicit_bzero(dtls, sizeof(*dtls));
    free(dtls);
}

void hop_dtls_start(struct hop_dtls *dtls, int64_t now_us)
{
    if (dtls->state != HOP_DTLS_HANDSHAKE || dtls->started_us >= 0)
        return;
    dtls->started_us = now_us;
    if (dtls->role == HOP_DTLS_SERVER)
        return;
    if (open_ssl(dtls))
        step(dtls, now_us);
    else
        fail(dtls, HOP_DTLS_ERROR_PROTOCOL);
}

enum hop_dtls_state hop_dtls_receive(struct hop_dtls *dtls, const uint8_t *data, size_t len,
                                     int64_t now_us)
{
    if (dtls->state == HOP_DTLS_CONNECTED) {
        receive_connected(dtls, data, len, now_us);
        return dtls->state;
    }
    if (dtls->state != HOP_DTLS_HANDSHAKE || len == 0 || len > HOP_MAX_DATAGRAM)
        return dtls->state;
    hop_dtls_start(dtls, now_us);
    if (!dtls->ssl && dtls->state == HOP_DTLS_HANDSHAKE && !open_ssl(dtls))
        fail(dtls, HOP_DTLS_ERROR_PROTOCOL);
    if (!dtls->ssl)
        return dtls->state;
    dtls->in = data;
    dtls->in_len = len;
    step(dtls, now_us);
    dtls->in = NULL;
    return dtls->state;
}

size_t hop_dtls_next(struct hop_dtls *dtls, uint8_t *buf)
{
    struct datagram *d = dtls->out.head;
    if (!d)
        return 0;
    size_t len = d->len;
    memcpy(buf, d->data, len);
    dtls->out.head = d->next;
    dtls->out.n--;
    free(d);
    return len;
}

int64_t hop_dtls_deadline(const struct hop_dtls *dtls, int64_t now_us)
{
    if (dtls->state != HOP_DTLS_HANDSHAKE || dtls->started_us < 0)
        return INT64_MAX;
    int64_t at = dtls->started_us + HOP_DTLS_HANDSHAKE_US;
    struct timeval left;
    /* What OpenSSL says is relative to its own clock's now, so it is carried over to the caller's.
     */
    if (dtls->ssl && DTLSv1_get_timeout(dtls->ssl, &left)) {
        int64_t retransmit = now_us + (int64_t)left.tv_sec * 1000000 + left.tv_usec;
        if (retransmit < at)
            at = retransmit;
    }
    return at;
}

enum hop_dtls_state hop_dtls_timeout(struct hop_dtls *dtls, int64_t now_us)
{
    if (dtls->state != HOP_DTLS_HANDSHAKE || dtls->started_us < 0)
        return dtls->state;
    if (now_us - dtls->started_us >= HOP_DTLS_HANDSHAKE_US) {
        fail(dtls, HOP_DTLS_ERROR_TIMEOUT);
        return dtls->state;
    }
    ERR_clear_error();
    /* Does nothing unless OpenSSL's own clock agrees; gives up after a dozen retransmissions. */
    if (dtls->ssl && DTLSv1_handle_timeout(dtls->ssl) < 0)
        fail(dtls, HOP_DTLS_ERROR_TIMEOUT);
    ERR_clear_error();
    return dtls->state;
}

enum hop_dtls_state hop_dtls_state(const struct hop_dtls *dtls)
{
    return dtls->state;
}

enum hop_dtls_error hop_dtls_error(const struct hop_dtls *dtls)
{
    return dtls->error;
}

const char *hop_dtls_error_name(enum hop_dtls_error error)
{
    switch (error) {
    case HOP_DTLS_ERROR_NONE:
        return "none";
    case HOP_DTLS_ERROR_FINGERPRINT:
        return "fingerprint";
    case HOP_DTLS_ERROR_NO_PROFILE:
        return "no-profile";
    case HOP_DTLS_ERROR_TIMEOUT:
        return "timeout";
    case HOP_DTLS_ERROR_ALERT:
        return "alert";
    case HOP_DTLS_ERROR_PROTOCOL:
        return "protocol";
    }
    return "unknown";
}

bool hop_dtls_take_keys(struct hop_dtls *dtls, struct hop_srtp_keys *out)
{
    if (!dtls->keys_there)
        return false;
    *out = dtls->keys;
    explicit_bzero(&dtls->keys, sizeof(dtls->keys));
    dtls->keys_there = false;
    return true;
}

void hop_dtls_close(struct hop_dtls *dtls)
{
    if (dtls->state != HOP_DTLS_CONNECTED)
        return;
    queue_copy(&dtls->out, &dtls->farewell);
    dtls->state = HOP_DTLS_CLOSED;
}
