/* The whole meeting service without a socket, in virtual time: the real signaling and the real
 * relay, clients that are text, and a host that keeps meetings in memory and can be slow, full or
 * broken. Every frame that the service sends is compared with the golden messages. Included by the
 * tests of this folder. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "signaling/events.h"
#include "signaling/waiting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))
#ifndef HOP_TESTS_DIR /* CMake gives it */
#define HOP_TESTS_DIR "tests"
#endif

/* ---- the host -------------------------------------------------------------------------------- */

struct deferred {
    void (*run)(struct deferred *d);
    int error;
    union {
        hop_room_cb room;
        hop_welcome_cb welcome;
        hop_text_cb text;
        hop_done_cb done;
        hop_chat_stored_cb stored;
        hop_chat_list_cb list;
        hop_participants_cb participants;
    } cb;
    void *ctx;
    struct hop_room_info info;
    bool found;
    struct hop_welcome welcome;
    int64_t id, at_us, room_key, before;
    size_t limit;
};

struct stored_chat {
    int64_t room_key;
    struct hop_chat_record record;
    char *name, *text;
};

struct host {
    GHashTable *rooms;    /* code → struct hop_room_info */
    GArray *participants; /* struct hop_participant_record */
    GArray *chat;         /* struct stored_chat */
    GHashTable *invites;  /* token → struct hop_welcome */
    const char *password; /* of every meeting that has one */
    GArray *stays;        /* struct stay */
    GString *marks;
    GQueue queue; /* struct deferred */
    bool slow;    /* answers wait for host_flush() */
    int error;    /* of every answer, 0: none */
    int lookups, saves, ends;
    GString *audit;
    struct hop_identity identity; /* of whoever has a cookie */
    int relay_minutes;            /* that credentials for TURN hold; 0: there is no server */
};

static void run_later(struct host *h, struct deferred *d)
{
    d->error = h->error;
    if (h->slow) {
        g_queue_push_tail(&h->queue, d);
        return;
    }
    d->run(d);
    g_free(d);
}

static void run_room(struct deferred *d)
{
    d->cb.room(d->ctx, d->error, d->error == 0 && d->found ? &d->info : NULL);
}

static void host_room_lookup(void *host, const char *code, hop_room_cb cb, void *ctx)
{
    struct host *h = host;
    struct deferred *d = g_new0(struct deferred, 1);
    const struct hop_room_info *info = g_hash_table_lookup(h->rooms, code);
    d->run = run_room;
    d->cb.room = cb;
    d->ctx = ctx;
    d->found = info != NULL;
    if (info != NULL)
        d->info = *info;
    h->lookups++;
    run_later(h, d);
}

static void run_welcome(struct deferred *d)
{
    d->cb.welcome(d->ctx, d->error, d->error == 0 && d->found ? &d->info : NULL, &d->welcome);
}

static void host_join_lookup(void *host, const struct hop_join_query *query, hop_welcome_cb cb,
                             void *ctx)
{
    struct host *h = host;
    struct deferred *d = g_new0(struct deferred, 1);
    const struct hop_room_info *info = g_hash_table_lookup(h->rooms, query->code);
    const struct hop_welcome *welcome = g_hash_table_lookup(h->invites, query->invite);
    d->run = run_welcome;
    d->cb.welcome = cb;
    d->ctx = ctx;
    d->found = info != NULL;
    if (info != NULL)
        d->info = *info;
    if (welcome != NULL)
        d->welcome = *welcome;
    d->welcome.bad_invite = query->invite[0] != '\0' && welcome == NULL;
    if (query->password[0] != '\0')
        d->welcome.password = h->password != NULL && strcmp(query->password, h->password) == 0
                                  ? HOP_PASSWORD_RIGHT
                                  : HOP_PASSWORD_WRONG;
    h->lookups++;
    run_later(h, d);
}

static struct host *current_host; /* for deferred answers that look into the store */

static void run_participants(struct deferred *d)
{
    const GArray *all = current_host->participants;
    g_autoptr(GArray) mine = g_array_new(FALSE, FALSE, sizeof(struct hop_participant_record));
    for (guint i = 0; i < all->len; i++) {
        struct hop_participant_record *r = &g_array_index(all, struct hop_participant_record, i);
        if (r->room_key == d->room_key)
            g_array_append_val(mine, *r);
    }
    d->cb.participants(d->ctx, d->error, (struct hop_participant_record *)(void *)mine->data,
                       mine->len);
}

