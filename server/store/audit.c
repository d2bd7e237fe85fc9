/* See audit.h. */
#include "server/store/audit.h"

struct audit_job {
    struct hop_job job;
    int64_t now_us, room_id;
    char *who, *action, *detail;
};

static void audit_run(struct hop_job *job, void *ctx)
{
    struct audit_job *j = (struct audit_job *)job;
    int r = hop_db_run(ctx,
                       "INSERT INTO audit (at, room_id, who, action, detail)"
                       " VALUES (?, ?, ?, ?, ?)",
                       "iittt", j->now_us, j->room_id, j->who, j->action, j->detail);

    job->error = r < 0 ? r : 0;
}

static void audit_done(struct hop_job *job)
{
    struct audit_job *j = (struct audit_job *)job;

    g_free(j->who);
    g_free(j->action);
    g_free(j->detail);
    g_free(j);
}

void hop_store_audit(struct hop_store *store, int64_t now_us, int64_t room_id, const char *who,
                     const char *action, const char *detail)
{
    struct audit_job *j = g_new0(struct audit_job, 1);

    j->job = (struct hop_job){ .run = audit_run, .done = audit_done, .writes = true };
    j->now_us = now_us;
    j->room_id = room_id;
    j->who = g_strdup(who);
    j->action = g_strdup(action);
    j->detail = g_strdup(detail);
    hop_store_post(store, &j->job);
}
