/* See static.h. Only files that were found at the scan can be asked for: a path is looked up, never
 * opened as it came, so there is nothing to traverse. */
#include "server/static.h"

#define HOP_LOG_MODULE "static"
#include "media/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILES = 5000, MAX_DEPTH = 8, PLAIN = 0, BROTLI, GZIP, VARIANTS };

static const char *const suffixes[VARIANTS] = { "", ".br", ".gz" };
static const char *const encodings[VARIANTS] = { NULL, "br", "gzip" };

struct variant {
    int64_t size; /* -1: there is none */
    char etag[40];
};

struct file {
    char *disk; /* path on the disk, of the plain variant */
    const char *type;
    bool immutable; /* its name has a fingerprint of its content */
    struct variant variants[VARIANTS];
};

struct hop_static {
    char *root;
    GHashTable *files; /* "/assets/x.js" -> struct file */
};

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".mjs", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".map", "application/json" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".webp", "image/webp" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".wasm", "application/wasm" },
        { ".mp3", "audio/mpeg" },
        { ".ogg", "audio/ogg" },
        { ".opus", "audio/ogg" },
        { ".wav", "audio/wav" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".pdf", "application/pdf" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(path, types[i][0]))
            return types[i][1];
    return "application/octet-stream";
}

/* ---- the scan -------------------------------------------------------------------------------- */

static bool read_variant(const char *disk, struct variant *variant)
{
    g_autoptr(GMappedFile) mapped = g_mapped_file_new(disk, FALSE, NULL);
    g_autofree char *sum = NULL;

    variant->size = -1;
    if (mapped == NULL)
        return false;
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                      (const guchar *)g_mapped_file_get_contents(mapped),
                                      g_mapped_file_get_length(mapped));
    variant->size = (int64_t)g_mapped_file_get_length(mapped);
    g_snprintf(variant->etag, sizeof(variant->etag), "\"%.32s\"", sum);
    return true;
}

static bool is_variant_of_other(const char *disk)
{
    for (int i = BROTLI; i < VARIANTS; i++) {
        g_autofree char *plain = NULL;

        if (!g_str_has_suffix(disk, suffixes[i]))
            continue;
        plain = g_strndup(disk, strlen(disk) - strlen(suffixes[i]));
        if (g_file_test(plain, G_FILE_TEST_IS_REGULAR))
            return true;
    }
    return false;
}

static void free_file(gpointer data)
{
    struct file *file = data;

    g_free(file->disk);
    g_free(file);
}

static void add_file(struct hop_static *files, const char *path, const char *disk)
{
    struct file *file;

    if (is_variant_of_other(disk) || g_hash_table_size(files->files) >= MAX_FILES)
        return;
    file = g_new0(struct file, 1);
    file->disk = g_strdup(disk);
    file->type = type_of(path);
    file->immutable = g_str_has_prefix(path, "/assets/");
    for (int i = 0; i < VARIANTS; i++) {
        g_autofree char *variant = g_strconcat(disk, suffixes[i], NULL);

        read_variant(variant, &file->variants[i]);
    }
    if (file->variants[PLAIN].size < 0)
        free_file(file);
    else
        g_hash_table_insert(files->files, g_strdup(path), file);
}

static void scan(struct hop_static *files, const char *path, const char *disk, int depth)
{
    g_autoptr(GDir) dir = depth < MAX_DEPTH ? g_dir_open(disk, 0, NULL) : NULL;
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_strconcat(path, "/", name, NULL);
        g_autofree char *child_disk = g_build_filename(disk, name, NULL);
        struct stat st;

        if (name[0] == '.' || stat(child_disk, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            scan(files, child, child_disk, depth + 1);
        else if (S_ISREG(st.st_mode))
            add_file(files, child, child_disk);
    }
}

int hop_static_new(const char *root, struct hop_static **out)
{
    struct hop_static *files = g_new0(struct hop_static, 1);

    files->root = g_strdup(root);
    files->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_file);
    scan(files, "", root, 0);
    if (!g_hash_table_contains(files->files, "/index.html")) {
        hop_static_free(files);
        return -ENOENT;
    }
    *out = files;
    return 0;
}

