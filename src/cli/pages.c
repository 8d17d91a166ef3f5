/* SPDX-License-Identifier: MIT */
#include "cli/pages.h"

#include "record/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Every name made so far. */
static char **names;
static size_t name_count;

static const char *keep_name(const char *page, size_t number) {
    char **more = realloc(names, (name_count + 1) * sizeof *names);
    if (!more) return NULL;
    names = more;
    if (asprintf(&names[name_count], "%s#%zu", page, number) < 0) return NULL;
    return names[name_count++];
}

error_t take_results(const char *path, error_t (*take)(void *context, const char *path), void *context) {
    size_t count = 1;
    struct error err;
    if (results_in(path, &count, &err) != 0 && err.kind == ERROR_PROGRAM) return ENOMEM;
    if (count <= 1) return take(context, path);
    for (size_t i = 1; i <= count; i++) {
        const char *name = keep_name(path, i);
        const error_t bad = name ? take(context, name) : ENOMEM;
        if (bad) return bad;
    }
    return 0;
}
