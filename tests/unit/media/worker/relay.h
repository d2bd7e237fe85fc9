/* The real relay under test, on loopback, and its clients: one loop turns all of them until
 * something has happened, or fails after a time that only a fault can take. */
#pragma once

#include "client.h"
#include "media/media.h"

#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MAX_EVENTS = 4096, MAX_CLIENTS = 8 };
#define PATIENCE_US ((int64_t)20000000)

struct relay {
    struct hop_media *media;
    hop_room_id room;
    int wake_fd;
    struct client *clients[MAX_CLIENTS];
    size_t n_clients;
    struct hop_media_event events[MAX_EVENTS]; /* all that came, oldest first */
    size_t n_events;
    struct hop_worker_stats stats; /* the last that came */
};

static inline void relay_wake(void *ctx)
{
    uint64_t one = 1;
    ssize_t n = write(*(int *)ctx, &one, sizeof(one));
    (void)n;
}

static inline struct hop_media_config relay_config(const char *ip,
                                                   struct hop_media_address *address)
{
    *address = (struct hop_media_address){ 0 };
    assert_int_equal(hop_addr_parse(ip, 0, &address->bind), 0);
    return (struct hop_media_config){
        .addresses = address,
        .n_addresses = 1,
        .workers = 1,
        .tcp = true,
        .dscp_audio = 46,
        .dscp_video = 34,
        .audio = { .bitrate_bps = 32000, .complexity = 3, .jitter_ms = 40, .max_talkers = 16 },
    };
}

static inline struct relay *relay_start(struct hop_media_config *config)
{
    struct relay *r = calloc(1, sizeof(*r));
    const char *detail = "";
    assert_non_null(r);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!config->wake) {
        config->wake = relay_wake;
        config->wake_ctx = &r->wake_fd;
    }
    int error = hop_media_new(config, &r->media, &detail);
    if (error != 0)
        fail_msg("hop_media_new: %s", detail);
    assert_int_equal(hop_media_room_new(r->media, &r->room), 0);
    return r;
}

static inline struct relay *relay_on(const char *ip)
{
    struct hop_media_address address;
    struct hop_media_config config = relay_config(ip, &address);
    return relay_start(&config);
}

static inline void relay_stop(struct relay *r)
{
    hop_media_free(r->media);
    for (size_t i = 0; i < r->n_clients; i++)
        client_free(r->clients[i]);
    close(r->wake_fd);
    free(r);
}

static inline struct client *relay_client(struct relay *r)
{
    assert_true(r->n_clients < MAX_CLIENTS);
    return r->clients[r->n_clients++] = client_new();
}

static inline void relay_take_events(struct relay *r)
{
    struct hop_media_event event;
    uint64_t count;
    ssize_t n = read(r->wake_fd, &count, sizeof(count));
    (void)n;
    while (hop_media_poll(r->media, &event)) {
        if (event.type == HOP_MEDIA_WORKER_STATS)
            r->stats = event.worker;
        if (r->n_events < MAX_EVENTS)
            r->events[r->n_events++] = event;
    }
}

/* One turn of everything; waits at most 5 ms for something to happen. */
static inline void relay_turn(struct relay *r)
{
    struct pollfd fds[MAX_CLIENTS + 1] = { { .fd = r->wake_fd, .events = POLLIN } };
    nfds_t n = 1;
    for (size_t i = 0; i < r->n_clients; i++)
        if ((r->clients[i]->udp || r->clients[i]->tcp) && !r->clients[i]->tcp_closed)
            fds[n++] = (struct pollfd){ .fd = client_fd(r->clients[i]), .events = POLLIN };
    poll(fds, n, 5);
    for (size_t i = 0; i < r->n_clients; i++)
        if (r->clients[i]->udp || r->clients[i]->tcp)
            client_turn(r->clients[i]);
    relay_take_events(r);
}

/* Turns until the condition holds. */
#define relay_until(r, condition)                                                                  \
    do {                                                                                           \
        int64_t give_up_us = hop_now_us() + PATIENCE_US;                                           \
        while (!(condition)) {                                                                     \
            if (hop_now_us() > give_up_us)                                                         \
                fail_msg("never: %s", #condition);                                                 \
            relay_turn(r);                                                                         \
        }                                                                                          \
    } while (0)

/* The first event of that type about that participant (0: any), from number *from on; NULL: none.
 */
static inline const struct hop_media_event *
relay_find(const struct relay *r, enum hop_media_event_type type, hop_peer_id peer, size_t from)
{
    for (size_t i = from; i < r->n_events; i++)
        if (r->events[i].type == type && (peer == 0 || r->events[i].peer == peer))
            return &r->events[i];
    return NULL;
}

static inline const struct hop_media_event *
relay_await(struct relay *r, enum hop_media_event_type type, hop_peer_id peer, size_t from)
{
    relay_until(r, relay_find(r, type, peer, from));
    return relay_find(r, type, peer, from);
}

/* Turns for a while, to show that something does not happen. */
static inline void relay_for(struct relay *r, int64_t us)
{
    for (int64_t end = hop_now_us() + us; hop_now_us() < end;)
        relay_turn(r);
}

/* Microphone (Opus 111, SSRC 1000) and camera (VP8 96, SSRC 2000), two slots, all allowed. */
static inline struct hop_peer_desc relay_desc(const struct client *c)
{
    struct hop_peer_desc d = { .ext = { .mid = 1, .audio_level = 2 },
                               .n_tracks = 2,
                               .n_slots = 2,
                               .mix_pt = 111,
                               .allowed = HOP_SOURCE_ALL };
    struct hop_codec_desc opus = { .codec = HOP_CODEC_OPUS, .pt = 111, .rtx_pt = 0xff };
    struct hop_codec_desc vp8 = { .codec = HOP_CODEC_VP8, .pt = 96, .rtx_pt = 97 };
    d.tracks[0] = (struct hop_track_desc){
        .source = HOP_SOURCE_MICROPHONE, .mid = "0", .codecs = { opus }, .n_codecs = 1, .ssrc = 1000
    };
    d.tracks[1] = (struct hop_track_desc){ .source = HOP_SOURCE_CAMERA,
                                           .mid = "1",
                                           .codecs = { vp8 },
                                           .n_codecs = 1,
                                           .ssrc = 2000,
                                           .rtx_ssrc = 2001 };
    for (int i = 0; i < 2; i++) {
        d.slots[i] = (struct hop_slot_desc){ .codecs = { vp8 }, .n_codecs = 1 };
        snprintf(d.slots[i].mid, sizeof(d.slots[i].mid), "%d", 4 + i);
    }
    client_describe(c, &d);
    return d;
}

struct joined {
    struct client *client;
    struct hop_peer_desc desc;
    struct hop_peer_local local;
    hop_peer_id id;
};

/* A new client known to the relay, with an open socket; nothing is sent yet. */
static inline struct joined relay_join(struct relay *r, bool tcp)
{
    struct joined j = { .client = relay_client(r) };
    j.desc = relay_desc(j.client);
    assert_int_equal(hop_media_peer_new(r->media, r->room, &j.desc, &j.id, &j.local), 0);
    client_open(j.client, candidate_of(&j.local, tcp));
    return j;
}

/* The same, connected. */
static inline struct joined relay_connect(struct relay *r, bool tcp)
{
    struct joined j = relay_join(r, tcp);
    client_check(j.client, &j.local, j.local.pwd);
    client_dtls(j.client, hop_media_fingerprint(r->media));
    relay_until(r, j.client->srtp != NULL);
    relay_await(r, HOP_MEDIA_CONNECTED, j.id, 0);
    return j;
}
