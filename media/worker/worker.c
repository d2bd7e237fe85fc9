/* The worker's thread: wait, take what came, do what is due, send; see worker.h. The clock is read
 * once per turn. */
#include "media/worker/state.h"

#include "media/base/clock.h"
#include "media/base/random.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    EPOLL_EVENTS = 64,
    COMMANDS = 1024,        /* messages that may wait for the worker */
    EVENTS = 2048,          /* messages that may wait for the control thread */
    COMMANDS_PER_TURN = 64, /* packets have their turn between */
    INDEX_BITS = 10,        /* of a participant in a ufrag; eight more are the worker's */
};
#define RETRY_US ((int64_t)20000) /* when the control thread's ring was full */

/* ---- ufrags ---------------------------------------------------------------------------------- */

static const char ice_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

_Static_assert(HOP_MAX_PEERS <= 1u << INDEX_BITS, "an index fits into a ufrag");

void hop_worker_ufrag(struct hop_ufrag_name name, uint32_t key, char out[HOP_UFRAG_CHARS + 1])
{
    uint32_t hidden = ((name.worker << INDEX_BITS | name.index) ^ key) & 0x3ffff;
    hop_random_ice_chars(out, HOP_UFRAG_CHARS);
    for (int i = 0; i < 3; i++)
        out[i] = ice_alphabet[(hidden >> (6 * i)) & 63];
}

bool hop_worker_ufrag_read(const char *ufrag, size_t len, uint32_t key, struct hop_ufrag_name *out)
{
    uint32_t hidden = 0;
    if (len != HOP_UFRAG_CHARS)
        return false;
    for (int i = 0; i < 3; i++) {
        const char *at = memchr(ice_alphabet, ufrag[i], sizeof(ice_alphabet) - 1);
        if (!at)
            return false;
        hidden |= (uint32_t)(at - ice_alphabet) << (6 * i);
    }
    hidden = (hidden ^ key) & 0x3ffff;
    out->worker = hidden >> INDEX_BITS;
    out->index = hidden & ((1u << INDEX_BITS) - 1);
    return true;
}

/* ---- commands -------------------------------------------------------------------------------- */

void hop_worker_command_discard(struct hop_worker_command *command)
{
    switch (command->type) {
    case HOP_COMMAND_PEER_ADD:
    case HOP_COMMAND_PEER_RESTART:
        if (command->spec)
            hop_transport_free(command->spec->transport);
        free(command->spec);
        command->spec = NULL;
        break;
    case HOP_COMMAND_PEER_VIEW:
        free(command->view);
        command->view = NULL;
        break;
    case HOP_COMMAND_TCP_ADOPT:
        if (command->fd >= 0)
            close(command->fd);
        command->fd = -1;
        break;
    default:
        break;
    }
}

static void on_room_command(struct hop_worker *w, struct hop_worker_command *command)
{
    struct hop_worker_room *room = hop_worker_room_find(w, command->room);
    if (command->type == HOP_COMMAND_ROOM_ADD)
        hop_worker_room_add(w, command->room);
    else if (room && command->type == HOP_COMMAND_ROOM_REMOVE)
        hop_worker_room_remove(w, room);
    else if (room && command->type == HOP_COMMAND_ROOM_AUDIO)
        hop_worker_room_audio(room, &command->audio);
    else if (room && command->type == HOP_COMMAND_ROOM_DUMP)
        hop_worker_room_dump(w, room, command->token);
    else if (room && command->type == HOP_COMMAND_PEER_ADD)
        hop_worker_peer_add(w, room, command->peer, command->spec);
}

static void on_peer_command(struct hop_worker *w, struct hop_worker_command *command)
{
    struct hop_worker_peer *peer = hop_worker_peer_find(w, command->peer);
    if (!peer)
        return;
    struct hop_route *route = peer->room->route;
    switch (command->type) {
    case HOP_COMMAND_PEER_RESTART:
        hop_worker_peer_restart(w, peer, command->spec);
        break;
    case HOP_COMMAND_PEER_REMOVE:
        hop_worker_peer_remove(w, peer);
        break;
    case HOP_COMMAND_PEER_ALLOWED:
        hop_route_set_allowed(route, peer->index, command->allowed, w->now_us);
        break;
    case HOP_COMMAND_PEER_SEAT:
        hop_worker_peer_seat(peer, command->seat.hall, command->seat.chair);
        break;
    case HOP_COMMAND_PEER_VIEW:
        if (hop_route_set_view(route, peer->index, command->view->tiles, command->view->n,
                               w->now_us) != 0)
            hop_error("view of %llx was not taken", (unsigned long long)peer->id);
        break;
    case HOP_COMMAND_PEER_CAP:
        hop_route_set_cap(route, peer->index, command->cap_kbps * 1000, w->now_us);
        break;
    default:
        break;
    }
}

static int steal_fd(struct hop_worker_command *command)
{
    int fd = command->fd;
    command->fd = -1;
    return fd;
}

