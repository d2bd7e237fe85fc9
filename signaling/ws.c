/* hop.v1 over libwebsockets: bytes between a WebSocket and its session. Called by the lws loop on
 * the control thread. No permessage-deflate and small writes: see docs/adr and the traps of 4.1.6
 * (buffers must outlive deflate, large writes are buffered without bound). RFC 6455. */
#include "signaling/session.h"
#include "signaling/signaling.h"

#include <string.h>

enum {
    CHUNK = 4096,      /* bytes of one write */
    WRITES = 16,       /* per turn, while the socket takes them */
    MAX_COOKIE = 4096, /* a longer header is as none */
};

struct connection {
    struct lws *wsi;
    struct hop_session *session; /* NULL: before and after */
};

static void want_write(void *transport)
{
    struct connection *c = transport;
    (void)lws_callback_on_writable(c->wsi);
}

static void kill_connection(void *transport)
{
    struct connection *c = transport;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static const struct hop_transport_ops transport_ops = { want_write, kill_connection };

/* A page of another site may open a WebSocket to us with our cookie; it is then a stranger. */
static bool same_origin(struct lws *wsi)
{
    char origin[256];
    char host[256];
    int n = lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN);
    if (n == 0)
        return true; /* no browser */
    if (n < 0 || lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) <= 0)
        return false;
    const char *authority = strstr(origin, "://");
    return authority != NULL && g_ascii_strcasecmp(authority + 3, host) == 0;
}

static void identify(struct hop_signaling *signaling, struct lws *wsi, struct hop_identity *out)
{
    char cookie[MAX_COOKIE];
    char name[HOP_NAME_BYTES];
    *out = (struct hop_identity){ 0 };
    if (!same_origin(wsi) || lws_hdr_copy(wsi, cookie, sizeof cookie, WSI_TOKEN_HTTP_COOKIE) <= 0)
        return;
    if (!signaling->config.host->identify(signaling->config.host_ctx, cookie, out)) {
        *out = (struct hop_identity){ 0 };
        return;
    }
    bool ok = hop_text_name(out->name, name);
    (void)g_strlcpy(out->name, ok ? name : "", sizeof out->name);
}

static void receive(struct connection *c, struct lws *wsi, const void *in, size_t len)
{
    bool final = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    hop_session_receive(c->session, in, len, final, lws_frame_is_binary(wsi) != 0);
}

/* Returns what the lws callback returns: -1 closes. */
static int send_some(struct connection *c, struct lws *wsi)
{
    uint8_t buf[LWS_PRE + CHUNK];
    struct hop_session *session = c->session;
    /* libwebsockets 4.1.6 says nothing of a pong without content: so there is some */
    memcpy(buf + LWS_PRE, "hop", 3);
    if (hop_session_take_ping(session) && lws_write(wsi, buf + LWS_PRE, 3, LWS_WRITE_PING) < 0)
        return -1;
    for (int i = 0; i < WRITES && lws_send_pipe_choked(wsi) == 0; i++) {
        bool first = false;
        bool last = false;
        size_t n = hop_session_read(session, buf + LWS_PRE, CHUNK, &first, &last);
        if (n == 0)
            break;
        int flags = lws_write_ws_flags(LWS_WRITE_TEXT, first, last);
        if (lws_write(wsi, buf + LWS_PRE, n, (enum lws_write_protocol)flags) < 0)
            return -1;
    }
    if (session->outbox.bytes > 0) {
        (void)lws_callback_on_writable(wsi);
        return 0;
    }
    int code = hop_session_close_now(session);
    if (code == 0)
        return 0;
    lws_close_reason(wsi, (enum lws_close_status)code, NULL, 0);
    return -1;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct connection *c = user;
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    struct hop_signaling *signaling = protocol != NULL ? protocol->user : NULL;
    struct hop_identity identity;
    if (signaling == NULL)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        hop_signaling_now(signaling);
        identify(signaling, wsi, &identity);
        c->wsi = wsi;
        c->session = hop_session_new(signaling, &transport_ops, c, &identity);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        hop_signaling_now(signaling);
        if (c->session != NULL)
            receive(c, wsi, in, len);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        hop_signaling_now(signaling);
        if (c->session != NULL)
            hop_session_heard(c->session);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return c->session != NULL ? send_some(c, wsi) : -1;
    case LWS_CALLBACK_CLOSED:
        hop_signaling_now(signaling);
        if (c->session != NULL)
            hop_session_gone(c->session);
        c->session = NULL;
        return 0;
    default:
        return 0;
    }
}

struct lws_protocols hop_signaling_protocol(struct hop_signaling *signaling)
{
    return (struct lws_protocols){
        .name = "hop.v1",
        .callback = callback,
        .per_session_data_size = sizeof(struct connection),
        .rx_buffer_size = CHUNK,
        .user = signaling,
    };
}
