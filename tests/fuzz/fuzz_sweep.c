/* SPDX-License-Identifier: MIT */
/* libFuzzer target: the argument of sweep --vary, and behind the first newline a file of points. */
#include "record/point_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An axis that is taken is the same when it is read from its own text. */
static void take_axis(const char *text) {
    struct grid grid, again;
    struct error err;
    grid_init(&grid);
    grid_init(&again);
    if (grid_vary(&grid, text, &err) == 0) {
        const struct axis *axis = &grid.axis[0];
        char *own = axis_text(axis);
        if (!own || grid_vary(&again, own, &err) != 0) abort();
        if (grid.points != again.points || axis->parameter != again.axis[0].parameter) abort();
        if (memcmp(axis->value, again.axis[0].value, axis->count * sizeof *axis->value) != 0) abort();
        free(own);
    }
    grid_free(&grid);
    grid_free(&again);
}

/* A line that is taken has numbers that agree with each other. */
static void take_line(const struct point_rules *rules, struct span line) {
    struct point_result result;
    struct error err = {.text = ""};
    if (point_read(&result, rules, line, &err) != 0) {
        if (!err.text[0] || result.fold) abort();
        return;
    }
    const struct confusion *c = &result.confusion;
    if (result.point >= rules->grid->points) abort();
    if (!result.reason[0] && c->tn + c->fp + c->fn + c->tp != rules->n) abort();
    free(result.fold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct grid grid;
    grid_init(&grid);
    if (!text || grid_vary(&grid, "alpha=1e-4,1e-5", NULL) != 0 || grid_vary(&grid, "seed=0..3", NULL) != 0) abort();
    const struct point_rules rules = {&grid, 3, 600};
    memcpy(text, data, size);
    text[size] = 0;
    char *rest = strchr(text, '\n');
    if (rest) *rest++ = 0;
    take_axis(text);
    while (rest) {
        char *end = strchr(rest, '\n');
        take_line(&rules, (struct span){rest, end ? (size_t)(end - rest) : strlen(rest)});
        rest = end ? end + 1 : NULL;
    }
    free(text);
    grid_free(&grid);
    return 0;
}
