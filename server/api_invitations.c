/* Answers to invitations: /api/v1/invitations/TOKEN by the link in the mail, without an account,
 * and /api/v1/itip by the calendar's own reply, which a mail gateway hands in. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/mail/itip.h"
#include "server/store/mails.h"

#include <errno.h>
#include <string.h>

struct answer {
    struct hop_api_pending *pending;
    bool given; /* false: it is only looked at */
    enum hop_rsvp rsvp;
    char *note; /* NULL: as it was */
    int64_t meeting_id;
    struct hop_store_invitee invitee;
};

static void answer_free(struct answer *answer)
{
    hop_api_pending_free(answer->pending);
    g_free(answer->note);
    g_free(answer);
}

static void respond_error(struct hop_request *request, int error)
{
    if (error == -ENOENT)
        hop_respond_error(request, 404, "invitation.not_found", "there is no such invitation");
    else
        hop_respond_errno(request, error);
}

/* ---- by the link ----------------------------------------------------------------------------- */

static void shown(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct answer *answer = ctx;
    struct hop_request *request = answer->pending->request;
    const struct hop_store_invitee *i = &answer->invitee;
    char starts[HOP_TIME_TEXT], ends[HOP_TIME_TEXT];
    g_autofree char *url = NULL;

    if (error == 0) {
        url = g_strdup_printf("%s/m/%s", hop_mail_base_url(answer->pending->server->mail), m->code);
        hop_respond_json(
            request, 200,
            json_pack("{s:s,s:s,s:s,s:s,s:b,s:s?,s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "title", m->title,
                      "starts_at", hop_time_format(m->starts_us, starts), "ends_at",
                      hop_time_format(m->ends_us, ends), "time_zone", m->time_zone, "all_day",
                      (int)m->all_day, "rrule", m->rrule[0] != '\0' ? m->rrule : NULL, "place",
                      m->place, "organizer", m->organizer.name, "name", i->name, "role",
                      hop_invitee_role_name(i->role), "rsvp", hop_rsvp_name(i->rsvp), "cancelled",
                      (int)m->cancelled, "meeting_url", url));
    } else {
        respond_error(request, error);
    }
    answer_free(answer);
}

static void show(struct answer *answer, int64_t meeting_id, const struct hop_store_invitee *invitee)
{
    answer->invitee = *invitee;
    answer->invitee.rsvp_note = NULL; /* valid during the call only */
    hop_store_meeting_get(answer->pending->server->store, meeting_id, NULL, shown, answer);
}

static void answered(void *ctx, int error, int64_t meeting_id,
                     const struct hop_store_invitee *invitee)
{
    struct answer *answer = ctx;

    if (error == 0) {
        show(answer, meeting_id, invitee);
        return;
    }
    respond_error(answer->pending->request, error);
    answer_free(answer);
}

static void found(void *ctx, int error, int64_t meeting_id, const struct hop_store_invitee *invitee)
{
    struct answer *answer = ctx;

    if (error != 0 || !answer->given)
        answered(ctx, error, meeting_id, invitee);
    else
        hop_store_invitee_answer(answer->pending->server->store, meeting_id, invitee->id,
                                 answer->rsvp,
                                 answer->note != NULL ? answer->note : invitee->rsvp_note,
                                 hop_wall_us(), answered, answer);
}

/* NULL: the request is answered. */
static struct answer *begin(struct hop_server *server, struct hop_request *request,
                            const char *token, uint8_t hash[HOP_HASH])
{
    int64_t wait_us = hop_ratelimit_take(server->login_limit, &request->peer, hop_now_us());
    struct answer *answer;

    if (wait_us > 0) {
        hop_request_header(request, "retry-after", "%d", (int)(wait_us / 1000000 + 1));
        hop_respond_error(request, 429, "server.busy", "too many requests, try again later");
        return NULL;
    }
    if (!hop_invite_token_hash(token, hash)) {
        respond_error(request, -ENOENT);
        return NULL;
    }
    answer = g_new0(struct answer, 1);
    answer->pending = hop_api_pending_new(server, request);
    return answer;
}

void hop_api_invitation_get(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    uint8_t hash[HOP_HASH];
    struct answer *answer = begin(server, request, param, hash);

    if (answer != NULL)
        hop_store_invitee_find(server->store, hash, found, answer);
}

