/* What the participant knows of the meeting: the snapshot, kept up by notifications; plain look-ups
 * and the small requests. */
#include "tests/client/client_private.h"

#include <stdlib.h>
#include <string.h>

void hop_client_take_snapshot(struct hop_client *c, json_t *snapshot)
{
    size_t i;
    json_t *p;
    if (!snapshot)
        return;
    json_decref(c->snapshot);
    c->snapshot = json_incref(snapshot);
    json_decref(c->slots);
    c->slots = json_incref(json_object_get(snapshot, "slots"));
    json_object_clear(c->participants);
    json_array_foreach(json_object_get(snapshot, "participants"), i, p)
    {
        const char *id = json_string_value(json_object_get(p, "id"));
        if (id)
            json_object_set_new(c->participants, id, json_deep_copy(p));
    }
    free(c->id);
    const char *you = json_string_value(json_object_get(snapshot, "you"));
    c->id = you ? strdup(you) : NULL;
    c->seq = json_integer_value(json_object_get(snapshot, "seq"));
}

void hop_client_take_event(struct hop_client *c, const char *name, json_t *data)
{
    json_t *p = json_object_get(data, "participant");
    const char *id = json_string_value(json_object_get(p, "id"));
    if (strcmp(name, "participant.joined") == 0 && id) {
        json_object_set_new(c->participants, id, json_deep_copy(p));
    } else if (strcmp(name, "participant.changed") == 0 && id) {
        json_t *known = json_object_get(c->participants, id);
        if (known)
            json_object_update_recursive(known, p);
    } else if (strcmp(name, "participant.left") == 0 && json_is_string(p)) {
        json_object_del(c->participants, json_string_value(p));
    } else if (strcmp(name, "slots") == 0) {
        json_decref(c->slots);
        c->slots = json_incref(json_object_get(data, "slots"));
    }
}

enum hop_client_state hop_client_state(const struct hop_client *c)
{
    return c->state;
}

const char *hop_client_error(const struct hop_client *c)
{
    return c->error ? c->error : "";
}

int hop_client_close_code(const struct hop_client *c)
{
    return c->close_code;
}

const char *hop_client_close_why(const struct hop_client *c)
{
    return c->close_why ? c->close_why : "";
}

struct hop_client_loop *hop_client_loop_of(const struct hop_client *c)
{
    return c->loop;
}

json_t *hop_client_events(const struct hop_client *c)
{
    return c->events;
}

size_t hop_client_count(const struct hop_client *c, const char *event)
{
    return (size_t)json_integer_value(json_object_get(c->counts, event));
}

json_t *hop_client_last(const struct hop_client *c, const char *event)
{
    return json_object_get(c->newest, event);
}

unsigned hop_client_seq_gaps(const struct hop_client *c)
{
    return c->seq_gaps + c->malformed;
}

const char *hop_client_id(const struct hop_client *c)
{
    return c->id ? c->id : "";
}

const char *hop_client_key(const struct hop_client *c)
{
    return c->key ? c->key : "";
}

json_t *hop_client_participants(const struct hop_client *c)
{
    return c->participants;
}

json_t *hop_client_participant(const struct hop_client *c, const char *id_or_name)
{
    const char *id;
    json_t *p, *found = json_object_get(c->participants, id_or_name);
    if (found)
        return found;
    json_object_foreach(c->participants, id, p)
    {
        const char *name = json_string_value(json_object_get(p, "name"));
        if (name && strcmp(name, id_or_name) == 0)
            return p;
    }
    return NULL;
}

json_t *hop_client_slots(const struct hop_client *c)
{
    return c->slots;
}

json_t *hop_client_snapshot(const struct hop_client *c)
{
    return c->snapshot;
}

const char *hop_client_answer_sdp(const struct hop_client *c)
{
    return c->answer_sdp ? c->answer_sdp : "";
}

int hop_client_view(struct hop_client *c, const char *const *ids, size_t n, const char *source,
                    int height)
{
    json_t *tiles = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(tiles, json_pack("{s:s, s:s, s:i, s:b}", "participant", ids[i],
                                               "source", source, "height", height, "pinned", 0));
    return hop_client_request(c, "view", json_pack("{s:o}", "tiles", tiles));
}

int hop_client_chat(struct hop_client *c, const char *text)
{
    return hop_client_request(c, "chat", json_pack("{s:s}", "text", text));
}

int hop_client_mute(struct hop_client *c, const char *participant, const char *source, bool muted)
{
    return hop_client_request(
        c, "mute",
        json_pack("{s:s, s:s, s:b}", "participant", participant, "source", source, "muted", muted));
}
