/* SPDX-License-Identifier: MIT */
#include "verify/check_list.h"

#include "learn/hyper_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int check_list_add(struct check_list *list, const struct check_failure *failure, struct error *err) {
    struct check_failure *more = realloc(list->failed, (list->count + 1) * sizeof *more);
    if (!more) return fail_program(err, "out of memory for %zu failed checks", list->count + 1);
    list->failed = more;
    list->failed[list->count++] = *failure;
    return 0;
}

void check_list_free(struct check_list *list) {
    free(list->failed);
    *list = (struct check_list){0};
}

/* Appends to the command; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void add(char text[CHECK_COMMAND], const char *format, ...) {
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, CHECK_COMMAND - used, format, args);
    va_end(args);
}

static void add_rows(char text[CHECK_COMMAND], const struct row_spec *rows) {
    struct row_spec defaults;
    row_spec_defaults(&defaults);
    if (strcmp(rows->data, defaults.data) != 0) add(text, " --data '%s'", rows->data);
    if (rows->split != defaults.split) add(text, " --split %s", split_names[rows->split]);
    if (rows->order != defaults.order) add(text, " --order %s", order_names[rows->order]);
    if (rows->order_seed != defaults.order_seed) add(text, " --order-seed %u", rows->order_seed);
    if (rows->limit != defaults.limit) add(text, " --limit %zu", rows->limit);
    if (rows->pages != defaults.pages) add(text, " --pages %s", page_kind_names[rows->pages]);
}

void check_command(char text[CHECK_COMMAND], const struct job_spec *spec, unsigned folds, enum engine engine,
                   const struct backend *backend) {
    *text = 0;
    add(text, "sgdmark run --engine %s", engine_names[engine]);
    if (backend && engine != ENGINE_F64) add(text, " --isa %s", backend->name);
    add_rows(text, &spec->rows);
    hyper_options(text, CHECK_COMMAND, spec, folds);
}
