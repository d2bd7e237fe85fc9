/* A WebSocket's send queue: see outbox.h. Control thread. */
#include "signaling/outbox.h"

#include <errno.h>
#include <string.h>

struct message {
    char prefix[32];
    size_t prefix_len;
    size_t read; /* of prefix and body together */
    GBytes *body;
};

static void message_free(struct message *m)
{
    g_bytes_unref(m->body);
    g_free(m);
}

void hop_outbox_init(struct hop_outbox *box)
{
    g_queue_init(&box->messages);
    box->bytes = 0;
}

void hop_outbox_clear(struct hop_outbox *box)
{
    struct message *m;
    while ((m = g_queue_pop_head(&box->messages)) != NULL)
        message_free(m);
    box->bytes = 0;
}

int hop_outbox_push(struct hop_outbox *box, const char *prefix, GBytes *body, size_t max)
{
    size_t prefix_len = strlen(prefix);
    size_t len = prefix_len + g_bytes_get_size(body);
    g_assert(prefix_len < sizeof((struct message *)0)->prefix);
    if (box->bytes + len > max)
        return -ENOSPC;
    struct message *m = g_new0(struct message, 1);
    memcpy(m->prefix, prefix, prefix_len);
    m->prefix_len = prefix_len;
    m->body = g_bytes_ref(body);
    g_queue_push_tail(&box->messages, m);
    box->bytes += len;
    return 0;
}

size_t hop_outbox_read(struct hop_outbox *box, uint8_t *buf, size_t cap, bool *first, bool *last)
{
    struct message *m = g_queue_peek_head(&box->messages);
    if (m == NULL || cap == 0)
        return 0;
    *first = m->read == 0;
    size_t n = 0;
    if (m->read < m->prefix_len) {
        n = MIN(cap, m->prefix_len - m->read);
        memcpy(buf, m->prefix + m->read, n);
        m->read += n;
    }
    gsize body_len;
    const uint8_t *body = g_bytes_get_data(m->body, &body_len);
    if (m->read >= m->prefix_len) {
        size_t at = m->read - m->prefix_len;
        size_t more = MIN(cap - n, body_len - at);
        if (more > 0)
            memcpy(buf + n, body + at, more);
        n += more;
        m->read += more;
    }
    box->bytes -= n;
    *last = m->read == m->prefix_len + body_len;
    if (*last) {
        (void)g_queue_pop_head(&box->messages);
        message_free(m);
    }
    return n;
}