/* NULL, or what is wrong with *member. */
static const char *read_answer(const json_t *body, enum hop_rsvp *rsvp, char **note,
                               const char **member)
{
    const char *text = json_string_value(json_object_get(body, "rsvp"));
    int value = text != NULL ? hop_rsvp_parse(text) : -1;
    bool wrong = false;

    *member = "rsvp";
    if (value <= HOP_RSVP_NONE)
        return "must be accepted, declined or tentative";
    *rsvp = (enum hop_rsvp)value;
    *member = "note";
    *note = hop_api_text(body, "note", HOP_MAX_RSVP_NOTE, true, true, &wrong);
    return wrong ? "must be a text of at most 500 characters" : NULL;
}

void hop_api_invitation_post(struct hop_server *server, struct hop_request *request,
                             const char *param)
{
    json_t *body = hop_api_body(request);
    enum hop_rsvp rsvp = HOP_RSVP_NONE;
    const char *member, *wrong;
    struct answer *answer = NULL;
    uint8_t hash[HOP_HASH];
    char *note = NULL;

    if (body == NULL)
        return;
    wrong = read_answer(body, &rsvp, &note, &member);
    if (wrong != NULL)
        hop_api_invalid(request, member, wrong);
    else
        answer = begin(server, request, param, hash);
    if (answer != NULL) {
        answer->given = true;
        answer->rsvp = rsvp;
        answer->note = g_steal_pointer(&note);
        hop_store_invitee_find(server->store, hash, found, answer);
    }
    g_free(note);
    json_decref(body);
}

/* ---- by mail --------------------------------------------------------------------------------- */

static void noted(void *ctx, int error, int64_t meeting_id, const struct hop_store_invitee *invitee)
{
    struct answer *answer = ctx;
    struct hop_request *request = answer->pending->request;

    if (error == 0) {
        hop_api_audit(answer->pending->server, request, 0, "invitation.answered",
                      json_pack("{s:I,s:I,s:s}", "meeting", (json_int_t)meeting_id, "invitee",
                                (json_int_t)invitee->id, "rsvp", hop_rsvp_name(invitee->rsvp)));
        hop_respond_json(request, 200,
                         json_pack("{s:I,s:I,s:s}", "meeting", (json_int_t)meeting_id, "invitee",
                                   (json_int_t)invitee->id, "rsvp", hop_rsvp_name(invitee->rsvp)));
    } else {
        respond_error(request, error);
    }
    answer_free(answer);
}

static void recognised(void *ctx, int error, int64_t meeting_id, int64_t invitee_id)
{
    struct answer *answer = ctx;

    if (error == 0)
        hop_store_invitee_answer(answer->pending->server->store, meeting_id, invitee_id,
                                 answer->rsvp, answer->note, hop_wall_us(), noted, answer);
    else
        noted(ctx, error, 0, NULL);
}

static enum hop_rsvp rsvp_of(enum hop_itip_answer answer)
{
    static const enum hop_rsvp all[] = { [HOP_ITIP_ACCEPTED] = HOP_RSVP_ACCEPTED,
                                         [HOP_ITIP_DECLINED] = HOP_RSVP_DECLINED,
                                         [HOP_ITIP_TENTATIVE] = HOP_RSVP_TENTATIVE };

    return all[answer];
}

/* An answer about one time of a series says nothing about the others: it is noted, and the answer
 * to the whole becomes "perhaps". */
static void take(struct answer *answer, const struct hop_itip_reply *reply)
{
    char when[HOP_TIME_TEXT];
    g_autofree char *text = NULL;

    answer->rsvp = rsvp_of(reply->answer);
    if (reply->recurrence_us == 0) {
        text = g_strdup(reply->comment);
    } else {
        text = g_strdup_printf("%s: %s. %s", hop_time_format(reply->recurrence_us, when),
                               hop_rsvp_name(answer->rsvp), reply->comment);
        answer->rsvp = HOP_RSVP_TENTATIVE;
    }
    answer->note = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), HOP_MAX_RSVP_NOTE));
}

void hop_api_itip_post(struct hop_server *server, struct hop_request *request, const char *param)
{
    struct hop_itip_reply reply;
    struct answer *answer;
    int error = hop_itip_parse((const char *)request->body->data, request->body->len, &reply);

    (void)param;
    if (error != 0) {
        hop_respond_error(request, 400, "itip.invalid",
                          error == -EINVAL ? "the body must be text/calendar"
                                           : "it is no reply with one event and one attendee");
        return;
    }
    answer = g_new0(struct answer, 1);
    answer->pending = hop_api_pending_new(server, request);
    take(answer, &reply);
    hop_store_answerer_find(server->store, reply.uid, reply.attendee, recognised, answer);
}
