/* GET /api/v1/client: what the page needs to know first. */
#include "server/api.h"

static json_t *ice_servers(const struct hop_config *config)
{
    json_t *list = json_array();

    for (char **line = config->ice_servers; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 3);
        json_t *server = json_pack("{s:[s]}", "urls", words[0]);

        if (words[1] != NULL)
            json_object_set_new(server, "username", json_string(words[1]));
        if (words[1] != NULL && words[2] != NULL)
            json_object_set_new(server, "credential", json_string(words[2]));
        json_array_append_new(list, server);
    }
    return list;
}

static json_t *user_of(const struct hop_store_session *account)
{
    if (account->user_id == 0)
        return json_null();
    return json_pack("{s:s,s:s,s:b,s:o,s:b}", "name", account->name, "username", account->username,
                     "administrator", (account->roles & HOP_ACCOUNT_ADMINISTRATOR) != 0, "roles",
                     hop_api_roles_json(account->roles), "must_change", (int)account->must_change);
}

void hop_api_client_get(struct hop_server *server, struct hop_request *request, const char *param)
{
    const struct hop_config *config = server->config;

    (void)param;
    hop_respond_json(request, 200,
                     json_pack("{s:s,s:s,s:[s,s],s:{s:i,s:i},s:o,s:{s:b},s:o}", "name",
                               config->name, "version", HOP_VERSION, "languages", "vi", "en",
                               "limits", "name", HOP_MAX_NAME, "chat", HOP_MAX_CHAT, "ice_servers",
                               ice_servers(config), "rooms", "anonymous",
                               (int)config->anonymous_rooms, "user", user_of(&request->account)));
}
