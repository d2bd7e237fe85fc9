/* POST /api/v1/users/import: accounts from a spreadsheet. First a preview in which every line says
 * what is wrong with it; with `apply` all of them or none. */
#include "server/api.h"

#include "media/base/clock.h"
#include "server/account.h"
#include "server/csv.h"
#include "server/password.h"
#include "server/store/fold.h"
#include "server/store/units.h"

#include <errno.h>
#include <string.h>

enum column { USERNAME, NAME, TITLE, UNIT, EMAIL, ROLES, LANGUAGE, COLUMNS };

/* Headings, folded, as they stand in people's tables. */
static const char *const headings[COLUMNS][6] = {
    [USERNAME] = { "username", "account", "tai khoan", "ten dang nhap", "login", NULL },
    [NAME] = { "name", "full name", "ho ten", "ho va ten", "ten", NULL },
    [TITLE] = { "title", "position", "chuc vu", "chuc danh", NULL },
    [UNIT] = { "unit", "department", "don vi", "phong ban", NULL },
    [EMAIL] = { "email", "e-mail", "mail", "thu dien tu", NULL },
    [ROLES] = { "roles", "role", "vai tro", "quyen", NULL },
    [LANGUAGE] = { "language", "ngon ngu", NULL },
};

struct import {
    struct hop_api_pending *pending;
    bool apply;
    GPtrArray *rows;                /* struct hop_csv_row; the first has the headings */
    int columns[COLUMNS];           /* -1: not there */
    GHashTable *units;              /* folded "above / below" -> its id as a pointer */
    GHashTable *usernames, *emails; /* seen above, folded */
    struct hop_store_user *users;
    char **passwords;
    size_t n, wrong;
    json_t *lines;
};

static void import_end(struct import *import)
{
    hop_api_pending_free(import->pending);
    g_ptr_array_unref(import->rows);
    g_hash_table_destroy(import->units);
    g_hash_table_destroy(import->usernames);
    g_hash_table_destroy(import->emails);
    g_free(import->users);
    g_strfreev(import->passwords);
    json_decref(import->lines);
    g_free(import);
}

/* ---- the table ------------------------------------------------------------------------------- */

static bool heading_is(const char *cell, enum column column)
{
    g_autofree char *folded = hop_fold(cell);

    for (const char *const *name = headings[column]; *name != NULL; name++)
        if (strcmp(folded, *name) == 0)
            return true;
    return false;
}

static void find_columns(struct import *import)
{
    const struct hop_csv_row *row = g_ptr_array_index(import->rows, 0);

    for (int column = 0; column < COLUMNS; column++) {
        import->columns[column] = -1;
        for (guint i = 0; i < row->cells->len && import->columns[column] < 0; i++)
            if (heading_is(g_ptr_array_index(row->cells, i), (enum column)column))
                import->columns[column] = (int)i;
    }
}

static const char *cell(const struct import *import, const struct hop_csv_row *row,
                        enum column column)
{
    int at = import->columns[column];

    return at >= 0 && (guint)at < row->cells->len ? g_ptr_array_index(row->cells, (guint)at) : "";
}

/* ---- units by their path --------------------------------------------------------------------- */

/* "Sở Y tế / Văn phòng", folded, with one space around each slash. */
static char *fold_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit_set(path, "/>", -1);

    for (char **part = parts; *part != NULL; part++) {
        char *folded = hop_fold(g_strstrip(*part));

        g_free(*part);
        *part = folded;
    }
    return g_strjoinv(" / ", parts);
}

static const struct hop_store_unit *unit_by_id(const struct hop_store_unit *units, size_t n,
                                               int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (units[i].id == id)
            return &units[i];
    return NULL;
}

/* A unit is found by its whole path, and by its name alone if no other has it (then 0). */
static void know_unit(struct import *import, const char *path, int64_t id, bool whole)
{
    char *folded = fold_path(path);
    bool there = g_hash_table_contains(import->units, folded);

    g_hash_table_replace(import->units, folded, there && !whole ? NULL : GINT_TO_POINTER((gint)id));
}

