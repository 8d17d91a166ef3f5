/* SPDX-License-Identifier: MIT */
#include "verify/check_list.h"

#include <stdlib.h>

int check_list_add(struct check_list *list, const struct check_failure *failure, struct error *err) {
    struct check_failure *grown = realloc(list->failed, (list->count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for %zu failed checks", list->count + 1);
    list->failed = grown;
    grown[list->count++] = *failure;
    list->made++;
    return 0;
}

void check_list_free(struct check_list *list) {
    free(list->failed);
    *list = (struct check_list){0};
}
