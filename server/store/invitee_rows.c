/* See invitee_rows.h. */
#include "server/store/invitee_rows.h"

#include <errno.h>
#include <string.h>

/* Of accounts, groups and units the present name is shown, and the kept one when they are gone. */
static const char select_rows[] =
    "SELECT i.id, i.kind, i.ref, i.via, coalesce(u.name, g.name, n.name, i.name),"
    " coalesce(u.title, i.title), coalesce(w.name, i.unit_name), coalesce(u.email, i.email),"
    " coalesce(u.language, i.language), i.role, i.attendees, i.rsvp, i.rsvp_note, i.mail, i.nonce"
    " FROM invitees i LEFT JOIN users u ON i.kind = 0 AND u.id = i.ref"
    " LEFT JOIN units w ON w.id = u.unit_id"
    " LEFT JOIN user_groups g ON i.kind = 1 AND g.id = i.ref"
    " LEFT JOIN units n ON i.kind = 2 AND n.id = i.ref"
    " WHERE i.meeting_id = ? ORDER BY i.position, i.id";

static void read_row(sqlite3_stmt *stmt, struct hop_store_invitee *i)
{
    i->id = sqlite3_column_int64(stmt, 0);
    i->kind = (enum hop_invitee_kind)sqlite3_column_int(stmt, 1);
    i->ref = sqlite3_column_int64(stmt, 2);
    i->via = sqlite3_column_int64(stmt, 3);
    hop_db_text(stmt, 4, i->name, sizeof(i->name));
    hop_db_text(stmt, 5, i->title, sizeof(i->title));
    hop_db_text(stmt, 6, i->unit_name, sizeof(i->unit_name));
    hop_db_text(stmt, 7, i->email, sizeof(i->email));
    hop_db_text(stmt, 8, i->language, sizeof(i->language));
    i->role = (enum hop_invitee_role)sqlite3_column_int(stmt, 9);
    i->attendees = (unsigned)sqlite3_column_int(stmt, 10);
    i->rsvp = (enum hop_rsvp)sqlite3_column_int(stmt, 11);
    i->rsvp_note = g_strdup((const char *)sqlite3_column_text(stmt, 12));
    i->mail = (enum hop_invitee_mail)sqlite3_column_int(stmt, 13);
    i->has_link = sqlite3_column_bytes(stmt, 14) == HOP_INVITE_NONCE;
    if (i->has_link)
        memcpy(i->nonce, sqlite3_column_blob(stmt, 14), HOP_INVITE_NONCE);
}

int hop_invitee_rows_load(struct hop_db *db, int64_t meeting_id, GArray *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(db, &error, select_rows, "i", meeting_id);

    if (stmt == NULL)
        return error;
    while ((r = hop_db_step(db, stmt)) == 1) {
        struct hop_store_invitee one = { 0 };

        read_row(stmt, &one);
        g_array_append_val(out, one);
    }
    hop_db_finish(stmt);
    return r;
}

/* ---- saving ---------------------------------------------------------------------------------- */

struct saving {
    struct hop_db *db;
    int64_t meeting_id;
    const struct hop_store_minter *minter;
    GArray *before;     /* the rows as they were */
    GHashTable *kept;   /* ids of those that stay */
    GHashTable *listed; /* ids of accounts that are named by themselves, or were reached already */
    int64_t position;
    char *member;
};

static gpointer key(int64_t id)
{
    return GSIZE_TO_POINTER((gsize)id); /* ids are far below 2^63, and pointers have 64 bits here */
}

static int fault(struct saving *s, int error, guint index, const char *what)
{
    g_snprintf(s->member, HOP_MEMBER_TEXT, "invitees[%u]%s", index, what);
    return error;
}

static const struct hop_store_invitee *row_of_user(const struct saving *s, int64_t user_id)
{
    for (guint i = 0; i < s->before->len; i++) {
        const struct hop_store_invitee *row =
            &g_array_index(s->before, struct hop_store_invitee, i);

        if (row->kind == HOP_INVITEE_USER && row->ref == user_id)
            return row;
    }
    return NULL;
}

/* The row that this one was; NULL: it is new. False: its id is none of this meeting's. */
static bool find_before(const struct saving *s, const struct hop_store_invitee *in,
                        const struct hop_store_invitee **out)
{
    *out = in->id == 0 && in->kind == HOP_INVITEE_USER ? row_of_user(s, in->ref) : NULL;
    for (guint i = 0; in->id != 0 && i < s->before->len; i++) {
        const struct hop_store_invitee *row =
            &g_array_index(s->before, struct hop_store_invitee, i);

        if (row->id == in->id && row->kind == in->kind && row->ref == in->ref)
            *out = row;
    }
    return in->id == 0 || *out != NULL;
}

