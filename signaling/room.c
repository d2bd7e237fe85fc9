/* A meeting while it runs: see room.h. Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/room.h"

#include "media/base/log.h"
#include "signaling/chat.h"
#include "signaling/events.h"
#include "signaling/handlers.h"

#include <stdio.h>
#include <string.h>

enum {
    LEADERLESS_US = 60 * 1000000,
    EMPTY_US = 300 * 1000000,
    CHECK_US = 60 * 1000000, /* how often after its end a meeting is asked about */
    MAX_RECORDS = 5000,      /* remembered per room; older ones who left are forgotten */
};

/* ---- loading --------------------------------------------------------------------------------- */

static void add_record(struct hop_room *room, const struct hop_participant_record *record)
{
    hop_participant_number number =
        (hop_participant_number)g_ascii_strtoull(record->id + (record->id[0] == 'p'), NULL, 10);
    if (number == 0)
        return;
    struct hop_participant_record *copy = g_memdup2(record, sizeof *record);
    copy->room_key = room->info.room_key;
    g_hash_table_insert(room->records, GUINT_TO_POINTER(number), copy);
    room->last_number = MAX(room->last_number, number);
    room->had_chair = room->had_chair || strcmp(record->role, "chair") == 0;
}

static void part_loaded(struct hop_room *room, int error)
{
    if (error != 0)
        room->load_error = error;
    if (--room->loading > 0)
        return;
    /* answered at once, nobody waits yet: who opens the room looks at load_error himself */
    if (room->joins->len > 0)
        hop_join_continue(room, room->load_error);
}

static void participants_loaded(void *ctx, int error, const struct hop_participant_record *records,
                                size_t n)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    hop_pending_free(pending);
    if (room == NULL)
        return;
    for (size_t i = 0; i < n && error == 0; i++)
        add_record(room, &records[i]);
    part_loaded(room, error);
}

static void chat_loaded(void *ctx, int error, const struct hop_chat_record *chat, size_t n,
                        bool more)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    hop_pending_free(pending);
    if (room == NULL)
        return;
    for (size_t i = 0; i < n && error == 0; i++)
        hop_chat_remember(room, &chat[i]);
    room->chat_more = room->chat_more || more;
    part_loaded(room, error);
}

static void load(struct hop_room *room)
{
    const struct hop_signaling_config *config = &room->signaling->config;
    struct hop_pending *records = hop_pending_new(room->signaling);
    struct hop_pending *chat = hop_pending_new(room->signaling);
    records->room = chat->room = room->id;
    room->loading = 2;
    config->host->participants_load(config->host_ctx, room->info.room_key, participants_loaded,
                                    records);
    config->host->chat_load(config->host_ctx, room->info.room_key, 0, HOP_MAX_HISTORY, chat_loaded,
                            chat);
}

static void set_check(struct hop_room *room)
{
    room->check_wall_us = room->info.ends_at_us;
}

struct hop_room *hop_room_open(struct hop_signaling *signaling, const struct hop_room_info *info)
{
    struct hop_room *room = hop_room_find(signaling, info->code);
    if (room != NULL)
        return room;
    room = g_new0(struct hop_room, 1);
    room->signaling = signaling;
    room->id = ++signaling->next_id;
    room->info = *info;
    room->chat_open = true;
    room->audio = signaling->config.audio;
    room->started_wall_us = signaling->wall_us;
    room->empty_us = signaling->now_us;
    room->joins = g_ptr_array_new_with_free_func((GDestroyNotify)hop_pending_free);
    room->present = g_ptr_array_new();
    room->numbers = g_hash_table_new(NULL, NULL);
    room->records = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&room->chat);
    set_check(room);
    g_hash_table_insert(signaling->rooms, g_strdup(info->code), room);
    g_hash_table_insert(signaling->room_ids, &room->id, room);
    load(room);
    return room;
}

/* ---- looking up ------------------------------------------------------------------------------ */