static void know_units(struct import *import, const struct hop_store_unit *units, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (units[i].parent_id != 0)
            know_unit(import, units[i].name, units[i].id, false);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *path = g_strdup(units[i].name);
        const struct hop_store_unit *above = &units[i];

        for (int d = 0; d < HOP_MAX_UNIT_DEPTH && above->parent_id != 0; d++) {
            char *longer;

            above = unit_by_id(units, n, above->parent_id);
            if (above == NULL)
                break;
            longer = g_strdup_printf("%s / %s", above->name, path);
            g_free(path);
            path = longer;
        }
        know_unit(import, path, units[i].id, true);
    }
}

/* ---- one line -------------------------------------------------------------------------------- */

static void complain(json_t *errors, const char *member, const char *code)
{
    json_array_append_new(errors, json_pack("{s:s,s:s}", "member", member, "code", code));
}

static void take(json_t *errors, const char *member, const char *text, size_t max, char *out,
                 size_t size)
{
    g_autofree char *clean = hop_text_clean(text, max, false, true);

    if (clean == NULL)
        complain(errors, member, "invalid");
    else
        g_strlcpy(out, clean, size);
}

static bool seen_before(GHashTable *seen, const char *text)
{
    return text[0] != '\0' && !g_hash_table_add(seen, hop_fold(text));
}

static void read_roles(json_t *errors, const char *text, uint32_t *roles)
{
    g_auto(GStrv) names = g_strsplit_set(text, ",;/ ", -1);

    for (char **name = names; *name != NULL; name++) {
        uint32_t role;

        if (**name == '\0')
            continue;
        if (!hop_api_role_parse(*name, &role))
            complain(errors, "roles", "unknown");
        else
            *roles |= role;
    }
    if (*roles == 0)
        *roles = HOP_ACCOUNT_OFFICIAL;
}

static void read_unit(const struct import *import, json_t *errors, const char *path, int64_t *id)
{
    g_autofree char *folded = fold_path(path);
    gpointer found;

    if (path[0] == '\0')
        return;
    if (!g_hash_table_lookup_extended(import->units, folded, NULL, &found))
        complain(errors, "unit", "unknown");
    else if (found == NULL)
        complain(errors, "unit", "ambiguous");
    *id = GPOINTER_TO_INT(found);
}

static void read_names(struct import *import, const struct hop_csv_row *row, json_t *errors,
                       struct hop_store_user *user)
{
    const char *username = cell(import, row, USERNAME), *email = cell(import, row, EMAIL);

    if (username[0] == '\0')
        complain(errors, "username", "missing");
    else if (hop_account_username_wrong(username) != NULL)
        complain(errors, "username", "invalid");
    else if (seen_before(import->usernames, username))
        complain(errors, "username", "twice");
    else
        g_strlcpy(user->username, username, sizeof(user->username));
    if (hop_account_email_wrong(email) != NULL)
        complain(errors, "email", "invalid");
    else if (seen_before(import->emails, email))
        complain(errors, "email", "twice");
    else
        g_strlcpy(user->email, email, sizeof(user->email));
}

