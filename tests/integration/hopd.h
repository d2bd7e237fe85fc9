/* The real hopd as a process: on ports of its own, with a state directory of its own, its output in
 * a file. The tests' thread. Under sanitizers a leak or an error in hopd makes its exit status
 * differ from 0. */
#pragma once

#include "tests/client/loop.h"

#include <stddef.h>
#include <sys/types.h>

#define HOPD_PASSWORD "trong dong 2026"

enum { HOPD_PATH = 256, HOPD_MAX_SET = 16 };

struct hopd_options {
    const char *set[HOPD_MAX_SET]; /* "group.key=value", NULL-terminated */
    unsigned disk_kb;              /* the state directory is a disk of that size; 0: it is not */
};

struct hopd {
    pid_t pid; /* 0: does not run */
    int pidfd, ready_fd;
    int https, http, media; /* ports; kept from one start to the next */
    char dir[64];           /* everything it has; removed by hopd_remove() */
    char state[HOPD_PATH];
    char url[64]; /* "http://localhost:port" */
    struct hopd_options options;
};

/* Makes the directories. False: why is in errno. */
bool hopd_prepare(struct hopd *h, const struct hopd_options *options);
/* Starts it (again); does not wait. */
bool hopd_spawn(struct hopd *h);
/* Runs the loop until it says that it is ready; false: it did not, the log was printed. */
bool hopd_wait_ready(struct hopd *h, struct hop_client_loop *loop, int timeout_ms);
/* The three above. */
bool hopd_start(struct hopd *h, const struct hopd_options *options, struct hop_client_loop *loop);

/* Runs the loop until it is gone. Returns its exit code, 128 + the signal that ended it, or -1 when
 * it does not go. A code that is not 0 prints the log. */
int hopd_wait_exit(struct hopd *h, struct hop_client_loop *loop, int timeout_ms);
/* SIGTERM, then hopd_wait_exit(). */
int hopd_stop(struct hopd *h, struct hop_client_loop *loop);
/* SIGKILL, and waits for the end. */
void hopd_kill(struct hopd *h);
bool hopd_runs(const struct hopd *h);
/* Kills it if it still runs; removes its directory. */
void hopd_remove(struct hopd *h);

/* All that it has printed since hopd_prepare(); free(). */
char *hopd_log(const struct hopd *h);
/* A path in its view of the file system (its disk may be its own). */
void hopd_inside(const struct hopd *h, const char *name, char out[2 * HOPD_PATH]);

/* Runs `hopd ARGS…` (NULL-terminated) to its end, as a user without rights if asked. Returns the
 * exit code as above; *output is what it printed; free(). It blocks. */
int hopd_run(const char *const *args, bool as_nobody, char **output);