static void host_participants_load(void *host, int64_t room_key, hop_participants_cb cb, void *ctx)
{
    struct deferred *d = g_new0(struct deferred, 1);
    d->run = run_participants;
    d->cb.participants = cb;
    d->ctx = ctx;
    d->room_key = room_key;
    run_later(host, d);
}

static void run_done(struct deferred *d)
{
    d->cb.done(d->ctx, d->error);
}

static void host_participant_save(void *host, const struct hop_participant_record *record,
                                  hop_done_cb cb, void *ctx)
{
    struct host *h = host;
    struct deferred *d = g_new0(struct deferred, 1);
    d->run = run_done;
    d->cb.done = cb;
    d->ctx = ctx;
    h->saves++;
    bool found = false;
    for (guint i = 0; i < h->participants->len && h->error == 0; i++) {
        struct hop_participant_record *r =
            &g_array_index(h->participants, struct hop_participant_record, i);
        if (r->room_key == record->room_key && strcmp(r->id, record->id) == 0) {
            *r = *record;
            found = true;
        }
    }
    if (!found && h->error == 0)
        g_array_append_val(h->participants, *record);
    run_later(h, d);
}

static void run_stored(struct deferred *d)
{
    d->cb.stored(d->ctx, d->error, d->id, d->at_us);
}

static void host_chat_append(void *host, int64_t room_key, const struct hop_chat_record *record,
                             hop_chat_stored_cb cb, void *ctx)
{
    struct host *h = host;
    struct deferred *d = g_new0(struct deferred, 1);
    d->run = run_stored;
    d->cb.stored = cb;
    d->ctx = ctx;
    for (guint i = 0; i < h->chat->len && record->ref[0] != '\0'; i++) {
        struct stored_chat *c = &g_array_index(h->chat, struct stored_chat, i);
        if (c->room_key == room_key && strcmp(c->record.ref, record->ref) == 0 &&
            strcmp(c->record.from, record->from) == 0) {
            d->id = c->record.id;
            d->at_us = c->record.at_us;
        }
    }
    if (d->id == 0 && h->error == 0) {
        struct stored_chat c = { .room_key = room_key, .record = *record };
        c.name = g_strdup(record->name);
        c.text = g_strdup(record->text);
        c.record.name = c.name;
        c.record.text = c.text;
        c.record.id = d->id = (int64_t)h->chat->len + 1;
        d->at_us = record->at_us;
        g_array_append_val(h->chat, c);
    }
    run_later(h, d);
}

static void run_chat_load(struct deferred *d)
{
    const GArray *all = current_host->chat;
    g_autoptr(GArray) mine = g_array_new(FALSE, FALSE, sizeof(struct hop_chat_record));
    for (guint i = 0; i < all->len; i++) {
        struct stored_chat *c = &g_array_index(all, struct stored_chat, i);
        if (c->room_key == d->room_key && (d->before == 0 || c->record.id < d->before))
            g_array_append_val(mine, c->record);
    }
    size_t skip = mine->len > d->limit ? mine->len - d->limit : 0;
    d->cb.list(d->ctx, d->error, (struct hop_chat_record *)(void *)mine->data + skip,
               mine->len - skip, skip > 0);
}

static void host_chat_load(void *host, int64_t room_key, int64_t before, size_t limit,
                           hop_chat_list_cb cb, void *ctx)
{
    struct deferred *d = g_new0(struct deferred, 1);
    d->run = run_chat_load;
    d->cb.list = cb;
    d->ctx = ctx;
    d->room_key = room_key;
    d->before = before;
    d->limit = limit;
    run_later(host, d);
}

static void host_room_end(void *host, int64_t room_key, hop_done_cb cb, void *ctx)
{
    struct host *h = host;
    struct deferred *d = g_new0(struct deferred, 1);
    (void)room_key;
    d->run = run_done;
    d->cb.done = cb;
    d->ctx = ctx;
    h->ends++;
    run_later(h, d);
}

struct stay {
    char participant[16], name[64], admitted_by[64];
    int64_t joined_us, left_us, invite_id;
    uint32_t site;
};

