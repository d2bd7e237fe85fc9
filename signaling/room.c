/* A meeting while it runs: see room.h. Control thread. */
#define HOP_LOG_MODULE "signaling"
#include "signaling/room.h"

#include "media/base/log.h"
#include "signaling/acting.h"
#include "signaling/chat.h"
#include "signaling/events.h"
#include "signaling/handlers.h"
#include "signaling/lobby.h"
#include "signaling/relay_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EMPTY_US = 300 * 1000000,
    EMPTY_TEST_US = 5 * 1000000,
    CHECK_US = 60 * 1000000, /* how often after its end a meeting is asked about */
    MAX_RECORDS = 5000,      /* remembered per room; older ones who left are forgotten */
};

/* ---- loading --------------------------------------------------------------------------------- */

/* Of an earlier meeting of the series: what was decided about him then is over. */
static void forget_decisions(struct hop_participant_record *record)
{
    record->role[0] = '\0';
    record->mark = HOP_MARK_NONE;
    record->muted = 0;
}

static void add_record(struct hop_room *room, const struct hop_participant_record *record)
{
    hop_participant_number number =
        (hop_participant_number)g_ascii_strtoull(record->id + (record->id[0] == 'p'), NULL, 10);
    if (number == 0)
        return;
    struct hop_participant_record *copy = g_memdup2(record, sizeof *record);
    enum hop_role role;
    copy->room_key = room->info.room_key;
    g_hash_table_insert(room->records, GUINT_TO_POINTER(number), copy);
    room->last_number = MAX(room->last_number, number);
    if (record->left_at_us != 0 && record->left_at_us < room->info.opens_at_us)
        forget_decisions(copy);
    else if (hop_role_parse(record->role, &role) && hop_role_leads(role))
        room->had_chair = true;
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
    if (hop_room_is_test(room))
        return;
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
    room->lobby = g_ptr_array_new_with_free_func((GDestroyNotify)hop_knock_free);
    room->numbers = g_hash_table_new(NULL, NULL);
    room->records = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&room->chat);
    set_check(room);
    g_hash_table_insert(signaling->rooms, g_strdup(info->code), room);
    g_hash_table_insert(signaling->room_ids, &room->id, room);
    load(room);
    return room;
}

bool hop_room_is_test(const struct hop_room *room)
{
    return room->info.room_key == 0;
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

static void saved(void *ctx, int error)
{
    (void)ctx;
    if (error != 0)
        hop_warn("a participant's record was not stored: %s", g_strerror(-error));
}

void hop_room_save_record(const struct hop_room *room, const struct hop_participant_record *record)
{
    const struct hop_signaling_config *config = &room->signaling->config;
    if (!hop_room_is_test(room))
        config->host->participant_save(config->host_ctx, record, saved, NULL);
}

void hop_room_audit(const struct hop_participant *who, const char *action, json_t *detail)
{
    const struct hop_room *room = who->room;
    const struct hop_signaling_config *config = &room->signaling->config;
    char *text = detail != NULL ? json_dumps(detail, JSON_COMPACT) : NULL;
    if (!hop_room_is_test(room))
        config->host->audit(config->host_ctx, room->info.room_key, who->record->id, action, text);
    free(text);
    json_decref(detail);
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
    if (memcmp(&room->info.settings, &info->settings, sizeof info->settings) != 0)
        json_object_set_new(changed, "settings", hop_json_settings(&info->settings));
    room->info = *info;
    set_check(room);
    if (json_object_size(changed) > 0)
        hop_room_broadcast(room, "room.changed", json_pack("{s:O}", "room", changed), NULL);
    json_decref(changed);
    hop_room_check(room); /* the lobby may be open now */
}

/* ---- ending ---------------------------------------------------------------------------------- */

void hop_room_free(struct hop_room *room)
{
    struct hop_signaling *signaling = room->signaling;
    hop_lobby_end(room, "ended");
    while (room->present->len > 0)
        hop_participant_leave(g_ptr_array_index(room->present, room->present->len - 1), NULL);
    if (room->media != 0) {
        g_hash_table_remove(signaling->media_rooms, &room->media);
        hop_media_room_free(signaling->media, room->media);
    }
    hop_chat_forget(room);
    g_ptr_array_unref(room->joins);
    g_ptr_array_unref(room->present);
    g_ptr_array_unref(room->lobby);
    g_hash_table_unref(room->numbers);
    g_hash_table_unref(room->records);
    g_hash_table_remove(signaling->room_ids, &room->id);
    g_hash_table_remove(signaling->rooms, room->info.code);
    g_free(room);
}

void hop_room_end(struct hop_room *room, const char *reason)
{
    hop_room_broadcast(room, "room.ended", json_pack("{s:s}", "reason", reason), NULL);
    hop_lobby_end(room, reason);
    for (guint i = 0; i < room->present->len; i++) {
        struct hop_participant *p = g_ptr_array_index(room->present, i);
        if (p->session != NULL)
            hop_session_close(p->session, HOP_CLOSE_ENDED);
    }
    hop_info("room %s ended: %s", room->info.code, reason);
    hop_room_free(room);
}

/* ---- chair and time -------------------------------------------------------------------------- */

static void note_moderators(struct hop_room *room)
{
    for (guint i = 0; i < room->present->len; i++) {
        const struct hop_participant *p = g_ptr_array_index(room->present, i);
        room->opened = room->opened || hop_participant_may(p, HOP_RIGHT_MODERATE);
    }
}

void hop_room_check(struct hop_room *room)
{
    struct hop_signaling *signaling = room->signaling;
    int64_t now = signaling->now_us;
    if (room->present->len > 0 || room->lobby->len > 0)
        room->empty_us = 0;
    else
        room->empty_us = room->empty_us != 0 ? room->empty_us : now;
    if (room->present->len == 0 && room->media != 0) {
        g_hash_table_remove(signaling->media_rooms, &room->media);
        hop_media_room_free(signaling->media, room->media);
        room->media = 0;
    }
    hop_acting_check(room);
    note_moderators(room);
    hop_lobby_check(room);
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
    hop_acting_tick(room);
    hop_lobby_tick(room);
    hop_relay_access_tick(room);
    int64_t empty_us = hop_room_is_test(room) ? EMPTY_TEST_US : EMPTY_US;
    if (room->empty_us != 0 && now - room->empty_us >= empty_us && room->loading == 0) {
        hop_room_free(room);
        return;
    }
    if (room->check_wall_us != 0 && room->signaling->wall_us >= room->check_wall_us &&
        !room->checking) {
        if (hop_room_is_test(room))
            hop_room_end(room, "time");
        else
            ask_whether_over(room);
    }
}