struct hop_room *hop_room_find(struct hop_signaling *signaling, const char *code)
{
    return g_hash_table_lookup(signaling->rooms, code);
}

struct hop_room *hop_room_by_id(struct hop_signaling *signaling, uint64_t id)
{
    return g_hash_table_lookup(signaling->room_ids, &id);
}

struct hop_participant *hop_room_participant(const struct hop_room *room,
                                             hop_participant_number number)
{
    return g_hash_table_lookup(room->numbers, GUINT_TO_POINTER(number));
}

struct hop_participant_record *hop_room_record(const struct hop_room *room, const char *key,
                                               hop_participant_number *number)
{
    uint8_t hash[HOP_TOKEN_HASH];
    struct hop_participant_record *found = NULL;
    GHashTableIter i;
    gpointer name;
    gpointer value;
    hop_token_hash(key, hash);
    g_hash_table_iter_init(&i, room->records);
    while (g_hash_table_iter_next(&i, &name, &value)) {
        struct hop_participant_record *record = value;
        if (hop_bytes_equal(record->key_hash, hash, sizeof hash)) {
            found = record;
            *number = GPOINTER_TO_UINT(name);
        }
    }
    return found;
}

/* Forgets those of the eldest who are gone: a room that is open for years must not grow. The store
 * keeps them, for the minutes. */
static void prune_records(struct hop_room *room)
{
    GHashTableIter i;
    gpointer name;
    if (g_hash_table_size(room->records) < MAX_RECORDS)
        return;
    g_hash_table_iter_init(&i, room->records);
    while (g_hash_table_iter_next(&i, &name, NULL)) {
        hop_participant_number number = GPOINTER_TO_UINT(name);
        if (number + MAX_RECORDS / 2 < room->last_number &&
            hop_room_participant(room, number) == NULL)
            g_hash_table_iter_remove(&i);
    }
}

struct hop_participant_record *hop_room_new_record(struct hop_room *room)
{
    prune_records(room);
    struct hop_participant_record *record = g_new0(struct hop_participant_record, 1);
    record->room_key = room->info.room_key;
    record->joined_at_us = room->signaling->wall_us;
    (void)snprintf(record->id, sizeof record->id, "p%u", ++room->last_number);
    g_hash_table_insert(room->records, GUINT_TO_POINTER(room->last_number), record);
    return record;
}

/* ---- telling --------------------------------------------------------------------------------- */

void hop_room_broadcast(struct hop_room *room, const char *event, json_t *data,
                        const struct hop_participant *except)
{
    g_autoptr(GBytes) text = hop_event_text(event, data);
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p != except && p->session != NULL)
            hop_session_notify(p->session, text);
    }
}

void hop_room_update(struct hop_room *room, const struct hop_room_info *info)
{
    json_t *changed = json_object();
    if (strcmp(room->info.title, info->title) != 0)
        json_object_set_new(changed, "title", json_string(info->title));
    if (room->info.ends_at_us != info->ends_at_us)
        json_object_set_new(changed, "ends_at", hop_time_json(info->ends_at_us));
    room->info = *info;
    set_check(room);
    if (json_object_size(changed) == 0) {
        json_decref(changed);
        return;
    }
    hop_room_broadcast(room, "room.changed", json_pack("{s:o}", "room", changed), NULL);
}

/* ---- ending ---------------------------------------------------------------------------------- */

void hop_room_free(struct hop_room *room)
{
    struct hop_signaling *signaling = room->signaling;
    while (room->present->len > 0)
        hop_participant_leave(g_ptr_array_index(room->present, room->present->len - 1), NULL);
    if (room->media != 0) {
        g_hash_table_remove(signaling->media_rooms, &room->media);
        hop_media_room_free(signaling->media, room->media);
    }
    hop_chat_forget(room);
    g_ptr_array_unref(room->joins);
    g_ptr_array_unref(room->present);
    g_hash_table_unref(room->numbers);
    g_hash_table_unref(room->records);
    g_hash_table_remove(signaling->room_ids, &room->id);
    g_hash_table_remove(signaling->rooms, room->info.code);
    g_free(room);
}

