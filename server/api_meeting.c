/* See api_meeting.h. A meeting is read, laid over, stored with the version that was read: so two
 * who change it at once never undo each other, the second is told (RFC 9110 §13.1.1). */
#include "server/api_meeting.h"

#include "media/base/clock.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

struct hop_store_viewer hop_api_viewer(const struct hop_server *server,
                                       const struct hop_request *request)
{
    return (struct hop_store_viewer){ .user_id = request->account.user_id,
                                      .unit_id = request->account.unit_id,
                                      .roles = request->account.roles,
                                      .present = hop_server_present(server) };
}

struct hop_meeting_call *hop_meeting_call_new(struct hop_server *server,
                                              struct hop_request *request, json_t *body)
{
    struct hop_meeting_call *call = g_new0(struct hop_meeting_call, 1);

    call->server = server;
    call->request = hop_request_ref(request);
    call->body = body;
    return call;
}

void hop_meeting_call_free(struct hop_meeting_call *call)
{
    hop_request_unref(call->request);
    json_decref(call->body);
    hop_store_meeting_clear(&call->before);
    g_free(call);
}

/* The uid's domain only has to be unique together with its random part (RFC 7986 §5.3). */
void hop_meeting_name(struct hop_store_meeting *m)
{
    uint8_t bytes[16];
    char hex[2 * sizeof(bytes) + 1];

    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    g_snprintf(m->uid, sizeof(m->uid), "%s@hop", hex);
    hop_schedule_code(m->code);
}

/* ---- answering ------------------------------------------------------------------------------- */

static void respond_error(struct hop_request *request, int error)
{
    switch (error) {
    case -ENOENT:
        hop_respond_error(request, 404, "meeting.not_found", "there is no such meeting");
        return;
    case -EACCES:
        hop_respond_error(request, 403, "permission.denied", "he may read it, and not change it");
        return;
    case -ENODATA:
        hop_respond_error(request, 404, "occurrence.not_found", "it does not take place then");
        return;
    case -ECANCELED:
        hop_respond_error(request, 409, "room.cancelled", "the meeting was cancelled");
        return;
    case -EEXIST: /* a random code that is taken */
        hop_respond_errno(request, -EAGAIN);
        return;
    default:
        hop_respond_errno(request, error);
    }
}

void hop_meeting_call_end(struct hop_meeting_call *call, int error,
                          const struct hop_store_meeting *m)
{
    if (error == 0) {
        hop_request_header(call->request, "etag", "\"%" G_GINT64_FORMAT "\"", m->version);
        hop_respond_json(call->request, call->made ? 201 : 200,
                         hop_meeting_json(call->server, call->request, m));
    } else {
        respond_error(call->request, error);
    }
    hop_meeting_call_free(call);
}

void hop_meeting_call_empty(struct hop_meeting_call *call)
{
    hop_respond_empty(call->request, 204);
    hop_meeting_call_free(call);
}

void hop_meeting_call_invalid(struct hop_meeting_call *call, const struct hop_fault *fault)
{
    hop_api_invalid(call->request, fault->member, fault->what);
    hop_meeting_call_free(call);
}

