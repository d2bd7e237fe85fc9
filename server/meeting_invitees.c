/* The invitees in what a client writes about a meeting; see meeting_read.h. Its chair and its
 * secretary are invitees, too: whoever is named there has a row of that role. */
#include "server/meeting_read.h"

#include "server/account.h"

#include <string.h>

/* Of the three who may have one: who it is, beside his role. */
static bool read_person(const json_t *in, guint at, struct hop_store_invitee *i,
                        struct hop_fault *fault)
{
    static const struct {
        const char *member;
        size_t max;
    } texts[] = { { "name", HOP_MAX_NAME },
                  { "title", HOP_MAX_USER_TITLE },
                  { "unit_name", HOP_MAX_UNIT_NAME } };
    char *const to[] = { i->name, i->title, i->unit_name };
    const size_t sizes[] = { sizeof(i->name), sizeof(i->title), sizeof(i->unit_name) };

    for (size_t t = 0; t < G_N_ELEMENTS(texts); t++) {
        g_autofree char *path = g_strdup_printf("invitees[%u].%s", at, texts[t].member);

        if (!hop_read_text(json_object_get(in, texts[t].member), path, texts[t].max, false, true,
                           to[t], sizes[t], fault))
            return false;
    }
    return true;
}

static bool read_address(const json_t *in, guint at, struct hop_store_invitee *i,
                         struct hop_fault *fault)
{
    const json_t *email = json_object_get(in, "email"), *language = json_object_get(in, "language");
    g_autofree char *path = g_strdup_printf("invitees[%u].email", at);

    if (!hop_read_text(email, path, HOP_MAX_EMAIL, false, true, i->email, sizeof(i->email), fault))
        return false;
    if (hop_account_email_wrong(i->email) != NULL)
        return hop_fault_set(fault, "must be an e-mail address", "%s", path);
    if (language == NULL || json_is_null(language))
        return true;
    if (!json_is_string(language) ||
        (strcmp(json_string_value(language), "vi") != 0 &&
         strcmp(json_string_value(language), "en") != 0 && json_string_length(language) > 0))
        return hop_fault_set(fault, "must be vi or en", "invitees[%u].language", at);
    g_strlcpy(i->language, json_string_value(language), sizeof(i->language));
    return true;
}

static bool read_kind(const json_t *in, guint at, struct hop_store_invitee *i,
                      struct hop_fault *fault)
{
    const char *text = json_string_value(json_object_get(in, "kind"));
    const json_t *ref = json_object_get(in, "ref");
    int kind = text != NULL ? hop_invitee_kind_parse(text) : -1;

    if (kind < 0)
        return hop_fault_set(fault, "must be user, group, unit, guest or site", "invitees[%u].kind",
                             at);
    i->kind = (enum hop_invitee_kind)kind;
    if (i->kind == HOP_INVITEE_GUEST || i->kind == HOP_INVITEE_SITE)
        return true;
    if (!json_is_integer(ref) || json_integer_value(ref) < 1)
        return hop_fault_set(fault, "must be an id", "invitees[%u].ref", at);
    i->ref = json_integer_value(ref);
    return true;
}

static bool read_role(const json_t *in, guint at, struct hop_store_invitee *i,
                      struct hop_fault *fault)
{
    const json_t *role = json_object_get(in, "role"), *n = json_object_get(in, "attendees");
    bool many = i->kind == HOP_INVITEE_GROUP || i->kind == HOP_INVITEE_UNIT;
    int found = i->kind == HOP_INVITEE_GUEST ? HOP_INVITED_GUEST : HOP_INVITED_DELEGATE;

    if (role != NULL && !json_is_null(role))
        found = json_is_string(role) ? hop_invitee_role_parse(json_string_value(role)) : -1;
    if (found < 0 || (many && found == HOP_INVITED_CHAIR))
        return hop_fault_set(fault, "is no role that he may have", "invitees[%u].role", at);
    i->role = (enum hop_invitee_role)found;
    i->attendees = 1;
    if (n == NULL || json_is_null(n))
        return true;
    if (!json_is_integer(n) || json_integer_value(n) < 1 ||
        json_integer_value(n) > HOP_MAX_ATTENDEES)
        return hop_fault_set(fault, "must be a number from 1 to 10000", "invitees[%u].attendees",
                             at);
    i->attendees = (unsigned)json_integer_value(n);
    return true;
}

static bool read_one(const json_t *in, guint at, struct hop_store_invitee *i,
                     struct hop_fault *fault)
{
    const json_t *id = json_object_get(in, "id");
    bool outside;

    if (!json_is_object(in))
        return hop_fault_set(fault, "must be an object", "invitees[%u]", at);
    if (id != NULL && !json_is_null(id) && (!json_is_integer(id) || json_integer_value(id) < 0))
        return hop_fault_set(fault, "must be an id", "invitees[%u].id", at);
    i->id = json_integer_value(id);
    if (!read_kind(in, at, i, fault) || !read_role(in, at, i, fault))
        return false;
    outside = i->kind == HOP_INVITEE_GUEST || i->kind == HOP_INVITEE_SITE;
    /* who has an account is called as that says */
    if (outside && (!read_person(in, at, i, fault) || !read_address(in, at, i, fault)))
        return false;
    if (outside && i->name[0] == '\0')
        g_strlcpy(i->name, i->email, sizeof(i->name));
    return !outside || i->name[0] != '\0' ||
           hop_fault_set(fault, "is missing", "invitees[%u].name", at);
}

