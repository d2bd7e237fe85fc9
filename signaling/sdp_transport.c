/* The one transport of an offer: ICE credentials, DTLS fingerprint and role, the bundle. See
 * sdp_lines.h. Control thread. RFC 8839 §5.4, 8842 §5, 8122 §5, 9143 §7.2. */
#include "signaling/sdp_lines.h"

#include <string.h>

/* An attribute of the m-line, else of the session. */
static const char *attribute(struct hop_sdp_reader *r, const GstSDPMedia *media, const char *name)
{
    const char *value = gst_sdp_media_get_attribute_val(media, name);
    return value != NULL ? value : gst_sdp_message_get_attribute_val(r->sdp, name);
}

static bool ice_chars(const char *text, size_t min, size_t max)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len < min || len > max)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '+' && *p != '/')
            return false;
    }
    return true;
}

/* "sha-256 AB:CD:…" (RFC 8122 §5); false: another hash, or no digest of its length. */
static bool read_fingerprint(const char *value, struct hop_peer_desc *desc)
{
    static const struct {
        const char *name;
        uint8_t len;
    } hashes[] = { { "sha-256", 32 }, { "sha-384", 48 }, { "sha-512", 64 } };
    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++) {
        size_t name_len = strlen(hashes[i].name);
        size_t len = hashes[i].len;
        const char *hex = value + name_len + 1;
        if (g_ascii_strncasecmp(value, hashes[i].name, name_len) != 0 || value[name_len] != ' ' ||
            strlen(hex) != len * 3 - 1)
            continue;
        for (size_t b = 0; b < len; b++) {
            int high = g_ascii_xdigit_value(hex[3 * b]);
            int low = g_ascii_xdigit_value(hex[3 * b + 1]);
            if (high < 0 || low < 0 || (b + 1 < len && hex[3 * b + 2] != ':'))
                return false;
            desc->fingerprint[b] = (uint8_t)(high << 4 | low);
        }
        desc->fingerprint_len = hashes[i].len;
        (void)g_strlcpy(desc->fingerprint_hash, hashes[i].name, sizeof desc->fingerprint_hash);
        return true;
    }
    return false;
}

/* The first fingerprint that hop can check. */
static bool find_fingerprint(struct hop_sdp_reader *r, const GstSDPMedia *media,
                             struct hop_peer_desc *out)
{
    const char *value;
    for (guint i = 0; i < 8; i++) {
        value = gst_sdp_media_get_attribute_val_n(media, "fingerprint", i);
        if (value == NULL)
            break;
        if (read_fingerprint(value, out))
            return true;
    }
    for (guint i = 0; i < 8; i++) {
        value = gst_sdp_message_get_attribute_val_n(r->sdp, "fingerprint", i);
        if (value != NULL && read_fingerprint(value, out))
            return true;
    }
    return false;
}

bool hop_sdp_read_transport(struct hop_sdp_reader *r, size_t n, const GstSDPMedia *media)
{
    const char *ufrag = attribute(r, media, "ice-ufrag");
    const char *pwd = attribute(r, media, "ice-pwd");
    struct hop_peer_desc *desc = &r->offer->desc;
    if (r->have_transport) {
        /* within a bundle a later line may leave it out, but not have its own */
        if ((ufrag != NULL && strcmp(ufrag, desc->remote_ufrag) != 0) ||
            (pwd != NULL && strcmp(pwd, desc->remote_pwd) != 0))
            return hop_sdp_unsupported(r, n, "a transport of its own");
        return true;
    }
    if (!ice_chars(ufrag, 4, HOP_MAX_UFRAG))
        return hop_sdp_malformed(r, n, "ice-ufrag");
    if (!ice_chars(pwd, 22, HOP_MAX_PWD))
        return hop_sdp_malformed(r, n, "ice-pwd");
    const char *setup = attribute(r, media, "setup");
    if (setup == NULL || (strcmp(setup, "actpass") != 0 && strcmp(setup, "active") != 0))
        return hop_sdp_unsupported(r, n, "setup must be actpass or active");
    if (!find_fingerprint(r, media, desc))
        return hop_sdp_unsupported(r, n, "fingerprint must be sha-256, sha-384 or sha-512");
    (void)g_strlcpy(desc->remote_ufrag, ufrag, sizeof desc->remote_ufrag);
    (void)g_strlcpy(desc->remote_pwd, pwd, sizeof desc->remote_pwd);
    r->have_transport = true;
    return true;
}

bool hop_sdp_in_bundle(struct hop_sdp_reader *r, const char *mid)
{
    const char *group = NULL;
    for (guint i = 0; i < 8; i++) {
        group = gst_sdp_message_get_attribute_val_n(r->sdp, "group", i);
        if (group == NULL || strncmp(group, "BUNDLE ", 7) == 0)
            break;
    }
    if (group == NULL || strncmp(group, "BUNDLE ", 7) != 0)
        return false;
    size_t len = strlen(mid);
    for (const char *p = group + 7; *p != '\0';) {
        size_t n = strcspn(p, " ");
        if (n == len && memcmp(p, mid, len) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}