void hop_static_free(struct hop_static *files)
{
    if (files == NULL)
        return;
    g_hash_table_destroy(files->files);
    g_free(files->root);
    g_free(files);
}

size_t hop_static_count(const struct hop_static *files)
{
    return g_hash_table_size(files->files);
}

/* ---- serving --------------------------------------------------------------------------------- */

bool hop_accepts_encoding(const char *accept, const char *encoding)
{
    g_auto(GStrv) parts = g_strsplit(accept, ",", 32);

    for (char **part = parts; *part != NULL; part++) {
        char *quality = strchr(*part, ';');

        if (quality != NULL)
            *quality++ = '\0';
        if (g_ascii_strcasecmp(g_strstrip(*part), encoding) != 0)
            continue;
        quality = quality != NULL ? strstr(quality, "q=") : NULL;
        return quality == NULL || g_ascii_strtod(quality + 2, NULL) > 0;
    }
    return false;
}

bool hop_etag_matches(const char *if_none_match, const char *etag)
{
    g_auto(GStrv) parts = g_strsplit(if_none_match, ",", 64);

    for (char **part = parts; *part != NULL; part++) {
        const char *tag = g_strstrip(*part);

        if (strcmp(tag, "*") == 0)
            return true;
        if (strcmp(g_str_has_prefix(tag, "W/") ? tag + 2 : tag, etag) == 0)
            return true;
    }
    return false;
}

static int choose_variant(const struct file *file, const char *accept)
{
    for (int i = BROTLI; i < VARIANTS; i++)
        if (file->variants[i].size >= 0 && hop_accepts_encoding(accept, encodings[i]))
            return i;
    return PLAIN;
}

/* The page finds its way by the path itself; a name with a dot in it is a file that is missing. */
static bool is_page_route(const char *path)
{
    const char *last = strrchr(path, '/');

    return !g_str_has_prefix(path, "/api/") && !g_str_has_prefix(path, "/assets/") &&
           strchr(last, '.') == NULL;
}

static void send_variant(struct hop_request *request, const struct file *file, int v)
{
    const struct variant *variant = &file->variants[v];
    g_autofree char *disk = g_strconcat(file->disk, suffixes[v], NULL);
    int fd = open(disk, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size != variant->size) {
        if (fd >= 0)
            close(fd);
        hop_respond_error(request, 503, "server.files",
                          "the page's files have changed; the server must be restarted");
        return;
    }
    hop_respond_file(request, 200, file->type, fd, variant->size);
}

static void serve_file(struct hop_request *request, const struct file *file)
{
    int v = choose_variant(file, request->accept_encoding);

    hop_request_header(request, "etag", "%s", file->variants[v].etag);
    hop_request_header(request, "cache-control", "%s",
                       file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    hop_request_header(request, "vary", "accept-encoding");
    if (hop_etag_matches(request->if_none_match, file->variants[v].etag)) {
        hop_respond_empty(request, 304);
        return;
    }
    if (encodings[v] != NULL)
        hop_request_header(request, "content-encoding", "%s", encodings[v]);
    send_variant(request, file, v);
}

void hop_static_serve(struct hop_static *files, struct hop_request *request)
{
    const struct file *file = g_hash_table_lookup(files->files, request->path);

    if (request->method != HOP_METHOD_GET && request->method != HOP_METHOD_HEAD) {
        hop_request_header(request, "allow", "GET, HEAD");
        hop_respond_error(request, 405, "request.method", "only GET and HEAD here");
        return;
    }
    if (file == NULL && is_page_route(request->path))
        file = g_hash_table_lookup(files->files, "/index.html");
    if (file == NULL)
        hop_respond_error(request, 404, "not_found", "no such page");
    else
        serve_file(request, file);
}
