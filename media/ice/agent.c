/* ICE-lite agent; see agent.h. RFC 8445 §7.3 (answering a check), §7.3.1.1 (roles), §8.1.1
 * (nomination), §9 (restart); RFC 8489 §9.1.3 (short-term credentials). */
#include "media/ice/agent.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* A full agent that nominates every pair it checks ("aggressive") must not make us jump: within
 * this time the pair of higher priority stays. One that repeats USE-CANDIDATE only on the pair it
 * uses, as browsers do, still moves us. */
#define NOMINATION_SETTLE_US ((int64_t)500000)

struct credentials {
    struct hop_stun_key *key; /* of the local password; NULL: unused */
    char local_ufrag[HOP_MAX_UFRAG + 1];
    char remote_ufrag[HOP_MAX_UFRAG + 1];
    uint32_t generation;
};

struct valid_path {
    struct hop_path path;
    uint32_t generation; /* of the credentials of its last check */
    uint32_t priority;   /* PRIORITY of its last check */
    int64_t checked_us;
    int64_t nominated_us; /* last USE-CANDIDATE; INT64_MIN: never */
};

struct hop_ice {
    struct credentials now, old; /* old.key only during a restart */
    struct valid_path paths[HOP_MAX_PATHS];
    uint8_t n_paths;
    int8_t selected; /* index; -1: none */
    bool seen;
    int64_t started_us, checked_us, heard_us;
};

/* ---- life and restart ------------------------------------------------------------------------ */

static int credentials_init(struct credentials *c, const char *local_ufrag, const char *local_pwd,
                            const char *remote_ufrag, uint32_t generation)
{
    size_t local = strlen(local_ufrag), remote = strlen(remote_ufrag), pwd = strlen(local_pwd);
    if (!local || local > HOP_MAX_UFRAG || !remote || remote > HOP_MAX_UFRAG || !pwd ||
        pwd > HOP_MAX_PWD)
        return -EINVAL;
    c->key = hop_stun_key_new(local_pwd, pwd);
    if (!c->key)
        return -ENOMEM;
    memcpy(c->local_ufrag, local_ufrag, local + 1);
    memcpy(c->remote_ufrag, remote_ufrag, remote + 1);
    c->generation = generation;
    return 0;
}

static void credentials_drop(struct credentials *c)
{
    hop_stun_key_free(c->key);
    memset(c, 0, sizeof(*c));
}

int hop_ice_new(const char *local_ufrag, const char *local_pwd, const char *remote_ufrag,
                int64_t now_us, struct hop_ice **out)
{
    struct hop_ice *ice = calloc(1, sizeof(*ice));
    if (!ice)
        return -ENOMEM;
    int err = credentials_init(&ice->now, local_ufrag, local_pwd, remote_ufrag, 0);
    if (err) {
        free(ice);
        return err;
    }
    ice->selected = -1;
    ice->started_us = now_us;
    *out = ice;
    return 0;
}

void hop_ice_free(struct hop_ice *ice)
{
    if (!ice)
        return;
    credentials_drop(&ice->now);
    credentials_drop(&ice->old);
    free(ice);
}

int hop_ice_restart(struct hop_ice *ice, const char *local_ufrag, const char *local_pwd,
                    const char *remote_ufrag, int64_t now_us)
{
    struct credentials fresh = { 0 };
    int err =
        credentials_init(&fresh, local_ufrag, local_pwd, remote_ufrag, ice->now.generation + 1);
    if (err)
        return err;
    /* While an earlier restart is not complete, the credentials worth keeping are those that carry
     * the media: the old ones. */
    if (ice->old.key)
        credentials_drop(&ice->now);
    else
        ice->old = ice->now;
    ice->now = fresh;
    /* A participant who restarts is there; the new check gets its full time. */
    ice->started_us = now_us;
    if (ice->seen)
        ice->checked_us = now_us;
    return 0;
}

const char *hop_ice_ufrag(const struct hop_ice *ice)
{
    return ice->now.local_ufrag;
}

const char *hop_ice_old_ufrag(const struct hop_ice *ice)
{
    return ice->old.key ? ice->old.local_ufrag : NULL;
}

/* ---- paths ----------------------------------------------------------------------------------- */

static int find_path(const struct hop_ice *ice, const struct hop_path *path)
{
    for (int i = 0; i < ice->n_paths; i++) {
        if (hop_path_equal(&ice->paths[i].path, path))
            return i;
    }
    return -1;
}

static void remove_path(struct hop_ice *ice, int at)
{
    int last = ice->n_paths - 1;
    ice->paths[at] = ice->paths[last];
    ice->n_paths = (uint8_t)last;
    if (ice->selected == at)
        ice->selected = -1;
    else if (ice->selected == last)
        ice->selected = (int8_t)at;
}