static int insert_row(struct saving *s, const struct hop_store_invitee *in, int64_t via,
                      int64_t *id)
{
    uint8_t nonce[HOP_INVITE_NONCE], hash[HOP_HASH];
    bool link = in->kind != HOP_INVITEE_GROUP && in->kind != HOP_INVITEE_UNIT;
    int r;

    if (link)
        s->minter->mint(s->minter->ctx, nonce, hash);
    r = hop_db_run(s->db,
                   "INSERT INTO invitees (meeting_id, position, kind, ref, via, name, title,"
                   " unit_name, email, language, role, attendees, nonce, token_hash)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   "iiiiitttttiibb", s->meeting_id, s->position, (int64_t)in->kind, in->ref, via,
                   in->name, in->title, in->unit_name, in->email, in->language, (int64_t)in->role,
                   (int64_t)in->attendees, link ? nonce : NULL, HOP_INVITE_NONCE,
                   link ? hash : NULL, HOP_HASH);
    *id = sqlite3_last_insert_rowid(s->db->sql);
    return r;
}

static int update_row(struct saving *s, const struct hop_store_invitee *in, int64_t via, int64_t id)
{
    return hop_db_run(s->db,
                      "UPDATE invitees SET position = ?, via = ?, name = ?, title = ?,"
                      " unit_name = ?, email = ?, language = ?, role = ?, attendees = ?"
                      " WHERE id = ?",
                      "iitttttiii", s->position, via, in->name, in->title, in->unit_name, in->email,
                      in->language, (int64_t)in->role, (int64_t)in->attendees, id);
}

/* *id is where it stands now. */
static int put(struct saving *s, const struct hop_store_invitee *in,
               const struct hop_store_invitee *before, int64_t via, int64_t *id)
{
    int r;

    if (s->position >= HOP_MAX_INVITEES) {
        g_strlcpy(s->member, "invitees", HOP_MEMBER_TEXT);
        return -E2BIG;
    }
    *id = before != NULL ? before->id : 0;
    r = before != NULL ? update_row(s, in, via, *id) : insert_row(s, in, via, id);
    s->position++;
    g_hash_table_add(s->kept, key(*id));
    return r < 0 ? r : 0;
}

static const char group_members[] =
    "SELECT u.id, u.name FROM group_members g JOIN users u ON u.id = g.user_id"
    " WHERE g.group_id = ? AND u.disabled = 0 ORDER BY u.sort, u.id";
static const char unit_members[] =
    "WITH RECURSIVE below(id) AS (SELECT ? UNION SELECT t.id FROM units t JOIN below b"
    " ON t.parent_id = b.id)"
    " SELECT u.id, u.name FROM users u WHERE u.unit_id IN below AND u.disabled = 0"
    " ORDER BY u.sort, u.id";

static int read_members(struct saving *s, const struct hop_store_invitee *whole, GArray *out)
{
    int error = 0, r;
    sqlite3_stmt *stmt =
        hop_db_query(s->db, &error, whole->kind == HOP_INVITEE_GROUP ? group_members : unit_members,
                     "i", whole->ref);

    if (stmt == NULL)
        return error;
    /* one more than there may be: put() refuses it */
    while ((r = hop_db_step(s->db, stmt)) == 1 && out->len <= HOP_MAX_INVITEES) {
        struct hop_store_invitee one = { .kind = HOP_INVITEE_USER,
                                         .ref = sqlite3_column_int64(stmt, 0),
                                         .role = whole->role,
                                         .attendees = 1 };

        hop_db_text(stmt, 1, one.name, sizeof(one.name));
        if (!g_hash_table_contains(s->listed, key(one.ref)))
            g_array_append_val(out, one);
    }
    hop_db_finish(stmt);
    return r < 0 ? r : 0;
}

static int expand(struct saving *s, const struct hop_store_invitee *whole, int64_t via)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(struct hop_store_invitee));
    int r = read_members(s, whole, members);

    for (guint i = 0; r == 0 && i < members->len; i++) {
        const struct hop_store_invitee *one = &g_array_index(members, struct hop_store_invitee, i);
        int64_t id;

        g_hash_table_add(s->listed, key(one->ref));
        r = put(s, one, row_of_user(s, one->ref), via, &id);
    }
    return r;
}

/* Of an account, a group or a unit the name is noted, so that it still has one when that is gone.
 */
