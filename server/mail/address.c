/* See address.h. */
#include "server/mail/address.h"

#include <glib.h>
#include <string.h>

static bool valid_local(const char *text, size_t len)
{
    if (len == 0 || len > 64 || text[0] == '.' || text[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && text[i + 1] == '.')
            return false;
        if (!g_ascii_isalnum(text[i]) && strchr("!#$%&'*+-/=?^_`{|}~.", text[i]) == NULL)
            return false;
    }
    return true;
}

static bool valid_label(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > 63 || text[0] == '-' || text[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isalnum(text[i]) && text[i] != '-')
            return false;
    return true;
}

static bool valid_domain(const char *text)
{
    g_auto(GStrv) labels = g_strsplit(text, ".", -1);

    for (char **label = labels; *label != NULL; label++)
        if (!valid_label(*label))
            return false;
    return labels[0] != NULL;
}

bool hop_mail_address_valid(const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL && strlen(address) <= HOP_MAIL_ADDRESS &&
           valid_local(address, (size_t)(at - address)) && valid_domain(at + 1);
}
