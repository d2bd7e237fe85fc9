/* modules: hop_signaling */
/* Stateful: up to four clients say anything in any order to the whole service, in virtual time,
 * with a host that is slow or broken at will and the real relay behind. A line of the input is one
 * step: 0..3TEXT  that client sends a message; @S @C @K stand for its session, secret and key cN
 * its connection breaks       tN  N seconds pass       h  the host's answers arrive e         the
 * host fails from now on, or works again           s  it is slow, or at once mXYZ      the relay
 * reports event X about participant Y, detail Z
 */
#include "signaling/participant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS = 4, STEPS = 200 };

struct client {
    struct hop_session *session;
    bool writable, killed;
    char token[3][HOP_TOKEN_CHARS + 1]; /* session, secret, key */
};

struct late {
    void (*run)(struct late *l);
    void *cb, *ctx;
    int64_t number;
};

static struct {
    struct hop_media *media;
    struct hop_signaling *signaling;
    struct client clients[CLIENTS];
    GQueue late;
    bool slow, broken;
    int64_t now_us, chats;
} w;

/* ---- the host -------------------------------------------------------------------------------- */

static void answer_later(void (*run)(struct late *), void *cb, void *ctx, int64_t number)
{
    struct late *l = g_new0(struct late, 1);
    *l = (struct late){ run, cb, ctx, number };
    if (w.slow) {
        g_queue_push_tail(&w.late, l);
        return;
    }
    run(l);
    g_free(l);
}

static int error_now(void)
{
    return w.broken ? -ENOSPC : 0;
}

static void run_room(struct late *l)
{
    struct hop_room_info info = { .status = (enum hop_room_status)l->number, .room_key = 1 };
    (void)snprintf(info.code, sizeof info.code, "r%d", (int)l->number);
    (void)g_strlcpy(info.title, "title", sizeof info.title);
    info.opens_at_us = w.now_us + 5000000;
    hop_room_cb cb = (hop_room_cb)l->cb;
    cb(l->ctx, error_now(), w.broken ? NULL : &info);
}

static void room_lookup(void *host, const char *code, hop_room_cb cb, void *ctx)
{
    (void)host;
    int status = code[1] >= '0' && code[1] <= '4' ? code[1] - '0' : HOP_ROOM_OPEN;
    answer_later(run_room, (void *)cb, ctx, status);
}

static void run_welcome(struct late *l)
{
    struct hop_room_info info = { .status = (enum hop_room_status)l->number, .room_key = 1 };
    struct hop_welcome welcome = { .invite_id = w.chats % 3, .role = "delegate" };
    (void)snprintf(info.code, sizeof info.code, "r%d", (int)l->number);
    info.opens_at_us = w.now_us + 5000000;
    info.settings.lobby = (enum hop_lobby)(w.chats % 3);
    info.settings.waits = w.chats % 2 != 0;
    hop_welcome_cb cb = (hop_welcome_cb)l->cb;
    cb(l->ctx, error_now(), w.broken ? NULL : &info, &welcome);
}

static void join_lookup(void *host, const struct hop_join_query *query, hop_welcome_cb cb,
                        void *ctx)
{
    (void)host;
    int status =
        query->code[1] >= '0' && query->code[1] <= '4' ? query->code[1] - '0' : HOP_ROOM_OPEN;
    answer_later(run_welcome, (void *)cb, ctx, status);
}

static void run_participants(struct late *l)
{
    struct hop_participant_record record = {
        .room_key = 1, .id = "p7", .name = "old", .role = "x"
    };
    ((hop_participants_cb)l->cb)(l->ctx, error_now(), &record, 1);
}

static void participants_load(void *host, int64_t key, hop_participants_cb cb, void *ctx)
{
    (void)host;
    answer_later(run_participants, (void *)cb, ctx, key);
}

static void run_done(struct late *l)
{
    ((hop_done_cb)l->cb)(l->ctx, error_now());
}

static void participant_save(void *host, const struct hop_participant_record *record,
                             hop_done_cb cb, void *ctx)
{
    (void)host;
    answer_later(run_done, (void *)cb, ctx, record->room_key);
}

static void run_stored(struct late *l)
{
    ((hop_chat_stored_cb)l->cb)(l->ctx, error_now(), l->number, w.now_us);
}

static void chat_append(void *host, int64_t key, const struct hop_chat_record *record,
                        hop_chat_stored_cb cb, void *ctx)
{
    (void)host;
    (void)key;
    answer_later(run_stored, (void *)cb, ctx, record->ref[0] != '\0' ? 1 : ++w.chats);
}

