/* server/openapi.json against the router: each path and method is in both, everybody's are marked
 * so, and the scopes are those of the one table (scopes.h). */
#include "server/rest.h"
#include "server/scopes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static json_t *document;

static const char *method_name(enum hop_method method)
{
    static const char *const names[] = { "get", "head", "post", "patch", "delete" };

    return names[method];
}

/* "/a/{id}/b" as the router writes it. Free with g_free(). */
static char *pattern_of(const char *path)
{
    GString *out = g_string_new(NULL);

    while (*path != '\0') {
        if (*path == '{') {
            g_string_append_c(out, '*');
            path = strchr(path, '}') + 1;
        } else {
            g_string_append_c(out, *path++);
        }
    }
    return g_string_free(out, FALSE);
}

static json_t *find(enum hop_method method, const char *pattern)
{
    const char *path;
    json_t *item;

    json_object_foreach(json_object_get(document, "paths"), path, item)
    {
        char *own = pattern_of(path);
        bool same = strcmp(own, pattern) == 0;

        g_free(own);
        if (same)
            return json_object_get(item, method_name(method));
    }
    return NULL;
}

/* What a program needs, by the document. */
static uint32_t scopes_in(const json_t *operation)
{
    json_t *list = json_array(), *security = json_object_get(operation, "security");
    uint32_t scopes = 0;

    for (size_t i = 0; i < json_array_size(security); i++)
        json_array_extend(list, json_object_get(json_array_get(security, i), "token"));
    if (json_array_size(list) > 0)
        assert_true(hop_scopes_read(list, &scopes));
    json_decref(list);
    return scopes;
}

static void every_route_is_described(void **state)
{
    enum hop_method method;
    const char *path;
    bool everybody;

    (void)state;
    for (size_t i = 0; hop_rest_route(i, &method, &path, &everybody); i++) {
        json_t *operation = find(method, path);
        json_t *security = json_object_get(operation, "security");

        if (operation == NULL)
            fail_msg("server/openapi.json lacks %s %s", method_name(method), path);
        if (everybody != (json_array_size(security) == 0))
            fail_msg("%s %s: who may is described wrongly", method_name(method), path);
        if (!everybody && scopes_in(operation) != hop_scope_of(method, path))
            fail_msg("%s %s: the scopes are described wrongly", method_name(method), path);
    }
}

static bool has_route(const char *name, const char *pattern)
{
    enum hop_method method;
    const char *path;
    bool everybody;

    for (size_t i = 0; hop_rest_route(i, &method, &path, &everybody); i++)
        if (strcmp(method_name(method), name) == 0 && strcmp(path, pattern) == 0)
            return true;
    return false;
}

static void nothing_else_is_described(void **state)
{
    const char *path, *method;
    json_t *item, *operation;

    (void)state;
    json_object_foreach(json_object_get(document, "paths"), path, item)
    {
        char *pattern = pattern_of(path);

        json_object_foreach(item, method, operation)
        {
            if (!has_route(method, pattern))
                fail_msg("the router has no %s %s", method, path);
        }
        g_free(pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(nothing_else_is_described),
    };
    json_error_t error;
    int failed;

    document =
        json_load_file(HOP_TESTS_DIR "/../server/openapi.json", JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        print_error("openapi.json: %s, line %d\n", error.text, error.line);
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(document);
    return failed;
}
