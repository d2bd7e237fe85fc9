/* See scenario.h. */
#include "bench/load/scenario.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *group, *key;
    size_t at;
    int fallback, least, most;
} numbers[] = {
#define NUMBER(group, key, member, fallback, least, most)                                          \
    {                                                                                              \
        group, key, offsetof(struct hop_load_scenario, member), fallback, least, most              \
    }
    NUMBER("run", "seconds", seconds, 8, 1, 3600),
    NUMBER("run", "warm-up", warm_up_s, 3, 0, 600),
    NUMBER("run", "join-rate", join_rate, 100, 1, 10000),
    NUMBER("run", "check-every", check_every, 1, 1, 1000),
    NUMBER("rooms", "rooms", rooms, 1, 1, 1000),
    NUMBER("rooms", "senders", senders, 1, 0, 1000),
    NUMBER("rooms", "receivers", receivers, 1, 0, 5000),
    NUMBER("rooms", "slots", slots, 1, 0, HOP_MAX_SLOTS),
    NUMBER("rooms", "view", view, HOP_MAX_SLOTS, 0, HOP_MAX_VIEW),
    NUMBER("rooms", "height", height, 720, 0, 4320),
    NUMBER("rooms", "late", late, 0, 0, 5000),
    NUMBER("rooms", "late-rate", late_rate, 40, 1, 10000),
    NUMBER("video", "kbps", kbps, 1500, 0, 100000),
    NUMBER("video", "fps", fps, 30, 1, 120),
    NUMBER("video", "layers", layers, 1, 1, HOP_MAX_LAYERS),
    NUMBER("video", "height", video_height, 720, 16, 4320),
    NUMBER("video", "pace-us", pace_us, 2000, 100, 20000),
    NUMBER("audio", "talkers", talkers, 0, 0, 1000),
    NUMBER("audio", "tones", tones, 0, 0, 1),
    NUMBER("lines", "bad", bad, 0, 0, 5000),
    NUMBER("lines", "loss-permille", loss_permille, 20, 0, 1000),
    NUMBER("churn", "per-second", churn, 0, 0, 1000),
    NUMBER("janus", "prebuffer", janus_prebuffer, 6, 0, 50),
    NUMBER("churn", "stay-ms", stay_ms, 1000, 100, 600000),
};

static bool fail(GError **error, const char *group, const char *key, const char *why)
{
    g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, "[%s] %s: %s", group, key,
                why);
    return false;
}

static bool is_known(const char *group, const char *key)
{
    static const char *const texts[] = { "run.title", "video.codec", "video.shape",
                                         "audio.microphones" };
    g_autofree char *name = g_strdup_printf("%s.%s", group, key);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strcmp(texts[i], name) == 0)
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (strcmp(numbers[i].group, group) == 0 && strcmp(numbers[i].key, key) == 0)
            return true;
    return false;
}

/* A misspelt key would measure something else than was meant. */
static bool check_keys(GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **g = groups; *g; g++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *g, NULL, NULL);
        for (char **k = keys; k && *k; k++)
            if (!is_known(*g, *k))
                return fail(error, *g, *k, "is no key of a scenario");
    }
    return true;
}

static bool override(GKeyFile *file, char **overrides, GError **error)
{
    for (char **o = overrides; o && *o; o++) {
        char *dot = strchr(*o, '.'), *equals = strchr(*o, '=');
        if (!dot || !equals || dot > equals)
            return fail(error, "--set", *o, "is not group.key=value");
        g_autofree char *group = g_strndup(*o, (gsize)(dot - *o));
        g_autofree char *key = g_strndup(dot + 1, (gsize)(equals - dot - 1));
        g_key_file_set_value(file, group, key, equals + 1);
    }
    return true;
}

static bool read_numbers(GKeyFile *file, struct hop_load_scenario *out, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        GError *wrong = NULL;
        int value = numbers[i].fallback;
        if (g_key_file_has_key(file, numbers[i].group, numbers[i].key, NULL))
            value = g_key_file_get_integer(file, numbers[i].group, numbers[i].key, &wrong);
        if (wrong) {
            g_propagate_error(error, wrong);
            return false;
        }
        if (value < numbers[i].least || value > numbers[i].most)
            return fail(error, numbers[i].group, numbers[i].key, "is out of range");
        memcpy((char *)out + numbers[i].at, &value, sizeof(value));
    }
    return true;
}

/* The index of the key's value among `names`; -1: none of them. */
static int choice(GKeyFile *file, const char *group, const char *key, const char *const *names)
{
    g_autofree char *value = g_key_file_get_string(file, group, key, NULL);
    for (int i = 0; names[i]; i++)
        if (strcmp(value ? value : names[0], names[i]) == 0)
            return i;
    return -1;
}

static bool read_choices(GKeyFile *file, struct hop_load_scenario *out, GError **error)
{
    int codec = choice(file, "video", "codec", (const char *[]){ "vp8", "h264", NULL });
    int shape = choice(file, "video", "shape", (const char *[]){ "paced", "burst", NULL });
    int mics =
        choice(file, "audio", "microphones", (const char *[]){ "none", "senders", "all", NULL });
    if (codec < 0)
        return fail(error, "video", "codec", "is neither vp8 nor h264");
    if (shape < 0)
        return fail(error, "video", "shape", "is neither paced nor burst");
    if (mics < 0)
        return fail(error, "audio", "microphones", "is none of none, senders, all");
    out->codec = codec ? HOP_CODEC_H264 : HOP_CODEC_VP8;
    out->burst = shape == 1;
    out->microphones = (enum hop_load_microphones)mics;
    out->title = g_key_file_get_string(file, "run", "title", NULL);
    return true;
}

bool hop_load_scenario_read(const char *path, char **overrides, struct hop_load_scenario *out,
                            GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    memset(out, 0, sizeof(*out));
    return g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error) &&
           override(file, overrides, error) && check_keys(file, error) &&
           read_numbers(file, out, error) && read_choices(file, out, error);
}

void hop_load_scenario_clear(struct hop_load_scenario *s)
{
    g_free(s->title);
    s->title = NULL;
}
