/* Text that people typed: names and chat, made safe and comparable before anyone sees it; and the
 * random tokens that stand for people.
 *
 * Called by: request, join, chat. Control thread; no state.
 */
#pragma once

#include "media/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOP_NAME_BYTES = HOP_MAX_NAME * 4 + 1, /* UTF-8 with the NUL */
    HOP_TOKEN_CHARS = 32,                  /* hexadecimal digits of 128 bits */
    HOP_TOKEN_HASH = 32,                   /* SHA-256 */
};

/* NFC, trimmed, runs of white space joined to one space. False: empty, more than HOP_MAX_NAME code
 * points, not UTF-8, or it holds control characters, bidirectional controls, line separators,
 * private code points, or nothing visible. */
bool hop_text_name(const char *in, char out[HOP_NAME_BYTES]);

/* NFC, line ends as \n, other control characters and bidirectional overrides dropped, trimmed. The
 * result is the caller's (g_free). NULL: not UTF-8. `*n_chars` gets its length in code points. */
char *hop_text_chat(const char *in, size_t *n_chars);

/* 128 random bits in lower-case hexadecimal. */
void hop_token_new(char out[HOP_TOKEN_CHARS + 1]);
bool hop_token_valid(const char *text);
void hop_token_hash(const char *token, uint8_t out[HOP_TOKEN_HASH]);
/* Takes the same time wherever they differ. */
bool hop_bytes_equal(const uint8_t *a, const uint8_t *b, size_t len);