static void read_line(struct import *import, const struct hop_csv_row *row)
{
    struct hop_store_user *user = &import->users[import->n++];
    const char *language = cell(import, row, LANGUAGE);
    json_t *errors = json_array();

    read_names(import, row, errors, user);
    take(errors, "name", cell(import, row, NAME), HOP_MAX_NAME, user->name, sizeof(user->name));
    if (cell(import, row, NAME)[0] == '\0')
        complain(errors, "name", "missing");
    take(errors, "title", cell(import, row, TITLE), HOP_MAX_USER_TITLE, user->title,
         sizeof(user->title));
    read_unit(import, errors, cell(import, row, UNIT), &user->unit_id);
    read_roles(errors, cell(import, row, ROLES), &user->roles);
    if (strcmp(language, "vi") == 0 || strcmp(language, "en") == 0 || language[0] == '\0')
        g_strlcpy(user->language, language, sizeof(user->language));
    else
        complain(errors, "language", "unknown");
    user->must_change = true;
    import->wrong += json_array_size(errors) > 0;
    json_array_append_new(import->lines,
                          json_pack("{s:i,s:s,s:s,s:s,s:o}", "line", (int)row->line, "username",
                                    cell(import, row, USERNAME), "name", cell(import, row, NAME),
                                    "unit", cell(import, row, UNIT), "errors", errors));
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void respond(struct import *import, int status)
{
    hop_respond_json(import->pending->request, status,
                     json_pack("{s:b,s:i,s:i,s:O}", "applied", status == 201, "right",
                               (int)(import->n - import->wrong), "wrong", (int)import->wrong,
                               "lines", import->lines));
    import_end(import);
}

static void imported(void *ctx, int error, size_t failed)
{
    struct import *import = ctx;
    struct hop_api_pending *pending = import->pending;

    if (error == -EEXIST && failed < import->n) {
        json_t *line = json_array_get(import->lines, failed);

        complain(json_object_get(line, "errors"), "username", "taken");
        import->wrong++;
        respond(import, 409);
        return;
    }
    if (error != 0) {
        hop_respond_errno(pending->request, error);
        import_end(import);
        return;
    }
    for (size_t i = 0; i < import->n; i++)
        json_object_set_new(json_array_get(import->lines, i), "password",
                            json_string(import->passwords[i]));
    hop_api_audit(pending->server, pending->request, 0, "account.import",
                  json_pack("{s:i}", "accounts", (int)import->n));
    respond(import, 201);
}

/* The passwords are random and long: their hashes need not be slow. */
static void apply(struct import *import)
{
    int error = 0;

    import->passwords = g_new0(char *, import->n + 1);
    for (size_t i = 0; i < import->n && error == 0; i++) {
        import->passwords[i] = hop_password_random();
        error = hop_password_hash_random(import->passwords[i], import->users[i].password_hash);
    }
    if (error != 0)
        imported(import, error, import->n);
    else
        hop_store_user_import(import->pending->server->store, import->users, import->n,
                              hop_wall_us(), imported, import);
}

static void got_units(void *ctx, int error, const struct hop_store_unit *units, size_t n)
{
    struct import *import = ctx;

    if (error != 0) {
        hop_respond_errno(import->pending->request, error);
        import_end(import);
        return;
    }
    know_units(import, units, n);
    for (guint i = 1; i < import->rows->len; i++)
        read_line(import, g_ptr_array_index(import->rows, i));
    if (import->apply && import->wrong == 0)
        apply(import);
    else
        respond(import, import->apply ? 409 : 200);
}

static void begin(struct hop_server *server, struct hop_request *request, GPtrArray *rows,
                  bool apply_it)
{
    struct import *import = g_new0(struct import, 1);

    import->pending = hop_api_pending_new(server, request);
    import->apply = apply_it;
    import->rows = g_ptr_array_ref(rows);
    import->units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    import->usernames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    import->emails = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    import->users = g_new0(struct hop_store_user, rows->len);
    import->lines = json_array();
    find_columns(import);
    if (import->columns[USERNAME] < 0 || import->columns[NAME] < 0) {
        hop_api_invalid(request, "csv", "the first line must name the columns username and name");
        import_end(import);
    } else {
        hop_store_unit_list(server->store, got_units, import);
    }
}

void hop_api_users_import_post(struct hop_server *server, struct hop_request *request,
                               const char *param)
{
    json_t *body = hop_api_body(request);
    const char *csv = json_string_value(json_object_get(body, "csv"));
    GPtrArray *rows = NULL;
    unsigned line = 0;

    (void)param;
    if (body == NULL)
        return;
    if (csv != NULL)
        rows = hop_csv_parse(csv, strlen(csv), HOP_MAX_IMPORT + 1, &line);
    if (csv == NULL) {
        hop_api_invalid(request, "csv", "is missing");
    } else if (rows == NULL) {
        g_autofree char *what = g_strdup_printf("line %u cannot be read", line);

        hop_api_invalid(request, "csv", what);
    } else if (rows->len < 2) {
        hop_api_invalid(request, "csv", "there is no account in it");
    } else {
        begin(server, request, rows, json_is_true(json_object_get(body, "apply")));
    }
    if (rows != NULL)
        g_ptr_array_unref(rows);
    json_decref(body);
}
