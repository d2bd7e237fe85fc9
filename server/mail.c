/* See mail.h. One batch at a time goes round: claimed in the store, written and sent on the mail
 * thread, its results stored. */
#include "server/mail.h"

#define HOP_LOG_MODULE "mail"
#include "media/base/clock.h"
#include "media/base/log.h"
#include "server/mail/address.h"
#include "server/mail/smtp.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum {
    MAIL_TIMEOUT_S = 60,
    REMIND_EVERY_S = 20,
    MAX_DELAY_S = 3600, /* of one mail */
    MAX_DOWN_S = 300,   /* of all, when the mail server is gone */
};
#define SECOND_US ((int64_t)1000000)

struct hop_mail {
    struct hop_mail_config config;
    struct hop_jobs *jobs; /* the mail thread */
    char *base_url, *from_name, *from_address;
    int *reminders;
    size_t n_reminders;
    bool busy, reminding;
    int64_t remind_us; /* wall clock */
    int downs;         /* failures of the server in a row */
    atomic_bool stop;
};

/* One batch. */
struct batch {
    struct hop_job job;
    struct hop_mail *mail;
    GPtrArray *mails; /* struct hop_store_mail */
    struct hop_mail_result results[HOP_MAX_MAIL_CLAIM];
    int64_t now_us;
    bool down;
};

/* ---- setting up ------------------------------------------------------------------------------ */

static char *make_base_url(const struct hop_mail_config *c)
{
    const char *name = c->config->host_names[0];
    char host[256] = "localhost";

    if (c->config->url[0] != '\0')
        return g_strdup(c->config->url);
    if (c->https_port < 0)
        return g_strdup_printf("http://localhost:%d", c->http_port);
    if (name == NULL && gethostname(host, sizeof(host) - 1) == 0)
        name = host;
    if (c->https_port == 443)
        return g_strdup_printf("https://%s", name != NULL ? name : host);
    return g_strdup_printf("https://%s:%d", name != NULL ? name : host, c->https_port);
}

/* "NAME <ADDRESS>" or "ADDRESS"; checked when it was read (config_options.c). */
static void split_from(struct hop_mail *mail)
{
    const char *from = mail->config.config->mail_from;
    const char *less = strrchr(from, '<');

    if (less == NULL) {
        mail->from_address = g_strdup(from);
        mail->from_name = g_strdup(mail->config.config->name);
        return;
    }
    mail->from_name = g_strstrip(g_strndup(from, (gsize)(less - from)));
    mail->from_address = g_strndup(less + 1, strcspn(less + 1, ">"));
}

static void read_reminders(struct hop_mail *mail)
{
    char **list = mail->config.config->mail_reminders;

    mail->n_reminders = g_strv_length(list);
    mail->reminders = g_new0(int, mail->n_reminders + 1);
    for (size_t i = 0; i < mail->n_reminders; i++)
        mail->reminders[i] = (int)g_ascii_strtoll(list[i], NULL, 10);
}

static void recovered(void *ctx, int error)
{
    struct hop_mail *mail = ctx;

    if (error < 0)
        hop_warn("the queue of mails could not be read: %s", g_strerror(-error));
    hop_mail_wake(mail);
}

int hop_mail_new(const struct hop_mail_config *config, struct hop_mail **out)
{
    struct hop_mail *mail = g_new0(struct hop_mail, 1);
    struct hop_jobs_config jobs = {
        .name = "hop-mail", .limit = 4, .wake = config->wake, .wake_ctx = config->wake_ctx
    };
    int error;

    mail->config = *config;
    mail->base_url = make_base_url(config);
    split_from(mail);
    read_reminders(mail);
    error = hop_jobs_new(&jobs, &mail->jobs);
    if (error != 0) {
        hop_mail_free(mail);
        return error;
    }
    hop_store_mail_recover(config->store, recovered, mail);
    *out = mail;
    return 0;
}

void hop_mail_free(struct hop_mail *mail)
{
    if (mail == NULL)
        return;
    atomic_store(&mail->stop, true);
    hop_store_flush(mail->config.store); /* a claim that is under way becomes a batch, … */
    if (mail->jobs != NULL)
        hop_jobs_free(mail->jobs); /* … the batch ends and stores its results, … */
    mail->jobs = NULL;
    hop_store_flush(mail->config.store); /* … and nobody calls back any more */
    g_free(mail->base_url);
    g_free(mail->from_name);
    g_free(mail->from_address);
    g_free(mail->reminders);
    g_free(mail);
}

void hop_mail_collect(struct hop_mail *mail)
{
    if (mail != NULL)
        hop_jobs_collect(mail->jobs);
}

const char *hop_mail_base_url(const struct hop_mail *mail)
{
    return mail->base_url;
}