void hop_room_end(struct hop_room *room, const char *reason)
{
    hop_room_broadcast(room, "room.ended", json_pack("{s:s}", "reason", reason), NULL);
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->session != NULL)
            hop_session_close(p->session, HOP_CLOSE_ENDED);
    }
    hop_info("room %s ended: %s", room->info.code, reason);
    hop_room_free(room);
}

/* ---- chair and time -------------------------------------------------------------------------- */

static bool has_leader(const struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (hop_role_leads(p->role))
            return true;
    }
    return false;
}

void hop_room_check(struct hop_room *room)
{
    struct hop_signaling *signaling = room->signaling;
    int64_t now = signaling->now_us;
    if (room->present->len > 0) {
        room->empty_us = 0;
    } else {
        room->empty_us = room->empty_us != 0 ? room->empty_us : now;
        if (room->media != 0) {
            g_hash_table_remove(signaling->media_rooms, &room->media);
            hop_media_room_free(signaling->media, room->media);
            room->media = 0;
        }
    }
    if (room->present->len == 0 || has_leader(room))
        room->leaderless_us = 0;
    else if (room->leaderless_us == 0)
        room->leaderless_us = now;
}

/* Lower is better: secretaries, then signed-in people, then guests, each by arrival. */
static int succession(const struct hop_participant *p)
{
    int rank = hop_role_succession(p->role);
    if (rank < 0 || p->session == NULL)
        return -1;
    return rank * 2 + (p->record->user_id == 0);
}

static void elect_chair(struct hop_room *room)
{
    struct hop_participant *best = NULL;
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        int rank = succession(p);
        if (rank >= 0 && (best == NULL || rank < succession(best)))
            best = p;
    }
    if (best != NULL)
        hop_participant_set_role(best, HOP_ROLE_CHAIR);
}

static void checked(void *ctx, int error, const struct hop_room_info *info)
{
    struct hop_pending *pending = ctx;
    if (!hop_pending_begin(pending))
        return;
    struct hop_room *room = hop_room_by_id(pending->signaling, pending->room);
    hop_pending_free(pending);
    if (room == NULL)
        return;
    room->checking = false;
    room->check_wall_us = room->signaling->wall_us + CHECK_US;
    if (error != 0 || info == NULL)
        return;
    if (info->status == HOP_ROOM_CANCELLED)
        hop_room_end(room, "cancelled");
    else if (info->status == HOP_ROOM_ENDED || info->status == HOP_ROOM_NONE)
        hop_room_end(room, "time");
}

static void ask_whether_over(struct hop_room *room)
{
    const struct hop_signaling_config *config = &room->signaling->config;
    struct hop_pending *pending = hop_pending_new(room->signaling);
    pending->room = room->id;
    room->checking = true;
    config->host->room_lookup(config->host_ctx, room->info.code, checked, pending);
}

static void lose_the_absent(struct hop_room *room)
{
    int64_t timeout_us = (int64_t)room->signaling->config.resume_timeout_ms * 1000;
    for (guint i = room->present->len; i > 0; i--) {
        struct hop_participant *p = g_ptr_array_index(room->present, i - 1);
        if (p->session == NULL && room->signaling->now_us - p->lost_us >= timeout_us)
            hop_participant_leave(p, "lost");
    }
}

void hop_room_tick(struct hop_room *room)
{
    int64_t now = room->signaling->now_us;
    lose_the_absent(room);
    if (room->leaderless_us != 0 && now - room->leaderless_us >= LEADERLESS_US)
        elect_chair(room);
    if (room->empty_us != 0 && now - room->empty_us >= EMPTY_US && room->loading == 0) {
        hop_room_free(room);
        return;
    }
    if (room->check_wall_us != 0 && room->signaling->wall_us >= room->check_wall_us &&
        !room->checking)
        ask_whether_over(room);
}