static void host_attendance_save(void *host, const struct hop_attendance_record *record,
                                 hop_done_cb cb, void *ctx)
{
    struct host *h = host;
    struct stay stay = { .joined_us = record->joined_at_us,
                         .left_us = record->left_at_us,
                         .invite_id = record->who->invite_id,
                         .site = record->who->site };
    (void)g_strlcpy(stay.participant, record->who->id, sizeof stay.participant);
    (void)g_strlcpy(stay.name, record->who->name, sizeof stay.name);
    (void)g_strlcpy(stay.admitted_by, record->who->admitted_by, sizeof stay.admitted_by);
    struct stay *found = NULL;
    for (guint i = 0; i < h->stays->len; i++) {
        struct stay *s = &g_array_index(h->stays, struct stay, i);
        if (strcmp(s->participant, stay.participant) == 0 && s->joined_us == stay.joined_us)
            found = s;
    }
    if (found != NULL)
        *found = stay;
    else
        g_array_append_val(h->stays, stay);
    cb(ctx, 0);
}

static void host_attendance_load(void *host, int64_t room_key, int64_t occurrence_us,
                                 hop_text_cb cb, void *ctx)
{
    (void)host;
    (void)room_key;
    (void)occurrence_us;
    g_autofree char *path =
        g_build_filename(HOP_TESTS_DIR, "golden/messages/answer.attendance.json", NULL);
    json_t *golden = json_load_file(path, 0, NULL);
    char *text = json_dumps(json_object_get(golden, "data"), 0);
    cb(ctx, 0, text);
    free(text);
    json_decref(golden);
}

static void host_attendance_mark(void *host, const struct hop_attendance_mark *mark, hop_done_cb cb,
                                 void *ctx)
{
    struct host *h = host;
    bool known = strcmp(mark->person, "i404") != 0;
    if (known)
        g_string_append_printf(h->marks, "%s %s %s %d %s\n", mark->person, mark->state,
                               mark->reason, mark->attendees, mark->by);
    cb(ctx, known ? 0 : -ENOENT);
}

static bool host_identify(void *host, const char *cookie, struct hop_identity *out)
{
    (void)host;
    (void)cookie;
    (void)out;
    return false;
}

static void host_audit(void *host, int64_t room_key, const char *who, const char *action,
                       const char *detail)
{
    struct host *h = host;
    (void)room_key;
    g_string_append_printf(h->audit, "%s %s %s\n", who, action, detail != NULL ? detail : "");
}

static bool host_relay_access(void *host, const char *who, struct hop_relay_access *out)
{
    static const char *const urls[] = { "turn:turn.example.vn:3478", NULL };
    const struct host *h = host;
    if (h->relay_minutes == 0)
        return false;
    *out = (struct hop_relay_access){ .urls = urls,
                                      .lifetime_us = h->relay_minutes * INT64_C(60000000) };
    (void)g_snprintf(out->username, sizeof out->username, "1:%s", who);
    (void)g_strlcpy(out->credential, "secret", sizeof out->credential);
    return true;
}

static const struct hop_host host_table = {
    .relay_access = host_relay_access,
    .room_lookup = host_room_lookup,
    .join_lookup = host_join_lookup,
    .attendance_save = host_attendance_save,
    .attendance_load = host_attendance_load,
    .attendance_mark = host_attendance_mark,
    .participants_load = host_participants_load,
    .participant_save = host_participant_save,
    .chat_append = host_chat_append,
    .chat_load = host_chat_load,
    .room_end = host_room_end,
    .identify = host_identify,
    .audit = host_audit,
};

/* Makes or changes a meeting in the store. */
UNUSED static struct hop_room_info *host_room(struct host *h, const char *code,
                                              enum hop_room_status status)
{
    struct hop_room_info *info = g_hash_table_lookup(h->rooms, code);
    if (info == NULL) {
        info = g_new0(struct hop_room_info, 1);
        info->room_key = (int64_t)g_hash_table_size(h->rooms) + 100;
        (void)g_strlcpy(info->code, code, sizeof info->code);
        (void)g_strlcpy(info->title, "Giao ban tuần", sizeof info->title);
        g_hash_table_insert(h->rooms, g_strdup(code), info);
    }
    info->status = status;
    return info;
}

/* Makes somebody invited; his link's token is given. */
UNUSED static struct hop_welcome *host_invite(struct host *h, const char *token, const char *name,
                                              const char *role)
{
    struct hop_welcome *welcome = g_new0(struct hop_welcome, 1);
    welcome->invite_id = (int64_t)g_hash_table_size(h->invites) + 10;
    (void)g_strlcpy(welcome->name, name, sizeof welcome->name);
    (void)g_strlcpy(welcome->role, role, sizeof welcome->role);
    (void)g_strlcpy(welcome->unit, "Sở Y tế", sizeof welcome->unit);
    g_hash_table_insert(h->invites, g_strdup(token), welcome);
    return welcome;
}