/* The path without a check for the longest time, the selected one excepted. */
static int stalest_path(const struct hop_ice *ice)
{
    int found = -1;
    for (int i = 0; i < ice->n_paths; i++) {
        if (i == ice->selected)
            continue;
        if (found < 0 || ice->paths[i].checked_us < ice->paths[found].checked_us)
            found = i;
    }
    return found;
}

static int add_path(struct hop_ice *ice, const struct hop_path *path, struct hop_ice_result *out)
{
    if (ice->n_paths == HOP_MAX_PATHS) {
        int victim = stalest_path(ice);
        out->path_evicted = true;
        out->evicted = ice->paths[victim].path;
        remove_path(ice, victim);
    }
    ice->paths[ice->n_paths] = (struct valid_path){ .path = *path, .nominated_us = INT64_MIN };
    out->path_new = true;
    return ice->n_paths++;
}

/* Whether a check with USE-CANDIDATE on path `at` moves the selection there. */
static bool nomination_wins(const struct hop_ice *ice, int at, int64_t now_us)
{
    if (ice->selected < 0)
        return true;
    const struct valid_path *was = &ice->paths[ice->selected], *is = &ice->paths[at];
    if (was->nominated_us == INT64_MIN || is->generation > was->generation)
        return true;
    if (is->generation < was->generation)
        return false; /* a late check of before the restart */
    return is->priority >= was->priority || now_us - was->nominated_us > NOMINATION_SETTLE_US;
}

static void nominate(struct hop_ice *ice, int at, int64_t now_us, struct hop_ice_result *out)
{
    if (at != ice->selected && nomination_wins(ice, at, now_us)) {
        ice->selected = (int8_t)at;
        out->selected_changed = true;
    }
    ice->paths[at].nominated_us = now_us;
    if (ice->old.key && at == ice->selected && ice->paths[at].generation == ice->now.generation) {
        credentials_drop(&ice->old);
        out->restarted = true;
    }
}

/* The far end has stopped checking the path we send on while it checks others: it has moved and is
 * slow to nominate. */
static bool selected_is_stale(const struct hop_ice *ice, int64_t now_us)
{
    return now_us - ice->paths[ice->selected].checked_us >= HOP_ICE_QUIET_US;
}

static void accept_check(struct hop_ice *ice, const struct hop_path *path,
                         const struct hop_stun *msg, uint32_t generation, int64_t now_us,
                         struct hop_ice_result *out)
{
    int at = find_path(ice, path);
    if (at < 0)
        at = add_path(ice, path, out);
    struct valid_path *p = &ice->paths[at];
    p->path = *path;
    if (generation != p->generation)
        p->nominated_us = INT64_MIN;
    p->generation = generation;
    p->priority = msg->priority;
    p->checked_us = now_us;
    ice->seen = true;
    ice->checked_us = now_us;
    if (msg->use_candidate) {
        nominate(ice, at, now_us, out);
    } else if (ice->selected < 0 || selected_is_stale(ice, now_us)) {
        ice->selected = (int8_t)at;
        out->selected_changed = true;
    }
}

bool hop_ice_path_lost(struct hop_ice *ice, const struct hop_path *path)
{
    int at = find_path(ice, path);
    if (at < 0)
        return false;
    bool was_selected = at == ice->selected;
    remove_path(ice, at);
    if (!was_selected)
        return false;
    /* The freshest remaining path: its end has most lately shown that it listens. */
    for (int i = 0; i < ice->n_paths; i++) {
        if (ice->selected < 0 || ice->paths[i].checked_us > ice->paths[ice->selected].checked_us)
            ice->selected = (int8_t)i;
    }
    return true;
}

const struct hop_path *hop_ice_selected(const struct hop_ice *ice)
{
    return ice->selected < 0 ? NULL : &ice->paths[ice->selected].path;
}

bool hop_ice_has_path(const struct hop_ice *ice, const struct hop_path *path)
{
    return find_path(ice, path) >= 0;
}

size_t hop_ice_paths(const struct hop_ice *ice, struct hop_path out[HOP_MAX_PATHS])
{
    for (size_t i = 0; i < ice->n_paths; i++)
        out[i] = ice->paths[i].path;
    return ice->n_paths;
}

/* ---- answering a check ----------------------------------------------------------------------- */

static bool text_is(const char *text, const char *data, size_t len)
{
    return strlen(text) == len && memcmp(text, data, len) == 0;
}

/* Whose credentials USERNAME means: ours by its left part, and meant for us by the right. */
static struct credentials *find_credentials(struct hop_ice *ice, const struct hop_stun *msg,
                                            bool *ours)
{
    const char *receiver, *sender;
    size_t receiver_len, sender_len;
    *ours = false;
    if (!hop_stun_username_split(msg, &receiver, &receiver_len, &sender, &sender_len))
        return NULL;
    struct credentials *both[] = { &ice->now, &ice->old };
    for (size_t i = 0; i < 2; i++) {
        if (!both[i]->key || !text_is(both[i]->local_ufrag, receiver, receiver_len))
            continue;
        *ours = true;
        if (text_is(both[i]->remote_ufrag, sender, sender_len))
            return both[i];
    }
    return NULL;
}

