/* A store in a fresh directory, and callbacks that remember their answer. hop_store_flush() stands
 * in for the control loop. */
#pragma once

#include "server/store/store.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char *dir, *path;
    struct hop_store *store;
};

static inline struct hop_store *open_store(const char *path)
{
    struct hop_store_config config = { .path = path };
    struct hop_store *store = NULL;

    assert_int_equal(hop_store_open(&config, &store), 0);
    return store;
}

static inline int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->dir = g_dir_make_tmp("hop-store-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "hop.db", NULL);
    f->store = open_store(f->path);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    struct fixture *f = *state;

    hop_store_close(f->store);
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        char *path = g_strconcat(f->path, suffixes[i], NULL);

        g_unlink(path);
        g_free(path);
    }
    g_rmdir(f->dir);
    g_free(f->path);
    g_free(f->dir);
    g_free(f);
    return 0;
}

/* Closes and opens: what a restart would find. */
static inline void reopen(struct fixture *f)
{
    hop_store_close(f->store);
    f->store = open_store(f->path);
}
