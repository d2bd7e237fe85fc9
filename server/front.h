/* The door of the shared port: accepted connections wait here until their first bytes tell whether
 * they are HTTPS or ICE-TCP (first_bytes.h), and are then given to whom they belong. The bytes stay
 * in the kernel: nothing is read, only looked at.
 *
 * How many may wait, and how long, is bounded: when one more comes, the one that has waited longest
 * goes. Called by http.c. Control thread.
 */
#pragma once

#include "server/first_bytes.h"

enum { HOP_FRONT_WAITING = 256 };

struct hop_front;

struct hop_front_config {
    int64_t patience_us; /* after that who has not said enough is closed */
    /* The descriptor is theirs from then on. */
    void (*tls)(void *ctx, int fd);
    /* `message`: a copy of the first frame, which is still to be read. */
    void (*media)(void *ctx, int fd, const uint8_t *message, size_t len);
    void *ctx;
};

/* -EMFILE, -ENOMEM. */
int hop_front_new(const struct hop_front_config *config, struct hop_front **out);
/* Closes who waits. NULL-safe. */
void hop_front_free(struct hop_front *front);

/* A descriptor that is readable whenever hop_front_service() has something to do. */
int hop_front_fd(const struct hop_front *front);
/* A new connection, non-blocking; owned from then on. */
void hop_front_take(struct hop_front *front, int fd, int64_t now_us);
void hop_front_service(struct hop_front *front);
/* Closes who has waited too long. When it is to be called next; INT64_MAX: nobody waits. */
int64_t hop_front_tick(struct hop_front *front, int64_t now_us);

int hop_front_waiting(const struct hop_front *front);
/* How many were closed undecided, since the start. */
uint64_t hop_front_refused(const struct hop_front *front);
