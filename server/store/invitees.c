/* See invitees.h. */
#include "server/store/invitees.h"

#include "server/store/invitee_rows.h"

#include <errno.h>
#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

static const char *const kinds[] = { "user", "group", "unit", "guest", "site" };
static const char *const roles[] = { "chair", "secretary", "delegate",
                                     "guest", "observer",  "technician" };
static const char *const answers[] = { "none", "accepted", "declined", "tentative" };
static const char *const mails[] = { "none", "queued", "sent", "failed", "delayed" };

static int parse(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

#define NAME(names, value) ((size_t)(value) < G_N_ELEMENTS(names) ? (names)[value] : (names)[0])

const char *hop_invitee_kind_name(enum hop_invitee_kind kind)
{
    return NAME(kinds, kind);
}

const char *hop_invitee_role_name(enum hop_invitee_role role)
{
    return NAME(roles, role);
}

const char *hop_rsvp_name(enum hop_rsvp rsvp)
{
    return NAME(answers, rsvp);
}

const char *hop_invitee_mail_name(enum hop_invitee_mail mail)
{
    return NAME(mails, mail);
}

int hop_invitee_kind_parse(const char *name)
{
    return parse(kinds, G_N_ELEMENTS(kinds), name);
}

int hop_invitee_role_parse(const char *name)
{
    return parse(roles, G_N_ELEMENTS(roles), name);
}

int hop_rsvp_parse(const char *name)
{
    return parse(answers, G_N_ELEMENTS(answers), name);
}

void hop_store_invitee_clear(struct hop_store_invitee *invitee)
{
    g_clear_pointer(&invitee->rsvp_note, g_free);
}

/* ---- one invitee ----------------------------------------------------------------------------- */

struct invitee_job {
    struct hop_job job;
    int64_t meeting_id, id, now_us;
    uint8_t hash[HOP_HASH];
    enum hop_rsvp rsvp;
    enum hop_invitee_mail mail;
    char *note;
    struct hop_store_minter minter;
    struct hop_store_invitee invitee;
    hop_store_invitee_cb cb;
    hop_store_done_cb done_cb;
    void *ctx;
};

static void invitee_done(struct hop_job *job)
{
    struct invitee_job *j = (struct invitee_job *)job;

    if (j->cb != NULL)
        j->cb(j->ctx, job->error, j->meeting_id, &j->invitee);
    if (j->done_cb != NULL)
        j->done_cb(j->ctx, job->error);
    hop_store_invitee_clear(&j->invitee);
    g_free(j->note);
    g_free(j);
}

static struct invitee_job *invitee_job(void (*run)(struct hop_job *, void *), bool writes,
                                       hop_store_invitee_cb cb, void *ctx)
{
    struct invitee_job *j = g_new0(struct invitee_job, 1);

    j->job = (struct hop_job){ .run = run, .done = invitee_done, .writes = writes };
    j->cb = cb;
    j->ctx = ctx;
    return j;
}

/* The invitee of that id among the meeting's. */
static int load(struct hop_db *db, struct invitee_job *j)
{
    g_autoptr(GArray) rows = hop_store_invitees_new();
    int r = hop_invitee_rows_load(db, j->meeting_id, rows);

    for (guint i = 0; r == 0 && i < rows->len; i++) {
        struct hop_store_invitee *row = &g_array_index(rows, struct hop_store_invitee, i);

        if (row->id != j->id)
            continue;
        hop_store_invitee_clear(&j->invitee);
        j->invitee = *row;
        row->rsvp_note = NULL;
        return 0;
    }
    return r != 0 ? r : -ENOENT;
}

static void find_run(struct hop_job *job, void *ctx)
{
    struct invitee_job *j = (struct invitee_job *)job;
    sqlite3_stmt *stmt = hop_db_query(ctx, &job->error,
                                      "SELECT i.id, i.meeting_id FROM invitees i JOIN meetings m"
                                      " ON m.id = i.meeting_id WHERE i.token_hash = ?"
                                      " AND m.draft = 0 AND m.template = 0",
                                      "b", j->hash, HOP_HASH);
    int r;

    if (stmt == NULL)
        return;
    r = hop_db_step(ctx, stmt);
    j->id = sqlite3_column_int64(stmt, 0);
    j->meeting_id = sqlite3_column_int64(stmt, 1);
    hop_db_finish(stmt);
    job->error = r == 1 ? load(ctx, j) : r == 0 ? -ENOENT : r;
}

void hop_store_invitee_find(struct hop_store *store, const uint8_t token_hash[HOP_HASH],
                            hop_store_invitee_cb cb, void *ctx)
{
    struct invitee_job *j = invitee_job(find_run, false, cb, ctx);

    memcpy(j->hash, token_hash, HOP_HASH);
    hop_store_post(store, &j->job);
}

static void renew_run(struct hop_job *job, void *ctx)
{
    struct invitee_job *j = (struct invitee_job *)job;
    uint8_t nonce[HOP_INVITE_NONCE], hash[HOP_HASH];
    int r = load(ctx, j);

    if (r == 0 && !j->invitee.has_link)
        r = -EINVAL;
    if (r == 0) {
        j->minter.mint(j->minter.ctx, nonce, hash);
        r = hop_db_run(ctx, "UPDATE invitees SET nonce = ?, token_hash = ? WHERE id = ?", "bbi",
                       nonce, HOP_INVITE_NONCE, hash, HOP_HASH, j->id);
    }
    job->error = r < 0 ? r : load(ctx, j);
}

void hop_store_invitee_renew(struct hop_store *store, int64_t meeting_id, int64_t invitee_id,
                             const struct hop_store_minter *minter, hop_store_invitee_cb cb,
                             void *ctx)
{
    struct invitee_job *j = invitee_job(renew_run, true, cb, ctx);

    j->meeting_id = meeting_id;
    j->id = invitee_id;
    j->minter = *minter;
    hop_store_post(store, &j->job);
}

static void answer_run(struct hop_job *job, void *ctx)
{
    struct invitee_job *j = (struct invitee_job *)job;
    int r = hop_db_run(ctx,
                       "UPDATE invitees SET rsvp = ?, rsvp_note = ?, rsvp_at = ?"
                       " WHERE id = ? AND meeting_id = ?",
                       "itiii", (int64_t)j->rsvp, j->note, j->now_us, j->id, j->meeting_id);

    if (r > 0)
        r = hop_people_rows_save(ctx, j->meeting_id);
    job->error = r < 0 ? r : load(ctx, j);
}

void hop_store_invitee_answer(struct hop_store *store, int64_t meeting_id, int64_t invitee_id,
                              enum hop_rsvp rsvp, const char *note, int64_t now_us,
                              hop_store_invitee_cb cb, void *ctx)
{
    struct invitee_job *j = invitee_job(answer_run, true, cb, ctx);

    j->meeting_id = meeting_id;
    j->id = invitee_id;
    j->rsvp = rsvp;
    j->note = g_strdup(note != NULL ? note : "");
    j->now_us = now_us;
    hop_store_post(store, &j->job);
}

static void mailed_run(struct hop_job *job, void *ctx)
{
    struct invitee_job *j = (struct invitee_job *)job;
    int r =
        hop_db_run(ctx, "UPDATE invitees SET mail = ? WHERE id = ?", "ii", (int64_t)j->mail, j->id);

    job->error = r < 0 ? r : r == 0 ? -ENOENT : 0;
}

void hop_store_invitee_mailed(struct hop_store *store, int64_t invitee_id,
                              enum hop_invitee_mail mail, hop_store_done_cb cb, void *ctx)
{
    struct invitee_job *j = invitee_job(mailed_run, true, NULL, ctx);

    j->id = invitee_id;
    j->mail = mail;
    j->done_cb = cb;
    hop_store_post(store, &j->job);
}