/* The position in the client's list stays what faults are named by. */
static bool check_one(const GArray *all, guint at, struct hop_fault *fault)
{
    const struct hop_store_invitee *i = &g_array_index(all, struct hop_store_invitee, at);

    for (guint k = 0; k < at; k++) {
        const struct hop_store_invitee *other = &g_array_index(all, struct hop_store_invitee, k);

        if (i->kind != other->kind || other->via != 0 || i->via != 0)
            continue;
        if (i->ref != 0 && i->ref == other->ref)
            return hop_fault_set(fault, "is invited twice", "invitees[%u]", at);
        if (i->kind == HOP_INVITEE_GUEST && i->email[0] != '\0' &&
            g_ascii_strcasecmp(i->email, other->email) == 0)
            return hop_fault_set(fault, "is invited twice", "invitees[%u].email", at);
    }
    return true;
}

static bool read_list(const json_t *list, GArray *out, struct hop_fault *fault)
{
    const json_t *in;
    size_t n;

    if (!json_is_array(list) || json_array_size(list) > HOP_MAX_INVITEES)
        return hop_fault_set(fault, "must be a list of at most 500", "invitees");
    g_array_set_size(out, 0);
    json_array_foreach(list, n, in)
    {
        struct hop_store_invitee one = { 0 };

        one.via = json_integer_value(json_object_get(in, "via"));
        if (one.via == 0 && !read_one(in, (guint)n, &one, fault))
            return false;
        g_array_append_val(out, one);
        if (!check_one(out, (guint)n, fault))
            return false;
    }
    return true;
}

/* ---- chair and secretary --------------------------------------------------------------------- */

static struct hop_store_invitee *row_of(GArray *invitees, int64_t user_id)
{
    for (guint i = 0; i < invitees->len; i++) {
        struct hop_store_invitee *row = &g_array_index(invitees, struct hop_store_invitee, i);

        if (row->kind == HOP_INVITEE_USER && row->ref == user_id && row->via == 0)
            return row;
    }
    return NULL;
}

/* Whoever is named has a row of that role; who was, and is not any more, is a delegate. */
static bool set_role(GArray *invitees, enum hop_invitee_role role, int64_t before, int64_t now)
{
    struct hop_store_invitee fresh = {
        .kind = HOP_INVITEE_USER, .ref = now, .role = role, .attendees = 1
    };
    struct hop_store_invitee *row = before != 0 && before != now ? row_of(invitees, before) : NULL;

    if (row != NULL && row->role == role)
        row->role = HOP_INVITED_DELEGATE;
    row = now != 0 ? row_of(invitees, now) : NULL;
    if (row != NULL)
        row->role = role;
    else if (now != 0)
        g_array_append_val(invitees, fresh);
    return true;
}

/* The only chair among the rows; *id 0: none, or one without an account. */
static bool find_chair(const GArray *invitees, int64_t *id, struct hop_fault *fault)
{
    bool found = false;

    *id = 0;
    for (guint i = 0; i < invitees->len; i++) {
        const struct hop_store_invitee *row = &g_array_index(invitees, struct hop_store_invitee, i);

        if (row->role != HOP_INVITED_CHAIR || row->via != 0)
            continue;
        if (found)
            return hop_fault_set(fault, "is the second chair", "invitees[%u].role", i);
        found = true;
        *id = row->kind == HOP_INVITEE_USER ? row->ref : 0;
    }
    return true;
}

static int64_t find_secretary(GArray *invitees, int64_t before)
{
    const struct hop_store_invitee *row = before != 0 ? row_of(invitees, before) : NULL;

    if (row != NULL && row->role == HOP_INVITED_SECRETARY)
        return before;
    for (guint i = 0; i < invitees->len; i++) {
        row = &g_array_index(invitees, struct hop_store_invitee, i);
        if (row->role == HOP_INVITED_SECRETARY && row->kind == HOP_INVITEE_USER && row->via == 0)
            return row->ref;
    }
    return 0;
}

/* What is written as chair and secretary goes before what the rows say. */
bool hop_invitees_read(const json_t *body, struct hop_store_meeting *m, struct hop_fault *fault)
{
    const json_t *list = json_object_get(body, "invitees");
    int64_t chair = m->chair.id, secretary = m->secretary.id;
    bool names_chair = json_object_get(body, "chair") != NULL;

    if (list != NULL && !read_list(list, m->invitees, fault))
        return false;
    if (!hop_read_ref(body, "chair", &chair, fault) ||
        !hop_read_ref(body, "secretary", &secretary, fault))
        return false;
    if (names_chair)
        set_role(m->invitees, HOP_INVITED_CHAIR, m->chair.id, chair);
    if (!find_chair(m->invitees, &m->chair.id, fault))
        return false;
    if (json_object_get(body, "secretary") != NULL)
        set_role(m->invitees, HOP_INVITED_SECRETARY, m->secretary.id, secretary);
    else
        secretary = find_secretary(m->invitees, secretary);
    m->secretary.id = secretary;
    return true;
}
