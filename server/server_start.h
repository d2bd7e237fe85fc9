/* The steps of starting, one function per part; each returns an exit code and, on failure, *error
 * with "code: text" (g_free()). Used by server.c only, in this order. Control thread. */
#pragma once

#include "server/server.h"

/* `wake` reaches hop_http_wake() from any thread, while there is a loop. */
struct hop_start {
    struct hop_server *server;
    void (*wake)(void *server);
    char *error;
};

enum hop_exit hop_start_state(struct hop_start *start);       /* directory, lock, database */
enum hop_exit hop_start_accounts(struct hop_start *start);    /* sessions, administrator */
enum hop_exit hop_start_files(struct hop_start *start);       /* the page */
enum hop_exit hop_start_certificate(struct hop_start *start); /* the own one, or the given one */
enum hop_exit hop_start_media(struct hop_start *start);       /* relay and signaling */
enum hop_exit hop_start_listening(struct hop_start *start);   /* ports */
enum hop_exit hop_start_mail(struct hop_start *start);        /* the mailer */