/* ---- golden messages ------------------------------------------------------------------------- */

static GHashTable *goldens; /* file name without .json → json_t */

static json_t *load_json(const char *path)
{
    json_error_t error;
    json_t *out = json_load_file(path, 0, &error);
    if (out == NULL)
        fail_msg("%s: %s", path, error.text);
    return out;
}

static void load_goldens(void)
{
    const char *folder = HOP_TESTS_DIR "/golden/messages";
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    assert_non_null(dir);
    goldens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (!g_str_has_suffix(name, ".json"))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_hash_table_insert(goldens, g_strndup(name, strlen(name) - 5), load_json(path));
    }
}

/* True: `b` has exactly the members of `a`, of the same types; null goes for anything. `some`:
 * members may be missing in b. */
static bool same_shape(const json_t *a, const json_t *b, bool some)
{
    const char *member;
    json_t *value;
    if (json_is_null(a) || json_is_null(b))
        return true;
    if (json_is_boolean(a) && json_is_boolean(b))
        return true;
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        for (size_t i = 0; i < json_array_size(b); i++) {
            if (json_array_size(a) > 0 &&
                !same_shape(json_array_get(a, 0), json_array_get(b, i), some))
                return false;
        }
        return true;
    }
    if (!json_is_object(a))
        return true;
    json_object_foreach((json_t *)b, member, value)
    {
        const json_t *other = json_object_get(a, member);
        if (other == NULL || !same_shape(other, value, some))
            return false;
    }
    return some || json_object_size(a) == json_object_size(b);
}

/* The frame looks like one of the golden ones whose names begin so. */
static void check_shape(const char *prefix, const json_t *data, const char *member)
{
    GHashTableIter i;
    gpointer name;
    gpointer golden;
    bool some = strstr(prefix, "changed") != NULL;
    size_t len = strlen(prefix);
    g_hash_table_iter_init(&i, goldens);
    while (g_hash_table_iter_next(&i, &name, &golden)) {
        const char *n = name;
        if (strncmp(n, prefix, len) != 0 || (n[len] != '\0' && n[len] != '.'))
            continue;
        const json_t *like = json_object_get(golden, member);
        if (strcmp(prefix, "event.participant.changed") == 0)
            like =
                json_object_get(g_hash_table_lookup(goldens, "event.participant.joined"), member);
        if (strcmp(prefix, "event.room.changed") == 0) {
            const json_t *joined = g_hash_table_lookup(goldens, "answer.resume");
            const json_t *snapshot = json_object_get(json_object_get(joined, "data"), "snapshot");
            const json_t *room = json_object_get(json_object_get(data, "room"), "code") == NULL
                                     ? json_object_get(snapshot, "room")
                                     : NULL;
            if (room != NULL && same_shape(room, json_object_get(data, "room"), true))
                return;
        }
        if (same_shape(like, data, some))
            return;
    }
    char *text = json_dumps(data, 0);
    fail_msg("unlike any golden %s: %s", prefix, text);
}

/* ---- clients --------------------------------------------------------------------------------- */

struct client {
    struct hop_session *session; /* NULL: the connection is gone */
    bool writable, deaf;         /* deaf: never reads */
    bool killed;
    int closed;           /* close code that arrived; 0: open */
    int64_t id;           /* of the last request */
    uint64_t seq;         /* of the last notification */
    const char *ops[256]; /* of requests by id % 256, for the golden answers */
    GQueue frames;        /* json_t, not yet looked at */
    int pings;
};

struct meeting {
    struct hop_signaling *signaling;
    struct hop_media *media;
    struct host host;
    GPtrArray *clients;
    int64_t now_us;
};

#define WALL_US 1795420800000000LL /* 2026-11-23T08:00:00Z */

static void client_want_write(void *transport)
{
    ((struct client *)transport)->writable = true;
}

static void client_kill(void *transport)
{
    ((struct client *)transport)->killed = true;
}

static const struct hop_transport_ops client_ops = { client_want_write, client_kill };

