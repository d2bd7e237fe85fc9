/* Controlling ICE agent; see checker.h. RFC 8445 §7.2.2 (sending a check), §8.1.1 (regular
 * nomination), §14.2 (pacing), §14.3 (RTO, Rc, Rm of RFC 8489 §6.2.1); RFC 7675 §5.1 (consent). */
#include "media/ice/checker.h"

#include "media/base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACING_US       ((int64_t)50000)  /* Ta */
#define PATIENCE_US     ((int64_t)200000) /* for a better pair, once one has answered */
#define CONSENT_GONE_US ((int64_t)30000000)
#define RTO_US          500000u
#define CONSENT_US      5000000u

enum { RC = 7, RM = 16, PEER_REFLEXIVE_PRIORITY = (110 << 24) | (65535 << 8) | 255 };

enum pair_state { WAITING, IN_PROGRESS, SUCCEEDED, FAILED };

struct pair {
    struct hop_path path;
    uint32_t priority;
    enum pair_state state;
    bool nominating; /* the transaction under way carries USE-CANDIDATE */
    uint8_t sent;    /* requests of this transaction so far */
    int64_t next_us; /* next transmission, or failure after the last */
    uint8_t transaction[HOP_STUN_TRANSACTION];
};

struct hop_checker {
    struct hop_stun_key *local_key, *remote_key;
    char local_ufrag[HOP_MAX_UFRAG + 1];
    char username[2 * HOP_MAX_UFRAG + 2]; /* of our requests: "remote:local" */
    char expected[2 * HOP_MAX_UFRAG + 2]; /* of requests to us: "local:remote" */
    uint64_t tie_breaker;
    uint32_t rto_us, consent_us;
    bool aggressive, silent;
    enum hop_checker_state state;
    uint16_t error;
    struct pair pairs[HOP_MAX_PATHS];
    unsigned n_pairs;
    int selected;             /* index; -1: none */
    int64_t last_started_us;  /* pacing of first transmissions */
    int64_t first_success_us; /* INT64_MAX: none yet */
    int64_t consented_us;     /* last answer on the selected pair */
};

int hop_checker_new(const struct hop_checker_config *config, struct hop_checker **out)
{
    size_t local = strlen(config->local_ufrag), remote = strlen(config->remote_ufrag);
    if (!local || !remote || local > HOP_MAX_UFRAG || remote > HOP_MAX_UFRAG)
        return -EINVAL;
    struct hop_checker *c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->local_key = hop_stun_key_new(config->local_pwd, strlen(config->local_pwd));
    c->remote_key = hop_stun_key_new(config->remote_pwd, strlen(config->remote_pwd));
    if (!c->local_key || !c->remote_key) {
        hop_checker_free(c);
        return -ENOMEM;
    }
    snprintf(c->local_ufrag, sizeof(c->local_ufrag), "%s", config->local_ufrag);
    snprintf(c->username, sizeof(c->username), "%s:%s", config->remote_ufrag, config->local_ufrag);
    snprintf(c->expected, sizeof(c->expected), "%s:%s", config->local_ufrag, config->remote_ufrag);
    c->tie_breaker = config->tie_breaker;
    c->aggressive = config->aggressive;
    c->rto_us = config->rto_us ? config->rto_us : RTO_US;
    c->consent_us = config->consent_us ? config->consent_us : CONSENT_US;
    c->selected = -1;
    c->last_started_us = INT64_MIN / 2;
    c->first_success_us = INT64_MAX;
    *out = c;
    return 0;
}

void hop_checker_free(struct hop_checker *checker)
{
    if (!checker)
        return;
    hop_stun_key_free(checker->local_key);
    hop_stun_key_free(checker->remote_key);
    free(checker);
}

