/* See smtp.h. */
#include "server/mail/smtp.h"

#include <curl/curl.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 15 };

struct hop_smtp {
    CURL *curl;
    char *url, *user, *password, *ca_file;
    enum hop_smtp_security security;
    int timeout_s;
    bool (*stop)(void *ctx);
    void *stop_ctx;
    char text[CURL_ERROR_SIZE];
    char answer[256]; /* the last line the server said */
};

struct reading {
    const GString *mail;
    size_t at;
};

static size_t read_mail(char *to, size_t size, size_t n, void *ctx)
{
    struct reading *r = ctx;
    size_t take = MIN(size * n, r->mail->len - r->at);

    memcpy(to, r->mail->str + r->at, take);
    r->at += take;
    return take;
}

/* The server's lines come as headers: the last refusal tells why. */
static size_t read_answer(char *data, size_t size, size_t n, void *ctx)
{
    struct hop_smtp *smtp = ctx;

    if (size * n > 0 && (data[0] == '4' || data[0] == '5')) { /* QUIT has an answer, too */
        g_snprintf(smtp->answer, sizeof(smtp->answer), "%.*s", (int)MIN(size * n, 200), data);
        g_strchomp(smtp->answer);
    }
    return size * n;
}

static int progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct hop_smtp *smtp = ctx;

    (void)a, (void)b, (void)c, (void)d;
    return smtp->stop != NULL && smtp->stop(smtp->stop_ctx) ? 1 : 0;
}

struct hop_smtp *hop_smtp_new(const struct hop_smtp_config *c)
{
    struct hop_smtp *smtp = g_new0(struct hop_smtp, 1);
    bool v6 = strchr(c->server, ':') != NULL;

    smtp->curl = curl_easy_init();
    if (smtp->curl == NULL) {
        g_free(smtp);
        return NULL;
    }
    smtp->url = g_strdup_printf(v6 ? "%s://[%s]:%d" : "%s://%s:%d",
                                c->security == HOP_SMTP_TLS ? "smtps" : "smtp", c->server, c->port);
    smtp->user = g_strdup(c->user);
    smtp->password = g_strdup(c->password);
    smtp->ca_file = g_strdup(c->ca_file);
    smtp->security = c->security;
    smtp->timeout_s = c->timeout_s;
    smtp->stop = c->stop;
    smtp->stop_ctx = c->stop_ctx;
    return smtp;
}

void hop_smtp_free(struct hop_smtp *smtp)
{
    if (smtp == NULL)
        return;
    curl_easy_cleanup(smtp->curl);
    if (smtp->password != NULL)
        memset(smtp->password, 0, strlen(smtp->password));
    g_free(smtp->url);
    g_free(smtp->user);
    g_free(smtp->password);
    g_free(smtp->ca_file);
    g_free(smtp);
}

static void set_up(struct hop_smtp *smtp, struct reading *reading)
{
    CURL *curl = smtp->curl;

    curl_easy_reset(curl); /* the connection stays */
    curl_easy_setopt(curl, CURLOPT_URL, smtp->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)smtp->timeout_s);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, smtp->text);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
    curl_easy_setopt(
        curl, CURLOPT_USE_SSL,
        (long)(smtp->security == HOP_SMTP_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (smtp->ca_file != NULL && smtp->ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, smtp->ca_file);
    if (smtp->user != NULL && smtp->user[0] != '\0') {
        curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp->password);
    }
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(curl, CURLOPT_READDATA, reading);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_answer);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, smtp);
}

/* A temporary answer (4yz) is asked again; what the server says for good about this mail is not.
 * Anything before the first recipient is about the server and all mails. */
static enum hop_smtp_result judge(const struct hop_smtp *smtp, CURLcode code)
{
    long answer = 0;

    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer);
    switch (code) {
    case CURLE_OK:
        return HOP_SMTP_SENT;
    case CURLE_SEND_ERROR: /* MAIL or RCPT was refused … */
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY: /* … or the text was */
    case CURLE_UPLOAD_FAILED:
        if (answer == 421 || answer == 530 || answer == 535)
            return HOP_SMTP_DOWN;
        if (answer >= 500)
            return HOP_SMTP_REFUSED;
        return answer >= 400 ? HOP_SMTP_RETRY : HOP_SMTP_DOWN;
    default:
        return HOP_SMTP_DOWN;
    }
}

/* One line, whatever the server wrote. */
static char *explain(const struct hop_smtp *smtp, CURLcode code)
{
    const char *text = smtp->text[0] != '\0' ? smtp->text : curl_easy_strerror(code);
    char *line =
        smtp->answer[0] != '\0' ? g_strdup_printf("%s: %s", text, smtp->answer) : g_strdup(text);
    char *valid = g_utf8_make_valid(line, -1);

    g_free(line);
    for (char *p = valid; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    return valid;
}

enum hop_smtp_result hop_smtp_send(struct hop_smtp *smtp, const char *from, const char *to,
                                   const GString *mail, char **error)
{
    struct reading reading = { .mail = mail };
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    enum hop_smtp_result result;
    CURLcode code;

    *error = NULL;
    smtp->text[0] = smtp->answer[0] = '\0';
    set_up(smtp, &reading);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, recipients);
    code = curl_easy_perform(smtp->curl);
    result = judge(smtp, code);
    if (result != HOP_SMTP_SENT)
        *error = explain(smtp, code);
    curl_slist_free_all(recipients);
    return result;
}
