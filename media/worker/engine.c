/* The relay as a whole: its workers, its certificate and its mix, made at start and freed at the
 * end; see media/media.h. Control thread, but for the two wake-ups, which say theirs. */
#include "media/media.h"

#include "media/base/random.h"
#include "media/worker/control.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 30000
#define UNPROVEN_TCP_US    ((int64_t)10000000)

/* Any thread: events are waiting. One wake-up until the control thread has looked. */
static void news(void *ctx)
{
    struct hop_media *m = ctx;
    if (!atomic_exchange(&m->news, true) && m->wake)
        m->wake(m->wake_ctx);
}

/* A mix thread: frames are waiting for that worker. */
static void audio_wake(void *ctx, uint32_t worker)
{
    struct hop_media *m = ctx;
    hop_worker_wake(m->workers[worker].worker);
}

static int count_workers(const struct hop_media_config *config, uint32_t *out, char *detail)
{
    long n = config->workers > 0 ? config->workers : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    if (n > HOP_MAX_WORKERS)
        n = HOP_MAX_WORKERS;
    if (config->port != 0 && config->port + n - 1 > 65535) {
        snprintf(detail, HOP_DETAIL, "%ld workers from port %u on go past 65535", n, config->port);
        return -EINVAL;
    }
    *out = (uint32_t)n;
    return 0;
}

static uint8_t dscp_of(int configured)
{
    return configured > 0 && configured <= 63 ? (uint8_t)configured : 0;
}

static int add_worker(struct hop_media *m, const struct hop_media_config *config,
                      struct hop_worker_sockets *sockets)
{
    struct hop_media_worker *w = &m->workers[m->n_workers];
    struct hop_worker_config wc = {
        .index = m->n_workers,
        .udp = sockets->udp,
        .n_udp = sockets->n_udp,
        .listeners = sockets->listeners,
        .n_listeners = sockets->n_listeners,
        .dscp_audio = dscp_of(config->dscp_audio),
        .dscp_video = dscp_of(config->dscp_video),
        .max_voices = config->audio.max_voices > 0 ? (unsigned)config->audio.max_voices : 3,
        .ufrag_key = m->ufrag_key,
        .unproven_us = m->timeout_us < UNPROVEN_TCP_US ? m->timeout_us : UNPROVEN_TCP_US,
        .news = news,
        .news_ctx = m,
    };
    int error = hop_slots_new(HOP_MAX_ROOMS, (uint8_t)m->n_workers, &w->rooms);
    if (error == 0)
        error = hop_slots_new(HOP_MAX_PEERS, (uint8_t)m->n_workers, &w->peers);
    if (error == 0)
        error = hop_worker_new(&wc, &w->worker);
    m->n_workers++; /* what was made of it is freed with the rest */
    if (error != 0)
        return error;
    memcpy(w->candidates, sockets->candidates, sizeof(w->candidates));
    w->n_candidates = sockets->n_candidates;
    *sockets = (struct hop_worker_sockets){ 0 };
    return 0;
}

static int add_workers(struct hop_media *m, const struct hop_media_config *config, char *detail)
{
    uint32_t n = 0;
    int error = count_workers(config, &n, detail);
    if (error == 0)
        error = hop_worker_addresses(config, m->addresses, &m->n_addresses, detail);
    for (uint32_t i = 0; i < n && error == 0; i++) {
        struct hop_worker_sockets sockets = { 0 };
        error = hop_worker_sockets_open(config, m->addresses, m->n_addresses, i, &sockets, detail);
        if (error == 0)
            error = add_worker(m, config, &sockets);
        hop_worker_sockets_close(&sockets);
    }
    return error;
}

static int start(struct hop_media *m, const struct hop_media_config *config, char *detail)
{
    int error = hop_dtls_cert_new(&m->cert);
    if (error == 0)
        error = add_workers(m, config, detail);
    if (error != 0)
        return error;
    struct hop_audio_config audio = {
        .params = config->audio, .wake = audio_wake, .wake_ctx = m, .workers = m->n_workers
    };
    error = hop_audio_new(&audio, &m->audio);
    if (error != 0) {
        snprintf(detail, HOP_DETAIL, "the audio mix cannot start: %s", strerror(-error));
        return error;
    }
    for (uint32_t i = 0; i < m->n_workers && error == 0; i++)
        error = hop_worker_start(m->workers[i].worker, m->audio);
    return error;
}

int hop_media_new(const struct hop_media_config *config, struct hop_media **out,
                  const char **detail)
{
    static _Thread_local char why[HOP_DETAIL];
    why[0] = '\0';
    struct hop_media *m = calloc(1, sizeof(*m));
    int error = -ENOMEM;
    if (m) {
        hop_thread_bind(&m->thread);
        m->wake = config->wake;
        m->wake_ctx = config->wake_ctx;
        m->ufrag_key = hop_random32();
        m->timeout_us = (int64_t)1000 * (config->consent_timeout_ms > 0 ? config->consent_timeout_ms
                                                                        : DEFAULT_TIMEOUT_MS);
        error = start(m, config, why);
    }
    if (error != 0) {
        hop_media_free(m);
        if (why[0] == '\0')
            snprintf(why, sizeof(why), "%s", strerror(-error));
        if (detail)
            *detail = why;
        return error;
    }
    *out = m;
    return 0;
}

static void free_records(struct hop_slots *slots)
{
    void *record;
    for (size_t i = 0; slots && (record = hop_slots_next(slots, &i)) != NULL; i++)
        free(record);
    hop_slots_free(slots);
}

void hop_media_free(struct hop_media *m)
{
    if (!m)
        return;
    hop_thread_assert(&m->thread);
    for (uint32_t i = 0; i < m->n_workers; i++)
        if (m->workers[i].worker)
            hop_worker_stop(m->workers[i].worker);
    hop_audio_free(m->audio); /* its threads may wake workers until here */
    for (uint32_t i = 0; i < m->n_workers; i++) {
        hop_worker_free(m->workers[i].worker);
        free_records(m->workers[i].rooms);
        free_records(m->workers[i].peers);
    }
    hop_dtls_cert_free(m->cert);
    free(m);
}

const char *hop_media_fingerprint(const struct hop_media *m)
{
    return hop_dtls_cert_fingerprint(m->cert);
}
