/* Connections that know no protocol: a WebSocket that says any text, TCP and UDP sockets that say
 * any bytes. The tests' thread. */
#pragma once

#include "tests/integration/meeting.h"

#include "media/base/addr.h"

struct raw;

/* Connected and open. Freed by raw_free(), NULL-safe, or at the end of the test. */
struct raw *raw_open(struct meeting *m);
void raw_free(struct raw *r);
void raw_free_all(struct meeting *m);
void raw_send(struct raw *r, const char *text, size_t len);
/* Sends, and waits for the next message or the end. The newest message (borrowed), NULL: none. */
json_t *raw_say(struct raw *r, const char *text);
/* error.code of raw_say(); "" without. */
const char *raw_code(struct raw *r, const char *text);
/* Close code; -1: it is not closed in time. */
int raw_wait_closed(struct raw *r, int timeout_ms);
/* All codes of errors that came so far contain that one. */
bool raw_was_told(struct raw *r, const char *code);

/* A TCP connection to 127.0.0.1; the descriptor, not blocking. */
int raw_tcp(int port, const char *text);
/* How many of the n connections the other side has closed (what came is thrown away). */
int raw_count_closed(const int *fds, int n);
/* One datagram to 127.0.0.1 from a socket of its own (-1 is replaced by a new one). */
void raw_udp(int *fd, int port, const uint8_t *data, size_t len);