static void check_frame(struct client *c, const json_t *frame)
{
    const json_t *re = json_object_get(frame, "re");
    const json_t *error = json_object_get(frame, "error");
    char prefix[64];
    if (error != NULL) {
        const char *code = json_string_value(json_object_get(error, "code"));
        (void)snprintf(prefix, sizeof prefix, "error.%s", code);
        if (g_hash_table_lookup(goldens, prefix) == NULL)
            fail_msg("no golden %s", prefix);
    } else if (re != NULL) {
        (void)snprintf(prefix, sizeof prefix, "answer.%s", c->ops[json_integer_value(re) % 256]);
        if (strcmp(prefix, "answer.join") == 0 || strcmp(prefix, "answer.resume") == 0) {
            /* answer is optional there */
            json_t *copy = json_copy((json_t *)json_object_get(frame, "data"));
            if (strcmp(prefix, "answer.join") == 0 && json_object_get(copy, "snapshot") != NULL &&
                json_object_get(copy, "answer") == NULL)
                json_object_set_new(copy, "answer", json_string("v=0"));
            check_shape(prefix, copy, "data");
            json_decref(copy);
            return;
        }
        check_shape(prefix, json_object_get(frame, "data"), "data");
    } else {
        uint64_t seq = (uint64_t)json_integer_value(json_object_get(frame, "seq"));
        assert_int_equal(seq, c->seq + 1);
        c->seq = seq;
        (void)snprintf(prefix, sizeof prefix, "event.%s",
                       json_string_value(json_object_get(frame, "event")));
        check_shape(prefix, json_object_get(frame, "data"), "data");
    }
}

/* What the transport would do when the socket takes bytes: in odd small pieces. */
static void drain(struct client *c)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    uint8_t piece[777];
    bool first = false;
    bool last = false;
    size_t n;
    while ((n = hop_session_read(c->session, piece, sizeof piece, &first, &last)) > 0) {
        assert_int_equal(first, message->len == 0);
        g_byte_array_append(message, piece, (guint)n);
        if (!last)
            continue;
        json_t *frame = json_loadb((const char *)message->data, message->len, 0, NULL);
        assert_non_null(frame);
        check_frame(c, frame);
        g_queue_push_tail(&c->frames, frame);
        g_byte_array_set_size(message, 0);
    }
    assert_int_equal(message->len, 0);
    if (hop_session_take_ping(c->session))
        c->pings++;
}

static void client_gone(struct client *c)
{
    if (c->session != NULL)
        hop_session_gone(c->session);
    c->session = NULL;
}

/* Lets all transports do their work. */
static void pump(struct meeting *m)
{
    for (bool again = true; again;) {
        again = false;
        for (guint i = 0; i < m->clients->len; i++) {
            struct client *c = g_ptr_array_index(m->clients, i);
            if (c->session == NULL)
                continue;
            if (c->killed) {
                client_gone(c);
                again = true;
                continue;
            }
            if (!c->writable || c->deaf)
                continue;
            c->writable = false;
            again = true;
            drain(c);
            c->closed = hop_session_close_now(c->session);
            if (c->closed != 0)
                client_gone(c);
        }
    }
}

UNUSED static struct client *client_as(struct meeting *m, const struct hop_identity *identity)
{
    struct client *c = g_new0(struct client, 1);
    g_queue_init(&c->frames);
    c->session = hop_session_new(m->signaling, &client_ops, c, identity);
    g_ptr_array_add(m->clients, c);
    pump(m);
    return c;
}

UNUSED static struct client *client_new(struct meeting *m)
{
    struct hop_identity nobody = { 0 };
    return client_as(m, &nobody);
}

static void client_free(void *client)
{
    struct client *c = client;
    json_t *frame;
    while ((frame = g_queue_pop_head(&c->frames)) != NULL)
        json_decref(frame);
    g_free(c);
}

UNUSED static void send_text(struct meeting *m, struct client *c, const char *text)
{
    assert_non_null(c->session);
    hop_session_receive(c->session, text, strlen(text), true, false);
    pump(m);
}

/* Sends a request and does not wait for its answer. Takes over `data`. */
UNUSED static int64_t send_request(struct meeting *m, struct client *c, const char *op,
                                   json_t *data)
{
    assert_non_null(data);
    c->ops[++c->id % 256] = op;
    json_t *frame = json_pack("{s:I,s:s,s:o}", "id", (json_int_t)c->id, "op", op, "data", data);
    char *text = json_dumps(frame, JSON_COMPACT);
    json_decref(frame);
    send_text(m, c, text);
    free(text);
    return c->id;
}

