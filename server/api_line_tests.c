/* /api/v1/rooms/CODE/test, /api/v1/meetings/ID/tests and /api/v1/ops/tests: how a site's line and
 * devices did before the meeting. Who tests shows his link or is signed in, and gets a short code
 * to read out; who leads the meeting sees its results, operators those of all meetings. */
#include "server/api.h"

#include "media/base/clock.h"
#include "media/base/random.h"
#include "server/store/attendance.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* What a result may hold: booleans and numbers within bounds; anything else is left out. */
static const struct {
    const char *name;
    double max; /* 0: a boolean */
} members[] = {
    { "microphone", 0 }, { "camera", 0 },      { "speaker", 0 },    { "heard_back", 0 },
    { "up_kbps", 1e6 },  { "down_kbps", 1e6 }, { "rtt_ms", 60000 }, { "jitter_ms", 60000 },
    { "loss_up", 1 },    { "loss_down", 1 },   { "width", 16384 },  { "height", 16384 },
    { "fps", 1000 },     { "level_db", 200 },  { "tcp", 0 },        { "udp", 0 },
    { "ice_tcp", 0 },    { "turn", 0 },
};

/* `number` is what he reads to the operator. */
static char *clean_result(const json_t *result, const char *number)
{
    json_t *out = json_pack("{s:s}", "code", number);
    char *text;

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        json_t *value = json_object_get(result, members[i].name);
        bool good = members[i].max > 0
                        ? json_is_number(value) && fabs(json_number_value(value)) <= members[i].max
                        : json_is_boolean(value);

        if (good)
            json_object_set(out, members[i].name, value);
    }
    text = json_dumps(out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(out);
    return text;
}

struct test {
    struct hop_api_pending *pending;
    char code[HOP_MAX_ROOM_CODE + 1];
    char number[8];
    char *result;
};

static void test_free(struct test *test)
{
    hop_api_pending_free(test->pending);
    free(test->result);
    g_free(test);
}

static void stored(void *ctx, int error)
{
    struct test *test = ctx;

    if (error == 0)
        hop_respond_json(test->pending->request, 201, json_pack("{s:s}", "code", test->number));
    else
        hop_respond_errno(test->pending->request, error);
    test_free(test);
}

static void looked_up(void *ctx, int error, const struct hop_room_info *info,
                      const struct hop_welcome *welcome)
{
    struct test *test = ctx;
    struct hop_request *request = test->pending->request;
    struct hop_store_line_test row = { .at_us = hop_wall_us(), .result = test->result };
    const struct hop_store_session *account = &request->account;

    if (error != 0)
        hop_respond_errno(request, error);
    else if (info->status == HOP_ROOM_NONE || info->meeting_id == 0)
        hop_respond_error(request, 404, "room.not_found", "there is no such meeting");
    else if (welcome->bad_invite || (welcome->invite_id == 0 && account->user_id == 0))
        hop_respond_error(request, 403, "invite.unknown", "the link is not valid, or no longer");
    else if (row.at_us < info->starts_at_us - HOP_TEST_EARLY_US)
        hop_respond_error(request, 409, "room.early", "it is too early for a test");
    else {
        row.meeting_id = info->meeting_id;
        row.invite_id = welcome->invite_id;
        row.user_id = account->user_id;
        g_strlcpy(row.name, account->user_id != 0 ? account->name : welcome->name,
                  sizeof(row.name));
        g_strlcpy(row.unit, welcome->unit, sizeof(row.unit));
        hop_store_line_test_add(test->pending->server->store, &row, stored, test);
        return;
    }
    test_free(test);
}

void hop_api_line_test_post(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    json_t *body = hop_api_body(request);
    const char *invite = json_string_value(json_object_get(body, "invite"));
    const json_t *result = json_object_get(body, "result");
    struct test *test;

    if (body == NULL)
        return;
    if (!json_is_object(result)) {
        hop_api_invalid(request, "result", "must be an object");
    } else {
        struct hop_join_query query = { .code = param,
                                        .user_id = request->account.user_id,
                                        .invite = invite != NULL ? invite : "",
                                        .password = "" };

        test = g_new0(struct test, 1);
        test->pending = hop_api_pending_new(server, request);
        g_snprintf(test->number, sizeof(test->number), "%06u", hop_random32() % 1000000);
        test->result = clean_result(result, test->number);
        server->host.join_lookup(server, &query, looked_up, test);
    }
    json_decref(body);
}

/* ---- the list -------------------------------------------------------------------------------- */

static void listed(void *ctx, int error, const struct hop_store_line_test *tests, size_t n)
{
    struct hop_api_pending *pending = ctx;
    json_t *list = json_array();

    for (size_t i = 0; i < n && error == 0; i++) {
        char at[HOP_TIME_TEXT];
        json_t *result = json_loads(tests[i].result, 0, NULL);

        json_array_append_new(
            list,
            json_pack("{s:o,s:I,s:s,s:s,s:s,s:o}", "invitee",
                      tests[i].invite_id != 0 ? json_integer(tests[i].invite_id) : json_null(),
                      "meeting", (json_int_t)tests[i].meeting_id, "name", tests[i].name, "unit",
                      tests[i].unit, "at", hop_time_format(tests[i].at_us, at), "result",
                      result != NULL ? result : json_object()));
    }
    if (error == 0)
        hop_respond_json(pending->request, 200, json_pack("{s:O}", "tests", list));
    else if (error == -ENOENT)
        hop_respond_error(pending->request, 404, "meeting.not_found", "there is no such meeting");
    else
        hop_respond_errno(pending->request, error);
    json_decref(list);
    hop_api_pending_free(pending);
}

void hop_api_line_tests_get(struct hop_server *server, struct hop_request *request,
                            const char *param)
{
    const struct hop_store_session *account = &request->account;
    struct hop_store_asker asker = {
        .user_id = account->user_id,
        .unit_id = account->unit_id,
        .administrator = (account->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0,
        .secretary = (account->roles & HOP_ACCOUNT_SECRETARY) != 0,
    };
    int64_t id;

    if (hop_api_id(request, param, &id))
        hop_store_line_tests(server->store, id, &asker, listed,
                             hop_api_pending_new(server, request));
}

void hop_api_ops_tests_get(struct hop_server *server, struct hop_request *request,
                           const char *param)
{
    struct hop_store_asker asker = { .user_id = request->account.user_id, .administrator = true };

    (void)param; /* whom the endpoint is for may see all of it */
    hop_store_line_tests(server->store, HOP_ALL_MEETINGS, &asker, listed,
                         hop_api_pending_new(server, request));
}
