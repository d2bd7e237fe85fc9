/* See account.h. */
#include "server/account.h"

#include "server/api.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t role;
} roles[] = {
    { "administrator", HOP_ACCOUNT_ADMINISTRATOR },
    { "operator", HOP_ACCOUNT_OPERATOR },
    { "secretary", HOP_ACCOUNT_SECRETARY },
    { "official", HOP_ACCOUNT_OFFICIAL },
};

bool hop_api_role_parse(const char *name, uint32_t *role)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        if (strcmp(roles[i].name, name) == 0) {
            *role = roles[i].role;
            return true;
        }
    }
    return false;
}

json_t *hop_api_roles_json(uint32_t mask)
{
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if ((mask & roles[i].role) != 0)
            json_array_append_new(list, json_string(roles[i].name));
    return list;
}

bool hop_api_roles_read(const json_t *list, uint32_t *mask)
{
    if (!json_is_array(list))
        return false;
    *mask = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        uint32_t role;

        if (name == NULL || !hop_api_role_parse(name, &role))
            return false;
        *mask |= role;
    }
    return true;
}

json_t *hop_api_user_json(const struct hop_store_user *user)
{
    char created[HOP_TIME_TEXT];

    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:b,s:b,s:b,s:I,s:s}", "id",
                     (json_int_t)user->id, "username", user->username, "name", user->name, "title",
                     user->title, "email", user->email, "language", user->language, "unit",
                     user->unit_id != 0 ? json_integer(user->unit_id) : json_null(), "roles",
                     hop_api_roles_json(user->roles), "must_change", (int)user->must_change,
                     "disabled", (int)user->disabled, "totp", (int)user->totp, "version",
                     (json_int_t)user->version, "created_at",
                     hop_time_format(user->created_us, created));
}

const char *hop_account_username_wrong(const char *username)
{
    size_t n = strlen(username);

    if (n < 2 || n > HOP_MAX_USERNAME)
        return "must have 2 to 64 characters";
    if (strspn(username, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@") != n)
        return "may have letters without diacritics, digits and . _ - @";
    return NULL;
}

/* Whether mail gets there is for the mail server to say; here only what would break a header. */
const char *hop_account_email_wrong(const char *email)
{
    const char *at = strrchr(email, '@');

    if (email[0] == '\0')
        return NULL;
    if (strlen(email) > HOP_MAX_EMAIL || at == NULL || at == email || strchr(at, '.') == NULL ||
        at[1] == '.')
        return "is no e-mail address";
    for (const char *c = email; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>()[]\\,;:\"", *c) != NULL)
            return "is no e-mail address";
    return NULL;
}

/* False: there, and wrong. */
static bool take_text(const json_t *body, const char *member, size_t max, bool empty, char *out,
                      size_t size)
{
    bool wrong = false;
    g_autofree char *text = hop_api_text(body, member, max, false, empty, &wrong);

    if (text != NULL)
        g_strlcpy(out, text, size);
    return !wrong;
}

static const char *read_email(const json_t *body, struct hop_store_user *user)
{
    const json_t *value = json_object_get(body, "email");
    const char *wrong;

    if (value == NULL)
        return NULL;
    if (!json_is_string(value))
        return "must be a text";
    wrong = hop_account_email_wrong(json_string_value(value));
    if (wrong == NULL)
        g_strlcpy(user->email, json_string_value(value), sizeof(user->email));
    return wrong;
}

static const char *read_language(const json_t *body, struct hop_store_user *user)
{
    const json_t *value = json_object_get(body, "language");
    const char *language = json_string_value(value);

    if (value == NULL)
        return NULL;
    if (language == NULL ||
        (language[0] != '\0' && strcmp(language, "vi") != 0 && strcmp(language, "en") != 0))
        return "must be vi, en or empty";
    g_strlcpy(user->language, language, sizeof(user->language));
    return NULL;
}

static const char *read_unit(const json_t *body, struct hop_store_user *user)
{
    const json_t *value = json_object_get(body, "unit");

    if (value == NULL)
        return NULL;
    if (!json_is_null(value) && (!json_is_integer(value) || json_integer_value(value) < 1))
        return "must be the id of a unit, or null";
    user->unit_id = json_integer_value(value);
    return NULL;
}

static const char *read_rest(const json_t *body, struct hop_store_user *user, const char **member)
{
    const json_t *value = json_object_get(body, "roles");

    *member = "roles";
    if (value != NULL && !hop_api_roles_read(value, &user->roles))
        return "must be a list of administrator, operator, secretary, official";
    *member = "disabled";
    value = json_object_get(body, "disabled");
    if (value != NULL && !json_is_boolean(value))
        return "must be true or false";
    if (value != NULL)
        user->disabled = json_is_true(value);
    return NULL;
}

const char *hop_account_read(const json_t *body, struct hop_store_user *user, const char **member)
{
    const char *wrong;

    *member = "name";
    if (!take_text(body, "name", HOP_MAX_NAME, false, user->name, sizeof(user->name)))
        return "must be a text of 1 to 80 characters";
    *member = "title";
    if (!take_text(body, "title", HOP_MAX_USER_TITLE, true, user->title, sizeof(user->title)))
        return "must be a text of at most 100 characters";
    *member = "email";
    wrong = read_email(body, user);
    if (wrong != NULL)
        return wrong;
    *member = "language";
    wrong = read_language(body, user);
    if (wrong != NULL)
        return wrong;
    *member = "unit";
    wrong = read_unit(body, user);
    return wrong != NULL ? wrong : read_rest(body, user, member);
}