/* The answer to a request, taken out of what arrived; NULL: not there. */
UNUSED static json_t *take_answer(struct client *c, int64_t id)
{
    for (GList *l = c->frames.head; l != NULL; l = l->next) {
        const json_t *re = json_object_get(l->data, "re");
        if (re != NULL && json_integer_value(re) == id) {
            json_t *frame = l->data;
            g_queue_delete_link(&c->frames, l);
            return frame;
        }
    }
    return NULL;
}

/* The data of the first such event, taken out with all before it that are events; NULL: none. */
UNUSED static json_t *take_event(struct client *c, const char *event)
{
    for (GList *l = c->frames.head; l != NULL; l = l->next) {
        const char *name = json_string_value(json_object_get(l->data, "event"));
        if (name != NULL && strcmp(name, event) == 0) {
            json_t *data = json_incref(json_object_get(l->data, "data"));
            json_decref(l->data);
            g_queue_delete_link(&c->frames, l);
            return data;
        }
    }
    return NULL;
}

UNUSED static void forget_frames(struct client *c)
{
    json_t *frame;
    while ((frame = g_queue_pop_head(&c->frames)) != NULL)
        json_decref(frame);
}

/* Asks and returns the answer's data; fails on an error. Takes over `data`. */
UNUSED static json_t *ask(struct meeting *m, struct client *c, const char *op, json_t *data)
{
    json_t *answer = take_answer(c, send_request(m, c, op, data));
    assert_non_null(answer);
    const json_t *error = json_object_get(answer, "error");
    if (error != NULL)
        fail_msg("%s: %s (%s)", op, json_string_value(json_object_get(error, "code")),
                 json_string_value(json_object_get(error, "detail")));
    json_t *out = json_incref(json_object_get(answer, "data"));
    json_decref(answer);
    return out;
}

UNUSED static void ask_ok(struct meeting *m, struct client *c, const char *op, json_t *data)
{
    json_decref(ask(m, c, op, data));
}

/* Asks and expects this error. */
UNUSED static void ask_refused(struct meeting *m, struct client *c, const char *op, json_t *data,
                               const char *code)
{
    json_t *answer = take_answer(c, send_request(m, c, op, data));
    assert_non_null(answer);
    const json_t *error = json_object_get(answer, "error");
    assert_non_null(error);
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    json_decref(answer);
}

/* Text at a path like "snapshot.participants.0.name"; fails if there is none. */
UNUSED static const json_t *at(const json_t *value, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, ".", -1);
    for (char **name = names; *name != NULL; name++) {
        value = json_is_array(value)
                    ? json_array_get(value, (size_t)g_ascii_strtoull(*name, NULL, 10))
                    : json_object_get(value, *name);
        if (value == NULL)
            fail_msg("nothing at %s", path);
    }
    return value;
}

UNUSED static const char *text_at(const json_t *value, const char *path)
{
    const json_t *found = at(value, path);
    assert_true(json_is_string(found));
    return json_string_value(found);
}

UNUSED static json_t *join_data(const char *room, const char *name)
{
    return json_pack("{s:s,s:s}", "room", room, "name", name);
}

/* Joins without media; returns the answer's data. */
UNUSED static json_t *join(struct meeting *m, struct client *c, const char *room, const char *name)
{
    json_t *data = ask(m, c, "join", join_data(room, name));
    assert_string_equal(text_at(data, "status"), "joined");
    return data;
}

/* A new client in room "r", everything that it was told so far forgotten. */
UNUSED static struct client *joined(struct meeting *m, const char *name)
{
    struct client *c = client_new(m);
    json_decref(join(m, c, "r", name));
    return c;
}

/* ---- the service ----------------------------------------------------------------------------- */

UNUSED static void advance(struct meeting *m, int64_t ms)
{
    while (ms > 0) {
        int64_t step = MIN(ms, 500);
        ms -= step;
        m->now_us += step * 1000;
        hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
        /* clients that are there answer pings */
        for (guint i = 0; i < m->clients->len; i++) {
            struct client *c = g_ptr_array_index(m->clients, i);
            if (c->session != NULL && !c->deaf)
                hop_session_heard(c->session);
        }
        (void)hop_signaling_tick(m->signaling, m->now_us);
        pump(m);
    }
}

UNUSED static void host_flush(struct meeting *m)
{
    struct deferred *d;
    while ((d = g_queue_pop_head(&m->host.queue)) != NULL) {
        d->run(d);
        g_free(d);
        pump(m);
    }
}

