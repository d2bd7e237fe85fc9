/* What every test here stands on: one hopd per test program, one room per test, participants who
 * are freed at its end whatever happened. cmocka set-ups and tear-downs; a failed assertion in a
 * helper fails the test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/client/client.h"
#include "tests/integration/rest.h"

enum { MEETING_CLIENTS = 128, PATIENCE_MS = 15000 };

struct raw;

struct meeting {
    struct hopd hopd;
    struct hop_client_loop *loop;
    char cookie[256], room[40]; /* of the administrator; of the present test */
    struct hop_client *clients[MEETING_CLIENTS];
    size_t n_clients;
    struct hop_client *keep[8]; /* live longer than a test; freed by meeting_end() */
    struct raw *raws;           /* raw.h */
};

/* Group set-up and tear-down: starts hopd; stops it and wants exit code 0 (no leak, no error). */
int meeting_begin(void **state);
int meeting_begin_with(void **state, const struct hopd_options *options);
int meeting_end(void **state);
/* Test set-up and tear-down: a new room; nobody left, hopd still there. */
int meeting_open(void **state);
int meeting_close(void **state);

#define meeting_test(f) cmocka_unit_test_setup_teardown(f, meeting_open, meeting_close)

/* Begins to join; url and room are filled in, a local IPv4 address unless one is given. */
struct hop_client *meeting_enter(struct meeting *m, struct hop_client_config config);
/* Has joined. */
struct hop_client *meeting_join(struct meeting *m, struct hop_client_config config);
/* Has joined and his media is up. */
struct hop_client *meeting_join_media(struct meeting *m, struct hop_client_config config);
/* Away with him before the test's end. */
void meeting_drop(struct meeting *m, struct hop_client *c);

/* A participant with a tone and, with slots, a camera. */
struct hop_client_config meeting_talker(const char *name, double tone_hz);
struct hop_client_config meeting_viewer(const char *name, double tone_hz, uint32_t tag, int slots);

/* Lets time pass while all go on. */
void meeting_run(struct meeting *m, int ms);
bool meeting_until(struct meeting *m, bool (*holds)(void *ctx), void *ctx, int timeout_ms);

/* ---- assertions -------------------------------------------------------------------------------
 */

/* Everyone in the list hears every other one's tone and himself at least 40 dB below. */
void assert_all_hear(struct meeting *m, struct hop_client *const *clients, const double *tones,
                     size_t n);
void assert_hears(struct hop_client *c, double hz);
/* The tone is at least 40 dB below one that is heard. */
void assert_does_not_hear(struct hop_client *c, double hz);
/* He stops to hear that tone. */
void assert_falls_silent(struct meeting *m, struct hop_client *c, double hz);
/* The request is answered without error (with that error); returns its data (borrowed). */
json_t *assert_ok(struct hop_client *c, const char *op, json_t *data);
void assert_refused(struct hop_client *c, const char *op, json_t *data, const char *code);
/* He sees the tag in the slot that is said to show that participant and source. */
void assert_sees(struct hop_client *viewer, const struct hop_client *shown, uint32_t tag,
                 const char *source);
/* Nothing of what came to him was lost, doubled, out of order or undecodable. */
void assert_streams_whole(const struct hop_client *c, int slots);
/* The mix has gone on since then: nothing lost, and packets all the time. */
struct meeting_mark {
    uint64_t packets;
    int64_t lost;
    uint32_t timestamp_breaks, jumps;
    int64_t at_us;
};
struct meeting_mark meeting_mark(const struct hop_client *c);
void assert_uninterrupted(const struct hop_client *c, struct meeting_mark since);