static void refuse(const struct hop_stun *msg, uint16_t code, struct hop_stun_key *key,
                   uint8_t *answer, struct hop_ice_result *out)
{
    size_t n = code == 420 ? msg->n_unknown : 0;
    out->verdict = HOP_ICE_REFUSED;
    out->answer_len = (uint16_t)hop_stun_build_error(msg->transaction, code, msg->unknown, n, key,
                                                     answer, HOP_STUN_MAX_BUILT);
}

static void answer_request(struct hop_ice *ice, const struct hop_path *path,
                           const struct hop_stun *msg, int64_t now_us, uint8_t *answer,
                           struct hop_ice_result *out)
{
    if (!msg->integrity_at || !msg->username) {
        refuse(msg, 400, NULL, answer, out);
        return;
    }
    bool ours;
    struct credentials *c = find_credentials(ice, msg, &ours);
    if (!ours) {
        /* Perhaps of a restart that has not reached us yet. A 401 would end the pair for good in
         * some browsers; after silence they ask again. */
        out->verdict = HOP_ICE_REFUSED;
        return;
    }
    if (!c || !hop_stun_check(msg, c->key)) {
        refuse(msg, 401, NULL, answer, out);
        return;
    }
    if (msg->n_unknown) {
        refuse(msg, 420, c->key, answer, out);
        return;
    }
    /* A lite agent stays controlled: who also claims that must change (RFC 8445 §6.1.1). */
    if (msg->controlled) {
        refuse(msg, 487, c->key, answer, out);
        return;
    }
    /* Builds first: dropping the old credentials may free c->key. */
    out->answer_len = (uint16_t)hop_stun_build_success(msg->transaction, &path->remote, c->key,
                                                       answer, HOP_STUN_MAX_BUILT);
    out->verdict = HOP_ICE_ACCEPTED;
    accept_check(ice, path, msg, c->generation, now_us, out);
}

void hop_ice_receive(struct hop_ice *ice, const struct hop_path *path, const uint8_t *data,
                     size_t len, int64_t now_us, uint8_t answer[HOP_STUN_MAX_BUILT],
                     struct hop_ice_result *out)
{
    struct hop_stun msg;
    *out = (struct hop_ice_result){ .verdict = HOP_ICE_MALFORMED };
    if (hop_stun_parse(data, len, &msg) != HOP_STUN_OK)
        return;
    out->verdict = HOP_ICE_IGNORED;
    if (msg.cls != HOP_STUN_REQUEST)
        return; /* a lite agent asks nothing; an indication only keeps a NAT binding open */
    if (msg.method != 1)
        refuse(&msg, 400, NULL, answer, out);
    else
        answer_request(ice, path, &msg, now_us, answer, out);
}

/* ---- time ------------------------------------------------------------------------------------ */

void hop_ice_heard(struct hop_ice *ice, int64_t now_us)
{
    ice->heard_us = now_us;
}

static int64_t last_sign_us(const struct hop_ice *ice)
{
    return ice->heard_us > ice->checked_us ? ice->heard_us : ice->checked_us;
}

enum hop_ice_state hop_ice_state(const struct hop_ice *ice, int64_t now_us)
{
    if (!ice->seen)
        return now_us - ice->started_us >= HOP_ICE_CONSENT_US ? HOP_ICE_GONE : HOP_ICE_UNSEEN;
    if (now_us - ice->checked_us >= HOP_ICE_CONSENT_US)
        return HOP_ICE_GONE;
    if (ice->selected < 0 || now_us - last_sign_us(ice) >= HOP_ICE_QUIET_US)
        return HOP_ICE_QUIET;
    return HOP_ICE_ACTIVE;
}

bool hop_ice_expire(struct hop_ice *ice, int64_t now_us, struct hop_path *out)
{
    int at = stalest_path(ice);
    if (at < 0 || now_us - ice->paths[at].checked_us < HOP_ICE_CONSENT_US)
        return false;
    *out = ice->paths[at].path;
    remove_path(ice, at);
    return true;
}

int64_t hop_ice_deadline(const struct hop_ice *ice, int64_t now_us)
{
    int64_t at = (ice->seen ? ice->checked_us : ice->started_us) + HOP_ICE_CONSENT_US;
    if (at <= now_us)
        at = INT64_MAX; /* gone already: only a check changes that */
    int64_t quiet = last_sign_us(ice) + HOP_ICE_QUIET_US;
    if (ice->seen && quiet > now_us && quiet < at)
        at = quiet;
    int stale = stalest_path(ice);
    if (stale >= 0 && ice->paths[stale].checked_us + HOP_ICE_CONSENT_US < at)
        at = ice->paths[stale].checked_us + HOP_ICE_CONSENT_US;
    return at;
}