static int find_name(struct saving *s, struct hop_store_invitee *in)
{
    static const char *const sql[] = {
        [HOP_INVITEE_USER] = "SELECT name FROM users WHERE id = ? AND disabled = 0",
        [HOP_INVITEE_GROUP] = "SELECT name FROM user_groups WHERE id = ?",
        [HOP_INVITEE_UNIT] = "SELECT name FROM units WHERE id = ?",
    };
    int error = 0, r;
    sqlite3_stmt *stmt = hop_db_query(s->db, &error, sql[in->kind], "i", in->ref);

    if (stmt == NULL)
        return error;
    r = hop_db_step(s->db, stmt);
    if (r == 1)
        hop_db_text(stmt, 0, in->name, sizeof(in->name));
    hop_db_finish(stmt);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

static int save_one(struct saving *s, const struct hop_store_invitee *in, guint index)
{
    struct hop_store_invitee now = *in;
    const struct hop_store_invitee *before;
    int64_t id;
    int r = 0;

    if (!find_before(s, in, &before))
        return fault(s, -EINVAL, index, ".id");
    if (before != NULL && g_hash_table_contains(s->kept, key(before->id)))
        return fault(s, -EEXIST, index, "");
    if (before != NULL && in->ref != 0)
        g_strlcpy(now.name, before->name, sizeof(now.name));
    else if (in->ref != 0)
        r = find_name(s, &now);
    if (r == -ENOENT)
        return fault(s, r, index, ".ref");
    if (r == 0)
        r = put(s, &now, before, 0, &id);
    if (r == 0 && (in->kind == HOP_INVITEE_GROUP || in->kind == HOP_INVITEE_UNIT))
        r = expand(s, in, id);
    return r;
}

static int list_users(struct saving *s, const GArray *invitees)
{
    for (guint i = 0; i < invitees->len; i++) {
        const struct hop_store_invitee *in = &g_array_index(invitees, struct hop_store_invitee, i);

        if (in->via == 0 && in->kind == HOP_INVITEE_USER &&
            !g_hash_table_add(s->listed, key(in->ref)))
            return fault(s, -EEXIST, i, "");
    }
    return 0;
}

static int remove_others(struct saving *s)
{
    int r = 0;

    for (guint i = 0; r >= 0 && i < s->before->len; i++) {
        int64_t id = g_array_index(s->before, struct hop_store_invitee, i).id;

        if (!g_hash_table_contains(s->kept, key(id)))
            r = hop_db_run(s->db, "DELETE FROM invitees WHERE id = ?", "i", id);
    }
    return r < 0 ? r : 0;
}

int hop_invitee_rows_save(struct hop_db *db, int64_t meeting_id, const GArray *invitees,
                          const struct hop_store_minter *minter, char member[HOP_MEMBER_TEXT])
{
    struct saving s = { .db = db,
                        .meeting_id = meeting_id,
                        .minter = minter,
                        .before = hop_store_invitees_new(),
                        .kept = g_hash_table_new(NULL, NULL),
                        .listed = g_hash_table_new(NULL, NULL),
                        .member = member };
    int r = hop_invitee_rows_load(db, meeting_id, s.before);

    if (r == 0)
        r = list_users(&s, invitees);
    for (guint i = 0; r == 0 && i < invitees->len; i++) {
        const struct hop_store_invitee *in = &g_array_index(invitees, struct hop_store_invitee, i);

        r = in->via == 0 ? save_one(&s, in, i) : 0;
    }
    if (r == 0)
        r = remove_others(&s);
    g_array_unref(s.before);
    g_hash_table_unref(s.kept);
    g_hash_table_unref(s.listed);
    return r;
}

/* The organizer need not be there; who has declined is not. */
int hop_people_rows_save(struct hop_db *db, int64_t meeting_id)
{
    int r = hop_db_run(db, "DELETE FROM meeting_people WHERE meeting_id = ?", "i", meeting_id);

    if (r >= 0)
        r = hop_db_run(db,
                       "INSERT OR IGNORE INTO meeting_people (user_id, meeting_id, busy)"
                       " SELECT ref, meeting_id, rsvp <> ?2 FROM invitees"
                       " WHERE meeting_id = ?1 AND kind = 0 AND ref IN (SELECT id FROM users)",
                       "ii", meeting_id, (int64_t)HOP_RSVP_DECLINED);
    if (r >= 0)
        r = hop_db_run(db,
                       "INSERT OR IGNORE INTO meeting_people (user_id, meeting_id, busy)"
                       " SELECT chair_id, id, 1 FROM meetings WHERE id = ?1 AND chair_id NOT NULL"
                       " UNION ALL SELECT secretary_id, id, 1 FROM meetings"
                       " WHERE id = ?1 AND secretary_id NOT NULL"
                       " UNION ALL SELECT organizer_id, id, 0 FROM meetings"
                       " WHERE id = ?1 AND organizer_id NOT NULL",
                       "i", meeting_id);
    return r < 0 ? r : 0;
}
