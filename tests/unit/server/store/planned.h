/* Meetings, people and things for the tests of what is planned: made in one line each. */
#pragma once

#include "tests/unit/server/store/support.h"

#include "server/store/calendar.h"
#include "server/store/groups.h"
#include "server/store/resources.h"

#define HOUR ((int64_t)3600 * 1000000)
#define DAY  (24 * HOUR)

struct saved {
    int error;
    char member[64];
    struct hop_store_meeting m; /* a copy; clear it */
};

static inline void on_saved(void *ctx, int error, const char *member,
                            const struct hop_store_meeting *m)
{
    struct saved *s = ctx;

    s->error = error;
    g_strlcpy(s->member, member, sizeof(s->member));
    hop_store_meeting_copy(m, &s->m);
}

static inline void on_meeting(void *ctx, int error, const struct hop_store_meeting *m)
{
    on_saved(ctx, error, "", m);
}

/* Nonces by a counter; a token's hash is its nonce and zeros. */
static inline void count_up(const void *ctx, uint8_t nonce[HOP_INVITE_NONCE],
                            uint8_t hash[HOP_HASH])
{
    static uint32_t n;

    (void)ctx;
    n++;
    memset(nonce, 0, HOP_INVITE_NONCE);
    memcpy(nonce, &n, sizeof(n));
    memset(hash, 0, HOP_HASH);
    memcpy(hash, nonce, HOP_INVITE_NONCE);
}

static inline struct hop_store_meeting planned(const char *title, int64_t starts, int64_t ends)
{
    struct hop_store_meeting m = { .starts_us = starts, .ends_us = ends, .draft = false };

    g_strlcpy(m.title, title, sizeof(m.title));
    g_strlcpy(m.code, title, sizeof(m.code));
    g_snprintf(m.uid, sizeof(m.uid), "%s@hop", title);
    g_strlcpy(m.time_zone, "Asia/Ho_Chi_Minh", sizeof(m.time_zone));
    m.description = g_strdup("");
    m.invitees = hop_store_invitees_new();
    m.resources = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return m;
}

static inline void invite(struct hop_store_meeting *m, enum hop_invitee_kind kind, int64_t ref,
                          const char *email)
{
    struct hop_store_invitee i = {
        .kind = kind, .ref = ref, .role = HOP_INVITED_DELEGATE, .attendees = 1
    };

    g_strlcpy(i.name, email, sizeof(i.name));
    g_strlcpy(i.email, email, sizeof(i.email));
    g_array_append_val(m->invitees, i);
}

/* Times `n` times, `every` apart. Takes `m`'s arrays. */
static inline struct saved save_series(struct fixture *f, struct hop_store_meeting *m, unsigned n,
                                       int64_t every, int64_t now)
{
    g_autoptr(GArray) times = hop_store_occurrences_new();
    struct saved s = { .error = 1 };
    struct hop_store_save save = {
        .meeting = m, .occurrences = times, .minter = { .mint = count_up }, .now_us = now
    };

    for (unsigned i = 0; i < n; i++) {
        struct hop_store_occurrence o = { .stamp = m->starts_us + i * every };

        o.starts_us = o.stamp;
        o.ends_us = o.stamp + (m->ends_us - m->starts_us);
        g_array_append_val(times, o);
    }
    hop_store_meeting_save(f->store, &save, on_saved, &s);
    hop_store_flush(f->store);
    hop_store_meeting_clear(m);
    return s;
}

static inline struct saved save_once(struct fixture *f, struct hop_store_meeting *m, int64_t now)
{
    return save_series(f, m, 1, DAY, now);
}

/* A change that leaves the times as they are. */
static inline struct saved save_again(struct fixture *f, const struct hop_store_meeting *m,
                                      int64_t now)
{
    struct saved s = { .error = 1 };
    struct hop_store_save save = { .meeting = m, .minter = { .mint = count_up }, .now_us = now };

    hop_store_meeting_save(f->store, &save, on_saved, &s);
    hop_store_flush(f->store);
    return s;
}

static inline struct saved get(struct fixture *f, int64_t id, const struct hop_store_viewer *viewer)
{
    struct saved s = { .error = 1 };

    hop_store_meeting_get(f->store, id, viewer, on_meeting, &s);
    hop_store_flush(f->store);
    return s;
}

static inline void on_error(void *ctx, int error)
{
    *(int *)ctx = error;
}

/* ---- people, units, groups, things ----------------------------------------------------------- */

struct made {
    int error;
    int64_t id;
};

static inline void on_user(void *ctx, int error, const struct hop_store_user *user)
{
    *(struct made *)ctx = (struct made){ error, user->id };
}

static inline int64_t person(struct fixture *f, const char *name, int64_t unit)
{
    struct hop_store_user user = { .roles = HOP_ACCOUNT_OFFICIAL, .unit_id = unit };
    struct made made = { 1, 0 };

    g_strlcpy(user.username, name, sizeof(user.username));
    g_strlcpy(user.name, name, sizeof(user.name));
    g_strlcpy(user.password_hash, "x", sizeof(user.password_hash));
    hop_store_user_add(f->store, &user, 1, on_user, &made);
    hop_store_flush(f->store);
    assert_int_equal(made.error, 0);
    return made.id;
}

static inline void on_unit(void *ctx, int error, const struct hop_store_unit *unit)
{
    *(struct made *)ctx = (struct made){ error, unit->id };
}

static inline int64_t unit(struct fixture *f, const char *name, int64_t parent)
{
    struct hop_store_unit u = { .parent_id = parent };
    struct made made = { 1, 0 };

    g_strlcpy(u.name, name, sizeof(u.name));
    hop_store_unit_add(f->store, &u, on_unit, &made);
    hop_store_flush(f->store);
    assert_int_equal(made.error, 0);
    return made.id;
}

static inline void on_group(void *ctx, int error, const struct hop_store_group *group)
{
    *(struct made *)ctx = (struct made){ error, group->id };
}

static inline int64_t group(struct fixture *f, const char *name, const int64_t *members, guint n)
{
    struct hop_store_group g = { .members = g_array_new(FALSE, FALSE, sizeof(int64_t)) };
    struct made made = { 1, 0 };

    g_strlcpy(g.name, name, sizeof(g.name));
    g_array_append_vals(g.members, members, n);
    hop_store_group_save(f->store, &g, on_group, &made);
    hop_store_flush(f->store);
    assert_int_equal(made.error, 0);
    hop_store_group_clear(&g);
    return made.id;
}

static inline void on_resource(void *ctx, int error, const struct hop_store_resource *resource)
{
    *(struct made *)ctx = (struct made){ error, resource->id };
}

static inline int64_t thing(struct fixture *f, const char *name)
{
    struct hop_store_resource r = { .kind = HOP_RESOURCE_HALL };
    struct made made = { 1, 0 };

    g_strlcpy(r.name, name, sizeof(r.name));
    hop_store_resource_save(f->store, &r, on_resource, &made);
    hop_store_flush(f->store);
    assert_int_equal(made.error, 0);
    return made.id;
}