static void run_chat(struct late *l)
{
    struct hop_chat_record record = { .id = 1, .from = "p7", .name = "old", .text = "text" };
    ((hop_chat_list_cb)l->cb)(l->ctx, error_now(), &record, 1, false);
}

static void chat_load(void *host, int64_t key, int64_t before, size_t limit, hop_chat_list_cb cb,
                      void *ctx)
{
    (void)host;
    (void)before;
    (void)limit;
    answer_later(run_chat, (void *)cb, ctx, key);
}

static void room_end(void *host, int64_t key, hop_done_cb cb, void *ctx)
{
    (void)host;
    answer_later(run_done, (void *)cb, ctx, key);
}

static void attendance_save(void *host, const struct hop_attendance_record *record, hop_done_cb cb,
                            void *ctx)
{
    (void)host;
    answer_later(run_done, (void *)cb, ctx, record->room_key);
}

static void run_text(struct late *l)
{
    ((hop_text_cb)l->cb)(l->ctx, error_now(), "{}");
}

static void attendance_load(void *host, int64_t key, int64_t occurrence_us, hop_text_cb cb,
                            void *ctx)
{
    (void)host;
    (void)occurrence_us;
    answer_later(run_text, (void *)cb, ctx, key);
}

static void attendance_mark(void *host, const struct hop_attendance_mark *mark, hop_done_cb cb,
                            void *ctx)
{
    (void)host;
    answer_later(run_done, (void *)cb, ctx, mark->room_key);
}

static bool identify(void *host, const char *cookie, struct hop_identity *out)
{
    (void)host;
    (void)cookie;
    (void)out;
    return false;
}

static void audit(void *host, int64_t key, const char *who, const char *action, const char *detail)
{
    (void)host;
    (void)key;
    (void)who;
    (void)action;
    (void)detail;
}

static const struct hop_host host = {
    .room_lookup = room_lookup,
    .join_lookup = join_lookup,
    .attendance_save = attendance_save,
    .attendance_load = attendance_load,
    .attendance_mark = attendance_mark,
    .participants_load = participants_load,
    .participant_save = participant_save,
    .chat_append = chat_append,
    .chat_load = chat_load,
    .room_end = room_end,
    .identify = identify,
    .audit = audit,
};

static void host_answers(void)
{
    struct late *l;
    while ((l = g_queue_pop_head(&w.late)) != NULL) {
        l->run(l);
        g_free(l);
    }
}

/* ---- clients --------------------------------------------------------------------------------- */

static void want_write(void *transport)
{
    ((struct client *)transport)->writable = true;
}

static void kill_client(void *transport)
{
    ((struct client *)transport)->killed = true;
}

static const struct hop_transport_ops ops = { want_write, kill_client };

static void gone(struct client *c)
{
    if (c->session != NULL)
        hop_session_gone(c->session);
    c->session = NULL;
    c->killed = c->writable = false;
}

static void learn(struct client *c, const json_t *frame)
{
    static const char *const members[] = { "session", "secret", "key" };
    const json_t *data = json_object_get(frame, "data");
    for (size_t i = 0; i < 3; i++) {
        const char *text = json_string_value(json_object_get(data, members[i]));
        if (text != NULL)
            (void)g_strlcpy(c->token[i], text, sizeof c->token[i]);
    }
}

/* Whatever is sent must be JSON. */
static void drain(struct client *c)
{
    static uint8_t text[HOP_MAX_SEND_QUEUE];
    bool first = false;
    bool last = false;
    size_t len = 0;
    size_t n;
    while ((n = hop_session_read(c->session, text + len, sizeof text - len, &first, &last)) > 0) {
        len += n;
        if (!last)
            continue;
        json_t *frame = json_loadb((char *)text, len, 0, NULL);
        if (frame == NULL)
            abort();
        learn(c, frame);
        json_decref(frame);
        len = 0;
    }
}

static void pump(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &w.clients[i];
        if (c->session != NULL && !c->killed && c->writable) {
            c->writable = false;
            drain(c);
        }
        if (c->session != NULL && (c->killed || hop_session_close_now(c->session) != 0))
            gone(c);
    }
}

