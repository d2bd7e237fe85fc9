/* What waits to be sent on one WebSocket: whole messages in order, bounded in bytes, read in small
 * pieces because large lws_write()s are where libwebsockets fails. A message to many is held once.
 *
 * Called by: session. Control thread.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_outbox {
    GQueue messages;
    size_t bytes; /* not yet read */
};

void hop_outbox_init(struct hop_outbox *box);
void hop_outbox_clear(struct hop_outbox *box);

/* Appends `prefix` (at most 31 bytes, "" none) + `body`; takes a reference to the body. -ENOSPC: it
 * would hold more than `max` bytes; nothing is appended. */
int hop_outbox_push(struct hop_outbox *box, const char *prefix, GBytes *body, size_t max);

/* Copies the next piece of the message in front into `buf`; 0: nothing waits. `*first` and `*last`
 * say whether it begins and ends the message. */
size_t hop_outbox_read(struct hop_outbox *box, uint8_t *buf, size_t cap, bool *first, bool *last);
