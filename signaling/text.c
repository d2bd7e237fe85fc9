/* Names, chat and tokens: see text.h. Control thread. Unicode: UAX #15 (NFC), UTR #36 (what text
 * can be abused for). */
#include "signaling/text.h"

#include "media/base/random.h"

#include <glib.h>
#include <string.h>

static bool is_bidi_control(gunichar c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static bool may_be_in_name(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
        return false;
    default:
        return !is_bidi_control(c);
    }
}

static bool is_visible(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_FORMAT:
    case G_UNICODE_SPACE_SEPARATOR:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
        return false;
    default:
        /* the Hangul fillers and the braille blank look like nothing although they are letters */
        return c != 0x115f && c != 0x1160 && c != 0x3164 && c != 0xffa0 && c != 0x2800;
    }
}

bool hop_text_name(const char *in, char out[HOP_NAME_BYTES])
{
    g_autofree char *nfc = g_utf8_normalize(in, -1, G_NORMALIZE_NFC);
    if (nfc == NULL)
        return false;
    char name[HOP_NAME_BYTES];
    size_t len = 0;
    size_t chars = 0;
    bool space = false;
    bool visible = false;
    for (const char *p = nfc; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!may_be_in_name(c))
            return false;
        if (g_unichar_isspace(c)) {
            space = len > 0;
            continue;
        }
        chars += space ? 2 : 1;
        if (chars > HOP_MAX_NAME)
            return false;
        if (space)
            name[len++] = ' ';
        space = false;
        visible = visible || is_visible(c);
        len += (size_t)g_unichar_to_utf8(c, name + len);
    }
    if (!visible)
        return false;
    memcpy(out, name, len);
    out[len] = '\0';
    return true;
}

static bool may_be_in_chat(gunichar c)
{
    if (c == '\n' || c == '\t')
        return true;
    return g_unichar_type(c) != G_UNICODE_CONTROL && c != 0x202d && c != 0x202e;
}

char *hop_text_chat(const char *in, size_t *n_chars)
{
    g_autofree char *nfc = g_utf8_normalize(in, -1, G_NORMALIZE_NFC);
    if (nfc == NULL)
        return NULL;
    GString *out = g_string_sized_new(strlen(nfc));
    for (const char *p = nfc; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '\r' && p[1] != '\n')
            c = '\n';
        if (may_be_in_chat(c))
            g_string_append_unichar(out, c);
    }
    char *text = g_strstrip(g_string_free(out, FALSE));
    *n_chars = (size_t)g_utf8_strlen(text, -1);
    return text;
}

void hop_token_new(char out[HOP_TOKEN_CHARS + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bits[HOP_TOKEN_CHARS / 2];
    hop_random_bytes(bits, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++) {
        out[2 * i] = digits[bits[i] >> 4];
        out[2 * i + 1] = digits[bits[i] & 15];
    }
    out[HOP_TOKEN_CHARS] = '\0';
}

bool hop_token_valid(const char *text)
{
    return strlen(text) == HOP_TOKEN_CHARS && strspn(text, "0123456789abcdef") == HOP_TOKEN_CHARS;
}

void hop_token_hash(const char *token, uint8_t out[HOP_TOKEN_HASH])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)token, HOP_TOKEN_CHARS);
    gsize len = HOP_TOKEN_HASH;
    g_checksum_get_digest(sum, out, &len);
}

bool hop_bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t diff = 0;
    for (size_t i = 0; i < len; i++)
        diff = (uint8_t)(diff | (a[i] ^ b[i]));
    return diff == 0;
}