int hop_checker_add(struct hop_checker *checker, const struct hop_path *path, uint32_t priority)
{
    if (checker->n_pairs == HOP_MAX_PATHS)
        return -ENOSPC;
    checker->pairs[checker->n_pairs++] = (struct pair){ .path = *path, .priority = priority };
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static size_t build(const struct hop_checker *c, const struct pair *p, uint8_t *buf)
{
    struct hop_stun_request req = {
        .transaction = p->transaction,
        .username = c->username,
        .username_len = strlen(c->username),
        .priority = PEER_REFLEXIVE_PRIORITY,
        .controlling = true,
        .use_candidate = p->nominating,
        .tie_breaker = c->tie_breaker,
    };
    return hop_stun_build_request(&req, c->remote_key, buf, HOP_STUN_MAX_BUILT);
}

static void begin_transaction(struct pair *p, bool nominating)
{
    p->state = IN_PROGRESS;
    p->nominating = nominating;
    p->sent = 0;
    hop_random_bytes(p->transaction, sizeof(p->transaction));
}

/* One more transmission of the pair's transaction, and when the next is due. */
static void transmitted(const struct hop_checker *c, struct pair *p, int64_t now_us)
{
    int64_t wait = (int64_t)c->rto_us << p->sent;
    if (p->path.tcp) {
        wait = (int64_t)c->rto_us * ((1 << (RC - 1)) - 1 + RM); /* Ti; TCP repeats by itself */
        p->sent = RC;
    } else if (++p->sent == RC) {
        wait = (int64_t)c->rto_us * RM;
    }
    p->next_us = now_us + wait;
}

static void pair_failed(struct hop_checker *c, struct pair *p)
{
    p->state = FAILED;
    p->next_us = INT64_MAX;
    if (c->state != HOP_CHECKER_CHECKING)
        return;
    for (unsigned i = 0; i < c->n_pairs; i++) {
        if (c->pairs[i].state != FAILED)
            return;
    }
    c->state = HOP_CHECKER_FAILED;
}

static bool nomination_under_way(const struct hop_checker *c)
{
    for (unsigned i = 0; i < c->n_pairs; i++) {
        if (c->pairs[i].nominating && c->pairs[i].state == IN_PROGRESS)
            return true;
    }
    return false;
}

/* Index of the pair to nominate now; -1: none yet. */
static int choose(const struct hop_checker *c, int64_t now_us)
{
    int best = -1;
    if (nomination_under_way(c))
        return -1;
    for (unsigned i = 0; i < c->n_pairs; i++) {
        if (c->pairs[i].state == SUCCEEDED &&
            (best < 0 || c->pairs[i].priority > c->pairs[best].priority))
            best = (int)i;
    }
    if (best < 0 || now_us - c->first_success_us >= PATIENCE_US)
        return best;
    for (unsigned i = 0; i < c->n_pairs; i++) {
        enum pair_state s = c->pairs[i].state;
        if ((s == WAITING || s == IN_PROGRESS) && c->pairs[i].priority > c->pairs[best].priority)
            return -1; /* a better one may still answer */
    }
    return best;
}

static struct pair *best_waiting(struct hop_checker *c)
{
    struct pair *best = NULL;
    for (unsigned i = 0; i < c->n_pairs; i++) {
        struct pair *p = &c->pairs[i];
        if (p->state == WAITING && (!best || p->priority > best->priority))
            best = p;
    }
    return best;
}

/* The pair whose request is due now. */
static struct pair *due_checking(struct hop_checker *c, int64_t now_us)
{
    int chosen = choose(c, now_us);
    if (chosen >= 0) {
        begin_transaction(&c->pairs[chosen], true);
        return &c->pairs[chosen];
    }
    for (unsigned i = 0; i < c->n_pairs; i++) {
        struct pair *p = &c->pairs[i];
        if (p->state != IN_PROGRESS || now_us < p->next_us)
            continue;
        if (p->sent < RC)
            return p;
        pair_failed(c, p);
    }
    struct pair *fresh = best_waiting(c);
    if (!fresh || now_us - c->last_started_us < PACING_US)
        return NULL;
    c->last_started_us = now_us;
    begin_transaction(fresh, c->aggressive);
    return fresh;
}

static struct pair *due_connected(struct hop_checker *c, int64_t now_us)
{
    struct pair *p = &c->pairs[c->selected];
    if (now_us - c->consented_us >= CONSENT_GONE_US) {
        c->state = HOP_CHECKER_LOST;
        return NULL;
    }
    if (now_us < p->next_us)
        return NULL;
    begin_transaction(p,
                      true); /* as browsers do: USE-CANDIDATE in every check of the pair in use */
    return p;
}

size_t hop_checker_next(struct hop_checker *checker, int64_t now_us, struct hop_path *path,
                        uint8_t buf[HOP_STUN_MAX_BUILT])
{
    if (checker->silent)
        return 0;
    struct pair *p = NULL;
    if (checker->state == HOP_CHECKER_CHECKING) {
        p = due_checking(checker, now_us);
        if (p)
            transmitted(checker, p, now_us);
    } else if (checker->state == HOP_CHECKER_CONNECTED) {
        p = due_connected(checker, now_us);
        if (p) /* 80 to 120 % of the interval, so that clients do not fall into step */
            p->next_us = now_us + checker->consent_us / 100 * (80 + hop_random32() % 41);
    }
    if (!p)
        return 0;
    *path = p->path;
    return build(checker, p, buf);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static struct pair *find_transaction(struct hop_checker *c, const struct hop_path *path,
                                     const struct hop_stun *msg)
{
    for (unsigned i = 0; i < c->n_pairs; i++) {
        struct pair *p = &c->pairs[i];
        if (p->state == IN_PROGRESS && hop_path_equal(&p->path, path) &&
            memcmp(p->transaction, msg->transaction, HOP_STUN_TRANSACTION) == 0)
            return p;
    }
    return NULL;
}

static void take_success(struct hop_checker *c, struct pair *p, int64_t now_us)
{
    p->state = SUCCEEDED;
    int at = (int)(p - c->pairs);
    if (c->state == HOP_CHECKER_CHECKING) {
        if (c->first_success_us == INT64_MAX)
            c->first_success_us = now_us;
        if (!p->nominating)
            return;
        c->state = HOP_CHECKER_CONNECTED;
        c->selected = at;
        p->next_us = now_us + c->consent_us;
    }
    if (at == c->selected)
        c->consented_us = now_us;
}

static void take_response(struct hop_checker *c, const struct hop_path *path,
                          const struct hop_stun *msg, int64_t now_us)
{
    struct pair *p = find_transaction(c, path, msg);
    if (!p)
        return;
    if (msg->cls == HOP_STUN_SUCCESS) {
        if (hop_stun_check(msg, c->remote_key))
            take_success(c, p, now_us);
        return;
    }
    /* 400 and 401 cannot be authenticated (RFC 8489 §9.1.4); an off-path sender would have to guess
     * the transaction. */
    c->error = msg->error_code;
    if (c->state == HOP_CHECKER_CHECKING)
        pair_failed(c, p);
}

static size_t answer_check(struct hop_checker *c, const struct hop_path *path,
                           const struct hop_stun *msg, uint8_t *answer)
{
    size_t len = strlen(c->expected);
    if (!msg->username || msg->username_len != len ||
        memcmp(msg->username, c->expected, len) != 0 || !hop_stun_check(msg, c->local_key))
        return hop_stun_build_error(msg->transaction, 401, NULL, 0, NULL, answer,
                                    HOP_STUN_MAX_BUILT);
    return hop_stun_build_success(msg->transaction, &path->remote, c->local_key, answer,
                                  HOP_STUN_MAX_BUILT);
}

size_t hop_checker_receive(struct hop_checker *checker, const struct hop_path *path,
                           const uint8_t *data, size_t len, int64_t now_us,
                           uint8_t answer[HOP_STUN_MAX_BUILT])
{
    struct hop_stun msg;
    if (checker->silent || hop_stun_parse(data, len, &msg) != HOP_STUN_OK || msg.method != 1)
        return 0;
    if (msg.cls == HOP_STUN_REQUEST)
        return answer_check(checker, path, &msg, answer);
    if (msg.cls != HOP_STUN_INDICATION)
        take_response(checker, path, &msg, now_us);
    return 0;
}

/* ---- state ----------------------------------------------------------------------------------- */

enum hop_checker_state hop_checker_state(const struct hop_checker *checker)
{
    return checker->state;
}

const struct hop_path *hop_checker_selected(const struct hop_checker *checker)
{
    return checker->selected < 0 ? NULL : &checker->pairs[checker->selected].path;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t checking_deadline(const struct hop_checker *c)
{
    int64_t at = INT64_MAX;
    for (unsigned i = 0; i < c->n_pairs; i++) {
        const struct pair *p = &c->pairs[i];
        if (p->state == WAITING)
            at = sooner(at, c->last_started_us + PACING_US);
        else if (p->state == IN_PROGRESS)
            at = sooner(at, p->next_us);
    }
    if (c->first_success_us == INT64_MAX || choose(c, c->first_success_us + PATIENCE_US) < 0)
        return at; /* nothing to nominate, or it is under way */
    bool now = choose(c, c->first_success_us) >= 0;
    return sooner(at, c->first_success_us + (now ? 0 : PATIENCE_US));
}

int64_t hop_checker_deadline(const struct hop_checker *checker)
{
    if (checker->silent)
        return INT64_MAX;
    if (checker->state == HOP_CHECKER_CHECKING)
        return checking_deadline(checker);
    if (checker->state == HOP_CHECKER_CONNECTED)
        return sooner(checker->pairs[checker->selected].next_us,
                      checker->consented_us + CONSENT_GONE_US);
    return INT64_MAX;
}

void hop_checker_set_silent(struct hop_checker *checker, bool silent)
{
    checker->silent = silent;
}

uint16_t hop_checker_error(const struct hop_checker *checker)
{
    return checker->error;
}
