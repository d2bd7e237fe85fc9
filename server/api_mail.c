/* /api/v1/mail: the queue of mails, for administrators and for who runs the meeting. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/mail/words.h"
#include "server/store/mails.h"

#include <errno.h>
#include <string.h>

/* What a secretary may see is asked in the database. */
static struct hop_store_mail_query query_of(const struct hop_request *request)
{
    bool all = (request->account.roles & HOP_ACCOUNT_ADMINISTRATOR) != 0;

    return (struct hop_store_mail_query){ .user_id = all ? 0 : request->account.user_id,
                                          .unit_id = all ? 0 : request->account.unit_id,
                                          .state = -1,
                                          .limit = 50 };
}

static const char *state_name(enum hop_mail_state state)
{
    static const char *const names[] = { "queued", "queued", "delayed", "sent", "failed" };

    return names[state <= HOP_MAIL_FAILED ? state : 0];
}

static const char *why_name(enum hop_mail_why why)
{
    static const char *const names[] = { "invited", "changed", "cancelled", "removed", "reminder" };

    return names[why <= HOP_MAIL_REMINDER ? why : 0];
}

static enum hop_words_why words_of(const struct hop_store_mail *mail)
{
    switch (mail->why) {
    case HOP_MAIL_CHANGED:
        return mail->stamp != 0 ? HOP_WORDS_OCCURRENCE_CHANGED : HOP_WORDS_CHANGED;
    case HOP_MAIL_CANCELLED:
        return HOP_WORDS_CANCELLED;
    case HOP_MAIL_REMOVED:
        return HOP_WORDS_REMOVED;
    case HOP_MAIL_REMINDER:
        return HOP_WORDS_REMINDER;
    default:
        return HOP_WORDS_INVITED;
    }
}

static json_t *time_json(int64_t us)
{
    char text[HOP_TIME_TEXT];

    return us != 0 ? json_string(hop_time_format(us, text)) : json_null();
}

static json_t *mail_json(const struct hop_server *server, const struct hop_store_mail *mail)
{
    const char *language =
        mail->language[0] != '\0' ? mail->language : server->config->mail_languages[0];
    g_autofree char *subject =
        hop_words_fill(hop_words_of(language)->subjects[words_of(mail)], mail->title);
    bool waits = mail->state < HOP_MAIL_SENT;

    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:o,s:I,s:I,s:o}", "id",
                     (json_int_t)mail->id, "state", state_name(mail->state), "why",
                     why_name(mail->why), "to", mail->email, "name", mail->name, "subject", subject,
                     "error", mail->error, "attempts", (json_int_t)mail->attempts, "next_at",
                     time_json(waits ? mail->next_us : 0), "created_at",
                     time_json(mail->created_us), "sent_at", time_json(mail->sent_us), "meeting",
                     (json_int_t)mail->meeting_id, "invitee", (json_int_t)mail->invitee_id,
                     "occurrence", time_json(mail->stamp));
}

static void listed(void *ctx, int error, GPtrArray *mails, bool more)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (guint i = 0; i < mails->len; i++)
        json_array_append_new(list, mail_json(pending->server, mails->pdata[i]));
    if (error == 0)
        hop_respond_json(pending->request, 200,
                         json_pack("{s:O,s:b}", "mail", list, "more", (int)more));
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

/* False: the request is answered. */
static bool read_number(struct hop_request *request, const char *name, int64_t max, int64_t *out)
{
    g_autofree char *text = hop_request_query(request, name);

    if (text == NULL || text[0] == '\0' || g_ascii_string_to_signed(text, 10, 0, max, out, NULL))
        return true;
    hop_api_invalid(request, name, "must be a number");
    return false;
}

static bool read_state(struct hop_request *request, int *state)
{
    g_autofree char *text = hop_request_query(request, "state");

    if (text == NULL || text[0] == '\0')
        return true;
    for (int i = 0; i <= HOP_MAIL_FAILED; i++)
        if (strcmp(state_name((enum hop_mail_state)i), text) == 0) {
            *state = i;
            return true;
        }
    hop_api_invalid(request, "state", "must be queued, delayed, sent or failed");
    return false;
}

void hop_api_mail_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_store_mail_query query = query_of(request);
    int64_t offset = 0, limit = 50;

    (void)param;
    if (!read_state(request, &query.state) ||
        !read_number(request, "meeting", INT64_MAX, &query.meeting_id) ||
        !read_number(request, "offset", 1000000, &offset) ||
        !read_number(request, "limit", HOP_MAX_MAIL_PAGE, &limit))
        return;
    query.offset = (size_t)offset;
    query.limit = (size_t)limit;
    hop_store_mail_list(server->store, &query, listed, hop_api_pending_new(server, request));
}

static void retried(void *ctx, int error)
{
    struct hop_api_pending *pending = ctx;

    if (error == 0) {
        hop_mail_wake(pending->server->mail);
        hop_respond_empty(pending->request, 204);
    } else if (error == -ENOENT) {
        hop_respond_error(pending->request, 404, "mail.not_found", "there is no such mail");
    } else if (error == -EALREADY) {
        hop_respond_error(pending->request, 409, "mail.sent", "it was sent");
    } else {
        hop_respond_errno(pending->request, error);
    }
    hop_api_pending_free(pending);
}

void hop_api_mail_retry_post(struct hop_server *server, struct hop_request *request,
                             const char *param)
{
    struct hop_store_mail_query query = query_of(request);
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_mail_retry(server->store, id, &query, hop_wall_us(), retried,
                             hop_api_pending_new(server, request));
}