static void say(struct client *c, const char *text, size_t len)
{
    GString *message = g_string_new_len(text, (gssize)len);
    if (message->len < 4000) {
        g_string_replace(message, "@S", c->token[0], 2);
        g_string_replace(message, "@C", c->token[1], 2);
        g_string_replace(message, "@K", c->token[2], 2);
    }
    if (c->session == NULL) {
        struct hop_identity nobody = { 0 };
        c->session = hop_session_new(w.signaling, &ops, c, &nobody);
    }
    hop_session_receive(c->session, message->str, message->len, true, false);
    g_string_free(message, TRUE);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void relay_reports(const char *step, size_t len)
{
    struct hop_media_event event = { 0 };
    int type = len > 1 ? step[1] & 7 : 0;
    unsigned whose = len > 2 ? (unsigned char)step[2] : 0;
    unsigned detail = len > 3 ? (unsigned char)step[3] : 0;
    GHashTableIter i;
    gpointer value;
    g_hash_table_iter_init(&i, w.signaling->peers);
    for (unsigned n = 0; g_hash_table_iter_next(&i, NULL, &value); n++) {
        struct hop_participant *p = value;
        if (n == whose % 4)
            event.peer = p->peer;
        event.room = p->room->media;
        event.type = HOP_MEDIA_SLOTS;
    }
    event.type = (enum hop_media_event_type)type;
    if (event.type == HOP_MEDIA_TRACK) {
        event.track.source = (enum hop_source)(detail % HOP_SOURCES);
        event.track.active = (detail & 16) != 0;
    } else if (event.type == HOP_MEDIA_SLOTS) {
        event.slots.n = (uint8_t)(detail % (HOP_MAX_SLOTS + 1));
        for (size_t s = 0; s < event.slots.n; s++)
            event.slots.slots[s].peer = event.peer;
    } else if (event.type == HOP_MEDIA_SPEAKING) {
        event.speaking.n = 1;
        event.speaking.peers[0] = event.peer;
    } else if (event.type == HOP_MEDIA_GONE) {
        event.gone = (enum hop_gone_reason)(detail % 5);
    }
    hop_signaling_media_event(w.signaling, &event);
}

static void pass_time(int seconds)
{
    w.now_us += seconds * 1000000LL;
    hop_signaling_time(w.signaling, w.now_us, w.now_us);
    (void)hop_signaling_tick(w.signaling, w.now_us);
}

static void step(const char *text, size_t len)
{
    struct hop_media_event event;
    switch (text[0]) {
    case '0':
    case '1':
    case '2':
    case '3':
        say(&w.clients[text[0] - '0'], text + 1, len - 1);
        break;
    case 'c':
        gone(&w.clients[len > 1 ? text[1] & 3 : 0]);
        break;
    case 't':
        pass_time(len > 1 ? text[1] & 63 : 1);
        break;
    case 'h':
        host_answers();
        break;
    case 'e':
        w.broken = !w.broken;
        break;
    case 's':
        w.slow = !w.slow;
        break;
    case 'm':
        relay_reports(text, len);
        break;
    default:
        break;
    }
    while (hop_media_poll(w.media, &event))
        ;
    pump();
}

static void woken(void *ctx)
{
    (void)ctx;
}

static void start_relay(void)
{
    struct hop_media_address address = { 0 };
    const char *detail;
    (void)hop_addr_parse("127.0.0.1", 0, &address.bind);
    struct hop_media_config config = {
        .addresses = &address,
        .n_addresses = 1,
        .workers = 1,
        .dscp_audio = -1,
        .dscp_video = -1,
        .audio = { .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 60, .max_talkers = 8 },
        .wake = woken,
    };
    if (hop_media_new(&config, &w.media, &detail) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (w.media == NULL)
        start_relay();
    struct hop_signaling_config config = {
        .limits = { .max_participants = 3, .max_rooms = 3, .max_per_room = 3 },
        .resume_timeout_ms = 30000,
        .video_codecs = "VP8,H264,VP9,AV1",
        .host = &host
    };
    w.now_us = 1000000;
    w.slow = w.broken = false;
    w.chats = 1;
    if (hop_signaling_new(&config, w.media, &w.signaling) != 0)
        abort();
    w.signaling->virtual_time = true;
    w.signaling->now_us = 0;
    hop_signaling_time(w.signaling, w.now_us, w.now_us);
    const char *p = (const char *)data;
    const char *end = p + size;
    for (int n = 0; p < end && n < STEPS; n++) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((eol != NULL ? eol : end) - p);
        if (len > 0)
            step(p, len);
        p += len + 1;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        gone(&w.clients[i]);
    hop_signaling_free(w.signaling);
    host_answers();
    return 0;
}