static void respond_changed(struct hop_meeting_call *call, const struct hop_store_meeting *now)
{
    hop_request_header(call->request, "etag", "\"%" G_GINT64_FORMAT "\"", now->version);
    hop_respond_json(call->request, 412,
                     json_pack("{s:{s:s,s:s},s:o}", "error", "code", "meeting.changed", "message",
                               "somebody else has changed it meanwhile", "current",
                               hop_meeting_json(call->server, call->request, now)));
    hop_meeting_call_free(call);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "5" with its quotes, one of several, or *. */
static bool matches(const struct hop_request *request, int64_t version)
{
    g_autofree char *tag = g_strdup_printf("\"%" G_GINT64_FORMAT "\"", version);
    const char *asked = request->if_match;

    return asked == NULL || asked[0] == '\0' || strcmp(asked, "*") == 0 ||
           strstr(asked, tag) != NULL;
}

static void call_read(void *ctx, int error, const struct hop_store_meeting *m)
{
    struct hop_meeting_call *call = ctx;

    if (error == 0 && m->right != HOP_MEETING_CHANGE)
        error = -EACCES;
    if (error != 0) {
        hop_meeting_call_end(call, error, m);
    } else if (!matches(call->request, m->version)) {
        respond_changed(call, m);
    } else {
        hop_store_meeting_copy(m, &call->before);
        call->then(call);
    }
}

void hop_meeting_call_begin(struct hop_server *server, struct hop_request *request, int64_t id,
                            int64_t part, json_t *body, void (*then)(struct hop_meeting_call *call))
{
    struct hop_meeting_call *call = hop_meeting_call_new(server, request, body);
    struct hop_store_viewer viewer = hop_api_viewer(server, request);

    call->id = id;
    call->part = part;
    call->then = then;
    hop_store_meeting_get(server->store, id, &viewer, call_read, call);
}

/* ---- storing --------------------------------------------------------------------------------- */

static const char *action_of(const struct hop_meeting_call *call, const struct hop_store_meeting *m)
{
    if (call->made)
        return "meeting.made";
    if (m->cancelled)
        return "meeting.cancelled";
    return call->before.draft && !m->draft ? "meeting.sent" : "meeting.changed";
}

/* After it is stored. The mails are queued by the store, in the same transaction. */
static void tell(const struct hop_meeting_call *call, const struct hop_store_meeting *m)
{
    hop_api_audit(call->server, call->request, m->room_id, action_of(call, m),
                  json_pack("{s:I,s:I,s:I,s:s}", "meeting", (json_int_t)m->id, "version",
                            (json_int_t)m->version, "sequence", (json_int_t)m->sequence, "title",
                            m->title));
    hop_signaling_room_changed(call->server->signaling, m->code);
}

static void reread(void *ctx, int error, const struct hop_store_meeting *m)
{
    if (error != 0)
        hop_meeting_call_end(ctx, error, m);
    else
        respond_changed(ctx, m);
}

static void faulty(struct hop_meeting_call *call, int error, const char *member)
{
    const char *what = error == -ENOENT   ? "there is none of that id"
                       : error == -EEXIST ? "is invited twice"
                       : error == -EINVAL ? "is no invitee of this meeting"
                       : error == -E2BIG  ? "are more than 500, those in groups and units included"
                                          : "is a unit in which he may not plan";

    hop_api_invalid(call->request, member, what);
    hop_meeting_call_free(call);
}

void hop_meeting_call_stored(struct hop_meeting_call *call, int error,
                             const struct hop_store_meeting *m)
{
    struct hop_store_viewer viewer = hop_api_viewer(call->server, call->request);

    if (error == -ESTALE) {
        hop_store_meeting_get(call->server->store, call->id, &viewer, reread, call);
        return;
    }
    if (error == 0)
        tell(call, m);
    hop_meeting_call_end(call, error, m);
}

static void saved(void *ctx, int error, const char *member, const struct hop_store_meeting *m)
{
    if (error != 0 && member[0] != '\0')
        faulty(ctx, error, member);
    else
        hop_meeting_call_stored(ctx, error, m);
}

void hop_meeting_call_save(struct hop_meeting_call *call, const struct hop_store_meeting *m,
                           const GArray *occurrences)
{
    struct hop_store_viewer viewer = hop_api_viewer(call->server, call->request);
    const struct hop_store_meeting *before = &call->before;
    bool moved = m->starts_us != before->starts_us || m->ends_us != before->ends_us;
    const struct hop_store_save save = { .meeting = m,
                                         .occurrences = occurrences,
                                         .minter = hop_invite_minter(call->server->invite_secret),
                                         .viewer = &viewer,
                                         .now_us = viewer.present.now_us,
                                         .reopen = moved && m->ends_us > viewer.present.now_us };

    hop_store_meeting_save(call->server->store, &save, saved, call);
}