static void take_commands(struct hop_worker *w)
{
    struct hop_worker_command command;
    int left = COMMANDS_PER_TURN;
    while (left-- > 0) {
        if (!hop_ring_pop(w->commands, &command))
            return;
        if (command.type == HOP_COMMAND_DUMP)
            hop_worker_dump(w);
        else if (command.type == HOP_COMMAND_TCP_ADOPT)
            hop_worker_conns_adopt(w, steal_fd(&command));
        else if (command.type <= HOP_COMMAND_PEER_ADD)
            on_room_command(w, &command);
        else
            on_peer_command(w, &command);
        hop_worker_command_discard(&command);
    }
    hop_wake_signal(&w->wake); /* there may be more */
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void on_event(struct hop_worker *w, const struct epoll_event *event)
{
    uint32_t n = (uint32_t)event->data.u64;
    switch (event->data.u64 & HOP_WORKER_EPOLL_KIND) {
    case HOP_WORKER_EPOLL_WAKE:
        hop_wake_clear(&w->wake);
        take_commands(w);
        hop_worker_rooms_audio(w);
        break;
    case HOP_WORKER_EPOLL_UDP:
        hop_worker_receive_udp(w, (uint16_t)n);
        break;
    case HOP_WORKER_EPOLL_LISTENER:
        hop_worker_conns_accept(w, w->listeners[n]);
        break;
    default:
        hop_worker_conns_event(w, n, event->events);
        break;
    }
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct hop_worker *w, int64_t ended_us)
{
    int64_t next = min64(min64(w->peers_deadline_us, w->rooms_deadline_us),
                         min64(w->second_deadline_us, w->conns.deadline_us));
    if (w->any_pending)
        next = min64(next, w->now_us + RETRY_US);
    int64_t wait_us = next - ended_us;
    if (wait_us <= 0)
        return 0;
    return (int)min64((wait_us + 999) / 1000, 1000);
}

/* The end of a turn: everything that it produced leaves. */
static void finish_turn(struct hop_worker *w)
{
    hop_worker_conns_flush(w);
    hop_worker_tx_flush(&w->tx);
    hop_worker_report_pending(w);
    if (w->news) {
        w->news = false;
        w->config.news(w->config.news_ctx);
    }
}

/* Once a period: what of the pictures this worker can carry. */
static void relieve(struct hop_worker *w)
{
    uint64_t overflows = 0;
    int before = w->relief.percent;
    for (size_t i = 0; i < w->config.n_udp; i++)
        overflows += hop_udp_overflows(w->udp[i]);
    struct hop_strain strain = { .busy = w->load.last_busy,
                                 .cpu = hop_worker_load_cpu(&w->load, hop_thread_cpu_us()),
                                 .overflowed = overflows != w->overflows };
    int percent = hop_relief_update(&w->relief, &strain, w->now_us);
    w->overflows = overflows;
    if (percent == before)
        return;
    for (uint32_t i = 0; i < w->rooms_end; i++)
        if (w->rooms[i])
            hop_route_set_relief(w->rooms[i]->route, percent, w->now_us);
    if (before != 0)
        hop_warn("worker %u carries %d %% of the pictures that are wished", w->index, percent);
}

static void say_goodbye(struct hop_worker *w)
{
    w->now_us = hop_now_us();
    for (uint32_t i = 0; i < w->rooms_end; i++)
        if (w->rooms[i])
            hop_worker_room_remove(w, w->rooms[i]);
    hop_worker_conns_flush(w);
    hop_worker_tx_flush(&w->tx);
}

/* Not while packets wait to be read: time slept then is missing, and the socket overflows on a
 * worker that seems to have time left. */
static void wait_for_company(struct hop_worker *w)
{
    int64_t us = w->behind ? 0 : hop_worker_load_company_us(&w->load);
    w->behind = false;
    if (us > 0)
        nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

static void *run(void *arg)
{
    struct hop_worker *w = arg;
    struct epoll_event events[EPOLL_EVENTS];
    hop_thread_bind(&w->thread);
    prctl(PR_SET_TIMERSLACK, 1000L); /* ns: a wait for company is short */
    int64_t woke_us = w->now_us = hop_now_us();
    w->second_deadline_us = w->now_us + 1000000;
    while (!atomic_load_explicit(&w->stopping, memory_order_relaxed)) {
        int64_t ended_us = hop_now_us();
        hop_worker_load_turn(&w->load, woke_us, ended_us);
        bool period = hop_worker_load_update(&w->load, ended_us);
        wait_for_company(w);
        int n = epoll_wait(w->epoll, events, EPOLL_EVENTS, wait_ms(w, ended_us));
        woke_us = w->now_us = hop_now_us();
        if (period)
            relieve(w);
        take_commands(w); /* before packets: a newcomer's first check follows his command */
        for (int i = 0; i < n; i++)
            on_event(w, &events[i]);
        hop_worker_peers_tick(w);
        hop_worker_rooms_tick(w);
        hop_worker_conns_tick(w);
        hop_worker_report_second(w);
        finish_turn(w);
    }
    say_goodbye(w);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

static int watch(struct hop_worker *w, int fd, uint64_t tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int watch_all(struct hop_worker *w, const struct hop_worker_config *config)
{
    int error = watch(w, w->wake.fd, HOP_WORKER_EPOLL_WAKE);
    for (size_t i = 0; i < config->n_udp && error == 0; i++)
        error = watch(w, hop_udp_fd(config->udp[i]), HOP_WORKER_EPOLL_UDP | i);
    for (size_t i = 0; i < config->n_listeners && error == 0; i++)
        error = watch(w, hop_tcp_listener_fd(config->listeners[i]), HOP_WORKER_EPOLL_LISTENER | i);
    return error;
}

static bool protect(void *ctx, bool rtcp, uint8_t *packet, size_t *len, size_t cap)
{
    return hop_transport_protect(ctx, rtcp, packet, len, cap);
}

static const struct hop_worker_tx_ops tx_ops = { .protect = protect };

static int init(struct hop_worker *w, const struct hop_worker_config *config)
{
    int error = hop_wake_init(&w->wake);
    if (error != 0)
        return error;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll < 0)
        return -errno;
    if ((error = hop_ring_new(COMMANDS, sizeof(struct hop_worker_command), &w->commands)) != 0 ||
        (error = hop_ring_new(EVENTS, sizeof(struct hop_media_event), &w->events)) != 0 ||
        (error = hop_udp_inbox_new(&w->inbox)) != 0 ||
        (error = hop_worker_tx_init(&w->tx, w->udp, config->n_udp, &tx_ops)) != 0 ||
        (error = hop_addrmap_new((size_t)HOP_MAX_PEERS * HOP_MAX_PATHS, &w->addresses)) != 0)
        return error;
    return watch_all(w, config);
}

int hop_worker_new(const struct hop_worker_config *config, struct hop_worker **out)
{
    if (config->n_udp > HOP_MAX_CANDIDATES || config->n_listeners > HOP_MAX_CANDIDATES)
        return -EINVAL;
    struct hop_worker *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->epoll = w->wake.fd = -1;
    w->index = config->index;
    w->peers_deadline_us = w->rooms_deadline_us = w->conns.deadline_us = INT64_MAX;
    int error = init(w, config);
    if (error != 0) {
        hop_worker_free(w); /* it owns no socket yet */
        return error;
    }
    w->config = *config;
    for (size_t i = 0; i < config->n_udp; i++)
        w->udp[i] = config->udp[i];
    for (size_t i = 0; i < config->n_listeners; i++)
        w->listeners[i] = config->listeners[i];
    *out = w;
    return 0;
}

int hop_worker_start(struct hop_worker *w, struct hop_audio *audio)
{
    char name[16];
    sigset_t all, before;
    w->audio = audio;
    /* Signals are the control thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&w->pthread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return -error;
    w->running = true;
    snprintf(name, sizeof(name), "hop-worker-%u", w->index % 1000);
    pthread_setname_np(w->pthread, name);
    return 0;
}

void hop_worker_stop(struct hop_worker *w)
{
    if (!w->running)
        return;
    atomic_store(&w->stopping, true);
    hop_wake_signal(&w->wake);
    pthread_join(w->pthread, NULL);
    w->running = false;
}

static void discard_commands(struct hop_worker *w)
{
    struct hop_worker_command command;
    while (w->commands && hop_ring_pop(w->commands, &command))
        hop_worker_command_discard(&command);
    hop_ring_free(w->commands);
}

void hop_worker_free(struct hop_worker *w)
{
    if (!w)
        return;
    discard_commands(w);
    hop_worker_conns_deinit(w);
    struct hop_media_event event;
    while (w->events && hop_ring_pop(w->events, &event))
        if (event.type == HOP_MEDIA_DUMP)
            free(event.dump.text);
    hop_ring_free(w->events);
    hop_addrmap_free(w->addresses);
    hop_worker_tx_deinit(&w->tx);
    hop_udp_inbox_free(w->inbox);
    for (size_t i = 0; i < HOP_MAX_CANDIDATES; i++) {
        hop_udp_close(w->udp[i]);
        hop_tcp_listener_close(w->listeners[i]);
    }
    hop_wake_close(&w->wake);
    if (w->epoll >= 0)
        close(w->epoll);
    free(w);
}

/* ---- from outside ---------------------------------------------------------------------------- */

bool hop_worker_submit(struct hop_worker *w, const struct hop_worker_command *command)
{
    if (!hop_ring_push(w->commands, command))
        return false;
    hop_wake_signal(&w->wake);
    return true;
}

bool hop_worker_take_event(struct hop_worker *w, struct hop_media_event *out)
{
    return hop_ring_pop(w->events, out);
}

void hop_worker_wake(struct hop_worker *w)
{
    hop_wake_signal(&w->wake);
}