static const struct hop_signaling_config default_config = {
    .limits = { .max_participants = 50, .max_rooms = 50, .max_per_room = 20 },
    .resume_timeout_ms = 30000,
    .video_codecs = "VP8,H264,VP9,AV1",
    .audio = { .levelling = true }
};

static void start_signaling(struct meeting *m, const struct hop_signaling_config *config)
{
    struct hop_signaling_config c = *config;
    c.host = &host_table;
    c.host_ctx = &m->host;
    assert_int_equal(hop_signaling_new(&c, m->media, &m->signaling), 0);
    m->signaling->virtual_time = true;
    m->signaling->now_us = 0;
    hop_signaling_time(m->signaling, m->now_us, WALL_US + m->now_us);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

UNUSED static int set_up(void **state)
{
    struct meeting *m = g_new0(struct meeting, 1);
    struct hop_media_address address = { 0 };
    const char *detail = NULL;
    assert_int_equal(hop_addr_parse("127.0.0.1", 0, &address.bind), 0);
    struct hop_media_config media = {
        .addresses = &address,
        .n_addresses = 1,
        .workers = 1,
        .dscp_audio = -1,
        .dscp_video = -1,
        .audio = { .bitrate_bps = 32000, .complexity = 5, .jitter_ms = 60, .max_talkers = 8 },
        .wake = nothing,
    };
    if (goldens == NULL)
        load_goldens();
    int error = hop_media_new(&media, &m->media, &detail);
    if (error != 0)
        fail_msg("relay: %s", detail);
    m->host.rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    m->host.participants = g_array_new(FALSE, FALSE, sizeof(struct hop_participant_record));
    m->host.chat = g_array_new(FALSE, FALSE, sizeof(struct stored_chat));
    m->host.audit = g_string_new(NULL);
    m->host.invites = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    m->host.stays = g_array_new(FALSE, FALSE, sizeof(struct stay));
    m->host.marks = g_string_new(NULL);
    g_queue_init(&m->host.queue);
    m->clients = g_ptr_array_new_with_free_func(client_free);
    m->now_us = 1000000;
    current_host = &m->host;
    start_signaling(m, &default_config);
    (void)host_room(&m->host, "r", HOP_ROOM_OPEN);
    *state = m;
    return 0;
}

static void stop_signaling(struct meeting *m)
{
    for (guint i = 0; i < m->clients->len; i++)
        client_gone(g_ptr_array_index(m->clients, i));
    hop_signaling_free(m->signaling);
}

/* kill -9 and a new start: what is not in the host is lost. */
UNUSED static void restart(struct meeting *m, const struct hop_signaling_config *config)
{
    stop_signaling(m);
    g_ptr_array_set_size(m->clients, 0);
    host_flush(m);
    start_signaling(m, config);
}

UNUSED static int tear_down(void **state)
{
    struct meeting *m = *state;
    stop_signaling(m);
    host_flush(m);
    hop_media_free(m->media);
    g_ptr_array_unref(m->clients);
    g_hash_table_unref(m->host.rooms);
    g_array_unref(m->host.participants);
    for (guint i = 0; i < m->host.chat->len; i++) {
        g_free(g_array_index(m->host.chat, struct stored_chat, i).name);
        g_free(g_array_index(m->host.chat, struct stored_chat, i).text);
    }
    g_array_unref(m->host.chat);
    g_string_free(m->host.audit, TRUE);
    g_hash_table_unref(m->host.invites);
    g_array_unref(m->host.stays);
    g_string_free(m->host.marks, TRUE);
    g_free(m);
    return 0;
}

UNUSED static int drop_goldens(void **state)
{
    (void)state;
    g_clear_pointer(&goldens, g_hash_table_unref);
    return 0;
}

/* A golden offer with its first ufrag replaced, so that it is an ICE restart. */
UNUSED static char *offer_text(const char *name, const char *ufrag)
{
    g_autofree char *path = g_strdup_printf("%s/golden/sdp/%s.offer.sdp", HOP_TESTS_DIR, name);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    if (ufrag == NULL)
        return text;
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, "a=ice-ufrag:"))
            g_string_append_printf(out, "a=ice-ufrag:%s\r\n", ufrag);
        else if (**line != '\0')
            g_string_append_printf(out, "%s\r\n", *line);
    }
    g_free(text);
    return g_string_free(out, FALSE);
}

#define meeting_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