/* ---- the mail thread ------------------------------------------------------------------------- */

static bool stopped(void *ctx)
{
    return atomic_load((atomic_bool *)ctx);
}

static char *read_password(const struct hop_config *config, char **error)
{
    g_autoptr(GError) problem = NULL;
    char *text = NULL;

    if (config->mail_user[0] == '\0' || config->mail_password_file[0] == '\0')
        return g_strdup("");
    if (!g_file_get_contents(config->mail_password_file, &text, NULL, &problem)) {
        *error = g_strdup(problem->message);
        return NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    return text;
}

static struct hop_smtp *open_smtp(struct hop_mail *mail, char **error)
{
    const struct hop_config *c = mail->config.config;
    char *password = read_password(c, error);
    struct hop_smtp_config config = { .server = c->mail_server,
                                      .port = c->mail_port,
                                      .security = strcmp(c->mail_security, "tls") == 0
                                                      ? HOP_SMTP_TLS
                                                  : strcmp(c->mail_security, "none") == 0
                                                      ? HOP_SMTP_NONE
                                                      : HOP_SMTP_STARTTLS,
                                      .user = c->mail_user,
                                      .password = password,
                                      .ca_file = c->mail_ca_file,
                                      .timeout_s = MAIL_TIMEOUT_S,
                                      .stop = stopped,
                                      .stop_ctx = &mail->stop };
    struct hop_smtp *smtp = NULL;

    if (password == NULL)
        return NULL;
    smtp = hop_smtp_new(&config);
    if (smtp == NULL)
        *error = g_strdup("out of memory");
    memset(password, 0, strlen(password));
    g_free(password);
    return smtp;
}

/* From 1 on, doubled with each try. */
static int64_t delay_us(const struct hop_config *c, int64_t tries, int max_s)
{
    int64_t delay_s = c->mail_retry_s;

    for (int64_t i = 1; i < tries && delay_s < max_s; i++)
        delay_s *= 2;
    return MIN(delay_s, MAX(max_s, c->mail_retry_s)) * SECOND_US;
}

static void put_off(struct batch *b, const struct hop_store_mail *m, struct hop_mail_result *result)
{
    const struct hop_config *c = b->mail->config.config;
    bool old = b->now_us - m->created_us > (int64_t)c->mail_give_up_h * 3600 * SECOND_US;

    result->state = old && !b->down ? HOP_MAIL_FAILED : HOP_MAIL_DELAYED;
    result->next_us = b->now_us + delay_us(c, m->attempts + 1, MAX_DELAY_S);
}

static enum hop_smtp_result send_one(struct batch *b, struct hop_smtp *smtp,
                                     const struct hop_store_mail *m, char **error)
{
    const struct hop_mail *mail = b->mail;
    struct hop_mail_render render = { .base_url = mail->base_url,
                                      .server = mail->config.config->name,
                                      .from_name = mail->from_name,
                                      .from_address = mail->from_address,
                                      .language = mail->config.config->mail_languages[0],
                                      .invite_secret = mail->config.invite_secret };
    enum hop_smtp_result result;
    GString *text;

    if (!hop_mail_address_valid(m->email)) {
        *error = g_strdup("the address is none");
        return HOP_SMTP_REFUSED;
    }
    text = hop_mail_render(&render, m, b->now_us);
    result = hop_smtp_send(smtp, mail->from_address, m->email, text, error);
    memset(text->str, 0, text->len); /* there is a link in it */
    g_string_free(text, TRUE);
    return result;
}

static void try_one(struct batch *b, struct hop_smtp *smtp, guint i)
{
    const struct hop_store_mail *m = b->mails->pdata[i];
    struct hop_mail_result *result = &b->results[i];
    g_autofree char *error = NULL;

    switch (send_one(b, smtp, m, &error)) {
    case HOP_SMTP_SENT:
        result->state = HOP_MAIL_SENT;
        break;
    case HOP_SMTP_REFUSED:
        result->state = HOP_MAIL_FAILED;
        break;
    case HOP_SMTP_DOWN:
        b->down = true;
        put_off(b, m, result);
        break;
    case HOP_SMTP_RETRY:
        put_off(b, m, result);
        break;
    }
    g_strlcpy(result->error, error != NULL ? error : "", sizeof(result->error));
}

/* What nobody has tried waits like the one before it, and for the same reason. */
static void skip(struct batch *b, guint i, const char *error)
{
    put_off(b, b->mails->pdata[i], &b->results[i]);
    g_strlcpy(b->results[i].error, error, sizeof(b->results[i].error));
}

static void batch_run(struct hop_job *job, void *ctx)
{
    struct batch *b = (struct batch *)job;
    g_autofree char *error = NULL;
    struct hop_smtp *smtp = NULL;

    (void)ctx;
    if (b->mail->config.config->mail_server[0] != '\0') {
        smtp = open_smtp(b->mail, &error);
        b->down = smtp == NULL;
    }
    for (guint i = 0; i < b->mails->len; i++) {
        b->results[i].id = ((struct hop_store_mail *)b->mails->pdata[i])->id;
        if (b->mail->config.config->mail_server[0] == '\0') {
            b->results[i].state = HOP_MAIL_FAILED;
            g_strlcpy(b->results[i].error, "no mail server is configured",
                      sizeof(b->results[i].error));
        } else if (b->down || atomic_load(&b->mail->stop)) {
            skip(b, i, i > 0 ? b->results[i - 1].error : error != NULL ? error : "");
        } else {
            try_one(b, smtp, i);
        }
    }
    hop_smtp_free(smtp);
}

/* ---- the round ------------------------------------------------------------------------------- */

static void claim(struct hop_mail *mail, int64_t now_us);

static void stored(void *ctx, int error)
{
    struct hop_mail *mail = ctx;

    if (error < 0)
        hop_warn("what became of mails could not be stored: %s", g_strerror(-error));
    mail->busy = false;
    if (error >= 0)
        hop_mail_wake(mail); /* there may be more */
}

static void log_results(const struct batch *b)
{
    for (guint i = 0; i < b->mails->len; i++) {
        const struct hop_mail_result *r = &b->results[i];

        if (r->state == HOP_MAIL_SENT)
            hop_debug("mail %lld sent", (long long)r->id);
        else if (!b->down)
            hop_warn("mail %lld %s: %s", (long long)r->id,
                     r->state == HOP_MAIL_FAILED ? "failed" : "delayed", r->error);
    }
}

static void batch_done(struct hop_job *job)
{
    struct batch *b = (struct batch *)job;
    struct hop_mail *mail = b->mail;
    int64_t now = hop_wall_us(), until = 0;
    bool stop = atomic_load(&mail->stop);

    if (job->error == 0) {
        log_results(b);
        if (b->down && mail->downs == 0 && !stop)
            hop_warn("the mail server cannot be used: %s", b->results[b->mails->len - 1].error);
        else if (!b->down && mail->downs > 0)
            hop_info("the mail server works again");
        mail->downs = b->down ? mail->downs + 1 : 0;
        if (b->down)
            until = now + delay_us(mail->config.config, mail->downs, MAX_DOWN_S);
    }
    if (job->error != 0)
        mail->busy = false; /* what was claimed is found at the next start */
    else if (!stop)
        hop_store_mail_result(mail->config.store, b->results, b->mails->len, until, now, stored,
                              mail);
    else if (job->error ==
             0) /* those that went out are told; the rest is found at the next start */
        for (guint i = 0; i < b->mails->len; i++)
            if (b->results[i].state == HOP_MAIL_SENT)
                hop_store_mail_result(mail->config.store, &b->results[i], 1, 0, now, NULL, NULL);
    g_ptr_array_unref(b->mails);
    g_free(b);
}

static void claimed(void *ctx, int error, GPtrArray *mails)
{
    struct hop_mail *mail = ctx;
    struct batch *b;

    if (error != 0 || mails->len == 0) {
        mail->busy = false;
        return;
    }
    b = g_new0(struct batch, 1);
    b->job = (struct hop_job){ .run = batch_run, .done = batch_done };
    b->mail = mail;
    b->mails = g_ptr_array_ref(mails);
    b->now_us = hop_wall_us();
    hop_jobs_post(mail->jobs, &b->job);
}

static void claim(struct hop_mail *mail, int64_t now_us)
{
    mail->busy = true;
    hop_store_mail_claim(mail->config.store, now_us, claimed, mail);
}

static void reminded(void *ctx, int queued)
{
    struct hop_mail *mail = ctx;

    mail->reminding = false;
    if (queued > 0)
        hop_mail_wake(mail);
}

void hop_mail_wake(struct hop_mail *mail)
{
    if (mail == NULL)
        return;
    if (!mail->busy && !atomic_load(&mail->stop))
        claim(mail, hop_wall_us());
}

void hop_mail_tick(struct hop_mail *mail, int64_t now_us)
{
    if (mail->n_reminders > 0 && !mail->reminding && now_us >= mail->remind_us) {
        mail->reminding = true;
        mail->remind_us = now_us + REMIND_EVERY_S * SECOND_US;
        hop_store_mail_remind(mail->config.store, mail->reminders, mail->n_reminders, now_us,
                              reminded, mail);
    }
    if (!mail->busy && !atomic_load(&mail->stop)) /* what others have put there meanwhile */
        claim(mail, now_us);
}
